import { Controller } from '@nestjs/common';
import { TicketEnriched, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { StoryStore } from './story.store.js';

@Controller()
export class EnrichmentConsumer {
  constructor(private readonly stories: StoryStore) {}

  @On(TicketEnriched)
  async onTicketEnriched(events: readonly Received<TicketEnriched>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
}
