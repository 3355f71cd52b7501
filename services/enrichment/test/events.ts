import {
  ConfigBundle,
  ConfigRecord,
  CustomerProfile,
  TicketMerged,
  TicketReceived,
  TicketReopened,
  TicketSolved,
  type CustomerProfile as Profile,
  type Draft,
  type TicketReceived as Ticket,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { sampleTickets } from './sample.js';

const PER_RECORD = 100;

/** The sample company's labelled tickets as its one configuration. */
export function labelledTickets(bundle = 1, rows = sampleTickets): Draft[] {
  const tickets = rows.map(({ category, language, subject, body }) => ({ category, language, subject, body }));
  const records = Array.from({ length: Math.ceil(tickets.length / PER_RECORD) }, (_, nth) =>
    ConfigRecord(`labelled-tickets/sample-${nth}@${bundle}`, {
      kind: 'labelled-tickets',
      name: `sample-${nth}`,
      recordVersion: bundle,
      content: { tickets: tickets.slice(nth * PER_RECORD, (nth + 1) * PER_RECORD) },
    }),
  );
  return [...records, ConfigBundle('bundle', { bundle, members: records.map((record) => record.key), appliedAt: '2026-11-24T08:00:00Z' })];
}

export const DISPUTE = 'You debited 49.90 twice for one order, please reverse the second charge';
export const ENDING = 'Hiermit kündige ich mein Abo zum Monatsende';

interface Fields extends Partial<Ticket['data']> {
  readonly customerId?: string;
  readonly address?: string;
}

/** A ticket of a customer of its own, unless told whose. */
export function received(ticketId: string, { customerId, address, ...fields }: Fields = {}): Ticket {
  return TicketReceived(ticketId, {
    number: 1,
    messageId: `m-${ticketId}`,
    channel: 'email',
    door: 'smtp',
    channelAccount: 'support',
    customer: { customerId: customerId ?? `customer-${ticketId}`, address: address ?? `${ticketId}@example.com` },
    subject: '',
    text: DISPUTE,
    attachments: [],
    receivedAt: new Date().toISOString(),
    ...fields,
  });
}

const snapshot: TicketSnapshot = {
  status: 'solved',
  agentId: null,
  offer: null,
  epoch: 1,
  priorityOverride: null,
  queueOverride: null,
  extraSkills: {},
  firstQueuedAt: '2026-11-24T09:00:00Z',
  relaxFrom: '2026-11-24T09:00:00Z',
  excludedAgentIds: [],
};

export const solved = (ticketId: string, agentId: string | null, solvedAt = '2026-11-24T10:00:00Z'): TicketSolved =>
  TicketSolved(ticketId, { ticket: snapshot, agentId, how: agentId === null ? 'deflected' : 'agent', assignedAt: null, solvedAt });
export const reopened = (ticketId: string): TicketReopened =>
  TicketReopened(ticketId, { ticket: { ...snapshot, status: 'open' }, solvedByAgentId: null, cause: 'customer-replied', reopenings: 1 });

export const merged = (ticketId: string): TicketMerged =>
  TicketMerged(ticketId, { ticket: { ...snapshot, status: 'closed', mergedInto: 'other' }, intoTicketId: 'other', byAgentId: 'agent-1' });

export const profile = (crmCustomerId: string, addresses: string[], fields: Partial<Profile['data']> = {}): Profile =>
  CustomerProfile(crmCustomerId, { addresses, tier: 'vip', accountStatus: 'active', ...fields });
