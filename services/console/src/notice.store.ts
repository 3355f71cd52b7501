import { Injectable } from '@nestjs/common';
import type { CommandHandler } from '@signalbox/messaging';
import { DataSource, type EntityManager } from 'typeorm';
import { recordChanges } from './change.store.js';
import type { Notice } from './domain/notice.js';

/** Of one agent; older ones are forgotten. */
const KEPT_MAX = 200;
const SHOWN_MAX = 50;

export interface StoredNotice extends Omit<Notice, 'at'> {
  readonly noticeId: number;
  readonly at: Date;
}
export interface Dismissal {
  readonly agentId: string;
  readonly noticeId: number;
}

const KEEP = `
  insert into notice (agent_id, ticket_id, level, cause, target, at)
  select "agentId", "ticketId", level, cause, coalesce(target, ''), at
  from jsonb_to_recordset($1::jsonb) as x("agentId" text, "ticketId" text, level int, cause text, target text, at timestamptz)
  order by "agentId", "ticketId", level, cause, target
  on conflict (agent_id, ticket_id, level, cause, target) do nothing returning notice_id, agent_id`;
const FORGET = `
  delete from notice where notice_id in (
    select notice_id from (select notice_id, row_number() over (partition by agent_id order by notice_id desc) as nth
      from notice where agent_id = any($1)) numbered
    where nth > ${KEPT_MAX})`;

/** What people are told of escalations here: each of them their own, until they dismiss it. */
@Injectable()
export class NoticeStore {
  constructor(private readonly database: DataSource) {}

  async keep(notices: readonly Notice[], tx: EntityManager): Promise<void> {
    if (notices.length === 0) return;
    const kept = await tx.query<{ notice_id: string; agent_id: string }[]>(KEEP, [JSON.stringify(notices)]);
    if (kept.length === 0) return;
    await tx.query(FORGET, [[...new Set(kept.map((row) => row.agent_id))]]);
    await recordChanges(
      kept.map((row) => ({ kind: 'notice', id: row.notice_id, agentId: row.agent_id })),
      tx,
    );
  }

  /** The newest first. */
  async of(agentId: string): Promise<StoredNotice[]> {
    return this.database.query<StoredNotice[]>(
      `select notice_id::int as "noticeId", agent_id as "agentId", ticket_id as "ticketId", level, cause, nullif(target, '') as target, at
       from notice where agent_id = $1 and dismissed_at is null order by notice_id desc limit ${SHOWN_MAX}`,
      [agentId],
    );
  }

  /** True when there is such a notice of theirs, dismissed now or before. */
  readonly dismiss: CommandHandler<Dismissal, boolean> = async (dismissals, { tx, now }) => {
    const rows = await tx.query<{ notice_id: number }[]>(
      `with wanted as (
         select n.notice_id, n.agent_id from notice n
         join unnest($1::bigint[], $2::text[]) as x(notice_id, agent_id) on n.notice_id = x.notice_id and n.agent_id = x.agent_id),
       done as (update notice n set dismissed_at = coalesce(dismissed_at, $3) from wanted w where n.notice_id = w.notice_id)
       select notice_id::int from wanted`,
      [dismissals.map(({ noticeId }) => noticeId), dismissals.map(({ agentId }) => agentId), now],
    );
    const found = new Set(rows.map((row) => row.notice_id));
    const done = dismissals.filter(({ noticeId }) => found.has(noticeId));
    await recordChanges(
      done.map(({ noticeId, agentId }) => ({ kind: 'notice', id: String(noticeId), agentId })),
      tx,
    );
    return dismissals.map((dismissal) => ({ events: [], answer: done.includes(dismissal) }));
  };
}
