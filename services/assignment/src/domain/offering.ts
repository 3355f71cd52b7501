import {
  OfferDeclined,
  OfferExpired,
  OfferMade,
  OfferRescinded,
  ProposalRejected,
  TicketAssigned,
  type AcceptRequested,
  type AssignmentProposed,
  type DeclineRequested,
  type LoadChange,
  type QueueConfig,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { giveUnits, hasRoom, isOnline, takeUnits, type Agent, type Loaded } from './agent.js';
import { refuse, type Asked } from './refusal.js';
import { nothing, snapshotOf, type Decision, type Offer, type Stage, type Ticket } from './ticket.js';

type RejectReason = ProposalRejected['data']['why'];
type Offered = Extract<Stage, { at: 'offered' }>;
const EXCLUDED_AGENTS_MAX = 200;

/**
 * Grants a proposal, or says why not. Channels that ask get an offer, the others an owner at once.
 * The units are the queue's for the ticket's channel; only where no queue is configured those of the proposal.
 */
export function reserve(
  ticket: Ticket,
  agent: Agent,
  proposed: Pick<AssignmentProposed['data'], 'proposalId' | 'epoch' | 'units' | 'proposedAt'>,
  queue: QueueConfig | undefined,
  offerId: string,
  now: Date,
): Decision {
  const { proposalId } = proposed;
  if (proposalId === ticket.grantedProposalId) return nothing(ticket);
  const { agentId } = agent;
  const channel = ticket.received?.channel ?? 'web';
  const units = queue?.units[channel] ?? proposed.units;
  const why = reasonAgainst(ticket, agent, proposed.epoch, units, now);
  if (why !== undefined)
    return { ticket, events: [ProposalRejected(ticket.ticketId, { ticket: seen(ticket, proposed), proposalId, agentId, why })] };
  const granted: Ticket = { ...ticket, grantedProposalId: proposalId };
  const mode = queue?.offers[channel] ?? { mode: 'automatic' };
  if (mode.mode === 'automatic') return assign(granted, agent, units, 'automatic', proposalId, now);
  const expiresAt = new Date(now.getTime() + mode.seconds * 1000);
  const status = ticket.stage.at === 'waiting' ? ticket.stage.status : 'open';
  const offered: Ticket = { ...granted, stage: { at: 'offered', status, offer: { offerId, agentId, expiresAt, units } } };
  const loaded = takeUnits(agent, { ticketId: ticket.ticketId, units, channel, state: 'offered', dueAt: null }, 'offered', now);
  const said = { offerId, proposalId, agentId, units, expiresAt: expiresAt.toISOString() };
  return {
    ticket: offered,
    agent: loaded.agent,
    events: [OfferMade(ticket.ticketId, { ticket: snapshotOf(offered), load: loaded.load, ...said })],
  };
}

/** A ticket intake has not told us of yet was received before it was proposed: saying "now" would cost it its age. */
function seen(ticket: Ticket, { proposedAt }: { readonly proposedAt: string }): TicketSnapshot {
  const snapshot = snapshotOf(ticket);
  return ticket.stage.at === 'expected' ? { ...snapshot, firstQueuedAt: proposedAt, relaxFrom: proposedAt } : snapshot;
}

function reasonAgainst(ticket: Ticket, agent: Agent, epoch: number, units: number, now: Date): RejectReason | undefined {
  const { stage } = ticket;
  if (stage.at === 'owned') return 'owned';
  if (stage.at === 'offered') return 'offered';
  if (stage.at !== 'waiting') return 'not-open';
  if (epoch !== ticket.epoch) return 'stale-epoch';
  if (!agent.configured) return 'agent-unknown';
  if (!isOnline(agent, now)) return 'agent-not-online';
  if (!agent.inRotation) return 'out-of-rotation';
  if (ticket.excludedAgentIds.includes(agent.agentId)) return 'excluded';
  return hasRoom(agent, ticket.received!.channel, units) ? undefined : 'no-room';
}

function assign(ticket: Ticket, agent: Agent, units: number, how: 'accepted' | 'automatic', proposalId: string, now: Date): Decision {
  const { agentId } = agent;
  const owned: Ticket = { ...ticket, epoch: ticket.epoch + 1, stage: { at: 'owned', status: 'open', agentId, assignedAt: now, units } };
  const hold = { ticketId: ticket.ticketId, units, channel: ticket.received!.channel, state: 'assigned' as const, dueAt: null };
  const loaded = takeUnits({ ...agent, expiredInARow: 0 }, hold, how === 'automatic' ? 'assigned' : 'accepted', now);
  const said = { agentId, proposalId, how, units, assignedAt: now.toISOString() };
  return {
    ticket: owned,
    agent: loaded.agent,
    events: [TicketAssigned(ticket.ticketId, { ticket: snapshotOf(owned), load: loaded.load, ...said })],
  };
}

/** The offer this request is about, while it stands. */
function standingOffer(ticket: Ticket, request: Asked<AcceptRequested | DeclineRequested>, now: Date): Offered | undefined {
  const { stage } = ticket;
  if (stage.at !== 'offered') return undefined;
  const { offer } = stage;
  const theirs = offer.offerId === request.data.offerId && offer.agentId === request.data.agentId;
  return theirs && offer.expiresAt > now ? stage : undefined;
}

/** A late acceptance is an outcome, not an error: the agent is looking at the screen and needs to be told. */
export function acceptOffer(ticket: Ticket, agent: Agent, request: Asked<AcceptRequested>, now: Date): Decision {
  const stage = standingOffer(ticket, request, now);
  if (!stage) return refuse(ticket, request, ticket.stage.at === 'expected' ? 'unknown-ticket' : 'offer-over');
  return assign(ticket, agent, stage.offer.units, 'accepted', ticket.grantedProposalId ?? stage.offer.offerId, now);
}

/** The agent is not asked again about this ticket; the ticket keeps its age. */
export function declineOffer(ticket: Ticket, agent: Agent, request: Asked<DeclineRequested>, now: Date): Decision {
  const stage = standingOffer(ticket, request, now);
  if (!stage) return refuse(ticket, request, ticket.stage.at === 'expected' ? 'unknown-ticket' : 'offer-over');
  const { agentId, offerId, reason } = request.data;
  const excludedAgentIds = [...ticket.excludedAgentIds.filter((id) => id !== agentId), agentId].slice(-EXCLUDED_AGENTS_MAX);
  const [back, { agent: freed, load }] = withdraw({ ...ticket, excludedAgentIds }, stage, { ...agent, expiredInARow: 0 }, 'declined', now);
  const said = { offerId, agentId, reason };
  return { ticket: back, agent: freed, events: [OfferDeclined(ticket.ticketId, { ticket: snapshotOf(back), load, ...said })] };
}

/** Nobody answered in time. After `expiredOffersMax` in a row the agent is no longer asked. */
export function expireOffer(ticket: Ticket, agent: Agent, expiredOffersMax: number, now: Date): Decision {
  const { stage } = ticket;
  if (stage.at !== 'offered' || stage.offer.expiresAt > now) return nothing(ticket);
  const consecutive = agent.expiredInARow + 1;
  const inRotation = agent.inRotation && consecutive < expiredOffersMax;
  const [back, { agent: freed, load }] = withdraw(ticket, stage, { ...agent, expiredInARow: consecutive, inRotation }, 'expired', now);
  const { offerId, agentId } = stage.offer;
  const said = { offerId, agentId, consecutive, outOfRotation: !inRotation };
  return { ticket: back, agent: freed, events: [OfferExpired(ticket.ticketId, { ticket: snapshotOf(back), load, ...said })] };
}

export function rescindOffer(ticket: Ticket, agent: Agent, why: OfferRescinded['data']['why'], now: Date): Decision {
  const { stage } = ticket;
  if (stage.at !== 'offered' || stage.offer.agentId !== agent.agentId) return nothing(ticket);
  const [back, { agent: freed, load }] = withdraw(ticket, stage, agent, 'rescinded', now);
  const { offerId, agentId } = stage.offer satisfies Offer;
  return {
    ticket: back,
    agent: freed,
    events: [OfferRescinded(ticket.ticketId, { ticket: snapshotOf(back), load, offerId, agentId, why })],
  };
}

function withdraw(ticket: Ticket, stage: Offered, agent: Agent, cause: LoadChange['cause'], now: Date): [Ticket, Loaded] {
  return [{ ...ticket, stage: { at: 'waiting', status: stage.status } }, giveUnits(agent, ticket.ticketId, cause, now)];
}
