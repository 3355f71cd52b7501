import { Injectable } from '@nestjs/common';
import type { QueueOutlook, Received } from '@signalbox/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { recordChanges } from './change.store.js';

const KEEP = `
  insert into queue_outlook as o (queue_id, outlook)
  select * from unnest($1::text[], $2::jsonb[]) as x(queue_id, outlook) order by queue_id
  on conflict (queue_id) do update set outlook = excluded.outlook`;

/** How each queue stands, as sla-escalation said it last. */
@Injectable()
export class OutlookStore {
  constructor(private readonly database: DataSource) {}

  /** The unit of work hands over only newer versions, in order; of several of one queue the last one holds. */
  async keep(events: readonly Received<QueueOutlook>[], tx: EntityManager): Promise<void> {
    const newest = new Map(events.map(({ queueId, data }) => [queueId, data]));
    await tx.query(KEEP, [[...newest.keys()], [...newest.values()].map((outlook) => JSON.stringify(outlook))]);
    await recordChanges(
      [...newest.keys()].map((id) => ({ kind: 'queue', id })),
      tx,
    );
  }

  async all(): Promise<Map<string, QueueOutlook['data']>> {
    const rows = await this.database.query<{ queue_id: string; outlook: QueueOutlook['data'] }[]>(
      'select queue_id, outlook from queue_outlook order by queue_id limit 10000',
    );
    return new Map(rows.map((row) => [row.queue_id, row.outlook]));
  }
}
