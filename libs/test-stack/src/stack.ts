import {
  allTopics,
  deadLettersOf,
  eventOfType,
  PARTITIONS,
  ServiceName,
  subjectOf,
  type Draft,
  type Received,
  type Topic,
} from '@signalbox/contracts';
import {
  completeEvent,
  deleteTopics,
  headerText,
  KafkaInspector,
  nextTraceparent,
  provisionTopics,
  Publisher,
  readEvent,
  tailTopics,
  type KafkaOptions,
  type RawRecord,
} from '@signalbox/messaging';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** A record read from a topic by the stack's own, independent consumer. */
export type SeenEvent = Received<Draft> & { readonly partition: number; readonly offset: bigint };

/** Longer than the longest pause between two units: one may follow from the other without a record between them. */
const STILL_MS = 120;
/** A test waits for the broker most of all; three partitions show what twelve would. What is measured has as many as what runs. */
const PARTITIONS_OF_TESTS = 3;

interface AttachedService {
  readonly name: ServiceName;
  readonly databaseUrl: string;
}

export interface StackOptions {
  readonly kafkaBrokers: readonly string[];
  /** An administrator's URL: the stack makes one database per service. */
  readonly databaseUrl: string;
  /** Only these topics (and all dead letters of the services used) are provisioned; default: every topic. */
  readonly topics?: readonly Topic[];
  /** False for benchmarks: the stack itself reads nothing, so `settled` and `events` are of no use, and topics are made as they run. */
  readonly listen?: boolean;
}

/** A company of its own on a shared Kafka and PostgreSQL: topics and groups behind a prefix, databases of its own. */
export class Stack {
  readonly kafka: KafkaOptions;
  readonly #publisher: Publisher;
  readonly #inspector: KafkaInspector;
  readonly #services: AttachedService[] = [];
  readonly #databases = new Map<ServiceName, Promise<unknown>>();
  readonly #versions = new Map<string, number>();
  readonly #seen: SeenEvent[] = [];
  readonly #raw: RawRecord[] = [];
  readonly #admin: Client;
  #stopTail: (() => Promise<void>) | undefined;

  private constructor(
    private readonly options: StackOptions,
    readonly prefix: string,
  ) {
    this.kafka = { brokers: options.kafkaBrokers, clientId: 'test-stack', prefix };
    this.#publisher = new Publisher(this.kafka);
    this.#inspector = new KafkaInspector(this.kafka);
    this.#admin = new Client({ connectionString: options.databaseUrl });
    this.#admin.on('error', () => undefined);
  }

  static async start(options: StackOptions): Promise<Stack> {
    const stack = new Stack(options, `t${randomBytes(4).toString('hex')}.`);
    await stack.#admin.connect();
    const topics = options.topics ?? [...allTopics(), ...ServiceName.options.map(deadLettersOf)];
    await provisionTopics(stack.kafka, topics, 1, options.listen === false ? PARTITIONS : PARTITIONS_OF_TESTS);
    await stack.#publisher.connect();
    await stack.#inspector.connect();
    if (options.listen === false) return stack;
    stack.#stopTail = await tailTopics({
      ...stack.kafka,
      topics: stack.#topics(),
      fromBeginning: true,
      onRecord: (record) => stack.#onRecord(record),
    });
    return stack;
  }

  #topics(): string[] {
    return (this.options.topics ?? [...allTopics(), ...ServiceName.options.map(deadLettersOf)]).map((topic) => topic.name);
  }

  /** The environment for one service: its own new database (same one when asked twice), this stack's topics. */
  async environmentFor(name: ServiceName, more: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
    const database = `${this.prefix.slice(0, -1)}_${name.replaceAll('-', '_')}`;
    const url = new URL(this.options.databaseUrl);
    url.pathname = `/${database}`;
    if (!this.#services.some((service) => service.name === name)) {
      this.#services.push({ name, databaseUrl: url.href });
      this.#databases.set(name, this.#admin.query(`create database ${database}`));
    }
    await this.#databases.get(name);
    return {
      DATABASE_URL: url.href,
      KAFKA_BROKERS: this.options.kafkaBrokers.join(','),
      KAFKA_TOPIC_PREFIX: this.prefix,
      LOG_LEVEL: 'warn',
      ...more,
    };
  }

  databaseUrlOf(name: ServiceName): string {
    const service = this.#services.find((one) => one.name === name);
    if (!service) throw new Error(`no database for '${name}' yet; call environmentFor first`);
    return service.databaseUrl;
  }

  /** Publishes events as their writers would: numbered per subject, in the order given. The same event object twice is the same record twice. */
  async publish(...events: readonly Draft[]): Promise<void> {
    await this.publishRaw(...this.recordsOf(...events));
  }

  /** What `publish` would send, for whoever sends it in a way of its own. */
  recordsOf(...events: readonly Draft[]) {
    return events.map((event) => this.#recordOf(event));
  }

  readonly #published = new WeakMap<Draft, { topic: string; key: string; value: string; headers: Record<string, string> }>();

  #recordOf(event: Draft) {
    const before = this.#published.get(event);
    if (before) return before;
    const declaration = eventOfType(event.type)!;
    const subject = subjectOf(event);
    const counter = `${declaration.topic.name} ${subject}`;
    const version = (this.#versions.get(counter) ?? 0) + 1;
    this.#versions.set(counter, version);
    const source = declaration.topic.writer === 'upstream' ? 'https://shop.example' : `/signalbox/${declaration.topic.writer}`;
    const attributes = {
      specversion: '1.0',
      source,
      type: event.type,
      subject,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      correlationid: event.cause?.correlationId ?? subject,
      causationid: event.cause?.id,
      traceparent: nextTraceparent(undefined),
      data: event.data,
    };
    const value = completeEvent({
      topic: declaration.topic.name,
      subject,
      version,
      eventId: event.id ?? null,
      body: JSON.stringify(attributes),
    });
    const record = { topic: declaration.topic.name, key: subject, value, headers: { ce_type: event.type, ce_subject: subject } };
    this.#published.set(event, record);
    return record;
  }

  /** Any bytes at all, as a foreign or broken producer would send them. */
  async publishRaw(
    ...records: readonly { topic: string; key: string | null; value: string | Buffer | null; headers?: Record<string, string | Buffer> }[]
  ): Promise<void> {
    await this.#publisher.publish(records.map((record) => ({ headers: {}, ...record })));
  }

  #onRecord(record: RawRecord): void {
    this.#raw.push(record);
    const topic = allTopics().find((one) => one.name === record.topic);
    if (!topic) return;
    try {
      const event = { ...readEvent(record, topic), partition: record.partition, offset: record.offset };
      this.#seen.push(event);
    } catch {
      // A broken record on purpose; it is in rawRecords.
    }
  }

  /** Everything on one topic so far, as bytes. */
  rawRecords(topic: string): readonly RawRecord[] {
    return this.#raw.filter((record) => record.topic === topic);
  }
  headersOf(record: RawRecord): Record<string, string | undefined> {
    return Object.fromEntries(Object.keys(record.headers).map((name) => [name, headerText(record, name)]));
  }

  /** All events so far, in the order they were read (order holds per subject and topic). */
  events(topic?: Topic): readonly SeenEvent[] {
    return topic ? this.#seen.filter((event) => eventOfType(event.type)?.topic === topic) : this.#seen;
  }
  eventsAbout(subject: string, topic?: Topic): readonly SeenEvent[] {
    return this.events(topic).filter((event) => subjectOf(event) === subject);
  }

  /** Rows of a service's own database, for a test that looks inside. */
  async query<Row extends object>(name: ServiceName, sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.databaseUrlOf(name) });
    await client.connect();
    try {
      return (await client.query<Row>(sql, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  /**
   * Waits until nothing moves any more: no lag of any attached service, no outbox row, everything read by the stack itself;
   * with the same end offsets for some time.
   * @throws Error saying what still moves after `timeoutMs`.
   */
  async settled(timeoutMs = 40_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let before = '';
    let what = '';
    let stillSince = Infinity;
    while (Date.now() < deadline) {
      const { moves, ends } = await this.#movement();
      what = moves.join(', ');
      if (what !== '') stillSince = Infinity;
      else if (ends !== before) stillSince = Date.now();
      else if (Date.now() - stillSince >= STILL_MS) return;
      before = what === '' ? ends : '';
      await sleep(50);
    }
    throw new Error(`not settled after ${timeoutMs} ms: ${what || 'the end offsets keep growing'}`);
  }

  /** Outboxes and what groups have read come first: what is published meanwhile shows as one more record to read. */
  async #movement(): Promise<{ moves: string[]; ends: string }> {
    const waiting = await Promise.all(
      this.#services.map(async ({ name, databaseUrl }) => {
        const rows = await this.#rowsInOutbox(databaseUrl).catch((error: Error) => error.message);
        if (typeof rows === 'string') return [`${name}'s database does not answer: ${rows}`];
        return rows > 0 ? [`${name} has ${rows} rows in its outbox`] : [];
      }),
    );
    if (waiting.some((moves) => moves.length > 0)) return { moves: waiting.flat(), ends: '' };
    const seen = await Promise.all(
      this.#services.map(async ({ name }) => {
        const topics = this.#attachedTopics.get(name) ?? [];
        const committed =
          topics.length > 0 ? await this.#inspector.committedOffsets(`signalbox.${name}`, topics) : new Map<string, bigint>();
        return { name, topics, committed };
      }),
    );
    const ends = [...(await this.#inspector.endOffsets(this.#topics()))];
    const total = ends.reduce((sum, [, end]) => sum + end, 0n);
    const moves = seen.flatMap(({ name, topics, committed }) => {
      const read = ends.filter(([at]) => topics.includes(at.slice(0, at.lastIndexOf('/'))));
      const lag = read.reduce((sum, [at, end]) => sum + end - (committed.get(at) ?? 0n), 0n);
      return lag > 0n ? [`${name} is ${lag} records behind`] : [];
    });
    if (BigInt(this.#raw.length) < total) moves.push(`the stack has read ${this.#raw.length} of ${total} records`);
    return { moves, ends: JSON.stringify(ends.map(([at, end]) => `${at}:${end}`)) };
  }

  readonly #clients = new Map<string, Promise<Client>>();
  async #rowsInOutbox(databaseUrl: string): Promise<number> {
    let connecting = this.#clients.get(databaseUrl);
    if (!connecting) this.#clients.set(databaseUrl, (connecting = connected(databaseUrl)));
    try {
      const { rows } = await (await connecting).query<{ waiting: number }>('select count(*)::int as waiting from messaging.outbox');
      return rows[0]!.waiting;
    } catch (error) {
      this.#clients.delete(databaseUrl);
      void connecting.then((client) => client.end()).catch(() => undefined);
      throw error;
    }
  }

  readonly #attachedTopics = new Map<ServiceName, readonly string[]>();
  /** Tells `settled` which topics a service reads. */
  attach(name: ServiceName, topics: readonly Topic[]): void {
    this.#attachedTopics.set(
      name,
      topics.map((topic) => topic.name),
    );
  }

  /** Sets a stopped service's group back to offset 0 of everything it reads. */
  async rewind(name: ServiceName): Promise<void> {
    await this.#inspector.rewind(`signalbox.${name}`, this.#attachedTopics.get(name) ?? []);
  }

  /** Takes a database away: running sessions end, new ones are refused. */
  async closeDatabase(name: string): Promise<void> {
    await this.#admin.query(`alter database ${name} allow_connections false`);
    await this.#admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  }
  async openDatabase(name: string): Promise<void> {
    await this.#admin.query(`alter database ${name} allow_connections true`);
  }

  async stop(): Promise<void> {
    await this.#stopTail?.();
    await this.#publisher.disconnect();
    await this.#inspector.disconnect();
    for (const connecting of this.#clients.values()) await connecting.then((client) => client.end()).catch(() => undefined);
    for (const { databaseUrl } of this.#services)
      await this.#admin.query(`drop database if exists ${new URL(databaseUrl).pathname.slice(1)} with (force)`);
    await this.#admin.end();
    await deleteTopics(this.kafka, this.#topics()).catch(() => undefined);
  }
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  // Tests take databases away; the next query says so.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
