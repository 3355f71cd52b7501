import { recordsIn, type OutboxRecord, type OutboxRow } from './outbox.js';

/** Each holds the events of a unit, up to 256 kB. */
export const KEPT_MAX = 20;
/** Some 100 bytes each. One that was forgotten costs a look into the table. */
const SUBJECTS_MAX = 20_000;

interface Row extends Pick<OutboxRow, 'id' | 'versions'> {
  readonly records: readonly OutboxRecord[];
}

/**
 * What the units of this process have just committed, so that the relay need not read it from the table. Another process may have committed
 * something about the same subject before, and only the table knows that: a row may go out from here when all that its subjects said before
 * has been published by this relay. Anything else is left to the table.
 */
export class JustCommitted {
  #rows: Row[] = [];
  /** By topic and subject: the version published last. */
  readonly #published = new Map<string, number>();

  constructor(private readonly subjectsMax = SUBJECTS_MAX) {}

  get size(): number {
    return this.#rows.length;
  }

  /** False when there are too many to keep: they lie in the table. */
  add(rows: readonly OutboxRow[]): boolean {
    for (const { id, versions, records } of rows) this.#rows.push({ id, versions, records: recordsIn(records, versions) });
    if (this.#rows.length <= KEPT_MAX) return true;
    this.#rows = [];
    return false;
  }

  /** Takes the rows that may go out now, from the oldest on. The first that may not stays, and all behind it. */
  take(): Row[] {
    const ready: Row[] = [];
    const said = new Map<string, number>();
    const versionOf = (subject: string): number => said.get(subject) ?? this.#published.get(subject) ?? 0;
    for (const row of this.#rows) {
      if (!Object.entries(row.versions).every(([subject, previous]) => versionOf(subject) >= previous)) break;
      for (const record of row.records) said.set(keyOf(record), record.version);
      ready.push(row);
    }
    this.#rows = this.#rows.slice(ready.length);
    // Read from the table before its unit heard of the commit.
    return ready.filter(({ records }) => records.some((record) => (this.#published.get(keyOf(record)) ?? 0) < record.version));
  }

  published(records: readonly OutboxRecord[]): void {
    for (const record of records) {
      const key = keyOf(record);
      this.#published.delete(key);
      this.#published.set(key, record.version);
    }
    for (const key of this.#published.keys()) {
      if (this.#published.size <= this.subjectsMax) break;
      this.#published.delete(key);
    }
  }

  /** Forgets so many of the oldest rows: the table was read to its end since they were added. */
  forget(rows: number): void {
    this.#rows = this.#rows.slice(rows);
  }
}

const keyOf = ({ topic, subject }: OutboxRecord): string => `${topic} ${subject}`;
