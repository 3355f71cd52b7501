import { isOwn } from '../mail/mail-address.js';

/** Per ticket and recipient: at most `mailsMax` mails within `minutes`. Zammad's numbers; two machines answering each other reach them in seconds. */
const WINDOWS = [
  { mailsMax: 10, minutes: 10 },
  { mailsMax: 15, minutes: 30 },
  { mailsMax: 25, minutes: 60 },
  { mailsMax: 50, minutes: 180 },
  { mailsMax: 100, minutes: 600 },
] as const;

/** How far back earlier sends count, and how many of them suffice. */
export const BRAKE_WINDOW_MS = 600 * 60_000;
export const BRAKE_SENDS_MAX = 100;

/** Why no further mail may go to this recipient now, or undefined. `sentAts`: when mails of this ticket went to them, in any order. */
export function brakeSending(sentAts: readonly Date[], now: Date): string | undefined {
  const full = WINDOWS.find(({ mailsMax, minutes }) => {
    const since = now.getTime() - minutes * 60_000;
    return sentAts.filter((at) => at.getTime() > since).length >= mailsMax;
  });
  return full && `${full.mailsMax} mails went to this address within ${full.minutes} minutes; this looks like a mail loop`;
}

const ROBOTS = /^(?:mailer[-_.]?daemon|postmaster|abuse|root|no[-_.]?reply|do[-_.]?not[-_.]?reply|bounces?)(?:[-+.][^@]*)?@/i;

/** Why nothing automatic may ever be sent to an address, or undefined. */
export function neverAnswered(address: string, ownAddresses: readonly string[]): string | undefined {
  if (isOwn(address, ownAddresses)) return `'${address}' is our own address`;
  return ROBOTS.test(address) ? `'${address}' is read by no person` : undefined;
}
