import type { SendMailOptions } from 'nodemailer';
import { createHmac } from 'node:crypto';
import type { Notification } from './notification.js';

export interface Sender {
  /** The company's support address. */
  readonly address: string;
  readonly name: string;
  readonly timeZone: string;
  /** Where the console is, without a slash at its end. */
  readonly publicUrl?: string | undefined;
}

/** How a receiver recognises what it has been sent already. */
export const ID_HEADER = 'signalbox-notification-id';
export const SIGNATURE_HEADER = 'signalbox-signature';

/** The mail for one notification, as nodemailer takes it: the same at every attempt. It says that no person wrote it (RFC 3834). */
export function noticeMail(notification: Notification & { readonly address: string }, sender: Sender): SendMailOptions {
  const { notificationId, level, target, notice, address } = notification;
  const ticket = notice.number === undefined ? `ticket ${notification.ticketId}` : `ticket ${notice.number}`;
  const shown = (instant: string): string => `${wallClock(instant, sender.timeZone)} (${sender.timeZone})`;
  const lines = [
    `${ticket.replace('t', 'T')} was escalated to level ${level} at ${shown(notice.escalatedAt)}.`,
    `Why: ${notice.explanation}`,
    ...(notice.dueAt === undefined ? [] : [`Deadline${target ? ` (${target})` : ''}: ${shown(notice.dueAt)}`]),
    ...(sender.publicUrl === undefined ? [] : [`Open it: ${ticketUrl(sender.publicUrl, notification.ticketId)}`]),
    '',
    'The SLA policy names this address. Please do not answer: the answer would become a ticket.',
  ];
  return {
    // As objects, so that no name can smuggle a second recipient into the header.
    from: { address: sender.address, name: sender.name.replaceAll(/\s+/g, ' ') },
    to: { address, name: '' },
    subject: `Escalation to level ${level}: ${ticket}`,
    text: lines.join('\n'),
    messageId: `<${notificationId}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`,
    headers: { [ID_HEADER]: notificationId, 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}

/** What is posted: the same bytes at every attempt. */
export function noticeJson(
  { notificationId, ticketId, level, cause, target, notice }: Notification,
  publicUrl: string | undefined,
): string {
  const { number, explanation, dueAt, escalatedAt } = notice;
  const consoleUrl = publicUrl === undefined ? undefined : ticketUrl(publicUrl, ticketId);
  return JSON.stringify({ notificationId, ticketId, number, level, cause, target, explanation, dueAt, escalatedAt, consoleUrl });
}

/** `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>`, as Stripe signs, so that a recording is worth nothing later. */
export function signatureOf(body: string, secret: string, at: Date): string {
  const t = Math.floor(at.getTime() / 1000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}

const ticketUrl = (publicUrl: string, ticketId: string): string => `${publicUrl}/tickets/${encodeURIComponent(ticketId)}`;

const wallClock = (instant: string, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(new Date(instant));
