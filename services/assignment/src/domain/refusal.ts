import { RequestRefused, type Draft } from '@signalbox/contracts';
import { snapshotOf, type Decision, type Ticket } from './ticket.js';

/** A request as it was read: its event's id is the request's id. */
export type Asked<E extends Draft> = Omit<E, 'id'> & { readonly id: string };
type Reason = RequestRefused['data']['why'];

const words: Record<Reason, string> = {
  'not-your-ticket': 'This ticket belongs to somebody else, or to nobody.',
  'offer-over': 'This offer is over: it was answered, ran out of time or was taken back.',
  'not-open': 'This ticket is not open any more.',
  'already-in-that-status': 'The ticket already has this status.',
  'unknown-ticket': 'No such ticket has been received yet.',
  'unknown-agent': 'You are not configured as an agent.',
};

/** "No", in words for the person who asked. Nothing else changes. */
export const refuse = (ticket: Ticket, request: { readonly id: string; readonly data: unknown }, why: Reason): Decision => ({
  ticket,
  events: [
    RequestRefused(ticket.ticketId, {
      ticket: snapshotOf(ticket),
      requestId: request.id,
      agentId: (request.data as { agentId: string }).agentId,
      why,
      message: words[why],
    }),
  ],
});
