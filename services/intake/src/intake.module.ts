import { Module, type DynamicModule } from '@nestjs/common';
import { AssignmentConsumer } from './assignment.consumer.js';
import { ChatDoor } from './chat-door.js';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { Deliveries } from './deliveries.js';
import { DeliveryTimer } from './delivery.timer.js';
import { FileStore } from './file.store.js';
import { ForgetTimer } from './forget.timer.js';
import { HooksController } from './hooks.controller.js';
import { InboundConsumer } from './inbound.consumer.js';
import { IntakeMetrics } from './intake-metrics.js';
import { MailDoor } from './mail-door.js';
import { MailReception } from './mail-reception.js';
import { QuarantineController } from './quarantine.controller.js';
import { RateGuard } from './rate.guard.js';
import { RatingController } from './rating.controller.js';
import { Reception } from './reception.js';
import { WebFormController } from './web-form.controller.js';

@Module({})
export class IntakeModule {
  static with(environment: IntakeEnvironment): DynamicModule {
    return {
      module: IntakeModule,
      controllers: [InboundConsumer, AssignmentConsumer, WebFormController, HooksController, RatingController, QuarantineController],
      providers: [
        { provide: ENVIRONMENT, useValue: environment },
        { provide: FileStore, useValue: new FileStore(environment.ATTACHMENTS_DIR) },
        Reception,
        MailReception,
        MailDoor,
        Deliveries,
        DeliveryTimer,
        ChatDoor,
        ForgetTimer,
        IntakeMetrics,
        RateGuard,
      ],
    };
  }
}
