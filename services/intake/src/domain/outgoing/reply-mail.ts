import type { SendMailOptions } from 'nodemailer';
import { cleanLine, cleanText } from '../text.js';
import type { MailAddress } from '../mail/mail-address.js';
import { OWN_MAIL_HEADER } from '../mail/mail-verdict.js';
import { messageIdOf, plusAddressOf, signReplyToken, subjectToken, ticketNumberIn, type ReplySecrets } from '../mail/reply-token.js';

export interface ReplyMail {
  ticket: { ticketId: string; number: number; subject: string };
  message: { messageId: string; text: string };
  to: MailAddress;
  /** The mailbox the ticket came in by; its domain is that of the Message-ID. */
  mailbox: MailAddress;
  /** Message-IDs of the conversation, the oldest first; the last one is answered. */
  references: readonly string[];
  /** True for what no person wrote: answers of the knowledge base, confirmations. */
  automatic: boolean;
  /** A last line below the text, such as the link by which the customer rates. */
  lastLine?: string | undefined;
}

const SUBJECT_LENGTH_MAX = 250;
const TEXT_LENGTH_MAX = 100_000;
/** RFC 5322 has no limit, servers have: the first mail of the thread and the last ones keep every program's threading. */
const REFERENCES_MAX = 20;

/**
 * The mail for one message, as nodemailer takes it. It can be recognised when it is answered (signed Message-ID, plus address,
 * subject token) and when it comes back (own header); automatic mail says so, that other machines stay silent (RFC 3834).
 */
export function composeReplyMail(
  { ticket, message, to, mailbox, references, automatic, lastLine }: ReplyMail,
  secrets: ReplySecrets,
): SendMailOptions {
  const token = signReplyToken({ ticketId: ticket.ticketId, messageId: message.messageId }, secrets);
  const replyTo = plusAddressOf(mailbox.address, signReplyToken({ ticketId: ticket.ticketId }, secrets)) ?? mailbox.address;
  const text = cleanText(message.text, TEXT_LENGTH_MAX);
  const answered = references.at(-1);
  return {
    from: addressOf(mailbox),
    to: addressOf(to),
    replyTo: addressOf({ ...mailbox, address: replyTo }),
    subject: subjectOf(ticket, secrets),
    text: lastLine === undefined ? text : `${text.trimEnd()}\n\n${lastLine}`,
    messageId: messageIdOf(token, mailbox.address.slice(mailbox.address.lastIndexOf('@') + 1)),
    ...(answered && { inReplyTo: answered, references: shortened(references) }),
    headers: {
      [OWN_MAIL_HEADER]: token,
      ...(automatic && { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }),
    },
  };
}

/** As an object, so that no name can smuggle a second recipient into the header. */
const addressOf = ({ address, name }: MailAddress): { address: string; name: string } => ({ address, name: cleanLine(name ?? '', 200) });

function subjectOf(ticket: ReplyMail['ticket'], secrets: ReplySecrets): string {
  const subject = cleanLine(ticket.subject, SUBJECT_LENGTH_MAX) || 'Your request';
  const reply = /^(?:re|aw|sv|antw|odp|rif|vs)(?:\[\d+\])?\s*:/i.test(subject) ? subject : `Re: ${subject}`;
  return ticketNumberIn(reply, secrets) === ticket.number ? reply : `${reply} ${subjectToken(ticket.number, secrets)}`;
}

const shortened = (references: readonly string[]): string[] =>
  references.length <= REFERENCES_MAX ? [...references] : [references[0]!, ...references.slice(1 - REFERENCES_MAX)];
