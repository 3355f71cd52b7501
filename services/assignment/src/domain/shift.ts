import type { AgentConfig } from '@signalbox/contracts';

type Shift = NonNullable<AgentConfig['shift']>;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** A week without a single hour would never end. */
const DAYS_MAX = 400;

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

/** The minute of the day on the agent's wall clock, and that day's intervals in minutes, in their order. */
function dayOf({ timeZone, week }: Shift, instant: Date): { minutes: number; intervals: [from: number, to: number][] } {
  const parts = formatOf(timeZone).formatToParts(instant);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const intervals = (week[part('weekday').toLowerCase() as keyof Shift['week']] ?? []).map(([from, to]): [number, number] => [
    minutesOf(from),
    minutesOf(to),
  ]);
  return { minutes: Number(part('hour')) * 60 + Number(part('minute')), intervals: intervals.sort(([a], [b]) => a - b) };
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
const wholeMinute = (instant: Date): number => Math.floor(instant.getTime() / MINUTE_MS) * MINUTE_MS;

/**
 * When the agent goes home today: the end of the day's last interval while they are on shift or on a break, else null.
 * Minutes are counted on the wall clock, so on the two days a year the clocks change it may be an hour off.
 */
export function shiftEnd(shift: Shift, now: Date): Date | null {
  const { minutes, intervals } = dayOf(shift, now);
  const [first, last] = [intervals[0], intervals.at(-1)];
  if (!first || !last || minutes < first[0] || minutes >= last[1]) return null;
  return new Date(wholeMinute(now) + (last[1] - minutes) * MINUTE_MS);
}

/**
 * The instant at which so many minutes of the shift have passed since `from`; an agent without a shift works around the clock.
 * Minutes are counted on the wall clock, as in `shiftEnd`. Null when no such instant comes within a year.
 */
export function shiftMinutesLater(shift: Shift | undefined, from: Date, minutes: number): Date | null {
  if (!shift) return new Date(from.getTime() + minutes * MINUTE_MS);
  let leftMs = minutes * MINUTE_MS;
  let at = from.getTime();
  for (let day = 0; day < DAYS_MAX; day += 1) {
    const { minutes: today, intervals } = dayOf(shift, new Date(at));
    const midnight = wholeMinute(new Date(at)) - today * MINUTE_MS;
    for (const [begins, ends] of intervals) {
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
