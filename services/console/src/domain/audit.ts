import type { AgentState, Channel, LoadChange } from '@signalbox/contracts';
import type { Ticket, Told } from './ticket.js';

/** Units are sums of fractions, added up in different orders. */
export const ROUNDING = 0.000001;

/** A promise that the public topics show to be broken. */
export interface Alarm {
  readonly kind: 'two-owners' | 'beyond-capacity' | 'load-does-not-add-up';
  /** The ticket or the agent. */
  readonly about: string;
  /** The version of its event, or the agentVersion. */
  readonly version: number;
  readonly detail: string;
}

/** With these causes the machine grants by itself; every other growth is a person's word, or work that comes back to who had it. */
const AUTOMATIC: readonly LoadChange['cause'][] = ['offered', 'assigned', 'transferred'];
const OWNED = ['open', 'pending', 'on-hold'];

/**
 * Who owns the ticket after this event, by what the events say and not by their snapshots: an owner has to leave before the next one gets it.
 * Undefined = not known, because what came before was never heard.
 */
export function ownerAfter(owner: string | null | undefined, event: Told): string | null | undefined {
  switch (event.type) {
    case 'TicketReleased':
    case 'TicketTransferred':
      return null;
    case 'TicketAssigned':
      return event.data.agentId;
    case 'OfferMade':
    case 'StatusChanged':
    case 'TicketSolved':
    case 'TicketReopened':
    case 'TicketClosed':
    case 'TicketMerged':
    case 'AnswerReleased': {
      const { status, agentId } = event.data.ticket;
      return OWNED.includes(status) ? agentId : null;
    }
    default:
      return owner;
  }
}

/** @param before the ticket before this event */
export function auditOwner(before: Ticket, event: Told): Alarm | undefined {
  const owner = before.assignment?.owner;
  if (owner === undefined || owner === null) return undefined;
  const next = ownerAfter(owner, event);
  const gets =
    event.type === 'TicketAssigned' || (event.type === 'OfferMade' && event.data.rescue !== true) || event.type === 'AnswerReleased';
  if (!gets && (next === null || next === owner)) return undefined;
  const detail = `${event.type} to ${next ?? 'nobody'} while ${owner} owns it`;
  return { kind: 'two-owners', about: event.ticketId, version: event.version, detail };
}

/** What one event says of an agent's load, to be held against what the agent's own records say of the same version. */
export interface AuditedLoad {
  readonly agentId: string;
  readonly agentVersion: number;
  readonly unitsBefore: number;
  readonly units: number;
  /** The ticket that was granted and has to fit; null = the load did not grow, or need not fit. */
  readonly grantedTicketId: string | null;
}
const secondPool = { unitsBefore: 0, units: 0, unitsMax: 0 };

export function auditLoad(event: Told): { load: AuditedLoad; alarms: Alarm[] } | undefined {
  const load = 'load' in event.data ? event.data.load : undefined;
  if (!load) return undefined;
  const { agentId, agentVersion, cause, interruptible = secondPool } = load;
  const overAssigned = event.type === 'TicketAssigned' && event.data.overAssigned === true;
  const mustFit = AUTOMATIC.includes(cause) || (cause === 'forced' && !overAssigned);
  const beyond = [load, interruptible].filter(({ unitsBefore, units, unitsMax }) => units > unitsBefore && units > unitsMax);
  const alarms = (mustFit ? beyond : []).map((pool): Alarm => ({
    kind: 'beyond-capacity',
    about: agentId,
    version: agentVersion,
    detail: `${cause} to ${pool.units} of ${pool.unitsMax} units by ${event.type} of ticket ${event.ticketId}`,
  }));
  // Both pools together: a changed configuration moves holds from one to the other without an event of a ticket.
  const unitsBefore = load.unitsBefore + interruptible.unitsBefore;
  const units = load.units + interruptible.units;
  return {
    load: { agentId, agentVersion, unitsBefore, units, grantedTicketId: mustFit && units > unitsBefore ? event.ticketId : null },
    alarms,
  };
}

/**
 * The tickets on channels whose limit the agent's own record shows to be exceeded, each with how far. No promise is broken by that alone:
 * a person may have decided it. It is when one of them was granted by the machine in this very version.
 */
export function crowdedTickets({ holds, channelUnitsMax }: AgentState['data']): Readonly<Record<string, string>> {
  const units = new Map<Channel, number>();
  for (const hold of holds) units.set(hold.channel, (units.get(hold.channel) ?? 0) + hold.units);
  const crowded = holds.filter(({ channel }) => units.get(channel)! > (channelUnitsMax[channel] ?? Infinity) + ROUNDING);
  return Object.fromEntries(
    crowded.map(({ ticketId, channel }) => [ticketId, `${units.get(channel)!} of ${channelUnitsMax[channel]!} units of ${channel}`]),
  );
}

/** What the agent's own record says is held, counted from its holds. */
export const heldBy = ({ holds }: AgentState['data']): number => holds.reduce((units, hold) => units + hold.units, 0);
