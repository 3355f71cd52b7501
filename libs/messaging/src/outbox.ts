import type { Draft } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { writeEvent } from './wire.js';

/**
 * Numbers the events on their subject's row and stores them, in the caller's transaction and in the order given.
 * The row lock makes the order of numbers, of outbox ids and of commits the same for each subject.
 */
const NUMBER_AND_STORE = `
  with counted as (
    insert into messaging.subject_version as v (topic, subject, version)
    select topic, subject, count(*) from unnest($1::text[], $2::text[]) as o(topic, subject)
    group by topic, subject order by topic, subject
    on conflict (topic, subject) do update set previous = v.version, version = v.version + excluded.version
    returning topic, subject, previous)
  insert into messaging.outbox (topic, subject, version, type, event_id, body)
  select o.topic, o.subject, c.previous + o.nth, o.type, o.event_id, o.body
  from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[]) with ordinality
    as o(topic, subject, nth, type, event_id, body, position)
  join counted c on c.topic = o.topic and c.subject = o.subject
  order by o.position`;

/** Writes the drafts' events; the relay publishes them after the commit. */
export async function storeInOutbox(drafts: readonly Draft[], writer: string, tx: EntityManager, now: Date): Promise<void> {
  if (drafts.length === 0) return;
  const rows = drafts.map((draft) => writeEvent(draft, writer, now));
  const seen = new Map<string, number>();
  const nth = rows.map((row) => {
    const key = `${row.topic} ${row.subject}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count;
  });
  await tx.query(NUMBER_AND_STORE, [
    rows.map((row) => row.topic),
    rows.map((row) => row.subject),
    nth,
    rows.map((row) => row.type),
    rows.map((row) => row.id),
    rows.map((row) => row.body),
  ]);
}
