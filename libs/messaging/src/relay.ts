import type { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { JustCommitted, KEPT_MAX } from './just-committed.js';
import { recordsIn, type OutboxRecord, type OutboxRow } from './outbox.js';
import { prepareStatements, type Session } from './session.js';

export interface PublishedRecord {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers: Record<string, string | Buffer>;
}
/** Resolves when all brokers that must have the records have them. */
export type Publish = (records: readonly PublishedRecord[]) => Promise<void>;

/** What was published is removed after so long, or this many rows, or together with reading what comes before that. */
const LINGER_MS = 50;
const LINGERING_MAX = 20;
/**
 * As many as may have been published and not removed: a successor reads them together and says only the newest state of a compacted topic.
 * Each holds the events of a unit, up to 256 kB.
 */
const ROWS_MAX = LINGERING_MAX + KEPT_MAX;
const SWEEP_MS = 1_000;
/**
 * A leader who has not spoken to the database for so long loses the lock, though its connection stands: a frozen process would keep it, and
 * all others silent. It speaks at least every second.
 */
const LEASE_MS = 10_000;
/** Any constant: one relay at a time per service database. */
const LOCK = 5_106_017;
const CHANNEL = 'signalbox_outbox';

interface StoredRow {
  id: string;
  /** Where a dead letter's copy goes; null = the row holds events. */
  topic: string | null;
  records: string | null;
  versions: Record<string, number>;
  record_key: Buffer | null;
  record_value: Buffer | null;
  record_headers: Record<string, string> | null;
}

/**
 * Removes what was published last and reads on, in one round trip. A removal that a crash undoes is records published twice, which readers
 * skip: it does not wait for the disk.
 */
const NEXT = `
  with published as (delete from messaging.outbox where id = any($2::bigint[]) and set_config('synchronous_commit', 'off', true) = 'off')
  select o.id, o.topic, o.records, o.versions, d.record_key, d.record_value,
         case when d.id is null then null else d.record_headers || jsonb_build_object(
           'signalbox-reason', encode(convert_to(d.reason, 'UTF8'), 'base64'), 'signalbox-handler', encode(convert_to(d.handler, 'UTF8'), 'base64'),
           'signalbox-topic', encode(convert_to(d.topic, 'UTF8'), 'base64'), 'signalbox-partition', encode(convert_to(d.partition::text, 'UTF8'), 'base64'),
           'signalbox-offset', encode(convert_to(d.record_offset::text, 'UTF8'), 'base64'), 'signalbox-dead-letter-id', encode(convert_to(d.id::text, 'UTF8'), 'base64')) end as record_headers
  from messaging.outbox o left join messaging.dead_letter d on d.id = o.dead_letter_id
  where o.id <> all($2::bigint[]) order by o.id limit $1`;

/** Kafka's limit of 1 MiB holds for all records of one partition in a request; by topic is the careful reading of it. */
const TOPIC_BYTES_MAX = 800_000;

/** Splits records, in order, so that no request carries more of one topic than a broker takes. A larger single record goes alone. */
export function inRequests(records: readonly PublishedRecord[]): PublishedRecord[][] {
  const requests: PublishedRecord[][] = [];
  let current: PublishedRecord[] = [];
  let bytesOfTopic = new Map<string, number>();
  for (const record of records) {
    const bytes = Buffer.byteLength(record.value ?? '') + 300;
    const before = bytesOfTopic.get(record.topic) ?? 0;
    if (before > 0 && before + bytes > TOPIC_BYTES_MAX) {
      requests.push(current);
      current = [];
      bytesOfTopic = new Map();
    }
    bytesOfTopic.set(record.topic, (bytesOfTopic.get(record.topic) ?? 0) + bytes);
    current.push(record);
  }
  if (current.length > 0) requests.push(current);
  return requests;
}

/**
 * Publishes the outbox: one relay per database (session advisory lock), one request in flight, the same rows again until all are
 * acknowledged. What this process has just committed goes out from memory where nothing can come before it, the rest in the order of its
 * ids from the table. Readers skip what they have seen, so twice does no harm; a gap would.
 */
export class OutboxRelay {
  #stopping = false;
  #wake: (() => void) | undefined;
  /** There is something in the table that is not in memory. */
  #pending = false;
  readonly #justCommitted = new JustCommitted();
  #loop: Promise<void> | undefined;
  #leading = false;
  #drained: Promise<void> = Promise.resolve();
  published = 0;

  constructor(
    private readonly database: DataSource,
    private readonly publish: Publish,
    private readonly logger: Logger,
    private readonly options: { compactedTopics: ReadonlySet<string>; pointOfNoReturn?: (point: string) => void },
  ) {}

  get leading(): boolean {
    return this.#leading;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /**
   * Says that something was committed. A standby tells the leader in the other process by NOTIFY.
   * @param rows all of it, if known
   */
  wake(rows: readonly OutboxRow[] = []): void {
    if (!this.#leading || rows.length === 0 || !this.#justCommitted.add(rows)) this.#pending = true;
    this.#wake?.();
    if (!this.#leading) void this.database.query(`notify ${CHANNEL}`).catch(() => undefined);
  }

  /** Publishes what is left, for at most `drainMs`, then lets go of the lock. */
  async stop(drainMs = 5_000): Promise<void> {
    const deadline = Date.now() + drainMs;
    while (this.#leading && Date.now() < deadline) {
      const [row] = await this.database
        .query<{ empty: boolean }[]>('select not exists (select from messaging.outbox) as empty')
        .catch(() => []);
      if (!row || row.empty) break;
      this.wake();
      await sleep(20);
    }
    this.#stopping = true;
    this.#wake?.();
    await this.#loop;
    await this.#drained;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stopping;) {
      try {
        await this.#lead(() => (failures = 0));
      } catch (error) {
        failures += 1;
        this.logger.warn(`relay: ${(error as Error).message}; trying again`);
        // Back-off (ms): 200, 600, 1800, 5400, then 15000 for as long as the database or the broker is away.
        await this.#sleep(Math.min(200 * 3 ** (failures - 1), 15_000));
      }
    }
  }

  async #lead(succeeded: () => void): Promise<void> {
    const runner = this.database.createQueryRunner();
    // A lost connection is reported by the next query; without a listener Node would end the process.
    const client = (await runner.connect()) as Session & {
      on(event: string, listener: (m: unknown) => void): void;
      removeAllListeners(event: string): void;
    };
    prepareStatements(client);
    const connection = { lost: false };
    client.on('error', () => {
      connection.lost = true;
      this.#wake?.();
    });
    try {
      while (!this.#stopping) {
        const [lock] = (await runner.query('select pg_try_advisory_lock($1) as held', [LOCK])) as { held: boolean }[];
        if (lock!.held) break;
        await this.#sleep(SWEEP_MS);
      }
      if (this.#stopping) return;
      this.#leading = true;
      client.on('notification', () => {
        this.#pending = true;
        this.#wake?.();
      });
      await runner.query(`set idle_session_timeout = ${LEASE_MS}`);
      await runner.query(`listen ${CHANNEL}`);
      // Another process may have led in between, and said more.
      this.#justCommitted.forget(this.#justCommitted.size);
      this.#pending = true;
      for (let lingering: string[] = [], readAt = 0, heardAt = performance.now(); !this.#stopping && !connection.lost;) {
        // Whoever was away for so long asks whether it still leads before it says anything from memory.
        const leads = performance.now() - heardAt < LEASE_MS;
        const ready = leads && lingering.length < LINGERING_MAX ? this.#justCommitted.take() : [];
        if (ready.length > 0) {
          await this.#send(ready.flatMap(({ records }) => records));
          if (lingering.length === 0) readAt = performance.now() + LINGER_MS;
          lingering.push(...ready.map(({ id }) => id));
          succeeded();
          continue;
        }
        const stuck = !leads || lingering.length >= LINGERING_MAX || this.#justCommitted.size > 0;
        if (!stuck && !this.#pending && performance.now() < readAt) {
          await this.#sleep(readAt - performance.now());
          continue;
        }
        this.#pending = false;
        const known = this.#justCommitted.size;
        const rows = (await runner.query(NEXT, [ROWS_MAX, lingering])) as StoredRow[];
        heardAt = performance.now();
        if (rows.length > 0) {
          await this.#send(
            rows.flatMap((row): Said[] => (row.records === null ? deadLetterIn(row) : recordsIn(row.records, row.versions))),
          );
          succeeded();
        }
        lingering = rows.map((row) => row.id);
        if (rows.length < ROWS_MAX) this.#justCommitted.forget(known);
        else this.#pending = true;
        readAt = performance.now() + (rows.length > 0 ? LINGER_MS : SWEEP_MS);
      }
    } finally {
      this.#leading = false;
      client.removeAllListeners('notification');
      if (!connection.lost)
        for (const statement of ['reset idle_session_timeout', 'select pg_advisory_unlock_all()'])
          await runner.query(statement).catch(() => undefined);
      await runner.release().catch(() => undefined);
    }
  }

  /** Of a compacted topic only the newest state of a subject goes out: its readers want the present, not the way there. */
  async #send(said: readonly Said[]): Promise<void> {
    const events = said.filter(isEvent);
    const newest = new Map<string, OutboxRecord>();
    for (const one of events) if (this.options.compactedTopics.has(one.topic)) newest.set(`${one.topic} ${one.subject}`, one);
    const records = said.flatMap((one): PublishedRecord[] => {
      if (!isEvent(one)) return [one];
      const { topic, subject, type, value } = one;
      if ((newest.get(`${topic} ${subject}`) ?? one) !== one) return [];
      return [{ topic, key: subject, value, headers: { ce_type: type, ce_subject: subject } }];
    });
    for (const request of inRequests(records)) await this.publish(request);
    this.options.pointOfNoReturn?.('published');
    this.#justCommitted.published(events);
    this.published += said.length;
  }

  #sleep(ms: number): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}

type Said = OutboxRecord | PublishedRecord;
const isEvent = (one: Said): one is OutboxRecord => 'type' in one;

/** The untouched record, with what is known of its failure in its headers. */
function deadLetterIn({ topic, record_key: key, record_value: value, record_headers: stored }: StoredRow): PublishedRecord[] {
  const headers = Object.fromEntries(Object.entries(stored ?? {}).map(([name, base64]) => [name, Buffer.from(base64, 'base64')]));
  return [{ topic: topic!, key, value, headers }];
}
