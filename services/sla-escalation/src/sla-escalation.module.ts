import { Module } from '@nestjs/common';
import { CheckTimer } from './check.timer.js';
import { TicketChecker } from './ticket-checker.js';
import { TicketConsumer } from './ticket.consumer.js';

@Module({ controllers: [TicketConsumer], providers: [CheckTimer, TicketChecker] })
export class SlaEscalationModule {}
