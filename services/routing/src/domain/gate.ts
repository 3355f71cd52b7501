import type { CandidateAgent, WaitingTicket } from './waiting-ticket.js';
import type { Requirements } from './requirements.js';

/** Units of an agent that proposals of this or an earlier round have taken, though the agent's record does not show them yet. */
export interface Projected {
  units: number;
  channels: Partial<Record<WaitingTicket['channel'], number>>;
}
export const nothingProjected = (): Projected => ({ units: 0, channels: {} });

/**
 * Whether the agent could ever take the ticket with these requirements: queue, skills, language, exclusions.
 * @returns why not, as counted in the explanation; undefined = yes
 */
export function whyNeverFits(agent: CandidateAgent, ticket: WaitingTicket, needs: Requirements): string | undefined {
  if (ticket.excludedAgentIds.includes(agent.agentId)) return 'excluded for this ticket';
  if (!needs.anyQueue && !agent.queueIds.includes(ticket.queueId)) return `not in queue ${ticket.queueId}`;
  for (const [skill, level] of needs.skills) if ((agent.skills[skill] ?? 0) < level) return `${skill} below ${level}`;
  if (ticket.language !== null && (agent.languages[ticket.language] ?? 0) < needs.languageLevelMin)
    return `${ticket.language} below ${needs.languageLevelMin}`;
  return undefined;
}

/** Whether an agent who fits can take the ticket now. Room is `max − used − projected`; the channel's own cap holds too. */
export function whyNotNow(agent: CandidateAgent, ticket: WaitingTicket, projected: Projected): string | undefined {
  if (agent.presence !== 'online') return agent.presence;
  if (!agent.inRotation) return 'out of rotation';
  if (agent.unitsUsed + projected.units + ticket.units > agent.unitsMax) return 'no room';
  const cap = agent.channelUnitsMax[ticket.channel];
  const used = (agent.channelUnitsUsed[ticket.channel] ?? 0) + (projected.channels[ticket.channel] ?? 0);
  return cap !== undefined && used + ticket.units > cap ? `no room for ${ticket.channel}` : undefined;
}
