import {
  MessageReceived,
  OfferDeclined,
  OwnerSilent,
  ReplyReleased,
  StatusChanged,
  TicketAssigned,
  TicketEnriched,
  TicketMerged,
  TicketMergedIn,
  TicketReceived,
  TicketSolved,
  type Channel,
  type Priority,
  type TicketSnapshot,
} from '@signalbox/contracts';

const iso = (at: number): string => new Date(at).toISOString();
const customer = { customerId: 'customer-1', address: 'ida@example.com' };

export const received = (ticketId: string, at: number, channel: Channel = 'web'): TicketReceived =>
  TicketReceived(ticketId, {
    number: 1,
    messageId: `${ticketId}-message`,
    channel,
    door: 'http',
    channelAccount: 'web',
    customer,
    subject: 'a question',
    text: 'Where is my parcel?',
    attachments: [],
    receivedAt: iso(at),
  });

export const message = (ticketId: string, at: number, kind: 'human' | 'auto-reply' = 'human'): MessageReceived =>
  MessageReceived(ticketId, {
    messageId: `${ticketId}-message-${at}`,
    channel: 'web',
    door: 'http',
    kind,
    customer,
    text: 'Hello?',
    attachments: [],
    receivedAt: iso(at),
  });

interface Enriched {
  readonly priority?: Priority;
  readonly complexity?: number;
  readonly tier?: string;
  readonly category?: string;
  readonly sentiment?: number;
}
export function enriched(ticketId: string, about: Enriched = {}): TicketEnriched {
  const sure = { confidence: 1, source: 'test' };
  return TicketEnriched(ticketId, {
    category: { value: about.category ?? null, ...sure },
    complexity: { value: about.complexity ?? 1, ...sure },
    priority: { value: about.priority ?? 'normal', ...sure },
    language: { value: null, ...sure },
    sentiment: { value: about.sentiment ?? 0, ...sure },
    wantsHuman: { value: false, ...sure },
    customer: { customerId: 'customer-1', tier: about.tier, ticketsTotal: 0, ticketsLast30Days: 0, recentAgentIds: [] },
    missing: [],
    enrichedAt: iso(Date.now()),
  });
}

const snapshot = (more: Partial<TicketSnapshot>): TicketSnapshot => ({
  status: 'open',
  agentId: 'ana',
  offer: null,
  epoch: 1,
  priorityOverride: null,
  queueOverride: null,
  extraSkills: {},
  firstQueuedAt: '2026-11-24T09:00:00.000Z',
  relaxFrom: '2026-11-24T09:00:00.000Z',
  excludedAgentIds: [],
  ...more,
});

export const assigned = (ticketId: string): TicketAssigned =>
  TicketAssigned(ticketId, {
    ticket: snapshot({}),
    agentId: 'ana',
    proposalId: 'proposal-1',
    how: 'automatic',
    units: 1,
    assignedAt: iso(Date.now()),
  });
export const replied = (ticketId: string, status: TicketSnapshot['status'] = 'open'): ReplyReleased =>
  ReplyReleased(ticketId, { ticket: snapshot({ status }), messageId: `${ticketId}-reply`, agentId: 'ana', text: 'It is on its way.' });
export const changed = (ticketId: string, ticket: Partial<TicketSnapshot>, cause: 'agent' | 'escalation' = 'agent'): StatusChanged =>
  StatusChanged(ticketId, { ticket: snapshot(ticket), from: 'open', cause });
export const declined = (ticketId: string): OfferDeclined =>
  OfferDeclined(ticketId, { ticket: snapshot({ agentId: null }), offerId: 'offer-1', agentId: 'ana', reason: 'not my field' });
export const silent = (ticketId: string): OwnerSilent =>
  OwnerSilent(ticketId, { ticket: snapshot({}), agentId: 'ana', silentSince: iso(Date.now()), minutes: 30 });
export const merged = (ticketId: string, intoTicketId: string): TicketMerged =>
  TicketMerged(ticketId, {
    ticket: snapshot({ status: 'closed', agentId: null, mergedInto: intoTicketId }),
    intoTicketId,
    byAgentId: 'ana',
  });
export const mergedIn = (ticketId: string, fromTicketId: string, receivedAt: number): TicketMergedIn =>
  TicketMergedIn(ticketId, { ticket: snapshot({}), fromTicketId, receivedAt: iso(receivedAt), byAgentId: 'ana' });
export const solved = (ticketId: string): TicketSolved =>
  TicketSolved(ticketId, {
    ticket: snapshot({ status: 'solved' }),
    agentId: 'ana',
    how: 'agent',
    assignedAt: null,
    solvedAt: iso(Date.now()),
  });
