import type { Answer, Channel, Draft, Priority, TicketSnapshot, TicketStatus } from '@signalbox/contracts';
import type { Agent } from './agent.js';

export interface Offer {
  readonly offerId: string;
  readonly agentId: string;
  readonly expiresAt: Date;
  readonly units: number;
}

/** Where a ticket stands. An offer, an owner and an automatic answer exclude each other. */
export type Stage =
  /** Others already speak of it, intake's word is still on its way. */
  | { readonly at: 'expected' }
  | { readonly at: 'waiting'; readonly status: 'new' | 'open' }
  | { readonly at: 'offered'; readonly status: 'new' | 'open'; readonly offer: Offer }
  | {
      readonly at: 'owned';
      readonly status: 'open' | 'pending' | 'on-hold';
      readonly agentId: string;
      readonly assignedAt: Date;
      readonly units: number;
    }
  /** An automatic answer is out; the ticket waits for the customer's word on it. */
  | { readonly at: 'answered' }
  | {
      readonly at: 'solved' | 'closed';
      readonly how: 'agent' | 'deflected';
      readonly agentId: string | null;
      readonly assignedAt: Date | null;
      readonly units: number;
      readonly solvedAt: Date;
    };
export type Owned = Extract<Stage, { at: 'owned' }>;
export type Ended = Extract<Stage, { at: 'solved' | 'closed' }>;

export interface Ticket {
  readonly ticketId: string;
  /** Intake's columns. */
  readonly received: {
    readonly number: number;
    readonly channel: Channel;
    readonly customerId: string;
    readonly automatic: boolean;
  } | null;
  /** Enrichment's columns. */
  readonly enriched: {
    readonly category: string | null;
    readonly priority: Priority;
    readonly language: string | null;
    readonly wantsHuman: boolean;
  } | null;
  readonly stage: Stage;
  readonly epoch: number;
  readonly priorityOverride: Priority | null;
  readonly queueOverride: string | null;
  readonly extraSkills: Readonly<Record<string, number>>;
  readonly firstQueuedAt: Date;
  readonly relaxFrom: Date;
  readonly excludedAgentIds: readonly string[];
  /** The last proposal that was granted: routing sends one again while our word is on its way. */
  readonly grantedProposalId: string | null;
  readonly reopenings: number;
  /** An answer proposed before the ticket was received. */
  readonly pendingAnswer: Answer | null;
}

/** What a decision leaves behind: the ticket, the one agent whose load or state it changed, and what is said about it. */
export interface Decision {
  readonly ticket: Ticket;
  readonly agent?: Agent | undefined;
  readonly events: readonly Draft[];
}

export const nothing = (ticket: Ticket): Decision => ({ ticket, events: [] });

export const expectedTicket = (ticketId: string, now: Date): Ticket => ({
  ticketId,
  received: null,
  enriched: null,
  stage: { at: 'expected' },
  epoch: 1,
  priorityOverride: null,
  queueOverride: null,
  extraSkills: {},
  firstQueuedAt: now,
  relaxFrom: now,
  excludedAgentIds: [],
  grantedProposalId: null,
  reopenings: 0,
  pendingAnswer: null,
});

/** The status others see. A ticket that is only expected counts as new. */
export function statusOf({ stage }: Ticket): TicketStatus {
  switch (stage.at) {
    case 'expected':
      return 'new';
    case 'answered':
      return 'pending';
    case 'solved':
    case 'closed':
      return stage.at;
    default:
      return stage.status;
  }
}

/** The owner; for a solved ticket whoever solved it. */
export const agentIdOf = ({ stage }: Ticket): string | null =>
  stage.at === 'owned' || stage.at === 'solved' || stage.at === 'closed' ? stage.agentId : null;

export function snapshotOf(ticket: Ticket): TicketSnapshot {
  const { stage, epoch, priorityOverride, queueOverride, extraSkills, firstQueuedAt, relaxFrom, excludedAgentIds } = ticket;
  return {
    status: statusOf(ticket),
    agentId: agentIdOf(ticket),
    offer:
      stage.at === 'offered'
        ? { offerId: stage.offer.offerId, agentId: stage.offer.agentId, expiresAt: stage.offer.expiresAt.toISOString() }
        : null,
    epoch,
    priorityOverride,
    queueOverride,
    extraSkills: { ...extraSkills },
    firstQueuedAt: firstQueuedAt.toISOString(),
    relaxFrom: relaxFrom.toISOString(),
    excludedAgentIds: [...excludedAgentIds],
  };
}

/** Back among the waiting with its age; the raised epoch makes every earlier proposal and answer void. */
export const requeued = (ticket: Ticket): Ticket => ({
  ...ticket,
  stage: { at: 'waiting', status: 'open' },
  epoch: ticket.epoch + 1,
});

const DAY_MS = 86_400_000;
/** True when a reply comes too late to reopen a solved ticket for whoever solved it. */
export const mayClose = (stage: Ended, reopenDaysMax: number, now: Date): boolean =>
  stage.solvedAt.getTime() + reopenDaysMax * DAY_MS <= now.getTime();
