import { Target } from '@signalbox/contracts';
import type { WorkingTime } from './calendar.js';
import { clocksOf, type ClockRules, type ClockState } from './clock.js';
import type { TicketFact } from './ticket-fact.js';

/** A version of a policy with its calendar, in force from an instant (epoch ms) until the next version's. */
export interface PolicyVersion {
  readonly from: number;
  readonly rules: ClockRules;
  readonly time: WorkingTime;
}

/** A clock, and the place of the version that judges it in the list of versions. */
export interface JudgedClock extends ClockState {
  readonly by: number;
}

/**
 * All clocks of a ticket whose policy or calendar was edited. A clock that has stopped stays as the version judged it that was in
 * force when it stopped. One that still runs is recomputed from its start as if the newest version had always held, so correcting
 * a calendar also takes back a breach that the mistake made. `versions` in order; the first one also judges what came before it.
 */
export function clocksUnder(versions: readonly PolicyVersion[], facts: readonly TicketFact[], now: number): JudgedClock[] {
  const clocks: JudgedClock[] = [];
  const settled = new Set<string>();
  const known = versions.filter(({ from }, index) => index === 0 || from <= now);
  for (const [index, { from, rules, time }] of known.entries()) {
    const begin = index === 0 ? -Infinity : from;
    const end = known[index + 1]?.from ?? Infinity;
    const seen = clocksOf(facts, rules, time, now).map((clock) => ({ ...clock, by: index }));
    clocks.push(...seen.filter((clock) => judgedAt(clock, now) >= begin && judgedAt(clock, now) < end && !settled.has(debtOf(clock))));
    // What a version saw answered or solved for good by its end is not owed again under a later one.
    const latest = new Map(seen.map((clock) => [debtOf(clock), clock]));
    for (const [debt, clock] of latest) if (judgedAt(clock, now) < end && ['met', 'met-late'].includes(clock.status)) settled.add(debt);
  }
  const order = (clock: ClockState): number => Target.options.indexOf(clock.target);
  if (known.length === 1) return clocks;
  // Of one target the one that ends first came first: a merger may have made a later one older.
  const ends = ({ stoppedAt }: ClockState): number => stoppedAt ?? Number.MAX_SAFE_INTEGER;
  const sorted = clocks.sort((a, b) => order(a) - order(b) || ends(a) - ends(b) || a.startedAt - b.startedAt);
  return sorted.map((clock, index) => ({
    ...clock,
    instance: sorted.slice(0, index).filter(({ target }) => target === clock.target).length + 1,
  }));
}

function judgedAt(clock: ClockState, now: number): number {
  return clock.stoppedAt ?? now;
}

function debtOf({ target, startedAt }: ClockState): string {
  return `${target} ${startedAt}`;
}
