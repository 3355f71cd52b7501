import { subjectOf, type Draft, type Received, type Topic } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import type { RawRecord } from './wire.js';

/** Locks and raises the subject's rows; what is not newer than the row is not returned, not locked, not written. */
const RAISE_VERSIONS = `
  insert into messaging.subject_version as v (topic, subject, version)
  select * from unnest($1::text[], $2::text[], $3::bigint[]) as x(topic, subject, version) order by topic, subject
  on conflict (topic, subject) do update set previous = v.version, version = excluded.version
    where excluded.version > v.version
  returning topic, subject, previous, parked`;

export interface Versioned {
  readonly record: RawRecord;
  readonly event: Received<Draft>;
  readonly topic: Topic;
}

/** Raises each subject's row to its highest version here. Tells of each record, in order, whether it is new, and whether its subject waits behind a dead letter. */
export async function raiseVersions(items: readonly Versioned[], tx: EntityManager): Promise<('new' | 'seen' | 'parked')[]> {
  if (items.length === 0) return [];
  const highest = new Map<string, Position>();
  const positions = items.map(positionOf);
  for (const position of positions) {
    const known = highest.get(position.key);
    if (!known || known.version < position.version) highest.set(position.key, position);
  }
  const subjects = [...highest.values()];
  const rows = (await tx.query(RAISE_VERSIONS, [
    subjects.map((row) => row.topic),
    subjects.map((row) => row.subject),
    subjects.map((row) => row.version),
  ])) as { topic: string; subject: string; previous: string; parked: boolean }[];
  const applied = new Map(rows.map((row) => [`${row.topic} ${row.subject}`, { version: Number(row.previous), parked: row.parked }]));
  return positions.map(({ key, version }) => {
    const state = applied.get(key);
    if (!state || version <= state.version) return 'seen';
    state.version = version;
    return state.parked ? 'parked' : 'new';
  });
}

interface Position {
  readonly key: string;
  readonly topic: string;
  readonly subject: string;
  readonly version: number;
}

/**
 * Where a record stands in its order. Our own writers number each subject; upstream ones do not, so there the partition is the
 * subject and the offset the number.
 */
function positionOf({ record, event, topic }: Versioned): Position {
  const subject = topic.writer === 'upstream' ? `#${record.partition}` : subjectOf(event);
  return { key: `${record.topic} ${subject}`, topic: record.topic, subject, version: event.version };
}
