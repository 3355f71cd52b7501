import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { Deliveries } from './deliveries.js';
import { buildMetaSend, buildTelegramSend, readMetaAnswer, readTelegramAnswer } from './domain/outgoing/social-sends.js';
import { signRatingToken } from './domain/rating/rating-token.js';
import { MailClient } from './mail.client.js';
import type { DueMessage } from './outgoing.store.js';
import type { SendResult } from './provider-breaker.js';
import { SocialClient } from './social.client.js';

const PERIOD_MS = 250;
/** A slow provider holds at most so many; the others' messages need room too. */
const SENDING_MAX = 200;
/** Each waits for the database up to 10 s; together less than the lease. */
const SETTLE_ATTEMPTS_MAX = 4;
const DRAIN_MS_MAX = 8_000;

type Send = (message: DueMessage, now: Date) => Promise<SendResult>;

/** Sends what is due by the way its ticket came in: claim → send → outcome. Every instance does, none sends another's. */
@Injectable()
export class DeliveryTimer implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Delivery');
  /** By route: the prefix of the channel account, or 'mail'. A route without configuration has no entry, and its messages wait. */
  readonly #senders = new Map<string, Send>();
  readonly #closers: (() => void)[] = [];
  readonly #sending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #claiming: Promise<void> | undefined;

  constructor(
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(ENVIRONMENT) environment: IntakeEnvironment,
  ) {
    const { SMTP_RELAY_URL, PUBLIC_URL, RATING_QUESTION, REPLY_TOKEN_SECRETS, META_ACCESS_TOKEN, TELEGRAM_BOT_TOKEN } = environment;
    if (SMTP_RELAY_URL !== undefined) {
      const mail = new MailClient({
        relayUrl: SMTP_RELAY_URL,
        supportAddress: environment.SUPPORT_ADDRESS,
        secrets: REPLY_TOKEN_SECRETS,
        ...(PUBLIC_URL && {
          ratingLine: (ticketId) => `${RATING_QUESTION} ${PUBLIC_URL}/intake/v1/ratings/${signRatingToken(ticketId, REPLY_TOKEN_SECRETS)}`,
        }),
      });
      this.#add(['mail'], mail);
    }
    if (META_ACCESS_TOKEN !== undefined) {
      const meta = new SocialClient({
        name: 'Meta',
        baseUrl: `${environment.META_BASE_URL.replace(/\/$/, '')}/${environment.META_API_VERSION}`,
        requestsFor: (reply) => buildMetaSend(reply, META_ACCESS_TOKEN),
        readAnswer: readMetaAnswer,
      });
      this.#add(['whatsapp', 'messenger', 'instagram'], meta);
    }
    if (TELEGRAM_BOT_TOKEN !== undefined) {
      const telegram = new SocialClient({
        name: 'Telegram',
        baseUrl: environment.TELEGRAM_BASE_URL,
        requestsFor: (reply) => buildTelegramSend(reply, TELEGRAM_BOT_TOKEN),
        readAnswer: readTelegramAnswer,
      });
      this.#add(['telegram'], telegram);
    }
  }

  #add(routes: readonly string[], client: { send: Send; close: () => void }): void {
    for (const route of routes) this.#senders.set(route, (message, now) => client.send(message, now));
    this.#closers.push(() => client.close());
  }

  onApplicationBootstrap(): void {
    if (this.#senders.size === 0) return;
    this.#timer = setInterval(() => {
      if (this.#claiming || this.#sending.size >= SENDING_MAX) return;
      this.#claiming = this.#claim().finally(() => (this.#claiming = undefined));
    }, PERIOD_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#claiming;
    // What does not end in time is sent again by whoever runs when its lease has passed.
    await Promise.race([Promise.all(this.#sending), sleep(DRAIN_MS_MAX, undefined, { ref: false })]);
    for (const close of this.#closers) close();
  }

  async #claim(): Promise<void> {
    try {
      if (!(await this.deliveries.anythingDue())) return;
      const { due, now } = await this.deliveries.claim([...this.#senders.keys()], SENDING_MAX - this.#sending.size);
      for (const message of due) {
        const sending = this.#deliver(message, now).finally(() => this.#sending.delete(sending));
        this.#sending.add(sending);
      }
    } catch (error) {
      this.#logger.warn(`cannot look for messages to send: ${(error as Error).message}`);
    }
  }

  async #deliver(message: DueMessage, now: Date): Promise<void> {
    const { messageId, channelAccount } = message;
    const send = this.#senders.get(channelAccount.slice(0, Math.max(0, channelAccount.indexOf(':')))) ?? this.#senders.get('mail');
    const result: SendResult = send
      ? await send(message, now).catch((error: Error) => {
          this.#logger.error(`message ${messageId} cannot be sent: ${error.stack ?? error.message}`);
          return { kind: 'failed', reason: error.message, retryable: true, providerMessageIds: message.providerMessageIds };
        })
      : { kind: 'failed', reason: `nothing can be sent to account '${channelAccount}'`, retryable: false, providerMessageIds: [] };
    for (let attempt = 1; attempt <= SETTLE_ATTEMPTS_MAX; attempt += 1) {
      try {
        await this.deliveries.settle({ messageId, channelAccount, result });
        return;
      } catch (error) {
        this.#logger.warn(`the outcome of message ${messageId} is not stored yet (attempt ${attempt}): ${(error as Error).message}`);
      }
    }
  }
}
