import type { CategoryConfig, DonorLevel, Exclusion, RoutingPolicy, ScoredAgent } from '@signalbox/contracts';
import { chooseAgents } from './choosing.js';
import { HELD, propose, reasonsOf, TAKEN } from './explaining.js';
import { FAIRNESS_CAP } from './gate.js';
import type { Learned } from './learning.js';
import { Arena, look, type Look } from './look.js';
import { Pool } from './pool.js';
import { nextStepAt, overAgeFrom } from './requirements.js';
import { inIdOrder, rosterOf } from './roster.js';
import { MINUTE_MS } from './score.js';
import type { CandidateAgent, Passing, WaitingTicket } from './waiting-ticket.js';
import { inOrder, keptUntil, mayWait, wishesOf, type Wish } from './wish.js';

/** What a round decides by, beside tickets and agents. */
export interface MatchPolicy {
  readonly policy: RoutingPolicy;
  readonly categories: ReadonlyMap<string, CategoryConfig>;
  readonly learned: Learned;
  /** The service levels that the policy's overflow looks at; one that is missing is taken to hold. */
  readonly donors?: readonly DonorLevel[] | undefined;
}

export interface Proposed {
  readonly ticket: WaitingTicket;
  readonly agentId: string;
  readonly step: number;
  readonly skipped: boolean;
  readonly weightsName: string;
  /** The five best when the round looked, best first; the chosen one is always among them. */
  readonly top: ScoredAgent[];
  readonly excluded: Exclusion[];
  /** The ticket that got this one's best agent, or is kept for them, because it is more urgent or worth more to the two together. */
  readonly yieldedTo: string | undefined;
  /** Decided without what was learned of single agents, to measure what that is worth. */
  readonly heldOut: boolean;
  /** How likely the chosen one was to be the best of `top`, given what was not known; 1 = nothing was tried out. */
  readonly propensity: number;
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

/** Beyond so many looks at what is left the rest waits for the next round; one look is enough unless tickets of different units meet. */
const LOOKS_MAX = 20;

/**
 * One round. Gate → score → the best assignment of the whole round: no ticket is placed at the cost of one before it in the order, and no
 * other way of placing the same tickets gives more score in sum. Ties: idle longest, then given a ticket longest ago, then id. Pure and
 * deterministic, whatever the order of the inputs. A ticket that found nobody stays, with the counted reasons; none of the later ones got
 * a place it could have had.
 *
 * Measured (docs/performance.md, "Routing").
 * @param seed of what is tried out: the same seed, the same draws
 * @param passing what holds of agents for this round alone, by agentId
 * @param onlyAgentId nobody else is given anything; who is staffed and fits is asked of all
 */
export function match(
  tickets: readonly WaitingTicket[],
  agents: readonly CandidateAgent[],
  { policy, categories, learned, donors }: MatchPolicy,
  now: Date,
  seed = 0,
  passing: ReadonlyMap<string, Passing> = new Map(),
  onlyAgentId?: string,
): Matched {
  const sorted = inIdOrder(agents);
  const roster = rosterOf(sorted, policy, categories);
  const pool = new Pool(sorted, passing, { policy, learned, now: now.getTime() }, seed);
  const ordered = inOrder(tickets, policy, now);
  const wishes = wishesOf(ordered, roster, pool, categories, now, onlyAgentId, donors);
  const outcomes = new Map<Wish, Proposed | StillWaiting>();
  const unitsEach = Math.max(0, ...ordered.map((ticket) => ticket.units));
  let open = wishes;
  for (let looks = 0; open.length > 0; looks += 1) {
    const placed = placeAll(open, pool, unitsEach, now, outcomes);
    if (placed === 0 || looks >= LOOKS_MAX) break;
    // Whoever waits for somebody better has had every agent to choose from already.
    open = open.filter((wish) => !('agentId' in outcomes.get(wish)!) && !mayWait(wish, pool));
  }
  const matched: Matched = { proposals: [], waiting: [] };
  for (const wish of wishes) {
    const outcome = outcomes.get(wish)!;
    if ('agentId' in outcome) matched.proposals.push(outcome);
    else matched.waiting.push(outcome);
  }
  return matched;
}

/** Whoever asks for a ticket is not held back by the hours of their shift. */
export const asking = (agents: readonly CandidateAgent[], agentId: string): readonly CandidateAgent[] =>
  agents.map((agent) => (agent.agentId === agentId ? { ...agent, onShift: true, shiftEndsAt: null } : agent));

/**
 * "Next for me": the first ticket in order that this agent could take, at the step at which it waits. Nothing is kept for somebody better
 * or for who knows the customer: whoever asks is ready to begin. Undefined = nothing for them.
 */
export function matchNext(
  tickets: readonly WaitingTicket[],
  agents: readonly CandidateAgent[],
  by: MatchPolicy,
  now: Date,
  seed: number,
  passing: ReadonlyMap<string, Passing>,
  agentId: string,
): Proposed | undefined {
  if (!agents.some((agent) => agent.agentId === agentId)) return undefined;
  const policy = { ...by.policy, startWithinMinutes: null, stickySeconds: 0 };
  return match(tickets, asking(agents, agentId), { ...by, policy }, now, seed, passing, agentId).proposals[0];
}

/** One look at all of these tickets, in their order; gives how many were placed, and writes what became of each. */
function placeAll(wishes: readonly Wish[], pool: Pool, unitsEach: number, now: Date, outcomes: Map<Wish, Proposed | StillWaiting>): number {
  const arena = new Arena(wishes.reduce((sum, { fit }) => sum + fit.places.length, 0));
  const looks = wishes.map((wish) => look(pool, wish, arena));
  const { chosen, held, takenBy } = chooseAgents(wishes, looks, pool, unitsEach);
  // Explained by what the round saw when it looked, before anybody's room is taken.
  const proposed = wishes.map((wish, nth) => (chosen[nth]! < 0 ? undefined : propose(pool, wish, looks[nth]!, chosen[nth]!, takenBy)));
  let placed = 0;
  let passedOver = false;
  for (const [nth, wish] of wishes.entries()) {
    const index = chosen[nth]!;
    const { ticket, fit, view, weighting } = wish;
    // Sums of fractions come out differently in another order: then this one and those after it are looked at again.
    passedOver ||= index >= 0 && pool.whyNotNow(index, ticket) !== 0;
    if (index < 0 || passedOver) {
      const { step } = fit.needs;
      const reasons = reasonsOf(pool, wish, looks[nth]!, held[nth] === 1 ? HELD : TAKEN);
      outcomes.set(wish, { ticket, step, skipped: step > wish.byTime, reasons, nextStepAt: nextTryAt(wish, looks[nth]!) });
      continue;
    }
    outcomes.set(wish, proposed[nth]!);
    pool.take(index, ticket, weighting.resolution > 0 ? view.handleMinutes(pool.agents[index]!.agentId, ticket.category) : 0);
    placed += 1;
  }
  return placed;

  /** The next instant at which time alone may bring an agent. */
  function nextTryAt(wish: Wish, { whyNotNow }: Look): number | undefined {
    const { ticket, byTime, only } = wish;
    const { policy } = pool.context;
    const instants = [nextStepAt(ticket, policy, byTime) ?? Infinity];
    if (only >= 0) instants.push(keptUntil(ticket, policy));
    // Past both it waits for nobody.
    if (mayWait(wish, pool)) instants.push(overAgeFrom(ticket, policy), ticket.dueAt ?? Infinity);
    // Somebody's window moves on.
    if (whyNotNow[FAIRNESS_CAP]! > 0) instants.push(now.getTime() + MINUTE_MS);
    for (const { from, afterSeconds } of policy.overflow)
      if (from === ticket.queueId) instants.push(ticket.relaxFrom + afterSeconds * 1000);
    const first = Math.min(...instants.map(Math.ceil).filter((at) => at > now.getTime()));
    return first === Infinity ? undefined : first;
  }
}
