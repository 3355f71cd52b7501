import { Module, type DynamicModule } from '@nestjs/common';
import { CheckTimer } from './check.timer.js';
import { ENVIRONMENT, type SlaEnvironment } from './config.js';
import { ConsoleConsumer } from './console.consumer.js';
import { NotificationTimer } from './notification.timer.js';
import { Notifications } from './notifications.js';
import { PreviewTimer } from './preview.timer.js';
import { Recomputing } from './recomputing.js';
import { TicketChecker } from './ticket-checker.js';
import { TicketConsumer } from './ticket.consumer.js';

@Module({})
export class SlaEscalationModule {
  static with(environment: SlaEnvironment): DynamicModule {
    return {
      module: SlaEscalationModule,
      controllers: [TicketConsumer, ConsoleConsumer],
      providers: [
        { provide: ENVIRONMENT, useValue: environment },
        CheckTimer,
        NotificationTimer,
        Notifications,
        PreviewTimer,
        Recomputing,
        TicketChecker,
      ],
    };
  }
}
