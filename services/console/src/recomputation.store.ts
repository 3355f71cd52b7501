import { Injectable } from '@nestjs/common';
import type { ClocksRecomputed, Received } from '@signalbox/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { recordChanges } from './change.store.js';
import { saveOutcomes } from './story.store.js';

export type Recomputation = ClocksRecomputed['data'];
const SHOWN_MAX = 20;

const KEEP = `
  insert into recomputation as r (key, preview, report, at)
  select * from unnest($1::text[], $2::boolean[], $3::jsonb[], $4::timestamptz[]) as x(key, preview, report, at) order by key
  on conflict (key) do update set report = excluded.report, at = excluded.at`;

/** What a change of policies or calendars did to the open tickets' clocks, or would do, as sla-escalation said it last. */
@Injectable()
export class RecomputationStore {
  constructor(private readonly database: DataSource) {}

  /** The unit of work hands over only newer versions, in order; of several of one key the last one holds. */
  async keep(events: readonly Received<ClocksRecomputed>[], tx: EntityManager): Promise<void> {
    const newest = [...new Map(events.map((event) => [event.key, event])).values()];
    await tx.query(KEEP, [
      newest.map(({ key }) => key),
      newest.map(({ data }) => data.preview),
      newest.map(({ data }) => JSON.stringify(data)),
      newest.map(({ at }) => at),
    ]);
    const answers = newest
      .filter(({ data }) => data.preview && data.done)
      .map(({ key: requestId, at, type }) => ({ requestId, outcome: { type, at: at.toISOString() } }));
    const answered = await saveOutcomes(answers, tx);
    await recordChanges([...newest.map(({ key: id }) => ({ kind: 'recomputation' as const, id })), ...answered], tx);
  }

  async find(key: string): Promise<Recomputation | undefined> {
    const rows = await this.database.query<{ report: Recomputation }[]>('select report from recomputation where key = $1', [key]);
    return rows[0]?.report;
  }

  /** Of what was applied, the newest first. */
  async applied(): Promise<Recomputation[]> {
    const rows = await this.database.query<{ report: Recomputation }[]>(
      `select report from recomputation where not preview order by (report->>'bundle')::int desc limit ${SHOWN_MAX}`,
    );
    return rows.map(({ report }) => report);
  }
}
