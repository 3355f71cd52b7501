/** What one requester may do: `burst` at once, `perMinute` in the long run. */
export interface RateLimit {
  readonly burst: number;
  readonly perMinute: number;
}

/** Requesters remembered at most; the longest silent ones are forgotten first, and then have a full bucket again. */
const REQUESTERS_MAX = 20_000;

/** Token buckets by requester. */
export class RateLimiter {
  readonly #buckets = new Map<string, { tokens: number; filledAtMs: number }>();
  constructor(private readonly limit: RateLimit) {}

  /** Takes one token: 0 when it was there, else the milliseconds until there is one. */
  take(requester: string, nowMs: number): number {
    const { burst, perMinute } = this.limit;
    const before = this.#buckets.get(requester) ?? { tokens: burst, filledAtMs: nowMs };
    const tokens = Math.min(burst, before.tokens + (Math.max(0, nowMs - before.filledAtMs) * perMinute) / 60_000);
    // Rounding must not refuse at the very instant that was announced.
    const allowed = tokens >= 1 - 1e-9;
    this.#buckets.delete(requester);
    this.#buckets.set(requester, { tokens: allowed ? Math.max(0, tokens - 1) : tokens, filledAtMs: Math.max(nowMs, before.filledAtMs) });
    if (this.#buckets.size > REQUESTERS_MAX) this.#buckets.delete(this.#buckets.keys().next().value!);
    return allowed ? 0 : Math.ceil(((1 - tokens) * 60_000) / perMinute);
  }
}
