import type { Channel, Hold, Presence } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { unknownAgent, type Agent } from './domain/agent.js';

const COLUMNS = {
  version: 'bigint',
  configured: 'boolean',
  skills: 'jsonb',
  languages: 'jsonb',
  queue_ids: 'text[]',
  units_max: 'double precision',
  channel_units_max: 'jsonb',
  interruptible_units_max: 'double precision',
  presence: 'text',
  lease_until: 'timestamptz',
  offline_since: 'timestamptz',
  in_rotation: 'boolean',
  expired_in_a_row: 'int',
  idle_since: 'timestamptz',
  last_assigned_at: 'timestamptz',
  shift: 'text',
  shift_changes_at: 'timestamptz',
  shift_ends_at: 'timestamptz',
} as const;
const names = Object.keys(COLUMNS);

interface AgentRow {
  agent_id: string;
  version: string | number;
  configured: boolean;
  skills: Readonly<Record<string, number>>;
  languages: Readonly<Record<string, number>>;
  queue_ids: readonly string[];
  units_max: number;
  channel_units_max: Readonly<Partial<Record<Channel, number>>>;
  interruptible_units_max: number | null;
  presence: Presence;
  lease_until: Date | null;
  offline_since: Date | null;
  in_rotation: boolean;
  expired_in_a_row: number;
  idle_since: Date | null;
  last_assigned_at: Date | null;
  shift: Agent['shift'];
  shift_changes_at: Date | null;
  shift_ends_at: Date | null;
}
interface HoldRow {
  ticket_id: string;
  agent_id: string;
  units: number;
  channel: Channel;
  state: Hold['state'];
  due_at: Date | null;
  interruptible: boolean;
}
interface TakenHold extends HoldRow {
  beyond: boolean;
}
interface StoredHold extends HoldRow {
  category: string | null;
}

const INSERT_MISSING = `insert into agent (agent_id) select a from unnest($1::text[]) as x(a) order by a on conflict do nothing`;
const LOCK = `select agent_id, ${names.join(', ')} from agent where agent_id = any($1::text[]) order by agent_id for update`;
const ONLINE = `
  select agent_id from agent where agent_id = any($1::text[]) and configured and presence = 'online' and lease_until > $2 and in_rotation`;
const HOLDS = `
  select h.ticket_id, h.agent_id, h.units, h.channel, h.state, h.due_at, h.interruptible, t.category from hold h left join ticket t using (ticket_id)
  where h.agent_id = any($1::text[]) order by h.ticket_id`;
const SAVE = `
  update agent a set (${names.join(', ')}) = (${names.map((name) => `x.${name}`).join(', ')})
  from jsonb_to_recordset($1::jsonb) as x(agent_id text, ${Object.entries(COLUMNS)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')})
  where a.agent_id = x.agent_id`;
/**
 * A plain insert: should a ticket ever have two owners or be offered twice, an index fails the whole unit; should a grant go beyond a limit
 * that nothing allowed to, a trigger does at its end.
 */
const INSERT_HOLDS = `
  insert into hold (ticket_id, agent_id, units, channel, state, due_at, interruptible, beyond_in)
  select ticket_id, agent_id, units, channel, state, due_at, interruptible, case when beyond then pg_current_xact_id() end
  from jsonb_to_recordset($1::jsonb) as x(ticket_id text, agent_id text, units double precision, channel text, state text,
    due_at timestamptz, interruptible boolean, beyond boolean)
  order by ticket_id, agent_id`;
/** Before the inserts: from one owner to the next there is never a second one. */
const DELETE_HOLDS = `
  delete from hold h using unnest($1::text[], $2::text[]) as x(ticket_id, agent_id)
  where h.ticket_id = x.ticket_id and h.agent_id = x.agent_id`;

export class AgentStore {
  constructor(private readonly tx: EntityManager) {}

  async insertMissing(agentIds: readonly string[]): Promise<void> {
    if (agentIds.length > 0) await this.tx.query(INSERT_MISSING, [[...new Set(agentIds)].sort()]);
  }

  /** Locks the agents' rows in id order; holds are read under these locks. Unknown ids give no agent. */
  async lock(agentIds: readonly string[]): Promise<Agent[]> {
    if (agentIds.length === 0) return [];
    const sorted = [...new Set(agentIds)].sort();
    // Sent together, done one after the other: the second sees what was committed before the locks were had.
    const [rows, holds] = await Promise.all([this.tx.query<AgentRow[]>(LOCK, [sorted]), this.tx.query<StoredHold[]>(HOLDS, [sorted])]);
    const byAgent = new Map<string, Map<string, Hold>>(rows.map((row) => [row.agent_id, new Map()]));
    for (const { ticket_id: ticketId, agent_id, units, channel, state, due_at, category, interruptible } of holds)
      byAgent.get(agent_id)?.set(ticketId, {
        ticketId,
        units,
        channel,
        state,
        dueAt: due_at?.toISOString() ?? null,
        category,
        ...(interruptible && { interruptible }),
      });
    return rows.map((row) => agentFrom(row, byAgent.get(row.agent_id)!));
  }

  /** Saves the agents and the difference of their holds. */
  async save(changes: readonly { before: Agent; after: Agent }[]): Promise<void> {
    if (changes.length === 0) return;
    const saved = [this.tx.query(SAVE, [JSON.stringify(changes.map(({ after }) => rowFrom(after)))])];
    const gone: { ticketId: string; agentId: string }[] = [];
    const taken: TakenHold[] = [];
    for (const { before, after } of changes) {
      for (const [ticketId, hold] of before.holds) if (after.holds.get(ticketId) !== hold) gone.push({ ticketId, agentId: after.agentId });
      for (const [ticketId, hold] of after.holds) {
        const { units, channel, state, dueAt, interruptible = false } = hold;
        if (before.holds.get(ticketId) !== hold)
          taken.push({
            ticket_id: ticketId,
            agent_id: after.agentId,
            units,
            channel,
            state,
            due_at: dueAt === null ? null : new Date(dueAt),
            interruptible,
            beyond: after.beyond.has(ticketId) || takesNoMore(hold, before.holds.get(ticketId)),
          });
      }
    }
    if (gone.length > 0) saved.push(this.tx.query(DELETE_HOLDS, [gone.map((hold) => hold.ticketId), gone.map((hold) => hold.agentId)]));
    if (taken.length > 0) saved.push(this.tx.query(INSERT_HOLDS, [JSON.stringify(taken)]));
    await Promise.all(saved);
  }

  /** Those of them who take tickets now, before any lock: who locks them must look again. */
  async onlineAmong(agentIds: readonly string[], now: Date): Promise<string[]> {
    if (agentIds.length === 0) return [];
    const rows = await this.tx.query<{ agent_id: string }[]>(ONLINE, [agentIds, now]);
    return rows.map((row) => row.agent_id);
  }

  /** The tickets of these agents, before any lock: who locks them must look again. */
  async ticketIdsOf(agentIds: readonly string[], which: 'offered' | 'held' | 'owned'): Promise<string[]> {
    if (agentIds.length === 0) return [];
    const where = {
      offered: `select ticket_id from hold where agent_id = any($1::text[]) and state = 'offered'`,
      held: 'select ticket_id from hold where agent_id = any($1::text[])',
      owned: `select ticket_id from hold where agent_id = any($1::text[]) union
              select ticket_id from ticket where agent_id = any($1::text[]) and status in ('open', 'pending', 'on-hold')`,
    }[which];
    const rows = (await this.tx.query(where, [agentIds])) as { ticket_id: string }[];
    return rows.map((row) => row.ticket_id);
  }
}

/** Offered before and accepted now, or solved and wrapped up: a limit that was lowered meanwhile does not keep it from going on. */
const takesNoMore = (hold: Hold, before: Hold | undefined): boolean =>
  before !== undefined && hold.units <= before.units && hold.channel === before.channel && hold.interruptible === before.interruptible;

const agentFrom = (row: AgentRow, holds: ReadonlyMap<string, Hold>): Agent => ({
  ...unknownAgent(row.agent_id),
  version: Number(row.version),
  configured: row.configured,
  skills: row.skills,
  languages: row.languages,
  queueIds: row.queue_ids,
  unitsMax: row.units_max,
  channelUnitsMax: row.channel_units_max,
  interruptibleUnitsMax: row.interruptible_units_max,
  presence: row.presence,
  leaseUntil: row.lease_until,
  offlineSince: row.offline_since,
  inRotation: row.in_rotation,
  expiredInARow: row.expired_in_a_row,
  idleSince: row.idle_since,
  lastAssignedAt: row.last_assigned_at,
  shift: row.shift,
  shiftChangesAt: row.shift_changes_at,
  shiftEndsAt: row.shift_ends_at,
  holds,
});

const rowFrom = (agent: Agent): AgentRow => ({
  agent_id: agent.agentId,
  version: agent.version,
  configured: agent.configured,
  skills: agent.skills,
  languages: agent.languages,
  queue_ids: agent.queueIds,
  units_max: agent.unitsMax,
  channel_units_max: agent.channelUnitsMax,
  interruptible_units_max: agent.interruptibleUnitsMax,
  presence: agent.presence,
  lease_until: agent.leaseUntil,
  offline_since: agent.offlineSince,
  in_rotation: agent.inRotation,
  expired_in_a_row: agent.expiredInARow,
  idle_since: agent.idleSince,
  last_assigned_at: agent.lastAssignedAt,
  shift: agent.shift,
  shift_changes_at: agent.shiftChangesAt,
  shift_ends_at: agent.shiftEndsAt,
});
