import CircuitBreaker from 'opossum';
import type { SendOutcome } from './domain/outgoing/social-sends.js';

/** `sent`: with the provider's ids of all pieces. `not-now`: nothing was tried, so no attempt is counted. */
export type SendResult =
  | { readonly kind: 'sent'; readonly providerMessageIds: readonly string[] }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly retryable: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly providerMessageIds: readonly string[];
    }
  | { readonly kind: 'not-now'; readonly reason: string; readonly retryAfterMs: number; readonly providerMessageIds: readonly string[] };

const RESET_MS = 15_000;

/** Carries an outcome that speaks against the provider, not against the message, past the breaker. */
class ProviderTrouble extends Error {
  constructor(readonly outcome: SendOutcome & { kind: 'failed' }) {
    super(outcome.reason);
  }
}

/**
 * A provider that is down is asked again after 15 s, not once per message: waiting costs no attempts. What the provider
 * says about one message (a wrong number) does not open the breaker.
 */
export class ProviderBreaker<Request> {
  readonly #breaker: CircuitBreaker<[Request], SendOutcome>;

  constructor(name: string, send: (request: Request) => Promise<SendOutcome>, timeoutMs: number) {
    const guarded = async (request: Request): Promise<SendOutcome> => {
      const outcome = await send(request);
      if (outcome.kind === 'failed' && outcome.retryable) throw new ProviderTrouble(outcome);
      return outcome;
    };
    this.#breaker = new CircuitBreaker(guarded, {
      name,
      timeout: timeoutMs,
      volumeThreshold: 10,
      errorThresholdPercentage: 50,
      resetTimeout: RESET_MS,
    });
  }

  /** Never rejects. */
  async send(request: Request): Promise<SendOutcome | { kind: 'not-now'; reason: string; retryAfterMs: number }> {
    try {
      return await this.#breaker.fire(request);
    } catch (error) {
      if (error instanceof ProviderTrouble) return error.outcome;
      if ((error as { code?: string }).code === 'EOPENBREAKER')
        return { kind: 'not-now', reason: `${this.#breaker.name} does not answer at the moment`, retryAfterMs: RESET_MS };
      return { kind: 'failed', reason: `${this.#breaker.name}: ${reasonOf(error)}`.slice(0, 500), retryable: true };
    }
  }

  close(): void {
    this.#breaker.shutdown();
  }
}

/** `fetch failed` alone says nothing; its cause does. */
const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};
