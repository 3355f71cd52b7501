import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DEFAULT_DOMAIN } from '@signalbox/contracts';
import { UnitOfWork, type Delivery, type Outcome } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import { AgentCache, AgentStore } from './agent.store.js';
import type { Learned } from './domain/learning.js';
import { domainsOf, mayLeave } from './domain/matching-domain.js';
import { UnknownNames } from './domain/unknown-names.js';
import { ExperienceCache } from './experience.store.js';
import { NextRequestStore } from './next-request.store.js';
import { ProposalStore } from './proposal.store.js';
import { learnedAt, RESEND_MS, Rounds, toRescue, type RoundResult } from './rounds.js';
import { activePolicy, TicketStore } from './ticket.store.js';

/** The safety net, and what notices a new configuration; ordinarily a round is asked for by what happened. A few indexed queries. */
const SWEEP_MS = 500;
/** Another instance's round of the same domain is under way; one takes some ten milliseconds. */
const TAKEN_WAIT_MS = 25;

/** Asks for rounds, each domain by itself: when something happened, when a ticket becomes ready by itself, and for what was missed. */
@Injectable()
export class Matching implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Matching');
  readonly #memory = {
    agents: new AgentCache(),
    experience: new ExperienceCache(),
    unknown: new UnknownNames(),
    decided: (ticketId: string): void => this.#disarm(ticketId),
  };
  /** By domain. */
  readonly #rounds = new Map<string, Rounds>();
  /** Domains whose round by itself has been asked for and has not begun. */
  readonly #asked = new Set<string>();
  #sweeping = false;
  #stopped = false;
  #sweep: NodeJS.Timeout | undefined;
  /** By ticket. */
  readonly #alarms = new Map<string, NodeJS.Timeout>();

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#sweep = setInterval(() => void this.#sweepOnce(), SWEEP_MS);
  }
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearInterval(this.#sweep);
    for (const alarm of this.#alarms.values()) clearTimeout(alarm);
  }

  #of(domain: string): Rounds {
    let rounds = this.#rounds.get(domain);
    if (!rounds) this.#rounds.set(domain, (rounds = new Rounds(domain, this.#memory)));
    return rounds;
  }

  /** Something made a ticket ready or an agent free: rounds follow at the end of the same unit of work. Asking again is free. */
  ask(delivery: Delivery, domains: Iterable<string>): void {
    if (this.#stopped) return;
    for (const domain of new Set(domains))
      delivery.submit(this.#runIfFree, domain).then(
        (result) => this.#goOn(domain, result),
        // What it would have done is still to be seen in the rows, and the sweep asks again.
        (error: Error) => this.#logger.warn(`round of ${domain}: ${error.message}`),
      );
  }

  /** Nothing else has happened: a round by itself. */
  #askAlone(domain: string, waitMs = 0): void {
    if (this.#asked.has(domain) || this.#stopped) return;
    this.#asked.add(domain);
    if (waitMs === 0) this.#submit(domain);
    else setTimeout(() => this.#submit(domain), waitMs).unref();
  }
  #submit(domain: string): void {
    if (this.#stopped) return;
    this.unit.submit(this.#runAlone, domain).then(
      (result) => this.#goOn(domain, result),
      (error: Error) => {
        // Given up before it ran, perhaps.
        this.#asked.delete(domain);
        this.#logger.warn(`round of ${domain}: ${error.message}`);
      },
    );
  }

  #goOn(domain: string, { again, alsoIn }: RoundResult): void {
    this.#of(domain).committed();
    if (again !== undefined) this.#askAlone(domain, again === 'when-free' ? TAKEN_WAIT_MS : 0);
    for (const other of alsoIn) this.#askAlone(other);
  }

  /** This ticket becomes ready by the passing of time, unless a round or an event comes before. */
  askAt(domain: string, ticketId: string, instant: number, now: Date): void {
    this.#disarm(ticketId);
    const waitMs = instant - now.getTime();
    if (waitMs > 10_000 || this.#alarms.size > 5_000) return; // The sweep will see it.
    const ring = (): void => {
      this.#alarms.delete(ticketId);
      this.#askAlone(domain);
    };
    this.#alarms.set(ticketId, setTimeout(ring, waitMs + 1));
  }
  #disarm(ticketId: string): void {
    clearTimeout(this.#alarms.get(ticketId));
    this.#alarms.delete(ticketId);
  }

  async #sweepOnce(): Promise<void> {
    if (this.#sweeping || this.#stopped) return;
    this.#sweeping = true;
    const due = await this.unit.submit(this.#areRoundsDue, undefined).catch((): string[] => []);
    this.#sweeping = false;
    for (const domain of due) this.#askAlone(domain);
  }

  /** A command, so that it judges by the unit's clock and configuration. Every ticket it counts is one a round takes and moves on. */
  readonly #areRoundsDue = async (asked: readonly undefined[], { tx, now, config }: Delivery): Promise<Outcome<string[]>[]> => {
    const active = activePolicy(config);
    const due = new Set<string>();
    if (active) {
      const domains = domainsOf(config);
      if (domains.length > 1)
        await tx.query('insert into matching_domain (domain) select * from unnest($1::text[]) on conflict do nothing', [domains]);
      const found = await Promise.all([
        new TicketStore(tx).domainsReady(now, config.bundle),
        new ProposalStore(tx).domainsUnanswered(new Date(now.getTime() - RESEND_MS)),
        new NextRequestStore(tx).domains(),
        new AgentStore(tx).domainsToSort(config.bundle),
      ]);
      const toSort = found.pop()!.filter((domain) => mayLeave(domain, config));
      for (const domain of [...found.flat(), ...toSort]) due.add(domain);
      for (const row of await toRescue({ tx, now, active }, null)) due.add(row.domain);
    }
    return asked.map(() => ({ events: [], answer: [...due] }));
  };

  readonly #runAlone = (domains: readonly string[], delivery: Delivery): Promise<Outcome<RoundResult>[]> => {
    for (const domain of domains) this.#asked.delete(domain);
    // Whoever has but one domain waits for whose turn it is; with several, waiting for one would keep the others waiting as well.
    return this.#run(domains, delivery, domainsOf(delivery.config).length === 1 ? 'wait' : 'skip locked');
  };
  /** A unit that has written tickets and agents waits for nobody's round: the two would wait for each other's rows. */
  readonly #runIfFree = (domains: readonly string[], delivery: Delivery): Promise<Outcome<RoundResult>[]> =>
    this.#run(domains, delivery, 'skip locked');

  /** One round of a domain answers all who asked for it. */
  async #run(domains: readonly string[], delivery: Delivery, whenTaken: 'wait' | 'skip locked'): Promise<Outcome<RoundResult>[]> {
    const outcomes = new Map<string, Outcome<RoundResult>>();
    for (const domain of new Set(domains)) {
      const { events, ...answer } = await this.#of(domain).round(delivery, whenTaken);
      outcomes.set(domain, { events, answer });
    }
    return domains.map((domain, index) => {
      const outcome = outcomes.get(domain)!;
      return domains.indexOf(domain) === index ? outcome : { ...outcome, events: [] };
    });
  }

  /** What is known of everybody at this moment: computed anew, and by no round. */
  async learnedNow(tx: EntityManager, strength: number, now: Date): Promise<{ learned: Learned; snapshotOf: (agentId: string) => number }> {
    const { agents, experience } = this.#memory;
    await experience.renew(tx);
    return {
      learned: learnedAt(experience, strength, now),
      snapshotOf: (agentId) => this.#of(agents.domainOf(agentId) ?? DEFAULT_DOMAIN).snapshot,
    };
  }
}
