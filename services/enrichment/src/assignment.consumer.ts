import { Controller, Inject } from '@nestjs/common';
import { TicketMerged, TicketReopened, TicketSolved, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { EnrichAgainTimer } from './enrich-again.timer.js';
import { TicketStore } from './ticket.store.js';

/** How tickets ended, for the customer's history. */
@Controller()
export class AssignmentConsumer {
  constructor(@Inject(EnrichAgainTimer) private readonly again: EnrichAgainTimer) {}

  @On(TicketSolved)
  async onTicketSolved(events: readonly Received<TicketSolved>[], { tx }: Delivery): Promise<void> {
    await new TicketStore(tx).solved(
      events.map(({ ticketId, data }) => ({ ticketId, agentId: data.agentId, at: new Date(data.solvedAt) })),
    );
  }

  /** It goes on in another ticket: whoever solved it before stays who did. */
  @On(TicketMerged)
  async onTicketMerged(events: readonly Received<TicketMerged>[], { tx }: Delivery): Promise<void> {
    await new TicketStore(tx).merged(events.map(({ ticketId, at }) => ({ ticketId, at })));
  }

  @On(TicketReopened)
  async onTicketReopened(events: readonly Received<TicketReopened>[], { tx }: Delivery): Promise<void> {
    await new TicketStore(tx).reopened(events.map(({ ticketId, data }) => ({ ticketId, reopenings: data.reopenings })));
    this.again.wake();
  }
}
