import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { firstReplyOf, slaResultsOf } from './domain/sla-result.js';
import type { CountedReplies, CountedResults } from './domain/sla-report.js';
import type { Summary, Ticket } from './domain/ticket.js';

/** Groups and targets beyond it are counted, not shown. */
export const GROUPS_MAX = 500;

const KEEP_RESULTS = `
  insert into sla_result as r (ticket_id, target, instance, outcome, due_at, stopped_at, decided_at, reason, minutes, agent_id, queue_id, tier,
    category, channel)
  select "ticketId", target, instance, outcome, "dueAt", "stoppedAt", "decidedAt", reason, minutes, "agentId", "queueId", tier, category, channel
  from jsonb_to_recordset($1::jsonb) as x("ticketId" text, target text, instance int, outcome text, "dueAt" timestamptz, "stoppedAt" timestamptz,
    "decidedAt" timestamptz, reason text, minutes jsonb, "agentId" text, "queueId" text, tier text, category text, channel text)
  order by "ticketId", target, instance
  on conflict (ticket_id, target, instance) do update set outcome = excluded.outcome, due_at = excluded.due_at, stopped_at = excluded.stopped_at,
    decided_at = excluded.decided_at, reason = excluded.reason, minutes = excluded.minutes, agent_id = excluded.agent_id,
    queue_id = excluded.queue_id, tier = excluded.tier, category = excluded.category, channel = excluded.channel`;
/** A clock that another policy does away with. */
const FORGET_RESULTS = `
  delete from sla_result r using jsonb_to_recordset($1::jsonb) as x("ticketId" text, target text, instance int)
  where r.ticket_id = x."ticketId" and r.target = x.target and r.instance = x.instance`;
const KEEP_REPLIES = `
  insert into first_reply as r (ticket_id, received_at, replied_at, ended_at, ended, queue_id)
  select "ticketId", "receivedAt", "repliedAt", "endedAt", ended, "queueId"
  from jsonb_to_recordset($1::jsonb) as x("ticketId" text, "receivedAt" timestamptz, "repliedAt" timestamptz, "endedAt" timestamptz, ended text,
    "queueId" text)
  order by "ticketId"
  on conflict (ticket_id) do update set received_at = excluded.received_at, replied_at = excluded.replied_at, ended_at = excluded.ended_at,
    ended = excluded.ended, queue_id = excluded.queue_id`;
const FORGET_REPLIES = 'delete from first_reply where ticket_id = any($1)';

export const GROUPINGS = { queue: 'queue_id', agent: 'agent_id', tier: 'tier', category: 'category' } as const;
export type Grouping = keyof typeof GROUPINGS;
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** One row per clock and per first reply, beside the tickets they come from: what reports count, without opening a ticket. */
@Injectable()
export class SlaResultStore {
  constructor(private readonly database: DataSource) {}

  /** Writes what is another than before. */
  async keep(
    before: ReadonlyMap<string, readonly [Ticket, Summary]>,
    after: ReadonlyMap<string, readonly [Ticket, Summary]>,
    tx: EntityManager,
  ): Promise<void> {
    const [kept, gone] = changes(before, after, slaResultsOf, ({ ticketId, target, instance }) => `${ticketId} ${target} ${instance}`);
    const replyOf = (ticket: Ticket, summary: Summary) => [firstReplyOf(ticket, summary)].filter((reply) => reply !== null);
    const [replies, taken] = changes(before, after, replyOf, ({ ticketId }) => ticketId);
    const save = (statement: string, rows: readonly unknown[], parameter: unknown = JSON.stringify(rows)) =>
      rows.length > 0 && tx.query(statement, [parameter]);
    await Promise.all([
      save(KEEP_RESULTS, kept),
      save(FORGET_RESULTS, gone),
      save(KEEP_REPLIES, replies),
      save(
        FORGET_REPLIES,
        taken,
        taken.map(({ ticketId }) => ticketId),
      ),
    ]);
  }

  /** @returns the groups with the most decided clocks first, the targets of one together, and how many are left out beyond GROUPS_MAX */
  async results(by: Grouping, { from, to }: Window): Promise<{ groups: CountedResults[]; leftOut: number }> {
    const [row] = (await this.database.query(
      `with decided as (
         select ${GROUPINGS[by]} as key, target, outcome, coalesce(reason, 'unknown') as reason,
           extract(epoch from coalesce(stopped_at, statement_timestamp()) - due_at) / 60 as late
         from sla_result where decided_at >= $1 and decided_at < $2),
       grouped as (
         select key, target, count(*) filter (where outcome = 'met')::int as met, count(*) filter (where outcome = 'met-late')::int as "metLate",
           count(*) filter (where outcome = 'breached')::int as breached,
           percentile_cont(0.5) within group (order by late) filter (where outcome <> 'met') as "lateMinutesMedian",
           percentile_cont(0.9) within group (order by late) filter (where outcome <> 'met') as "lateMinutesP90"
         from decided group by key, target),
       why as (
         select key, target, jsonb_object_agg(reason, breaches) as reasons
         from (select key, target, reason, count(*) as breaches from decided where outcome <> 'met' group by key, target, reason) counted
         group by key, target),
       shown as (
         select g.*, coalesce(w.reasons, '{}') as reasons
         from grouped g left join why w on w.key is not distinct from g.key and w.target = g.target
         order by sum(g.met + g."metLate" + g.breached) over (partition by g.key) desc, g.key nulls last, g.target limit ${GROUPS_MAX})
       select coalesce((select jsonb_agg(to_jsonb(s)) from shown s), '[]') as groups,
         greatest(0, (select count(*) from grouped) - ${GROUPS_MAX})::int as "leftOut"`,
      [from, to],
    )) as [{ groups: CountedResults[]; leftOut: number }];
    return row;
  }

  /** Of each queue, whatever the grouping: a reply belongs to one. */
  async replies({ from, to }: Window, withinMinutes: number): Promise<CountedReplies[]> {
    return this.database.query<CountedReplies[]>(
      `select queue_id as "queueId", count(replied_at)::int as replied, count(*) filter (where replied_at is not null and within)::int as "repliedWithin",
         count(*) filter (where ended = 'abandoned')::int as abandoned, count(*) filter (where ended = 'abandoned' and within)::int as "abandonedWithin",
         count(*) filter (where ended = 'deflected')::int as deflected, count(*) filter (where ended = 'solved')::int as "solvedUnanswered"
       from (select queue_id, replied_at, case when replied_at is null then ended end as ended,
               coalesce(replied_at, ended_at) - received_at <= $3 * interval '1 minute' as within
             from first_reply where coalesce(replied_at, ended_at) >= $1 and coalesce(replied_at, ended_at) < $2) r
       group by queue_id order by count(*) desc, queue_id limit ${GROUPS_MAX}`,
      [from, to, withinMinutes],
    );
  }
}

/** The rows that are new or another now, and those that are there no longer. */
function changes<T>(
  before: ReadonlyMap<string, readonly [Ticket, Summary]>,
  after: ReadonlyMap<string, readonly [Ticket, Summary]>,
  rowsOf: (ticket: Ticket, summary: Summary) => readonly T[],
  keyOf: (row: T) => string,
): [kept: T[], gone: T[]] {
  const kept: T[] = [];
  const gone: T[] = [];
  for (const [ticketId, now] of after) {
    const known = new Map(rowsOf(...before.get(ticketId)!).map((row) => [keyOf(row), row]));
    for (const row of rowsOf(...now)) {
      const last = known.get(keyOf(row));
      if (JSON.stringify(last) !== JSON.stringify(row)) kept.push(row);
      known.delete(keyOf(row));
    }
    gone.push(...known.values());
  }
  return [kept, gone];
}
