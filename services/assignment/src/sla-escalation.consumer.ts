import { Controller } from '@nestjs/common';
import { TicketEscalated, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Desk } from './desk.js';
import { escalate, type Chain } from './domain/escalating.js';

@Controller()
export class SlaEscalationConsumer {
  @On(TicketEscalated)
  async onTicketEscalated(events: readonly Received<TicketEscalated>[], delivery: Delivery): Promise<Draft[]> {
    const desk = await Desk.open(delivery);
    const roles = events.flatMap(({ data }) => data.reassignToRole ?? []);
    await desk.load(
      events.map((event) => event.ticketId),
      await desk.idsOf(roles),
    );
    const fixed: Omit<Chain, 'terms'> = {
      agentOf: (agentId) => desk.agent(agentId),
      roleOf: (agentId) => desk.roleOf(agentId),
      ofRole: (role) => desk.ofRole(role),
      now: desk.now,
    };
    for (const event of events) {
      const ticket = desk.ticket(event.ticketId);
      desk.apply(escalate(ticket, event, { ...fixed, terms: desk.termsFor(ticket) }), event);
    }
    return desk.save();
  }
}
