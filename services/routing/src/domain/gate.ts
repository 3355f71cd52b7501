import type { CandidateAgent, WaitingTicket } from './waiting-ticket.js';
import type { Requirements } from './requirements.js';

/** Units of an agent that proposals of an earlier round have taken, though the agent's record does not show them yet. */
export interface Projected {
  readonly units: number;
  readonly channels: Readonly<Partial<Record<WaitingTicket['channel'], number>>>;
}

/** Place (from 1) of the first required skill the agent is not good enough at; 0 = good enough at all. */
export function unmetSkill(agent: CandidateAgent, skills: Requirements['skills']): number {
  let place = 0;
  for (const [skill, level] of skills) {
    place += 1;
    if ((agent.skills[skill] ?? 0) < level) return place;
  }
  return 0;
}

export const skillReason = (skill: string, level: number): string => `${skill} below ${level}`;
export const languageReason = (needs: Requirements): string => `${needs.language} below ${needs.languageLevelMin}`;
export const queueReason = (queueId: string): string => `not in queue ${queueId}`;

/** Why this agent could never take a ticket with these needs, asked in the order queue, skills, language; undefined = could. */
export function whyNeverFits(agent: CandidateAgent, needs: Requirements): string | undefined {
  if (needs.queueId !== null && !agent.queueIds.includes(needs.queueId)) return queueReason(needs.queueId);
  const unmet = unmetSkill(agent, needs.skills);
  if (unmet > 0) return skillReason(...[...needs.skills][unmet - 1]!);
  return needs.languageLevelMin > 0 && (agent.languages[needs.language!] ?? 0) < needs.languageLevelMin ? languageReason(needs) : undefined;
}

/** What keeps an agent who fits from taking a ticket now, in the order it is asked. Position = the code used in a round's columns. */
export const NOT_NOW = ['', 'away', 'offline', 'out of rotation', 'no room'] as const;
export const OFFLINE = 2;
export const NO_ROOM = 4;
export const NO_CHANNEL_ROOM = 5;

/** 0 = takes tickets, else a position in NOT_NOW. */
export function absenceOf(agent: CandidateAgent): number {
  if (agent.presence !== 'online') return agent.presence === 'away' ? 1 : OFFLINE;
  return agent.inRotation ? 0 : 3;
}
