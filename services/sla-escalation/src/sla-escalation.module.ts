import { Module } from '@nestjs/common';
import { CheckTimer } from './check.timer.js';
import { TicketConsumer } from './ticket.consumer.js';

@Module({ controllers: [TicketConsumer], providers: [CheckTimer] })
export class SlaEscalationModule {}
