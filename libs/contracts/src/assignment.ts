import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import {
  AgentId,
  CategoryId,
  Channel,
  CustomerId,
  Instant,
  LanguageTag,
  MessageId,
  OfferId,
  personal,
  Presence,
  Priority,
  ProposalId,
  QueueId,
  SkillId,
  SkillLevel,
  TEXT_LENGTH_MAX,
  TicketId,
  TicketStatus,
  Units,
  Version,
} from './fields.js';
import { Answer } from './knowledge-base.js';

/** What assignment says. Keyed by ticketId, so the offers for one ticket stay in order. */
export const AssignmentTopic = topic('signalbox.assignment', { writer: 'assignment', says: 'the facts about owners, offers and status' });
/** A ticket's current state, no text: where a newcomer starts. */
export const TicketsTopic = topic('signalbox.tickets', { writer: 'assignment', compacted: true, says: "every ticket's current state" });
/** An agent's whole state, for routing and consoles. */
export const AgentsTopic = topic('signalbox.agents', { writer: 'assignment', compacted: true, says: "every agent's live state and holds" });

/** What the event left behind, so that a reader projects the highest version and needs no history. */
export const TicketSnapshot = z.object({
  status: TicketStatus,
  agentId: AgentId.nullable(),
  /** Beside an owner only as a rescue: they keep the ticket until the other one has accepted. */
  offer: z
    .object({
      offerId: OfferId,
      agentId: AgentId,
      expiresAt: Instant,
      /** The agent's console has to confirm the offer by then (OfferDelivered). Gone once it has. */
      acknowledgeBy: Instant.optional(),
    })
    .nullable(),
  /** Raised at every hand-over between automatic answer, queue and person. 1 for a new ticket. */
  epoch: Version,
  /** Set by a person or an escalation, else null: then enrichment's priority and the category's queue hold. */
  priorityOverride: Priority.nullable(),
  queueOverride: QueueId.nullable(),
  /** Skills an escalation demands beside the category's. */
  extraSkills: z.record(SkillId, SkillLevel),
  firstQueuedAt: Instant,
  relaxFrom: Instant,
  /** Not to be asked now. Some return by themselves after a while: StatusChanged says so when the ticket waits. */
  excludedAgentIds: z.array(AgentId).max(200),
  /** Since its owner's shift is over: somebody should take it on. */
  handOverSince: Instant.optional(),
  /** Colleagues whom the owner has asked to look at it. */
  consultAgentIds: z.array(AgentId).max(10).optional(),
  /** It ended in another ticket: what comes in for it belongs there. */
  mergedInto: TicketId.optional(),
});
export type TicketSnapshot = z.infer<typeof TicketSnapshot>;

const pool = { unitsBefore: Units, units: Units, unitsMax: Units };
/** One agent's load before and after. Auditors order by agentVersion; routing counts a proposal until it has applied that version. */
export const LoadChange = z.object({
  agentId: AgentId,
  agentVersion: Version,
  ...pool,
  /** The second pool, where the agent has one; the units above are then those of the other tickets. */
  interruptible: z.object(pool).optional(),
  cause: z.enum([
    'offered',
    'assigned',
    'accepted',
    'declined',
    'expired',
    'rescinded',
    'released',
    'pending',
    'on-hold',
    'solved',
    'reopened',
    'transferred',
    /** A supervisor's word; it may go beyond the limit. */
    'forced',
    'merged',
    'wrap-up-ended',
  ]),
});
export type LoadChange = z.infer<typeof LoadChange>;

const changed = { ticket: TicketSnapshot, load: LoadChange.optional() };

/** An agent has been asked, not told. Ends in TicketAssigned, OfferDeclined, OfferExpired or OfferRescinded. */
export const OfferMade = event(AssignmentTopic, 'OfferMade', by.ticketId, {
  ...changed,
  offerId: OfferId,
  /** Absent when a colleague handed the ticket over. */
  proposalId: ProposalId.optional(),
  agentId: AgentId,
  units: Units,
  expiresAt: Instant,
  /** The ticket has an owner, who keeps it until this offer is accepted. */
  rescue: z.boolean().optional(),
});
export type OfferMade = EventOf<typeof OfferMade>;

export const OfferDeclined = event(AssignmentTopic, 'OfferDeclined', by.ticketId, {
  ...changed,
  offerId: OfferId,
  agentId: AgentId,
  reason: z.string().max(200),
  /** True: the agent is asked again later, the reason lies with the moment and not with the ticket. */
  reassignable: z.boolean().optional(),
});
export type OfferDeclined = EventOf<typeof OfferDeclined>;

/** `consecutive`: how many offers in a row this agent let expire; at the policy's maximum the agent goes out of rotation. */
export const OfferExpired = event(AssignmentTopic, 'OfferExpired', by.ticketId, {
  ...changed,
  offerId: OfferId,
  agentId: AgentId,
  consecutive: z.int().min(1),
  outOfRotation: z.boolean(),
});
export type OfferExpired = EventOf<typeof OfferExpired>;

/**
 * Taken back without the agent's doing, and never counted as expired. `not-delivered`: no console has confirmed it in time.
 * `superseded`: a person decided otherwise, or the owner of a ticket to be rescued has gone on with it.
 */
export const OfferRescinded = event(AssignmentTopic, 'OfferRescinded', by.ticketId, {
  ...changed,
  offerId: OfferId,
  agentId: AgentId,
  why: z.enum(['agent-offline', 'customer-solved', 'ticket-solved', 'ticket-merged', 'agent-removed', 'not-delivered', 'superseded']),
});
export type OfferRescinded = EventOf<typeof OfferRescinded>;

export const TicketAssigned = event(AssignmentTopic, 'TicketAssigned', by.ticketId, {
  ...changed,
  agentId: AgentId,
  /** Absent when a person gave it to the agent. */
  proposalId: ProposalId.optional(),
  how: z.enum(['accepted', 'automatic', 'pulled', 'transferred', 'forced', 'escalated']),
  units: Units,
  assignedAt: Instant,
  /** A supervisor's word and why; `overAssigned` when it went beyond the agent's capacity. */
  byAgentId: AgentId.optional(),
  reason: z.string().max(200).optional(),
  overAssigned: z.boolean().optional(),
});
export type TicketAssigned = EventOf<typeof TicketAssigned>;

/** Routing decides again in its next round; the ticket keeps its age. */
export const ProposalRejected = event(AssignmentTopic, 'ProposalRejected', by.ticketId, {
  ...changed,
  proposalId: ProposalId,
  agentId: AgentId,
  why: z.enum([
    'not-open',
    'owned',
    'offered',
    'stale-epoch',
    'agent-unknown',
    /** Away, offline, or their lease has run out though their record still says online: in a mass expiry nobody is sent offline. */
    'agent-not-online',
    'excluded',
    'no-room',
    'out-of-rotation',
    /** To be rescued, but nobody owns it any more. */
    'not-owned',
  ]),
});
export type ProposalRejected = EventOf<typeof ProposalRejected>;

/**
 * Somebody is no longer the owner. After `rescue` and `reassigned`, and an `escalation` to a role, the ticket already shows the new one,
 * whose TicketAssigned follows from the same transaction: no reader ever sees it without an owner.
 */
export const TicketReleased = event(AssignmentTopic, 'TicketReleased', by.ticketId, {
  ...changed,
  agentId: AgentId,
  why: z.enum(['agent-offline', 'agent-removed', 'rescue', 'reassigned', 'supervisor', 'owner-silent', 'end-of-shift', 'escalation']),
  byAgentId: AgentId.optional(),
  reason: z.string().max(200).optional(),
});
export type TicketReleased = EventOf<typeof TicketReleased>;

/**
 * Handed on. `load` is the former owner's; to an agent, OfferMade or TicketAssigned follows from the same transaction and the ticket shows it
 * already. To a queue or to skills, it waits with its age, its requirements counted anew.
 */
export const TicketTransferred = event(AssignmentTopic, 'TicketTransferred', by.ticketId, {
  ...changed,
  from: z.object({ agentId: AgentId.nullable(), queueId: QueueId }),
  to: z.object({ agentId: AgentId.optional(), queueId: QueueId, skills: z.record(SkillId, SkillLevel).optional() }),
  /** `escalation`: see TicketEscalated. `attempts-exhausted`: it was offered as often as its queue allows, and goes to the supervisors' queue. */
  why: z.enum(['requested', 'attempts-exhausted', 'escalation']),
  byAgentId: AgentId.nullable(),
  /** How often agents have handed it on since it was opened. */
  transfers: z.int().min(0),
  /** The note to whoever gets it, kept by the console. */
  noteId: z.string().max(80).optional(),
});
export type TicketTransferred = EventOf<typeof TicketTransferred>;

/** A reminder: so many minutes of the owner's shift have passed without a reply. */
export const OwnerSilent = event(AssignmentTopic, 'OwnerSilent', by.ticketId, {
  ...changed,
  agentId: AgentId,
  silentSince: Instant,
  minutes: z.number().min(0),
});
export type OwnerSilent = EventOf<typeof OwnerSilent>;

/** The owner's shift is over and the ticket open: it is theirs until somebody takes it on. */
export const HandOverListed = event(AssignmentTopic, 'HandOverListed', by.ticketId, {
  ...changed,
  agentId: AgentId,
  shiftEndedAt: Instant,
});
export type HandOverListed = EventOf<typeof HandOverListed>;

/** A solved ticket's units are free again. */
export const WrapUpEnded = event(AssignmentTopic, 'WrapUpEnded', by.ticketId, {
  ...changed,
  agentId: AgentId,
  how: z.enum(['agent', 'time', 'agent-removed']),
});
export type WrapUpEnded = EventOf<typeof WrapUpEnded>;

/** A colleague was asked to look at it too. Nothing changes hands, no units are taken. */
export const ConsultStarted = event(AssignmentTopic, 'ConsultStarted', by.ticketId, {
  ...changed,
  agentId: AgentId,
  withAgentId: AgentId,
  noteId: z.string().max(80).optional(),
});
export type ConsultStarted = EventOf<typeof ConsultStarted>;
/** Also ends, unsaid, with the ownership it belongs to. */
export const ConsultEnded = event(AssignmentTopic, 'ConsultEnded', by.ticketId, { ...changed, agentId: AgentId, withAgentId: AgentId });
export type ConsultEnded = EventOf<typeof ConsultEnded>;

/** The automatic answer goes out; the ticket waits for the customer's word on it. */
export const AnswerReleased = event(AssignmentTopic, 'AnswerReleased', by.ticketId, { ...changed, messageId: MessageId, answer: Answer });
export type AnswerReleased = EventOf<typeof AnswerReleased>;

export const AnswerRefused = event(AssignmentTopic, 'AnswerRefused', by.ticketId, {
  ...changed,
  why: z.enum(['owned', 'offered', 'stale-epoch', 'wants-human', 'not-open']),
});
export type AnswerRefused = EventOf<typeof AnswerRefused>;

/** A person's reply, accepted for sending. A response clock stops at this event's time. */
export const ReplyReleased = event(AssignmentTopic, 'ReplyReleased', by.ticketId, {
  ...changed,
  messageId: MessageId,
  agentId: AgentId,
  text: personal(z.string().min(1).max(TEXT_LENGTH_MAX)),
});
export type ReplyReleased = EventOf<typeof ReplyReleased>;

/** A change of status that has no event of its own, or of an override. */
export const StatusChanged = event(AssignmentTopic, 'StatusChanged', by.ticketId, {
  ...changed,
  from: TicketStatus,
  cause: z.enum(['customer-replied', 'agent', 'escalation', 'hold-ended', 'deflection-failed', 'supervisor', 'exclusion-ended']),
  /** Of a supervisor's change. */
  byAgentId: AgentId.optional(),
  reason: z.string().max(200).optional(),
});
export type StatusChanged = EventOf<typeof StatusChanged>;

export const TicketSolved = event(AssignmentTopic, 'TicketSolved', by.ticketId, {
  ...changed,
  agentId: AgentId.nullable(),
  how: z.enum(['agent', 'deflected']),
  assignedAt: Instant.nullable(),
  solvedAt: Instant,
  /** Until then its units stay taken, or until WrapUpEnded. */
  wrapUpEndsAt: Instant.optional(),
});
export type TicketSolved = EventOf<typeof TicketSolved>;

export const TicketReopened = event(AssignmentTopic, 'TicketReopened', by.ticketId, {
  ...changed,
  solvedByAgentId: AgentId.nullable(),
  cause: z.enum(['customer-replied', 'agent']),
  reopenings: z.int().min(1),
});
export type TicketReopened = EventOf<typeof TicketReopened>;

export const TicketClosed = event(AssignmentTopic, 'TicketClosed', by.ticketId, { ...changed });
export type TicketClosed = EventOf<typeof TicketClosed>;

/** It is closed, and goes on in another ticket. Units and offers are given back. */
export const TicketMerged = event(AssignmentTopic, 'TicketMerged', by.ticketId, {
  ...changed,
  intoTicketId: TicketId,
  byAgentId: AgentId,
});
export type TicketMerged = EventOf<typeof TicketMerged>;
/** The other side: from the same transaction, of the ticket that goes on. It is as old as the elder of the two. */
export const TicketMergedIn = event(AssignmentTopic, 'TicketMergedIn', by.ticketId, {
  ...changed,
  fromTicketId: TicketId,
  /** When that one was received. */
  receivedAt: Instant,
  byAgentId: AgentId,
});
export type TicketMergedIn = EventOf<typeof TicketMergedIn>;

/** Exactly one outcome follows a request; this is the one that says no, in words for the person who asked. */
export const RequestRefused = event(AssignmentTopic, 'RequestRefused', by.ticketId, {
  ...changed,
  requestId: z.string(),
  agentId: AgentId.optional(),
  why: z.enum([
    'not-your-ticket',
    'offer-over',
    'not-open',
    'already-in-that-status',
    'unknown-ticket',
    'unknown-agent',
    'not-allowed',
    'already-theirs',
    'unknown-queue',
    'agent-not-online',
    'no-room',
    'transfers-exhausted',
    'nothing-to-change',
    'not-mergeable',
    'no-wrap-up',
    'no-consult',
  ]),
  message: z.string().max(300),
});
export type RequestRefused = EventOf<typeof RequestRefused>;

export const TicketState = event(TicketsTopic, 'TicketState', by.ticketId, {
  number: z.int().min(1),
  channel: Channel,
  customerId: CustomerId,
  status: TicketStatus,
  agentId: AgentId.nullable(),
  queueId: QueueId,
  priority: Priority,
  category: CategoryId.nullable(),
  language: LanguageTag.nullable(),
  epoch: Version,
  firstQueuedAt: Instant,
  updatedAt: Instant,
  removed: z.boolean().optional(),
});
export type TicketState = EventOf<typeof TicketState>;

export const Hold = z.object({
  ticketId: TicketId,
  units: Units,
  channel: Channel,
  state: z.enum(['offered', 'assigned', 'wrap-up']),
  /** When a wrap-up ends. */
  dueAt: Instant.nullable(),
  /** What the ticket was about when it was given; null = not known. */
  category: CategoryId.nullable().optional(),
  /** Fills the agent's second pool, where there is one. */
  interruptible: z.boolean().optional(),
});
export type Hold = z.infer<typeof Hold>;

/** `version` of the event and `agentVersion` are the same number. */
export const AgentState = event(AgentsTopic, 'AgentState', by.agentId, {
  agentVersion: Version,
  presence: Presence,
  /** False after repeated expired offers, until the agent comes or chooses online again. */
  inRotation: z.boolean(),
  skills: z.record(SkillId, SkillLevel),
  languages: z.record(LanguageTag, SkillLevel),
  queueIds: z.array(QueueId).max(100),
  unitsMax: Units,
  channelUnitsMax: z.partialRecord(Channel, Units),
  /** Of the holds that are not in the second pool. */
  unitsUsed: Units,
  /** The second pool, where the agent has one: tickets of their queue's interruptible channels go there and nowhere else. */
  interruptibleUnitsMax: Units.optional(),
  interruptibleUnitsUsed: Units.optional(),
  holds: z.array(Hold).max(500),
  /** False outside of the configured shifts, unless the agent chose Online there. Absent: no shifts are configured. */
  onShift: z.boolean().optional(),
  shiftEndsAt: Instant.nullable(),
  idleSince: Instant.nullable(),
  /** When the agent was last given or offered a ticket. */
  lastAssignedAt: Instant.nullable().optional(),
  removed: z.boolean().optional(),
});
export type AgentState = EventOf<typeof AgentState>;

/** Everything said on signalbox.assignment; each carries the ticket as it left it. */
export type AssignmentEvent =
  | OfferMade
  | OfferDeclined
  | OfferExpired
  | OfferRescinded
  | TicketAssigned
  | ProposalRejected
  | TicketReleased
  | TicketTransferred
  | OwnerSilent
  | HandOverListed
  | WrapUpEnded
  | ConsultStarted
  | ConsultEnded
  | AnswerReleased
  | AnswerRefused
  | ReplyReleased
  | StatusChanged
  | TicketSolved
  | TicketReopened
  | TicketClosed
  | TicketMerged
  | TicketMergedIn
  | RequestRefused;
