import type { CategoryConfig, Exclusion, Priority, RoutingPolicy, ScoredAgent } from '@signalbox/contracts';
import { nothingProjected, whyNeverFits, whyNotNow, type Projected } from './gate.js';
import type { Learned } from './learning.js';
import { nextStepAt, requirementsAt, stepByTime, type Requirements } from './requirements.js';
import { explainScore, scoreAgent, weightsNameFor, type ScoringContext } from './score.js';
import type { CandidateAgent, WaitingTicket } from './waiting-ticket.js';

/** What a round decides by, beside tickets and agents. */
export interface MatchPolicy {
  readonly policy: RoutingPolicy;
  readonly categories: ReadonlyMap<string, CategoryConfig>;
  readonly learned: Learned;
}

export interface Proposed {
  readonly ticket: WaitingTicket;
  readonly agentId: string;
  readonly step: number;
  readonly skipped: boolean;
  readonly weightsName: string;
  readonly top: ScoredAgent[];
  readonly excluded: Exclusion[];
}
export interface StillWaiting {
  readonly ticket: WaitingTicket;
  readonly step: number;
  readonly skipped: boolean;
  readonly reasons: Exclusion[];
  readonly nextStepAt: number | undefined;
}
export interface Matched {
  readonly proposals: Proposed[];
  readonly waiting: StillWaiting[];
}

const RANK: Record<Priority, number> = { urgent: 0, high: 1, normal: 2, low: 3 };
const TOP_MAX = 5;
const byId = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Past its priority's maximum age a ticket stands before all that are not, whatever their priority. */
export const isOverAge = (ticket: WaitingTicket, policy: RoutingPolicy, now: Date): boolean =>
  now.getTime() - ticket.firstQueuedAt >= policy.maximumAgeMinutes[ticket.priority] * 60_000;

/** The order in which tickets choose: over age (oldest first), then priority, deadline, age, id. A total order. */
export function inOrder(tickets: readonly WaitingTicket[], policy: RoutingPolicy, now: Date): WaitingTicket[] {
  const overAge = new Set(tickets.filter((ticket) => isOverAge(ticket, policy, now)));
  return [...tickets].sort((a, b) => {
    const [aOver, bOver] = [overAge.has(a), overAge.has(b)];
    if (aOver !== bOver) return aOver ? -1 : 1;
    if (!aOver && RANK[a.priority] !== RANK[b.priority]) return RANK[a.priority] - RANK[b.priority];
    if (!aOver && a.dueAt !== b.dueAt) return (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity);
    return a.firstQueuedAt - b.firstQueuedAt || byId(a.ticketId, b.ticketId);
  });
}

/**
 * One round: each ticket in order gets the best of the agents who fit and have room, and takes that room from the ones after it.
 * Gate → score (highest) → tie-break (idle longest, then id). Pure and deterministic, whatever the order of the inputs.
 * A ticket that found nobody stays, with the counted reasons; since it chose before all later ones, none of them got a place it could
 * have had. Measured on one core: see docs/performance.md.
 * @param projected units of proposals in flight by agentId; changed as the round proposes
 */
export function match(
  tickets: readonly WaitingTicket[],
  agents: readonly CandidateAgent[],
  { policy, categories, learned }: MatchPolicy,
  now: Date,
  projected: Map<string, Projected> = new Map(),
): Matched {
  const ordered = [...agents].sort((a, b) => byId(a.agentId, b.agentId));
  const matched: Matched = { proposals: [], waiting: [] };
  for (const ticket of inOrder(tickets, policy, now)) {
    const category = ticket.category === null ? undefined : categories.get(ticket.category);
    const byTime = stepByTime(ticket, policy, now);
    const needs = firstStaffedStep(ticket, category, policy, ordered, byTime);
    const skipped = needs.step > byTime;
    const weightsName = weightsNameFor(ticket, policy);
    const context: ScoringContext = { policy, weightsName, learned, now: now.getTime() };
    const excluded = new Map<string, number>();
    const able: { agent: CandidateAgent; score: number }[] = [];
    for (const agent of ordered) {
      const inFlight = projected.get(agent.agentId) ?? NOTHING;
      const why = whyNeverFits(agent, ticket, needs) ?? whyNotNow(agent, ticket, inFlight);
      if (why === undefined) able.push({ agent, score: scoreAgent(agent, ticket, needs, inFlight, context) });
      else excluded.set(why, (excluded.get(why) ?? 0) + 1);
    }
    const reasons = [...excluded]
      .map(([reason, count]) => ({ reason, agents: count }))
      .sort((a, b) => b.agents - a.agents || byId(a.reason, b.reason))
      .slice(0, 30);
    if (able.length === 0) {
      matched.waiting.push({ ticket, step: needs.step, skipped, reasons, nextStepAt: nextStepAt(ticket, policy, byTime) });
      continue;
    }
    able.sort(
      (a, b) =>
        b.score - a.score || (a.agent.idleSince ?? Infinity) - (b.agent.idleSince ?? Infinity) || byId(a.agent.agentId, b.agent.agentId),
    );
    const top = able
      .slice(0, TOP_MAX)
      .map(({ agent }) => explainScore(agent, ticket, needs, projected.get(agent.agentId) ?? NOTHING, context));
    const chosen = able[0]!.agent;
    take(projected, chosen.agentId, ticket);
    matched.proposals.push({ ticket, agentId: chosen.agentId, step: needs.step, skipped, weightsName, top, excluded: reasons });
  }
  return matched;
}

const NOTHING: Projected = nothingProjected();

/** Counts the ticket's units against the agent until the agent's own record shows them. */
export function take(projected: Map<string, Projected>, agentId: string, ticket: Pick<WaitingTicket, 'units' | 'channel'>): void {
  const before = projected.get(agentId) ?? nothingProjected();
  projected.set(agentId, {
    units: before.units + ticket.units,
    channels: { ...before.channels, [ticket.channel]: (before.channels[ticket.channel] ?? 0) + ticket.units },
  });
}

/**
 * The step by time, or a later one at once when nobody staffed (online or away) could ever match before it. Where no step helps, or nobody
 * is staffed at all, time alone decides: giving up requirements would bring no agent.
 */
function firstStaffedStep(
  ticket: WaitingTicket,
  category: CategoryConfig | undefined,
  policy: RoutingPolicy,
  agents: readonly CandidateAgent[],
  byTime: number,
): Requirements {
  for (let step = byTime; step <= policy.relaxation.length; step += 1) {
    const needs = requirementsAt(ticket, category, policy, step);
    if (agents.some((agent) => agent.presence !== 'offline' && whyNeverFits(agent, ticket, needs) === undefined)) return needs;
  }
  return requirementsAt(ticket, category, policy, byTime);
}
