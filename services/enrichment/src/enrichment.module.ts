import { Module, type DynamicModule } from '@nestjs/common';
import { AssignmentConsumer } from './assignment.consumer.js';
import { Classifier } from './classifier.js';
import { ENVIRONMENT, type EnrichmentEnvironment } from './config.js';
import { CrmClient } from './crm.client.js';
import { CustomersConsumer } from './customers.consumer.js';
import { Enricher } from './enricher.js';
import { IntakeConsumer } from './intake.consumer.js';

@Module({})
export class EnrichmentModule {
  static with(environment: EnrichmentEnvironment): DynamicModule {
    return {
      module: EnrichmentModule,
      controllers: [IntakeConsumer, CustomersConsumer, AssignmentConsumer],
      providers: [{ provide: ENVIRONMENT, useValue: environment }, Classifier, CrmClient, Enricher],
    };
  }
}
