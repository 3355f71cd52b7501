import { Controller } from '@nestjs/common';
import {
  OfferMade,
  OfferDeclined,
  OfferExpired,
  OfferRescinded,
  TicketAssigned,
  ProposalRejected,
  TicketReleased,
  AnswerReleased,
  AnswerRefused,
  ReplyReleased,
  StatusChanged,
  TicketSolved,
  TicketReopened,
  TicketClosed,
  RequestRefused,
  type Received,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { StoryStore } from './story.store.js';

@Controller()
export class AssignmentConsumer {
  constructor(private readonly stories: StoryStore) {}

  @On(OfferMade)
  async onOfferMade(events: readonly Received<OfferMade>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(OfferDeclined)
  async onOfferDeclined(events: readonly Received<OfferDeclined>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(OfferExpired)
  async onOfferExpired(events: readonly Received<OfferExpired>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(OfferRescinded)
  async onOfferRescinded(events: readonly Received<OfferRescinded>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(TicketAssigned)
  async onTicketAssigned(events: readonly Received<TicketAssigned>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(ProposalRejected)
  async onProposalRejected(events: readonly Received<ProposalRejected>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(TicketReleased)
  async onTicketReleased(events: readonly Received<TicketReleased>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(AnswerReleased)
  async onAnswerReleased(events: readonly Received<AnswerReleased>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(AnswerRefused)
  async onAnswerRefused(events: readonly Received<AnswerRefused>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(ReplyReleased)
  async onReplyReleased(events: readonly Received<ReplyReleased>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(StatusChanged)
  async onStatusChanged(events: readonly Received<StatusChanged>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(TicketSolved)
  async onTicketSolved(events: readonly Received<TicketSolved>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(TicketReopened)
  async onTicketReopened(events: readonly Received<TicketReopened>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(TicketClosed)
  async onTicketClosed(events: readonly Received<TicketClosed>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
  @On(RequestRefused)
  async onRequestRefused(events: readonly Received<RequestRefused>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
}
