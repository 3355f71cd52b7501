import { Controller } from '@nestjs/common';
import { AnswerProposed, DeflectionConfirmed, DeflectionFailed, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import { Desk } from './desk.js';
import { confirmDeflection, failDeflection, releaseAnswer } from './domain/customer.js';
import type { Decision, Ticket } from './domain/ticket.js';

@Controller()
export class KnowledgeBaseConsumer {
  @On(AnswerProposed)
  onAnswerProposed(events: readonly Received<AnswerProposed>[], delivery: Delivery): Promise<Draft[]> {
    return decide(events, delivery, (ticket, event) => releaseAnswer(ticket, event.data.answer, randomUUID()));
  }

  @On(DeflectionConfirmed)
  onDeflectionConfirmed(events: readonly Received<DeflectionConfirmed>[], delivery: Delivery): Promise<Draft[]> {
    return decide(events, delivery, (ticket) => confirmDeflection(ticket, delivery.now));
  }

  @On(DeflectionFailed)
  onDeflectionFailed(events: readonly Received<DeflectionFailed>[], delivery: Delivery): Promise<Draft[]> {
    return decide(events, delivery, (ticket) => failDeflection(ticket, delivery.now));
  }
}

async function decide<E extends AnswerProposed | DeflectionConfirmed | DeflectionFailed>(
  events: readonly Received<E>[],
  delivery: Delivery,
  decision: (ticket: Ticket, event: E) => Decision,
): Promise<Draft[]> {
  const desk = await Desk.open(delivery);
  await desk.load(events.map((event) => event.ticketId));
  for (const event of events) desk.apply(decision(desk.ticket(event.ticketId), event), event);
  return desk.save();
}
