import { Module, type DynamicModule } from '@nestjs/common';
import { UnitOfWork } from '@signalbox/messaging';
import { Readiness } from '@signalbox/service-defaults';
import { DataSource } from 'typeorm';
import { AssignmentConsumer } from './assignment.consumer.js';
import { Classifier } from './classifier.js';
import { ENVIRONMENT, type EnrichmentEnvironment } from './config.js';
import { CrmClient } from './crm.client.js';
import { CrmTimer } from './crm.timer.js';
import { CustomersConsumer } from './customers.consumer.js';
import { EnrichAgainTimer } from './enrich-again.timer.js';
import { Enricher } from './enricher.js';
import { IntakeConsumer } from './intake.consumer.js';

@Module({})
export class EnrichmentModule {
  static with(environment: EnrichmentEnvironment): DynamicModule {
    return {
      module: EnrichmentModule,
      controllers: [IntakeConsumer, CustomersConsumer, AssignmentConsumer],
      providers: [
        { provide: ENVIRONMENT, useValue: environment },
        { provide: Classifier, useFactory: Classifier.open, inject: [UnitOfWork, DataSource, Readiness] },
        CrmClient,
        Enricher,
        EnrichAgainTimer,
        CrmTimer,
      ],
    };
  }
}
