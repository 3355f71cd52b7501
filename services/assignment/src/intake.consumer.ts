import { Controller } from '@nestjs/common';
import { MessageReceived, TicketReceived, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import { Desk } from './desk.js';
import { customerWrote, receive } from './domain/customer.js';

@Controller()
export class IntakeConsumer {
  @On(TicketReceived)
  async onTicketReceived(events: readonly Received<TicketReceived>[], delivery: Delivery): Promise<Draft[]> {
    const desk = await Desk.open(delivery);
    await desk.load(events.map((event) => event.ticketId));
    for (const event of events) desk.apply(receive(desk.ticket(event.ticketId), event, randomUUID()), event);
    return desk.save();
  }

  @On(MessageReceived)
  async onMessageReceived(events: readonly Received<MessageReceived>[], delivery: Delivery): Promise<Draft[]> {
    // Auto-replies and bounces wake nobody.
    const written = events.filter((event) => event.data.kind === 'human');
    const desk = await Desk.open(delivery);
    const ticketIds = written.map((event) => event.ticketId);
    await desk.load(ticketIds);
    await desk.loadSurvivors(ticketIds);
    for (const event of written) {
      // Intake may have had it before it knew of the merge.
      const ticket = desk.survivorOf(desk.ticket(event.ticketId));
      desk.apply(customerWrote(ticket, desk.ownerOf(ticket), desk, desk.now), event);
    }
    return desk.save();
  }
}
