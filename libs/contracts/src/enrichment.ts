import { z } from 'zod';
import { by, event, topic, type EventOf } from './declaration.js';
import { AgentId, CategoryId, Complexity, CustomerId, Instant, LanguageTag, Priority, Share } from './fields.js';
import { AccountStatus, Tier } from './inbound.js';

/** What a ticket is about. Sent again, with a higher version, when better data arrives. */
export const EnrichmentTopic = topic('signalbox.enrichment', { writer: 'enrichment', says: 'what a ticket is about' });

/** A value with where it comes from; `source` is a rule, a model, the customer, a person. */
export const fact = <T extends z.ZodType>(value: T) =>
  z.object({ value, confidence: Share, source: z.string().max(80), modelVersion: z.string().max(80).optional() });

export const TicketEnriched = event(EnrichmentTopic, 'TicketEnriched', by.ticketId, {
  category: fact(CategoryId.nullable()),
  complexity: fact(Complexity),
  priority: fact(Priority),
  language: fact(LanguageTag.nullable()),
  sentiment: fact(z.number().min(-1).max(1)),
  wantsHuman: fact(z.boolean()),
  customer: z.object({
    customerId: CustomerId,
    tier: Tier.optional(),
    accountStatus: AccountStatus.optional(),
    ticketsTotal: z.int().min(0),
    ticketsLast30Days: z.int().min(0),
    /** Who solved this customer's latest tickets, newest first. */
    recentAgentIds: z.array(AgentId).max(5),
  }),
  /** Sources that did not answer in time; a better record follows when they do. */
  missing: z.array(z.enum(['crm', 'classifier', 'history'])).max(3),
  enrichedAt: Instant,
});
export type TicketEnriched = EventOf<typeof TicketEnriched>;
