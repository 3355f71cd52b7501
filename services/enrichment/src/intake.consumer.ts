import { Controller, Inject } from '@nestjs/common';
import { TicketReceived, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { CrmTimer } from './crm.timer.js';
import { CustomerStore } from './customer.store.js';
import { addressFrom } from './domain/address.js';
import { keptText, READ_LENGTH_MAX, SUBJECT_READ_LENGTH_MAX } from './domain/text.js';
import { Enricher } from './enricher.js';
import { TicketStore, type ReceivedTicket } from './ticket.store.js';

@Controller()
export class IntakeConsumer {
  constructor(
    @Inject(Enricher) private readonly enricher: Enricher,
    @Inject(CrmTimer) private readonly crm: CrmTimer,
  ) {}

  /** Decided at once with what is known. Whatever is asked for comes later, as a better record. */
  @On(TicketReceived)
  async onTicketReceived(events: readonly Received<TicketReceived>[], delivery: Delivery): Promise<Draft[]> {
    const tickets = [...new Map(events.map((event) => [event.ticketId, ticketFrom(event)])).values()];
    const addresses = tickets.flatMap((ticket) => ticket.address ?? []);
    const customers = new CustomerStore(delivery.tx);
    await customers.lock(addresses);
    await this.crm.askAbout(addresses, delivery);
    return this.enricher.enrich(await new TicketStore(delivery.tx).receive(tickets), delivery);
  }
}

const ticketFrom = ({ ticketId, data }: TicketReceived): ReceivedTicket => ({
  ticketId,
  customerId: data.customer.customerId,
  address: addressFrom(data.customer.address),
  subject: keptText(data.subject, SUBJECT_READ_LENGTH_MAX),
  body: keptText(data.text, READ_LENGTH_MAX),
  channel: data.channel,
  declaredLanguage: data.language ?? null,
  attachments: data.attachments.length,
  receivedAt: new Date(data.receivedAt),
});
