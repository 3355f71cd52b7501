import { Logger } from '@nestjs/common';
import { causedBy, subjectOf, type Draft, type Received, type Topic } from '@signalbox/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { ConfigurationCache, storeConfiguration } from './configuration.js';
import type { CommandHandler, Delivery, EventHandler, Outcome } from './delivery.js';
import { Consequences } from './consequences.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { Gatherer, type GatherLimits } from './gatherer.js';
import { storeInOutbox, type OutboxRow } from './outbox.js';
import { scheduleCalls } from './schedule.js';
import { inTransaction, PLAN_FOR_FULL_TABLES } from './session.js';
import { isConflict, isInfrastructure, Unprocessable } from './unprocessable.js';
import { raiseVersions } from './versions.js';
import { headerText, readEvent, type RawRecord } from './wire.js';

/** A record on its way through a unit of work. */
interface RecordItem {
  readonly kind: 'record';
  readonly record: RawRecord;
  readonly bytes: number;
  readonly done: () => void;
  event?: Received<Draft>;
  failures: number;
}
/** A command (an HTTP request, a timer, an operator) on its way through a unit of work. */
interface CommandItem {
  readonly kind: 'command';
  readonly handler: CommandHandler<unknown, unknown>;
  readonly command: unknown;
  readonly bytes: number;
  readonly giveUpAt: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}
type Item = RecordItem | CommandItem;

export interface UnitOptions {
  readonly reader: string;
  readonly topics: ReadonlyMap<string, Topic>;
  readonly handlers: ReadonlyMap<string, EventHandler>;
  readonly gather?: GatherLimits | undefined;
  readonly clockOffsetMs?: number | undefined;
  /** Called after a commit, with what it left for the relay. */
  readonly committed: (rows: readonly OutboxRow[]) => void;
  /** Fault tests end the process here. Never set otherwise. */
  readonly failPoint?: ((point: string) => void) | undefined;
}

/** Locks the rows that the handlers of these events will change: missing ones made, each table's in id order. */
export type LockAll = (events: readonly Received<Draft>[], delivery: Delivery) => Promise<void>;

/** What one unit did, for the one log line and the metrics per batch. */
export interface UnitReport {
  readonly records: number;
  readonly skipped: number;
  readonly commands: number;
  readonly published: number;
  readonly durationMs: number;
}

/** Failures of one event, while the database accepts other work, before it becomes a dead letter. */
const FAILURES_MAX = 5;
/** A person is waiting behind a command; a record waits as long as it takes. */
const COMMAND_WAIT_MS = 10_000;

/**
 * One database transaction for everything that has arrived: versions → handlers (load, decide, save) → outbox → commit.
 * Only one runs at a time in a process; correctness across processes rests on row locks and versions.
 */
export class UnitOfWork {
  readonly #gatherer: Gatherer<Item>;
  readonly #configuration = new ConfigurationCache();
  readonly #logger = new Logger('UnitOfWork');
  readonly deadLetters: DeadLetterStore;
  readonly #listeners: ((report: UnitReport) => void)[] = [];
  #lockAll: LockAll | undefined;
  #stopped = false;

  constructor(
    private readonly database: DataSource,
    private readonly options: UnitOptions,
  ) {
    this.#gatherer = new Gatherer((items) => this.#process(items), options.gather);
    this.deadLetters = new DeadLetterStore(options.reader);
  }

  onReport(listener: (report: UnitReport) => void): void {
    this.#listeners.push(listener);
  }
  /**
   * A unit of several handler calls locks all their rows first, in one order; else two instances could each hold what the other one wants
   * next. Measured before: four instances of assignment granted 7 % of what one did, for each deadlock costs PostgreSQL's second.
   */
  lockFirst(lockAll: LockAll): void {
    this.#lockAll = lockAll;
  }
  get idle(): boolean {
    return this.#gatherer.idle;
  }
  async whenIdle(): Promise<void> {
    await this.#gatherer.whenIdle();
  }
  /** From now on nothing is retried any longer: what waits stays in Kafka, or is refused to its sender. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when all records are dealt with: applied, skipped, parked or dead letters. Never rejects unless stopped. */
  async deliver(records: readonly RawRecord[]): Promise<void> {
    if (records.length === 0) return;
    await new Promise<void>((resolve) => {
      let left = records.length;
      const done = () => {
        left -= 1;
        if (left === 0) resolve();
      };
      this.#gatherer.add(records.map((record) => ({ kind: 'record', record, bytes: record.value?.length ?? 0, done, failures: 0 })));
    });
  }

  /** Runs a command in the next unit and resolves with its answer after the commit. Commands with the same handler are decided together. */
  submit<Command, Answer>(handler: CommandHandler<Command, Answer>, command: Command, bytes = 0): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const item: CommandItem = {
        kind: 'command',
        handler: handler as CommandHandler<unknown, unknown>,
        command,
        bytes,
        giveUpAt: Date.now() + COMMAND_WAIT_MS,
        resolve: resolve as (answer: unknown) => void,
        reject,
      };
      this.#gatherer.add([item]);
    });
  }

  /** Does the items whatever happens: retries what time heals, isolates what it does not. */
  async #process(items: Item[]): Promise<void> {
    let work = items;
    for (let failures = 0; work.length > 0; failures += 1) {
      try {
        const startedAt = performance.now();
        const result = await this.#attempt(work);
        for (const [index, item] of work.entries()) {
          if (item.kind === 'record') item.done();
          else item.resolve(result.answers.get(index));
        }
        const report: UnitReport = { ...result.counts, durationMs: performance.now() - startedAt };
        for (const listener of this.#listeners) listener(report);
        return;
      } catch (error) {
        if (isConflict(error)) {
          await sleep(Math.random() * 20);
        } else if (isInfrastructure(error)) {
          this.#logger.warn(`${work.length} wait for the database: ${(error as Error).message}`);
          // Back-off (ms): 200, 600, 1800, 5400, then 15000 for as long as the database is away.
          work = await this.#waitAndDrop(work, Math.min(200 * 3 ** Math.min(failures, 4), 15_000), error);
        } else if (work.length > 1) {
          const middle = Math.ceil(work.length / 2);
          await this.#process(work.slice(0, middle));
          await this.#process(work.slice(middle));
          return;
        } else {
          work = await this.#blame(work[0]!, error);
        }
      }
    }
  }

  /** Waits in short steps so that commands are told in time and a stop is not delayed. */
  async #waitAndDrop(work: Item[], waitMs: number, error: unknown): Promise<Item[]> {
    const until = Date.now() + waitMs;
    let left = work;
    do {
      await sleep(Math.min(200, waitMs));
      left = left.filter((item) => {
        if (item.kind === 'record') return !this.#stopped;
        if (!this.#stopped && Date.now() < item.giveUpAt) return true;
        item.reject(error);
        return false;
      });
    } while (Date.now() < until && left.length > 0);
    return left;
  }

  /** A single item failed for a reason of its own. */
  async #blame(item: Item, error: unknown): Promise<Item[]> {
    if (item.kind === 'command') {
      item.reject(error);
      return [];
    }
    item.failures += 1;
    if (!(error instanceof Unprocessable) && !(await this.#databaseWorks())) return this.#waitAndDrop([item], 1_000, error);
    if (error instanceof Unprocessable || item.failures >= FAILURES_MAX) {
      const reason = error instanceof Unprocessable ? error.message : `failed ${item.failures} times: ${(error as Error).message}`;
      await this.#bury(item, reason);
      item.done();
      return [];
    }
    this.#logger.error(
      `${headerText(item.record, 'ce_type') ?? 'record'} failed, attempt ${item.failures} of ${FAILURES_MAX}: ${(error as Error).stack ?? String(error)}`,
    );
    // Back-off (ms) between attempts: 50, 100, 200, 400.
    await sleep(50 * 2 ** (item.failures - 1));
    return [item];
  }

  async #databaseWorks(): Promise<boolean> {
    return this.database.query('select 1').then(
      () => true,
      () => false,
    );
  }

  async #bury(item: RecordItem, reason: string): Promise<void> {
    for (let failures = 0; !this.#stopped; failures += 1) {
      try {
        const type = headerText(item.record, 'ce_type') ?? item.event?.type;
        const parkable = this.options.topics.get(item.record.topic)?.writer !== 'upstream';
        const subject = parkable ? (headerText(item.record, 'ce_subject') ?? item.record.key?.toString()) : undefined;
        await this.database.transaction((tx) =>
          this.deadLetters.bury(item.record, { reason, handler: `on${type ?? 'Record'}`, subject, version: item.event?.version }, tx),
        );
        this.#logger.error(`dead letter: ${item.record.topic}[${item.record.partition}]@${item.record.offset} ${type ?? ''}: ${reason}`);
        this.options.committed([]);
        return;
      } catch (error) {
        this.#logger.warn(`cannot store a dead letter yet: ${(error as Error).message}`);
        await sleep(Math.min(200 * 3 ** Math.min(failures, 4), 15_000));
      }
    }
  }

  async #attempt(items: readonly Item[]): Promise<{ answers: Map<number, unknown>; counts: Omit<UnitReport, 'durationMs'> }> {
    const records = items.filter((item) => item.kind === 'record');
    for (const item of records) item.event ??= this.#read(item.record);
    const consequences = new Consequences();
    try {
      const { done, last: stored } = await inTransaction(
        this.database,
        async (tx) => {
          // Neither needs the other's answer: the database gets both at once.
          const [delivery, fresh] = await Promise.all([this.#delivery(tx, consequences), this.#notSeen(records, tx)]);
          const { events, answers } = await this.#callHandlers(items, new Set(fresh), delivery);
          events.push(...(await consequences.decide(delivery)));
          const commands = items.length - records.length;
          const counts = { records: records.length, skipped: records.length - fresh.length, commands, published: events.length };
          return { done: { answers, counts }, last: storeInOutbox(events, this.options.reader, tx, delivery.now) };
        },
        this.options.failPoint,
      );
      if (stored.length > 0) this.options.committed(stored);
      consequences.committed();
      return done;
    } catch (error) {
      consequences.rolledBack(error);
      throw error;
    }
  }

  async #delivery(tx: EntityManager, consequences: Consequences): Promise<Delivery> {
    const [row] = await tx.query<{ now: Date; bundle: number }[]>(
      `select clock_timestamp() + $1 * interval '1 millisecond' as now, (select bundle from messaging.active_bundle) as bundle, ${PLAN_FOR_FULL_TABLES}`,
      [this.options.clockOffsetMs ?? 0],
    );
    return { tx, now: row!.now, config: await this.#configuration.renew(row!.bundle, tx), submit: consequences.submit };
  }

  #read(record: RawRecord): Received<Draft> {
    return readEvent(record, this.options.topics.get(record.topic)!);
  }

  /** Drops what is not newer than its subject's row, parks what stands behind a dead letter, and keeps the rest in order. */
  async #notSeen(items: readonly RecordItem[], tx: EntityManager): Promise<RecordItem[]> {
    const versioned = items.map(({ record, event }) => ({ record, event: event!, topic: this.options.topics.get(record.topic)! }));
    const states = await raiseVersions(versioned, tx);
    const parked = items.filter((_, index) => states[index] === 'parked').map((item) => item.record);
    if (parked.length > 0) await this.deadLetters.park(parked, tx);
    return items.filter((_, index) => states[index] === 'new');
  }

  async #callHandlers(items: readonly Item[], fresh: ReadonlySet<Item>, delivery: Delivery) {
    const work: { handler: unknown; orderKey: string | undefined; index: number }[] = [];
    for (const [index, item] of items.entries()) {
      if (item.kind === 'command') work.push({ handler: item.handler, orderKey: undefined, index });
      else if (fresh.has(item)) {
        const handler = this.handlerOf(item.event!.type);
        if (handler)
          work.push({ handler, orderKey: `${item.record.topic} ${item.record.partition} ${item.record.key?.toString() ?? ''}`, index });
      }
    }
    const events: Draft[] = [];
    const answers = new Map<number, unknown>();
    // Records first: what timers claim with `skip locked` then never stands in the way of a handler that must wait for its rows.
    const records = work.filter(({ index }) => items[index]!.kind === 'record');
    const commands = work.filter(({ index }) => items[index]!.kind === 'command');
    const calls = scheduleCalls(records);
    if (this.#lockAll && calls.length > 1)
      await this.#lockAll(
        records.map(({ index }) => (items[index] as RecordItem).event!),
        delivery,
      );
    for (const call of [...calls, ...scheduleCalls(commands)]) {
      const first = items[call[0]!.index]!;
      if (first.kind === 'command') {
        const outcomes = await first.handler(
          call.map(({ index }) => (items[index] as CommandItem).command),
          delivery,
        );
        for (const [nth, { index }] of call.entries()) {
          const outcome = outcomes[nth] as Outcome<unknown>;
          events.push(...outcome.events);
          answers.set(index, outcome.answer);
        }
      } else {
        const handler = call[0]!.handler as EventHandler;
        const received = call.map(({ index }) => (items[index] as RecordItem).event!);
        events.push(...withCauses(received, (await handler(received, delivery)) ?? []));
      }
    }
    return { events, answers };
  }

  handlerOf(type: string): EventHandler | undefined {
    if (type === 'ConfigRecord' || type === 'ConfigBundle') return this.#onConfiguration;
    return this.options.handlers.get(type);
  }

  readonly #onConfiguration: EventHandler = async (events, { tx }) => {
    await storeConfiguration(events, tx);
  };

  /** Replays a dead letter and everything parked behind it, in order, in this reader alone; or skips the letter and replays the rest. */
  settleDeadLetter(id: number, how: 'replay' | 'skip'): Promise<{ replayed: number }> {
    return this.submit(this.#settleLetters, { id, how });
  }

  readonly #settleLetters: CommandHandler<{ id: number; how: 'replay' | 'skip' }, { replayed: number }> = async (commands, delivery) => {
    const outcomes: Outcome<{ replayed: number }>[] = [];
    for (const { id, how } of commands) {
      const records = await this.deadLetters.release(id, how, delivery.tx);
      const events: Draft[] = [];
      for (const record of records) {
        const event = this.#read(record);
        events.push(...withCauses([event], (await this.handlerOf(event.type)?.([event], delivery)) ?? []));
      }
      outcomes.push({ events, answer: { replayed: records.length } });
    }
    return outcomes;
  };
}

/** A draft without a cause gets the event about the same subject that its handler was given last. */
function withCauses(received: readonly Received<Draft>[], drafts: readonly Draft[]): Draft[] {
  const bySubject = new Map(received.map((event) => [subjectOf(event), event]));
  return drafts.map((draft) => {
    const cause = draft.cause ? undefined : bySubject.get(subjectOf(draft));
    return cause ? causedBy(cause, [draft])[0]! : draft;
  });
}
