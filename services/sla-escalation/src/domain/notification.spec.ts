import { createHmac } from 'node:crypto';
import { noticeJson, noticeMail, signatureOf } from './notice-text.js';
import { nextAttemptAt, notificationIdOf, numberIn, type Notification } from './notification.js';

const now = new Date('2026-11-26T12:00:00Z');
const notification: Notification & { address: string } = {
  notificationId: 'n1',
  ticketId: 'ticket/1',
  level: 2,
  cause: 'due',
  target: 'resolution',
  via: 'mail',
  to: 'mail 1',
  address: 'lead@example.com',
  notice: {
    explanation: 'level 2: at the resolution deadline (1440 min)',
    number: 1042,
    dueAt: '2026-11-26T11:00:00.000Z',
    escalatedAt: '2026-11-26T11:00:00.000Z',
    fallback: [],
  },
};

it('a notification has one id per ticket, escalation and recipient', () => {
  const step = { level: 1, cause: 'due', target: 'resolution' } as const;
  const at = '2026-11-26T11:00:00.000Z';
  const ana = { via: 'console', to: 'ana' } as const;
  const ids = [
    notificationIdOf('t', step, at, ana),
    notificationIdOf('u', step, at, ana),
    notificationIdOf('t', { ...step, level: 2 }, at, ana),
    notificationIdOf('t', { level: 1, cause: 'due' }, at, ana),
    notificationIdOf('t', step, '2026-11-27T11:00:00.000Z', ana),
    notificationIdOf('t', step, at, { ...ana, via: 'webhook' }),
    notificationIdOf('t', step, at, ana, true),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(notificationIdOf('t', { ...step }, at, { ...ana })).toBe(ids[0]);
  expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
});

it('is tried again after 5 s, 30 s, 2, 10 and 30 minutes, then given up; at once where trying cannot help', () => {
  const waits = [1, 2, 3, 4, 5, 6]
    .map((attempts) => nextAttemptAt(attempts, true, now))
    .map((at) => at && (at.getTime() - now.getTime()) / 1000);
  expect(waits).toEqual([5, 30, 120, 600, 1800, null]);
  expect(nextAttemptAt(1, false, now)).toBeNull();
});

it('knows the number that the ticket came in with, if that was kept', () => {
  expect(numberIn({ 'e 1': { type: 'customer-replied', at: 1 }, 'i 1': { type: 'received', at: 1, number: 7 } })).toBe(7);
  expect(numberIn({ 'i 1': { type: 'received', at: 1 } })).toBeUndefined();
});

it('a mail says what happened in the company’s time, names its machine origin, and reaches one person', () => {
  const sender = {
    address: 'support@nordlicht.example',
    name: 'Nordlicht\r\nBcc: x@example.com',
    timeZone: 'Europe/Berlin',
    publicUrl: 'https://desk.example',
  };
  const mail = noticeMail(notification, sender);
  expect(mail).toMatchObject({
    from: { address: 'support@nordlicht.example', name: 'Nordlicht Bcc: x@example.com' },
    to: { address: 'lead@example.com' },
    subject: 'Escalation to level 2: ticket 1042',
    messageId: '<n1@nordlicht.example>',
    headers: { 'signalbox-notification-id': 'n1', 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  });
  expect(String(mail.text).split('\n')).toEqual([
    'Ticket 1042 was escalated to level 2 at 2026-11-26 12:00 (Europe/Berlin).',
    'Why: level 2: at the resolution deadline (1440 min)',
    'Deadline (resolution): 2026-11-26 12:00 (Europe/Berlin)',
    'Open it: https://desk.example/tickets/ticket%2F1',
    '',
    'The SLA policy names this address. Please do not answer: the answer would become a ticket.',
  ]);
  const { number: _, dueAt: __, ...bare } = notification.notice;
  const plain = noticeMail({ ...notification, notice: bare }, { ...sender, publicUrl: undefined });
  expect(plain.subject).toBe('Escalation to level 2: ticket ticket/1');
  expect(String(plain.text)).not.toMatch(/Deadline|Open it/);
});

it('a webhook gets the same bytes each time, signed with the time', () => {
  const body = noticeJson({ ...notification, via: 'webhook', to: 'pager' }, 'https://desk.example');
  expect(JSON.parse(body)).toEqual({
    notificationId: 'n1',
    ticketId: 'ticket/1',
    number: 1042,
    level: 2,
    cause: 'due',
    target: 'resolution',
    explanation: 'level 2: at the resolution deadline (1440 min)',
    dueAt: '2026-11-26T11:00:00.000Z',
    escalatedAt: '2026-11-26T11:00:00.000Z',
    consoleUrl: 'https://desk.example/tickets/ticket%2F1',
  });
  const t = now.getTime() / 1000;
  expect(signatureOf(body, 'a secret', now)).toBe(`t=${t},v1=${createHmac('sha256', 'a secret').update(`${t}.${body}`).digest('hex')}`);
});
