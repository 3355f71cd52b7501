import { Controller } from '@nestjs/common';
import { ClocksChanged, SlaWarned, SlaBreached, SlaBreachWithdrawn, TicketEscalated, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { StoryStore } from './story.store.js';

@Controller()
export class SlaEscalationConsumer {
  constructor(private readonly stories: StoryStore) {}

  @On(ClocksChanged)
  async onClocksChanged(events: readonly Received<ClocksChanged>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(SlaWarned)
  async onSlaWarned(events: readonly Received<SlaWarned>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(SlaBreached)
  async onSlaBreached(events: readonly Received<SlaBreached>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(SlaBreachWithdrawn)
  async onSlaBreachWithdrawn(events: readonly Received<SlaBreachWithdrawn>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(TicketEscalated)
  async onTicketEscalated(events: readonly Received<TicketEscalated>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
}
