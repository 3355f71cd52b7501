import nodemailer, { type SendMailOptions } from 'nodemailer';
import { isOwn, usableAddress } from './domain/mail/mail-address.js';
import { brakeSending, neverAnswered } from './domain/outgoing/loop-brake.js';
import { composeReplyMail } from './domain/outgoing/reply-mail.js';
import type { SendOutcome } from './domain/outgoing/social-sends.js';
import type { DueMessage } from './outgoing.store.js';
import { ProviderBreaker, type SendResult } from './provider-breaker.js';

const BRAKE_WAIT_MS = 10 * 60_000;

export interface MailClientOptions {
  readonly relayUrl: string;
  readonly supportAddress: string;
  /** Newest first. */
  readonly secrets: readonly string[];
  /** The last line of a person's reply. */
  readonly ratingLine?: (ticketId: string) => string;
}

/** Replies and answers by the relay. The Message-ID is the same at every attempt, so that a mail sent twice is shown once. */
export class MailClient {
  readonly #transport;
  readonly #breaker: ProviderBreaker<SendMailOptions>;

  constructor(private readonly options: MailClientOptions) {
    this.#transport = nodemailer.createTransport({
      url: options.relayUrl,
      pool: true,
      maxConnections: 5,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 30_000,
      // Only what we composed ourselves: no files, no URLs fetched for a body.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    this.#breaker = new ProviderBreaker('the mail relay', (mail) => this.#submit(mail), 60_000);
  }

  async send(message: DueMessage, now: Date): Promise<SendResult> {
    const { supportAddress, secrets, ratingLine } = this.options;
    const { ticketId, messageId, number, subject, text, replyAddress, customerName } = message;
    const own = [supportAddress, message.channelAccount];
    const never =
      message.kind === 'answer' ? neverAnswered(replyAddress, own) : isOwn(replyAddress, own) && `'${replyAddress}' is our own address`;
    if (never) return { kind: 'failed', reason: never, retryable: false, providerMessageIds: [] };
    const braked = brakeSending(message.sentAts, now);
    if (braked) return { kind: 'not-now', reason: braked, retryAfterMs: BRAKE_WAIT_MS, providerMessageIds: [] };
    const mail = composeReplyMail(
      {
        ticket: { ticketId, number, subject },
        message: { messageId, text },
        to: { address: replyAddress, ...(customerName && { name: customerName }) },
        mailbox: { address: usableAddress(message.channelAccount) ?? supportAddress },
        references: message.references,
        automatic: message.kind === 'answer',
        lastLine: message.kind === 'reply' ? ratingLine?.(ticketId) : undefined,
      },
      secrets,
    );
    const outcome = await this.#breaker.send(mail);
    return outcome.kind === 'sent'
      ? { kind: 'sent', providerMessageIds: [outcome.providerMessageId] }
      : { ...outcome, providerMessageIds: [] };
  }

  async #submit(mail: SendMailOptions): Promise<SendOutcome> {
    try {
      await this.#transport.sendMail(mail);
      return { kind: 'sent', providerMessageId: String(mail.messageId) };
    } catch (error) {
      const { responseCode, code, message } = error as { responseCode?: number; code?: string; message: string };
      // 5xx is final where it is about this mail; about our login or the session it is the operator's to mend.
      const permanent = responseCode !== undefined && responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
      return { kind: 'failed', reason: message.slice(0, 500), retryable: !permanent };
    }
  }

  close(): void {
    this.#breaker.close();
    this.#transport.close();
  }
}
