import { Module, type DynamicModule } from '@nestjs/common';
import { AgentStore } from './agent.store.js';
import { AgentsConsumer } from './agents.consumer.js';
import { Asking } from './asking.js';
import { AttachmentsController } from './attachments.controller.js';
import { AuditStore } from './audit.store.js';
import { AuthGuard } from './auth.guard.js';
import { BoardController } from './board.controller.js';
import { ENVIRONMENT, type ConsoleEnvironment } from './config.js';
import { ConfigurationController } from './configuration.controller.js';
import { ConfigurationStore } from './configuration.store.js';
import { Desk } from './desk.js';
import { Feed } from './feed.js';
import { HandOverController } from './hand-over.controller.js';
import { LeaseRenewalTimer } from './lease-renewal.timer.js';
import { MeController } from './me.controller.js';
import { NextConsumer } from './next.consumer.js';
import { RecomputationConsumer } from './recomputation.consumer.js';
import { RecomputationStore } from './recomputation.store.js';
import { ReportsController } from './reports.controller.js';
import { NoticesController } from './notices.controller.js';
import { NoticeStore } from './notice.store.js';
import { OutlookConsumer } from './outlook.consumer.js';
import { OutlookStore } from './outlook.store.js';
import { RequestsController } from './requests.controller.js';
import { RequestStore } from './request.store.js';
import { RetentionTimer } from './retention.timer.js';
import { SessionsController } from './sessions.controller.js';
import { SessionStore } from './session.store.js';
import { SlaResultStore } from './sla-result.store.js';
import { StoryStore } from './story.store.js';
import { StreamController } from './stream.controller.js';
import { TicketConsumer } from './ticket.consumer.js';
import { TicketQueryStore } from './ticket-query.store.js';
import { TicketsController } from './tickets.controller.js';
import { Tokens } from './tokens.js';

@Module({})
export class ConsoleModule {
  static with(environment: ConsoleEnvironment): DynamicModule {
    const consumers = [TicketConsumer, AgentsConsumer, NextConsumer, OutlookConsumer, RecomputationConsumer];
    const controllers = [
      SessionsController,
      MeController,
      TicketsController,
      RequestsController,
      HandOverController,
      BoardController,
      StreamController,
      ConfigurationController,
      AttachmentsController,
      ReportsController,
      NoticesController,
    ];
    const stores = [
      StoryStore,
      TicketQueryStore,
      AgentStore,
      RequestStore,
      SessionStore,
      ConfigurationStore,
      AuditStore,
      SlaResultStore,
      OutlookStore,
      NoticeStore,
      RecomputationStore,
    ];
    return {
      module: ConsoleModule,
      controllers: [...consumers, ...controllers],
      providers: [
        { provide: ENVIRONMENT, useValue: environment },
        ...stores,
        Tokens,
        Asking,
        AuthGuard,
        Desk,
        Feed,
        LeaseRenewalTimer,
        RetentionTimer,
      ],
    };
  }
}
