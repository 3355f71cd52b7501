import { Controller, Inject } from '@nestjs/common';
import { TicketReceived, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Enricher } from './enricher.js';
import { EnrichmentStore } from './enrichment.store.js';

@Controller()
export class IntakeConsumer {
  constructor(@Inject(Enricher) private readonly enricher: Enricher) {}

  @On(TicketReceived)
  async onTicketReceived(events: readonly Received<TicketReceived>[], delivery: Delivery): Promise<Draft[]> {
    const rows = events.map(({ ticketId, data }) => ({
      ticketId,
      customerId: data.customer.customerId,
      address: data.customer.address.toLowerCase(),
      subject: data.subject,
      body: data.text,
      channel: data.channel,
      declaredLanguage: data.language,
      attachments: data.attachments.length,
      receivedAt: new Date(data.receivedAt),
    }));
    await new EnrichmentStore(delivery.tx).insert(rows);
    return this.enricher.enrichAll(rows, delivery);
  }
}
