import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENVIRONMENT, type SlaEnvironment } from './config.js';
import type { SendResult } from './domain/notification.js';
import { MailClient } from './mail.client.js';
import { Notifications, type Due, type DueNotification } from './notifications.js';
import { WebhookClient } from './webhook.client.js';

const PERIOD_MS = 250;
/** A slow receiver holds at most so many; the others' notifications need room too. */
const SENDING_MAX = 100;
/** Each waits for the database up to 10 s; together less than the lease. */
const SETTLE_ATTEMPTS_MAX = 4;
const DRAIN_MS_MAX = 8_000;
const FORGET_PERIOD_MS = 60_000;
/** As long as the topics are kept. */
const KEPT_MS = 30 * 86_400_000;

/**
 * Tells whoever is to be told: claim → send → outcome. Every instance does, none sends another's. What a process sent and could not record
 * before it died is sent again with the same id, never lost.
 */
@Injectable()
export class NotificationTimer implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Notifications');
  readonly #mail: MailClient | undefined;
  readonly #webhook: WebhookClient | undefined;
  readonly #sending = new Set<Promise<void>>();
  #timers: NodeJS.Timeout[] = [];
  #claiming: Promise<void> | undefined;

  constructor(
    @Inject(Notifications) private readonly notifications: Notifications,
    @Inject(ENVIRONMENT) { SMTP_RELAY_URL, SLA_WEBHOOK_SECRET, PUBLIC_URL }: SlaEnvironment,
  ) {
    this.#mail = SMTP_RELAY_URL === undefined ? undefined : new MailClient(SMTP_RELAY_URL);
    this.#webhook = SLA_WEBHOOK_SECRET === undefined ? undefined : new WebhookClient(SLA_WEBHOOK_SECRET, PUBLIC_URL);
  }

  onApplicationBootstrap(): void {
    const claim = setInterval(() => {
      if (this.#claiming || this.#sending.size >= SENDING_MAX) return;
      this.#claiming = this.#claim().finally(() => (this.#claiming = undefined));
    }, PERIOD_MS);
    const forget = setInterval(() => {
      this.notifications
        .forget(KEPT_MS)
        .catch((error: Error) => this.#logger.warn(`old notifications are not forgotten yet: ${error.message}`));
    }, FORGET_PERIOD_MS);
    this.#timers = [claim, forget];
  }

  async onModuleDestroy(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#claiming;
    // What does not end in time is sent again by whoever runs when its lease has passed.
    await Promise.race([Promise.all(this.#sending), sleep(DRAIN_MS_MAX, undefined, { ref: false })]);
    this.#mail?.close();
    this.#webhook?.close();
  }

  async #claim(): Promise<void> {
    try {
      if (!(await this.notifications.anythingDue())) return;
      const { due, ...around } = await this.notifications.claim(SENDING_MAX - this.#sending.size);
      for (const one of due) {
        const sending = this.#notify(one, around).finally(() => this.#sending.delete(sending));
        this.#sending.add(sending);
      }
    } catch (error) {
      this.#logger.warn(`cannot look for whom to notify: ${(error as Error).message}`);
    }
  }

  async #notify(one: DueNotification, around: Omit<Due, 'due'>): Promise<void> {
    const { notificationId, attempts } = one;
    const result = await this.#send(one, around).catch((error: Error): SendResult => {
      this.#logger.error(`notification ${notificationId} cannot be sent: ${error.stack ?? error.message}`);
      return { kind: 'failed', reason: error.message, retryable: true };
    });
    for (let attempt = 1; attempt <= SETTLE_ATTEMPTS_MAX; attempt += 1) {
      try {
        await this.notifications.settle({ notificationId, attempts, result });
        return;
      } catch (error) {
        this.#logger.warn(
          `the outcome of notification ${notificationId} is not stored yet (attempt ${attempt}): ${(error as Error).message}`,
        );
      }
    }
  }

  async #send(one: DueNotification, { sender, now }: Omit<Due, 'due'>): Promise<SendResult> {
    const impossible = (reason: string): SendResult => ({ kind: 'failed', reason, retryable: false });
    if (one.via === 'mail') {
      if (!this.#mail) return impossible('no mail goes out: sla-escalation has no SMTP_RELAY_URL');
      return sender ? this.#mail.send(one, sender) : impossible('no company is configured whose support address could send it');
    }
    if (!this.#webhook) return impossible('nothing is posted to webhooks: sla-escalation has no SLA_WEBHOOK_SECRET to sign with');
    return one.url === undefined ? impossible(`the company has no webhook '${one.to}'`) : this.#webhook.send(one, one.url, now);
  }
}
