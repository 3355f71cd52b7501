import { Controller } from '@nestjs/common';
import { DeliveryFailed, MessageDelivered, MessageReceived, SatisfactionRated, TicketReceived, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { StoryStore } from './story.store.js';

@Controller()
export class IntakeConsumer {
  constructor(private readonly stories: StoryStore) {}

  @On(TicketReceived)
  async onTicketReceived(events: readonly Received<TicketReceived>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(MessageReceived)
  async onMessageReceived(events: readonly Received<MessageReceived>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(MessageDelivered)
  async onMessageDelivered(events: readonly Received<MessageDelivered>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(DeliveryFailed)
  async onDeliveryFailed(events: readonly Received<DeliveryFailed>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(SatisfactionRated)
  async onSatisfactionRated(events: readonly Received<SatisfactionRated>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
}
