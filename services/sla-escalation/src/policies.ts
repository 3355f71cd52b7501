import type { Calendar } from '@signalbox/contracts';
import type { ConfigurationSnapshot } from '@signalbox/messaging';
import { aroundTheClock, businessTime, type WorkingTime } from './domain/calendar.js';
import type { ActivePolicy } from './domain/check.js';

const STANDARD = 'standard';

/** The active policies by tier. A bundle's calendars are computed once: their years of opening hours are worth keeping. */
export class Policies {
  readonly #times = new WeakMap<Calendar, WorkingTime>();
  readonly #warned = new Set<string>();

  /** `warn` gets each sentence once per process. */
  constructor(private readonly warn: (sentence: string) => void) {}

  /** The first policy by name that lists the tier, else the one named `standard`. Undefined: no clocks, as configured or with a warning. */
  find(config: ConfigurationSnapshot, tier: string | null): ActivePolicy | undefined {
    const policies = config.all('sla-policy');
    const byTier = tier === null ? undefined : [...policies].find(([, { tiers }]) => tiers.includes(tier))?.[0];
    const name = byTier ?? STANDARD;
    const policy = policies.get(name);
    if (!policy) return undefined;
    const calendar = config.find('calendar', policy.calendar);
    if (!calendar && policy.hours === 'business') {
      this.warnOnce(`sla-policy '${name}' names the calendar '${policy.calendar}', which does not exist: its tickets have no clocks`);
      return undefined;
    }
    const named = {
      policy: { name, version: config.versionOf('sla-policy', name) },
      calendar: { name: policy.calendar, version: config.versionOf('calendar', policy.calendar) },
    };
    return { policy, named, time: calendar && policy.hours === 'business' ? this.#timeOf(calendar) : aroundTheClock };
  }

  warnOnce(sentence: string): void {
    // Names are few; the bound is for a company that renames policies all day.
    if (this.#warned.has(sentence) || this.#warned.size >= 10_000) return;
    this.#warned.add(sentence);
    this.warn(sentence);
  }

  #timeOf(calendar: Calendar): WorkingTime {
    let time = this.#times.get(calendar);
    if (!time) this.#times.set(calendar, (time = businessTime(calendar)));
    return time;
  }
}
