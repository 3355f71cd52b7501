import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { UnitOfWork } from '@signalbox/messaging';
import { ClosingTimer } from './closing.timer.js';
import { ENVIRONMENT, type AssignmentEnvironment } from './config.js';
import { ConsoleConsumer } from './console.consumer.js';
import { Desk } from './desk.js';
import { EnrichmentConsumer } from './enrichment.consumer.js';
import { IntakeConsumer } from './intake.consumer.js';
import { KnowledgeBaseConsumer } from './knowledge-base.consumer.js';
import { OfferExpiryTimer } from './offer-expiry.timer.js';
import { OwnerSilenceTimer } from './owner-silence.timer.js';
import { PresenceLeaseTimer } from './presence-lease.timer.js';
import { RoutingConsumer } from './routing.consumer.js';
import { ShiftChangeTimer } from './shift-change.timer.js';
import { ShiftEndTimer } from './shift-end.timer.js';
import { SlaEscalationConsumer } from './sla-escalation.consumer.js';
import { StateWalkTimer } from './state-walk.timer.js';
import { WrapUpTimer } from './wrap-up.timer.js';

@Module({})
export class AssignmentModule {
  constructor(@Inject(UnitOfWork) unit: UnitOfWork) {
    unit.lockFirst(Desk.lockAll);
  }

  static with(environment: AssignmentEnvironment): DynamicModule {
    const timers = [
      OfferExpiryTimer,
      PresenceLeaseTimer,
      WrapUpTimer,
      OwnerSilenceTimer,
      ShiftChangeTimer,
      ShiftEndTimer,
      ClosingTimer,
      StateWalkTimer,
    ];
    return {
      module: AssignmentModule,
      controllers: [IntakeConsumer, EnrichmentConsumer, KnowledgeBaseConsumer, RoutingConsumer, ConsoleConsumer, SlaEscalationConsumer],
      providers: [{ provide: ENVIRONMENT, useValue: environment }, ...timers],
    };
  }
}
