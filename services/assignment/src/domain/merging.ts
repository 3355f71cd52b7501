import { TicketMerged, TicketMergedIn, type MergeRequested } from '@signalbox/contracts';
import { giveUnits, type Agent } from './agent.js';
import { refuse, type Asked } from './refusal.js';
import { agentIdOf, snapshotOf, type Decision, type Ended, type Ticket } from './ticket.js';

/** What a merge needs to know beside the two tickets. */
export interface Junction {
  readonly agentOf: (agentId: string) => Agent;
  /** Where a merged ticket goes on, over however many merges. */
  readonly survivorOf: (ticket: Ticket) => Ticket;
  readonly now: Date;
}

/**
 * Two tickets are about one thing: this one ends, the other goes on and is as old as the elder. A ticket that has ended so is no target any
 * more, so that no circle can arise. The owner may, or whoever solved it; over two customers only a supervisor.
 * @returns what becomes of the merged ticket, and of the other; of a refusal only the first
 */
export function merge(ticket: Ticket, into: Ticket, request: Asked<MergeRequested>, around: Junction): [Decision] | [Decision, Decision] {
  const no = (why: 'unknown-ticket' | 'not-allowed' | 'not-mergeable', message?: string): [Decision] => [
    refuse(ticket, request, why, message),
  ];
  const { agentId: byAgentId, role } = request.data;
  if (ticket.ticketId === into.ticketId) return no('not-mergeable', 'A ticket cannot be merged into itself.');
  if (!ticket.received || !into.received) return no('unknown-ticket');
  if (role === 'agent' && agentIdOf(ticket) !== byAgentId)
    return no('not-allowed', 'Only its owner or a supervisor may merge this ticket.');
  for (const one of [ticket, into]) {
    const { number } = one.received!;
    if (one.mergedInto !== null)
      return no('not-mergeable', `#${number} was merged already: it goes on as #${around.survivorOf(one).received!.number}.`);
    if (one.stage.at === 'closed') return no('not-mergeable', `#${number} is closed.`);
  }
  if (role === 'agent' && ticket.received.customerId !== into.received.customerId)
    return no('not-allowed', 'These tickets are from two customers; only a supervisor may merge them.');
  const survivor: Ticket = {
    ...into,
    firstQueuedAt: earlier(ticket.firstQueuedAt, into.firstQueuedAt),
    relaxFrom: earlier(ticket.relaxFrom, into.relaxFrom),
  };
  const receivedAt = ticket.firstQueuedAt.toISOString();
  const joined = TicketMergedIn(into.ticketId, { ticket: snapshotOf(survivor), fromTicketId: ticket.ticketId, receivedAt, byAgentId });
  return [end(ticket, into.ticketId, byAgentId, around), { ticket: survivor, events: [joined] }];
}

const earlier = (one: Date, other: Date): Date => (one <= other ? one : other);

/** Closed for good. What its owner, or whoever wraps it up, still holds for it becomes free; the desk takes back an offer that is out. */
function end(ticket: Ticket, intoTicketId: string, byAgentId: string, { agentOf, now }: Junction): Decision {
  const { ticketId, stage } = ticket;
  const nobodys: Ended = { at: 'closed', how: 'agent', agentId: null, assignedAt: null, units: 0, interruptible: false, solvedAt: now };
  const { agentId, assignedAt, units, interruptible } = stage.at === 'owned' ? stage : nobodys;
  const closed: Ended = stage.at === 'solved' ? { ...stage, at: 'closed' } : { ...nobodys, agentId, assignedAt, units, interruptible };
  const merged: Ticket = { ...ticket, stage: closed, epoch: ticket.epoch + 1, mergedInto: intoTicketId };
  const owner = closed.agentId === null ? undefined : agentOf(closed.agentId);
  const given = owner?.holds.has(ticketId) ? giveUnits(owner, ticketId, 'merged', now) : undefined;
  const said = { ticket: snapshotOf(merged), load: given?.load, intoTicketId, byAgentId };
  return { ticket: merged, agent: given?.agent, events: [TicketMerged(ticketId, said)] };
}
