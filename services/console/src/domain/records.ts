import {
  eventOfType,
  type Answer,
  type ArticleMatch,
  type Attachment,
  type ClocksExplained,
  type IdleExplained,
  type NextAnswered,
  type Received,
} from '@signalbox/contracts';
import type { Ticket, Told } from './ticket.js';
import { wordsFor } from './words.js';

/** A message as the conversation shows it. */
export interface MessageRecord {
  readonly messageId: string;
  readonly ticketId: string;
  readonly author: 'customer' | 'agent' | 'answer';
  readonly kind: 'human' | 'auto-reply' | 'bounce';
  readonly agentId: string | null;
  readonly text: string;
  readonly article: ArticleMatch | null;
  readonly attachments: readonly Attachment[];
  readonly at: string;
  /** Searched beside the text: the subject and who it came from. */
  readonly alsoFoundBy: string;
}

export function messageOf(event: Told): MessageRecord | undefined {
  const { ticketId } = event;
  const own = { ticketId, kind: 'human', agentId: null, article: null, attachments: [], alsoFoundBy: '' } as const;
  switch (event.type) {
    case 'TicketReceived': {
      const { messageId, text, attachments, receivedAt: at, subject, customer } = event.data;
      return { ...own, messageId, author: 'customer', text, attachments, at, alsoFoundBy: `${subject} ${customer.name ?? ''}` };
    }
    case 'MessageReceived': {
      const { messageId, kind, text, attachments, receivedAt: at } = event.data;
      return { ...own, messageId, author: 'customer', kind, text, attachments, at };
    }
    case 'ReplyReleased': {
      const { messageId, agentId, text } = event.data;
      return { ...own, messageId, author: 'agent', agentId, text, at: event.at.toISOString() };
    }
    case 'AnswerReleased': {
      const { messageId, answer } = event.data;
      return { ...own, messageId, author: 'answer', text: answer.text, article: matchOf(answer), at: event.at.toISOString() };
    }
    default:
      return undefined;
  }
}

const matchOf = ({ articleId, revision, locale, title, confidence }: Answer): ArticleMatch => ({
  articleId,
  revision,
  locale,
  title,
  confidence,
});

export interface DeliveryRecord {
  readonly messageId: string;
  readonly ticketId: string;
  readonly delivery: { readonly state: 'delivered' | 'retrying' | 'failed'; readonly at: string; readonly reason?: string };
}

export function deliveryOf(event: Told): DeliveryRecord | undefined {
  if (event.type === 'MessageDelivered')
    return { messageId: event.data.messageId, ticketId: event.ticketId, delivery: { state: 'delivered', at: event.data.deliveredAt } };
  if (event.type !== 'DeliveryFailed') return undefined;
  const { messageId, final, failedAt, reason } = event.data;
  return { messageId, ticketId: event.ticketId, delivery: { state: final ? 'failed' : 'retrying', at: failedAt, reason } };
}

/** What became of a proposal; the latest word on it holds. */
export interface DecisionOutcome {
  readonly type: Told['type'];
  readonly at: string;
  readonly why?: string;
}
export interface DecisionRecord {
  readonly ticketId: string;
  readonly proposalId: string;
  readonly proposal?: (Told & { type: 'AssignmentProposed' })['data'];
  readonly outcome?: DecisionOutcome;
}

/** @param before the ticket before this event: it knows which proposal the offer came from */
export function decisionOf(before: Ticket, event: Told): DecisionRecord | undefined {
  const { ticketId, type } = event;
  const at = event.at.toISOString();
  const ofOffer = before.assignment?.offerProposalId;
  // Without a proposal it was a person's word: nothing of routing to explain.
  const told = (proposalId: string | undefined, why?: string): DecisionRecord | undefined =>
    proposalId === undefined ? undefined : { ticketId, proposalId, outcome: { type, at, ...(why !== undefined && { why }) } };
  switch (event.type) {
    case 'AssignmentProposed':
      return { ticketId, proposalId: event.data.proposalId, proposal: event.data };
    case 'OfferMade':
      return told(event.data.proposalId);
    case 'TicketAssigned':
      return told(event.data.proposalId, event.data.how);
    case 'ProposalRejected':
      return told(event.data.proposalId, event.data.why);
    case 'OfferDeclined':
      return told(ofOffer, event.data.reason);
    case 'OfferExpired':
      return told(ofOffer, 'not answered');
    case 'OfferRescinded':
      return told(ofOffer, event.data.why);
    default:
      return undefined;
  }
}

export interface HistoryRecord {
  readonly ticketId: string;
  readonly topic: string;
  readonly version: number;
  readonly type: string;
  readonly words: string;
  readonly at: string;
}

export const historyOf = (event: Told): HistoryRecord => ({
  ticketId: event.ticketId,
  topic: eventOfType(event.type)!.topic.name,
  version: event.version,
  type: event.type,
  words: wordsFor(event),
  at: event.at.toISOString(),
});

/** What came of a person's request, as that person is told it. */
export interface RequestOutcome {
  readonly type: string;
  readonly at: string;
  readonly status?: string | undefined;
  readonly agentId?: string | null | undefined;
  readonly why?: string | undefined;
  readonly message?: string | undefined;
  /** Of a request for the next ticket: which one it is. */
  readonly ticketId?: string | undefined;
  /** Of a question why somebody has no work: what each ticket that waits lacks in them, counted. */
  readonly reasons?: IdleExplained['data']['reasons'];
  /** Of a question how the clocks come about. */
  readonly explained?: Omit<ClocksExplained['data'], 'requestId'>;
}

/** The request an event answers: the one that caused it, or the one it refuses. */
export function outcomeOf(event: Told): { requestId: string; outcome: RequestOutcome } | undefined {
  const at = event.at.toISOString();
  if (event.type === 'RequestRefused') {
    const { requestId, why, message } = event.data;
    return { requestId, outcome: { type: event.type, at, why, message } };
  }
  if (event.causationId === undefined) return undefined;
  if (event.type === 'EscalationCanceled') return { requestId: event.causationId, outcome: { type: event.type, at } };
  if (!('ticket' in event.data)) return undefined;
  const { status, agentId } = event.data.ticket;
  return { requestId: event.causationId, outcome: { type: event.type, at, status, agentId } };
}

/** How the clocks come about, as it was when sla-escalation looked. */
export function explanationOf({ at, data }: Received<ClocksExplained>): { requestId: string; outcome: RequestOutcome } {
  const { requestId, ...explained } = data;
  return { requestId, outcome: { type: 'ClocksExplained', at: at.toISOString(), explained } };
}

type WhyNone = NonNullable<NextAnswered['data']['why']>;
const NOTHING: Readonly<Record<Exclude<WhyNone, 'nothing-fits'>, string>> = {
  'nothing-waits': 'Nothing waits in your queues.',
  'no-room': 'You have no room for another ticket.',
  'agent-not-online': 'Choose Online first.',
  'out-of-rotation': 'You count as not responding. Choose Online again first.',
};

function noneFits({ reasons = [], waiting, bounded = false }: NextAnswered['data']): string {
  const none = bounded ? `None of the first ${waiting} that wait` : 'Nothing that waits';
  const counted = reasons.map(({ reason, tickets }) => `${reason}: ${tickets}`).join('; ');
  return `${none} is for you: ${counted || 'routing sees others fit better, or you were excluded'}.`;
}

/** "There is none" is a refusal to whoever asked. */
export function nextOutcomeOf({ at: when, data }: Received<NextAnswered>): { requestId: string; outcome: RequestOutcome } {
  const { requestId, ticketId, why } = data;
  const at = when.toISOString();
  if (why === undefined) return { requestId, outcome: { type: 'NextAnswered', at, ticketId } };
  const message = why === 'nothing-fits' ? noneFits(data) : NOTHING[why];
  return { requestId, outcome: { type: 'RequestRefused', at, why, message } };
}
