import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import {
  AgentId,
  AgentRole,
  Instant,
  MessageId,
  OfferId,
  personal,
  Presence,
  Priority,
  QueueId,
  SkillId,
  SkillLevel,
  TEXT_LENGTH_MAX,
  TicketId,
} from './fields.js';

/** People's requests, named so: each is a wish until assignment says what came of it. */
export const ConsoleTopic = topic('signalbox.console', { writer: 'console', says: "people's requests, and agents' presence" });

const asked = { agentId: AgentId, askedAt: Instant };
export const AcceptRequested = event(ConsoleTopic, 'AcceptRequested', by.ticketId, { ...asked, offerId: OfferId });
export type AcceptRequested = EventOf<typeof AcceptRequested>;
export const DeclineRequested = event(ConsoleTopic, 'DeclineRequested', by.ticketId, {
  ...asked,
  offerId: OfferId,
  reason: z.string().max(200),
  /** One of the company's `declineReasons`; absent when the agent found words of their own. */
  reasonName: z.string().max(60).optional(),
});
export type DeclineRequested = EventOf<typeof DeclineRequested>;
/** Text the customer shall get. It is sent only once assignment has released it. */
export const ReplyWritten = event(ConsoleTopic, 'ReplyWritten', by.ticketId, {
  ...asked,
  messageId: MessageId,
  text: personal(z.string().min(1).max(TEXT_LENGTH_MAX)),
  thenStatus: z.enum(['pending', 'on-hold', 'solved']).optional(),
});
export type ReplyWritten = EventOf<typeof ReplyWritten>;
/** Pending waits for the customer, on-hold for a third party. Both give the units back. */
export const HoldRequested = event(ConsoleTopic, 'HoldRequested', by.ticketId, { ...asked, status: z.enum(['pending', 'on-hold']) });
export type HoldRequested = EventOf<typeof HoldRequested>;
export const ResumeRequested = event(ConsoleTopic, 'ResumeRequested', by.ticketId, { ...asked });
export type ResumeRequested = EventOf<typeof ResumeRequested>;
export const SolveRequested = event(ConsoleTopic, 'SolveRequested', by.ticketId, { ...asked });
export type SolveRequested = EventOf<typeof SolveRequested>;

/** The lease of an agent's presence: online until `leaseUntil`, then offline. The server never raises it by itself. */
export const PresenceReported = event(ConsoleTopic, 'PresenceReported', by.agentId, {
  presence: Presence,
  leaseUntil: Instant,
  reportedAt: Instant,
  /** A person chose it, also when it is what they had; else their page goes on saying so. */
  chosen: z.boolean().optional(),
});
export type PresenceReported = EventOf<typeof PresenceReported>;

/** A report, not a wish: the agent's console shows the offer. Nothing answers it; without it an offer that asks for it is rescinded. */
export const OfferDelivered = event(ConsoleTopic, 'OfferDelivered', by.ticketId, {
  agentId: AgentId,
  offerId: OfferId,
  deliveredAt: Instant,
});
export type OfferDelivered = EventOf<typeof OfferDelivered>;

/** Text for colleagues stays with the console: requests and facts carry the id of its note. */
const NoteId = z.string().max(80);
/** As the console verified it. */
const askedAs = { ...asked, role: AgentRole };
const reason = z.string().min(1).max(200);

export const TRANSFER_SKILLS_MAX = 10;
/** Where a ticket shall go. A queue or skills mean: to whoever routing finds. */
export const TransferTarget = z.union([
  z.object({ agentId: AgentId }),
  z.object({ queueId: QueueId }),
  z.object({
    skills: z
      .record(SkillId, SkillLevel)
      .refine((skills) => Object.keys(skills).length <= TRANSFER_SKILLS_MAX, `at most ${TRANSFER_SKILLS_MAX} skills may be asked for`),
  }),
]);
export type TransferTarget = z.infer<typeof TransferTarget>;
/** The owner hands a ticket on; a supervisor any ticket. */
export const TransferRequested = event(ConsoleTopic, 'TransferRequested', by.ticketId, {
  ...askedAs,
  to: TransferTarget,
  noteId: NoteId.optional(),
});
export type TransferRequested = EventOf<typeof TransferRequested>;

/** A supervisor gives a ticket to an agent, whoever has it. `overAssign`: also beyond the agent's capacity. */
export const AssignRequested = event(ConsoleTopic, 'AssignRequested', by.ticketId, {
  ...askedAs,
  toAgentId: AgentId,
  overAssign: z.boolean(),
  reason,
});
export type AssignRequested = EventOf<typeof AssignRequested>;
/** A supervisor takes a ticket from its owner, back to its queue. */
export const ReleaseRequested = event(ConsoleTopic, 'ReleaseRequested', by.ticketId, { ...askedAs, reason });
export type ReleaseRequested = EventOf<typeof ReleaseRequested>;
/** A supervisor sets priority or queue; null takes the override away. */
export const OverrideRequested = event(ConsoleTopic, 'OverrideRequested', by.ticketId, {
  ...askedAs,
  priority: Priority.nullable().optional(),
  queueId: QueueId.nullable().optional(),
  reason,
});
export type OverrideRequested = EventOf<typeof OverrideRequested>;

export const WrapUpEndRequested = event(ConsoleTopic, 'WrapUpEndRequested', by.ticketId, { ...asked });
export type WrapUpEndRequested = EventOf<typeof WrapUpEndRequested>;

/** The owner asks a colleague to look at it too; the owner stays. */
export const ConsultRequested = event(ConsoleTopic, 'ConsultRequested', by.ticketId, {
  ...asked,
  withAgentId: AgentId,
  noteId: NoteId.optional(),
});
export type ConsultRequested = EventOf<typeof ConsultRequested>;
/** By the owner or the colleague. */
export const ConsultEndRequested = event(ConsoleTopic, 'ConsultEndRequested', by.ticketId, { ...asked, withAgentId: AgentId });
export type ConsultEndRequested = EventOf<typeof ConsultEndRequested>;

/** "Next for me": routing runs a round with this one agent and says NextAnswered. */
export const NextRequested = event(ConsoleTopic, 'NextRequested', by.agentId, { askedAt: Instant });
export type NextRequested = EventOf<typeof NextRequested>;

/** A supervisor asks why an agent has no work: routing says IdleExplained, and decides nothing. */
export const WhyIdleRequested = event(ConsoleTopic, 'WhyIdleRequested', by.agentId, { byAgentId: AgentId, askedAt: Instant });
export type WhyIdleRequested = EventOf<typeof WhyIdleRequested>;

/** Whoever sees a ticket asks how its clocks come about: sla-escalation says ClocksExplained. */
export const ExplainClocksRequested = event(ConsoleTopic, 'ExplainClocksRequested', by.ticketId, { ...asked });
export type ExplainClocksRequested = EventOf<typeof ExplainClocksRequested>;
/** A supervisor has it in hand: the chain upwards ends here. sla-escalation says EscalationCanceled. */
export const EscalationCancelRequested = event(ConsoleTopic, 'EscalationCancelRequested', by.ticketId, { ...askedAs, reason });
export type EscalationCancelRequested = EventOf<typeof EscalationCancelRequested>;
/** What would these documents do to the open tickets' clocks? Keyed by the request's own id. sla-escalation says ClocksRecomputed. */
export const RecomputePreviewRequested = event(ConsoleTopic, 'RecomputePreviewRequested', by.key, {
  ...asked,
  documents: z
    .array(
      z.object({
        kind: z.enum(['sla-policy', 'calendar']),
        name: z.string().max(120),
        /** Absent: taken away. */
        content: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(50),
});
export type RecomputePreviewRequested = EventOf<typeof RecomputePreviewRequested>;

/** Two tickets are about one thing: this one ends, and what is written to it goes to the other. */
export const MergeRequested = event(ConsoleTopic, 'MergeRequested', by.ticketId, { ...askedAs, intoTicketId: TicketId });
export type MergeRequested = EventOf<typeof MergeRequested>;
