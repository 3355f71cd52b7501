import nodemailer, { type SendMailOptions } from 'nodemailer';
import { noticeMail, type Sender } from './domain/notice-text.js';
import type { Notification, SendResult } from './domain/notification.js';
import { ProviderBreaker } from './provider-breaker.js';

/** Below the lease of a claimed notification. */
const TIMEOUT_MS = 60_000;

/** Notifications by the relay. The Message-ID is the same at every attempt, so that a mail sent twice is shown once. */
export class MailClient {
  readonly #transport;
  readonly #breaker: ProviderBreaker<SendMailOptions>;

  constructor(relayUrl: string) {
    this.#transport = nodemailer.createTransport({
      url: relayUrl,
      pool: true,
      maxConnections: 2,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 30_000,
      // Only what we composed ourselves: no files, no URLs fetched for a body.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    this.#breaker = new ProviderBreaker('the mail relay', (mail) => this.#submit(mail), TIMEOUT_MS);
  }

  async send(notification: Notification, sender: Sender): Promise<SendResult> {
    const { address } = notification;
    if (address === undefined) return { kind: 'failed', reason: `${notification.to} has no address`, retryable: false };
    if (plain(address) === plain(sender.address))
      return { kind: 'failed', reason: 'it is the company’s own support address: the mail would become a ticket', retryable: false };
    return this.#breaker.send(noticeMail({ ...notification, address }, sender));
  }

  async #submit(mail: SendMailOptions): Promise<SendResult> {
    try {
      await this.#transport.sendMail(mail);
      return { kind: 'sent' };
    } catch (error) {
      const { responseCode, code, message } = error as { responseCode?: number; code?: string; message: string };
      // 5xx is final where it is about this mail; about our login or the session it is the operator's to mend.
      const permanent = responseCode !== undefined && responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
      return { kind: 'failed', reason: withoutAddress(message, mail.to), retryable: !permanent };
    }
  }

  close(): void {
    this.#breaker.close();
    this.#transport.close();
  }
}

/** Without `+detail`, which leads to the same mailbox. */
const plain = (address: string): string => address.toLowerCase().replace(/\+[^@]*@/, '@');

/** Relays repeat the address they refuse; events tell none. */
function withoutAddress(message: string, to: SendMailOptions['to']): string {
  const { address } = to as { address: string };
  return message.replaceAll(new RegExp(address.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), 'gi'), 'the address');
}
