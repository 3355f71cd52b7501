import {
  StatusChanged,
  TicketTransferred,
  type AssignRequested,
  type OverrideRequested,
  type ReleaseRequested,
  type TransferRequested,
} from '@signalbox/contracts';
import { giveUnits, hasRoom, isOnline, type Agent, type Weight } from './agent.js';
import { assign, offer, takeOver } from './offering.js';
import { release } from './oversight.js';
import { refuse, type Asked } from './refusal.js';
import type { Terms } from './terms.js';
import { notAtOnceTo, offerOf, snapshotOf, statusOf, type Decision, type Ticket } from './ticket.js';

/** What a decision about handing over needs to know beside the ticket. */
export interface Surroundings {
  readonly terms: Terms;
  readonly agentOf: (agentId: string) => Agent;
  readonly knowsQueue: (queueId: string) => boolean;
  readonly offerId: string;
  readonly now: Date;
}
type Supervised = AssignRequested | ReleaseRequested | OverrideRequested;

/** Where no queue is configured that says it. */
export const UNITS_UNKNOWN: Weight = { units: 1, interruptible: false };
const isOver = ({ stage }: Ticket): boolean => stage.at === 'solved' || stage.at === 'closed';

function reasonAgainst(ticket: Ticket, request: Asked<Supervised>): 'not-allowed' | 'unknown-ticket' | 'not-open' | undefined {
  if (request.data.role === 'agent') return 'not-allowed';
  if (ticket.stage.at === 'expected') return 'unknown-ticket';
  return isOver(ticket) ? 'not-open' : undefined;
}

/**
 * The ticket goes on to a colleague, to a queue or to whoever has the skills. Its owner may ask for it `transfersMax` times, a supervisor
 * always. A colleague gets it as from routing: as an offer where the channel asks, and never beyond their room. The skills asked for replace
 * those of an earlier transfer; what escalations demand stays.
 */
export function transfer(ticket: Ticket, request: Asked<TransferRequested>, around: Surroundings): Decision {
  const { terms, agentOf, knowsQueue, now } = around;
  const { agentId, role, to, noteId } = request.data;
  const { stage } = ticket;
  if (stage.at === 'expected') return refuse(ticket, request, 'unknown-ticket');
  if (isOver(ticket)) return refuse(ticket, request, 'not-open');
  const ownerId = stage.at === 'owned' ? stage.agentId : null;
  if (role === 'agent' && ownerId !== agentId) return refuse(ticket, request, 'not-your-ticket');
  if (role === 'agent' && ticket.transfers >= terms.transfersMax) return refuse(ticket, request, 'transfers-exhausted');
  if ('queueId' in to && !knowsQueue(to.queueId)) return refuse(ticket, request, 'unknown-queue');
  const weight = terms.weight ?? UNITS_UNKNOWN;
  if ('agentId' in to) {
    const against = reasonAgainstTarget(ticket, agentOf(to.agentId), weight, now);
    if (against) return refuse(ticket, request, against);
  }
  const given =
    ownerId !== null && agentOf(ownerId).holds.has(ticket.ticketId)
      ? giveUnits(agentOf(ownerId), ticket.ticketId, 'transferred', now)
      : undefined;
  const free: Ticket = {
    ...ticket,
    stage: { at: 'waiting', status: 'open' },
    relaxFrom: now,
    attempts: 0,
    grantedProposalId: null,
    transfers: ticket.transfers + (role === 'agent' ? 1 : 0),
    queueOverride: 'queueId' in to ? to.queueId : ticket.queueOverride,
    transferSkills: 'skills' in to ? to.skills : {},
  };
  const next = 'agentId' in to ? handTo(free, agentOf(to.agentId), weight, around) : toAnybody(free, ownerId, around);
  const said = {
    ticket: snapshotOf(next.ticket),
    load: given?.load,
    from: { agentId: ownerId, queueId: terms.queueId },
    to: { queueId: terms.queueId, ...to },
    why: 'requested' as const,
    byAgentId: agentId,
    transfers: free.transfers,
    noteId,
  };
  return {
    ...next,
    others: given ? [given.agent] : [],
    events: [TicketTransferred(ticket.ticketId, said), ...next.events],
  };
}

function reasonAgainstTarget(
  ticket: Ticket,
  target: Agent,
  weight: Weight,
  now: Date,
): 'already-theirs' | 'unknown-agent' | 'agent-not-online' | 'no-room' | undefined {
  const { stage } = ticket;
  if (stage.at === 'owned' && stage.agentId === target.agentId) return 'already-theirs';
  if (offerOf(ticket)?.agentId === target.agentId) return 'already-theirs';
  if (!target.configured) return 'unknown-agent';
  if (!isOnline(target, now) || !target.inRotation) return 'agent-not-online';
  return hasRoom(target, ticket.received!.channel, weight) ? undefined : 'no-room';
}

/** A colleague's word outweighs an earlier "not me". */
function handTo(ticket: Ticket, target: Agent, weight: Weight, { terms, offerId, now }: Surroundings): Decision {
  const { mode } = terms;
  if (mode.mode === 'automatic') return assign(ticket, target, weight, { how: 'transferred', cause: 'transferred' }, now);
  return offer({ ...ticket, epoch: ticket.epoch + 1 }, target, weight, mode, 'transferred', offerId, now);
}

function toAnybody(ticket: Ticket, ownerId: string | null, { terms, now }: Surroundings): Decision {
  const waiting = { ...ticket, epoch: ticket.epoch + 1 };
  return { ticket: ownerId === null ? waiting : notAtOnceTo(ownerId, waiting, terms.retryAgentMs, now), events: [] };
}

/** A supervisor's word gives the ticket to an agent, from whoever has it or is asked about it. Beyond their room only when said so. */
export function forceAssign(ticket: Ticket, request: Asked<AssignRequested>, { terms, agentOf, now }: Surroundings): Decision {
  const against = reasonAgainst(ticket, request);
  if (against) return refuse(ticket, request, against);
  const { agentId: byAgentId, toAgentId, overAssign, reason } = request.data;
  const { stage } = ticket;
  const target = agentOf(toAgentId);
  if (stage.at === 'owned' && stage.agentId === toAgentId) return refuse(ticket, request, 'already-theirs');
  if (!target.configured) return refuse(ticket, request, 'unknown-agent');
  if (target.presence === 'offline') return refuse(ticket, request, 'agent-not-online');
  const weight = terms.weight ?? UNITS_UNKNOWN;
  // What they hold for it already, as the one who is asked, does not count twice.
  const without = { ...target, holds: new Map([...target.holds].filter(([ticketId]) => ticketId !== ticket.ticketId)) };
  const fits = hasRoom(without, ticket.received!.channel, weight);
  if (!fits && !overAssign) return refuse(ticket, request, 'no-room');
  const grant = { how: 'forced' as const, cause: 'forced' as const, byAgentId, reason, ...(!fits && { overAssigned: true }) };
  const open = { ...ticket, grantedProposalId: null };
  if (stage.at === 'owned') return takeOver(open, agentOf(stage.agentId), target, weight, grant, 'reassigned', now);
  return assign(open, target, weight, grant, now);
}

export function requestRelease(ticket: Ticket, request: Asked<ReleaseRequested>, { terms, agentOf, now }: Surroundings): Decision {
  const against = reasonAgainst(ticket, request);
  if (against) return refuse(ticket, request, against);
  if (ticket.stage.at !== 'owned') return refuse(ticket, request, 'nothing-to-change');
  const { agentId: byAgentId, reason } = request.data;
  const { agentId } = ticket.stage;
  return release(notAtOnceTo(agentId, ticket, terms.retryAgentMs, now), agentOf(agentId), 'supervisor', now, { byAgentId, reason });
}

/** Another queue is a hand-over for a ticket nobody owns: what was proposed or offered for the old one is void. */
export function override(ticket: Ticket, request: Asked<OverrideRequested>, { knowsQueue, now }: Surroundings): Decision {
  const against = reasonAgainst(ticket, request);
  if (against) return refuse(ticket, request, against);
  const { agentId: byAgentId, priority = ticket.priorityOverride, queueId = ticket.queueOverride, reason } = request.data;
  if (queueId !== null && !knowsQueue(queueId)) return refuse(ticket, request, 'unknown-queue');
  if (priority === ticket.priorityOverride && queueId === ticket.queueOverride) return refuse(ticket, request, 'nothing-to-change');
  const { stage } = ticket;
  const isHandOver = queueId !== ticket.queueOverride && (stage.at === 'waiting' || stage.at === 'offered');
  const changed: Ticket = {
    ...ticket,
    priorityOverride: priority,
    queueOverride: queueId,
    ...(isHandOver && { stage: { at: 'waiting', status: stage.status }, epoch: ticket.epoch + 1, relaxFrom: now, attempts: 0 }),
  };
  const said = { ticket: snapshotOf(changed), from: statusOf(ticket), cause: 'supervisor' as const, byAgentId, reason };
  return { ticket: changed, events: [StatusChanged(ticket.ticketId, said)] };
}
