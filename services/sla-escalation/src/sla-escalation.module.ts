import { Module } from '@nestjs/common';
import { AssignmentConsumer } from './assignment.consumer.js';
import { CheckTimer } from './check.timer.js';
import { EnrichmentConsumer } from './enrichment.consumer.js';
import { IntakeConsumer } from './intake.consumer.js';

@Module({ controllers: [IntakeConsumer, EnrichmentConsumer, AssignmentConsumer], providers: [CheckTimer] })
export class SlaEscalationModule {}
