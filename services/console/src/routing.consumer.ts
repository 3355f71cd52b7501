import { Controller } from '@nestjs/common';
import { AssignmentProposed, TicketQueued, RequirementsRelaxed, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { StoryStore } from './story.store.js';

@Controller()
export class RoutingConsumer {
  constructor(private readonly stories: StoryStore) {}

  @On(AssignmentProposed)
  async onAssignmentProposed(events: readonly Received<AssignmentProposed>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(TicketQueued)
  async onTicketQueued(events: readonly Received<TicketQueued>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(RequirementsRelaxed)
  async onRequirementsRelaxed(events: readonly Received<RequirementsRelaxed>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
}
