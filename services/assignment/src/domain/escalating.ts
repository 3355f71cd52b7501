import { StatusChanged, TicketTransferred, type AgentRole, type Priority, type TicketEscalated } from '@signalbox/contracts';
import { giveUnits, hasRoom, isOnline, usedShare, type Agent, type Weight } from './agent.js';
import { UNITS_UNKNOWN, type Surroundings } from './handing-over.js';
import { assign, takeOver } from './offering.js';
import { priorityOf, release } from './oversight.js';
import { highest, notAtOnceTo, nothing, snapshotOf, statusOf, withoutExclusions, type Decision, type Ticket } from './ticket.js';

const pressing: readonly Priority[] = ['urgent', 'high', 'normal', 'low'];
const morePressing = (one: Priority, other: Priority): boolean => pressing.indexOf(one) < pressing.indexOf(other);

/** What an escalation needs to know beside the ticket. */
export interface Chain extends Pick<Surroundings, 'terms' | 'agentOf' | 'now'> {
  readonly roleOf: (agentId: string) => AgentRole | undefined;
  /** Everybody configured with that role who may be online. */
  readonly ofRole: (role: AgentRole) => readonly Agent[];
}

/**
 * What an escalation asks for becomes fact: first priority and demanded skills, which only ever rise, then the owner. What waits for its
 * customer or a third party is nobody's delay and stays where it is. A role outweighs `requeue`: the ticket goes to a certain person.
 */
export function escalate(ticket: Ticket, { data }: Pick<TicketEscalated, 'data'>, chain: Chain): Decision {
  const { stage } = ticket;
  if (stage.at === 'solved' || stage.at === 'closed') return nothing(ticket);
  const raised = raise(ticket, data);
  if (stage.at === 'expected') return nothing(data.reassignToRole ? expectedBySupervisors(raised.ticket, chain) : raised.ticket);
  if (stage.at === 'answered' || (stage.at === 'owned' && stage.status !== 'open')) return raised;
  const moved = data.reassignToRole
    ? toRole(raised.ticket, data.reassignToRole, chain)
    : data.requeue
      ? back(raised.ticket, chain)
      : raised;
  return moved === raised ? raised : { ...moved, events: [...raised.events, ...moved.events] };
}

function raise(ticket: Ticket, { raisePriorityTo, addSkills = {} }: TicketEscalated['data']): Decision {
  const extraSkills = highest(ticket.extraSkills, addSkills);
  const raises = raisePriorityTo !== undefined && morePressing(raisePriorityTo, priorityOf(ticket));
  const demandsMore = Object.entries(extraSkills).some(([skill, level]) => level !== ticket.extraSkills[skill]);
  if (!raises && !demandsMore) return nothing(ticket);
  const raised: Ticket = { ...ticket, extraSkills, priorityOverride: raises ? raisePriorityTo : ticket.priorityOverride };
  const said = { ticket: snapshotOf(raised), from: statusOf(ticket), cause: 'escalation' as const };
  return { ticket: raised, events: [StatusChanged(ticket.ticketId, said)] };
}

/** Nobody can be given what has not been received yet: supervisors find it in their queue. */
const expectedBySupervisors = (ticket: Ticket, { terms }: Chain): Ticket =>
  terms.supervisorQueueId === terms.queueId ? ticket : { ...ticket, queueOverride: terms.supervisorQueueId };

/** Back to its queue, as from a silent owner. An offer that is out of a ticket nobody owns goes on: somebody is being asked already. */
function back(ticket: Ticket, { terms, agentOf, now }: Chain): Decision {
  const { stage } = ticket;
  if (stage.at !== 'owned') return nothing(ticket);
  return release(notAtOnceTo(stage.agentId, ticket, terms.retryAgentMs, now), agentOf(stage.agentId), 'escalation', now);
}

/** To whom of the role has most room left, within their limits like every automatic grant; else to the supervisors' queue; else back. */
function toRole(ticket: Ticket, role: AgentRole, chain: Chain): Decision {
  const { terms, agentOf, roleOf, ofRole, now } = chain;
  const { stage } = ticket;
  if (stage.at === 'owned' && roleOf(stage.agentId) === role) return nothing(ticket);
  const weight = terms.weight ?? UNITS_UNKNOWN;
  const [chosen] = ofRole(role)
    .filter((agent) => mayBeGiven(agent, ticket, weight, now))
    .sort((a, b) => usedShare(a, weight) - usedShare(b, weight) || (a.agentId < b.agentId ? -1 : 1));
  if (!chosen) return terms.supervisorQueueId === terms.queueId ? back(ticket, chain) : toSupervisors(ticket, chain);
  const grant = { how: 'escalated' as const, cause: 'assigned' as const };
  const open = { ...ticket, grantedProposalId: null };
  if (stage.at === 'owned') return takeOver(open, agentOf(stage.agentId), chosen, weight, grant, 'escalation', now);
  return assign(open, chosen, weight, grant, now);
}

function mayBeGiven(agent: Agent, ticket: Ticket, weight: Weight, now: Date): boolean {
  if (!agent.configured || !isOnline(agent, now) || !agent.inRotation || agent.shift === 'off') return false;
  if (ticket.excludedAgentIds.includes(agent.agentId)) return false;
  // What they hold for it already, as the one who is asked, does not count twice.
  const without = { ...agent, holds: new Map([...agent.holds].filter(([ticketId]) => ticketId !== ticket.ticketId)) };
  return hasRoom(without, ticket.received!.channel, weight);
}

/** It waits there with its age, for any of them; its former owner is not asked at once. */
function toSupervisors(ticket: Ticket, { terms, agentOf, now }: Chain): Decision {
  const { ticketId, stage, transfers } = ticket;
  const { queueId, supervisorQueueId } = terms;
  const ownerId = stage.at === 'owned' ? stage.agentId : null;
  const owner = ownerId === null ? undefined : agentOf(ownerId);
  const given = owner?.holds.has(ticketId) ? giveUnits(owner, ticketId, 'transferred', now) : undefined;
  const status = stage.at === 'waiting' || stage.at === 'offered' ? stage.status : 'open';
  const anew = { attempts: 0, queueOverride: supervisorQueueId, relaxFrom: now, epoch: ticket.epoch + 1 };
  const free: Ticket = { ...withoutExclusions(ticket), ...anew, stage: { at: 'waiting', status } };
  const moved = ownerId === null ? free : notAtOnceTo(ownerId, free, terms.retryAgentMs, now);
  const said = { from: { agentId: ownerId, queueId }, to: { queueId: supervisorQueueId }, byAgentId: null, transfers };
  const transferred = TicketTransferred(ticketId, { ticket: snapshotOf(moved), load: given?.load, ...said, why: 'escalation' });
  return { ticket: moved, agent: given?.agent, events: [transferred] };
}
