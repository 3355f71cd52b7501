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
  offer: z.object({ offerId: OfferId, agentId: AgentId, expiresAt: Instant }).nullable(),
  /** Raised at every hand-over between automatic answer, queue and person. 1 for a new ticket. */
  epoch: Version,
  /** Set by a person or an escalation, else null: then enrichment's priority and the category's queue hold. */
  priorityOverride: Priority.nullable(),
  queueOverride: QueueId.nullable(),
  /** Skills an escalation demands beside the category's. */
  extraSkills: z.record(SkillId, SkillLevel),
  firstQueuedAt: Instant,
  relaxFrom: Instant,
  excludedAgentIds: z.array(AgentId).max(200),
});
export type TicketSnapshot = z.infer<typeof TicketSnapshot>;

/** One agent's load before and after. Auditors order by agentVersion; routing counts a proposal until it has applied that version. */
export const LoadChange = z.object({
  agentId: AgentId,
  agentVersion: Version,
  unitsBefore: Units,
  units: Units,
  unitsMax: Units,
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
  ]),
});
export type LoadChange = z.infer<typeof LoadChange>;

const changed = { ticket: TicketSnapshot, load: LoadChange.optional() };

/** An agent has been asked, not told. Ends in TicketAssigned, OfferDeclined, OfferExpired or OfferRescinded. */
export const OfferMade = event(AssignmentTopic, 'OfferMade', by.ticketId, {
  ...changed,
  offerId: OfferId,
  proposalId: ProposalId,
  agentId: AgentId,
  units: Units,
  expiresAt: Instant,
});
export type OfferMade = EventOf<typeof OfferMade>;

export const OfferDeclined = event(AssignmentTopic, 'OfferDeclined', by.ticketId, {
  ...changed,
  offerId: OfferId,
  agentId: AgentId,
  reason: z.string().max(200),
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

export const OfferRescinded = event(AssignmentTopic, 'OfferRescinded', by.ticketId, {
  ...changed,
  offerId: OfferId,
  agentId: AgentId,
  why: z.enum(['agent-offline', 'customer-solved', 'ticket-solved', 'agent-removed']),
});
export type OfferRescinded = EventOf<typeof OfferRescinded>;

export const TicketAssigned = event(AssignmentTopic, 'TicketAssigned', by.ticketId, {
  ...changed,
  agentId: AgentId,
  proposalId: ProposalId,
  how: z.enum(['accepted', 'automatic']),
  units: Units,
  assignedAt: Instant,
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
    'agent-not-online',
    'excluded',
    'no-room',
    'out-of-rotation',
  ]),
});
export type ProposalRejected = EventOf<typeof ProposalRejected>;

export const TicketReleased = event(AssignmentTopic, 'TicketReleased', by.ticketId, {
  ...changed,
  agentId: AgentId,
  why: z.enum(['agent-offline', 'agent-removed', 'rescue']),
});
export type TicketReleased = EventOf<typeof TicketReleased>;

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
  cause: z.enum(['customer-replied', 'agent', 'escalation', 'hold-ended', 'deflection-failed']),
});
export type StatusChanged = EventOf<typeof StatusChanged>;

export const TicketSolved = event(AssignmentTopic, 'TicketSolved', by.ticketId, {
  ...changed,
  agentId: AgentId.nullable(),
  how: z.enum(['agent', 'deflected']),
  assignedAt: Instant.nullable(),
  solvedAt: Instant,
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

/** Exactly one outcome follows a request; this is the one that says no, in words for the person who asked. */
export const RequestRefused = event(AssignmentTopic, 'RequestRefused', by.ticketId, {
  ...changed,
  requestId: z.string(),
  agentId: AgentId.optional(),
  why: z.enum(['not-your-ticket', 'offer-over', 'not-open', 'already-in-that-status', 'unknown-ticket', 'unknown-agent']),
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
  state: z.enum(['offered', 'assigned']),
  dueAt: Instant.nullable(),
  /** What the ticket was about when it was given; null = not known. */
  category: CategoryId.nullable().optional(),
});
export type Hold = z.infer<typeof Hold>;

/** `version` of the event and `agentVersion` are the same number. */
export const AgentState = event(AgentsTopic, 'AgentState', by.agentId, {
  agentVersion: Version,
  presence: Presence,
  /** False after repeated expired offers, until the agent reports online again. */
  inRotation: z.boolean(),
  skills: z.record(SkillId, SkillLevel),
  languages: z.record(LanguageTag, SkillLevel),
  queueIds: z.array(QueueId).max(100),
  unitsMax: Units,
  channelUnitsMax: z.partialRecord(Channel, Units),
  unitsUsed: Units,
  holds: z.array(Hold).max(500),
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
  | AnswerReleased
  | AnswerRefused
  | ReplyReleased
  | StatusChanged
  | TicketSolved
  | TicketReopened
  | TicketClosed
  | RequestRefused;
