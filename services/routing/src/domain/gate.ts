import type { RoutingPolicy } from '@signalbox/contracts';
import type { Requirements } from './requirements.js';
import type { CandidateAgent, Passing } from './waiting-ticket.js';

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
export const queueReason = (queueIds: readonly string[]): string =>
  queueIds.length === 1 ? `not in queue ${queueIds[0]}` : `in none of the queues ${queueIds.join(', ')}`.slice(0, 120);

/**
 * Why this agent could never take a ticket with these needs, asked in the order queue, skills, language; undefined = could.
 * @param keeping queues that would help out and keep their agents
 */
export function whyNeverFits(
  agent: CandidateAgent,
  needs: Requirements,
  keeping: readonly { readonly queueId: string; readonly reason: string }[] = [],
): string | undefined {
  const { queueIds } = needs;
  if (queueIds !== null && !queueIds.some((queueId) => agent.queueIds.includes(queueId)))
    return keeping.find(({ queueId }) => agent.queueIds.includes(queueId))?.reason ?? queueReason(queueIds);
  const unmet = unmetSkill(agent, needs.skills);
  if (unmet > 0) return skillReason(...[...needs.skills][unmet - 1]!);
  return needs.languageLevelMin > 0 && (agent.languages[needs.language!] ?? 0) < needs.languageLevelMin ? languageReason(needs) : undefined;
}

/** What keeps an agent who fits from taking a ticket now, in the order it is asked. Position = the code used in a round's columns. */
export const NOT_NOW = ['', 'away', 'offline', 'not on shift', 'out of rotation', 'shift ends', 'fairness cap', 'no room'] as const;
export const AWAY = 1;
export const OFFLINE = 2;
export const OFF_SHIFT = 3;
export const OUT_OF_ROTATION = 4;
export const SHIFT_ENDS = 5;
export const FAIRNESS_CAP = 6;
export const NO_ROOM = 7;
export const NO_CHANNEL_ROOM = 8;

/** 0 = takes tickets, else a position in NOT_NOW: what keeps the agent from any ticket, whatever room there is. */
export function absenceOf(agent: CandidateAgent, passing: Passing, policy: RoutingPolicy, now: number): number {
  if (agent.presence === 'offline') return OFFLINE;
  // The end of a shift counts from its instant on, also before assignment has said that it is over.
  if (agent.onShift === false || (agent.shiftEndsAt !== null && agent.shiftEndsAt <= now)) return OFF_SHIFT;
  if (agent.presence === 'away') return AWAY;
  if (!agent.inRotation) return OUT_OF_ROTATION;
  if (agent.shiftEndsAt !== null && policy.shiftEndMinutes > 0 && agent.shiftEndsAt - now < policy.shiftEndMinutes * 60_000)
    return SHIFT_ENDS;
  return policy.fairness && passing.ticketsInWindow >= policy.fairness.ticketsMax ? FAIRNESS_CAP : 0;
}
