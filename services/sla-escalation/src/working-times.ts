import type { Calendar } from '@signalbox/contracts';
import type { ConfigurationSnapshot } from '@signalbox/messaging';
import { aroundTheClock, businessTime, type WorkingTime } from './domain/calendar.js';

/** The counted time of each policy; a bundle's calendars are computed once. */
export class WorkingTimes {
  readonly #times = new WeakMap<Calendar, WorkingTime>();

  /** Around the clock where nothing else is known. */
  of(config: ConfigurationSnapshot, policyName: string | null): WorkingTime {
    const policy = policyName === null ? undefined : config.find('sla-policy', policyName);
    const calendar = policy?.hours === 'business' ? config.find('calendar', policy.calendar) : undefined;
    if (!calendar) return aroundTheClock;
    let time = this.#times.get(calendar);
    if (!time) this.#times.set(calendar, (time = businessTime(calendar)));
    return time;
  }
}

/** Where a ticket waits: as a person or an escalation said, else in its category's queue, else in the company's. */
export function queueIn(
  config: ConfigurationSnapshot,
  { category, queueOverride }: { category: string | null; queueOverride: string | null },
) {
  const ofCategory = category === null ? undefined : config.find('category', category)?.queue;
  return queueOverride ?? ofCategory ?? [...config.all('company').values()][0]?.defaultQueue ?? '';
}
