import type { AgentState, Channel } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { NO_CATEGORY, type ObservedCell } from './domain/learning.js';
import { inIdOrder } from './domain/roster.js';
import type { CandidateAgent } from './domain/waiting-ticket.js';

type AgentData = AgentState['data'];

/** What the transaction that reads has written itself, and may yet roll back. */
const OWN = 'changed_xid = pg_current_xact_id_if_assigned() as own';

/** This process's copy of all agents and of what was observed of them: each round reads only what changed since the last look. */
export class AgentCache {
  readonly observed = new Map<string, ObservedCell>();
  readonly #agents = new Map<string, CandidateAgent>();
  #sorted: readonly CandidateAgent[] = [];
  #seenXmin = '0';
  /** Agents of whom the last look saw what it could not know to be committed: they are read again. */
  #uncertain: string[] = [];
  #uncertainCells: string[] = [];

  /** In the order of their ids. */
  get agents(): readonly CandidateAgent[] {
    return this.#sorted;
  }
  has(agentId: string): boolean {
    return this.#agents.has(agentId);
  }

  /** @returns xmin: every transaction below it is over and seen, so nothing that commits later can have a smaller id */
  async renew(tx: EntityManager): Promise<{ xmin: string; observedChanged: boolean }> {
    const since = [this.#seenXmin, this.#uncertain];
    const [[snapshot], agents, cells] = await Promise.all([
      tx.query<{ xmin: string }[]>('select pg_snapshot_xmin(pg_current_snapshot())::text as xmin'),
      tx.query<StoredAgent[]>(
        `select agent_id, state, ${OWN} from routing_agent where changed_xid >= $1::xid8 or agent_id = any($2::text[])`,
        since,
      ),
      tx.query<StoredCell[]>(
        `select agent_id, category, tickets, log_minutes_sum, rated, satisfied, ${OWN} from observed where changed_xid >= $1::xid8 or agent_id = any($2::text[])`,
        since,
      ),
    ]);
    const idsChanged = this.#take(agents);
    if (idsChanged) this.#sorted = inIdOrder([...this.#agents.values()]);
    else if (agents.length > 0) this.#sorted = this.#sorted.map((agent) => this.#agents.get(agent.agentId)!);
    const found = new Set(cells.map(cellKey));
    let observedChanged = false;
    for (const key of this.#uncertainCells) if (!found.has(key)) observedChanged = this.observed.delete(key) || observedChanged;
    for (const cell of cells) {
      const before = this.observed.get(cellKey(cell));
      observedChanged ||= before?.tickets !== cell.tickets || before.rated !== cell.rated || before.satisfied !== cell.satisfied;
      this.observed.set(cellKey(cell), toCell(cell));
    }
    this.#seenXmin = snapshot!.xmin;
    this.#uncertain = [...new Set([...agents, ...cells].filter((row) => row.own).map((row) => row.agent_id))];
    this.#uncertainCells = cells.filter((cell) => cell.own).map(cellKey);
    return { xmin: snapshot!.xmin, observedChanged };
  }

  /** @returns whether somebody came or went */
  #take(rows: readonly StoredAgent[]): boolean {
    let idsChanged = false;
    const found = new Set(rows.map((row) => row.agent_id));
    const gone = this.#uncertain.filter((agentId) => !found.has(agentId));
    for (const agentId of gone) idsChanged = this.#agents.delete(agentId) || idsChanged;
    for (const { agent_id: agentId, state } of rows) {
      const before = this.#agents.get(agentId);
      idsChanged ||= (before === undefined) !== (state.removed === true);
      if (state.removed) this.#agents.delete(agentId);
      else this.#agents.set(agentId, candidateOf(agentId, state, before));
    }
    return idsChanged;
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
    channelUnitsUsed,
    idleSince: instant(state.idleSince),
    lastAssignedAt: instant(state.lastAssignedAt),
    shiftEndsAt: instant(state.shiftEndsAt),
  };
}
const instant = (text: string | null | undefined): number | null => (text === null || text === undefined ? null : Date.parse(text));
const same = <T>(before: T | undefined, after: T): T =>
  before !== undefined && JSON.stringify(before) === JSON.stringify(after) ? before : after;

interface StoredAgent {
  readonly agent_id: string;
  readonly state: AgentData;
  readonly own: boolean | null;
}
interface StoredCell {
  readonly agent_id: string;
  readonly category: string;
  readonly tickets: number;
  readonly log_minutes_sum: number;
  readonly rated: number;
  readonly satisfied: number;
  readonly own: boolean | null;
}
const cellKey = ({ agent_id, category }: StoredCell): string => `${agent_id} ${category}`;
const toCell = (row: StoredCell): ObservedCell => ({
  agentId: row.agent_id,
  category: row.category,
  tickets: row.tickets,
  logMinutesSum: row.log_minutes_sum,
  rated: row.rated,
  satisfied: row.satisfied,
});

export class AgentStore {
  constructor(private readonly tx: EntityManager) {}

  /** A state said again is no change: it wakes nothing that waits. */
  async save(agents: readonly { agentId: string; state: AgentData }[]): Promise<void> {
    const newest = new Map(agents.map((agent) => [agent.agentId, agent.state]));
    const ids = [...newest.keys()].sort();
    await this.tx.query(
      `insert into routing_agent (agent_id, state) select * from unnest($1::text[], $2::jsonb[])
       on conflict (agent_id) do update set state = excluded.state, changed_xid = pg_current_xact_id() where routing_agent.state <> excluded.state`,
      [ids, ids.map((id) => JSON.stringify(newest.get(id)))],
    );
  }

  /** Marks agents (locked by the caller) who have more room though their record is the same: what waits is tried again. */
  async roomChanged(agentIds: readonly string[]): Promise<void> {
    if (agentIds.length === 0) return;
    await this.tx.query('update routing_agent set changed_xid = pg_current_xact_id() where agent_id = any($1::text[])', [agentIds]);
  }

  /** Ids of agents changed by this transaction id or a later one. */
  async changedSince(xid: string): Promise<string[]> {
    const rows = await this.tx.query<{ agent_id: string }[]>('select agent_id from routing_agent where changed_xid >= $1::xid8', [xid]);
    return rows.map((row) => row.agent_id);
  }

  /** Tickets of each agent whose clock runs out before the instant. */
  async nearBreach(before: Date): Promise<Map<string, number>> {
    const rows = (await this.tx.query(
      `select owner_agent_id as agent_id, count(*)::int as tickets from routing_ticket where state = 'owned' and due_at < $1 group by owner_agent_id`,
      [before],
    )) as { agent_id: string; tickets: number }[];
    return new Map(rows.map((row) => [row.agent_id, row.tickets]));
  }

  /** Remembers who solved what. A ticket solved again is credited again, to who solved it then. */
  async solved(rows: readonly { ticketId: string; agentId: string; logMinutes: number }[]): Promise<void> {
    if (rows.length === 0) return;
    await this.tx.query(
      `insert into solved (ticket_id, agent_id, log_minutes) select distinct on (t) t, a, l from unnest($1::text[], $2::text[], $3::float8[]) with ordinality as x(t, a, l, n)
       order by t, n desc on conflict (ticket_id) do update set agent_id = excluded.agent_id, log_minutes = excluded.log_minutes, category = null`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.agentId), rows.map((row) => row.logMinutes)],
    );
  }

  /** Credits solved tickets whose category is known now, whichever of the two came last. */
  async credit(tickets: readonly { ticketId: string; category: string }[]): Promise<void> {
    if (tickets.length === 0) return;
    await this.tx.query(
      `with credited as (
         update solved s set category = x.category from (select distinct on (t) t, c as category from unnest($1::text[], $2::text[]) as y(t, c) order by t) x
         where s.ticket_id = x.t and s.category is null returning s.agent_id, x.category, s.log_minutes)
       insert into observed as o (agent_id, category, tickets, log_minutes_sum)
       select agent_id, category, count(*), sum(log_minutes) from credited group by 1, 2 order by 1, 2
       on conflict (agent_id, category) do update set tickets = o.tickets + excluded.tickets, log_minutes_sum = o.log_minutes_sum + excluded.log_minutes_sum,
         changed_xid = pg_current_xact_id()`,
      [tickets.map((one) => one.ticketId), tickets.map((one) => one.category)],
    );
  }

  /** What was seen of these agents, in the order of their ids and categories. */
  async seen(agentIds: readonly string[]): Promise<ObservedCell[]> {
    const rows = (await this.tx.query(
      'select agent_id, category, tickets, log_minutes_sum, rated, satisfied from observed where agent_id = any($1::text[]) order by 1, 2',
      [agentIds],
    )) as StoredCell[];
    return rows.map(toCell);
  }

  /**
   * A ticket's latest rating takes the place of the one before. It is the agent's whom the rating names (older ones name nobody: then
   * who solved the ticket), in the category the ticket has by now.
   */
  async rate(ratings: readonly { ticketId: string; agentId: string | undefined; satisfied: boolean }[]): Promise<void> {
    const newest = [...new Map(ratings.map((rating) => [rating.ticketId, rating])).values()];
    if (newest.length === 0) return;
    await this.tx.query(
      `with said as (
         select x.ticket_id, coalesce(x.agent_id, s.agent_id) as agent_id, coalesce(t.facts->'enriched'->>'category', $4) as category, x.satisfied
         from unnest($1::text[], $2::text[], $3::boolean[]) as x(ticket_id, agent_id, satisfied)
         left join solved s using (ticket_id) left join routing_ticket t using (ticket_id) where coalesce(x.agent_id, s.agent_id) is not null),
       before as (select r.* from rating r join said using (ticket_id)),
       kept as (
         insert into rating select ticket_id, agent_id, category, satisfied from said order by ticket_id
         on conflict (ticket_id) do update set agent_id = excluded.agent_id, category = excluded.category, satisfied = excluded.satisfied),
       moved as (
         select agent_id, category, 1 as rated, satisfied::int as satisfied from said
         union all select agent_id, category, -1, -satisfied::int from before)
       insert into observed as o (agent_id, category, rated, satisfied)
       select agent_id, category, sum(rated), sum(satisfied) from moved group by 1, 2 having sum(rated) <> 0 or sum(satisfied) <> 0 order by 1, 2
       on conflict (agent_id, category) do update set rated = o.rated + excluded.rated, satisfied = o.satisfied + excluded.satisfied, changed_xid = pg_current_xact_id()`,
      [newest.map((one) => one.ticketId), newest.map((one) => one.agentId ?? null), newest.map((one) => one.satisfied), NO_CATEGORY],
    );
  }
}
