import type { AccountStatus, Channel } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';

/** What intake says of a ticket, cut to what is read of it. */
export interface ReceivedTicket {
  readonly ticketId: string;
  readonly customerId: string;
  /** Null: nobody can be known by it. */
  readonly address: string | null;
  readonly subject: string;
  readonly body: string;
  readonly channel: Channel;
  readonly declaredLanguage: string | null;
  readonly attachments: number;
  readonly receivedAt: Date;
}

/** A locked row: what was received, and what became of it. */
export interface TicketRow extends ReceivedTicket {
  readonly solved: boolean;
  readonly reopenings: number;
  /** Hash of the last record published; null: none yet. */
  readonly said: string | null;
}

export interface Background {
  readonly tier: string | null;
  readonly accountStatus: AccountStatus | null;
  readonly language: string | null;
  readonly profileKnown: boolean;
  readonly ticketsTotal: number;
  readonly ticketsLast30Days: number;
  /** Of the latest earlier ticket that has one and is not enriched in the same call. */
  readonly lastCategory: string | null;
  readonly lastCategoryAt: Date | null;
  readonly recentAgentIds: readonly string[];
}

export interface TicketResult {
  readonly ticketId: string;
  readonly category: string | null;
  readonly classifiedBy: string | null;
  readonly said: string | null;
}

/** A customer's earlier tickets are counted up to here: more says no more, and the cost of a flooding address stays bounded. */
const EARLIER_TICKETS_MAX = 200;
const RECENT_AGENTS_MAX = 5;
/** Tickets received longer ago than this need no category any more. */
const CLASSIFY_DAYS_MAX = 30;

const COLUMNS = `ticket_id as "ticketId", customer_id as "customerId", address, subject, body, channel, declared_language as "declaredLanguage",
  attachments, received_at as "receivedAt", solved_at is not null as solved, reopenings, said`;

/**
 * What is known of each ticket's customer at its receipt: tickets received later do not count, so that enriching again
 * gives the same. Of several of the CRM's customers with one address the first by id counts; an answer we asked for, only without any.
 */
const BACKGROUNDS = `
  select x.ticket_id as "ticketId", p.tier, p.account_status as "accountStatus", p.language, p.source is not null as "profileKnown",
    h.total::int as "ticketsTotal", h.recent::int as "ticketsLast30Days", h.categories[1] as "lastCategory",
    h.categories_at[1] as "lastCategoryAt", coalesce(h.agents, '{}') as "recentAgentIds"
  from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as x(ticket_id, customer_id, address, received_at)
  left join lateral (
    select c.tier, c.account_status, c.language, c.source from customer_profile c where c.address = x.address
    order by c.source = 'topic' desc, c.crm_customer_id limit 1
  ) p on true
  left join lateral (
    select count(*) as total, count(*) filter (where e.received_at > x.received_at - interval '30 days') as recent,
      array_agg(e.category order by e.received_at desc, e.ticket_id desc) filter (where e.known) as categories,
      array_agg(e.received_at order by e.received_at desc, e.ticket_id desc) filter (where e.known) as categories_at,
      (array_agg(e.solved_by order by e.solved_at desc nulls last, e.received_at desc) filter (where e.solved_by is not null))[1:20] as agents
    from (
      select o.ticket_id collate "C" as ticket_id, o.received_at, o.category, o.solved_by, o.solved_at,
        o.category is not null and o.ticket_id <> all($1) as known
      from enriched_ticket o
      where o.customer_id = x.customer_id and o.received_at <= x.received_at
        and (o.received_at, o.ticket_id collate "C") < (x.received_at, x.ticket_id collate "C")
      order by o.received_at desc, 1 desc limit ${EARLIER_TICKETS_MAX}
    ) e
  ) h on true`;

/** Rows of enriched_ticket. Whoever changes one holds its lock. */
export class TicketStore {
  constructor(private readonly tx: EntityManager) {}

  /** Fills the columns intake speaks of; a row may be there already, made by assignment's events. Each ticket once. */
  async receive(tickets: readonly ReceivedTicket[]): Promise<TicketRow[]> {
    return (await this.tx.query(
      `insert into enriched_ticket as t (ticket_id, customer_id, address, subject, body, channel, declared_language, attachments, received_at)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::timestamptz[])
       order by 1
       on conflict (ticket_id) do update set customer_id = excluded.customer_id, address = excluded.address, subject = excluded.subject,
         body = excluded.body, channel = excluded.channel, declared_language = excluded.declared_language,
         attachments = excluded.attachments, received_at = excluded.received_at
       returning ${COLUMNS}`,
      [
        tickets.map((ticket) => ticket.ticketId),
        tickets.map((ticket) => ticket.customerId),
        tickets.map((ticket) => ticket.address),
        tickets.map((ticket) => ticket.subject),
        tickets.map((ticket) => ticket.body),
        tickets.map((ticket) => ticket.channel),
        tickets.map((ticket) => ticket.declaredLanguage),
        tickets.map((ticket) => ticket.attachments),
        tickets.map((ticket) => ticket.receivedAt),
      ],
    )) as TicketRow[];
  }

  async backgrounds(tickets: readonly ReceivedTicket[]): Promise<ReadonlyMap<string, Background>> {
    const found = (await this.tx.query(BACKGROUNDS, [
      tickets.map((ticket) => ticket.ticketId),
      tickets.map((ticket) => ticket.customerId),
      tickets.map((ticket) => ticket.address),
      tickets.map((ticket) => ticket.receivedAt),
    ])) as (Background & { ticketId: string })[];
    return new Map(
      found.map((row) => [row.ticketId, { ...row, recentAgentIds: [...new Set(row.recentAgentIds)].slice(0, RECENT_AGENTS_MAX) }]),
    );
  }

  async save(results: readonly TicketResult[]): Promise<void> {
    await this.tx.query(
      `update enriched_ticket t set category = x.category, classified_by = x.classified_by, said = x.said, stale = false
       from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as x(ticket_id, category, classified_by, said)
       where t.ticket_id = x.ticket_id`,
      [
        results.map((result) => result.ticketId),
        results.map((result) => result.category),
        results.map((result) => result.classifiedBy),
        results.map((result) => result.said),
      ],
    );
  }

  /**
   * Marks the open tickets of these addresses. Waits for rows that are being enriched at this moment, also for those already marked:
   * they may have been read before what has now changed.
   */
  async markStale(addresses: readonly string[]): Promise<void> {
    await this.tx.query(
      `with of_address as (
         select ticket_id from enriched_ticket where address = any($1::text[]) and solved_at is null order by ticket_id for update)
       update enriched_ticket t set stale = true from of_address o where t.ticket_id = o.ticket_id`,
      [addresses],
    );
  }

  /**
   * Oldest first. Skips what others hold: the mark stays, and the next look finds it. Without a model (`classifying` false), tickets that
   * another instance has classified are left to it.
   */
  async claimStale(classifying: boolean, max: number): Promise<TicketRow[]> {
    return (await this.tx.query(
      `select ${COLUMNS} from enriched_ticket where stale and received_at is not null and ($1 or classified_by is null)
       order by received_at limit $2 for update skip locked`,
      [classifying, max],
    )) as TicketRow[];
  }

  async claimUnclassified(now: Date, max: number): Promise<TicketRow[]> {
    return (await this.tx.query(
      `select ${COLUMNS} from enriched_ticket
       where classified_by is null and received_at is not null and received_at > $1::timestamptz - interval '${CLASSIFY_DAYS_MAX} days'
       order by received_at limit $2 for update skip locked`,
      [now, max],
    )) as TicketRow[];
  }

  async solved(rows: readonly { ticketId: string; agentId: string | null; at: Date }[]): Promise<void> {
    await this.tx.query(
      `insert into enriched_ticket as t (ticket_id, solved_by, solved_at)
       select distinct on (i) i, a, s from unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality as x(i, a, s, n) order by i, n desc
       on conflict (ticket_id) do update set solved_by = excluded.solved_by, solved_at = excluded.solved_at`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.agentId), rows.map((row) => row.at)],
    );
  }

  /** Nothing more is said of them. */
  async merged(rows: readonly { ticketId: string; at: Date }[]): Promise<void> {
    await this.tx.query(
      `insert into enriched_ticket as t (ticket_id, solved_at) select i, max(s) from unnest($1::text[], $2::timestamptz[]) as x(i, s) group by i order by i
       on conflict (ticket_id) do update set solved_at = coalesce(t.solved_at, excluded.solved_at), stale = false`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.at)],
    );
  }

  /** A reopened ticket is more pressing, and may have missed what was learned of its customer while it was solved. */
  async reopened(rows: readonly { ticketId: string; reopenings: number }[]): Promise<void> {
    await this.tx.query(
      `insert into enriched_ticket as t (ticket_id, reopenings) select i, max(r) from unnest($1::text[], $2::int[]) as x(i, r) group by i order by i
       on conflict (ticket_id) do update set reopenings = greatest(t.reopenings, excluded.reopenings), solved_at = null,
         stale = t.received_at is not null`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.reopenings)],
    );
  }
}
