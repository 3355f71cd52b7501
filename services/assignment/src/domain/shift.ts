import type { AgentConfig } from '@signalbox/contracts';

type Shift = NonNullable<AgentConfig['shift']>;
const MINUTE_MS = 60_000;

/**
 * When the agent goes home today: the end of the day's last interval while they are on shift or on a break, else null.
 * Minutes are counted on the wall clock, so on the two days a year the clocks change it may be an hour off.
 */
export function shiftEnd(shift: Shift, now: Date): Date | null {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: shift.timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const intervals = [...(shift.week[part('weekday').toLowerCase() as keyof Shift['week']] ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const [first, last] = [intervals[0], intervals.at(-1)];
  const minutes = Number(part('hour')) * 60 + Number(part('minute'));
  if (!first || !last || minutes < minutesOf(first[0]) || minutes >= minutesOf(last[1])) return null;
  const wholeMinute = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS;
  return new Date(wholeMinute + (minutesOf(last[1]) - minutes) * MINUTE_MS);
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
