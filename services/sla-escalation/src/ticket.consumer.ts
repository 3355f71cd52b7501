import { Controller, Inject } from '@nestjs/common';
import {
  AnswerRefused,
  AnswerReleased,
  AssignmentTopic,
  EnrichmentTopic,
  IntakeTopic,
  MessageReceived,
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
  TicketEnriched,
  TicketReceived,
  TicketReleased,
  TicketReopened,
  TicketSolved,
  type Received,
  type AssignmentEvent,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { CheckTimer } from './check.timer.js';
import { SlaTicketStore, type NewFact } from './sla-ticket.store.js';

type TicketEvent = TicketReceived | MessageReceived | TicketEnriched | AssignmentEvent;

/** What clocks are computed from. One handler, so that a ticket's facts of one unit are one write and one computation. */
@Controller()
export class TicketConsumer {
  constructor(@Inject(CheckTimer) private readonly timer: CheckTimer) {}

  @On(
    TicketReceived,
    MessageReceived,
    TicketEnriched,
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
  )
  async onTicketEvent(events: readonly Received<TicketEvent>[], delivery: Delivery): Promise<void> {
    const { tx, now } = delivery;
    await new SlaTicketStore(tx).add(
      events.flatMap((event) => factOf(event) ?? []),
      now,
    );
    this.timer.ask(delivery);
  }
}

function factOf(event: Received<TicketEvent>): NewFact | undefined {
  switch (event.type) {
    /** The receipt starts the clocks. */
    case 'TicketReceived':
      return { event, topic: IntakeTopic.name, fact: { type: 'received', at: Date.parse(event.data.receivedAt) } };
    /** What a customer writes resumes and reopens them; auto-replies and bounces start, stop and reopen nothing. */
    case 'MessageReceived':
      if (event.data.kind !== 'human') return undefined;
      return { event, topic: IntakeTopic.name, fact: { type: 'customer-replied', at: Date.parse(event.data.receivedAt) } };
    /** Priority chooses the target, the customer's tier the policy, complexity may escalate. */
    case 'TicketEnriched': {
      const { priority, complexity, customer } = event.data;
      const at = event.at.getTime();
      const fact = { type: 'enriched' as const, at, priority: priority.value, complexity: complexity.value, tier: customer.tier ?? null };
      return { event, topic: EnrichmentTopic.name, fact };
    }
    /** Status and owner are what assignment says. A person's reply stops the response clocks; an automatic answer stops none. */
    default: {
      const { status, agentId, priorityOverride } = event.data.ticket;
      const fact = {
        type: 'assignment' as const,
        at: event.at.getTime(),
        status,
        owned: agentId !== null,
        priorityOverride,
        byAgent: event.type === 'StatusChanged' && event.data.cause === 'agent',
        replied: event.type === 'ReplyReleased',
      };
      return { event, topic: AssignmentTopic.name, fact };
    }
  }
}
