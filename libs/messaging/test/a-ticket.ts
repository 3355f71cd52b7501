import { TicketReceived } from '@signalbox/contracts';

let made = 0;
/** A ticket received, of which only what matters is given. */
export function aTicketReceived(fields: { ticketId?: string; number?: number; subject?: string } = {}): TicketReceived {
  made += 1;
  return TicketReceived(fields.ticketId ?? `ticket-${made}`, {
    number: fields.number ?? made,
    messageId: `message-${made}`,
    channel: 'web',
    door: 'http',
    channelAccount: 'web',
    customer: { customerId: 'customer-1', address: 'ida@example.com' },
    subject: fields.subject ?? 'a question',
    text: 'Where is my parcel?',
    attachments: [],
    receivedAt: '2026-11-24T09:00:00Z',
  });
}
