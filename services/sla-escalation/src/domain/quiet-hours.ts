import type { Priority, SlaPolicy } from '@signalbox/contracts';
import { businessTime, type WorkingTime } from './calendar.js';

const HOUR_MS = 3_600_000;
/** A day that the clocks prolong by an hour, and one more: what is quiet beyond that is always quiet. */
const LOOK_AHEAD_MS = 26 * HOUR_MS;
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

type QuietHours = NonNullable<SlaPolicy['quietHours']>;

/** Policies are kept as long as their bundle, and with them their years of quiet hours. */
const quietTimes = new WeakMap<QuietHours, WorkingTime>();

/**
 * Until when (epoch ms) nobody is notified, null: it is not quiet. The wall clock of the zone decides, also where it is changed: quiet
 * hours that span midnight have `from` after `to`. What is quiet all day holds nothing, or it would be held for ever.
 */
export function quietUntil(quietHours: QuietHours | undefined, priority: Priority, now: number): number | null {
  if (!quietHours || quietHours.exceptPriorities.includes(priority)) return null;
  let time = quietTimes.get(quietHours);
  if (!time) quietTimes.set(quietHours, (time = quietTimeOf(quietHours)));
  const [first] = time.intervals(now, now + LOOK_AHEAD_MS);
  return first && first.from === now && first.to < now + LOOK_AHEAD_MS ? first.to : null;
}

function quietTimeOf({ timeZone, from, to }: QuietHours): WorkingTime {
  const hours: [string, string][] =
    from < to
      ? [[from, to]]
      : [
          ['00:00', to],
          [from, '24:00'],
        ];
  const week = Object.fromEntries(WEEKDAYS.map((weekday) => [weekday, hours]));
  return businessTime({ timeZone, week, holidays: [], extraOpen: {} });
}
