import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { QueueOutlook, type Draft } from '@signalbox/contracts';
import { UnitOfWork, type CommandHandler, type ConfigurationSnapshot, type Delivery } from '@signalbox/messaging';
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
} from './domain/outlook.js';
import { expectationOf, inLine, isWaiting, tellOutlook, type OutlookTicket, type Told, type What } from './domain/outlook-ticket.js';
import { circlesOf, FLOW_HALF_LIFE_MS, learnedKey, OutlookStore, type ClaimedQueue, type QueueFlow } from './outlook.store.js';
import { queueIn, WorkingTimes } from './working-times.js';

const LOOK_MS = 15_000;
/** A little less, so that an instance whose turn comes early does not miss its queues. */
const LOOK_AGAIN_MS = 14_000;
const QUEUES_MAX = 20;
/** Looked at in one unit, soonest due first: about 0.2 s of work. */
const TICKETS_MAX = 20_000;
const FORGET_AFTER_MS = 30 * 86_400_000;
const FORGET_MAX = 1_000;
const HOUR_MS = 3_600_000;

/** Looks ahead, queue by queue: whoever comes first, one instance at a time. */
@Injectable()
export class OutlookTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('OutlookTimer');
  readonly #times = new WorkingTimes();
  #bundle = 0;
  #forgotAt = 0;
  #interval: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

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
    while (!this.#stopped && (await this.unit.submit(this.#look, undefined)) > 0);
  }

  /** The answer: queues looked at. */
  readonly #look: CommandHandler<undefined, number> = async (commands, delivery) => {
    const { tx, now, config } = delivery;
    const store = new OutlookStore(tx);
    await this.#follow(config, store);
    await this.#forget(store, delivery);
    const claimed = within(await store.claimQueues(new Date(now.getTime() - LOOK_AGAIN_MS), QUEUES_MAX, TICKETS_MAX));
    const events = claimed.length === 0 ? [] : await this.#lookAt(claimed, store, delivery);
    return commands.map((_, index) => ({ events: index === 0 ? events : [], answer: claimed.length }));
  };

  /** Each instance sees a new bundle once; what another has done already changes nothing. */
  async #follow(config: ConfigurationSnapshot, store: OutlookStore): Promise<void> {
    if (config.bundle === this.#bundle) return;
    await store.addQueues([...config.all('queue').keys()]);
    const categories = new Map([...config.all('category')].map(([name, { queue }]) => [name, queue]));
    await store.moveTickets(categories, queueIn(config, { category: null, queueOverride: null }));
    this.#bundle = config.bundle;
  }

  async #forget(store: OutlookStore, { tx, now }: Delivery): Promise<void> {
    if (now.getTime() - this.#forgotAt < HOUR_MS / 60) return;
    this.#forgotAt = now.getTime();
    const before = new Date(now.getTime() - FORGET_AFTER_MS);
    await store.forget(before, FORGET_MAX);
    await new AgentPresenceStore(tx).forget(before, FORGET_MAX);
  }

  async #lookAt(claimed: readonly ClaimedQueue[], store: OutlookStore, { tx, now, config }: Delivery): Promise<Draft[]> {
    const ids = claimed.map(({ queueId }) => queueId);
    const tickets = await store.dated(ids, TICKETS_MAX);
    const circles = [...tickets, ...ids.map((queueId) => ({ category: null, queueId }))].flatMap(circlesOf);
    const learned = await store.learned(circles, now);
    const [staff, flows] = [await new AgentPresenceStore(tx).staffOf(ids), await store.flowsOf(ids, now)];
    const events: Draft[] = await this.#tellTickets(tickets, learned, store, now, config);
    const byQueue = Map.groupBy(tickets, ({ queueId }) => queueId);
    const looked = claimed.map((queue) => {
      const load = this.#loadOf(
        queue,
        byQueue.get(queue.queueId) ?? [],
        learned,
        staff.get(queue.queueId),
        flows.get(queue.queueId),
        config,
      );
      const { breachInMinutes, ticketId } = queueOutlook(load, now.getTime());
      const outlook = {
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
      const news = isNews(queue.said, outlook);
      if (news) events.push(QueueOutlook(queue.queueId, outlook));
      return { queueId: queue.queueId, said: news ? outlook : null };
    });
    await store.lookedAt(looked, now);
    return events;
  }

  /** Decided on what was read; what is said is decided again on the locked row. */
  async #tellTickets(
    tickets: readonly OutlookTicket[],
    learned: ReadonlyMap<string, Learned>,
    store: OutlookStore,
    now: Date,
    config: ConfigurationSnapshot,
  ): Promise<Draft[]> {
    const tell = (ticket: OutlookTicket) =>
      tellOutlook(ticket, learnedOf(ticket, learned), this.#times.of(config, ticket.policy), now.getTime());
    const turned = tickets.filter((ticket) => tell(ticket).events.length > 0).map(({ ticketId }) => ticketId);
    if (turned.length === 0) return [];
    const events: Draft[] = [];
    const told = new Map<string, readonly Told[]>();
    for (const ticket of (await store.lock(turned.sort(), { skipLocked: true })).values()) {
      const one = tell(ticket);
      told.set(ticket.ticketId, one.told);
      events.push(...one.events);
    }
    await store.saveTold(told);
    return events;
  }

  #loadOf(
    { queueId, waiting }: ClaimedQueue,
    tickets: readonly OutlookTicket[],
    learned: ReadonlyMap<string, Learned>,
    staff: Staff = { agents: 0, unitsMax: 0, unitsUsed: 0 },
    flow: QueueFlow = { arrived: 0, begun: 0, units: 0 },
    config: ConfigurationSnapshot,
  ): QueueLoad {
    const inQueue = tickets.filter(isWaiting);
    const tightest = tickets.map((ticket) => tightestOf(ticket, learnedOf(ticket, learned)));
    const resolutionMinutes = tickets.flatMap(({ clocks }) =>
      clocks.filter(({ target }) => target === 'resolution').map((c) => c.targetMinutes),
    );
    const work = expectation(learnedOf({ category: null, queueId }, learned).work, mean(resolutionMinutes) ?? 0);
    const units = flow.begun >= 1 && flow.units > 0 ? flow.units / flow.begun : unitsOf(config, queueId);
    return {
      tickets: inQueue.map((ticket) => inLine(ticket, learnedOf(ticket, learned), this.#times.of(config, ticket.policy))),
      waiting,
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

/** As many queues as have together no more tickets than one unit looks at; at least one. */
function within(claimed: readonly ClaimedQueue[]): ClaimedQueue[] {
  let tickets = 0;
  return claimed.filter(({ dated }, index) => (tickets += dated) <= TICKETS_MAX || index === 0);
}

function learnedOf(
  ticket: { category: string | null; queueId: string },
  learned: ReadonlyMap<string, Learned>,
): Readonly<Record<What, LearnedOf>> {
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
