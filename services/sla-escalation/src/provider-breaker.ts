import CircuitBreaker from 'opossum';
import type { SendResult } from './domain/notification.js';

/** Carries an outcome that speaks against the receiver, not against the notification, past the breaker. */
class ReceiverTrouble extends Error {
  constructor(readonly result: SendResult & { kind: 'failed' }) {
    super(result.reason);
  }
}

/**
 * A receiver that is down is asked again after 15 s, not once per notification. What it says about one (a wrong address) does not open the
 * breaker. While it is open an attempt counts as failed: whoever must be told shall hear of it by another way in time.
 */
export class ProviderBreaker<Request> {
  readonly #breaker: CircuitBreaker<[Request], SendResult>;

  constructor(name: string, send: (request: Request) => Promise<SendResult>, timeoutMs: number) {
    const guarded = async (request: Request): Promise<SendResult> => {
      const result = await send(request);
      if (result.kind === 'failed' && result.retryable) throw new ReceiverTrouble(result);
      return result;
    };
    this.#breaker = new CircuitBreaker(guarded, {
      name,
      timeout: timeoutMs,
      volumeThreshold: 10,
      errorThresholdPercentage: 50,
      resetTimeout: 15_000,
    });
  }

  /** Never rejects. */
  async send(request: Request): Promise<SendResult> {
    try {
      return await this.#breaker.fire(request);
    } catch (error) {
      if (error instanceof ReceiverTrouble) return error.result;
      const open = (error as { code?: string }).code === 'EOPENBREAKER';
      return {
        kind: 'failed',
        reason: `${this.#breaker.name} ${open ? 'does not answer at the moment' : reasonOf(error)}`,
        retryable: true,
      };
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
