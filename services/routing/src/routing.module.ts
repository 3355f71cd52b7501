import { Module } from '@nestjs/common';
import { AssignmentConsumer } from './assignment.consumer.js';
import { Rounds } from './rounds.js';
import { TicketConsumer } from './ticket.consumer.js';

@Module({ controllers: [TicketConsumer, AssignmentConsumer], providers: [Rounds] })
export class RoutingModule {}
