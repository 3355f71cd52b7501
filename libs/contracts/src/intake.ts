import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import {
  Channel,
  CustomerId,
  Instant,
  LanguageTag,
  MessageId,
  personal,
  SUBJECT_LENGTH_MAX,
  TEXT_LENGTH_MAX,
  TicketId,
  AgentId,
} from './fields.js';

/** What came in and what really went out. Keyed by ticketId. */
export const IntakeTopic = topic('signalbox.intake', {
  writer: 'intake',
  says: 'tickets and messages received, messages delivered or not',
});

export const Door = z.enum(['http', 'smtp', 'chat', 'meta', 'telegram', 'inbound-topic']);
export type Door = z.infer<typeof Door>;

export const Attachment = z.object({
  attachmentId: z.string().max(80),
  filename: personal(z.string().max(255)),
  contentType: z.string().max(120),
  sizeBytes: z.int().min(0),
  sha256: z.string().length(64),
});
export type Attachment = z.infer<typeof Attachment>;

const customer = z.object({
  customerId: CustomerId,
  /** Where a reply goes: an e-mail address, or the channel's id for this person. */
  address: personal(z.string().max(254)),
  name: personal(z.string().max(200)).optional(),
});

/** A new ticket, acknowledged to its sender. `text` is what the person wrote, without quotes; the raw original stays with intake. */
export const TicketReceived = event(IntakeTopic, 'TicketReceived', by.ticketId, {
  number: z.int().min(1),
  messageId: MessageId,
  channel: Channel,
  door: Door,
  channelAccount: z.string().max(120),
  customer,
  subject: personal(z.string().max(SUBJECT_LENGTH_MAX)),
  text: personal(z.string().max(TEXT_LENGTH_MAX)),
  truncated: z.boolean().optional(),
  attachments: z.array(Attachment).max(50),
  language: LanguageTag.optional(),
  externalId: z.string().max(200).optional(),
  fields: z.record(z.string(), z.string()).optional(),
  /** A machine wrote it (auto-reply, bounce): a person may look, nothing automatic answers. */
  automatic: z.boolean().optional(),
  /** The closed ticket this one follows up. */
  followsTicketId: TicketId.optional(),
  receivedAt: Instant,
});
export type TicketReceived = EventOf<typeof TicketReceived>;

/** A further message of a customer. Only `human` ones reopen, answer or stop anything. */
export const MessageReceived = event(IntakeTopic, 'MessageReceived', by.ticketId, {
  messageId: MessageId,
  channel: Channel,
  door: Door,
  kind: z.enum(['human', 'auto-reply', 'bounce']),
  customer,
  text: personal(z.string().max(TEXT_LENGTH_MAX)),
  truncated: z.boolean().optional(),
  attachments: z.array(Attachment).max(50),
  receivedAt: Instant,
});
export type MessageReceived = EventOf<typeof MessageReceived>;

export const MessageDelivered = event(IntakeTopic, 'MessageDelivered', by.ticketId, {
  messageId: MessageId,
  channel: Channel,
  providerMessageId: z.string().max(400).optional(),
  attempts: z.int().min(1),
  deliveredAt: Instant,
});
export type MessageDelivered = EventOf<typeof MessageDelivered>;

/** A message did not reach the customer. `final`: no further attempt follows, a person must act. */
export const DeliveryFailed = event(IntakeTopic, 'DeliveryFailed', by.ticketId, {
  messageId: MessageId,
  channel: Channel,
  reason: z.string().max(500),
  attempts: z.int().min(1),
  final: z.boolean(),
  failedAt: Instant,
});
export type DeliveryFailed = EventOf<typeof DeliveryFailed>;

export const SatisfactionRated = event(IntakeTopic, 'SatisfactionRated', by.ticketId, {
  score: z.int().min(1).max(5),
  /** Who solved it when the survey went out: credit never moves with a later owner. */
  agentId: AgentId.optional(),
  ratedAt: Instant,
});
export type SatisfactionRated = EventOf<typeof SatisfactionRated>;
