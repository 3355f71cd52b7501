import { Logger } from '@nestjs/common';
import {
  Kafka,
  logLevel,
  type Admin,
  type Consumer,
  type EachBatchPayload,
  type KafkaConfig,
  type LogEntry,
  type Producer,
  type SASLOptions,
} from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import './kafkajs-fetch-session.js';
import './kafkajs-idle-timer.js';
import { byKey } from './partitioner.js';
import type { PublishedRecord } from './relay.js';
import type { RawRecord } from './wire.js';

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Several installations on one Kafka: every topic and group name begins with it. Empty in production. */
  readonly prefix?: string | undefined;
  readonly ssl?: boolean | undefined;
  readonly sasl?: SASLOptions | undefined;
}

// Retries without end; the pause between two grows to 10 s.
const RETRY = { initialRetryTime: 200, maxRetryTime: 10_000, retries: Number.MAX_SAFE_INTEGER };
const SESSION_MS = 6_000;
const HEARTBEAT_MS = 2_000;
/**
 * kafkajs sends a commit per partition batch, one after the other; one call for all partitions costs p50 1 ms a hop instead of 38.
 * Each call is a record per partition for the broker; what is read again after a crash is skipped by its version.
 */
const COMMIT_MS_MAX = 1_000;
/** Sooner when nothing follows, so that a quiet reader shows no lag. */
const COMMIT_QUIET_MS = 150;
const FETCH_WAIT_MS = 500;

const quiet = new Logger('Kafka');
function toNest({ level, log }: LogEntry): void {
  const line = `${log.message}${log['error'] === undefined ? '' : `: ${String(log['error'])}`}`;
  if (level <= logLevel.ERROR) quiet.warn(line);
  else quiet.debug(line);
}

export function connect(options: KafkaOptions, retry: KafkaConfig['retry'] = RETRY, level = logLevel.WARN): Kafka {
  return new Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    retry,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    logLevel: level,
    logCreator: () => toNest,
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
  });
}

/**
 * Asks each broker once, without kafkajs' own lines in the log.
 * @returns why none answers, or undefined when one did
 * @throws Error that waiting does not heal, such as a wrong password
 */
export async function whyKafkaIsAway(options: KafkaOptions): Promise<string | undefined> {
  const admin = connect(options, { initialRetryTime: 50, retries: options.brokers.length - 1 }, logLevel.NOTHING).admin();
  try {
    await admin.connect();
    return undefined;
  } catch (error) {
    // What every broker of the list refused comes as "retries exceeded", with the refusal as its cause.
    const { cause } = error as Error;
    const reason = (cause ?? error) as Error & { retriable?: boolean };
    if (reason.retriable !== true) throw error;
    return reason.message;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** A producer for the relay: all replicas acknowledge, one request in flight, so that order holds. */
export class Publisher {
  readonly #producer: Producer;
  readonly #prefix: string;
  #connected: Promise<void> | undefined;

  constructor(options: KafkaOptions) {
    this.#prefix = options.prefix ?? '';
    // Few retries here: the relay repeats the same rows itself, for ever.
    this.#producer = connect(options, { ...RETRY, retries: 3 }).producer({
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      createPartitioner: byKey,
    });
  }

  /** Once; after a failure anew. `publish` does so itself. */
  connect(): Promise<void> {
    this.#connected ??= this.#producer.connect().catch((error: unknown) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }
  async disconnect(): Promise<void> {
    await this.#producer.disconnect();
  }

  readonly publish = async (records: readonly PublishedRecord[]): Promise<void> => {
    await this.connect();
    const byTopic = new Map<string, PublishedRecord[]>();
    for (const record of records) {
      const sameTopic = byTopic.get(record.topic);
      if (sameTopic) sameTopic.push(record);
      else byTopic.set(record.topic, [record]);
    }
    const topicMessages = [...byTopic].map(([topic, messages]) => ({
      topic: this.#prefix + topic,
      messages: messages.map(({ key, value, headers }) => ({ key, value, headers })),
    }));
    await this.#producer.sendBatch({ acks: -1, topicMessages });
  };
}

export interface ReaderOptions extends KafkaOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Read to its end before any other topic is touched. */
  readonly first?: string | undefined;
  /** Deals with the records for good; resolves when their offsets may be committed. */
  readonly deliver: (records: readonly RawRecord[]) => Promise<void>;
  /** The header `ce_type` decides before anything is parsed; undefined = the record has none. */
  readonly wants: (topic: string, type: string | undefined) => boolean;
  readonly onFatal: (error: Error) => void;
  /** Fault tests end the process here. Never set otherwise. */
  readonly failPoint?: ((point: string) => void) | undefined;
}

/** One consumer group member over all topics of a reader. */
export class Reader {
  readonly #consumer: Consumer;
  readonly #kafka: Kafka;
  readonly #prefix: string;
  readonly #logger = new Logger('Reader');
  #toCommit = new Map<string, { topic: string; partition: number; offset: string }>();
  /** When the first and the last of what is to be committed was done. */
  #firstDoneAt = 0;
  #lastDoneAt = 0;
  #commitTimer: NodeJS.Timeout | undefined;
  #committing: Promise<void> = Promise.resolve();
  #started: Promise<void> = Promise.resolve();
  #joined = false;
  #stopping = false;
  #lastFetchAt = 0;
  #open: boolean;

  constructor(private readonly options: ReaderOptions) {
    this.#prefix = options.prefix ?? '';
    this.#kafka = connect(options);
    this.#open = options.first === undefined;
    this.#consumer = this.#kafka.consumer({
      groupId: this.#prefix + options.group,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: 10_000,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: 1_048_576,
      maxBytes: 4_000_000,
      allowAutoTopicCreation: false,
      retry: RETRY,
    });
  }

  /** Joined, fetching within the last 30 s, and past the first topic. */
  get ready(): boolean {
    return this.#joined && this.#open && Date.now() - this.#lastFetchAt < 30_000;
  }

  /** Begins to read, and goes on trying while the broker is away. What trying does not heal is fatal. */
  start(): void {
    this.#started = this.#start().catch((error: Error) => {
      if (!this.#stopping) this.options.onFatal(error);
    });
  }

  async #start(): Promise<void> {
    const { CRASH, GROUP_JOIN, FETCH, DISCONNECT } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#joined = true;
      this.#lastFetchAt = Date.now();
      for (const [key, { topic, partition }] of this.#toCommit) {
        if (!payload.memberAssignment[topic]?.includes(partition)) this.#toCommit.delete(key);
      }
    });
    this.#consumer.on(FETCH, () => (this.#lastFetchAt = Date.now()));
    this.#consumer.on(DISCONNECT, () => (this.#joined = false));
    // kafkajs stops consuming on some errors while the process lives on (tulios/kafkajs#1466, #1712): end it, so that it is started anew.
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#joined = false;
      if (!payload.restart && !this.#stopping) this.options.onFatal(payload.error);
    });
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: this.options.topics.map((topic) => this.#prefix + topic), fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // One worker per partition that may arrive in a fetch, so that all of a fetch reaches the gatherer together.
      partitionsConsumedConcurrently: 12 * this.options.topics.length,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
    this.#commitTimer = setInterval(() => this.#commitWhenDue(), COMMIT_QUIET_MS / 2);
    if (!this.#open) void this.#openAfterFirst();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    // A start without a broker never ends.
    await Promise.race([this.#started, sleep(3_000, undefined, { ref: false })]);
    clearInterval(this.#commitTimer);
    // Commit while still a member: stop() waits for running batches and then leaves the group.
    const stopped = this.#consumer.stop();
    await Promise.race([stopped, sleep(8_000)]);
    await this.#commit();
    await this.#consumer.disconnect();
  }

  async #eachBatch({ batch, heartbeat, resolveOffset, isStale, isRunning, pause }: EachBatchPayload): Promise<void> {
    const topic = batch.topic.slice(this.#prefix.length);
    if (!this.#open && topic !== this.options.first) {
      pause();
      return;
    }
    if (!isRunning() || isStale()) return;
    const records: RawRecord[] = [];
    for (const message of batch.messages) {
      const type = message.headers?.['ce_type'];
      if (!this.options.wants(topic, type === undefined ? undefined : String(type))) continue;
      records.push({
        topic,
        partition: batch.partition,
        offset: BigInt(message.offset),
        key: message.key,
        value: message.value,
        headers: message.headers ?? {},
      });
    }
    if (records.length > 0) await this.#deliverBeating(records, heartbeat);
    if (isStale()) return;
    resolveOffset(batch.lastOffset());
    const next = (BigInt(batch.lastOffset()) + 1n).toString();
    this.#lastDoneAt = Date.now();
    if (this.#toCommit.size === 0) this.#firstDoneAt = this.#lastDoneAt;
    this.#toCommit.set(`${batch.topic} ${batch.partition}`, { topic: batch.topic, partition: batch.partition, offset: next });
  }

  /** A rebalance error from a heartbeat ends the wait: the records may be delivered again, and are skipped then. */
  async #deliverBeating(records: readonly RawRecord[], heartbeat: () => Promise<void>): Promise<void> {
    let finished = false;
    const delivered = this.options.deliver(records).finally(() => (finished = true));
    let timer: NodeJS.Timeout | undefined;
    const beating = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        if (!finished) heartbeat().catch(reject);
      }, HEARTBEAT_MS / 2);
    });
    try {
      await Promise.race([delivered, beating]);
    } finally {
      clearInterval(timer);
    }
  }

  #commitWhenDue(): void {
    const now = Date.now();
    if (this.#toCommit.size > 0 && (now - this.#lastDoneAt >= COMMIT_QUIET_MS || now - this.#firstDoneAt >= COMMIT_MS_MAX))
      void this.#commit();
  }

  #commit(): Promise<void> {
    this.#committing = this.#committing.then(async () => {
      if (this.#toCommit.size === 0) return;
      const offsets = [...this.#toCommit.values()];
      this.#toCommit = new Map();
      this.options.failPoint?.('before-offsets');
      try {
        await this.#consumer.commitOffsets(offsets);
      } catch (error) {
        // Not lost: after a rebalance the records come again, otherwise the next commit carries them.
        this.#logger.debug(`offsets not committed: ${(error as Error).message}`);
        for (const offset of offsets) {
          const key = `${offset.topic} ${offset.partition}`;
          if (!this.#stopping && !this.#toCommit.has(key)) this.#toCommit.set(key, offset);
        }
      }
    });
    return this.#committing;
  }

  /** Waits until the group (any of its members) has committed up to what was the first topic's end, then opens the others. */
  async #openAfterFirst(): Promise<void> {
    const admin = this.#kafka.admin();
    const topic = this.#prefix + this.options.first!;
    await admin.connect();
    try {
      const ends = await admin.fetchTopicOffsets(topic);
      while (!this.#stopping) {
        const [group] = await admin.fetchOffsets({ groupId: this.#prefix + this.options.group, topics: [topic] });
        const committed = new Map(group?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
        if (ends.every((end) => BigInt(end.high) === BigInt(end.low) || (committed.get(end.partition) ?? -1n) >= BigInt(end.high))) break;
        await sleep(100);
      }
      this.#open = true;
      const others = this.options.topics.filter((name) => name !== this.options.first);
      this.#resume(others.map((name) => ({ topic: this.#prefix + name })));
    } catch (error) {
      if (!this.#stopping) this.options.onFatal(error as Error);
    } finally {
      await admin.disconnect();
    }
  }

  /** kafkajs throws while it restarts a crashed consumer (tulios/kafkajs: "consumer#run must be called first"); the new one begins with nothing paused. */
  #resume(topics: { topic: string }[]): void {
    try {
      this.#consumer.resume(topics);
    } catch (error) {
      this.#logger.debug(`nothing to resume: ${(error as Error).message}`);
    }
  }
}

export type { Admin };
