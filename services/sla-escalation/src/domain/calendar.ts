import type { Calendar } from '@signalbox/contracts';
import { TimeZone } from './time-zone.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Beyond it "never": a deadline that needs more than that of a calendar is a mistake in the calendar. */
const YEAR_MAX = 2199;
const YEAR_MIN = 1900;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Epoch milliseconds, `to` exclusive. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** The time that counts for a deadline. Instants are epoch milliseconds between 1900 and 2199. */
export interface WorkingTime {
  /** How much time between two instants counts, in ms; 0 when `to` is not after `from`. */
  msBetween(from: number, to: number): number;
  /**
   * The first instant at which `ms` of counted time have gone by since `from`: closing time itself, not the next opening.
   * Infinity when the calendar does not open long enough before 2200.
   */
  after(from: number, ms: number): number;
  /** The counted stretches between two instants, in order, neighbours joined. */
  intervals(from: number, to: number): Interval[];
}

/** Every minute counts: policies with `hours: 'calendar'`. */
export const aroundTheClock: WorkingTime = {
  msBetween: (from, to) => Math.max(0, to - from),
  after: (from, ms) => from + ms,
  intervals: (from, to) => (from < to ? [{ from, to }] : []),
};

/** One UTC year of opening hours: `before[i]` is the open time of the year before interval i. */
interface Year {
  readonly year: number;
  readonly from: number;
  readonly to: number;
  readonly opens: readonly number[];
  readonly closes: readonly number[];
  readonly before: readonly number[];
  readonly openMs: number;
}

/** The hours that hold from a day on. */
interface Hours {
  readonly fromDay: number;
  readonly week: readonly (readonly Interval[])[];
  readonly holidays: ReadonlySet<number>;
  readonly extraOpen: ReadonlyMap<number, readonly Interval[]>;
}

/**
 * Opening hours in a time zone. An instant is open when the wall clock there shows a time within the hours of the date there:
 * an hour that the clocks repeat counts twice, an hour or a day that they skip does not count. `extraOpen` replaces a date's hours;
 * a change replaces everything from its date on.
 */
export function businessTime(calendar: Calendar): WorkingTime {
  const zone = TimeZone.named(calendar.timeZone);
  const { changes = [] } = calendar;
  const periods = [hoursFrom(-Infinity, calendar), ...changes.map((change) => hoursFrom(dayNumber(change.from), change))];
  const last = periods.at(-1)!;
  const hoursOf = (day: number): readonly Interval[] => {
    const { week, holidays, extraOpen } = periods.findLast(({ fromDay }) => fromDay <= day)!;
    // Day 0, 1970-01-01, was a Thursday.
    return extraOpen.get(day) ?? (holidays.has(day) ? [] : week[(((day + 4) % 7) + 7) % 7]!);
  };
  const opensWeekly = last.week.some((hours) => hours.length > 0);
  // Where no weekday opens any more, nothing does after this; two days are more than any zone's offset.
  const extraEndsAt = (Math.max(last.fromDay, ...last.extraOpen.keys()) + 2) * DAY_MS;
  const years = new Map<number, Year>();
  let latest: Year | undefined;

  function yearOf(instant: number): Year {
    if (latest && instant >= latest.from && instant < latest.to) return latest;
    const year = new Date(instant).getUTCFullYear();
    if (!(year >= YEAR_MIN && year <= YEAR_MAX)) {
      throw new RangeError(`${new Date(instant).toISOString()} lies outside the years a calendar can tell: ${YEAR_MIN} to ${YEAR_MAX}`);
    }
    latest = years.get(year) ?? buildYear(zone, year, hoursOf);
    years.set(year, latest);
    return latest;
  }

  function msBetween(from: number, to: number): number {
    if (to <= from) return 0;
    let year = yearOf(from);
    let sum = -openMsBefore(year, from);
    while (to >= year.to) {
      sum += year.openMs;
      if (to === year.to) return sum;
      year = yearOf(year.to);
    }
    return sum + openMsBefore(year, to);
  }

  function after(from: number, ms: number): number {
    if (ms <= 0) return from;
    let year = yearOf(from);
    let left = ms + openMsBefore(year, from);
    while (left > year.openMs) {
      left -= year.openMs;
      if (year.year === YEAR_MAX || (!opensWeekly && year.to > extraEndsAt)) return Infinity;
      year = yearOf(year.to);
    }
    // The last interval with less open time before it than is left; a sum that is reached at closing time stays there.
    const index = lastBelow(year.before, left);
    return year.opens[index]! + left - year.before[index]!;
  }

  function intervals(from: number, to: number): Interval[] {
    const open: Interval[] = [];
    for (let at = from; at < to;) {
      const year = yearOf(at);
      for (let index = Math.max(0, lastBelow(year.opens, at)); index < year.opens.length && year.opens[index]! < to; index++) {
        append(open, Math.max(at, year.opens[index]!), Math.min(to, year.closes[index]!));
      }
      at = year.to;
    }
    return open;
  }

  return { msBetween, after, intervals };
}

function hoursFrom(fromDay: number, { week, holidays, extraOpen }: Pick<Calendar, 'week' | 'holidays' | 'extraOpen'>): Hours {
  return {
    fromDay,
    week: WEEKDAYS.map((weekday) => wallHours(week[weekday] ?? [])),
    holidays: new Set(holidays.map(dayNumber)),
    extraOpen: new Map(Object.entries(extraOpen).map(([date, hours]) => [dayNumber(date), wallHours(hours)])),
  };
}

function buildYear(zone: TimeZone, year: number, hoursOf: (day: number) => readonly Interval[]): Year {
  const open: Interval[] = [];
  // By stretches of one offset, then by local date: dates may repeat, overlap or be missing, time does not.
  for (const piece of zone.piecesOf(year)) {
    const lastDay = Math.floor((piece.to - 1 + piece.offsetMs) / DAY_MS);
    for (let day = Math.floor((piece.from + piece.offsetMs) / DAY_MS); day <= lastDay; day++) {
      const midnight = day * DAY_MS - piece.offsetMs;
      for (const { from, to } of hoursOf(day)) append(open, Math.max(piece.from, midnight + from), Math.min(piece.to, midnight + to));
    }
  }
  const before: number[] = [];
  let openMs = 0;
  for (const { from, to } of open) {
    before.push(openMs);
    openMs += to - from;
  }
  const bounds = { year, from: Date.UTC(year, 0, 1), to: Date.UTC(year + 1, 0, 1) };
  return { ...bounds, opens: open.map(({ from }) => from), closes: open.map(({ to }) => to), before, openMs };
}

function openMsBefore(year: Year, instant: number): number {
  const index = lastBelow(year.opens, instant);
  return index < 0 ? 0 : year.before[index]! + Math.min(instant, year.closes[index]!) - year.opens[index]!;
}

/** The index of the last value below the limit, or -1. The values rise. */
function lastBelow(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Joins what touches, so that 24:00 and the next 00:00 are one stretch. */
function append(open: Interval[], from: number, to: number): void {
  if (from >= to) return;
  const last = open.at(-1);
  if (last && from <= last.to) open[open.length - 1] = { from: last.from, to: Math.max(last.to, to) };
  else open.push({ from, to });
}

/** Hours of a day as ms after midnight on the wall clock, in order; overlapping ones joined. */
function wallHours(hours: readonly (readonly [string, string])[]): Interval[] {
  const joined: Interval[] = [];
  const inOrder = hours.map(([from, to]) => ({ from: wallMs(from), to: wallMs(to) })).sort((a, b) => a.from - b.from);
  for (const { from, to } of inOrder) append(joined, from, to);
  return joined;
}

function wallMs(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours! * 60 + minutes!) * MINUTE_MS;
}

function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}
