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
  'unknown-agent': 'No such agent is configured.',
  'not-allowed': 'Only a supervisor may do this.',
  'already-theirs': 'This agent has the ticket already.',
  'unknown-queue': 'No such queue is configured.',
  'agent-not-online': 'This agent takes no tickets now.',
  'no-room': 'This agent has no room for it now.',
  'transfers-exhausted': 'This ticket was handed on too often; ask a supervisor.',
  'not-mergeable': 'These two tickets cannot be merged: one of them is closed, or they are the same.',
  'nothing-to-change': 'The ticket is like that already.',
  'no-wrap-up': 'There is nothing to wrap up any more.',
  'no-consult': 'This colleague was not asked, or has been asked already.',
};

/** "No", in words for the person who asked; `message` where the reason's own words would not fit. Nothing else changes. */
export const refuse = (
  ticket: Ticket,
  request: { readonly id: string; readonly data: unknown },
  why: Reason,
  message = words[why],
): Decision => ({
  ticket,
  events: [
    RequestRefused(ticket.ticketId, {
      ticket: snapshotOf(ticket),
      requestId: request.id,
      agentId: (request.data as { agentId: string }).agentId,
      why,
      message,
    }),
  ],
});
