import { eventOfType, type Draft } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { completeEvent, writeEvent } from './wire.js';

/**
 * Numbers the events on their subject's row, in the caller's transaction. The row lock makes the order of numbers, of outbox ids and of
 * commits the same for each subject.
 */
const COUNT_ON = `
  insert into messaging.subject_version as v (topic, subject, version)
  select topic, subject, events from unnest($1::text[], $2::text[], $3::int[]) as x(topic, subject, events) order by topic, subject
  on conflict (topic, subject) do update set previous = v.version, version = v.version + excluded.version
  returning topic, subject, previous`;

/** One row for many events. As a row each, an event of 0.9 kB took 51 µs to store and one of 5.6 kB 160 µs (2 busy cores, 120 at a time). */
const STORE = 'insert into messaging.outbox (events, records) values ($1, $2)';
const ROW_LENGTH_MAX = 256_000;

/** An event ready for its topic, as it lies in the outbox. */
export interface OutboxRecord {
  readonly topic: string;
  readonly subject: string;
  readonly type: string;
  readonly value: string;
}

/** A line an event: type, subject and the event itself, parted by tabs. JSON has neither tabs nor line ends outside of its escapes. */
export const lineOf = (type: string, subject: string, value: string): string => `${type}\t${JSON.stringify(subject)}\t${value}`;

/** The events of one outbox row, in their order. */
export function recordsIn(lines: string): OutboxRecord[] {
  return lines.split('\n').map((line) => {
    const afterType = line.indexOf('\t');
    const afterSubject = line.indexOf('\t', afterType + 1);
    const type = line.slice(0, afterType);
    const subject = JSON.parse(line.slice(afterType + 1, afterSubject)) as string;
    return { topic: eventOfType(type)!.topic.name, subject, type, value: line.slice(afterSubject + 1) };
  });
}

/** Writes the drafts' events; the relay publishes them after the commit. */
export async function storeInOutbox(drafts: readonly Draft[], writer: string, tx: EntityManager, now: Date): Promise<void> {
  if (drafts.length === 0) return;
  const events = drafts.map((draft) => writeEvent(draft, writer, now));
  const subjects = new Map<string, { topic: string; subject: string; events: number }>();
  for (const { topic, subject } of events) {
    const known = subjects.get(`${topic} ${subject}`);
    if (known) known.events += 1;
    else subjects.set(`${topic} ${subject}`, { topic, subject, events: 1 });
  }
  const counted = [...subjects.values()];
  const rows = (await tx.query(COUNT_ON, [
    counted.map((row) => row.topic),
    counted.map((row) => row.subject),
    counted.map((row) => row.events),
  ])) as { topic: string; subject: string; previous: string }[];
  const versions = new Map(rows.map((row) => [`${row.topic} ${row.subject}`, Number(row.previous)]));
  let lines: string[] = [];
  let length = 0;
  const store = async (): Promise<void> => {
    await tx.query(STORE, [lines.length, lines.join('\n')]);
    lines = [];
    length = 0;
  };
  for (const { topic, subject, type, id, body } of events) {
    const key = `${topic} ${subject}`;
    const version = versions.get(key)! + 1;
    versions.set(key, version);
    const line = lineOf(type, subject, completeEvent({ topic, subject, version, eventId: id, body }));
    if (lines.length > 0 && length + line.length > ROW_LENGTH_MAX) await store();
    lines.push(line);
    length += line.length;
  }
  await store();
}
