import type { Answer, Channel, Draft, Priority, TicketSnapshot, TicketStatus } from '@signalbox/contracts';
import type { Agent, Weight } from './agent.js';

export interface Offer extends Weight {
  readonly offerId: string;
  readonly agentId: string;
  readonly expiresAt: Date;
  /** The agent's console has to confirm the offer by then; null = it has, or need not. */
  readonly acknowledgeBy: Date | null;
}

/** An owner who has not replied, counted in their shift. */
export interface Silence {
  readonly since: Date;
  /** When it is looked at next; null = not computed yet. */
  readonly dueAt: Date | null;
  readonly nudged: boolean;
}

/** Where a ticket stands. An offer, an owner and an automatic answer exclude each other, but for a rescue. */
export type Stage =
  /** Others already speak of it, intake's word is still on its way. */
  | { readonly at: 'expected' }
  | { readonly at: 'waiting'; readonly status: 'new' | 'open' }
  | { readonly at: 'offered'; readonly status: 'new' | 'open'; readonly offer: Offer }
  | (Weight & {
      readonly at: 'owned';
      readonly status: 'open' | 'pending' | 'on-hold';
      readonly agentId: string;
      readonly assignedAt: Date;
      /** The ticket is offered to somebody who can still make its deadline; the owner keeps it until they accept. */
      readonly rescue?: Offer | undefined;
      readonly silence?: Silence | undefined;
      /** Since when the owner's shift is over and somebody should take it on. */
      readonly handOverSince?: Date | undefined;
      readonly consultAgentIds?: readonly string[] | undefined;
    })
  /** An automatic answer is out; the ticket waits for the customer's word on it. */
  | { readonly at: 'answered' }
  | (Weight & {
      readonly at: 'solved' | 'closed';
      readonly how: 'agent' | 'deflected';
      readonly agentId: string | null;
      readonly assignedAt: Date | null;
      readonly solvedAt: Date;
    });
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
    readonly complexity: number;
    readonly priority: Priority;
    readonly language: string | null;
    readonly wantsHuman: boolean;
  } | null;
  readonly stage: Stage;
  readonly epoch: number;
  readonly priorityOverride: Priority | null;
  readonly queueOverride: string | null;
  /** What escalations demand beyond the category. */
  readonly extraSkills: Readonly<Record<string, number>>;
  /** What the last transfer demands; the next one says it anew. */
  readonly transferSkills: Readonly<Record<string, number>>;
  readonly firstQueuedAt: Date;
  readonly relaxFrom: Date;
  readonly excludedAgentIds: readonly string[];
  /** Those of the excluded who may be asked again after an instant. */
  readonly exclusionEnds: ReadonlyMap<string, Date>;
  /** Offers that ended without an owner, since the ticket came into its queue. */
  readonly attempts: number;
  /** How often agents have handed it on since it was opened. */
  readonly transfers: number;
  /** The last proposal that was granted: routing sends one again while our word is on its way. */
  readonly grantedProposalId: string | null;
  readonly reopenings: number;
  /** It ended in another ticket: what comes in for it belongs there. */
  readonly mergedInto: string | null;
  /** An answer proposed before the ticket was received. */
  readonly pendingAnswer: Answer | null;
}

/** What a decision leaves behind: the ticket, the agents whose load or state it changed, and what is said about it. */
export interface Decision {
  readonly ticket: Ticket;
  readonly agent?: Agent | undefined;
  /** Changed before `agent`: whoever had or was offered the ticket until now. */
  readonly others?: readonly Agent[] | undefined;
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
  transferSkills: {},
  firstQueuedAt: now,
  relaxFrom: now,
  excludedAgentIds: [],
  exclusionEnds: new Map(),
  attempts: 0,
  transfers: 0,
  grantedProposalId: null,
  reopenings: 0,
  mergedInto: null,
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

/** The offer that is out, be it of a waiting ticket or a rescue. */
export const offerOf = ({ stage }: Ticket): Offer | undefined =>
  stage.at === 'offered' ? stage.offer : stage.at === 'owned' ? stage.rescue : undefined;

/** The same ticket with another offer in place of the one that is out, or none. */
export function withOffer(ticket: Ticket, offer: Offer | undefined): Ticket {
  const { stage } = ticket;
  if (stage.at === 'owned') return { ...ticket, stage: { ...stage, rescue: offer } };
  if (stage.at !== 'offered' && stage.at !== 'waiting') return ticket;
  const { status } = stage;
  return { ...ticket, stage: offer ? { at: 'offered', status, offer } : { at: 'waiting', status } };
}

const EXCLUDED_AGENTS_MAX = 200;
/** Not to be asked about this ticket any more, or not before `until`. */
export function exclude(ticket: Ticket, agentId: string, until: Date | null): Ticket {
  const excludedAgentIds = [...ticket.excludedAgentIds.filter((id) => id !== agentId), agentId].slice(-EXCLUDED_AGENTS_MAX);
  const exclusionEnds = new Map([...ticket.exclusionEnds].filter(([id]) => id !== agentId && excludedAgentIds.includes(id)));
  if (until) exclusionEnds.set(agentId, until);
  return { ...ticket, excludedAgentIds, exclusionEnds };
}

/** What was declined before is asked anew, of anybody. */
export const withoutExclusions = (ticket: Ticket): Ticket => ({ ...ticket, excludedAgentIds: [], exclusionEnds: new Map() });

/** Whoever the ticket was taken from does not get it back at once, though they may fit best. */
export const notAtOnceTo = (agentId: string, ticket: Ticket, retryAgentMs: number, now: Date): Ticket =>
  exclude(ticket, agentId, new Date(now.getTime() + retryAgentMs));

export function snapshotOf(ticket: Ticket): TicketSnapshot {
  const { stage, epoch, priorityOverride, queueOverride, firstQueuedAt, relaxFrom, excludedAgentIds } = ticket;
  const offer = offerOf(ticket);
  const { handOverSince, consultAgentIds = [] } = stage.at === 'owned' ? stage : {};
  return {
    status: statusOf(ticket),
    agentId: agentIdOf(ticket),
    offer: offer ? saidOf(offer) : null,
    epoch,
    priorityOverride,
    queueOverride,
    extraSkills: highest(ticket.extraSkills, ticket.transferSkills),
    firstQueuedAt: firstQueuedAt.toISOString(),
    relaxFrom: relaxFrom.toISOString(),
    excludedAgentIds: [...excludedAgentIds],
    ...(handOverSince && { handOverSince: handOverSince.toISOString() }),
    ...(consultAgentIds.length > 0 && { consultAgentIds: [...consultAgentIds] }),
    ...(ticket.mergedInto !== null && { mergedInto: ticket.mergedInto }),
  };
}

/** Of each skill the higher level that is demanded. */
export function highest(known: Ticket['extraSkills'], added: Ticket['extraSkills']): Record<string, number> {
  const all = { ...known };
  for (const [skill, level] of Object.entries(added)) all[skill] = Math.max(level, all[skill] ?? 0);
  return all;
}

const saidOf = ({ offerId, agentId, expiresAt, acknowledgeBy }: Offer): TicketSnapshot['offer'] => ({
  offerId,
  agentId,
  expiresAt: expiresAt.toISOString(),
  ...(acknowledgeBy && { acknowledgeBy: acknowledgeBy.toISOString() }),
});

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
