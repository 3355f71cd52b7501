import { Controller, Inject } from '@nestjs/common';
import {
  AnswerRefused,
  AnswerReleased,
  AssignmentTopic,
  OfferDeclined,
  OfferExpired,
  OfferMade,
  OfferRescinded,
  ProposalRejected,
  ReplyReleased,
  RequestRefused,
  StatusChanged,
  TicketAssigned,
  TicketClosed,
  TicketReleased,
  TicketReopened,
  TicketSolved,
  type Draft,
  type Received,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { CheckTimer } from './check.timer.js';
import { SlaTicketStore, type NewFact } from './sla-ticket.store.js';

type AssignmentEvent = Received<Draft> & { ticketId: string; data: { ticket: TicketSnapshot; cause?: unknown } };

/** Status and owner are what assignment says. A person's reply stops the response clocks; an automatic answer stops none. */
@Controller()
export class AssignmentConsumer {
  constructor(@Inject(CheckTimer) private readonly timer: CheckTimer) {}

  @On(OfferMade)
  onOfferMade(events: readonly Received<OfferMade>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(OfferDeclined)
  onOfferDeclined(events: readonly Received<OfferDeclined>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(OfferExpired)
  onOfferExpired(events: readonly Received<OfferExpired>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(OfferRescinded)
  onOfferRescinded(events: readonly Received<OfferRescinded>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(TicketAssigned)
  onTicketAssigned(events: readonly Received<TicketAssigned>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(ProposalRejected)
  onProposalRejected(events: readonly Received<ProposalRejected>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(TicketReleased)
  onTicketReleased(events: readonly Received<TicketReleased>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(AnswerReleased)
  onAnswerReleased(events: readonly Received<AnswerReleased>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(AnswerRefused)
  onAnswerRefused(events: readonly Received<AnswerRefused>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(ReplyReleased)
  onReplyReleased(events: readonly Received<ReplyReleased>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(StatusChanged)
  onStatusChanged(events: readonly Received<StatusChanged>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(TicketSolved)
  onTicketSolved(events: readonly Received<TicketSolved>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(TicketReopened)
  onTicketReopened(events: readonly Received<TicketReopened>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(TicketClosed)
  onTicketClosed(events: readonly Received<TicketClosed>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }
  @On(RequestRefused)
  onRequestRefused(events: readonly Received<RequestRefused>[], delivery: Delivery): Promise<void> {
    return this.#add(events, delivery);
  }

  async #add(events: readonly AssignmentEvent[], { tx, now }: Delivery): Promise<void> {
    const facts = events.map((event): NewFact => {
      const { status, agentId, priorityOverride } = event.data.ticket;
      return {
        event,
        topic: AssignmentTopic.name,
        fact: {
          type: 'assignment',
          at: event.at.getTime(),
          status,
          owned: agentId !== null,
          priorityOverride,
          byAgent: event.type === 'StatusChanged' && event.data.cause === 'agent',
          replied: event.type === 'ReplyReleased',
        },
      };
    });
    await new SlaTicketStore(tx).add(facts, now);
    this.timer.ask();
  }
}
