import { Controller } from '@nestjs/common';
import { SatisfactionRated, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { ExperienceStore } from './experience.store.js';
import { memoryOf } from './ticket.store.js';

@Controller()
export class IntakeConsumer {
  @On(SatisfactionRated)
  async onSatisfactionRated(events: readonly Received<SatisfactionRated>[], delivery: Delivery): Promise<void> {
    await new ExperienceStore(delivery.tx).rate(
      events.map(({ ticketId, data }) => ({ ticketId, agentId: data.agentId, satisfied: data.score >= 4 })),
      memoryOf(delivery.config).memoryTickets,
    );
  }
}
