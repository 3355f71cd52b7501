import { Controller } from '@nestjs/common';
import { TicketEnriched, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { enrich } from './domain/customer.js';

@Controller()
export class EnrichmentConsumer {
  /** What the ticket is about, for its state record and for the gate of automatic answers. */
  @On(TicketEnriched)
  async onTicketEnriched(events: readonly Received<TicketEnriched>[], delivery: Delivery): Promise<Draft[]> {
    const desk = await Desk.open(delivery);
    await desk.load(events.map((event) => event.ticketId));
    for (const event of events) desk.apply(enrich(desk.ticket(event.ticketId), event), event);
    return desk.save();
  }
}
