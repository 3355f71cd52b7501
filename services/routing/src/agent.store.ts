import type { AgentState, Channel } from '@signalbox/contracts';
import type { ConfigurationSnapshot } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import { domainOfAgent } from './domain/matching-domain.js';
import { inIdOrder } from './domain/roster.js';
import type { CandidateAgent } from './domain/waiting-ticket.js';

type AgentData = AgentState['data'];

/** What the transaction that reads has written itself, and may yet roll back. */
const OWN = 'changed_xid = pg_current_xact_id_if_assigned() as own';

/** This process's copy of all agents: each round reads only what changed since the last look. */
export class AgentCache {
  readonly #agents = new Map<string, CandidateAgent>();
  /** By agent. */
  readonly #domains = new Map<string, string>();
  /** By domain; made anew when somebody came or went. */
  readonly #sorted = new Map<string, readonly CandidateAgent[]>();
  #seenXmin = '0';
  /** Agents of whom the last look saw what it could not know to be committed: they are read again. */
  #uncertain: string[] = [];

  /** Those of a domain, in the order of their ids. */
  of(domain: string): readonly CandidateAgent[] {
    let sorted = this.#sorted.get(domain);
    if (!sorted) {
      sorted = inIdOrder([...this.#agents.values()].filter(({ agentId }) => this.#domains.get(agentId) === domain));
      this.#sorted.set(domain, sorted);
    }
    return sorted;
  }
  domainOf(agentId: string): string | undefined {
    return this.#domains.get(agentId);
  }

  /** @returns xmin: every transaction below it is over and seen, so nothing that commits later can have a smaller id */
  async renew(tx: EntityManager): Promise<string> {
    const [[snapshot], agents] = await Promise.all([
      tx.query<{ xmin: string }[]>('select pg_snapshot_xmin(pg_current_snapshot())::text as xmin'),
      tx.query<StoredAgent[]>(
        `select agent_id, state, domain, ${OWN} from routing_agent where changed_xid >= $1::xid8 or agent_id = any($2::text[])`,
        [this.#seenXmin, this.#uncertain],
      ),
    ]);
    this.#take(agents);
    this.#seenXmin = snapshot!.xmin;
    this.#uncertain = agents.filter((row) => row.own).map((row) => row.agent_id);
    return snapshot!.xmin;
  }

  #take(rows: readonly StoredAgent[]): void {
    const found = new Set(rows.map((row) => row.agent_id));
    for (const agentId of this.#uncertain) if (!found.has(agentId)) this.#place(agentId, undefined);
    const changed = new Set<string>();
    for (const { agent_id: agentId, state, domain } of rows) {
      if (state.removed) this.#agents.delete(agentId);
      else this.#agents.set(agentId, candidateOf(agentId, state, this.#agents.get(agentId)));
      this.#place(agentId, state.removed ? undefined : domain);
      changed.add(domain);
    }
    for (const domain of changed) {
      const sorted = this.#sorted.get(domain);
      if (sorted)
        this.#sorted.set(
          domain,
          sorted.map(({ agentId }) => this.#agents.get(agentId)!),
        );
    }
  }

  /** @param domain undefined = in none any more */
  #place(agentId: string, domain: string | undefined): void {
    const before = this.#domains.get(agentId);
    if (before === domain) return;
    for (const one of [before, domain]) if (one !== undefined) this.#sorted.delete(one);
    if (domain !== undefined) this.#domains.set(agentId, domain);
    else {
      this.#domains.delete(agentId);
      this.#agents.delete(agentId);
    }
  }
}

/** An agent's record as a round sees it. What it can do keeps its objects while it says the same: the roster is remembered by them. */
function candidateOf(agentId: string, state: AgentData, before: CandidateAgent | undefined): CandidateAgent {
  const channelUnitsUsed: Partial<Record<Channel, number>> = {};
  for (const hold of state.holds) channelUnitsUsed[hold.channel] = (channelUnitsUsed[hold.channel] ?? 0) + hold.units;
  return {
    agentId,
    agentVersion: state.agentVersion,
    presence: state.presence,
    inRotation: state.inRotation,
    skills: same(before?.skills, state.skills),
    languages: same(before?.languages, state.languages),
    queueIds: same(before?.queueIds, state.queueIds),
    unitsMax: state.unitsMax,
    channelUnitsMax: state.channelUnitsMax,
    unitsUsed: state.unitsUsed,
    interruptibleUnitsMax: state.interruptibleUnitsMax ?? null,
    interruptibleUnitsUsed: state.interruptibleUnitsUsed ?? 0,
    channelUnitsUsed,
    idleSince: instant(state.idleSince),
    lastAssignedAt: instant(state.lastAssignedAt),
    ...(state.onShift !== undefined && { onShift: state.onShift }),
    shiftEndsAt: instant(state.shiftEndsAt),
    work: state.holds.map((hold) => hold.category ?? null),
  };
}
const instant = (text: string | null | undefined): number | null => (text === null || text === undefined ? null : Date.parse(text));
const same = <T>(before: T | undefined, after: T): T =>
  before !== undefined && JSON.stringify(before) === JSON.stringify(after) ? before : after;

interface StoredAgent {
  readonly agent_id: string;
  readonly state: AgentData;
  readonly domain: string;
  readonly own: boolean | null;
}
const LOAD = "'{agentVersion,unitsUsed,interruptibleUnitsUsed,holds,idleSince,lastAssignedAt}'::text[]";
const used = (of: string, pool: string): string => `coalesce((${of}.state->>'${pool}')::numeric, 0)`;
/** Of a new record (excluded) beside the one before: anything else than more tickets in hand. */
const ROOMIER = `(routing_agent.state - ${LOAD} <> excluded.state - ${LOAD}
           or ${used('excluded', 'unitsUsed')} < ${used('routing_agent', 'unitsUsed')}
           or ${used('excluded', 'interruptibleUnitsUsed')} < ${used('routing_agent', 'interruptibleUnitsUsed')}
           or exists (select from jsonb_array_elements(routing_agent.state->'holds') hold where not excluded.state->'holds' @>
             jsonb_build_array(jsonb_build_object('ticketId', hold->'ticketId', 'units', hold->'units', 'channel', hold->'channel'))))`;

/** Who is in another domain than their queues by this configuration. */
export interface Leaving {
  /** Where some have gone. */
  readonly domains: readonly string[];
  /** Who cannot go yet. */
  readonly held: ReadonlySet<string>;
}
export class AgentStore {
  constructor(private readonly tx: EntityManager) {}

  /**
   * A state said again is no change. A newcomer is in the domain of their queues at once; who was there before stays where they are until a
   * round lets them go.
   * @param waitedFor tickets may be waiting for who is busy: then any change wakes what waits, else only more room or other abilities
   * @returns the domains of those who changed
   */
  async save(
    agents: readonly { agentId: string; state: AgentData }[],
    config: ConfigurationSnapshot,
    { waitedFor }: { waitedFor: boolean },
  ): Promise<string[]> {
    const newest = new Map(agents.map((agent) => [agent.agentId, agent.state]));
    const ids = [...newest.keys()].sort();
    const rows = await this.tx.query<{ domain: string }[]>(
      `insert into routing_agent (agent_id, state, domain, bundle) select *, $4::bigint from unnest($1::text[], $2::jsonb[], $3::text[])
       on conflict (agent_id) do update set state = excluded.state, changed_xid = pg_current_xact_id(),
         roomier_xid = case when $5::boolean or ${ROOMIER} then pg_current_xact_id() else routing_agent.roomier_xid end,
         bundle = case when routing_agent.state->'queueIds' = excluded.state->'queueIds' then routing_agent.bundle else 0 end
       where routing_agent.state <> excluded.state returning domain`,
      [
        ids,
        ids.map((id) => JSON.stringify(newest.get(id))),
        ids.map((id) => domainOfAgent(newest.get(id)!.queueIds, config)),
        config.bundle,
        waitedFor,
      ],
    );
    return rows.map((row) => row.domain);
  }

  /** Domains with agents whom nobody has looked at since this configuration, or since their queues changed. */
  async domainsToSort(bundle: number): Promise<string[]> {
    const rows = await this.tx.query<{ domain: string }[]>(
      'select domain from matching_domain d where exists (select from routing_agent a where a.domain = d.domain and a.bundle < $1)',
      [bundle],
    );
    return rows.map((row) => row.domain);
  }

  /**
   * Lets those go to another domain whose queues are of it by now. The caller holds the domain, and who goes has no proposal under way that
   * the other domain's round, begun at the same time, might not see: nobody's room is ever counted by two. Locked rows are left for later.
   * @returns undefined when there was nobody to look at
   */
  async leave(domain: string, config: ConfigurationSnapshot): Promise<Leaving | undefined> {
    const rows = await this.tx.query<{ agent_id: string; queue_ids: string[] }[]>(
      `select agent_id, state->'queueIds' as queue_ids from routing_agent where domain = $1 and bundle < $2 order by agent_id`,
      [domain, config.bundle],
    );
    if (rows.length === 0) return undefined;
    const targets = new Map(rows.map((row) => [row.agent_id, domainOfAgent(row.queue_ids, config)]));
    const [sorted] = (await this.tx.query(
      `with free as (
         select a.agent_id, x.domain from unnest($1::text[], $2::text[], $3::jsonb[]) as x(agent_id, domain, queue_ids)
         join routing_agent a on a.agent_id = x.agent_id and a.state->'queueIds' = x.queue_ids
         where x.domain = $4 or not exists (select from proposal p where p.agent_id = x.agent_id)
         order by a.agent_id for update of a skip locked)
       update routing_agent a set domain = f.domain, bundle = $5, changed_xid = case when f.domain = $4 then a.changed_xid else pg_current_xact_id() end,
         roomier_xid = case when f.domain = $4 then a.roomier_xid else pg_current_xact_id() end
       from free f where a.agent_id = f.agent_id returning a.agent_id, a.domain`,
      [rows.map((row) => row.agent_id), [...targets.values()], rows.map((row) => JSON.stringify(row.queue_ids)), domain, config.bundle],
    )) as [{ agent_id: string; domain: string }[], number];
    for (const { agent_id: agentId } of sorted) targets.delete(agentId);
    return {
      domains: [...new Set(sorted.map((row) => row.domain))].filter((one) => one !== domain),
      held: new Set([...targets].filter(([, target]) => target !== domain).map(([agentId]) => agentId)),
    };
  }

  /** Remembers for 7 days when agents were offline: one who holds a ticket for longer may have been away before. */
  async wentAndCame(agents: readonly { agentId: string; at: Date; offline: boolean }[]): Promise<void> {
    await this.tx.query(
      `with said as (
         select id, at, offline, lead(at) over (partition by id order by at, n) as until
         from unnest($1::text[], $2::timestamptz[], $3::boolean[]) with ordinality as x(id, at, offline, n)),
       batch as (
         select id, min(at) as since, bool_or(offline) as went, bool_or(not offline) as came,
           coalesce(range_agg(tstzrange(at, until)) filter (where offline), '{}') as offline
         from said group by id)
       update routing_agent a set offline = a.offline * tstzmultirange(tstzrange(since - interval '7 days', since)) + batch.offline
       from batch where a.agent_id = id and (went and not upper_inf(a.offline) or came and upper_inf(a.offline))`,
      [agents.map((one) => one.agentId), agents.map((one) => one.at), agents.map((one) => one.offline)],
    );
  }

  /** Locks the rows of these agents and of those whom these tickets are proposed to, in id order. */
  async lock(agentIds: readonly string[], proposedTicketIds: readonly string[]): Promise<void> {
    await this.tx.query(
      `select from routing_agent where agent_id = any($1::text[]) or agent_id in (select agent_id from proposal where ticket_id = any($2::text[]))
       order by agent_id for update`,
      [agentIds, proposedTicketIds],
    );
  }

  /**
   * Marks agents (locked by the caller) who have more room though their record is the same: what waits is tried again.
   * @returns their domains
   */
  async roomChanged(agentIds: readonly string[]): Promise<string[]> {
    if (agentIds.length === 0) return [];
    const [rows] = (await this.tx.query(
      'update routing_agent set changed_xid = pg_current_xact_id(), roomier_xid = pg_current_xact_id() where agent_id = any($1::text[]) returning domain',
      [agentIds],
    )) as [{ domain: string }[], number];
    return rows.map((row) => row.domain);
  }

  /** Ids of the domain's agents changed by this transaction id or a later one. */
  async changedSince(domain: string, xid: string): Promise<string[]> {
    const rows = await this.tx.query<{ agent_id: string }[]>(
      'select agent_id from routing_agent where domain = $1 and changed_xid >= $2::xid8',
      [domain, xid],
    );
    return rows.map((row) => row.agent_id);
  }

  /** Tickets of each agent whose deadline lies between the two instants: it can still be kept. */
  async nearBreach(now: Date, before: Date): Promise<Map<string, number>> {
    const rows = (await this.tx.query(
      `select owner_agent_id as agent_id, count(*)::int as tickets from routing_ticket
       where state = 'owned' and due_at > $1 and due_at < $2 group by owner_agent_id`,
      [now, before],
    )) as { agent_id: string; tickets: number }[];
    return new Map(rows.map((row) => [row.agent_id, row.tickets]));
  }

  /** Remembers proposals for the policy's fairness window; a day is as long as a window may be. Waits for no other domain's round. */
  async given(agentIds: readonly string[], now: Date): Promise<void> {
    await this.tx.query('delete from given where ctid = any(array(select ctid from given where at < $1 for update skip locked))', [
      new Date(now.getTime() - 24 * 3_600_000),
    ]);
    await this.tx.query('insert into given (agent_id, at) select id, $2 from unnest($1::text[]) as x(id)', [agentIds, now]);
  }
  async givenSince(since: Date): Promise<Map<string, number>> {
    const rows = (await this.tx.query('select agent_id, count(*)::int as tickets from given where at > $1 group by agent_id', [since])) as {
      agent_id: string;
      tickets: number;
    }[];
    return new Map(rows.map((row) => [row.agent_id, row.tickets]));
  }
}
