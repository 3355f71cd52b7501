import type { AgentState } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { changeDuty, type Duty, type OnlineSpan } from './domain/staffing.js';

/** An agent's whole state, as of one of its versions. */
export interface AgentSeen {
  readonly agentId: string;
  readonly version: number;
  readonly at: Date;
  readonly state: AgentState['data'];
}
/** Who is there for a queue, and with how much room. */
export interface Staff {
  readonly agents: number;
  readonly unitsMax: number;
  readonly unitsUsed: number;
}

const LOAD =
  'select agent_id, version, online, queue_ids, since_at from agent_presence where agent_id = any($1) order by agent_id for update';
const SAVE = `
  insert into agent_presence as a
    (agent_id, version, presence, in_rotation, on_shift, queue_ids, units_max, units_used, online, since_at, known_from)
  select agent_id, version, presence, in_rotation, on_shift, array(select jsonb_array_elements_text(queue_ids)), units_max, units_used, online, since_at, known_from
  from unnest($1::text[], $2::bigint[], $3::text[], $4::boolean[], $5::boolean[], $6::jsonb[], $7::float8[], $8::float8[], $9::boolean[], $10::timestamptz[], $11::timestamptz[])
    as x(agent_id, version, presence, in_rotation, on_shift, queue_ids, units_max, units_used, online, since_at, known_from)
  order by agent_id
  on conflict (agent_id) do update set version = excluded.version, presence = excluded.presence, in_rotation = excluded.in_rotation,
    on_shift = excluded.on_shift, queue_ids = excluded.queue_ids, units_max = excluded.units_max, units_used = excluded.units_used,
    online = excluded.online, since_at = excluded.since_at where excluded.version > a.version`;
const KEEP_ENDED = `
  insert into agent_online (queue_id, agent_id, from_at, to_at)
  select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) on conflict do nothing`;
/** What is left of the window when everybody's online time is taken out of it; of the time before anybody of the queue was known, nothing is said. */
const UNSTAFFED = `
  with online as (
    select queue_id, tstzrange(from_at, to_at) as span from agent_online where queue_id = any($1) and to_at > $2 and from_at < $3
    union all
    select q.id, tstzrange(since_at, null) from agent_presence, unnest(queue_ids) as q(id) where online and q.id = any($1) and since_at < $3
  ), known as (
    select q.id, min(known_from) as from_at from agent_presence, unnest(queue_ids) as q(id) where q.id = any($1) group by q.id
  )
  select gaps.queue_id, lower(gap) as from_at, upper(gap) as to_at
  from (
    select asked.id as queue_id,
      tstzmultirange(tstzrange(least(greatest($2::timestamptz, known.from_at), $3::timestamptz), $3::timestamptz))
        - coalesce((select range_agg(span) from online where online.queue_id = asked.id), '{}'::tstzmultirange) as free
    from unnest($1::text[]) as asked(id) left join known on known.id = asked.id
  ) gaps, unnest(gaps.free) as gap
  order by 1, 2`;
const STAFF = `
  select q.id as queue_id, count(*)::int as agents, sum(units_max) as units_max, sum(least(units_used, units_max)) as units_used
  from agent_presence, unnest(queue_ids) as q(id) where online and q.id = any($1) group by q.id`;
const FORGET = `
  delete from agent_online where ctid = any(array(select ctid from agent_online where to_at < $1 limit $2))`;

export class AgentPresenceStore {
  constructor(private readonly tx: EntityManager) {}

  /** Events of one agent in the order of their versions. */
  async save(events: readonly AgentSeen[]): Promise<void> {
    const latest = new Map(events.map((event) => [event.agentId, event]));
    const first = new Map(events.toReversed().map((event) => [event.agentId, event]));
    const ids = [...latest.keys()].sort();
    const rows = await this.tx.query<PresenceRow[]>(LOAD, [ids]);
    const version = new Map(rows.map((row) => [row.agent_id, Number(row.version)]));
    const duties = new Map<string, Duty>(
      rows.map(({ agent_id, online, queue_ids, since_at }) => [agent_id, { online, queueIds: queue_ids, since: since_at.getTime() }]),
    );
    const ended: (OnlineSpan & { agentId: string })[] = [];
    for (const { agentId, at, state, version: newer } of events) {
      if (newer <= (version.get(agentId) ?? 0)) continue;
      const online = state.presence === 'online' && state.inRotation && state.removed !== true;
      const change = changeDuty(duties.get(agentId), online, state.queueIds, at.getTime());
      duties.set(agentId, change.duty);
      ended.push(...change.ended.map((span) => ({ ...span, agentId })));
    }
    const changed = [...latest.values()].filter((event) => event.version > (version.get(event.agentId) ?? 0));
    if (changed.length === 0) return;
    await this.tx.query(SAVE, [
      changed.map(({ agentId }) => agentId),
      changed.map((event) => event.version),
      changed.map(({ state }) => state.presence),
      changed.map(({ state }) => state.inRotation),
      changed.map(({ state }) => state.onShift ?? null),
      changed.map(({ agentId }) => JSON.stringify(duties.get(agentId)!.queueIds)),
      changed.map(({ state }) => state.unitsMax + (state.interruptibleUnitsMax ?? 0)),
      changed.map(({ state }) => state.unitsUsed + (state.interruptibleUnitsUsed ?? 0)),
      changed.map(({ agentId }) => duties.get(agentId)!.online),
      changed.map(({ agentId }) => new Date(duties.get(agentId)!.since)),
      changed.map(({ agentId }) => first.get(agentId)!.at),
    ]);
    if (ended.length === 0) return;
    await this.tx.query(KEEP_ENDED, [
      ended.map(({ queueId }) => queueId),
      ended.map(({ agentId }) => agentId),
      ended.map(({ from }) => new Date(from)),
      ended.map(({ to }) => new Date(to)),
    ]);
  }

  /**
   * The stretches of a window in which nobody of a queue was online and in rotation, by queue and in order. They follow from the instants the
   * agents' events carry, in whatever order these arrived. A queue that no agent is known to have was never staffed. At most 30 days back.
   */
  async unstaffedOf(queueIds: readonly string[], from: Date, to: Date): Promise<ReadonlyMap<string, { from: Date; to: Date }[]>> {
    const gaps = new Map<string, { from: Date; to: Date }[]>(queueIds.map((queueId) => [queueId, []]));
    if (queueIds.length === 0 || from >= to) return gaps;
    const rows = await this.tx.query<{ queue_id: string; from_at: Date; to_at: Date }[]>(UNSTAFFED, [[...gaps.keys()], from, to]);
    for (const { queue_id, from_at, to_at } of rows) gaps.get(queue_id)!.push({ from: from_at, to: to_at });
    return gaps;
  }

  /** Whether each agent that was heard of is online now. */
  async online(): Promise<ReadonlyMap<string, boolean>> {
    const rows = await this.tx.query<{ agent_id: string; online: boolean }[]>('select agent_id, online from agent_presence');
    return new Map(rows.map(({ agent_id, online }) => [agent_id, online]));
  }

  async staffOf(queueIds: readonly string[]): Promise<ReadonlyMap<string, Staff>> {
    const rows = await this.tx.query<{ queue_id: string; agents: number; units_max: number; units_used: number }[]>(STAFF, [queueIds]);
    return new Map(
      rows.map(({ queue_id, agents, units_max, units_used }) => [queue_id, { agents, unitsMax: units_max, unitsUsed: units_used }]),
    );
  }

  /** Stretches that ended before; at most `max` a call. */
  async forget(before: Date, max: number): Promise<void> {
    await this.tx.query(FORGET, [before, max]);
  }
}

interface PresenceRow {
  agent_id: string;
  version: string;
  online: boolean;
  queue_ids: string[];
  since_at: Date;
}
