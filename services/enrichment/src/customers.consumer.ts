import { Controller, Inject } from '@nestjs/common';
import { CustomerProfile, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { CustomerStore, type TopicProfile } from './customer.store.js';
import { addressFrom } from './domain/address.js';
import { EnrichAgainTimer } from './enrich-again.timer.js';
import { TicketStore } from './ticket.store.js';

/** The CRM's profiles. Open tickets of these people are enriched again with what is now known, or known no longer. */
@Controller()
export class CustomersConsumer {
  constructor(@Inject(EnrichAgainTimer) private readonly again: EnrichAgainTimer) {}

  @On(CustomerProfile)
  async onCustomerProfile(events: readonly Received<CustomerProfile>[], { tx, now }: Delivery): Promise<void> {
    const latest = new Map(events.map((event) => [event.customerId, profileFrom(event)]));
    const addresses = await new CustomerStore(tx).replace([...latest.values()], now);
    await new TicketStore(tx).markStale(addresses);
    this.again.wake();
  }
}

const profileFrom = ({ customerId, data }: CustomerProfile): TopicProfile => ({
  crmCustomerId: customerId,
  addresses: data.removed ? [] : data.addresses.flatMap((address) => addressFrom(address) ?? []),
  tier: data.tier ?? null,
  accountStatus: data.accountStatus ?? null,
  language: data.language ?? null,
});
