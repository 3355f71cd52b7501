import type { AgentState, Channel } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { inIdOrder } from './domain/roster.js';
import type { CandidateAgent } from './domain/waiting-ticket.js';

type AgentData = AgentState['data'];

/** What the transaction that reads has written itself, and may yet roll back. */
const OWN = 'changed_xid = pg_current_xact_id_if_assigned() as own';

/** This process's copy of all agents: each round reads only what changed since the last look. */
export class AgentCache {
  readonly #agents = new Map<string, CandidateAgent>();
  #sorted: readonly CandidateAgent[] = [];
  #seenXmin = '0';
  /** Agents of whom the last look saw what it could not know to be committed: they are read again. */
  #uncertain: string[] = [];

  /** In the order of their ids. */
  get agents(): readonly CandidateAgent[] {
    return this.#sorted;
  }
  has(agentId: string): boolean {
    return this.#agents.has(agentId);
  }

  /** @returns xmin: every transaction below it is over and seen, so nothing that commits later can have a smaller id */
  async renew(tx: EntityManager): Promise<string> {
    const [[snapshot], agents] = await Promise.all([
      tx.query<{ xmin: string }[]>('select pg_snapshot_xmin(pg_current_snapshot())::text as xmin'),
      tx.query<StoredAgent[]>(
        `select agent_id, state, ${OWN} from routing_agent where changed_xid >= $1::xid8 or agent_id = any($2::text[])`,
        [this.#seenXmin, this.#uncertain],
      ),
    ]);
    const idsChanged = this.#take(agents);
    if (idsChanged) this.#sorted = inIdOrder([...this.#agents.values()]);
    else if (agents.length > 0) this.#sorted = this.#sorted.map((agent) => this.#agents.get(agent.agentId)!);
    this.#seenXmin = snapshot!.xmin;
    this.#uncertain = agents.filter((row) => row.own).map((row) => row.agent_id);
    return snapshot!.xmin;
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
  readonly own: boolean | null;
}
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

  /** Locks the rows of these agents and of those whom these tickets are proposed to, in id order. */
  async lock(agentIds: readonly string[], proposedTicketIds: readonly string[]): Promise<void> {
    await this.tx.query(
      `select from routing_agent where agent_id = any($1::text[]) or agent_id in (select agent_id from proposal where ticket_id = any($2::text[]))
       order by agent_id for update`,
      [agentIds, proposedTicketIds],
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

  /** Remembers proposals for the policy's fairness window; a day is as long as a window may be. */
  async given(agentIds: readonly string[], now: Date): Promise<void> {
    await this.tx.query('delete from given where at < $1', [new Date(now.getTime() - 24 * 3_600_000)]);
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
