import type { Notification, Told } from './ticket.js';

/** Somebody is told of an escalation on their own page. */
export interface Notice extends Pick<Notification, 'level' | 'cause' | 'target'> {
  readonly agentId: string;
  readonly ticketId: string;
  readonly at: string;
}

/** Whom an event tells here: at once, or, what quiet hours held back, when it is said to be sent. The same notice once, however it comes. */
export function noticesOf({ type, ticketId, data }: Told): Notice[] {
  if (type === 'NotificationSent') {
    const { level, cause, target, via, to, sentAt: at } = data;
    return via === 'console' ? [{ agentId: to, ticketId, level, cause, target, at }] : [];
  }
  if (type !== 'TicketEscalated' || data.heldUntil !== undefined) return [];
  const { level, cause, target, recipients = [], escalatedAt: at } = data;
  return recipients.filter(({ via }) => via === 'console').map(({ to: agentId }) => ({ agentId, ticketId, level, cause, target, at }));
}
