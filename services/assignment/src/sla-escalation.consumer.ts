import { Controller } from '@nestjs/common';
import { TicketEscalated, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { escalate } from './domain/oversight.js';

@Controller()
export class SlaEscalationConsumer {
  @On(TicketEscalated)
  async onTicketEscalated(events: readonly Received<TicketEscalated>[], delivery: Delivery): Promise<Draft[]> {
    const desk = await Desk.open(delivery);
    await desk.load(events.map((event) => event.ticketId));
    for (const event of events) desk.apply(escalate(desk.ticket(event.ticketId), event), event);
    return desk.save();
  }
}
