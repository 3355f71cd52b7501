import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import { AgentId, Instant, MessageId, OfferId, personal, Presence, TEXT_LENGTH_MAX } from './fields.js';

/** People's requests, named so: each is a wish until assignment says what came of it. */
export const ConsoleTopic = topic('signalbox.console', { writer: 'console', says: "people's requests, and agents' presence" });

const asked = { agentId: AgentId, askedAt: Instant };
export const AcceptRequested = event(ConsoleTopic, 'AcceptRequested', by.ticketId, { ...asked, offerId: OfferId });
export type AcceptRequested = EventOf<typeof AcceptRequested>;
export const DeclineRequested = event(ConsoleTopic, 'DeclineRequested', by.ticketId, {
  ...asked,
  offerId: OfferId,
  reason: z.string().max(200),
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
});
export type PresenceReported = EventOf<typeof PresenceReported>;
