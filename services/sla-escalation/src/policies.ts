import type { Calendar } from '@signalbox/contracts';
import { appliedBundles, type ConfigurationSnapshot, type Delivery } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import { aroundTheClock, businessTime, type WorkingTime } from './domain/calendar.js';
import type { Configured } from './domain/check.js';
import { fits } from './domain/policy.js';
import type { ActivePolicy, Rulebook } from './domain/rules.js';
import type { About } from './domain/sla-ticket.js';

/** What clocks depend on: the rules, and whose queue a ticket is in. */
const KINDS = ['sla-policy', 'calendar', 'category', 'company'] as const;

/** What holds now and what held before, for all tickets. Computed once per bundle: a calendar's years of opening hours are worth keeping. */
export class Policies {
  readonly #times = new WeakMap<Calendar, WorkingTime>();
  readonly #warned = new Set<string>();
  #bundle = 0;
  #rulesBundle = 0;
  #books: readonly Rulebook[] = [];

  /** `warn` gets each sentence once per process. */
  constructor(private readonly warn: (sentence: string) => void) {}

  async configured(config: ConfigurationSnapshot, tx: EntityManager): Promise<Configured> {
    if (config.bundle !== this.#bundle) {
      const applied = await appliedBundles(KINDS, config.bundle, tx);
      this.#books = applied.map(({ appliedAt, snapshot }) => this.bookOf(appliedAt?.getTime() ?? -Infinity, snapshot));
      this.#rulesBundle = applied.at(-1)?.snapshot.bundle ?? config.bundle;
      this.#bundle = config.bundle;
    }
    return { books: this.#books, queueOf: queuesIn(config) };
  }

  /** The bundle since which nothing has changed that clocks depend on: who was checked under it is up to date. */
  async rulesBundle(config: ConfigurationSnapshot, tx: EntityManager): Promise<number> {
    await this.configured(config, tx);
    return this.#rulesBundle;
  }

  /** As if this configuration, with what came before it, were in force from an instant on. */
  async supposing(config: ConfigurationSnapshot, from: Date, { config: active, tx }: Pick<Delivery, 'config' | 'tx'>): Promise<Configured> {
    const { books } = await this.configured(active, tx);
    return { books: [...books, this.bookOf(books.length === 0 ? -Infinity : from.getTime(), config)], queueOf: queuesIn(config) };
  }

  /** A bundle's policies and calendars as tickets are judged by them. */
  bookOf(from: number, config: ConfigurationSnapshot): Rulebook {
    const known = new Map<string, ActivePolicy | undefined>();
    return {
      from,
      find: (about) => {
        const name = policyFor(config, about);
        if (name === undefined) return undefined;
        if (!known.has(name)) known.set(name, this.#active(config, name));
        return known.get(name);
      },
    };
  }

  warnOnce(sentence: string): void {
    // Names are few; the bound is for a company that renames policies all day.
    if (this.#warned.has(sentence) || this.#warned.size >= 10_000) return;
    this.#warned.add(sentence);
    this.warn(sentence);
  }

  #active(config: ConfigurationSnapshot, name: string): ActivePolicy | undefined {
    const policy = config.get('sla-policy', name);
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

  #timeOf(calendar: Calendar): WorkingTime {
    let time = this.#times.get(calendar);
    if (!time) this.#times.set(calendar, (time = businessTime(calendar)));
    return time;
  }
}

const policyFor = (config: ConfigurationSnapshot, about: About): string | undefined => fits([...config.all('sla-policy')], about);

/** Routing's rule: the category's queue, else the company's. */
function queuesIn(config: ConfigurationSnapshot): Configured['queueOf'] {
  const [company] = config.all('company').values();
  return (category) => (category === null ? undefined : config.find('category', category)?.queue) ?? company?.defaultQueue ?? null;
}
