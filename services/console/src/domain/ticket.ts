import type {
  AgentState,
  AnswerProposed,
  ArticleMatch,
  ArticlesSuggested,
  AssignmentEvent,
  AssignmentProposed,
  Clock,
  ClocksChanged,
  DeflectionConfirmed,
  DeflectionFailed,
  DeliveryFailed,
  EscalationCanceled,
  MessageDelivered,
  MessageReceived,
  NoAnswer,
  NotificationFailed,
  NotificationSent,
  Priority,
  Received,
  RequirementsRelaxed,
  SatisfactionRated,
  SlaBreached,
  SlaBreachWithdrawn,
  SlaOutlook,
  SlaWarned,
  TicketAssigned,
  TicketEnriched,
  TicketEscalated,
  TicketQueued,
  TicketReceived,
  TicketSnapshot,
  TicketStatus,
} from '@signalbox/contracts';
import { ownerAfter } from './audit.js';
import type { Audience } from './visibility.js';

export type TicketEvent =
  | AssignmentEvent
  | TicketReceived
  | MessageReceived
  | MessageDelivered
  | DeliveryFailed
  | SatisfactionRated
  | TicketEnriched
  | AnswerProposed
  | NoAnswer
  | ArticlesSuggested
  | DeflectionConfirmed
  | DeflectionFailed
  | AssignmentProposed
  | TicketQueued
  | RequirementsRelaxed
  | ClocksChanged
  | SlaWarned
  | SlaBreached
  | SlaBreachWithdrawn
  | SlaOutlook
  | TicketEscalated
  | EscalationCanceled
  | NotificationSent
  | NotificationFailed;
/** An event about a ticket, as it was read from its topic. */
export type Told = Received<TicketEvent>;
export type AgentToldState = Received<AgentState>;

/** `pausedSince`: when it was said to be paused; absent while it is not. */
export type ToldClock = Clock & { readonly pausedSince?: string };
/** A level that fired. Of its recipients the first ones; `recipientsLeftOut` counts the others. `notify`: of one that is held, which has none yet. */
export type Escalation = Omit<TicketEscalated['data'], 'notify'> & {
  readonly notify?: readonly string[];
  readonly recipientsLeftOut?: number;
};
/** Why one deadline was missed. */
export type Breach = Pick<SlaBreached['data'], 'target' | 'instance' | 'reason' | 'minutes'>;
/** Somebody was told, or could not be. */
export type Notification = Pick<NotificationSent['data'], 'notificationId' | 'level' | 'cause' | 'target' | 'via' | 'to'> & {
  readonly at: string;
  /** Why it was given up; absent when it was sent. */
  readonly failed?: string;
};
export interface Verdict {
  readonly type: 'AnswerProposed' | 'NoAnswer';
  readonly confidence: number;
  readonly threshold: number;
  readonly reason?: string;
  readonly article?: ArticleMatch;
}

/** How a ticket came to an agent: by a decision of routing, or by a person's word. */
export interface Origin {
  readonly agentId: string;
  readonly proposalId?: string | undefined;
  /** A supervisor who gave it to them, with the reason; or whoever handed it on. */
  readonly by?: { readonly how: 'forced' | 'handed-on'; readonly agentId: string; readonly reason?: string | undefined } | undefined;
}

/** What each topic has said of one ticket so far. Every part is filled by its own topic alone, so their order does not matter. */
export interface Ticket {
  readonly ticketId: string;
  readonly intake: {
    readonly received?: Omit<TicketReceived['data'], 'text' | 'attachments' | 'messageId'>;
    readonly satisfaction?: number;
    readonly undelivered?: string;
  } | null;
  readonly enrichment: TicketEnriched['data'] | null;
  readonly knowledgeBase: {
    readonly verdict?: Verdict;
    readonly suggestions: readonly ArticleMatch[];
    readonly deflection?: 'confirmed' | 'assumed' | 'failed';
  } | null;
  readonly routing: {
    readonly waiting?: TicketQueued['data'] | null;
    readonly relaxed?: string;
    readonly unenriched?: boolean;
  } | null;
  readonly assignment: {
    readonly ticket?: TicketSnapshot;
    /** Who owns it by the events alone, for the auditor; absent where the first of them was never heard. */
    readonly owner?: string | null | undefined;
    /** Since when who has owned it, the newest last. */
    readonly owners?: readonly { readonly agentId: string | null; readonly since: string }[];
    /** When a person first replied. */
    readonly firstReplyAt?: string;
    /** How it ended, as long as it is over. */
    readonly ended?: { readonly at: string; readonly how: 'deflected' | 'solved' | 'abandoned' } | undefined;
    /** The proposal behind the offer that is out, or was last. */
    readonly offerProposalId?: string | undefined;
    /** How the offer that is out, or was last, came about; and how the owner, or the last one, got it. */
    readonly offered?: Origin | undefined;
    readonly given?: Origin | undefined;
    /** Who handed it on to an agent last. The offer or assignment that follows names nobody. */
    readonly handedOnBy?: string | null;
    readonly assignedAt?: string;
    readonly solvedByAgentId?: string | null;
    readonly solvedAt?: string;
    /** The tickets that were merged into it. */
    readonly mergedFrom?: readonly string[];
  } | null;
  readonly sla: {
    readonly clocks: readonly ToldClock[];
    readonly policy?: string;
    /** The versions in force, as `name@version`. */
    readonly versions?: { readonly policy: string; readonly calendar: string };
    readonly escalations: readonly Escalation[];
    readonly notifications?: readonly Notification[];
    /** Why deadlines were missed; what was withdrawn is not among them. */
    readonly breaches?: readonly Breach[];
    /** Clocks that will be late even if somebody begins at once, as of when that was said. */
    readonly outlooks?: readonly SlaOutlook['data'][];
    /** Who stopped the chain upwards last, and why. */
    readonly canceled?: EscalationCanceled['data'];
  } | null;
  /** When the newest event about it was decided, whichever topic it came from. */
  readonly updatedAt: Date;
}

const ESCALATIONS_MAX = 50;
const RECIPIENTS_MAX = 20;
const NOTIFICATIONS_MAX = 100;
const BREACHES_MAX = 200;
const OWNERS_MAX = 50;
const OUTLOOKS_MAX = 20;
const MERGED_MAX = 50;

export const unknownTicket = (ticketId: string): Ticket => ({
  ticketId,
  intake: null,
  enrichment: null,
  knowledgeBase: null,
  routing: null,
  assignment: null,
  sla: null,
  updatedAt: new Date(0),
});

/** The ticket after one more event. */
export function project(ticket: Ticket, event: Told): Ticket {
  return { ...ticket, ...partOf(ticket, event), updatedAt: event.at > ticket.updatedAt ? event.at : ticket.updatedAt };
}

function partOf(ticket: Ticket, event: Told): Partial<Ticket> {
  const { intake, routing } = ticket;
  const knowledgeBase = ticket.knowledgeBase ?? { suggestions: [] };
  const sla = ticket.sla ?? { clocks: [], escalations: [] };
  switch (event.type) {
    case 'TicketReceived': {
      const { text: _text, attachments: _attachments, messageId: _messageId, ...received } = event.data;
      return { intake: { ...intake, received } };
    }
    case 'SatisfactionRated':
      return { intake: { ...intake, satisfaction: event.data.score } };
    case 'DeliveryFailed':
      return event.data.final ? { intake: { ...intake, undelivered: event.data.reason } } : {};
    case 'MessageReceived':
    case 'MessageDelivered':
      return {};
    case 'TicketEnriched':
      return { enrichment: event.data };
    case 'AnswerProposed': {
      const { answer, threshold, suggestions } = event.data;
      const { articleId, revision, locale, title, confidence } = answer;
      const article = { articleId, revision, locale, title, confidence };
      return { knowledgeBase: { ...knowledgeBase, verdict: { type: event.type, confidence, threshold, article }, suggestions } };
    }
    case 'NoAnswer': {
      const { reason, bestConfidence: confidence, threshold, suggestions } = event.data;
      return { knowledgeBase: { ...knowledgeBase, verdict: { type: event.type, confidence, threshold, reason }, suggestions } };
    }
    case 'ArticlesSuggested':
      return { knowledgeBase: { ...knowledgeBase, suggestions: event.data.suggestions } };
    case 'DeflectionConfirmed':
      return { knowledgeBase: { ...knowledgeBase, deflection: event.data.how } };
    case 'DeflectionFailed':
      return { knowledgeBase: { ...knowledgeBase, deflection: 'failed' } };
    case 'AssignmentProposed':
      return { routing: { ...routing, unenriched: event.data.unenriched } };
    case 'TicketQueued':
      return { routing: { ...routing, waiting: event.data } };
    case 'RequirementsRelaxed':
      return { routing: { ...routing, relaxed: event.data.relaxed } };
    case 'ClocksChanged':
      return {
        sla: {
          ...sla,
          clocks: clocksAfter(sla.clocks, event),
          policy: event.data.policy.name,
          versions: { policy: versioned(event.data.policy), calendar: versioned(event.data.calendar) },
        },
      };
    case 'TicketEscalated': {
      const escalation = escalationOf(event.data);
      return { sla: { ...sla, escalations: [...sla.escalations, escalation].slice(-ESCALATIONS_MAX) } };
    }
    case 'EscalationCanceled':
      return { sla: { ...sla, canceled: event.data } };
    case 'NotificationSent': {
      const { sentAt: at, ...notification } = event.data;
      return { sla: { ...sla, notifications: toldNow(sla.notifications, { ...notification, at }) } };
    }
    case 'NotificationFailed': {
      const { failedAt: at, reason: failed, final, ...notification } = event.data;
      // It will be tried again: until then there is nothing to say.
      return final ? { sla: { ...sla, notifications: toldNow(sla.notifications, { ...notification, at, failed }) } } : {};
    }
    case 'SlaBreached': {
      const { target, instance, reason, minutes } = event.data;
      const breach = { target, instance, ...(reason && { reason }), ...(minutes && { minutes }) };
      return { sla: { ...sla, breaches: [...otherBreaches(sla.breaches, event.data), breach].slice(-BREACHES_MAX) } };
    }
    case 'SlaBreachWithdrawn':
      return { sla: { ...sla, breaches: otherBreaches(sla.breaches, event.data) } };
    case 'SlaOutlook': {
      const { target, instance, willBreach } = event.data;
      const others = (sla.outlooks ?? []).filter((outlook) => outlook.target !== target || outlook.instance !== instance);
      return { sla: { ...sla, outlooks: (willBreach ? [...others, event.data] : others).slice(-OUTLOOKS_MAX) } };
    }
    case 'SlaWarned':
      return {};
    default: {
      // A ticket nobody has said anything about yet is nobody's.
      const known = ticket.assignment ? ticket.assignment.owner : null;
      const owner = ownerAfter(known, event);
      const told = { ...assignmentPartOf(ticket.assignment, event), owner, owners: ownersAfter(ticket.assignment, owner, event.at) };
      return { assignment: { ...ticket.assignment, ...told, ended: endAfter(ticket.assignment, event) } };
    }
  }
}

function clocksAfter(before: readonly ToldClock[], { at, data }: Received<ClocksChanged>): ToldClock[] {
  return data.clocks.map((clock) => {
    if (clock.status !== 'paused') return clock;
    const known = before.find(({ target, instance }) => target === clock.target && instance === clock.instance);
    return { ...clock, pausedSince: known?.pausedSince ?? at.toISOString() };
  });
}

const versioned = ({ name, version }: { readonly name: string; readonly version: number }): string => `${name}@${version}`;

function escalationOf({ notify, recipients, ...escalation }: TicketEscalated['data']): Escalation {
  if (!recipients) return { ...escalation, ...(escalation.heldUntil !== undefined && { notify }) };
  const recipientsLeftOut = recipients.length - RECIPIENTS_MAX;
  return { ...escalation, recipients: recipients.slice(0, RECIPIENTS_MAX), ...(recipientsLeftOut > 0 && { recipientsLeftOut }) };
}

/** The last word on each notification holds. */
const toldNow = (known: readonly Notification[] = [], notification: Notification): Notification[] =>
  [...known.filter(({ notificationId }) => notificationId !== notification.notificationId), notification].slice(-NOTIFICATIONS_MAX);

function assignmentPartOf(before: Ticket['assignment'], event: Received<AssignmentEvent>): Partial<NonNullable<Ticket['assignment']>> {
  switch (event.type) {
    case 'OfferMade': {
      const { ticket, proposalId, agentId } = event.data;
      return {
        ticket,
        offerProposalId: proposalId,
        offered: { agentId, proposalId, by: proposalId === undefined ? handedOn(before) : undefined },
      };
    }
    case 'TicketAssigned':
      return { ticket: event.data.ticket, assignedAt: event.data.assignedAt, given: givenBy(before, event.data) };
    case 'TicketTransferred':
      return { ticket: event.data.ticket, handedOnBy: event.data.to.agentId === undefined ? null : event.data.byAgentId };
    case 'TicketSolved':
      return { ticket: event.data.ticket, solvedByAgentId: event.data.agentId, solvedAt: event.data.solvedAt };
    case 'ReplyReleased':
      return { ticket: event.data.ticket, firstReplyAt: before?.firstReplyAt ?? event.at.toISOString() };
    case 'TicketMergedIn':
      return { ticket: event.data.ticket, mergedFrom: [...(before?.mergedFrom ?? []), event.data.fromTicketId].slice(-MERGED_MAX) };
    case 'RequestRefused':
      return event.data.why === 'unknown-ticket' ? {} : { ticket: event.data.ticket };
    default:
      return { ticket: event.data.ticket };
  }
}

const otherBreaches = (breaches: readonly Breach[] = [], { target, instance }: Pick<Breach, 'target' | 'instance'>): Breach[] =>
  breaches.filter((breach) => breach.target !== target || breach.instance !== instance);

type AssignmentPart = NonNullable<Ticket['assignment']>;
function ownersAfter(before: Ticket['assignment'], owner: string | null | undefined, at: Date): AssignmentPart['owners'] {
  const owners = before?.owners ?? [];
  const agentId = owner ?? null;
  if ((owners.at(-1)?.agentId ?? null) === agentId) return owners;
  return [...owners, { agentId, since: at.toISOString() }].slice(-OWNERS_MAX);
}

/** Merged or closed by itself without having been solved, the conversation was given up in this ticket. */
function endAfter(before: Ticket['assignment'], { type, at: when, data }: Received<AssignmentEvent>): AssignmentPart['ended'] {
  const at = when.toISOString();
  if (type === 'TicketSolved') return { at, how: data.how === 'deflected' ? 'deflected' : 'solved' };
  const over = data.ticket.status === 'solved' || data.ticket.status === 'closed';
  if (!over) return undefined;
  return before?.ended ?? (type === 'TicketMerged' || type === 'TicketClosed' ? { at, how: 'abandoned' } : undefined);
}

const handedOn = (before: Ticket['assignment']): Origin['by'] =>
  before?.handedOnBy == null ? undefined : { how: 'handed-on', agentId: before.handedOnBy };

function givenBy(before: Ticket['assignment'], { agentId, proposalId, how, byAgentId, reason }: TicketAssigned['data']): Origin {
  if (proposalId !== undefined) return { agentId, proposalId };
  if (how === 'forced') return { agentId, by: byAgentId === undefined ? undefined : { how, agentId: byAgentId, reason } };
  if (how === 'escalated') return { agentId };
  // What was handed on in a queue that asks was an offer first.
  if (how === 'accepted') return { agentId, by: before?.offered?.agentId === agentId ? before.offered.by : undefined };
  return { agentId, by: handedOn(before) };
}

/** How it came to this agent, to whom it is offered or who owns it; null where nothing said so. The offer comes first: it asks for an answer. */
export function originFor(ticket: Ticket, agentId: string): Origin | null {
  const { ticket: snapshot, offered, given } = ticket.assignment ?? {};
  const origin = snapshot?.offer?.agentId === agentId ? offered : snapshot?.agentId === agentId ? given : undefined;
  return origin?.agentId === agentId ? origin : null;
}

/** What is searched, sorted and filtered by: a function of the parts and of the configured queue of each category. */
export interface Summary {
  readonly number: number | null;
  readonly customerId: string | null;
  readonly customerAddress: string | null;
  readonly status: TicketStatus;
  readonly priority: Priority;
  readonly agentId: string | null;
  readonly offerAgentId: string | null;
  readonly solvedByAgentId: string | null;
  readonly category: string | null;
  readonly queueId: string | null;
  readonly firstQueuedAt: string | null;
  readonly dueAt: string | null;
  readonly breached: boolean;
  readonly handOverSince: string | null;
  /** Colleagues the owner has asked to look at it. */
  readonly consultAgentIds: readonly string[];
}

/** @param queueOf the queue of a category, or of a ticket without one */
export function summarize(ticket: Ticket, queueOf: (category: string | null) => string | null): Summary {
  const received = ticket.intake?.received;
  const snapshot = ticket.assignment?.ticket;
  const category = ticket.enrichment?.category.value ?? null;
  const ticking = ticket.sla?.clocks.filter((clock) => clock.status === 'running' || clock.status === 'breached') ?? [];
  const dueAts = ticking.flatMap((clock) => (clock.dueAt === null ? [] : [clock.dueAt])).sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    number: received?.number ?? null,
    customerId: received?.customer.customerId ?? null,
    customerAddress: received?.customer.address ?? null,
    status: snapshot?.status ?? 'new',
    priority: snapshot?.priorityOverride ?? ticket.enrichment?.priority.value ?? 'normal',
    agentId: snapshot?.agentId ?? null,
    offerAgentId: snapshot?.offer?.agentId ?? null,
    solvedByAgentId: ticket.assignment?.solvedByAgentId ?? null,
    category,
    queueId: snapshot?.queueOverride ?? queueOf(category),
    firstQueuedAt: snapshot?.firstQueuedAt ?? received?.receivedAt ?? null,
    dueAt: dueAts[0] ?? null,
    breached: ticking.some((clock) => clock.status === 'breached'),
    handOverSince: snapshot?.handOverSince ?? null,
    consultAgentIds: snapshot?.consultAgentIds ?? [],
  };
}

/** The nearest deadline that cannot be kept even if somebody begins at once; a clock that is not running any more has none. */
export function outlookOf({ sla }: Ticket): SlaOutlook['data'] | null {
  const runs = ({ target, instance }: SlaOutlook['data']): boolean =>
    sla!.clocks.some((clock) => clock.target === target && clock.instance === instance && clock.status === 'running');
  const ahead = (sla?.outlooks ?? []).filter(runs);
  return ahead.toSorted((a, b) => Date.parse(a.dueAt) - Date.parse(b.dueAt))[0] ?? null;
}

/** Nobody, until it is known what was received: until then there is nothing to show. */
export function audienceOf({ number, queueId, agentId, offerAgentId, solvedByAgentId, consultAgentIds }: Summary): Audience {
  if (number === null) return { queueIds: [], agentIds: [] };
  return {
    queueIds: queueId === null ? [] : [queueId],
    agentIds: [agentId, offerAgentId, solvedByAgentId, ...consultAgentIds].filter((id) => id !== null),
  };
}

/** Why it waits, as routing said last; nothing when it does not wait for a person. */
export function waitingOf(ticket: Ticket, summary: Summary): TicketQueued['data'] | null {
  const waits = (summary.status === 'new' || summary.status === 'open') && summary.agentId === null && summary.offerAgentId === null;
  return waits ? (ticket.routing?.waiting ?? null) : null;
}
