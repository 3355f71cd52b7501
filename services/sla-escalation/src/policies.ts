import { appliedBundles, type ConfigurationSnapshot, type Delivery } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import type { Configured } from './domain/check.js';
import { fits } from './domain/policy.js';
import type { ActivePolicy, Rulebook } from './domain/rules.js';
import { queueIn, WorkingTimes } from './working-times.js';

/** Tiers are what upstream systems say they are. */
const KNOWN_MAX = 10_000;
/** What clocks depend on: the rules, and whose queue a ticket is in. */
const KINDS = ['sla-policy', 'calendar', 'category', 'company'] as const;

/** What holds now and what held before, for all tickets. Computed once per bundle: a calendar's years of opening hours are worth keeping. */
export class Policies {
  readonly #times = new WorkingTimes();
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
    const policies = [...config.all('sla-policy')];
    const known = new Map<string, ActivePolicy | undefined>();
    return {
      from,
      find: (about) => {
        const key = JSON.stringify([about.tier, about.channel, about.category]);
        if (known.has(key)) return known.get(key);
        const name = fits(policies, about);
        const active = name === undefined ? undefined : this.#active(config, name);
        if (known.size < KNOWN_MAX) known.set(key, active);
        return active;
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
    return { policy, named, time: this.#times.of(config, name) };
  }
}

function queuesIn(config: ConfigurationSnapshot): Configured['queueOf'] {
  return (category) => queueIn(config, { category, queueOverride: null }) || null;
}
