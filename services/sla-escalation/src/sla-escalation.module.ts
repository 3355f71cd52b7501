import { Module } from '@nestjs/common';
import { CheckTimer } from './check.timer.js';
import { ConsoleConsumer } from './console.consumer.js';
import { PreviewTimer } from './preview.timer.js';
import { Recomputing } from './recomputing.js';
import { TicketChecker } from './ticket-checker.js';
import { TicketConsumer } from './ticket.consumer.js';

@Module({ controllers: [TicketConsumer, ConsoleConsumer], providers: [CheckTimer, PreviewTimer, Recomputing, TicketChecker] })
export class SlaEscalationModule {}
