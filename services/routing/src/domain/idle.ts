import type { IdleExplained } from '@signalbox/contracts';
import { whyNothingFor, type MatchPolicy } from './match.js';
import { Pool } from './pool.js';
import { inIdOrder } from './roster.js';
import type { CandidateAgent, Passing, WaitingTicket } from './waiting-ticket.js';

/** Position = the gate's code of what keeps an agent from any ticket. */
const ABSENCES = [undefined, 'away', 'offline', 'out-of-rotation', 'shift-ends', 'fairness-cap'] as const;

/** Why an agent has no work: what keeps them from any ticket, else why each of these that wait is not for them, counted. */
export function explainIdle(
  tickets: readonly WaitingTicket[],
  agents: readonly CandidateAgent[],
  by: MatchPolicy,
  now: Date,
  passing: ReadonlyMap<string, Passing>,
  agentId: string,
): Pick<IdleExplained['data'], 'why' | 'reasons'> {
  const pool = new Pool(inIdOrder(agents), passing, { ...by, now: now.getTime() }, 0);
  const index = pool.indexOf(agentId);
  if (index < 0) return { why: 'unknown-agent' };
  const absence = ABSENCES[pool.absence[index]!];
  if (absence) return { why: absence };
  // Both pools; who has one only is asked about it twice.
  const isFull = [false, true].every((interruptible) => pool.unitsTaken(index, interruptible) >= pool.unitsMax(index, interruptible));
  if (isFull) return { why: 'no-room' };
  if (tickets.length === 0) return { why: 'nothing-waits' };
  return { why: 'nothing-fits', reasons: whyNothingFor(tickets, agents, by, now, passing, agentId) };
}
