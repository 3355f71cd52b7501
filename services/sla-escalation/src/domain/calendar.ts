import type { Calendar } from '@signalbox/contracts';
import { offsetsIn } from './zone.js';

/** A piece of time, [from, to) in epoch ms, that counts as a whole or not at all. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly open: boolean;
  readonly why: 'open hours' | 'calendar time' | 'closed' | 'holiday';
}

/** The time that counts towards a target. Instants are epoch ms, amounts are ms. */
export interface Hours {
  /** What counts between two instants; 0 where `to` is not after `from`. */
  between(from: number, to: number): number;
  /** The earliest instant by which `countedMs` have counted since `from`: closing time itself, not the next opening. */
  add(from: number, countedMs: number): number;
  /** All of [from, to) in pieces, in order, without gaps. */
  stretches(from: number, to: number): Stretch[];
}

/** Calendar time: every minute counts, whatever the clocks on the wall do. */
export const aroundTheClock: Hours = {
  between: (from, to) => Math.max(0, to - from),
  add: (from, countedMs) => from + Math.max(0, countedMs),
  stretches: (from, to) => (to > from ? [{ from, to, open: true, why: 'calendar time' }] : []),
};

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** A deadline further away than this is a mistake in the policy or the calendar, not a deadline. */
export const HORIZON_YEARS = 100;

type Interval = readonly [fromMs: number, toMs: number];
interface Day {
  readonly hours: readonly Interval[];
  readonly holiday: boolean;
}
/** Instants [from, to). */
interface Span {
  from: number;
  to: number;
}

/** One UTC year laid out: opening i is [starts[i], ends[i]), and before[i] ms were open earlier in the year. */
interface Year {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly before: Float64Array;
  readonly totalMs: number;
  readonly holidays: readonly Span[];
}

/**
 * Prepares a calendar for calculation. An instant is open when the wall clock of the calendar's zone then reads a time within the
 * hours of the date it reads. So an hour skipped in spring is never open, an hour repeated in autumn is open twice, and a date
 * that a zone skipped (Samoa, 30 December 2011) has no hours.
 * Years are laid out when first needed (about 1 ms each, mostly for the zone's offsets, which calendars share); after that a
 * deadline is two binary searches.
 */
export function openHours(calendar: Calendar): Hours {
  return new OpenHours(calendar);
}

class OpenHours implements Hours {
  readonly #timeZone: string;
  readonly #week: readonly Day[];
  readonly #exceptions = new Map<number, Day>();
  readonly #years = new Map<number, Year>();

  constructor({ timeZone, week, holidays, extraOpen }: Calendar) {
    this.#timeZone = timeZone;
    this.#week = WEEKDAYS.map((day) => ({ hours: merged(week[day] ?? []), holiday: false }));
    for (const date of holidays) this.#exceptions.set(dayNumber(date), { hours: [], holiday: true });
    for (const [date, hours] of Object.entries(extraOpen)) this.#exceptions.set(dayNumber(date), { hours: merged(hours), holiday: false });
  }

  between(from: number, to: number): number {
    if (to <= from) return 0;
    const lastYear = yearOf(to);
    let year = yearOf(from);
    let openMs = -openBefore(this.#year(year), from);
    for (; year < lastYear; year++) openMs += this.#year(year).totalMs;
    return openMs + openBefore(this.#year(lastYear), to);
  }

  add(from: number, countedMs: number): number {
    if (countedMs <= 0) return from;
    const firstYear = yearOf(from);
    let year = this.#year(firstYear);
    let openMs = openBefore(year, from) + countedMs;
    for (let next = firstYear + 1; openMs > year.totalMs; next++) {
      if (next > firstYear + HORIZON_YEARS) throw new RangeError(neverReached(this.#timeZone, countedMs, from));
      openMs -= year.totalMs;
      year = this.#year(next);
    }
    const opening = lastBelow(year.before, openMs);
    return year.starts[opening]! + openMs - year.before[opening]!;
  }

  stretches(from: number, to: number): Stretch[] {
    const found: Stretch[] = [];
    let cursor = from;
    const closedUntil = (until: number, holidays: readonly Span[]): void => {
      for (const holiday of holidays) {
        if (holiday.to <= cursor || holiday.from >= until) continue;
        add(Math.max(cursor, holiday.from), false, 'closed');
        add(Math.min(until, holiday.to), false, 'holiday');
      }
      add(until, false, 'closed');
    };
    const add = (until: number, open: boolean, why: Stretch['why']): void => {
      if (until <= cursor) return;
      const last = found.at(-1);
      if (last?.why === why) found[found.length - 1] = { ...last, to: until };
      else found.push({ from: cursor, to: until, open, why });
      cursor = until;
    };
    for (let number = yearOf(from); cursor < to; number++) {
      const year = this.#year(number);
      for (let i = Math.max(0, lastBelow(year.starts, cursor)); i < year.starts.length && year.starts[i]! < to; i++) {
        if (year.ends[i]! <= cursor) continue;
        closedUntil(Math.max(cursor, year.starts[i]!), year.holidays);
        add(Math.min(to, year.ends[i]!), true, 'open hours');
      }
      closedUntil(Math.min(to, Date.UTC(number + 1, 0, 1)), year.holidays);
    }
    return found;
  }

  #year(number: number): Year {
    let year = this.#years.get(number);
    if (!year) this.#years.set(number, (year = this.#layOut(number)));
    return year;
  }

  #layOut(number: number): Year {
    const open: Span[] = [];
    const holidays: Span[] = [];
    for (const { from, to, offsetMs } of offsetsIn(this.#timeZone, number)) {
      const wallFrom = from + offsetMs;
      const wallTo = to + offsetMs;
      const lastDay = Math.floor((wallTo - 1) / DAY_MS);
      for (let day = Math.floor(wallFrom / DAY_MS); day <= lastDay; day++) {
        const midnight = day * DAY_MS;
        const { hours, holiday } = this.#exceptions.get(day) ?? this.#week[weekdayOf(day)]!;
        const within = (list: Span[], [begin, end]: Interval) => {
          append(list, Math.max(wallFrom, midnight + begin) - offsetMs, Math.min(wallTo, midnight + end) - offsetMs);
        };
        for (const interval of hours) within(open, interval);
        if (holiday) within(holidays, [0, DAY_MS]);
      }
    }
    const before = new Float64Array(open.length);
    let totalMs = 0;
    open.forEach((span, i) => {
      before[i] = totalMs;
      totalMs += span.to - span.from;
    });
    return { starts: Float64Array.from(open, (s) => s.from), ends: Float64Array.from(open, (s) => s.to), before, totalMs, holidays };
  }
}

/** Days since 1970-01-01, a Thursday. */
const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;
const yearOf = (instant: number): number => new Date(instant).getUTCFullYear();
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** The intervals of one day in order, those that touch or overlap as one. */
function merged(hours: readonly (readonly [string, string])[]): Interval[] {
  const spans: Span[] = [];
  const sorted = hours.map(([from, to]) => [minuteOf(from) * MINUTE_MS, minuteOf(to) * MINUTE_MS] as const).sort((a, b) => a[0] - b[0]);
  for (const [from, to] of sorted) append(spans, from, to);
  return spans.map(({ from, to }) => [from, to] as const);
}

/** Adds a span that begins no earlier than the last one, joining the two where they touch. */
function append(spans: Span[], from: number, to: number): void {
  if (to <= from) return;
  const last = spans.at(-1);
  if (last && from <= last.to) last.to = Math.max(last.to, to);
  else spans.push({ from, to });
}

/** Index of the last value below `limit` in an ascending list; -1 when there is none. */
function lastBelow(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function openBefore(year: Year, instant: number): number {
  const opening = lastBelow(year.starts, instant);
  if (opening < 0) return 0;
  return year.before[opening]! + Math.min(instant, year.ends[opening]!) - year.starts[opening]!;
}

const neverReached = (timeZone: string, countedMs: number, from: number): string =>
  `${countedMs / MINUTE_MS} minutes of opening hours from ${new Date(from).toISOString()} are not reached within ${HORIZON_YEARS} years ` +
  `(calendar in ${timeZone}); give the calendar's week at least one interval, or lower the target`;
