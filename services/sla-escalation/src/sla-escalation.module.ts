import { Module, type DynamicModule } from '@nestjs/common';
import { AgentsConsumer } from './agents.consumer.js';
import { CheckTimer } from './check.timer.js';
import { ENVIRONMENT, type SlaEnvironment } from './config.js';
import { ConsoleConsumer } from './console.consumer.js';
import { NotificationTimer } from './notification.timer.js';
import { Notifications } from './notifications.js';
import { OutlookTimer } from './outlook.timer.js';
import { PreviewTimer } from './preview.timer.js';
import { Recomputing } from './recomputing.js';
import { TicketChecker } from './ticket-checker.js';
import { TicketConsumer } from './ticket.consumer.js';
import { TicketFollower } from './ticket-follower.js';

@Module({})
export class SlaEscalationModule {
  static with(environment: SlaEnvironment): DynamicModule {
    return {
      module: SlaEscalationModule,
      controllers: [TicketConsumer, ConsoleConsumer, AgentsConsumer],
      providers: [
        { provide: ENVIRONMENT, useValue: environment },
        CheckTimer,
        NotificationTimer,
        Notifications,
        OutlookTimer,
        PreviewTimer,
        Recomputing,
        TicketChecker,
        TicketFollower,
      ],
    };
  }
}
