import { NotificationSent, TicketEscalated, type Draft, type Received } from '@signalbox/contracts';
import { noticesOf } from './notice.js';
import type { Told } from './ticket.js';

const at = '2026-11-20T09:00:00.000Z';
const told = (draft: Draft): Told => ({ ...draft, id: '1', correlationId: 't', version: 1, at: new Date(at) }) as Received<Draft> as Told;
const level = { level: 2, cause: 'due' as const, target: 'resolution' as const };
const because = 'role supervisor';
const escalated = (heldUntil?: string) =>
  told(
    TicketEscalated('t', {
      ...level,
      explanation: 'late',
      notify: ['role:supervisor'],
      recipients: [
        { via: 'console', to: 'sue', because },
        { via: 'mail', to: 'sue', because },
        { via: 'console', to: 'ana', because: 'owner' },
      ],
      ...(heldUntil !== undefined && { heldUntil }),
      escalatedAt: at,
    }),
  );
const sent = (via: 'console' | 'webhook') => told(NotificationSent('t', { notificationId: 'n', ...level, via, to: 'sue', sentAt: at }));

it('tells at once whoever is told by the console, and nobody else', () => {
  expect(noticesOf(escalated())).toEqual(['sue', 'ana'].map((agentId) => ({ agentId, ticketId: 't', ...level, at })));
});
it('tells in quiet hours nobody until it is sent', () => {
  expect(noticesOf(escalated('2026-11-21T07:00:00.000Z'))).toEqual([]);
  expect(noticesOf(sent('console'))).toEqual([{ agentId: 'sue', ticketId: 't', ...level, at }]);
  expect(noticesOf(sent('webhook'))).toEqual([]);
});
