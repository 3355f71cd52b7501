import { ID_HEADER, noticeJson, SIGNATURE_HEADER, signatureOf } from './domain/notice-text.js';
import type { Notification, SendResult } from './domain/notification.js';
import { ProviderBreaker } from './provider-breaker.js';

const TIMEOUT_MS = 5_000;
/** A company has few; the bound is for one that renames its hosts all day. */
const HOSTS_MAX = 200;
/** Refusals that time may heal, beside all of 5xx. */
const HEALS = new Set([408, 425, 429]);

interface Post {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * Posts notifications to the company's webhooks, signed. Addresses of the inner network are allowed: the operator names them, and the
 * answer's text goes nowhere.
 */
export class WebhookClient {
  readonly #breakers = new Map<string, ProviderBreaker<Post>>();

  constructor(
    private readonly secret: string,
    private readonly publicUrl: string | undefined,
  ) {}

  async send(notification: Notification, url: string, now: Date): Promise<SendResult> {
    const body = noticeJson(notification, this.publicUrl);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'signalbox',
      [ID_HEADER]: notification.notificationId,
      [SIGNATURE_HEADER]: signatureOf(body, this.secret, now),
    };
    return this.#breakerOf(new URL(url).host).send({ url, headers, body });
  }

  #breakerOf(host: string): ProviderBreaker<Post> {
    let breaker = this.#breakers.get(host);
    if (!breaker) {
      const [oldest] = this.#breakers;
      if (oldest && this.#breakers.size >= HOSTS_MAX) {
        oldest[1].close();
        this.#breakers.delete(oldest[0]);
      }
      breaker = new ProviderBreaker(`the webhook at ${host}`, post, TIMEOUT_MS + 1_000);
      this.#breakers.set(host, breaker);
    }
    return breaker;
  }

  close(): void {
    for (const breaker of this.#breakers.values()) breaker.close();
  }
}

async function post({ url, headers, body }: Post): Promise<SendResult> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
  // Nobody reads it, however long it is.
  await response.body?.cancel();
  const { status, ok } = response;
  if (ok) return { kind: 'sent' };
  const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return { kind: 'failed', reason: `the webhook answered ${status}${redirect}`, retryable: status >= 500 || HEALS.has(status) };
}
