import type { AgentConfig } from '@signalbox/contracts';

type Shift = NonNullable<AgentConfig['shift']>;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** A week without a single hour would never end. */
const DAYS_MAX = 400;
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Making one costs more than asking it a thousand times. */
const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    formats.set(timeZone, format);
  }
  return format;
}

/** The minute of the day on the agent's wall clock, and the day's place in the week. */
function wallClock({ timeZone }: Shift, instant: Date): { minutes: number; weekday: number } {
  const parts = formatOf(timeZone).formatToParts(instant);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const weekday = WEEKDAYS.indexOf(part('weekday').toLowerCase() as (typeof WEEKDAYS)[number]);
  return { minutes: Number(part('hour')) * 60 + Number(part('minute')), weekday };
}

/** A day's intervals in minutes, in their order. */
const intervalsOn = ({ week }: Shift, weekday: number): [from: number, to: number][] =>
  (week[WEEKDAYS[(weekday + 7) % 7]!] ?? [])
    .map(([from, to]): [number, number] => [minutesOf(from), minutesOf(to)])
    .sort(([a], [b]) => a - b);

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
const wholeMinute = (instant: Date): number => Math.floor(instant.getTime() / MINUTE_MS) * MINUTE_MS;

export interface Hours {
  /** The end of the shift that runs now; null = none does. */
  readonly endsAt: Date | null;
  /** When the running shift ends or the next one begins; null = never. */
  readonly changesAt: Date | null;
}

/**
 * Where an instant lies in the configured week. A day's intervals are one shift with breaks; where one ends at midnight and the next day
 * begins with another, that one belongs to it. Minutes are counted on the wall clock, so on the two days a year the clocks change it may be
 * an hour off.
 */
export function hoursAt(shift: Shift, now: Date): Hours {
  const { minutes, weekday } = wallClock(shift, now);
  const at = (minute: number): Date => new Date(wholeMinute(now) + (minute - minutes) * MINUTE_MS);
  const shifts: [from: number, to: number][] = [];
  // From yesterday, whose shift may not be over, to the same day next week. Minutes are those since today's midnight.
  for (let day = -1; day <= 7; day += 1) {
    const midnight = day * DAY_MINUTES;
    const intervals = intervalsOn(shift, weekday + day);
    const before = shifts.at(-1);
    if (before?.[1] === midnight && intervals[0]?.[0] === 0) before[1] = midnight + intervals.shift()![1];
    const [first, last] = [intervals[0], intervals.at(-1)];
    if (first && last) shifts.push([midnight + first[0], midnight + last[1]]);
  }
  const next = shifts.find(([, to]) => minutes < to);
  if (!next) return { endsAt: null, changesAt: null };
  const [from, to] = next;
  return minutes < from ? { endsAt: null, changesAt: at(from) } : { endsAt: at(to), changesAt: at(to) };
}

/**
 * The instant at which so many minutes of the shift have passed since `from`; an agent without a shift works around the clock.
 * Minutes are counted on the wall clock, as in `hoursAt`. Null when no such instant comes within a year.
 */
export function shiftMinutesLater(shift: Shift | undefined, from: Date, minutes: number): Date | null {
  if (!shift) return new Date(from.getTime() + minutes * MINUTE_MS);
  let leftMs = minutes * MINUTE_MS;
  let at = from.getTime();
  for (let day = 0; day < DAYS_MAX; day += 1) {
    const { minutes: today, weekday } = wallClock(shift, new Date(at));
    const midnight = wholeMinute(new Date(at)) - today * MINUTE_MS;
    for (const [begins, ends] of intervalsOn(shift, weekday)) {
      const begin = Math.max(at, midnight + begins * MINUTE_MS);
      const end = midnight + ends * MINUTE_MS;
      if (end <= begin) continue;
      if (begin + leftMs <= end) return new Date(begin + leftMs);
      leftMs -= end - begin;
    }
    at = midnight + DAY_MINUTES * MINUTE_MS;
    // After a day of 23 hours that is an hour into the next, after one of 25 still the same day: its hours are over, so nothing counts twice.
  }
  return null;
}
