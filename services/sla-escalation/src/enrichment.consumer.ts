import { Controller, Inject } from '@nestjs/common';
import { EnrichmentTopic, TicketEnriched, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { CheckTimer } from './check.timer.js';
import { SlaTicketStore, type NewFact } from './sla-ticket.store.js';

/** Priority chooses the target, the customer's tier the policy, complexity may escalate. */
@Controller()
export class EnrichmentConsumer {
  constructor(@Inject(CheckTimer) private readonly timer: CheckTimer) {}

  @On(TicketEnriched)
  async onTicketEnriched(events: readonly Received<TicketEnriched>[], { tx, now }: Delivery): Promise<void> {
    const facts = events.map((event): NewFact => {
      const { priority, complexity, customer } = event.data;
      return {
        event,
        topic: EnrichmentTopic.name,
        fact: {
          type: 'enriched',
          at: event.at.getTime(),
          priority: priority.value,
          complexity: complexity.value,
          tier: customer.tier ?? null,
        },
      };
    });
    await new SlaTicketStore(tx).add(facts, now);
    this.timer.ask();
  }
}
