import type { Factor, RoutingPolicy, ScoredAgent, SignalName } from '@signalbox/contracts';
import type { Projected } from './gate.js';
import type { Learned } from './learning.js';
import type { Requirements } from './requirements.js';
import type { CandidateAgent, WaitingTicket } from './waiting-ticket.js';

const MINUTE_MS = 60_000;
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

export interface ScoringContext {
  readonly policy: RoutingPolicy;
  readonly weightsName: string;
  readonly learned: Learned;
  readonly now: number;
}

/**
 * Every signal between 0 and 1; 0.5 where nothing is known.
 * - skill: mean of level ÷ 5 over required skills (weight 1) and preferred ones (weight ½); no skills asked: 0.5
 * - language: proficiency ÷ 5
 * - workload: share of units that would still be free
 * - idle: 1 − e^(−idle minutes ÷ 30)
 * - speed: team's mean handle time ÷ (team's + the agent's), learned for this category
 * - satisfaction: learned share of satisfied customers in this category
 * - familiarity: 1 ÷ (1 + position) among those who solved this customer's latest tickets
 * - slaSlack: minutes left ÷ (minutes left + the agent's mean handle time); overdue: 0
 * - slaPressure: policy `protect`: 1 ÷ (1 + own tickets near breach); `boost`: its complement; `ignore`: 0.5
 */
function signal(
  name: SignalName,
  agent: CandidateAgent,
  ticket: WaitingTicket,
  needs: Requirements,
  projected: Projected,
  context: ScoringContext,
): number {
  switch (name) {
    case 'skill':
      return skillFit(agent, needs);
    case 'language':
      return ticket.language === null ? 0.5 : (agent.languages[ticket.language] ?? 0) / 5;
    case 'workload':
      return agent.unitsMax <= 0 ? 0 : Math.max(0, (agent.unitsMax - agent.unitsUsed - projected.units - ticket.units) / agent.unitsMax);
    case 'idle':
      return agent.idleSince === null ? 0 : 1 - Math.exp(-Math.max(0, context.now - agent.idleSince) / MINUTE_MS / IDLE_SCALE_MINUTES);
    case 'speed': {
      const team = context.learned.teamHandleMinutes(ticket.category);
      return team / (team + context.learned.handleMinutes(agent.agentId, ticket.category));
    }
    case 'satisfaction':
      return context.learned.satisfactionShare(agent.agentId, ticket.category);
    case 'familiarity': {
      const position = ticket.recentAgentIds.indexOf(agent.agentId);
      return position < 0 ? 0 : 1 / (1 + position);
    }
    case 'slaSlack': {
      if (ticket.dueAt === null) return 0.5;
      const leftMinutes = Math.max(0, ticket.dueAt - context.now) / MINUTE_MS;
      return leftMinutes / (leftMinutes + context.learned.handleMinutes(agent.agentId, ticket.category));
    }
    case 'slaPressure': {
      if (context.policy.agentSlaPressure === 'ignore') return 0.5;
      const calm = 1 / (1 + agent.ticketsNearBreach);
      return context.policy.agentSlaPressure === 'protect' ? calm : 1 - calm;
    }
  }
}

function skillFit(agent: CandidateAgent, needs: Requirements): number {
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

/** Weighted mean of the signals; rounded to 1e-9, so that equal sums are equal on every machine. */
export function scoreAgent(
  agent: CandidateAgent,
  ticket: WaitingTicket,
  needs: Requirements,
  projected: Projected,
  context: ScoringContext,
): number {
  let sum = 0;
  let weights = 0;
  for (const [name, weight] of Object.entries(context.policy.weights[context.weightsName] ?? {}) as [SignalName, number][]) {
    sum += weight * signal(name, agent, ticket, needs, projected, context);
    weights += weight;
  }
  return weights === 0 ? 0 : Math.round((sum / weights) * 1e9) / 1e9;
}

/** The same, with every factor: for the few that are shown. Contributions add up to the score. */
export function explainScore(
  agent: CandidateAgent,
  ticket: WaitingTicket,
  needs: Requirements,
  projected: Projected,
  context: ScoringContext,
): ScoredAgent {
  const weights = Object.entries(context.policy.weights[context.weightsName] ?? {}) as [SignalName, number][];
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0) || 1;
  const factors = weights.map(([name, weight]): Factor => {
    const value = Math.round(signal(name, agent, ticket, needs, projected, context) * 1e6) / 1e6;
    return { signal: name, value, weight, contribution: Math.round(((value * weight) / total) * 1e6) / 1e6 };
  });
  return { agentId: agent.agentId, score: scoreAgent(agent, ticket, needs, projected, context), factors };
}
