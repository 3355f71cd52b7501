import type { IdleExplained } from '@signalbox/contracts';
import { byCount, whyNotFor } from './explaining.js';
import type { MatchPolicy } from './match.js';
import { Pool } from './pool.js';
import { inIdOrder, rosterOf } from './roster.js';
import type { CandidateAgent, Passing, WaitingTicket } from './waiting-ticket.js';
import { inOrder, wishesOf, type Wish } from './wish.js';

/** Position = the gate's code of what keeps an agent from any ticket. */
const ABSENCES = [undefined, 'away', 'offline', 'not-on-shift', 'out-of-rotation', 'shift-ends', 'fairness-cap'] as const;

/** Why agents have no work though tickets wait. Tickets and agents are looked at once, of however many it is asked. */
export class Idleness {
  readonly #pool: Pool;
  readonly #wishes: readonly Wish[];

  constructor(
    tickets: readonly WaitingTicket[],
    agents: readonly CandidateAgent[],
    { policy, categories, learned, donors }: MatchPolicy,
    now: Date,
    passing: ReadonlyMap<string, Passing>,
  ) {
    const sorted = inIdOrder(agents);
    const roster = rosterOf(sorted, policy, categories);
    this.#pool = new Pool(sorted, passing, { policy, learned, now: now.getTime() }, 0);
    this.#wishes = wishesOf(inOrder(tickets, policy, now), roster, this.#pool, categories, now, undefined, donors);
  }

  /** Why none of the tickets is for an agent now, most frequent first. Each ticket counts once; none does for whom nobody knows. */
  whyNothingFor(agentId: string): { reason: string; tickets: number }[] {
    const index = this.#pool.indexOf(agentId);
    if (index < 0) return [];
    const counts = new Map<string, number>();
    for (const wish of this.#wishes) {
      const reason = whyNotFor(this.#pool, wish, index);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    return byCount(counts).map(([reason, tickets]) => ({ reason, tickets }));
  }

  /** What keeps an agent from any ticket, else why nothing is for them. */
  explain(agentId: string): Pick<IdleExplained['data'], 'why' | 'reasons'> {
    const pool = this.#pool;
    const index = pool.indexOf(agentId);
    if (index < 0) return { why: 'unknown-agent' };
    const absence = ABSENCES[pool.absence[index]!];
    if (absence) return { why: absence };
    // Both pools; who has one only is asked about it twice.
    const isFull = [false, true].every((interruptible) => pool.unitsTaken(index, interruptible) >= pool.unitsMax(index, interruptible));
    if (isFull) return { why: 'no-room' };
    return this.#wishes.length === 0 ? { why: 'nothing-waits' } : { why: 'nothing-fits', reasons: this.whyNothingFor(agentId) };
  }
}
