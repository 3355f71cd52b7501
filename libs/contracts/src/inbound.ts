import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import { Channel, Instant, LanguageTag, personal, SUBJECT_LENGTH_MAX, TEXT_LENGTH_MAX } from './fields.js';

/** What shops, apps and other systems send: CloudEvents, structured or binary mode, from any producer. */
export const InboundTopic = topic('signalbox.inbound', { writer: 'upstream', says: 'raw tickets and messages from upstream systems' });

const sender = z.object({
  email: personal(z.email().max(254)),
  name: personal(z.string().max(200)).optional(),
});

/** A new ticket. CloudEvents `id` with `source` is the duplicate key; `subject` is free. */
export const TicketSubmitted = event(InboundTopic, 'TicketSubmitted', by.key, {
  customer: sender,
  subject: personal(z.string().min(1).max(SUBJECT_LENGTH_MAX)),
  body: personal(z.string().min(1).max(TEXT_LENGTH_MAX)),
  channel: Channel.optional(),
  externalId: z.string().max(200).optional(),
  language: LanguageTag.optional(),
  fields: z.record(z.string().max(60), z.string().max(500)).optional(),
  submittedAt: Instant.optional(),
});
export type TicketSubmitted = EventOf<typeof TicketSubmitted>;

/** A further message about a ticket the same system submitted before, found by its `externalId`. */
export const MessageSubmitted = event(InboundTopic, 'MessageSubmitted', by.key, {
  externalId: z.string().min(1).max(200),
  customer: sender,
  body: personal(z.string().min(1).max(TEXT_LENGTH_MAX)),
  submittedAt: Instant.optional(),
});
export type MessageSubmitted = EventOf<typeof MessageSubmitted>;

/** The CRM's customers, one record each, the newest wins. */
export const CustomersTopic = topic('signalbox.customers', {
  writer: 'upstream',
  compacted: true,
  says: "customers' profile, tier and account status, from the CRM",
});

export const AccountStatus = z.enum(['active', 'trial', 'past-due', 'suspended', 'closed']);
export type AccountStatus = z.infer<typeof AccountStatus>;
export const Tier = z.string().min(1).max(40);

/** `customerId` is the CRM's own id; readers join by address. `removed` takes the profile away again. */
export const CustomerProfile = event(CustomersTopic, 'CustomerProfile', by.customerId, {
  addresses: z.array(personal(z.string().max(254))).max(20),
  name: personal(z.string().max(200)).optional(),
  tier: Tier.optional(),
  accountStatus: AccountStatus.optional(),
  language: LanguageTag.optional(),
  removed: z.boolean().optional(),
});
export type CustomerProfile = EventOf<typeof CustomerProfile>;
