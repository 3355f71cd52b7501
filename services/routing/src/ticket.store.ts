import { policyInForce, type RoutingPolicy } from '@signalbox/contracts';
import type { ConfigurationSnapshot } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import { domainOfTicket } from './domain/matching-domain.js';
import { levelsAsked } from './domain/overflow.js';
import type { Overdue } from './domain/staffing-alarm.js';
import {
  firstQueuedAtOf,
  isRescueAsked,
  orderRankOf,
  overAgeAtOf,
  priorityRankOf,
  queueIdOf,
  readyAtOf,
  rescueAtOf,
  standingOf,
  waitsSinceOf,
  type TicketFacts,
  type TicketStanding,
} from './domain/ticket-facts.js';

export interface TicketRow {
  readonly ticketId: string;
  /** In whose rounds the ticket was when it was read; saving finds it anew. */
  readonly domain: string;
  facts: TicketFacts;
  /** The proposal nobody has answered yet. */
  proposalId: string | null;
  /** When a ready ticket is tried again though no agent changed; null = as soon as it is ready. */
  nextTryAt: Date | null;
}

interface StoredTicket {
  ticket_id: string;
  domain: string;
  facts: TicketFacts;
  proposal_id: string | null;
  next_try_at: Date | null;
}

const toRow = (row: StoredTicket): TicketRow => ({
  ticketId: row.ticket_id,
  domain: row.domain,
  facts: row.facts,
  proposalId: row.proposal_id,
  nextTryAt: row.next_try_at,
});

/** How long routing waits for others, from the active policy. */
export function patienceOf(config: ConfigurationSnapshot): { answerWaitMs: number; enrichmentWaitMs: number } {
  return activePolicy(config)?.policy ?? { answerWaitMs: 150, enrichmentWaitMs: 5_000 };
}

/** How far back learning looks, from the active policy. */
export function memoryOf(config: ConfigurationSnapshot): { memoryTickets: number; returnsWithinDays: number } {
  return activePolicy(config)?.policy.learning ?? { memoryTickets: 100, returnsWithinDays: 7 };
}

export function activePolicy(config: ConfigurationSnapshot) {
  const policies = config.all('routing-policy');
  const name = policyInForce([...policies.keys()]);
  const policy = name === undefined ? undefined : policies.get(name);
  return name === undefined || policy === undefined ? undefined : { name, policy, version: config.versionOf('routing-policy', name) };
}

/** Queues whose service level the active policy's overflow looks at. */
export function donorsIn(config: ConfigurationSnapshot): ReadonlySet<string> {
  const active = activePolicy(config);
  return new Set(active && levelsAsked(active.policy).map((one) => one.queueId));
}

const date = (ms: number | undefined | null): Date | null => (ms === undefined || ms === null ? null : new Date(ms));

/** Each change after which agents might take what they could not before carries its transaction's id. */
const newestRoomIn = (domain: string): string =>
  `(select roomier_xid from routing_agent where domain = ${domain} order by roomier_xid desc limit 1)`;

/** As `inOrder` of a round: $1 now, $2 until when a deadline is near. */
const IN_ORDER = `order by coalesce(over_age_at <= $1, false) desc, case when over_age_at <= $1 then first_queued_at end,
  coalesce(due_at > $1 and due_at <= $2, false) desc, order_rank, due_at, first_queued_at`;
/** A superset of the first $4 of the domain $3 in that order, by index: of each priority the oldest, the nearest deadlines, and those still to be kept. */
const foremost = (which: string): string => {
  const of = (rank: string, more = ''): string =>
    `select ticket_id from routing_ticket where domain = $3 and state = 'waiting' and ${rank} = rank and ready_at <= $1 and ${which} ${more}`;
  return `select distinct t.ticket_id from generate_series(0, 3) rank cross join lateral (
    (${of('priority_rank')} order by first_queued_at limit $4)
    union all (${of('order_rank')} order by due_at, first_queued_at limit $4)
    union all (${of('order_rank', 'and due_at > $1 and due_at <= $2')} order by due_at, first_queued_at limit $4)) t`;
};
/** Equal to `now` where the policy lets no ticket go before others for its deadline. */
const nearBreachUntil = ({ agentSlaPressure, nearBreachMinutes }: RoutingPolicy, now: Date): Date =>
  new Date(now.getTime() + (agentSlaPressure === 'protect' ? nearBreachMinutes * 60_000 : 0));

export class TicketStore {
  constructor(private readonly tx: EntityManager) {}

  /** Makes missing rows and locks all, in id order. */
  async load(ids: readonly string[]): Promise<Map<string, TicketRow>> {
    const unique = [...new Set(ids)].sort();
    const lock = async (): Promise<StoredTicket[]> =>
      this.tx.query(
        `select t.ticket_id, t.domain, t.facts, t.next_try_at,
           (select proposal_id from proposal p where p.ticket_id = t.ticket_id and p.agent_version is null) as proposal_id
         from routing_ticket t where t.ticket_id = any($1::text[]) order by t.ticket_id for update of t`,
        [unique],
      );
    let rows = await lock();
    if (rows.length < unique.length) {
      await this.tx.query(
        'insert into routing_ticket (ticket_id) select id from unnest($1::text[]) as x(id) order by id on conflict do nothing',
        [unique],
      );
      rows = await lock();
    }
    return new Map(rows.map((row) => [row.ticket_id, toRow(row)]));
  }

  /**
   * The next tickets a round of the domain may take: those whose time has come (new, changed, next step), and those last tried before an
   * agent had more room, or before the configuration's latest change. The first in the round's own order (`inOrder`); beside them some that
   * were tried longest ago, and some whose time came longest ago (never tried, perhaps), so that none starves behind a long queue that
   * every change wakes. Others' locked rows are left to them.
   */
  async takeReady(domain: string, now: Date, policy: RoutingPolicy, bundle: number, max: number): Promise<TicketRow[]> {
    const woken = `(tried_xmin <= ${newestRoomIn('$3')} or tried_bundle < $5)`;
    const rows = (await this.tx.query(
      `with anybody as materialized (select exists (select from routing_ticket where domain = $3 and state = 'waiting' and tried_xmin <= ${newestRoomIn('$3')})
           or exists (select from routing_ticket where domain = $3 and state = 'waiting' and tried_bundle < $5) as woken),
       eligible as (
         (select ticket_id from routing_ticket where domain = $3 and state = 'waiting' and next_try_at <= $1 order by next_try_at limit 5 * $4::int)
         union ${foremost(`${woken} and (select woken from anybody)`)}),
       first as (select ticket_id from routing_ticket join eligible using (ticket_id) ${IN_ORDER} limit $4),
       longest_ago as (
         select ticket_id from routing_ticket where domain = $3 and state = 'waiting' and ready_at <= $1 and tried_xmin <= ${newestRoomIn('$3')}
         order by tried_xmin limit $4 / 5),
       longest_due as (
         select ticket_id from routing_ticket where domain = $3 and state = 'waiting' and next_try_at <= $1 order by next_try_at limit $4 / 5)
       select t.ticket_id, t.domain, t.facts, t.next_try_at, null as proposal_id from routing_ticket t
       join (select ticket_id from first union select ticket_id from longest_ago union select ticket_id from longest_due) picked using (ticket_id)
       where t.state = 'waiting' order by t.ticket_id for update of t skip locked`,
      [now, nearBreachUntil(policy, now), domain, max, bundle],
    )) as StoredTicket[];
    return rows.map(toRow);
  }

  /** The first of all that wait in the domain and are ready, whether they were tried or not: for an agent who asks for the next one. */
  takeWaiting(domain: string, now: Date, policy: RoutingPolicy, max: number): Promise<TicketRow[]> {
    return this.#firstWaiting(domain, now, policy, max, 'for update of t skip locked');
  }
  /** The same to look at only: also those that others have locked. */
  readWaiting(domain: string, now: Date, policy: RoutingPolicy, max: number): Promise<TicketRow[]> {
    return this.#firstWaiting(domain, now, policy, max, '');
  }
  async #firstWaiting(domain: string, now: Date, policy: RoutingPolicy, max: number, lock: string): Promise<TicketRow[]> {
    const rows = (await this.tx.query(
      `with eligible as (${foremost('true')}),
       first as (select ticket_id from routing_ticket join eligible using (ticket_id) ${IN_ORDER} limit $4)
       select t.ticket_id, t.domain, t.facts, t.next_try_at, null as proposal_id from routing_ticket t join first using (ticket_id)
       where t.state = 'waiting' order by t.ticket_id ${lock}`,
      [now, nearBreachUntil(policy, now), domain, max],
    )) as StoredTicket[];
    return rows.map(toRow);
  }

  /** What waits past its maximum age, by domain. */
  async overdue(now: Date): Promise<Overdue[]> {
    const rows = await this.tx.query<{ domain: string; tickets: number; oldest: string; since: Date; reasons: string | null }[]>(
      `select o.domain, o.tickets, t.ticket_id as oldest, t.first_queued_at as since, t.facts->'told'->>'reasons' as reasons
       from (select domain, count(*)::int as tickets from routing_ticket where state = 'waiting' and over_age_at <= $1 group by domain) o
       cross join lateral (select * from routing_ticket where state = 'waiting' and over_age_at <= $1 and domain = o.domain
         order by first_queued_at limit 1) t order by o.domain`,
      [now],
    );
    return rows.map(({ domain, tickets, oldest, since, reasons }) => ({
      domain,
      tickets,
      oldestTicketId: oldest,
      since,
      reasons: (reasons ?? '').split('|').filter((one) => one !== ''),
    }));
  }

  /**
   * Owned tickets for whom somebody else may be looked for: an escalation asks for it, or the deadline lies between now and the instant.
   * @param domain null = of all
   */
  async takeToRescue(domain: string | null, now: Date, before: Date, max: number): Promise<TicketRow[]> {
    const rows = (await this.tx.query(
      `with late as (
         select ticket_id from routing_ticket where rescue_asked and rescue_at <= $1
         union all select ticket_id from routing_ticket where state = 'owned' and due_at > $1 and due_at <= $2 and rescue_at <= $1)
       select t.ticket_id, t.domain, t.facts, t.next_try_at, (select proposal_id from proposal p where p.ticket_id = t.ticket_id) as proposal_id
       from routing_ticket t where t.ticket_id in (select ticket_id from late) and t.rescue_at <= $1 and ($4::text is null or t.domain = $4)
       order by t.due_at limit $3 for update of t skip locked`,
      [now, before, max, domain],
    )) as StoredTicket[];
    return rows.map(toRow);
  }

  /** Domains whose round would find anything to do: for the sweep. Index look-ups only, however many wait. */
  async domainsReady(now: Date, bundle: number): Promise<string[]> {
    const rows = await this.tx.query<{ domain: string }[]>(
      `select domain from matching_domain d
       where exists (select from routing_ticket t where t.domain = d.domain and state = 'waiting' and next_try_at <= $1)
          or exists (select from routing_ticket t where t.domain = d.domain and state = 'waiting' and ready_at <= $1
               and tried_xmin <= ${newestRoomIn('d.domain')})
          or exists (select from routing_ticket t where t.domain = d.domain and state = 'waiting' and ready_at <= $1 and tried_bundle < $2)`,
      [now, bundle],
    );
    return rows.map((row) => row.domain);
  }

  /**
   * Saves facts and derives the columns the queries need from them.
   * @param triedXmin given by a round: it tried these tickets by every agent's change below this transaction id
   */
  async save(rows: readonly TicketRow[], config: ConfigurationSnapshot, now: Date, triedXmin: string | null = null): Promise<void> {
    if (rows.length === 0) return;
    const patience = patienceOf(config);
    const policy = activePolicy(config)?.policy;
    const standings = rows.map((row): TicketStanding => standingOf(row.facts, row.proposalId !== null));
    const ready = rows.map((row) => date(readyAtOf(row.facts, patience)));
    const donors = donorsIn(config);
    const waitsIn = rows.map(({ facts }) => {
      const queueId = donors.size === 0 || waitsSinceOf(facts) === undefined ? null : queueIdOf(facts, config);
      return queueId !== null && donors.has(queueId) ? queueId : null;
    });
    await this.tx.query(
      `update routing_ticket t set facts = x.facts, state = x.state, priority_rank = x.rank, first_queued_at = x.queued, ready_at = x.ready,
         next_try_at = coalesce(x.try, x.ready), owner_agent_id = x.owner, due_at = x.due, waits_in = x.waits_in, waits_since = x.waits_since, domain = x.domain,
         order_rank = x.order_rank, over_age_at = x.over_age, rescue_at = x.rescue, rescue_asked = x.rescue_asked,
         tried_xmin = coalesce($10::xid8, t.tried_xmin), tried_bundle = case when $10::xid8 is null then t.tried_bundle else $11::bigint end
       from unnest($1::text[], $2::json[], $3::text[], $4::smallint[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::timestamptz[],
           $12::text[], $13::timestamptz[], $14::text[], $15::smallint[], $16::timestamptz[], $17::timestamptz[], $18::boolean[])
         as x(id, facts, state, rank, queued, ready, try, owner, due, waits_in, waits_since, domain, order_rank, over_age, rescue, rescue_asked) where t.ticket_id = x.id`,
      [
        rows.map((row) => row.ticketId),
        rows.map((row) => JSON.stringify(row.facts)),
        standings,
        rows.map((row) => priorityRankOf(row.facts)),
        rows.map((row) => date(firstQueuedAtOf(row.facts))),
        ready,
        rows.map((row) => row.nextTryAt),
        rows.map((row) => row.facts.assignment?.agentId ?? null),
        rows.map((row) => date(row.facts.dueAt)),
        triedXmin,
        config.bundle,
        waitsIn,
        rows.map(({ facts }, index) => (waitsIn[index] === null ? null : date(waitsSinceOf(facts)))),
        rows.map((row) => domainOfTicket(row.facts, config)),
        rows.map((row) => orderRankOf(row.facts, policy, now)),
        rows.map((row) => date(overAgeAtOf(row.facts, policy))),
        rows.map((row) => date(rescueAtOf(row.facts, row.proposalId !== null))),
        rows.map((row, index) => standings[index] === 'owned' && isRescueAsked(row.facts)),
      ],
    );
  }
}
