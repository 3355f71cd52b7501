import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { QueueOutlook, type Draft } from '@signalbox/contracts';
import { UnitOfWork, type CommandHandler, type ConfigurationSnapshot } from '@signalbox/messaging';
import { setImmediate as breathe } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { AgentPresenceStore, type Staff } from './agent-presence.store.js';
import {
  beginningsPerHour,
  expectation,
  HORIZON_MINUTES,
  isNews,
  perHour,
  queueOutlook,
  TICKETS_MIN,
  type Learned,
  type LearnedOf,
  type QueueLoad,
  type QueueSaid,
  type WaitingTicket,
} from './domain/outlook.js';
import { expectationOf, inLine, isWaiting, tellOutlook, type OutlookTicket, type Told, type What } from './domain/outlook-ticket.js';
import {
  circlesOf,
  FLOW_HALF_LIFE_MS,
  learnedKey,
  OutlookStore,
  SLOTS,
  type ClaimedQueue,
  type QueueFlow,
  type QueuesOf,
} from './outlook.store.js';
import { queueIn, WorkingTimes } from './working-times.js';

const LOOK_MS = 15_000;
/** A little less, so that an instance whose turn comes early does not miss its queues. */
const LOOK_AGAIN_MS = 14_000;
const QUEUES_MAX = 20;
/** Tickets looked at in one turn, soonest due first: each queue has an equal part of it, but not less than the second figure. */
const TICKETS_MAX = 20_000;
const TICKETS_OF_QUEUE_MIN = 50;
/** Between so many, whatever is due comes first. */
const COMPUTED_AT_ONCE = 500;
const MOVED_AT_ONCE = 500;
const SAID_AT_ONCE = 100;
const FORGET_AFTER_MS = 30 * 86_400_000;
const FORGET_MAX = 1_000;
const FORGET_EVERY_MS = 60_000;

interface Turn {
  readonly queues: readonly ClaimedQueue[];
  readonly now: Date;
  readonly config: ConfigurationSnapshot;
}
/** What was found, to be said if it still holds on the locked row. */
type Finding =
  | { readonly type: 'ticket'; readonly ticketId: string; readonly learned: Readonly<Record<What, LearnedOf>> }
  | { readonly type: 'queue'; readonly queueId: string; readonly before: QueueSaid | null; readonly said: QueueSaid };

/**
 * Looks ahead, queue by queue: whoever comes first, one instance at a time. What it reads and computes is no part of a unit of work, or
 * deadlines that fall due meanwhile would wait for it; only what there is to say is.
 */
@Injectable()
export class OutlookTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('OutlookTimer');
  readonly #times = new WorkingTimes();
  readonly #slot = Math.floor(Math.random() * SLOTS);
  #bundle = 0;
  #forgotAt = 0;
  #interval: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
  ) {}

  onApplicationBootstrap(): void {
    this.#interval = setInterval(() => void this.lookAtDue().catch((error: Error) => this.#logger.warn(error.message)), LOOK_MS);
  }
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#interval);
    await this.#looking?.catch(() => undefined);
  }

  /** Looks at every queue whose turn it is. */
  lookAtDue(): Promise<void> {
    return (this.#looking ??= this.#lookAtAll().finally(() => (this.#looking = undefined)));
  }
  async #lookAtAll(): Promise<void> {
    while (!this.#stopped) {
      const turn = await this.unit.submit(this.#claim, undefined);
      if (turn.config.bundle !== this.#bundle) await this.#follow(turn.config);
      if (turn.queues.length === 0) return;
      const findings = await this.#lookAt(turn);
      for (let from = 0; from < findings.length && !this.#stopped; from += SAID_AT_ONCE)
        await this.unit.submit(this.#say, findings.slice(from, from + SAID_AT_ONCE));
    }
  }

  readonly #claim: CommandHandler<undefined, Turn> = async (commands, { tx, now, config }) => {
    const store = new OutlookStore(tx);
    if (config.bundle !== this.#bundle) await store.addQueues([...config.all('queue').keys()]);
    if (now.getTime() - this.#forgotAt > FORGET_EVERY_MS) {
      this.#forgotAt = now.getTime();
      const before = new Date(now.getTime() - FORGET_AFTER_MS);
      await store.forget(before, FORGET_MAX);
      await new AgentPresenceStore(tx).forget(before, FORGET_MAX);
    }
    const queues = await store.claimQueues(now, new Date(now.getTime() - LOOK_AGAIN_MS), QUEUES_MAX);
    return commands.map(() => ({ events: [], answer: { queues, now, config } }));
  };

  /** Each instance sees a new bundle once; what another has done already changes nothing. */
  async #follow(config: ConfigurationSnapshot): Promise<void> {
    const queues: QueuesOf = {
      categories: new Map([...config.all('category')].map(([name, { queue }]) => [name, queue])),
      otherwise: queueIn(config, { category: null, queueOverride: null }),
    };
    for (let after = ''; !this.#stopped;) {
      const ids = await new OutlookStore(this.database.manager).misplaced(queues, after, MOVED_AT_ONCE);
      if (ids.length === 0) break;
      await this.unit.submit(this.#move, { queues, ids });
      after = ids.at(-1)!;
    }
    this.#bundle = config.bundle;
  }

  readonly #move: CommandHandler<{ readonly queues: QueuesOf; readonly ids: readonly string[] }, void> = async (commands, { tx, now }) => {
    const store = new OutlookStore(tx);
    for (const { queues, ids } of commands) await store.addFlows([], await store.moveTickets(queues, ids), this.#slot, now);
    return commands.map(() => ({ events: [], answer: undefined }));
  };

  async #lookAt({ queues, now, config }: Turn): Promise<Finding[]> {
    const store = new OutlookStore(this.database.manager);
    const ids = queues.map(({ queueId }) => queueId);
    const ticketsMax = Math.max(TICKETS_OF_QUEUE_MIN, Math.floor(TICKETS_MAX / Math.max(1, config.all('queue').size)));
    const tickets = await store.dated(ids, ticketsMax);
    // Of each kind of ticket once: there are many tickets and few kinds.
    const kinds = new Map([...tickets, ...ids.map(inGeneral)].map((kind) => [kindOf(kind), kind]));
    const learned = await store.learned([...kinds.values()].flatMap(circlesOf), now);
    const expected = new Map([...kinds].map(([key, kind]) => [key, learnedOf(kind, learned)]));
    const expectedOf: ExpectedOf = (kind) => expected.get(kindOf(kind))!;
    const staff = await new AgentPresenceStore(this.database.manager).staffOf(ids);
    const flows = await store.flowsOf(ids, now);
    const findings: Finding[] = [];
    for (const [nth, ticket] of tickets.entries()) {
      if (nth % COMPUTED_AT_ONCE === 0) await breathe();
      if (this.#tell(ticket, expectedOf(ticket), now, config).events.length > 0)
        findings.push({ type: 'ticket', ticketId: ticket.ticketId, learned: expectedOf(ticket) });
    }
    const byQueue = Map.groupBy(tickets, ({ queueId }) => queueId);
    for (const { queueId, said: before } of queues) {
      const load = await this.#loadOf(queueId, byQueue.get(queueId) ?? [], expectedOf, staff.get(queueId), flows.get(queueId), config);
      const said = queueSaid(load, now);
      if (isNews(before, said)) findings.push({ type: 'queue', queueId, before, said });
    }
    return findings;
  }

  readonly #say: CommandHandler<readonly Finding[], void> = async (commands, { tx, now, config }) => {
    const store = new OutlookStore(tx);
    const events: Draft[] = [];
    const findings = commands.flat();
    const tickets = new Map(findings.flatMap((one) => (one.type === 'ticket' ? [[one.ticketId, one.learned]] : [])));
    const told = new Map<string, readonly Told[]>();
    for (const ticket of tickets.size === 0 ? [] : (await store.lock([...tickets.keys()].sort(), { skipLocked: true })).values()) {
      const one = this.#tell(ticket, tickets.get(ticket.ticketId)!, now, config);
      told.set(ticket.ticketId, one.told);
      events.push(...one.events);
    }
    await store.saveTold(told);
    const queues = findings.filter((one) => one.type === 'queue');
    const news = await store.say(queues);
    events.push(...queues.filter(({ queueId }) => news.has(queueId)).map(({ queueId, said }) => QueueOutlook(queueId, said)));
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: undefined }));
  };

  #tell(ticket: OutlookTicket, learned: Readonly<Record<What, LearnedOf>>, now: Date, config: ConfigurationSnapshot) {
    return tellOutlook(ticket, learned, this.#times.of(config, ticket.policy), now.getTime());
  }

  async #loadOf(
    queueId: string,
    tickets: readonly OutlookTicket[],
    expectedOf: ExpectedOf,
    staff: Staff = { agents: 0, unitsMax: 0, unitsUsed: 0 },
    flow: QueueFlow = { waiting: 0, arrived: 0, begun: 0, units: 0 },
    config: ConfigurationSnapshot,
  ): Promise<QueueLoad> {
    const line: WaitingTicket[] = [];
    const tightest: ReturnType<typeof tightestOf>[] = [];
    for (const [nth, ticket] of tickets.entries()) {
      if (nth % COMPUTED_AT_ONCE === 0) await breathe();
      tightest.push(tightestOf(ticket, expectedOf(ticket)));
      if (isWaiting(ticket)) line.push(inLine(ticket, expectedOf(ticket), this.#times.of(config, ticket.policy)));
    }
    const resolutionMinutes = tickets.flatMap(({ clocks }) =>
      clocks.filter(({ target }) => target === 'resolution').map((c) => c.targetMinutes),
    );
    const work = expectation(expectedOf(inGeneral(queueId)).work, mean(resolutionMinutes) ?? 0);
    const units = flow.begun >= 1 && flow.units > 0 ? flow.units / flow.begun : unitsOf(config, queueId);
    return {
      tickets: line,
      waiting: Math.max(0, flow.waiting),
      agents: staff.agents,
      slots: staff.unitsMax / units,
      freeSlots: (staff.unitsMax - staff.unitsUsed) / units,
      arrivalsPerHour: perHour(flow.arrived, FLOW_HALF_LIFE_MS),
      begunPerHour: flow.begun >= TICKETS_MIN ? perHour(flow.begun, FLOW_HALF_LIFE_MS) : null,
      workMinutes: work.minutes > 0 ? work.minutes : null,
      typical:
        tightest.length === 0
          ? null
          : { targetMinutes: mean(tightest.map((one) => one.targetMinutes))!, workMinutes: mean(tightest.map((one) => one.workMinutes))! },
    };
  }
}

function queueSaid(load: QueueLoad, now: Date): QueueSaid {
  const { breachInMinutes, ticketId } = queueOutlook(load, now.getTime());
  return {
    waiting: load.waiting,
    agents: load.agents,
    arrivalsPerHour: round(load.arrivalsPerHour),
    beginningsPerHour: round(beginningsPerHour(load)),
    workMinutes: round(load.workMinutes ?? 0),
    breachInMinutes: breachInMinutes === null ? null : round(breachInMinutes),
    ...(ticketId === undefined ? {} : { ticketId }),
    horizonMinutes: HORIZON_MINUTES,
    asOf: now.toISOString(),
  };
}

type Kind = Pick<OutlookTicket, 'category' | 'queueId'>;
type ExpectedOf = (kind: Kind) => Readonly<Record<What, LearnedOf>>;
function kindOf({ category, queueId }: Kind): string {
  return `${queueId} ${category ?? ''}`;
}
/** Any ticket of a queue. */
function inGeneral(queueId: string): Kind {
  return { category: null, queueId };
}

function learnedOf(ticket: Kind, learned: ReadonlyMap<string, Learned>): Readonly<Record<What, LearnedOf>> {
  const of = (what: What): LearnedOf =>
    Object.fromEntries(circlesOf(ticket).map(({ circle, name }) => [circle, learned.get(learnedKey(what, circle, name))]));
  return { work: of('work'), reply: of('reply') };
}

function tightestOf({ clocks }: OutlookTicket, learned: Readonly<Record<What, LearnedOf>>) {
  return clocks
    .map((clock) => ({ targetMinutes: clock.targetMinutes, workMinutes: expectationOf(clock, learned).minutes }))
    .reduce((a, b) => (b.targetMinutes - b.workMinutes < a.targetMinutes - a.workMinutes ? b : a));
}

/** Before any has been assigned: the mean over the channels, at least something. */
function unitsOf(config: ConfigurationSnapshot, queueId: string): number {
  return Math.max(0.01, mean(Object.values(config.find('queue', queueId)?.units ?? {})) || 1);
}
function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
