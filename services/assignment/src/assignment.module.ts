import { Module } from '@nestjs/common';
import { ClosingTimer } from './closing.timer.js';
import { ConsoleConsumer } from './console.consumer.js';
import { EnrichmentConsumer } from './enrichment.consumer.js';
import { IntakeConsumer } from './intake.consumer.js';
import { KnowledgeBaseConsumer } from './knowledge-base.consumer.js';
import { OfferExpiryTimer } from './offer-expiry.timer.js';
import { PresenceLeaseTimer } from './presence-lease.timer.js';
import { RoutingConsumer } from './routing.consumer.js';
import { SlaEscalationConsumer } from './sla-escalation.consumer.js';

@Module({
  controllers: [IntakeConsumer, EnrichmentConsumer, KnowledgeBaseConsumer, RoutingConsumer, ConsoleConsumer, SlaEscalationConsumer],
  providers: [OfferExpiryTimer, PresenceLeaseTimer, ClosingTimer],
})
export class AssignmentModule {}
