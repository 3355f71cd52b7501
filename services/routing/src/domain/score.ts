import { STRATEGIES, type Factor, type RoutingPolicy, type ScoredAgent, type SignalName } from '@signalbox/contracts';
import type { Learned, LearnedView } from './learning.js';
import { byName, type Requirements } from './requirements.js';
import type { CandidateAgent, Passing, WaitingTicket } from './waiting-ticket.js';

export const MINUTE_MS = 60_000;
/** An agent idle for so long has about two thirds of the idle signal. */
const IDLE_SCALE_MINUTES = 30;

/** Which set of weights or strategy a ticket is scored with: the first rule that fits, else `standard`. */
export function weightsNameFor(ticket: WaitingTicket, policy: RoutingPolicy): string {
  const rule = policy.rules.find(
    ({ when }) =>
      (when.priority?.includes(ticket.priority) ?? true) &&
      (when.tier?.includes(ticket.tier ?? '') ?? true) &&
      (when.category?.includes(ticket.category ?? '') ?? true) &&
      (when.queue?.includes(ticket.queueId) ?? true) &&
      (when.channel?.includes(ticket.channel) ?? true),
  );
  return rule?.use ?? 'standard';
}

/** One set of weights, split into what one ticket of a kind shares with the next and what changes from ticket to ticket. */
export interface Weighting {
  readonly name: string;
  readonly all: readonly (readonly [SignalName, number])[];
  readonly lasting: readonly LastingSignal[];
  readonly lastingWeights: Float64Array;
  readonly idle: number;
  readonly rotation: number;
  readonly workload: number;
  readonly familiarity: number;
  readonly slaSlack: number;
  readonly resolution: number;
  /** Their sum; 1 when there are none. */
  readonly total: number;
}
type ChangingSignal = 'workload' | 'familiarity' | 'slaSlack' | 'resolution';
export type LastingSignal = Exclude<SignalName, ChangingSignal>;
const CHANGING = new Set<SignalName>(['workload', 'familiarity', 'slaSlack', 'resolution'] satisfies ChangingSignal[]);
const isLasting = (signal: SignalName): signal is LastingSignal => !CHANGING.has(signal);

export function weightingOf(name: string, policy: RoutingPolicy): Weighting {
  const set: Partial<Record<SignalName, number>> = policy.weights[name] ?? STRATEGIES[name as keyof typeof STRATEGIES] ?? {};
  const all = byName(Object.entries(set) as [SignalName, number][]);
  const { idle = 0, rotation = 0, workload = 0, familiarity = 0, slaSlack = 0, resolution = 0 } = set;
  const lasting = all.map(([signal]) => signal).filter(isLasting);
  const lastingWeights = Float64Array.from(lasting, (signal) => set[signal]!);
  const total = all.reduce((sum, [, weight]) => sum + weight, 0) || 1;
  return { name, all, lasting, lastingWeights, idle, rotation, workload, familiarity, slaSlack, resolution, total };
}

// The signals. Every one lies between 0 and 1, and is 0.5 where nothing is known.

/** Mean of level ÷ 5 over required skills (weight 1) and preferred ones (weight ½); no skills asked: 0.5. */
export function skillSignal(agent: CandidateAgent, needs: Pick<Requirements, 'skills' | 'preferredSkills'>): number {
  let sum = 0;
  let weights = 0;
  for (const skill of needs.skills.keys()) {
    sum += (agent.skills[skill] ?? 0) / 5;
    weights += 1;
  }
  for (const skill of needs.preferredSkills.keys()) {
    if (needs.skills.has(skill)) continue;
    sum += (0.5 * (agent.skills[skill] ?? 0)) / 5;
    weights += 0.5;
  }
  return weights === 0 ? 0.5 : sum / weights;
}
/** Proficiency ÷ 5. */
export const languageSignal = (agent: CandidateAgent, language: string | null): number =>
  language === null ? 0.5 : (agent.languages[language] ?? 0) / 5;
/** Share of units that would still be free. */
export const workloadSignal = (unitsMax: number, unitsTaken: number, units: number): number =>
  unitsMax <= 0 ? 0 : Math.max(0, (unitsMax - unitsTaken - units) / unitsMax);
/** 1 − e^(−minutes since the agent was last given a ticket ÷ 30); never given one: 1. */
export const rotationSignal = (lastAssignedAt: number | null, now: number): number =>
  lastAssignedAt === null ? 1 : 1 - Math.exp(-Math.max(0, now - lastAssignedAt) / MINUTE_MS / IDLE_SCALE_MINUTES);
/** 1 − e^(−idle minutes ÷ 30). */
export const idleSignal = (idleSince: number | null, now: number): number =>
  idleSince === null ? 0 : 1 - Math.exp(-Math.max(0, now - idleSince) / MINUTE_MS / IDLE_SCALE_MINUTES);
/** Team's mean handle time ÷ (team's + the agent's), learned for this category. */
export const speedSignal = (teamMinutes: number, agentMinutes: number): number => teamMinutes / (teamMinutes + agentMinutes);
/** 1 ÷ (1 + position) among those who solved this customer's latest tickets; −1 = none of them. */
export const familiaritySignal = (position: number): number => (position < 0 ? 0 : 1 / (1 + position));
/** Minutes left ÷ (minutes left + the agent's mean handle time); overdue: 0. */
export const slackSignal = (minutesLeft: number, agentMinutes: number): number => minutesLeft / (minutesLeft + agentMinutes);
/** Policy `protect`: 1 ÷ (1 + own tickets near breach); `boost`: its complement; `ignore`: 0.5. */
export function pressureSignal(mode: RoutingPolicy['agentSlaPressure'], ticketsNearBreach: number): number {
  if (mode === 'ignore') return 0.5;
  const calm = 1 / (1 + ticketsNearBreach);
  return mode === 'protect' ? calm : 1 - calm;
}

/**
 * Minutes until the ticket is solved for good when this agent takes it: what lies ahead of it, the work itself, the time a reopening
 * costs, all over again for the share that comes back; and what the agent's time is worth to the tickets after it. The last is the first
 * step of policy iteration for parallel queues (Krishnan 1990): in a queue with arrival rate λ and busy share ρ, one more ticket of M
 * minutes behind W minutes of work makes later ones wait λ/(1 − ρ) · M · (W + M/2 · (1 + CV²)) longer; with CV 1 that is price · M · (W + M).
 * `TIME_PRICE_SHARE` of it is counted: agents who are busy or dear are also avoided by waiting for them less often.
 */
export function minutesToSolve(
  aheadMinutes: number,
  { minutes, resolved, timePrice }: { minutes: number; resolved: number; timePrice: number },
  returnMinutes: number,
): number {
  return ((aheadMinutes + minutes) * (1 + TIME_PRICE_SHARE * timePrice * minutes) + (1 - resolved) * returnMinutes) / resolved;
}
/** Of the price of an agent's time. With .5, .7 and 1 a prototype closed 1.03, 1.02 and 1.02 of the gap at load .85 (four worlds, learned means). */
const TIME_PRICE_SHARE = 0.7;
/** The team's minutes to solve ÷ (the team's + this agent's), for tickets of this category. */
export const resolutionSignal = (teamMinutes: number, agentMinutes: number): number => teamMinutes / (teamMinutes + agentMinutes);

/** Minutes until the ticket's deadline, at least 0; undefined = it has none. */
export const minutesLeft = (ticket: WaitingTicket, now: number): number | undefined =>
  ticket.dueAt === null ? undefined : Math.max(0, ticket.dueAt - now) / MINUTE_MS;

export interface ScoringContext {
  readonly policy: RoutingPolicy;
  readonly learned: Learned;
  readonly now: number;
}

/** How much of what is not known is tried out for one ticket: two standard normal numbers per agent, and how much they count. */
export interface Exploration {
  readonly share: number;
  noiseOf(agentId: string): { readonly minutes: number; readonly resolved: number };
}

/** Thompson sampling in part: what is believed of an agent, shifted by a share of a standard deviation drawn anew each round. */
export function believed(
  view: LearnedView,
  agentId: string,
  category: string | null,
  exploration: Exploration | undefined,
): { minutes: number; resolved: number; timePrice: number } {
  const minutes = view.handleMinutes(agentId, category);
  const resolved = view.resolvedShare(agentId, category);
  const timePrice = view.timePrice(agentId);
  if (exploration === undefined || exploration.share === 0) return { minutes, resolved, timePrice };
  const doubt = view.doubt(agentId, category);
  const noise = exploration.noiseOf(agentId);
  return {
    minutes: shiftedMinutes(minutes, exploration.share * doubt.logMinutes * noise.minutes),
    resolved: shiftedShare(resolved, exploration.share * doubt.resolved * noise.resolved),
    timePrice,
  };
}
/** By a share of themselves; at least a third is left. */
export const shiftedMinutes = (minutes: number, by: number): number => minutes * Math.max(1 / 3, 1 + by);
export const shiftedShare = (share: number, by: number): number => Math.min(0.99, Math.max(0.05, share + by));

/** Rounded to 1e-9, so that equal sums are equal on every machine. */
export const rounded = (score: number): number => Math.round(score * 1e9) / 1e9;

/**
 * A score with every factor, for the few that are shown. Contributions add up to the score within 1e-5.
 * @param lasting values of the weighting's lasting signals, where they are known already
 */
export function explainScore(
  agent: CandidateAgent,
  ticket: WaitingTicket,
  needs: Requirements,
  load: { unitsTaken: number; unitsMax?: number } & Pick<Passing, 'ticketsNearBreach' | 'aheadMinutes'>,
  { all, total }: Weighting,
  { policy, learned, now }: ScoringContext,
  view: LearnedView = learned,
  exploration?: Exploration,
  lasting?: readonly number[],
): ScoredAgent {
  const { agentId } = agent;
  const { unitsTaken, unitsMax = agent.unitsMax, ticketsNearBreach, aheadMinutes } = load;
  const { category } = ticket;
  const valueOf = (name: SignalName): number => {
    switch (name) {
      case 'skill':
        return skillSignal(agent, needs);
      case 'language':
        return languageSignal(agent, ticket.language);
      case 'workload':
        return workloadSignal(unitsMax, unitsTaken, ticket.units);
      case 'idle':
        return idleSignal(agent.idleSince, now);
      case 'rotation':
        return rotationSignal(agent.lastAssignedAt, now);
      case 'speed':
        return speedSignal(learned.teamHandleMinutes(category), view.handleMinutes(agentId, category));
      case 'satisfaction':
        return view.satisfactionShare(agentId, category);
      case 'familiarity':
        return familiaritySignal(ticket.recentAgentIds.indexOf(agentId));
      case 'slaSlack': {
        const left = minutesLeft(ticket, now);
        return left === undefined ? 0.5 : slackSignal(left, view.handleMinutes(agentId, category));
      }
      case 'slaPressure':
        return pressureSignal(policy.agentSlaPressure, ticketsNearBreach);
      case 'resolution': {
        const agentMinutes = minutesToSolve(aheadMinutes, believed(view, agentId, category, exploration), learned.returnMinutes);
        return resolutionSignal(teamMinutesToSolve(learned, category), agentMinutes);
      }
    }
  };
  let sum = 0;
  let nthLasting = 0;
  const factors = all.map(([name, weight]): Factor => {
    const value = lasting && isLasting(name) ? lasting[nthLasting++]! : valueOf(name);
    sum += value * weight;
    return { signal: name, value: micro(value), weight, contribution: micro((value * weight) / total) };
  });
  return { agentId, score: rounded(sum / total), factors };
}
const micro = (value: number): number => Math.round(value * 1e6) / 1e6;

/** What the team's average agent would need, with nothing ahead. */
export const teamMinutesToSolve = (learned: Learned, category: string | null): number =>
  minutesToSolve(
    0,
    { minutes: learned.teamHandleMinutes(category), resolved: learned.teamResolvedShare(category), timePrice: 0 },
    learned.returnMinutes,
  );
