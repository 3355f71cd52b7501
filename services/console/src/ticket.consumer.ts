import { Controller } from '@nestjs/common';
import {
  AnswerProposed,
  AnswerRefused,
  AnswerReleased,
  ArticlesSuggested,
  AssignmentProposed,
  ClocksChanged,
  DeflectionConfirmed,
  DeflectionFailed,
  DeliveryFailed,
  MessageDelivered,
  MessageReceived,
  NoAnswer,
  OfferDeclined,
  OfferExpired,
  OfferMade,
  OfferRescinded,
  ProposalRejected,
  ReplyReleased,
  RequestRefused,
  RequirementsRelaxed,
  SatisfactionRated,
  SlaBreachWithdrawn,
  SlaBreached,
  SlaWarned,
  StatusChanged,
  TicketAssigned,
  TicketClosed,
  TicketEnriched,
  TicketEscalated,
  TicketQueued,
  TicketReceived,
  TicketReleased,
  TicketReopened,
  TicketSolved,
  type Received,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import type { TicketEvent } from './domain/ticket.js';
import { StoryStore } from './story.store.js';

/** A ticket's story, as every topic tells it. One handler: a ticket's row is locked, projected and written once a unit. */
@Controller()
export class TicketConsumer {
  constructor(private readonly stories: StoryStore) {}

  @On(
    TicketReceived,
    MessageReceived,
    MessageDelivered,
    DeliveryFailed,
    SatisfactionRated,
    TicketEnriched,
    AnswerProposed,
    NoAnswer,
    ArticlesSuggested,
    DeflectionConfirmed,
    DeflectionFailed,
    AssignmentProposed,
    TicketQueued,
    RequirementsRelaxed,
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
    ClocksChanged,
    SlaWarned,
    SlaBreached,
    SlaBreachWithdrawn,
    TicketEscalated,
  )
  async onTicketEvent(events: readonly Received<TicketEvent>[], delivery: Delivery): Promise<void> {
    await this.stories.tell(events, delivery);
  }
}
