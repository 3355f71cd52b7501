import type { EntityManager } from 'typeorm';
import { Unprocessable } from './unprocessable.js';
import type { RawRecord } from './wire.js';

export interface DeadLetter {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly subject: string | null;
  readonly handler: string;
  readonly reason: string;
  readonly state: 'open' | 'parked' | 'replayed' | 'skipped';
  readonly at: string;
  /** Records of the same subject that wait behind it. */
  readonly parkedBehind: number;
}

interface StoredRecord {
  id: string;
  topic: string;
  partition: number;
  record_offset: string;
  record_key: Buffer | null;
  record_value: Buffer | null;
  record_headers: Record<string, string>;
  subject: string | null;
  state: DeadLetter['state'];
}

const headersToJson = (record: RawRecord): string => {
  const entries = Object.entries(record.headers).filter(([, value]) => value !== undefined);
  return JSON.stringify(
    Object.fromEntries(
      entries.map(([name, value]) => [name, Buffer.from((Array.isArray(value) ? value[0] : value) as Buffer).toString('base64')]),
    ),
  );
};

const BURY = `
  with letter as (
    insert into messaging.dead_letter (topic, partition, record_offset, subject, record_key, record_value, record_headers, handler, reason, state)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open') on conflict (topic, partition, record_offset) do nothing returning id)
  insert into messaging.outbox (topic, dead_letter_id) select $10, id from letter`;

const PARK_SUBJECT = `
  insert into messaging.subject_version as v (topic, subject, version, parked) values ($1, $2, $3, true)
  on conflict (topic, subject) do update set version = greatest(v.version, excluded.version), parked = true`;

const PARK = `
  insert into messaging.dead_letter (topic, partition, record_offset, subject, record_key, record_value, record_headers, handler, reason, state)
  values ($1, $2, $3, $4, $5, $6, $7, 'none', 'waits behind a dead letter of the same subject', 'parked') on conflict do nothing`;

/** Records that could not be processed, and those that wait behind them. The topic copy is published by the relay, untouched. */
export class DeadLetterStore {
  constructor(private readonly reader: string) {}

  async bury(
    record: RawRecord,
    about: { reason: string; handler: string; subject: string | undefined; version: number | undefined },
    tx: EntityManager,
  ): Promise<void> {
    if (about.subject !== undefined) await tx.query(PARK_SUBJECT, [record.topic, about.subject, about.version ?? 0]);
    await tx.query(BURY, [
      ...this.#columns(record, about.subject),
      about.handler,
      about.reason.replaceAll('\u0000', '\\0').slice(0, 2_000),
      `signalbox.${this.reader}.dead-letters`,
    ]);
  }

  async park(records: readonly RawRecord[], tx: EntityManager): Promise<void> {
    for (const record of records)
      await tx.query(PARK, this.#columns(record, record.headers['ce_subject']?.toString() ?? record.key?.toString()));
  }

  async list(tx: EntityManager, options: { all?: boolean; limit?: number } = {}): Promise<DeadLetter[]> {
    const rows = (await tx.query(
      `select d.id, d.topic, d.partition, d.record_offset, d.subject, d.handler, d.reason, d.state, d.at,
              (select count(*) from messaging.dead_letter p where p.state = 'parked' and p.topic = d.topic and p.subject = d.subject) as behind
       from messaging.dead_letter d where ($1 or d.state = 'open') order by d.id desc limit $2`,
      [options.all ?? false, Math.min(options.limit ?? 100, 1_000)],
    )) as (Omit<StoredRecord, 'record_key'> & { handler: string; reason: string; at: Date; behind: string })[];
    return rows.map((row) => ({
      id: Number(row.id),
      topic: row.topic,
      partition: row.partition,
      offset: row.record_offset,
      subject: row.subject,
      handler: row.handler,
      reason: row.reason,
      state: row.state,
      at: row.at.toISOString(),
      parkedBehind: Number(row.behind),
    }));
  }

  /** The untouched record, for an operator who wants to see it. */
  async show(id: number, tx: EntityManager): Promise<RawRecord | undefined> {
    const [row] = (await tx.query('select * from messaging.dead_letter where id = $1', [id])) as StoredRecord[];
    return row && recordOf(row);
  }

  /** Takes the letter (when replayed) and everything parked behind it out of waiting, in order. The caller handles them in the same transaction. */
  async release(id: number, how: 'replay' | 'skip', tx: EntityManager): Promise<RawRecord[]> {
    const [letter] = (await tx.query('select * from messaging.dead_letter where id = $1 for update', [id])) as StoredRecord[];
    if (!letter) throw new Unprocessable(`dead letter ${id} does not exist; see 'dead-letters list'`);
    if (letter.state !== 'open')
      throw new Unprocessable(`dead letter ${id} is ${letter.state}; only an open one can be replayed or skipped`);
    await tx.query('update messaging.dead_letter set state = $2 where id = $1', [id, how === 'replay' ? 'replayed' : 'skipped']);
    const records = how === 'replay' ? [recordOf(letter)] : [];
    const [other] = (await tx.query(`select id from messaging.dead_letter where state = 'open' and topic = $1 and subject = $2 limit 1`, [
      letter.topic,
      letter.subject,
    ])) as { id: string }[];
    if (letter.subject === null || other) return records;
    const [parked] = (await tx.query(
      `update messaging.dead_letter set state = 'replayed' where state = 'parked' and topic = $1 and subject = $2 returning *`,
      [letter.topic, letter.subject],
    )) as [StoredRecord[], number];
    await tx.query('update messaging.subject_version set parked = false where topic = $1 and subject = $2', [letter.topic, letter.subject]);
    return [...records, ...parked.sort((a, b) => Number(BigInt(a.record_offset) - BigInt(b.record_offset))).map(recordOf)];
  }

  #columns(record: RawRecord, subject: string | undefined): unknown[] {
    return [record.topic, record.partition, record.offset.toString(), subject ?? null, record.key, record.value, headersToJson(record)];
  }
}

const recordOf = (row: StoredRecord): RawRecord => ({
  topic: row.topic,
  partition: row.partition,
  offset: BigInt(row.record_offset),
  key: row.record_key,
  value: row.record_value,
  headers: Object.fromEntries(Object.entries(row.record_headers).map(([name, base64]) => [name, Buffer.from(base64, 'base64')])),
});
