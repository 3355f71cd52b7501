import { Module, type DynamicModule } from '@nestjs/common';
import { AssignmentConsumer } from './assignment.consumer.js';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { InboundConsumer } from './inbound.consumer.js';
import { Reception } from './reception.js';
import { WebFormController } from './web-form.controller.js';

@Module({})
export class IntakeModule {
  static with(environment: IntakeEnvironment): DynamicModule {
    return {
      module: IntakeModule,
      controllers: [InboundConsumer, AssignmentConsumer, WebFormController],
      providers: [{ provide: ENVIRONMENT, useValue: environment }, Reception],
    };
  }
}
