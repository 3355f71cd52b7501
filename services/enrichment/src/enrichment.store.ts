import type { EntityManager } from 'typeorm';

export interface TicketRow {
  readonly ticketId: string;
  readonly customerId: string;
  readonly address: string;
  readonly subject: string;
  readonly body: string;
  readonly channel: 'web' | 'email' | 'chat' | 'social';
  readonly declaredLanguage: string | undefined;
  readonly attachments: number;
  readonly receivedAt: Date;
}

export interface Background {
  readonly tier: string | undefined;
  readonly accountStatus: string | undefined;
  readonly language: string | undefined;
  readonly profileKnown: boolean;
  readonly ticketsTotal: number;
  readonly ticketsLast30Days: number;
  readonly reopenings: number;
  readonly lastCategory: string | undefined;
  readonly recentAgentIds: string[];
}

const RECENT_AGENTS_MAX = 5;

export class EnrichmentStore {
  constructor(private readonly tx: EntityManager) {}

  /** Fills the columns intake speaks of; the row may be there already, made by assignment's events. */
  async insert(rows: readonly TicketRow[]): Promise<void> {
    await this.tx.query(
      `insert into enriched_ticket as t (ticket_id, customer_id, address, subject, body, channel, declared_language, attachments, received_at)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::timestamptz[]) order by 1
       on conflict (ticket_id) do update set customer_id = excluded.customer_id, address = excluded.address, subject = excluded.subject, body = excluded.body,
         channel = excluded.channel, declared_language = excluded.declared_language, attachments = excluded.attachments, received_at = excluded.received_at`,
      [
        rows.map((row) => row.ticketId),
        rows.map((row) => row.customerId),
        rows.map((row) => row.address),
        rows.map((row) => row.subject),
        rows.map((row) => row.body),
        rows.map((row) => row.channel),
        rows.map((row) => row.declaredLanguage ?? null),
        rows.map((row) => row.attachments),
        rows.map((row) => row.receivedAt),
      ],
    );
  }

  /** What is known of each ticket's customer at its receipt: later tickets do not count, so that any order of events gives the same. */
  async backgrounds(rows: readonly TicketRow[]): Promise<Map<string, Background>> {
    const found = (await this.tx.query(
      `select x.ticket_id, p.tier, p.account_status, p.language, p.address is not null as profile_known,
              h.total::int as total, h.recent::int as recent, h.reopenings::int as reopenings, h.last_category, coalesce(h.agents, '{}') as agents
       from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as x(ticket_id, customer_id, address, received_at)
       left join customer_profile p on p.address = x.address
       left join lateral (
         select count(*) as total, count(*) filter (where e.received_at > x.received_at - interval '30 days') as recent, coalesce(sum(e.reopenings), 0) as reopenings,
                (array_agg(e.category order by e.received_at desc) filter (where e.category is not null))[1] as last_category,
                (array_agg(e.solved_by order by e.solved_at desc) filter (where e.solved_by is not null))[1:20] as agents
         from (select * from enriched_ticket o where o.customer_id = x.customer_id and o.ticket_id <> x.ticket_id and o.received_at < x.received_at
               order by o.received_at desc limit 200) e
       ) h on true`,
      [
        rows.map((row) => row.ticketId),
        rows.map((row) => row.customerId),
        rows.map((row) => row.address),
        rows.map((row) => row.receivedAt),
      ],
    )) as {
      ticket_id: string;
      tier: string | null;
      account_status: string | null;
      language: string | null;
      profile_known: boolean;
      total: number;
      recent: number;
      reopenings: number;
      last_category: string | null;
      agents: string[];
    }[];
    return new Map(
      found.map((row): [string, Background] => [
        row.ticket_id,
        {
          tier: row.tier ?? undefined,
          accountStatus: row.account_status ?? undefined,
          language: row.language ?? undefined,
          profileKnown: row.profile_known,
          ticketsTotal: row.total,
          ticketsLast30Days: row.recent,
          reopenings: row.reopenings,
          lastCategory: row.last_category ?? undefined,
          recentAgentIds: [...new Set(row.agents)].slice(0, RECENT_AGENTS_MAX),
        },
      ]),
    );
  }

  async saveResult(rows: readonly { ticketId: string; category: string | null; missing: readonly string[] }[]): Promise<void> {
    await this.tx.query(
      `update enriched_ticket t set category = x.category, missing = string_to_array(x.missing, ',')
       from unnest($1::text[], $2::text[], $3::text[]) as x(ticket_id, category, missing) where t.ticket_id = x.ticket_id`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.category), rows.map((row) => row.missing.join(','))],
    );
  }

  /** Unsolved tickets that lack something, or all of some addresses: locked, oldest first. */
  async unfinished(which: { missing: string } | { addresses: readonly string[] }, max: number): Promise<TicketRow[]> {
    const condition = 'missing' in which ? '$1 = any(missing)' : 'address = any($1::text[])';
    const rows = (await this.tx.query(
      `select ticket_id, customer_id, address, subject, body, channel, declared_language, attachments, received_at from enriched_ticket
       where solved_at is null and received_at is not null and ${condition} order by received_at limit $2 for update skip locked`,
      ['missing' in which ? which.missing : which.addresses, max],
    )) as {
      ticket_id: string;
      customer_id: string;
      address: string;
      subject: string;
      body: string;
      channel: TicketRow['channel'];
      declared_language: string | null;
      attachments: number;
      received_at: Date;
    }[];
    return rows.map((row) => ({
      ticketId: row.ticket_id,
      customerId: row.customer_id,
      address: row.address,
      subject: row.subject,
      body: row.body,
      channel: row.channel,
      declaredLanguage: row.declared_language ?? undefined,
      attachments: row.attachments,
      receivedAt: row.received_at,
    }));
  }

  async solved(rows: readonly { ticketId: string; agentId: string | null; at: Date }[]): Promise<void> {
    await this.tx.query(
      `insert into enriched_ticket as t (ticket_id, solved_by, solved_at)
       select distinct on (i) i, a, s from unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality as x(i, a, s, n) order by i, n desc
       on conflict (ticket_id) do update set solved_by = excluded.solved_by, solved_at = excluded.solved_at`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.agentId), rows.map((row) => row.at)],
    );
  }
  async reopened(rows: readonly { ticketId: string; reopenings: number }[]): Promise<void> {
    await this.tx.query(
      `insert into enriched_ticket as t (ticket_id, reopenings) select i, max(r) from unnest($1::text[], $2::int[]) as x(i, r) group by i order by i
       on conflict (ticket_id) do update set reopenings = greatest(t.reopenings, excluded.reopenings), solved_at = null`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.reopenings)],
    );
  }

  async saveProfiles(
    profiles: readonly {
      address: string;
      crmCustomerId: string | null;
      tier: string | null;
      accountStatus: string | null;
      language: string | null;
      source: 'topic' | 'crm';
      removed: boolean;
    }[],
    now: Date,
  ): Promise<void> {
    const kept = profiles.filter((profile) => !profile.removed);
    const removed = profiles.filter((profile) => profile.removed).map((profile) => profile.crmCustomerId);
    await this.tx.query('delete from customer_profile where crm_customer_id = any($1::text[])', [removed]);
    await this.tx.query(
      `insert into customer_profile as p (address, crm_customer_id, tier, account_status, language, source, at)
       select distinct on (a) a, c, t, s, l, o, $7::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality as x(a, c, t, s, l, o, n)
       order by a, n desc
       -- The customers topic is pushed by the CRM itself; an answer we asked for earlier never replaces it.
       on conflict (address) do update set crm_customer_id = excluded.crm_customer_id, tier = excluded.tier, account_status = excluded.account_status,
         language = excluded.language, source = excluded.source, at = excluded.at where excluded.source = 'topic' or p.source = 'crm'`,
      [
        kept.map((profile) => profile.address),
        kept.map((profile) => profile.crmCustomerId),
        kept.map((profile) => profile.tier),
        kept.map((profile) => profile.accountStatus),
        kept.map((profile) => profile.language),
        kept.map((profile) => profile.source),
        now,
      ],
    );
  }
}
