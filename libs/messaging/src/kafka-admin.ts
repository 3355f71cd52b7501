import { allTopics, deadLettersOf, PARTITIONS, ServiceName, type Topic } from '@signalbox/contracts';
import { logLevel } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type KafkaOptions } from './kafka.js';
import type { RawRecord } from './wire.js';

const RETENTION_MS = 30 * 24 * 3_600_000;
const ANSWER_MS_MAX = 30_000;
const FEW_RETRIES = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 };

/** Every topic an installation needs, from the contracts. */
export const topicsToProvision = (): Topic[] => [...allTopics(), ...ServiceName.options.map(deadLettersOf)];

/**
 * Creates the topics that are missing. Existing ones are left as they are. Returns the names created.
 * kafkajs would write a line for each refusal of a broker that has not finished; what does not end well is thrown.
 */
export async function provisionTopics(
  options: KafkaOptions,
  topics: readonly Topic[] = topicsToProvision(),
  replicationFactor = 1,
  partitions = PARTITIONS,
): Promise<string[]> {
  const prefix = options.prefix ?? '';
  const admin = connect(options, FEW_RETRIES, logLevel.NOTHING).admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !existing.has(prefix + topic.name));
    if (missing.length > 0) {
      const creation = admin.createTopics({
        // kafkajs gives up its own waiting when the broker's metadata lag behind; the asking below does not.
        waitForLeaders: false,
        timeout: 30_000,
        topics: missing.map((topic) => ({
          topic: prefix + topic.name,
          numPartitions: partitions,
          replicationFactor,
          configEntries: topic.compacted
            ? [{ name: 'cleanup.policy', value: 'compact' }]
            : [
                { name: 'cleanup.policy', value: 'delete' },
                { name: 'retention.ms', value: String(RETENTION_MS) },
                // A dead letter is the largest record there may be, and its reason beside it.
                ...(topic.name.endsWith('.dead-letters') ? [{ name: 'max.message.bytes', value: '2097152' }] : []),
              ],
        })),
      });
      await creation.catch((error: Error & { errors?: Error[] }) => {
        const reasons = [...new Set(error.errors?.map(({ message }) => message))];
        throw new Error([error.message, ...reasons].join(': '), { cause: error });
      });
    }
    // A topic exists before its partitions have leaders everywhere; whoever comes next shall not meet "not the leader".
    for (const topic of missing)
      await untilAnswered(`topic '${prefix}${topic.name}' has no leaders`, () => admin.fetchTopicOffsets(prefix + topic.name));
    // A new broker makes the topic of all groups' offsets for whoever asks first; until then kafkajs gives consumers up for good.
    const groups = ServiceName.options.map((service) => `${prefix}signalbox.${service}`);
    if (missing.length > 0) await untilAnswered('the consumer groups have no coordinator', () => admin.describeGroups(groups));
    return missing.map((topic) => topic.name);
  } finally {
    await admin.disconnect();
  }
}

/** @throws Error saying what is missing and what the broker said last, when asking for 30 s did not help */
async function untilAnswered(missing: string, ask: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + ANSWER_MS_MAX; ; await sleep(50)) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() < deadline) continue;
      throw new Error(`${missing} ${ANSWER_MS_MAX / 1000} s after the topics were created: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** Deletes topics for good, such as a test's own. */
export async function deleteTopics(options: KafkaOptions, names: readonly string[]): Promise<void> {
  const admin = connect(options, FEW_RETRIES).admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: names.map((name) => (options.prefix ?? '') + name), timeout: 10_000 });
  } finally {
    await admin.disconnect();
  }
}

/** A view on the offsets of topics and groups, over one connection. */
export class KafkaInspector {
  readonly #kafka;
  readonly #admin;
  readonly #prefix: string;

  constructor(options: KafkaOptions) {
    this.#prefix = options.prefix ?? '';
    this.#kafka = connect(options, FEW_RETRIES);
    this.#admin = this.#kafka.admin();
  }
  async connect(): Promise<void> {
    await this.#admin.connect();
  }
  async disconnect(): Promise<void> {
    await this.#admin.disconnect();
  }

  /** End offset of every partition of the topics, by `topic/partition`. */
  async endOffsets(topics: readonly string[]): Promise<Map<string, bigint>> {
    const ends = await this.#offsets(topics);
    return new Map(ends.map(({ at, high }) => [at, high]));
  }

  /** The offset a group reads next, of every partition it has committed. */
  async committedOffsets(group: string, topics: readonly string[]): Promise<Map<string, bigint>> {
    const names = topics.map((name) => this.#prefix + name);
    const answer = await this.#admin.fetchOffsets({ groupId: this.#prefix + group, topics: names });
    const committed = answer.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic.slice(this.#prefix.length)}/${partition}`, BigInt(offset)] as const),
    );
    return new Map(committed.filter(([, offset]) => offset >= 0n));
  }

  /** Records of the topics that the group has not committed yet. */
  async lag(group: string, topics: readonly string[]): Promise<bigint> {
    const committed = await this.committedOffsets(group, topics);
    return (await this.#offsets(topics)).reduce((lag, { at, low, high }) => {
      const next = committed.get(at) ?? low;
      return lag + high - (next < low ? low : next);
    }, 0n);
  }

  async #offsets(topics: readonly string[]): Promise<{ at: string; low: bigint; high: bigint }[]> {
    const partitions = await Promise.all(topics.map((topic) => this.#admin.fetchTopicOffsets(this.#prefix + topic)));
    return topics.flatMap((topic, nth) =>
      partitions[nth]!.map(({ partition, low, high }) => ({ at: `${topic}/${partition}`, low: BigInt(low), high: BigInt(high) })),
    );
  }

  /** Sets a stopped group back to the beginning of the topics. */
  async rewind(group: string, topics: readonly string[]): Promise<void> {
    const consumer = this.#kafka.consumer({ groupId: this.#prefix + group, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
    await consumer.connect();
    await consumer.subscribe({ topics: topics.map((topic) => this.#prefix + topic), fromBeginning: true });
    const joined = new Promise<Record<string, number[]>>((resolve) =>
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberAssignment)),
    );
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => undefined });
    const assignment = await joined;
    await consumer.commitOffsets(
      Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition, offset: '0' }))),
    );
    await consumer.disconnect();
  }
}

/** Reads topics without committing anything, for tools and tests. Resolves to a function that stops it. */
export async function tailTopics(
  options: KafkaOptions & {
    topics: readonly string[];
    fromBeginning: boolean;
    /** Waits for so much, up to 200 ms: whoever only watches need not be told of each record by itself. Default 1. */
    bytesMin?: number;
    onRecord: (record: RawRecord & { timestamp: number }) => void;
  },
): Promise<() => Promise<void>> {
  const prefix = options.prefix ?? '';
  const consumer = connect(options).consumer({
    groupId: `${prefix}signalbox.tail.${process.pid}.${Math.random().toString(36).slice(2)}`,
    maxWaitTimeInMs: 200,
    minBytes: options.bytesMin ?? 1,
    allowAutoTopicCreation: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: options.topics.map((topic) => prefix + topic), fromBeginning: options.fromBeginning });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      for (const message of batch.messages) {
        options.onRecord({
          topic: batch.topic.slice(prefix.length),
          partition: batch.partition,
          offset: BigInt(message.offset),
          key: message.key,
          value: message.value,
          headers: message.headers ?? {},
          timestamp: Number(message.timestamp),
        });
      }
      resolveOffset(batch.lastOffset());
      await heartbeat();
    },
  });
  await Promise.race([joined, sleep(10_000)]);
  return async () => {
    await consumer.stop();
    await consumer.disconnect();
  };
}

export interface ReadingOptions extends KafkaOptions {
  readonly topics: readonly string[];
  /** From the first record written at this instant or later; default: from the beginning. */
  readonly since?: Date | undefined;
  /** Begins so many records of each partition earlier. */
  readonly recordsBefore?: number | undefined;
  /** Says true when it has seen enough. */
  readonly onRecord: (record: RawRecord & { timestamp: number }) => boolean | void;
}

/** Reads topics to where they end now, or until enough is seen, and commits nothing. Order holds within each partition. */
export async function readTopics({ topics, since, recordsBefore = 0, onRecord, ...options }: ReadingOptions): Promise<void> {
  const prefix = options.prefix ?? '';
  const kafka = connect(options, FEW_RETRIES, logLevel.NOTHING);
  const admin = kafka.admin();
  await admin.connect();
  /** Of each partition that has something to read. */
  const places = new Map<string, { topic: string; partition: number; next: bigint; end: bigint }>();
  try {
    for (const topic of topics.map((name) => prefix + name)) {
      const starts =
        since && new Map((await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime())).map((one) => [one.partition, one.offset]));
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const from = BigInt(starts?.get(partition) ?? low) - BigInt(recordsBefore);
        const next = from > BigInt(low) ? from : BigInt(low);
        if (next < BigInt(high)) places.set(`${topic} ${partition}`, { topic, partition, next, end: BigInt(high) });
      }
    }
  } finally {
    await admin.disconnect();
  }
  if (places.size === 0) return;
  const consumer = kafka.consumer({
    groupId: `${prefix}signalbox.read.${process.pid}.${Math.random().toString(36).slice(2)}`,
    maxWaitTimeInMs: 200,
    allowAutoTopicCreation: false,
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...new Set([...places.values()].map(({ topic }) => topic))], fromBeginning: true });
    await new Promise<void>((finished, failed) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => failed(payload.error));
      const run = consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          const place = places.get(`${batch.topic} ${batch.partition}`);
          if (!place) return;
          try {
            for (const message of batch.messages) {
              const offset = BigInt(message.offset);
              if (offset < place.next || offset >= place.end) continue;
              place.next = offset + 1n;
              const { key, value, headers = {}, timestamp } = message;
              const record = { topic: batch.topic.slice(prefix.length), partition: batch.partition, offset, key, value, headers };
              if (onRecord({ ...record, timestamp: Number(timestamp) })) return finished();
            }
          } catch (error) {
            return failed(error as Error);
          }
          if (BigInt(batch.lastOffset()) >= place.end - 1n) places.delete(`${batch.topic} ${batch.partition}`);
          if (places.size === 0) finished();
        },
      });
      run.then(() => {
        for (const { topic, partition, next } of places.values()) consumer.seek({ topic, partition, offset: next.toString() });
      }, failed);
    });
  } finally {
    await consumer.disconnect();
  }
}
