import type { AccountStatus } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { keptText } from './domain/text.js';

/** What a CRM knows of a person. */
export interface Profile {
  readonly tier: string | null;
  readonly accountStatus: AccountStatus | null;
  readonly language: string | null;
}

/** One of the CRM's customers as the customers topic has it now. No addresses: removed. */
export interface TopicProfile extends Profile {
  readonly crmCustomerId: string;
  readonly addresses: readonly string[];
}

/** How long an answer of the CRM is taken for true before the next ticket asks again. */
const ANSWER_HOURS_MAX = 24;
/** Waits after 1, 2, 3 … unanswered asks (s): 15, 30, 60 … 3840; then nobody asks until the next ticket. */
const FIRST_WAIT_SECONDS = 15;
const ASKS_MAX = 10;

const INSERT_PROFILES = `
  insert into customer_profile (address, crm_customer_id, tier, account_status, language, source, at)
  select x.*, $6, $7::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as x
  on conflict (address, crm_customer_id) do update set tier = excluded.tier, account_status = excluded.account_status,
    language = excluded.language, source = excluded.source, at = excluded.at`;

/** Addresses and what CRMs know of the people behind them. */
export class CustomerStore {
  constructor(private readonly tx: EntityManager) {}

  /** Whoever adds a ticket from an address, or changes what is known of it, holds its row until the commit: neither misses the other. */
  async lock(addresses: readonly string[]): Promise<void> {
    const distinct = [...new Set(addresses)];
    if (distinct.length === 0) return;
    let locked: unknown[];
    do {
      await this.tx.query(`insert into customer_address (address) select a from unnest($1::text[]) a order by 1 on conflict do nothing`, [
        distinct,
      ]);
      locked = await this.tx.query(`select 1 from customer_address where address = any($1::text[]) order by address for update`, [
        distinct,
      ]);
      // Fewer: a row was forgotten between the two statements.
    } while (locked.length < distinct.length);
  }

  /** From now on the topic says this of these customers, each named once. Gives every address something was or is known of. */
  async replace(profiles: readonly TopicProfile[], now: Date): Promise<string[]> {
    const ids = profiles.map((profile) => keptText(profile.crmCustomerId, 80));
    // Nobody else changes these rows meanwhile: the unit of work holds their partition's version.
    const before = (await this.tx.query(`select distinct address from customer_profile where crm_customer_id = any($1::text[])`, [
      ids,
    ])) as {
      address: string;
    }[];
    const addresses = [...new Set([...before.map((row) => row.address), ...profiles.flatMap((profile) => profile.addresses)])];
    await this.lock(addresses);
    const rows = profiles.flatMap((profile, index) =>
      [...new Set(profile.addresses)].map((address) => ({ address, id: ids[index]!, profile })),
    );
    await this.tx.query(
      `delete from customer_profile p where p.crm_customer_id = any($1::text[])
       and not exists (select 1 from unnest($2::text[], $3::text[]) as x(address, id) where x.address = p.address and x.id = p.crm_customer_id)`,
      [ids, rows.map((row) => row.address), rows.map((row) => row.id)],
    );
    await this.#insert(rows, 'topic', now);
    await this.tx.query(`update customer_address set ask_at = null where address = any($1::text[]) and ask_at is not null`, [
      rows.map((row) => row.address),
    ]);
    await this.#forget(addresses);
    return addresses;
  }

  /** What the CRM answered when asked; the address waits no longer. */
  async saveAnswers(answers: readonly { address: string; profile: Profile }[], now: Date): Promise<void> {
    const rows = new Map(answers.map(({ address, profile }) => [address, { address, id: '', profile }]));
    await this.lock([...rows.keys()]);
    await this.#insert([...rows.values()], 'crm', now);
    await this.tx.query(`update customer_address set ask_at = null, asks = 0 where address = any($1::text[])`, [[...rows.keys()]]);
  }

  /** The CRM is to be asked about those of whom nothing is known, or only an old answer. */
  async ask(addresses: readonly string[], now: Date): Promise<void> {
    await this.tx.query(
      `update customer_address a set ask_at = $2::timestamptz, asks = 0
       where address = any($1::text[]) and (ask_at is null or ask_at > $2::timestamptz + interval '${FIRST_WAIT_SECONDS} seconds')
         and not exists (select 1 from customer_profile p where p.address = a.address
           and (p.source = 'topic' or p.at > $2::timestamptz - interval '${ANSWER_HOURS_MAX} hours'))`,
      [addresses, now],
    );
  }

  /** Addresses to ask about now; each comes again later unless an answer is saved. */
  async claimAsks(now: Date, max: number): Promise<string[]> {
    const [rows] = (await this.tx.query(
      `with due as (select address from customer_address where ask_at <= $1 order by ask_at limit $2 for update skip locked)
       update customer_address a set asks = a.asks + 1,
         ask_at = case when a.asks + 1 < ${ASKS_MAX} then $1::timestamptz + interval '${FIRST_WAIT_SECONDS} seconds' * 2 ^ a.asks end
       from due where a.address = due.address returning a.address`,
      [now, max],
    )) as [{ address: string }[], number];
    return rows.map((row) => row.address);
  }

  async #insert(rows: readonly { address: string; id: string; profile: Profile }[], source: 'topic' | 'crm', now: Date): Promise<void> {
    await this.tx.query(INSERT_PROFILES, [
      rows.map((row) => row.address),
      rows.map((row) => row.id),
      rows.map(({ profile }) => (profile.tier === null ? null : keptText(profile.tier, 40))),
      rows.map(({ profile }) => profile.accountStatus),
      rows.map(({ profile }) => profile.language),
      source,
      now,
    ]);
  }

  /** An address that neither a ticket nor a profile has any longer is not kept. */
  async #forget(addresses: readonly string[]): Promise<void> {
    await this.tx.query(
      `delete from customer_address a where address = any($1::text[])
       and not exists (select 1 from customer_profile p where p.address = a.address)
       and not exists (select 1 from enriched_ticket t where t.address = a.address)`,
      [addresses],
    );
  }
}
