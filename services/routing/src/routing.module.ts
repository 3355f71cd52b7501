import { Inject, Module } from '@nestjs/common';
import { UnitOfWork } from '@signalbox/messaging';
import { AgentsConsumer } from './agents.consumer.js';
import { ConsoleConsumer } from './console.consumer.js';
import { IntakeConsumer } from './intake.consumer.js';
import { lockAll } from './locking.js';
import { Matching } from './matching.js';
import { PerformanceTimer } from './performance.timer.js';
import { StaffingTimer } from './staffing.timer.js';
import { TicketConsumer } from './ticket.consumer.js';

@Module({
  controllers: [TicketConsumer, AgentsConsumer, ConsoleConsumer, IntakeConsumer],
  providers: [Matching, PerformanceTimer, StaffingTimer],
})
export class RoutingModule {
  constructor(@Inject(UnitOfWork) unit: UnitOfWork) {
    unit.lockFirst(lockAll);
  }
}
