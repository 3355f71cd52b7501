import {
  OfferDeclined,
  OfferExpired,
  OfferMade,
  OfferRescinded,
  ProposalRejected,
  StatusChanged,
  TicketAssigned,
  TicketReleased,
  TicketTransferred,
  type AcceptRequested,
  type AssignmentProposed,
  type DeclineRequested,
  type LoadChange,
  type OfferDelivered,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { giveUnits, hasRoom, holdOf, isOnline, takeUnits, type Agent, type Loaded, type Weight } from './agent.js';
import { refuse, type Asked } from './refusal.js';
import type { Terms } from './terms.js';
import {
  exclude,
  nothing,
  offerOf,
  snapshotOf,
  statusOf,
  withOffer,
  withoutExclusions,
  type Decision,
  type Offer,
  type Owned,
  type Ticket,
} from './ticket.js';

type RejectReason = ProposalRejected['data']['why'];
type Proposed = Pick<AssignmentProposed['data'], 'proposalId' | 'epoch' | 'units' | 'proposedAt' | 'rescue' | 'pulled'>;
/** A rescue is always asked for, on channels that assign automatically so. Who is not shown it there has not failed to answer it. */
const RESCUE: Asking = { seconds: 60, acknowledgeSeconds: 15 };

/**
 * Grants a proposal, or says why not. Channels that ask get an offer, the others an owner at once.
 * The units are the queue's for the ticket's channel and complexity; only where no queue is configured those of the proposal.
 */
export function reserve(ticket: Ticket, agent: Agent, proposed: Proposed, terms: Terms, offerId: string, now: Date): Decision {
  const { proposalId, rescue = false, pulled = false } = proposed;
  if (proposalId === ticket.grantedProposalId) return nothing(ticket);
  const { agentId } = agent;
  const weight = terms.weight ?? { units: proposed.units, interruptible: false };
  const why = reasonAgainst(ticket, agent, proposed.epoch, weight, rescue, now);
  if (why !== undefined)
    return { ticket, events: [ProposalRejected(ticket.ticketId, { ticket: seen(ticket, proposed), proposalId, agentId, why })] };
  const granted: Ticket = { ...ticket, grantedProposalId: proposalId };
  if (pulled && !rescue) return assign(granted, agent, weight, { how: 'pulled', cause: 'assigned', proposalId }, now);
  if (terms.mode.mode === 'ask') return offer(granted, agent, weight, { ...terms.mode, proposalId }, 'offered', offerId, now);
  if (rescue) return offer(granted, agent, weight, { ...RESCUE, proposalId }, 'offered', offerId, now);
  return assign(granted, agent, weight, { how: 'automatic', cause: 'assigned', proposalId }, now);
}

/** A ticket intake has not told us of yet was received before it was proposed: saying "now" would cost it its age. */
function seen(ticket: Ticket, { proposedAt }: { readonly proposedAt: string }): TicketSnapshot {
  const snapshot = snapshotOf(ticket);
  return ticket.stage.at === 'expected' ? { ...snapshot, firstQueuedAt: proposedAt, relaxFrom: proposedAt } : snapshot;
}

function reasonAgainst(ticket: Ticket, agent: Agent, epoch: number, weight: Weight, rescue: boolean, now: Date): RejectReason | undefined {
  const { stage } = ticket;
  if (rescue) {
    if (stage.at !== 'owned' || stage.status !== 'open') return 'not-owned';
    if (stage.agentId === agent.agentId) return 'owned';
  } else if (stage.at === 'owned') return 'owned';
  if (offerOf(ticket)) return 'offered';
  if (!rescue && stage.at !== 'waiting') return 'not-open';
  if (epoch !== ticket.epoch) return 'stale-epoch';
  if (!agent.configured) return 'agent-unknown';
  if (!isOnline(agent, now)) return 'agent-not-online';
  if (!agent.inRotation) return 'out-of-rotation';
  if (ticket.excludedAgentIds.includes(agent.agentId)) return 'excluded';
  return hasRoom(agent, ticket.received!.channel, weight) ? undefined : 'no-room';
}

interface Asking {
  readonly seconds: number;
  readonly acknowledgeSeconds?: number | undefined;
  readonly proposalId?: string | undefined;
}

/** Asks an agent; the room is the caller's to judge. An owner keeps the ticket meanwhile. */
export function offer(
  ticket: Ticket,
  agent: Agent,
  weight: Weight,
  { seconds, acknowledgeSeconds, proposalId }: Asking,
  cause: 'offered' | 'transferred',
  offerId: string,
  now: Date,
): Decision {
  const { ticketId } = ticket;
  const { agentId } = agent;
  const after = (s: number): Date => new Date(now.getTime() + s * 1000);
  const made: Offer = {
    offerId,
    agentId,
    expiresAt: after(seconds),
    acknowledgeBy: acknowledgeSeconds === undefined ? null : after(acknowledgeSeconds),
    ...weight,
  };
  const offered = withOffer(ticket, made);
  const loaded = takeUnits(agent, holdOf(ticket, weight, 'offered'), cause, now);
  const said = { offerId, proposalId, agentId, units: weight.units, expiresAt: made.expiresAt.toISOString() };
  const rescue = ticket.stage.at === 'owned' ? { rescue: true } : {};
  return {
    ticket: offered,
    agent: loaded.agent,
    events: [OfferMade(ticketId, { ticket: snapshotOf(offered), load: loaded.load, ...said, ...rescue })],
  };
}

type Grant = { readonly cause: LoadChange['cause'] } & Pick<
  TicketAssigned['data'],
  'how' | 'proposalId' | 'byAgentId' | 'reason' | 'overAssigned'
>;

/** Makes the agent the owner; the room is the caller's to judge, and so is whoever owned it until now. */
export function assign(ticket: Ticket, agent: Agent, weight: Weight, { cause, ...grant }: Grant, now: Date): Decision {
  const { ticketId } = ticket;
  const { agentId } = agent;
  const owned: Ticket = {
    ...ticket,
    epoch: ticket.epoch + 1,
    attempts: 0,
    stage: { at: 'owned', status: 'open', agentId, assignedAt: now, silence: { since: now, dueAt: null, nudged: false }, ...weight },
  };
  const hold = holdOf(ticket, weight, 'assigned');
  const loaded = takeUnits({ ...agent, expiredInARow: 0 }, hold, cause, now, grant.overAssigned);
  const said = { agentId, ...grant, units: weight.units, assignedAt: now.toISOString() };
  return {
    ticket: owned,
    agent: loaded.agent,
    events: [TicketAssigned(ticketId, { ticket: snapshotOf(owned), load: loaded.load, ...said })],
  };
}

/**
 * From one owner to the next in one step: released and assigned in one transaction, and both events show the new owner, so that nobody
 * ever sees the ticket with none or two.
 */
export function takeOver(
  ticket: Ticket,
  owner: Agent,
  agent: Agent,
  weight: Weight,
  grant: Grant,
  why: 'rescue' | 'reassigned' | 'escalation',
  now: Date,
): Decision {
  const { ticketId } = ticket;
  const taken = assign(ticket, agent, weight, grant, now);
  const given = owner.holds.has(ticketId) ? giveUnits(owner, ticketId, 'released', now) : undefined;
  const { byAgentId, reason } = grant;
  const said = { ticket: snapshotOf(taken.ticket), load: given?.load, agentId: owner.agentId, why, byAgentId, reason };
  return { ...taken, others: given ? [given.agent] : [], events: [TicketReleased(ticketId, said), ...taken.events] };
}

/** The offer this request is about, while it stands. */
function standingOffer(ticket: Ticket, request: Asked<AcceptRequested | DeclineRequested>, now: Date): Offer | undefined {
  const standing = offerOf(ticket);
  if (standing?.offerId !== request.data.offerId || standing.agentId !== request.data.agentId) return undefined;
  return standing.expiresAt > now ? standing : undefined;
}

/** A late acceptance is an outcome, not an error: the agent is looking at the screen and needs to be told. */
export function acceptOffer(
  ticket: Ticket,
  agent: Agent,
  request: Asked<AcceptRequested>,
  now: Date,
  _terms: Terms,
  owner: Agent | undefined,
): Decision {
  const standing = standingOffer(ticket, request, now);
  if (!standing) return refuse(ticket, request, ticket.stage.at === 'expected' ? 'unknown-ticket' : 'offer-over');
  const proposalId = ticket.grantedProposalId ?? undefined;
  const grant: Grant = { how: 'accepted', cause: 'accepted', proposalId };
  const { units, interruptible } = standing;
  if (!owner) return assign(ticket, agent, { units, interruptible }, grant, now);
  return takeOver(ticket, owner, agent, { units, interruptible }, grant, 'rescue', now);
}

/** The agent's console shows the offer; from now on only time ends it. */
export function acknowledgeOffer(ticket: Ticket, { data }: Pick<OfferDelivered, 'data'>): Decision {
  const standing = offerOf(ticket);
  if (standing?.offerId !== data.offerId || standing.agentId !== data.agentId || standing.acknowledgeBy === null) return nothing(ticket);
  return nothing(withOffer(ticket, { ...standing, acknowledgeBy: null }));
}

/** The agent is not asked again about this ticket, for a reassignable reason not for a while; the ticket keeps its age. */
export function declineOffer(ticket: Ticket, agent: Agent, request: Asked<DeclineRequested>, now: Date, terms: Terms): Decision {
  const standing = standingOffer(ticket, request, now);
  if (!standing) return refuse(ticket, request, ticket.stage.at === 'expected' ? 'unknown-ticket' : 'offer-over');
  const { agentId, offerId, reason, reasonName } = request.data;
  const reassignable = terms.reassignable(reasonName);
  const excluded = exclude(ticket, agentId, reassignable ? after(now, terms.retryAgentMs) : null);
  const [back, { agent: freed, load }] = withdraw(excluded, { ...agent, expiredInARow: 0 }, 'declined', now);
  const said = { offerId, agentId, reason, ...(reassignable && { reassignable }) };
  const declined = OfferDeclined(ticket.ticketId, { ticket: snapshotOf(back), load, ...said });
  return anotherAttempt({ ticket: back, agent: freed, events: [declined] }, terms, now);
}

/** Nobody answered in time. After `expiredOffersMax` in a row the agent is no longer asked. */
export function expireOffer(ticket: Ticket, agent: Agent, terms: Terms, now: Date): Decision {
  const standing = offerOf(ticket);
  if (!standing || standing.expiresAt > now) return nothing(ticket);
  const consecutive = agent.expiredInARow + 1;
  const inRotation = agent.inRotation && consecutive < terms.expiredOffersMax;
  const [back, { agent: freed, load }] = withdraw(ticket, { ...agent, expiredInARow: consecutive, inRotation }, 'expired', now);
  const { offerId, agentId } = standing;
  const said = { offerId, agentId, consecutive, outOfRotation: !inRotation };
  const expired = OfferExpired(ticket.ticketId, { ticket: snapshotOf(back), load, ...said });
  return anotherAttempt({ ticket: back, agent: freed, events: [expired] }, terms, now);
}

/**
 * The offer never got there: not the agent's fault, so it does not count as expired, and they are asked again when their console may be back.
 * But it was an attempt in vain: a ticket that nobody is ever shown must come to somebody's notice.
 */
export function rescindUndelivered(ticket: Ticket, agent: Agent, terms: Terms, now: Date): Decision {
  const standing = offerOf(ticket);
  if (!standing?.acknowledgeBy || standing.acknowledgeBy > now) return nothing(ticket);
  const excluded = exclude(ticket, agent.agentId, after(now, terms.retryAgentMs));
  return anotherAttempt(rescindOffer(excluded, agent, 'not-delivered', now), terms, now);
}

export function rescindOffer(ticket: Ticket, agent: Agent, why: OfferRescinded['data']['why'], now: Date): Decision {
  const standing = offerOf(ticket);
  if (standing?.agentId !== agent.agentId) return nothing(ticket);
  const [back, { agent: freed, load }] = withdraw(ticket, agent, 'rescinded', now);
  const { offerId, agentId } = standing;
  return {
    ticket: back,
    agent: freed,
    events: [OfferRescinded(ticket.ticketId, { ticket: snapshotOf(back), load, offerId, agentId, why })],
  };
}

const after = (now: Date, ms: number): Date => new Date(now.getTime() + ms);
function withdraw(ticket: Ticket, agent: Agent, cause: LoadChange['cause'], now: Date): [Ticket, Loaded] {
  return [withOffer(ticket, undefined), giveUnits(agent, ticket.ticketId, cause, now)];
}

/**
 * Offered in vain once more: at the queue's limit a supervisor has to look, also one who declined before. A rescue counts for nothing, its
 * ticket has an owner.
 */
function anotherAttempt(ended: Decision, terms: Terms, now: Date): Decision {
  if (ended.ticket.stage.at !== 'waiting') return ended;
  const ticket = { ...ended.ticket, attempts: ended.ticket.attempts + 1 };
  if (ticket.attempts < terms.attemptsMax) return { ...ended, ticket };
  const { queueId, supervisorQueueId } = terms;
  const anew = { attempts: 0, queueOverride: supervisorQueueId, relaxFrom: now, epoch: ticket.epoch + 1 };
  const moved: Ticket = { ...withoutExclusions(ticket), ...anew };
  const said = { from: { agentId: null, queueId }, to: { queueId: supervisorQueueId }, byAgentId: null, transfers: ticket.transfers };
  const transferred = TicketTransferred(ticket.ticketId, { ticket: snapshotOf(moved), ...said, why: 'attempts-exhausted' });
  return { ...ended, ticket: moved, events: [...ended.events, transferred] };
}

/** Who declined for a passing reason may be asked again. Said only of a ticket that waits: of others their next event tells it. */
export function endExclusions(ticket: Ticket, now: Date): Decision {
  const over = [...ticket.exclusionEnds].filter(([, until]) => until <= now).map(([agentId]) => agentId);
  if (over.length === 0) return nothing(ticket);
  const open: Ticket = {
    ...ticket,
    excludedAgentIds: ticket.excludedAgentIds.filter((agentId) => !over.includes(agentId)),
    exclusionEnds: new Map([...ticket.exclusionEnds].filter(([agentId]) => !over.includes(agentId))),
  };
  if (open.stage.at !== 'waiting') return nothing(open);
  const said = { ticket: snapshotOf(open), from: statusOf(open), cause: 'exclusion-ended' as const };
  return { ticket: open, events: [StatusChanged(ticket.ticketId, said)] };
}

/**
 * What every decision leaves to be done: an offer that is no longer the ticket's gives its units back. So no decision that moves a ticket
 * has to think of the agent who was asked about it meanwhile.
 */
export function withoutLeftOffer(before: Ticket, decision: Decision, agentOf: (agentId: string) => Agent, now: Date): Decision {
  const left = offerOf(before);
  if (!left || offerOf(decision.ticket)?.agentId === left.agentId) return decision;
  const changed = [...(decision.others ?? []), ...(decision.agent ? [decision.agent] : [])];
  const asked = changed.find(({ agentId }) => agentId === left.agentId) ?? agentOf(left.agentId);
  const { ticket } = decision;
  if (asked.holds.get(ticket.ticketId)?.state !== 'offered') return decision;
  const { agent, load } = giveUnits(asked, ticket.ticketId, 'rescinded', now);
  const why = ticket.mergedInto === null ? ('superseded' as const) : ('ticket-merged' as const);
  const said = { offerId: left.offerId, agentId: left.agentId, why };
  const rescinded = OfferRescinded(ticket.ticketId, { ticket: snapshotOf(ticket), load, ...said });
  return { ...decision, others: [...(decision.others ?? []), agent], events: [...decision.events, rescinded] };
}

/** Units as the ticket was given out with; the same again for the next owner. */
export const weightOf = ({ units, interruptible }: Owned): Weight => ({ units, interruptible });
