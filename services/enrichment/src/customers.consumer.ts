import { Controller, Inject } from '@nestjs/common';
import { CustomerProfile, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { Enricher } from './enricher.js';
import { EnrichmentStore } from './enrichment.store.js';

/** The CRM's profiles. Tickets of these people that are still open are enriched again with what is now known. */
@Controller()
export class CustomersConsumer {
  constructor(@Inject(Enricher) private readonly enricher: Enricher) {}

  @On(CustomerProfile)
  async onCustomerProfile(events: readonly Received<CustomerProfile>[], delivery: Delivery): Promise<Draft[]> {
    const profiles = events.flatMap(({ customerId, data }) =>
      (data.removed ? [''] : data.addresses).map((address) => ({
        address: address.toLowerCase(),
        crmCustomerId: customerId,
        tier: data.tier ?? null,
        accountStatus: data.accountStatus ?? null,
        language: data.language ?? null,
        source: 'topic' as const,
        removed: data.removed ?? false,
      })),
    );
    await new EnrichmentStore(delivery.tx).saveProfiles(profiles, delivery.now);
    return this.enricher.again({ addresses: profiles.map(({ address }) => address) }, delivery);
  }
}
