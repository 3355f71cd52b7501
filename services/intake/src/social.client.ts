import type { SendOutcome, SendRequest, SocialReply } from './domain/outgoing/social-sends.js';
import type { DueMessage } from './outgoing.store.js';
import { ProviderBreaker, type SendResult } from './provider-breaker.js';

const TIMEOUT_MS = 10_000;
/** Well below the lease: a long text in many pieces goes on where it was, instead of being sent twice. */
const SENDING_MS_MAX = 60_000;
const ANSWER_BYTES_MAX = 100_000;

export interface SocialProvider {
  readonly name: string;
  readonly baseUrl: string;
  readonly requestsFor: (reply: SocialReply) => SendRequest[];
  readonly readAnswer: (status: number, body: unknown) => SendOutcome;
}

/** Meta or Telegram: each piece of a text is one request, in order. */
export class SocialClient {
  readonly #breaker: ProviderBreaker<SendRequest>;

  constructor(private readonly provider: SocialProvider) {
    this.#breaker = new ProviderBreaker(provider.name, (request) => this.#post(request), TIMEOUT_MS + 2_000);
  }

  async send(message: DueMessage): Promise<SendResult> {
    const { channelAccount, replyAddress, text } = message;
    const requests = this.provider.requestsFor({ channelAccount, to: replyAddress, text });
    const providerMessageIds = [...message.providerMessageIds];
    const startedAt = Date.now();
    for (const request of requests.slice(message.piecesSent)) {
      if (Date.now() - startedAt > SENDING_MS_MAX)
        return { kind: 'not-now', reason: 'a long text goes on', retryAfterMs: 0, providerMessageIds };
      const outcome = await this.#breaker.send(request);
      if (outcome.kind !== 'sent') return { ...outcome, providerMessageIds };
      providerMessageIds.push(outcome.providerMessageId);
    }
    return { kind: 'sent', providerMessageIds };
  }

  async #post({ method, path, headers, body }: SendRequest): Promise<SendOutcome> {
    const response = await fetch(`${this.provider.baseUrl.replace(/\/$/, '')}${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = (await response.text()).slice(0, ANSWER_BYTES_MAX);
    return this.provider.readAnswer(response.status, jsonOrNothing(text));
  }

  close(): void {
    this.#breaker.close();
  }
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
