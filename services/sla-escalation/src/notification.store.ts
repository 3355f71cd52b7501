import type { EntityManager } from 'typeorm';
import { heldStepIdOf, MAILS_WINDOW_MS, type HeldStep, type Notification } from './domain/notification.js';
import type { StoredFacts } from './domain/sla-ticket.js';

export interface NewNotification extends Notification {
  readonly state: 'sent' | 'waiting';
  readonly sendAt: Date;
}
/** `attempts`: with the one that begins now. */
export interface ClaimedNotification extends Notification {
  readonly attempts: number;
}

/** How long a claimed notification belongs to its process; one that died frees it by letting this pass. */
export const LEASE_MS = 120_000;

const COLUMNS = `notification_id as "notificationId", ticket_id as "ticketId", level, cause, target, via, recipient as "to", address, notice, attempts`;
const ADD = `
  insert into notification (notification_id, ticket_id, level, cause, target, via, recipient, address, notice, state, send_at, ended_at)
  select x."notificationId", x."ticketId", x.level, x.cause, x.target, x.via, x."to", x.address, x.notice, x.state, x."sendAt",
    case when x.state = 'sent' then x."sendAt" end
  from json_to_recordset($1::json) as x("notificationId" text, "ticketId" text, level int, cause text, target text, via text, "to" text,
    address text, notice json, state text, "sendAt" timestamptz)
  order by 1 on conflict do nothing returning notification_id as id`;
/** Skip locked: every instance works the same table, none waits for another. */
const CLAIM_DUE = `
  with due as (
    select notification_id from notification where state = 'waiting' and send_at <= $1::timestamptz
    order by send_at limit $2 for update skip locked)
  update notification n set attempts = n.attempts + 1, send_at = $1::timestamptz + interval '${LEASE_MS} ms'
  from due where n.notification_id = due.notification_id
  returning ${COLUMNS.replaceAll('notification_id', 'n.notification_id')}`;
const LOCK = `
  select ${COLUMNS}, state from notification where notification_id = any($1) and state in ('waiting', 'canceled') order by notification_id for update`;
const END = `
  update notification n set state = $2, ended_at = $3, last_error = null where notification_id = any($1)`;
const FAIL = `
  update notification n set state = case when x.again is null then 'failed' else 'waiting' end, last_error = x.reason,
    send_at = coalesce(x.again, n.send_at), ended_at = case when x.again is null then $4::timestamptz end
  from unnest($1::text[], $2::text[], $3::timestamptz[]) as x(id, reason, again) where n.notification_id = x.id`;
const HOLD_BACK = `
  update notification set send_at = $2, attempts = attempts - 1, last_error = $3 where notification_id = any($1)`;
const CANCEL_OF = `
  with waiting as (
    select notification_id from notification where ticket_id = any($1) and state = 'waiting' order by notification_id for update)
  update notification n set state = 'canceled', ended_at = $2 from waiting w where n.notification_id = w.notification_id`;
/** Mails of these tickets that have gone out lately or are about to, those just claimed left out. */
const MAILS = `
  select ticket_id as "ticketId", address, count(*)::int as mails from notification
  where ticket_id = any($1) and via = 'mail' and notification_id <> all($2)
    and ((state = 'sent' and ended_at > $3::timestamptz - interval '${MAILS_WINDOW_MS} ms') or (state = 'waiting' and attempts > 0))
  group by ticket_id, address`;
const HOLD = `
  insert into held_step (step_id, ticket_id, level, cause, target, words, notice, send_at)
  select x."stepId", x."ticketId", x.level, x.cause, x.target, x.words, x.notice, x."sendAt"
  from json_to_recordset($1::json) as x("stepId" text, "ticketId" text, level int, cause text, target text, words json, notice json, "sendAt" timestamptz)
  order by 1 on conflict do nothing`;
const RELEASE = `
  delete from held_step where step_id in (
    select step_id from held_step where send_at <= $1 order by send_at limit $2 for update skip locked)
  returning ticket_id as "ticketId", level, cause, target, words, notice`;
const DROP_HELD_OF = `
  delete from held_step where step_id in (
    select step_id from held_step where ticket_id = any($1) order by step_id for update)`;
const FORGET = `
  delete from notification where notification_id in (
    select notification_id from notification where state <> 'waiting' and ended_at < $1 order by ended_at limit 10000)`;

export class NotificationStore {
  constructor(private readonly tx: EntityManager) {}

  /** Returns the ids of those that were not there yet. */
  async add(notifications: readonly NewNotification[]): Promise<ReadonlySet<string>> {
    if (notifications.length === 0) return new Set();
    const rows = await this.tx.query<{ id: string }[]>(ADD, [JSON.stringify(notifications)]);
    return new Set(rows.map(({ id }) => id));
  }

  async hold(steps: readonly (HeldStep & { readonly sendAt: Date })[]): Promise<void> {
    if (steps.length > 0) await this.tx.query(HOLD, [JSON.stringify(steps.map((step) => ({ ...step, stepId: heldStepIdOf(step) })))]);
  }

  /** Steps whose quiet hours are over. They are held no more. */
  async release(max: number, now: Date): Promise<HeldStep[]> {
    // TypeORM answers a delete with [rows, count].
    const [rows] = await this.tx.query<[(Omit<HeldStep, 'target'> & { target: HeldStep['target'] | null })[], number]>(RELEASE, [now, max]);
    return rows.map(({ target, ...step }) => ({ ...step, ...(target !== null && { target }) }));
  }

  async claimDue(max: number, now: Date): Promise<ClaimedNotification[]> {
    // TypeORM answers an update with [rows, count].
    const [rows] = await this.tx.query<[StoredNotification[], number]>(CLAIM_DUE, [now, max]);
    return rows.map(toNotification).sort((a, b) => (a.notificationId < b.notificationId ? -1 : 1));
  }

  /** Locks those whose outcome nobody has told yet; a canceled one may have been on its way. */
  async lock(ids: readonly string[]): Promise<Map<string, ClaimedNotification & { state: 'waiting' | 'canceled' }>> {
    const rows = await this.tx.query<(StoredNotification & { state: 'waiting' | 'canceled' })[]>(LOCK, [ids]);
    return new Map(rows.map((row) => [row.notificationId, { ...toNotification(row), state: row.state }]));
  }

  async end(ids: readonly string[], state: 'sent' | 'canceled', now: Date): Promise<void> {
    if (ids.length > 0) await this.tx.query(END, [ids, state, now]);
  }

  /** `nextAttemptAt` null: given up. */
  async fail(failures: readonly { id: string; reason: string; nextAttemptAt: Date | null }[], now: Date): Promise<void> {
    if (failures.length === 0) return;
    const columns = [failures.map(({ id }) => id), failures.map(({ reason }) => reason), failures.map((one) => one.nextAttemptAt)];
    await this.tx.query(FAIL, [...columns, now]);
  }

  /** Nothing was tried. */
  async holdBack(ids: readonly string[], until: Date, reason: string): Promise<void> {
    if (ids.length > 0) await this.tx.query(HOLD_BACK, [ids, until, reason]);
  }

  /** What is held and what waits, in this order: what is released just now waits by the time it can be dropped no more. */
  async cancelOf(ticketIds: readonly string[], now: Date): Promise<void> {
    await this.tx.query(DROP_HELD_OF, [ticketIds]);
    await this.tx.query(CANCEL_OF, [ticketIds, now]);
  }

  /** Keyed `<ticketId> <address>`. */
  async mailsLately(claimed: readonly ClaimedNotification[], now: Date): Promise<Map<string, number>> {
    const tickets = [...new Set(claimed.map(({ ticketId }) => ticketId))];
    const ids = claimed.map(({ notificationId }) => notificationId);
    const rows = await this.tx.query<{ ticketId: string; address: string; mails: number }[]>(MAILS, [tickets, ids, now]);
    return new Map(rows.map(({ ticketId, address, mails }) => [`${ticketId} ${address}`, mails]));
  }

  /** Of tickets that are known. Not locked: what is decided by it is right for the instant it is read. */
  async factsOf(ticketIds: readonly string[]): Promise<Map<string, StoredFacts>> {
    if (ticketIds.length === 0) return new Map();
    const rows = await this.tx.query<{ id: string; facts: StoredFacts }[]>(
      'select ticket_id as id, facts from sla_ticket where ticket_id = any($1)',
      [ticketIds],
    );
    return new Map(rows.map(({ id, facts }) => [id, facts]));
  }

  async forget(before: Date): Promise<void> {
    await this.tx.query(FORGET, [before]);
  }
}

type StoredNotification = Omit<ClaimedNotification, 'target' | 'address'> & {
  readonly target: Notification['target'] | null;
  readonly address: string | null;
};

function toNotification({ notificationId, ticketId, level, cause, target, via, to, address, notice, attempts }: StoredNotification) {
  const optional = { ...(target === null ? {} : { target }), ...(address === null ? {} : { address }) };
  return { notificationId, ticketId, level, cause, via, to, notice, attempts, ...optional };
}
