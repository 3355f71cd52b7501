import type { Factor, RoutingPolicy, ScoredAgent, SignalName } from '@signalbox/contracts';
import type { Learned } from './learning.js';
import type { Requirements } from './requirements.js';
import type { CandidateAgent, WaitingTicket } from './waiting-ticket.js';

export const MINUTE_MS = 60_000;
/** An agent idle for so long has about two thirds of the idle signal. */
const IDLE_SCALE_MINUTES = 30;

/** Which set of weights a ticket is scored with: the first rule that fits, else `standard`. */
export function weightsNameFor(ticket: WaitingTicket, policy: RoutingPolicy): string {
  const rule = policy.rules.find(
    ({ when }) =>
      (when.priority?.includes(ticket.priority) ?? true) &&
      (when.tier?.includes(ticket.tier ?? '') ?? true) &&
      (when.category?.includes(ticket.category ?? '') ?? true) &&
      (when.channel?.includes(ticket.channel) ?? true),
  );
  return rule && rule.use in policy.weights ? rule.use : 'standard';
}

/** One set of weights, split into what one ticket of a kind shares with the next and what changes from ticket to ticket. */
export interface Weighting {
  readonly name: string;
  readonly all: readonly (readonly [SignalName, number])[];
  readonly lasting: readonly (readonly [LastingSignal, number])[];
  readonly workload: number;
  readonly familiarity: number;
  readonly slaSlack: number;
  /** Their sum; 1 when there are none. */
  readonly total: number;
}
export type LastingSignal = Exclude<SignalName, 'workload' | 'familiarity' | 'slaSlack'>;

export function weightingOf(name: string, policy: RoutingPolicy): Weighting {
  const set = policy.weights[name] ?? {};
  const all = Object.entries(set) as [SignalName, number][];
  const { workload = 0, familiarity = 0, slaSlack = 0 } = set;
  const lasting = all.filter((one): one is [LastingSignal, number] => !['workload', 'familiarity', 'slaSlack'].includes(one[0]));
  return { name, all, lasting, workload, familiarity, slaSlack, total: all.reduce((sum, [, weight]) => sum + weight, 0) || 1 };
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

/** Minutes until the ticket's deadline, at least 0; undefined = it has none. */
export const minutesLeft = (ticket: WaitingTicket, now: number): number | undefined =>
  ticket.dueAt === null ? undefined : Math.max(0, ticket.dueAt - now) / MINUTE_MS;

export interface ScoringContext {
  readonly policy: RoutingPolicy;
  readonly learned: Learned;
  readonly now: number;
}

/** Rounded to 1e-9, so that equal sums are equal on every machine. */
export const rounded = (score: number): number => Math.round(score * 1e9) / 1e9;

/** A score with every factor, for the few that are shown. Contributions add up to the score within 1e-5. */
export function explainScore(
  agent: CandidateAgent,
  ticket: WaitingTicket,
  needs: Requirements,
  { unitsTaken, ticketsNearBreach }: { unitsTaken: number; ticketsNearBreach: number },
  { all, total }: Weighting,
  { policy, learned, now }: ScoringContext,
): ScoredAgent {
  const valueOf = (name: SignalName): number => {
    switch (name) {
      case 'skill':
        return skillSignal(agent, needs);
      case 'language':
        return languageSignal(agent, ticket.language);
      case 'workload':
        return workloadSignal(agent.unitsMax, unitsTaken, ticket.units);
      case 'idle':
        return idleSignal(agent.idleSince, now);
      case 'speed':
        return speedSignal(learned.teamHandleMinutes(ticket.category), learned.handleMinutes(agent.agentId, ticket.category));
      case 'satisfaction':
        return learned.satisfactionShare(agent.agentId, ticket.category);
      case 'familiarity':
        return familiaritySignal(ticket.recentAgentIds.indexOf(agent.agentId));
      case 'slaSlack': {
        const left = minutesLeft(ticket, now);
        return left === undefined ? 0.5 : slackSignal(left, learned.handleMinutes(agent.agentId, ticket.category));
      }
      case 'slaPressure':
        return pressureSignal(policy.agentSlaPressure, ticketsNearBreach);
    }
  };
  let sum = 0;
  const factors = all.map(([name, weight]): Factor => {
    const value = valueOf(name);
    sum += value * weight;
    return { signal: name, value: micro(value), weight, contribution: micro((value * weight) / total) };
  });
  return { agentId: agent.agentId, score: rounded(sum / total), factors };
}
const micro = (value: number): number => Math.round(value * 1e6) / 1e6;
