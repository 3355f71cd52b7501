import { isOwn, type MailAddress } from './mail-address.js';
import type { ReceivedMail } from './mail.js';
import { tokenOfMessageId, verifyReplyToken, type ReplySecrets } from './reply-token.js';

/** human: a person wrote. auto-reply: thread it, never reopen, answer or stop a clock. bounce: belongs to the mail that bounced. own-loop: our own mail came back. */
export type MailVerdict = { kind: 'human' } | { kind: 'auto-reply' | 'bounce' | 'own-loop'; because: string };

export type JudgedMail = Pick<ReceivedMail, 'from' | 'replyTo' | 'messageId' | 'headers'>;

/** What is ours: the mailboxes we receive with, and the secrets of our reply tokens. */
export interface OwnMail {
  addresses: readonly string[];
  secrets: ReplySecrets;
}

/** Our own header: some relays replace the Message-ID, so the token is sent twice. */
export const OWN_MAIL_HEADER = 'X-Signalbox-Mail';

/** By headers alone (RFC 3834, 3464 and common practice), so that it does not depend on the language. */
export function judgeMail(mail: JudgedMail, own: OwnMail): MailVerdict {
  const values = (name: string): string[] => (mail.headers.get(name) ?? []).map((value) => value.toLowerCase());
  const says = (name: string, pattern: RegExp): boolean => values(name).some((value) => pattern.test(value));

  const tokens = [tokenOfMessageId(mail.messageId ?? '<@>'), ...(mail.headers.get(OWN_MAIL_HEADER.toLowerCase()) ?? [])];
  if (tokens.some((token) => verifyReplyToken(token, own.secrets))) return { kind: 'own-loop', because: 'it carries our own signed token' };
  if (isOwn(customerOf(mail, own).address, own.addresses))
    return { kind: 'own-loop', because: `it comes from our own address '${mail.from.address}'` };

  const nullSender = says('return-path', /^<\s*>/);
  const autoSubmitted = values('auto-submitted').find((value) => !/^no\b/.test(value) && value !== '');
  if (says('content-type', /multipart\/report\b.*report-type="?delivery-status/))
    return { kind: 'bounce', because: 'it is a delivery status report' };
  if (values('x-failed-recipients').length > 0) return { kind: 'bounce', because: 'it has X-Failed-Recipients' };
  const mailer = /^(?:mailer[-_]?daemon|postmaster)@/i.exec(mail.from.address);
  if (mailer) return { kind: 'bounce', because: `it comes from ${mail.from.address}` };
  // Good responders use the null sender too (RFC 3834, 3.3), and say who they are.
  if (nullSender && !autoSubmitted && !RESPONDER_HEADERS.some((name) => values(name).length > 0)) {
    return { kind: 'bounce', because: 'its Return-Path is empty' };
  }

  if (autoSubmitted) return { kind: 'auto-reply', because: `Auto-Submitted is '${autoSubmitted.slice(0, 40)}'` };
  for (const name of ['precedence', 'x-precedence']) {
    if (says(name, /^(?:auto[-_]reply|bulk|junk|list)\b/))
      return { kind: 'auto-reply', because: `${name} is '${values(name)[0]?.slice(0, 40)}'` };
  }
  const responder = RESPONDER_HEADERS.find((name) => says(name, /^(?!(?:no|none|false)$)./));
  if (responder) return { kind: 'auto-reply', because: `it has ${responder}` };
  if (says('content-type', /multipart\/report\b/)) return { kind: 'auto-reply', because: 'it is a report of a mail program' };
  return { kind: 'human' };
}

const RESPONDER_HEADERS = ['x-autoreply', 'x-autorespond', 'autorespond', 'x-auto-response-suppress'];

/** Who a mail is from. A web site's form writes as ourselves and puts the customer into Reply-To. */
export function customerOf(mail: Pick<ReceivedMail, 'from' | 'replyTo'>, own: Pick<OwnMail, 'addresses'>): MailAddress {
  return isOwn(mail.from.address, own.addresses) && mail.replyTo ? mail.replyTo : mail.from;
}
