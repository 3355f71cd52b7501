import type { ClockPolicy } from './policy.js';
import type { Hours } from './calendar.js';
import type { Hold } from './history.js';

/** A hold as far as a clock honours it. */
export type Pause = Readonly<Hold>;

/** How a clock's time passes: from its start it counts in the policy's hours, except during pauses. Instants are epoch ms, amounts ms. */
export class Course {
  readonly startedAt: number;
  readonly hours: Hours;
  /** In order, not overlapping; the last one may have no end (`to` is Infinity). */
  readonly pauses: readonly Pause[];

  constructor(hours: Hours, startedAt: number, pauses: readonly Pause[] = []) {
    this.hours = hours;
    this.startedAt = startedAt;
    this.pauses = pauses;
  }

  spentAt(instant: number): number {
    let spentMs = 0;
    let cursor = this.startedAt;
    for (const { from, to } of this.pauses) {
      if (from >= instant) break;
      spentMs += this.hours.between(cursor, from);
      cursor = to;
    }
    return spentMs + this.hours.between(cursor, instant);
  }

  /** The earliest instant at which so much has been spent, if nothing else happens; null when a pause without end comes before. */
  instantOf(spentMs: number): number | null {
    let leftMs = spentMs;
    let cursor = this.startedAt;
    for (const { from, to } of this.pauses) {
      const ranMs = this.hours.between(cursor, from);
      if (ranMs >= leftMs) break;
      if (to === Infinity) return null;
      leftMs -= ranMs;
      cursor = to;
    }
    return this.hours.add(cursor, leftMs);
  }

  pausedAt(instant: number): boolean {
    return this.pauses.some(({ from, to }) => from <= instant && instant < to);
  }
}

/**
 * The holds a clock honours between its start and `until`. They are credited in the policy's hours: a hold over a closed weekend
 * costs nothing of `pauseMinutesMax`. Once that is used up, the clock runs on whatever the status says.
 */
export function pausesOf(
  holds: readonly Hold[],
  { pauseOn, pauseMinutesMax }: Pick<ClockPolicy, 'pauseOn' | 'pauseMinutesMax'>,
  hours: Hours,
  from: number,
  until: number,
): Pause[] {
  const pauses: Pause[] = [];
  let creditMs = pauseMinutesMax === null ? Infinity : Math.round(pauseMinutesMax * 60_000);
  for (const hold of holds) {
    const begins = Math.max(hold.from, from);
    let ends = Math.min(hold.to, until);
    if (!pauseOn.includes(hold.status) || ends <= begins || creditMs <= 0) continue;
    if (creditMs !== Infinity) {
      ends = Math.min(ends, hours.add(begins, creditMs));
      creditMs -= hours.between(begins, ends);
    }
    pauses.push({ from: begins, to: ends, status: hold.status });
  }
  return pauses;
}
