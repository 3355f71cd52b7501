import { Controller, Inject } from '@nestjs/common';
import {
  AnswerRefused,
  AnswerReleased,
  MessageReceived,
  OfferDeclined,
  OfferExpired,
  OfferMade,
  OfferRescinded,
  OwnerSilent,
  ProposalRejected,
  ReplyReleased,
  RequestRefused,
  StatusChanged,
  TicketAssigned,
  TicketClosed,
  TicketEnriched,
  TicketMerged,
  TicketMergedIn,
  TicketReceived,
  TicketReleased,
  TicketReopened,
  TicketSolved,
  TicketTransferred,
  eventOfType,
  type AssignmentEvent,
  type Draft,
  type Received,
} from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { CheckTimer } from './check.timer.js';
import { factKey, type StoredFact } from './domain/sla-ticket.js';
import { SlaTicketStore } from './sla-ticket.store.js';
import { TicketChecker } from './ticket-checker.js';
import { TicketFollower } from './ticket-follower.js';

type AssignmentFact = StoredFact & { type: 'assignment' };
type TicketEvent = TicketReceived | MessageReceived | TicketEnriched | AssignmentEvent;

/** What clocks are computed from. One handler, so that a ticket's facts of one unit are one write and one computation. */
@Controller()
export class TicketConsumer {
  constructor(
    @Inject(TicketChecker) private readonly checker: TicketChecker,
    @Inject(CheckTimer) private readonly timer: CheckTimer,
    @Inject(TicketFollower) private readonly follower: TicketFollower,
  ) {}

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
    TicketTransferred,
    AnswerReleased,
    AnswerRefused,
    ReplyReleased,
    StatusChanged,
    TicketSolved,
    TicketReopened,
    TicketClosed,
    TicketMerged,
    TicketMergedIn,
    OwnerSilent,
    RequestRefused,
  )
  async onTicketEvent(events: readonly Received<TicketEvent>[], delivery: Delivery): Promise<Draft[]> {
    const facts = new Map<string, Record<string, StoredFact>>();
    for (const event of events) {
      const fact = factOf(event);
      if (!fact) continue;
      facts.set(event.ticketId, { ...facts.get(event.ticketId), [factKey(topicOf(event), event.version)]: fact });
    }
    if (facts.size === 0) return [];
    const rows = await new SlaTicketStore(delivery.tx).lock([...facts.keys()]);
    const told = rows.map((row) => ({ ...row, facts: { ...row.facts, ...facts.get(row.ticketId) } }));
    const { events: said, nextCheckAt } = await this.checker.check(told, delivery, new Set(facts.keys()));
    if (nextCheckAt !== null) this.timer.expect(nextCheckAt.getTime() - delivery.now.getTime());
    return [...said, ...(await this.follower.follow(events, said, delivery))];
  }
}

const WHAT: Partial<Record<TicketEvent['type'], AssignmentFact['what']>> = {
  OfferDeclined: 'declined',
  TicketReopened: 'reopened',
  OwnerSilent: 'owner-silent',
  TicketMerged: 'merged-away',
};

const topicOf = (event: Received<TicketEvent>): string => eventOfType(event.type)!.topic.name;

function factOf(event: Received<TicketEvent>): StoredFact | undefined {
  switch (event.type) {
    /** The receipt starts the clocks. */
    case 'TicketReceived': {
      const { receivedAt, channel, number } = event.data;
      return { type: 'received', at: Date.parse(receivedAt), channel, number };
    }
    /** What a customer writes resumes and reopens them; auto-replies and bounces start, stop and reopen nothing. */
    case 'MessageReceived':
      if (event.data.kind !== 'human') return undefined;
      return { type: 'customer-replied', at: Date.parse(event.data.receivedAt) };
    /** Priority chooses the target; tier, channel and category the policy; complexity and sentiment may escalate. */
    case 'TicketEnriched': {
      const { priority, complexity, category, sentiment, customer } = event.data;
      return {
        type: 'enriched',
        at: event.at.getTime(),
        priority: priority.value,
        complexity: complexity.value,
        tier: customer.tier ?? null,
        category: category.value,
        sentiment: sentiment.value,
      };
    }
    /** Status and owner are what assignment says. A person's reply stops the response clocks; an automatic answer stops none. */
    default: {
      const { status, agentId, priorityOverride, queueOverride } = event.data.ticket;
      const what = WHAT[event.type];
      return {
        type: 'assignment',
        at: event.at.getTime(),
        status,
        owned: agentId !== null,
        ...(agentId === null ? {} : { agentId }),
        priorityOverride,
        ...(queueOverride === null ? {} : { queueOverride }),
        byAgent: event.type === 'StatusChanged' && (event.data.cause === 'agent' || event.data.cause === 'supervisor'),
        replied: event.type === 'ReplyReleased',
        ...(what === undefined ? {} : { what }),
        ...(event.type === 'TicketMergedIn' ? { mergedReceivedAt: Date.parse(event.data.receivedAt) } : {}),
      };
    }
  }
}
