import * as fc from 'fast-check';
import { JustCommitted, KEPT_MAX } from './just-committed.js';
import { lineOf, recordsIn, type OutboxRecord, type OutboxRow } from './outbox.js';

const TOPIC = 'signalbox.intake';
const READ_MAX = 3;

/** A service's outbox, to which this process and another one commit, and this process's relay. */
class Outbox {
  readonly said: OutboxRecord[] = [];
  readonly #kept: JustCommitted;
  readonly #versions = new Map<string, number>();
  #table: OutboxRow[] = [];
  #unheard: OutboxRow[] = [];
  #lingering: string[] = [];
  #lastId = 0;

  constructor(subjectsMax: number) {
    this.#kept = new JustCommitted(subjectsMax);
  }

  commit(subjects: readonly string[], own: boolean): void {
    const versions = Object.fromEntries(subjects.map((subject) => [`${TOPIC} ${subject}`, this.#versions.get(subject) ?? 0]));
    const records = subjects.map((subject) => lineOf({ type: 'TicketReceived', subject, id: null, body: '{"a":1}' }, 1)).join('\n');
    for (const subject of subjects) this.#versions.set(subject, (this.#versions.get(subject) ?? 0) + 1);
    const row = { id: String((this.#lastId += 1)), records, versions };
    this.#table.push(row);
    if (own) this.#unheard.push(row);
  }
  /** The unit of this process hears of its commits, which the database may have shown to the relay before. */
  hear(): void {
    this.#kept.add(this.#unheard);
    this.#unheard = [];
  }
  publishKept(): number {
    const ready = this.#kept.take();
    this.#publish(ready.flatMap(({ records }) => records));
    this.#lingering.push(...ready.map(({ id }) => id));
    return ready.length;
  }
  readTable(): number {
    const known = this.#kept.size;
    this.#table = this.#table.filter(({ id }) => !this.#lingering.includes(id));
    const rows = this.#table.slice(0, READ_MAX);
    this.#publish(rows.flatMap((row) => recordsIn(row.records, row.versions)));
    this.#lingering = rows.map(({ id }) => id);
    if (rows.length < READ_MAX) this.#kept.forget(known);
    return rows.length;
  }
  #publish(records: readonly OutboxRecord[]): void {
    this.said.push(...records);
    this.#kept.published(records);
  }

  /** Versions of a subject as a reader takes them: what is not newer is skipped. */
  readerOf(subject: string): number[] {
    const taken: number[] = [];
    for (const record of this.said) if (record.subject === subject && record.version > (taken.at(-1) ?? 0)) taken.push(record.version);
    return taken;
  }
  versionOf(subject: string): number {
    return this.#versions.get(subject) ?? 0;
  }
  get kept(): number {
    return this.#kept.size;
  }
}

const SUBJECTS = ['a', 'b', 'c'];
const aStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ subjects: fc.subarray(SUBJECTS, { minLength: 1 }), own: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant('hear' as const) },
  { weight: 2, arbitrary: fc.constant('publishKept' as const) },
  { weight: 1, arbitrary: fc.constant('readTable' as const) },
);

describe('what was just committed', () => {
  it('goes out from memory and from the table so that no reader misses an event, whoever else commits', () => {
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, subjectsMax) => {
        const outbox = new Outbox(subjectsMax);
        for (const step of steps) {
          if (typeof step === 'string') outbox[step]();
          else outbox.commit(step.subjects, step.own);
        }
        outbox.hear();
        while (outbox.readTable() > 0 || outbox.publishKept() > 0);
        expect(outbox.kept).toBe(0);
        for (const subject of SUBJECTS)
          expect(outbox.readerOf(subject)).toEqual(Array.from({ length: outbox.versionOf(subject) }, (_, nth) => nth + 1));
      }),
      { numRuns: 3_000 },
    );
  });

  it('goes out from memory alone, and once, where this process alone commits', () => {
    const outbox = new Outbox(10);
    for (let nth = 0; nth < 30; nth += 1) {
      outbox.commit(SUBJECTS.slice(nth % 3), true);
      outbox.hear();
      expect(outbox.publishKept()).toBe(1);
    }
    outbox.readTable();
    expect(outbox.readTable()).toBe(0);
    expect(outbox.said.map(({ subject, version }) => `${subject} ${version}`)).toHaveLength(60);
    expect(outbox.readerOf('c')).toHaveLength(30);
  });

  it('is left to the table when another process said something before', () => {
    const outbox = new Outbox(10);
    outbox.commit(['a'], false);
    outbox.commit(['a'], true);
    outbox.commit(['b'], true);
    outbox.hear();
    expect(outbox.publishKept()).toBe(0);
    expect(outbox.readTable()).toBe(3);
    expect(outbox.publishKept()).toBe(0);
    expect(outbox.said.map(({ subject, version }) => `${subject} ${version}`)).toEqual(['a 1', 'a 2', 'b 1']);
  });

  it('is not kept without bound', () => {
    const kept = new JustCommitted();
    const row = (id: number): OutboxRow => ({ id: String(id), records: lineOf({ type: 'TicketReceived', subject: 'a', id: null, body: '{}' }, 1), versions: {} }); // prettier-ignore
    expect(kept.add(Array.from({ length: KEPT_MAX }, (_, id) => row(id)))).toBe(true);
    expect(kept.add([row(KEPT_MAX)])).toBe(false);
    expect(kept.size).toBe(0);
  });
});
