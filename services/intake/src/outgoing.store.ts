import type { Channel } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';

export interface Released {
  readonly messageId: string;
  readonly ticketId: string;
  readonly kind: 'reply' | 'answer';
  readonly author: string;
  readonly text: string;
  readonly at: Date;
}

/** A message whose turn it is, with all that a channel needs to send it. */
export interface DueMessage {
  readonly messageId: string;
  readonly ticketId: string;
  readonly kind: 'reply' | 'answer';
  readonly attempts: number;
  readonly piecesSent: number;
  readonly providerMessageIds: readonly string[];
  readonly text: string;
  readonly channel: Channel;
  readonly channelAccount: string;
  readonly number: number;
  readonly subject: string;
  readonly replyAddress: string;
  readonly customerName: string | null;
  /** Message-IDs of the conversation, the oldest first. Empty where the channel knows none. */
  readonly references: readonly string[];
  /** When this ticket's earlier messages went out, within the brake's window. */
  readonly sentAts: readonly Date[];
}

/** A message somebody outside speaks of. */
export interface ToldMessage {
  readonly messageId: string;
  readonly ticketId: string;
  readonly attempts: number;
  readonly state: 'waiting' | 'sent' | 'failed';
  readonly channel: Channel;
  readonly providerMessageIds: readonly string[];
}

export interface WaitingMessage {
  readonly messageId: string;
  readonly ticketId: string;
  readonly attempts: number;
  readonly channel: Channel;
}
export interface SentMessage {
  readonly messageId: string;
  readonly providerMessageIds: readonly string[];
}

/** What assignment said last of a ticket, and of its last solution if there was one among what it said. */
export interface Standing {
  readonly status: string;
  readonly mergedInto: string | null;
  readonly solution?: { readonly agentId: string | null } | undefined;
}

/** How long a claimed message belongs to its process; one that died frees it by letting this pass. */
export const LEASE_MS = 120_000;
/**
 * Skip locked: every replica works the same table, none waits for another. Only a ticket's oldest waiting message is due, so that
 * replies leave in their order. Chats are pushed, not claimed.
 */
const CLAIM_DUE = `
  with due as (
    select o.message_id from outgoing o join ticket t using (ticket_id)
    where o.state = 'waiting' and o.next_attempt_at <= $1::timestamptz
      and not (t.channel = 'chat' and t.channel_account = 'chat')
      and not exists (select from outgoing e where e.ticket_id = o.ticket_id and e.state = 'waiting' and e.position < o.position)
      and (split_part(t.channel_account, ':', 1) = any($2::text[]) or (position('@' in t.reply_address) > 0 and 'mail' = any($2::text[])))
    order by o.next_attempt_at limit $3 for update of o skip locked)
  update outgoing o set attempts = o.attempts + 1, next_attempt_at = $1::timestamptz + interval '${LEASE_MS} ms'
  from due where o.message_id = due.message_id
  returning o.message_id`;

const LOAD = `
  select o.message_id as "messageId", o.ticket_id as "ticketId", o.kind, o.attempts, o.pieces_sent as "piecesSent",
    o.provider_message_ids as "providerMessageIds", m.text, t.channel, t.channel_account as "channelAccount", t.number::int as number,
    t.subject, t.reply_address as "replyAddress", c.name as "customerName",
    array(select r.provider_message_id from (select provider_message_id, position from message
      where ticket_id = o.ticket_id and provider_message_id like '<%>' order by position desc limit 50) r order by r.position) as references,
    array(select s.sent_at from outgoing s where s.ticket_id = o.ticket_id and s.sent_at > $2::timestamptz order by s.sent_at desc limit $3) as "sentAts"
  from outgoing o join message m using (message_id) join ticket t on t.ticket_id = o.ticket_id left join customer c using (customer_id)
  where o.message_id = any($1::text[]) order by o.position`;

export class OutgoingStore {
  constructor(private readonly tx: EntityManager) {}

  /** Returns the tickets that exist. */
  async saveStatus(standingOf: ReadonlyMap<string, Standing>): Promise<Set<string>> {
    if (standingOf.size === 0) return new Set();
    const ids = [...standingOf.keys()];
    // Locked in id order first: an update alone would lock in the order the plan finds them.
    const known = (await this.tx.query('select ticket_id from ticket where ticket_id = any($1::text[]) order by ticket_id for update', [
      ids,
    ])) as { ticket_id: string }[];
    const standings = [...standingOf.values()];
    await this.tx.query(
      `update ticket t set status = x.s, merged_into = x.m, was_solved = t.was_solved or x.w, solved_by = case when x.w then x.b else t.solved_by end
       from unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[]) as x(id, s, w, b, m)
       where t.ticket_id = x.id and (t.status <> x.s or t.merged_into is distinct from x.m or x.w)`,
      [
        ids,
        standings.map(({ status }) => status),
        standings.map(({ solution }) => solution !== undefined),
        standings.map(({ solution }) => solution?.agentId ?? null),
        standings.map(({ mergedInto }) => mergedInto),
      ],
    );
    return new Set(known.map((row) => row.ticket_id));
  }

  async release(messages: readonly Released[], now: Date): Promise<void> {
    if (messages.length === 0) return;
    await this.tx.query(
      `insert into message (message_id, ticket_id, direction, kind, author, text, at)
       select m, t, 'out', k, a, x, i from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) as u(m, t, k, a, x, i)
       on conflict (message_id) do nothing`,
      [
        messages.map((message) => message.messageId),
        messages.map((message) => message.ticketId),
        messages.map((message) => message.kind),
        messages.map((message) => message.author),
        messages.map((message) => message.text),
        messages.map((message) => message.at),
      ],
    );
    await this.tx.query(
      `insert into outgoing (message_id, ticket_id, kind, state, next_attempt_at)
       select m, t, k, 'waiting', $4::timestamptz from unnest($1::text[], $2::text[], $3::text[]) as u(m, t, k) on conflict (message_id) do nothing`,
      [
        messages.map((message) => message.messageId),
        messages.map((message) => message.ticketId),
        messages.map((message) => message.kind),
        now,
      ],
    );
  }

  /** Takes what is due on the routes this process can send by: 'mail', 'whatsapp', 'telegram' … */
  async claim(routes: readonly string[], messagesMax: number, brakeSince: Date, brakeSendsMax: number, now: Date): Promise<DueMessage[]> {
    // TypeORM answers an update with [rows, count].
    const [claimed] = (await this.tx.query(CLAIM_DUE, [now, routes, messagesMax])) as [{ message_id: string }[], number];
    if (claimed.length === 0) return [];
    return (await this.tx.query(LOAD, [claimed.map((row) => row.message_id), brakeSince, brakeSendsMax])) as DueMessage[];
  }

  /** Locks the rows of those that still wait: of the others another process told the outcome, or a bounce came. */
  async lockWaiting(messageIds: readonly string[]): Promise<Map<string, WaitingMessage>> {
    const rows = (await this.tx.query(
      `select o.message_id as "messageId", o.ticket_id as "ticketId", o.attempts, t.channel from outgoing o join ticket t using (ticket_id)
       where message_id = any($1::text[]) and state = 'waiting' order by message_id for update of o`,
      [messageIds],
    )) as WaitingMessage[];
    return new Map(rows.map((row) => [row.messageId, row]));
  }

  async saveSent(sent: readonly SentMessage[], now: Date): Promise<void> {
    if (sent.length === 0) return;
    const rows = JSON.stringify(sent.map(({ messageId: id, providerMessageIds: ids }) => ({ id, ids, last: ids.at(-1) ?? null })));
    await this.tx.query(
      `update outgoing o set state = 'sent', provider_message_ids = x.ids, pieces_sent = greatest(pieces_sent, cardinality(x.ids)), sent_at = $2, last_error = null
       from jsonb_to_recordset($1::jsonb) as x(id text, ids text[]) where o.message_id = x.id`,
      [rows, now],
    );
    await this.tx.query(
      'update message m set provider_message_id = x.last from jsonb_to_recordset($1::jsonb) as x(id text, last text) where m.message_id = x.id',
      [rows],
    );
  }

  /** `attemptCounted` false: nothing was tried (the provider's breaker is open, the brake holds). */
  async saveNotSent(
    messageId: string,
    outcome: { final: boolean; reason: string; nextAttemptAt: Date; providerMessageIds: readonly string[]; attemptCounted: boolean },
  ): Promise<void> {
    await this.tx.query(
      `update outgoing set state = case when $2 then 'failed' else 'waiting' end, last_error = $3, next_attempt_at = $4,
         provider_message_ids = $5::text[], pieces_sent = greatest(pieces_sent, cardinality($5::text[])), attempts = attempts - case when $6 then 0 else 1 end
       where message_id = $1`,
      [messageId, outcome.final, outcome.reason, outcome.nextAttemptAt, outcome.providerMessageIds, outcome.attemptCounted],
    );
  }

  /** Locks the sent or waiting message a provider speaks of. */
  async lockByProviderId(channelAccount: string, providerMessageId: string): Promise<ToldMessage | undefined> {
    const rows = (await this.tx.query(
      `select o.message_id as "messageId", o.provider_message_ids as "providerMessageIds", o.ticket_id as "ticketId", o.attempts, o.state, t.channel from outgoing o join ticket t using (ticket_id)
       where o.provider_message_ids @> array[$2::text] and t.channel_account = $1 for update of o`,
      [channelAccount, providerMessageId],
    )) as ToldMessage[];
    return rows[0];
  }

  async lockById(messageId: string): Promise<{ ticketId: string; attempts: number; state: string; channel: Channel } | undefined> {
    const rows = (await this.tx.query(
      `select o.ticket_id as "ticketId", o.attempts, o.state, t.channel from outgoing o join ticket t using (ticket_id) where message_id = $1 for update of o`,
      [messageId],
    )) as { ticketId: string; attempts: number; state: string; channel: Channel }[];
    return rows[0];
  }

  async saveFailed(messageId: string, reason: string): Promise<void> {
    await this.tx.query(`update outgoing set state = 'failed', last_error = $2 where message_id = $1`, [messageId, reason]);
  }

  async rememberEarlyFailure(channelAccount: string, providerMessageId: string, reason: string, now: Date): Promise<void> {
    await this.tx.query(`insert into early_failure values ($1, $2, $3, $4) on conflict do nothing`, [
      channelAccount,
      providerMessageId,
      reason,
      now,
    ]);
  }

  /** What a provider had already said of messages we only now know to be sent: the reason, by message. */
  async earlyFailures(sent: readonly (SentMessage & { channelAccount: string })[]): Promise<Map<string, string>> {
    if (sent.length === 0) return new Map();
    const ids = sent.flatMap((one) => one.providerMessageIds.map((providerId) => ({ ...one, providerId })));
    const rows = (await this.tx.query(
      `select x.message_id as "messageId", e.reason from unnest($1::text[], $2::text[], $3::text[]) as x(message_id, account, id)
       join early_failure e on e.channel_account = x.account and e.provider_message_id = x.id`,
      [ids.map((one) => one.messageId), ids.map((one) => one.channelAccount), ids.map((one) => one.providerId)],
    )) as { messageId: string; reason: string }[];
    return new Map(rows.map((row) => [row.messageId, row.reason]));
  }
}
