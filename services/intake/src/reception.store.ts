import type { EntityManager } from 'typeorm';
import type { Quarantined, Submission } from './domain/submission.js';

export interface TicketRow {
  ticket_id: string;
  number: number;
  customer_id: string;
  channel: string;
  status: string;
  merged_into: string | null;
  reply_address: string;
}

/** One key of two. NUL is the one character that PostgreSQL text cannot hold, so no two pairs look the same. */
export const pair = (first: string, second: string): string => `${first}\u0000${second}`;

export interface NewTicket {
  readonly ticketId: string;
  readonly submission: Submission;
  readonly customerId: string;
}

export interface NewMessage {
  readonly messageId: string;
  readonly ticketId: string;
  readonly rawId: string;
  readonly submission: Submission;
}

/** Each statement takes a whole unit's submissions; all are ordered by their key, so that two processes never wait in a circle. */
export class ReceptionStore {
  constructor(private readonly tx: EntityManager) {}

  /** Claims the keys that nobody has used; returns what is known of those that were used before. */
  async claim(
    keys: readonly { account: string; key: string }[],
    now: Date,
  ): Promise<Map<string, { ticketId: string | null; messageId: string | null }>> {
    if (keys.length === 0) return new Map();
    const accounts = keys.map((one) => one.account);
    const names = keys.map((one) => one.key);
    const fresh = (await this.tx.query(
      `insert into duplicate_key (account, key, at) select distinct a, k, $3::timestamptz from unnest($1::text[], $2::text[]) as x(a, k) order by a, k
       on conflict do nothing returning account, key`,
      [accounts, names, now],
    )) as { account: string; key: string }[];
    const claimed = new Set(fresh.map((row) => pair(row.account, row.key)));
    const used = keys.filter((one) => !claimed.has(pair(one.account, one.key)));
    if (used.length === 0) return new Map();
    const known = (await this.tx.query(
      `select d.account, d.key, d.ticket_id, d.message_id from duplicate_key d join unnest($1::text[], $2::text[]) as x(a, k) on d.account = a and d.key = k`,
      [used.map((one) => one.account), used.map((one) => one.key)],
    )) as { account: string; key: string; ticket_id: string | null; message_id: string | null }[];
    return new Map(known.map((row) => [pair(row.account, row.key), { ticketId: row.ticket_id, messageId: row.message_id }]));
  }

  async fillClaims(rows: readonly { account: string; key: string; ticketId: string; messageId: string }[]): Promise<void> {
    if (rows.length === 0) return;
    await this.tx.query(
      `update duplicate_key d set ticket_id = x.t, message_id = x.m from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as x(a, k, t, m)
       where d.account = x.a and d.key = x.k`,
      [rows.map((row) => row.account), rows.map((row) => row.key), rows.map((row) => row.ticketId), rows.map((row) => row.messageId)],
    );
  }

  /** The id of each address's customer; new ones get the id given. */
  async customers(
    people: readonly { id: string; namespace: string; address: string; name: string | undefined }[],
  ): Promise<Map<string, string>> {
    if (people.length === 0) return new Map();
    const namespaces = people.map((one) => one.namespace);
    const addresses = people.map((one) => one.address);
    await this.tx.query(
      `insert into customer (customer_id, namespace, address, name)
       select distinct on (c, a) i, c, a, n from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as x(i, c, a, n) order by c, a on conflict do nothing`,
      [people.map((one) => one.id), namespaces, addresses, people.map((one) => one.name ?? null)],
    );
    const rows = (await this.tx.query(
      `select distinct customer_id, namespace, address from customer join unnest($1::text[], $2::text[]) as x(n, a) on namespace = n and address = a`,
      [namespaces, addresses],
    )) as { customer_id: string; namespace: string; address: string }[];
    return new Map(rows.map((row) => [pair(row.namespace, row.address), row.customer_id]));
  }

  /** Locks each conversation's row, made when missing, and returns its current ticket. */
  async lockConversations(keys: readonly { account: string; conversation: string }[]): Promise<Map<string, string | null>> {
    if (keys.length === 0) return new Map();
    const parameters = [keys.map((one) => one.account), keys.map((one) => one.conversation)];
    await this.tx.query(
      `insert into conversation (channel_account, conversation) select distinct a, c from unnest($1::text[], $2::text[]) as x(a, c) order by a, c on conflict do nothing`,
      parameters,
    );
    const rows = (await this.tx.query(
      `select channel_account, conversation, ticket_id from conversation where (channel_account, conversation) in (select * from unnest($1::text[], $2::text[]))
       order by channel_account, conversation for update`,
      parameters,
    )) as { channel_account: string; conversation: string; ticket_id: string | null }[];
    return new Map(rows.map((row) => [pair(row.channel_account, row.conversation), row.ticket_id]));
  }

  async saveConversations(rows: readonly { account: string; conversation: string; ticketId: string }[]): Promise<void> {
    if (rows.length === 0) return;
    await this.tx.query(
      `update conversation k set ticket_id = x.t from unnest($1::text[], $2::text[], $3::text[]) as x(a, c, t) where k.channel_account = x.a and k.conversation = x.c`,
      [rows.map((row) => row.account), rows.map((row) => row.conversation), rows.map((row) => row.ticketId)],
    );
  }

  /** The tickets, and those in which they go on, over however many merges. */
  async tickets(ids: readonly string[]): Promise<Map<string, TicketRow>> {
    const found = new Map<string, TicketRow>();
    for (let next = [...ids]; next.length > 0;) {
      const rows = (await this.tx.query(
        'select ticket_id, number::int as number, customer_id, channel, status, merged_into, reply_address from ticket where ticket_id = any($1::text[])',
        [next],
      )) as TicketRow[];
      for (const row of rows) found.set(row.ticket_id, row);
      next = rows.flatMap(({ merged_into: into }) => (into === null || found.has(into) ? [] : [into]));
    }
    return found;
  }

  /** Inserts the tickets and returns their numbers. */
  async insertTickets(tickets: readonly NewTicket[], now: Date): Promise<Map<string, number>> {
    if (tickets.length === 0) return new Map();
    const rows = (await this.tx.query(
      `insert into ticket (ticket_id, customer_id, channel, channel_account, subject, reply_address, conversation, created_at)
       select *, $8::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) returning ticket_id, number::int as number`,
      [
        tickets.map((ticket) => ticket.ticketId),
        tickets.map((ticket) => ticket.customerId),
        tickets.map((ticket) => ticket.submission.channel),
        tickets.map((ticket) => ticket.submission.channelAccount),
        tickets.map((ticket) => ticket.submission.subject),
        tickets.map((ticket) => ticket.submission.customer.address),
        tickets.map((ticket) => ticket.submission.conversation ?? null),
        now,
      ],
    )) as { ticket_id: string; number: number }[];
    return new Map(rows.map((row) => [row.ticket_id, row.number]));
  }

  async insertMessages(messages: readonly NewMessage[], now: Date): Promise<void> {
    if (messages.length === 0) return;
    await this.tx.query(
      `with raw as (
         insert into raw_original (raw_id, door, ticket_id, message_id, bytes, sha256, size_bytes, at)
         select raw_id, door, ticket_id, message_id, bytes, sha256, size_bytes, $12::timestamptz
         from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::int[]) as r(raw_id, door, ticket_id, message_id, bytes, sha256, size_bytes))
       insert into message (message_id, ticket_id, direction, kind, author, text, provider_message_id, at)
       select m, t, 'in', k, a, b, p, $12::timestamptz from unnest($4::text[], $3::text[], $8::text[], $9::text[], $10::text[], $11::text[]) as x(m, t, k, a, b, p)`,
      [
        messages.map((message) => message.rawId),
        messages.map((message) => message.submission.door),
        messages.map((message) => message.ticketId),
        messages.map((message) => message.messageId),
        messages.map((message) => message.submission.raw.bytes ?? null),
        messages.map((message) => message.submission.raw.sha256 ?? null),
        messages.map((message) => message.submission.raw.sizeBytes),
        messages.map((message) => message.submission.kind),
        messages.map(({ submission: { customer } }) => customer.identity ?? customer.address),
        messages.map((message) => message.submission.text),
        messages.map((message) => message.submission.providerMessageId ?? null),
        now,
      ],
    );
  }

  async insertAttachments(messages: readonly NewMessage[]): Promise<void> {
    const rows = messages.flatMap((message) => message.submission.attachments.map((attachment) => ({ ...message, attachment })));
    if (rows.length === 0) return;
    await this.tx.query(
      `insert into attachment (attachment_id, message_id, ticket_id, filename, content_type, size_bytes, sha256)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])`,
      [
        rows.map(({ attachment }) => attachment.attachmentId),
        rows.map((row) => row.messageId),
        rows.map((row) => row.ticketId),
        rows.map(({ attachment }) => attachment.filename),
        rows.map(({ attachment }) => attachment.contentType),
        rows.map(({ attachment }) => attachment.sizeBytes),
        rows.map(({ attachment }) => attachment.sha256),
      ],
    );
  }

  async insertQuarantined(rows: readonly (Quarantined & { rawId: string })[], now: Date): Promise<void> {
    if (rows.length === 0) return;
    await this.tx.query(
      `insert into raw_original (raw_id, door, bytes, sha256, size_bytes, quarantine_reason, at)
       select *, $7::timestamptz from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::int[], $6::text[])`,
      [
        rows.map((row) => row.rawId),
        rows.map((row) => row.door),
        rows.map((row) => row.raw.bytes ?? null),
        rows.map((row) => row.raw.sha256 ?? null),
        rows.map((row) => row.raw.sizeBytes),
        rows.map((row) => row.reason),
        now,
      ],
    );
  }
}
