import { Controller } from '@nestjs/common';
import { TicketReopened, TicketSolved, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { EnrichmentStore } from './enrichment.store.js';

/** How tickets ended, for the customer's history. */
@Controller()
export class AssignmentConsumer {
  @On(TicketSolved)
  async onTicketSolved(events: readonly Received<TicketSolved>[], { tx }: Delivery): Promise<void> {
    await new EnrichmentStore(tx).solved(
      events.map(({ ticketId, data }) => ({ ticketId, agentId: data.agentId, at: new Date(data.solvedAt) })),
    );
  }

  @On(TicketReopened)
  async onTicketReopened(events: readonly Received<TicketReopened>[], { tx }: Delivery): Promise<void> {
    await new EnrichmentStore(tx).reopened(events.map(({ ticketId, data }) => ({ ticketId, reopenings: data.reopenings })));
  }
}
