import type { AgentConfig, AgentState, Channel, Hold, LoadChange, Presence } from '@signalbox/contracts';

import { hoursAt } from './shift.js';
import type { Ticket } from './ticket.js';

export interface Agent {
  readonly agentId: string;
  /** Raised by one with each published state: the auditor's order of an agent's load. */
  readonly version: number;
  /** False before the configuration names the agent, and after it does no longer. */
  readonly configured: boolean;
  readonly skills: Readonly<Record<string, number>>;
  readonly languages: Readonly<Record<string, number>>;
  readonly queueIds: readonly string[];
  readonly unitsMax: number;
  readonly channelUnitsMax: Readonly<Partial<Record<Channel, number>>>;
  /** Room for interruptible tickets; null = they share `unitsMax` with the others. */
  readonly interruptibleUnitsMax: number | null;
  readonly presence: Presence;
  /** Online or away until then. */
  readonly leaseUntil: Date | null;
  /** Since when offline; the grace before a release counts from here. Null again once the grace is over and their tickets were looked at. */
  readonly offlineSince: Date | null;
  readonly inRotation: boolean;
  readonly expiredInARow: number;
  readonly idleSince: Date | null;
  /** When a ticket was last given or offered. */
  readonly lastAssignedAt: Date | null;
  /** Null = no shifts are configured. Overtime: outside of them, and the agent chose Online there. */
  readonly shift: 'on' | 'off' | 'overtime' | null;
  /** When the running shift ends or the next one begins; null = never. */
  readonly shiftChangesAt: Date | null;
  /** When the shift ends or ended whose open tickets have not been looked at yet. */
  readonly shiftEndsAt: Date | null;
  readonly holds: ReadonlyMap<string, Hold>;
  /** Of the tickets taken since the agent was loaded those that may go beyond the limits; the database judges all others. */
  readonly beyond: ReadonlySet<string>;
}

export const unknownAgent = (agentId: string): Agent => ({
  agentId,
  version: 0,
  configured: false,
  skills: {},
  languages: {},
  queueIds: [],
  unitsMax: 0,
  channelUnitsMax: {},
  interruptibleUnitsMax: null,
  presence: 'offline',
  leaseUntil: null,
  offlineSince: null,
  inRotation: true,
  expiredInARow: 0,
  idleSince: null,
  lastAssignedAt: null,
  shift: null,
  shiftChangesAt: null,
  shiftEndsAt: null,
  holds: new Map(),
  beyond: new Set(),
});

/** What a ticket takes of an agent, and of which pool. */
export type Weight = Pick<Hold, 'units'> & { readonly interruptible: boolean };
type Pool = 'primary' | 'interruptible';

const poolOf = (agent: Agent, interruptible: boolean | undefined): Pool =>
  interruptible && agent.interruptibleUnitsMax !== null ? 'interruptible' : 'primary';
const poolMax = (agent: Agent, pool: Pool): number => (pool === 'primary' ? agent.unitsMax : (agent.interruptibleUnitsMax ?? 0));

/** Units taken of one pool, always the sum of the holds, never a counter. */
export function unitsUsed(agent: Agent, pool: Pool = 'primary'): number {
  let units = 0;
  for (const hold of agent.holds.values()) if (poolOf(agent, hold.interruptible) === pool) units += hold.units;
  return units;
}

function channelUnitsUsed(agent: Agent, channel: Channel): number {
  let units = 0;
  for (const hold of agent.holds.values()) if (hold.channel === channel) units += hold.units;
  return units;
}

/** True when nothing granted automatically would go beyond the agent's limits, in the ticket's pool and on its channel. */
export function hasRoom(agent: Agent, channel: Channel, { units, interruptible }: Weight): boolean {
  const pool = poolOf(agent, interruptible);
  return (
    unitsUsed(agent, pool) + units <= poolMax(agent, pool) &&
    channelUnitsUsed(agent, channel) + units <= (agent.channelUnitsMax[channel] ?? Infinity)
  );
}

/** How much is taken of the pool that a ticket of this weight would fill; 1 = all of it. */
export function usedShare(agent: Agent, { interruptible }: Weight): number {
  const pool = poolOf(agent, interruptible);
  return poolMax(agent, pool) === 0 ? 1 : unitsUsed(agent, pool) / poolMax(agent, pool);
}

/** A lease that has run out counts as offline, also before the timer has noticed. */
export const isOnline = (agent: Agent, now: Date): boolean =>
  agent.presence === 'online' && agent.leaseUntil !== null && agent.leaseUntil > now;

/** Offline, and no longer within the grace: they are not expected back today. */
export const isGone = ({ presence, offlineSince }: Agent): boolean => presence === 'offline' && offlineSince === null;

export interface Loaded {
  readonly agent: Agent;
  readonly load: LoadChange;
}

/**
 * Takes units for a ticket, or changes the hold it has. The limits are the caller's to judge.
 * @param mayExceed what comes back to who had it may go beyond them, and what a person forces on an agent in so many words
 */
export function takeUnits(agent: Agent, hold: Hold, cause: LoadChange['cause'], now: Date, mayExceed = cause === 'reopened'): Loaded {
  const { ticketId } = hold;
  const lastAssignedAt = agent.holds.has(ticketId) || cause === 'reopened' ? agent.lastAssignedAt : now;
  const beyond = mayExceed ? new Set(agent.beyond).add(ticketId) : agent.beyond;
  return withHolds({ ...agent, lastAssignedAt, beyond }, new Map(agent.holds).set(ticketId, hold), cause, now);
}

/** Gives a ticket's units back. */
export function giveUnits(agent: Agent, ticketId: string, cause: LoadChange['cause'], now: Date): Loaded {
  const [holds, beyond] = [new Map(agent.holds), new Set(agent.beyond)];
  holds.delete(ticketId);
  beyond.delete(ticketId);
  return withHolds({ ...agent, beyond }, holds, cause, now);
}

function withHolds(agent: Agent, holds: ReadonlyMap<string, Hold>, cause: LoadChange['cause'], now: Date): Loaded {
  const idleSince = holds.size > 0 ? null : agent.holds.size > 0 ? now : agent.idleSince;
  const after: Agent = { ...agent, holds, idleSince, version: agent.version + 1 };
  const { agentId, version } = after;
  const change = (pool: Pool) => ({ unitsBefore: unitsUsed(agent, pool), units: unitsUsed(after, pool), unitsMax: poolMax(after, pool) });
  const second = after.interruptibleUnitsMax === null ? {} : { interruptible: change('interruptible') };
  return { agent: after, load: { agentId, agentVersion: version, ...change('primary'), ...second, cause } };
}

/** A ticket's hold with this agent, in one of its states. */
export const holdOf = (
  { ticketId, received, enriched }: Pick<Ticket, 'ticketId' | 'received' | 'enriched'>,
  { units, interruptible }: Weight,
  state: 'offered' | 'assigned',
): Hold => ({
  ticketId,
  units,
  channel: received!.channel,
  state,
  dueAt: null,
  category: enriched?.category ?? null,
  ...(interruptible && { interruptible }),
});

/**
 * A renewed lease alone is no new version: routing and consoles need not hear of it. Who is out of rotation comes back by choosing Online:
 * a page that goes on saying so after a lapse tells nothing of who sits before it.
 * @param chosen by a person, not repeated by their page: outside of the shifts that begins overtime, which ends with going offline, as a shift does
 */
export function reportPresence(agent: Agent, presence: Presence, leaseUntil: Date, now: Date, chosen = false): Agent {
  const leased = { ...agent, leaseUntil };
  const online = presence === 'online';
  const shift = shiftAfter(agent.shift, presence, chosen);
  const choosesOnline = online && chosen;
  const isBack = choosesOnline && (!agent.inRotation || shift !== agent.shift);
  if (presence === agent.presence && !isBack) return leased;
  return {
    ...leased,
    version: agent.configured ? agent.version + 1 : agent.version,
    presence,
    shift,
    shiftEndsAt: agent.shift === 'overtime' && shift === 'off' ? now : agent.shiftEndsAt,
    offlineSince: presence === 'offline' ? now : null,
    inRotation: agent.inRotation || choosesOnline,
    expiredInARow: choosesOnline ? 0 : agent.expiredInARow,
    idleSince: online && agent.holds.size === 0 ? now : agent.idleSince,
  };
}

function shiftAfter(shift: Agent['shift'], presence: Presence, chosen: boolean): Agent['shift'] {
  if (shift === 'off' && presence === 'online' && chosen) return 'overtime';
  return shift === 'overtime' && presence === 'offline' ? 'off' : shift;
}

/** The lease ran out: offline since then, not since somebody looked. */
export function expireLease(agent: Agent, now: Date): Agent {
  if (agent.presence === 'offline' || agent.leaseUntil === null || agent.leaseUntil > now) return agent;
  return reportPresence(agent, 'offline', agent.leaseUntil, agent.leaseUntil);
}

/** Where the agent stands in their configured hours now. The same agent when nothing changed. */
export function followShift(agent: Agent, configured: AgentConfig['shift'], now: Date): Agent {
  const { endsAt, changesAt: shiftChangesAt } = configured ? hoursAt(configured, now) : { endsAt: null, changesAt: null };
  const shift = !configured ? null : endsAt ? 'on' : agent.shift === 'overtime' ? 'overtime' : 'off';
  if (shift === agent.shift && shiftChangesAt?.getTime() === agent.shiftChangesAt?.getTime()) return agent;
  return { ...agent, version: agent.version + 1, shift, shiftChangesAt, shiftEndsAt: endsAt ?? agent.shiftEndsAt };
}

/** Skills and limits as configured; undefined takes the agent away. The same agent when nothing changed. */
export function configureAgent(agent: Agent, config: AgentConfig | undefined): Agent {
  if (!config) return agent.configured ? { ...agent, configured: false, version: agent.version + 1 } : agent;
  const { skills, languages, queues: queueIds, unitsMax, channelUnitsMax, interruptibleUnitsMax = null } = config;
  const limits = { unitsMax, channelUnitsMax: channelUnitsMax as Agent['channelUnitsMax'], interruptibleUnitsMax };
  const wanted = { configured: true, skills, languages, queueIds, ...limits };
  const current = {
    configured: agent.configured,
    skills: agent.skills,
    languages: agent.languages,
    queueIds: agent.queueIds,
    unitsMax: agent.unitsMax,
    channelUnitsMax: agent.channelUnitsMax,
    interruptibleUnitsMax: agent.interruptibleUnitsMax,
  };
  if (canonical(wanted) === canonical(current)) return agent;
  return { ...agent, ...wanted, version: agent.version + 1 };
}

/** Text that does not depend on the order of keys: jsonb does not keep it. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** What routing and consoles are told. */
export const agentStateOf = (agent: Agent): AgentState['data'] => ({
  agentVersion: agent.version,
  presence: agent.configured ? agent.presence : 'offline',
  inRotation: agent.inRotation,
  skills: { ...agent.skills },
  languages: { ...agent.languages },
  queueIds: [...agent.queueIds],
  unitsMax: agent.unitsMax,
  channelUnitsMax: { ...agent.channelUnitsMax },
  unitsUsed: unitsUsed(agent),
  ...(agent.interruptibleUnitsMax !== null && {
    interruptibleUnitsMax: agent.interruptibleUnitsMax,
    interruptibleUnitsUsed: unitsUsed(agent, 'interruptible'),
  }),
  holds: [...agent.holds.values()],
  ...(agent.shift !== null && { onShift: agent.shift !== 'off' }),
  shiftEndsAt: agent.shift === 'on' ? (agent.shiftChangesAt?.toISOString() ?? null) : null,
  idleSince: agent.idleSince?.toISOString() ?? null,
  lastAssignedAt: agent.lastAssignedAt?.toISOString() ?? null,
  ...(agent.configured ? {} : { removed: true }),
});
