/** What one requester may do: `burst` at once, `perMinute` in the long run. */
export interface RateLimit {
  burst: number;
  perMinute: number;
}

/** A requester's bucket. A requester unknown so far has a full one, so empty stores need no rows. */
export interface TokenBucket {
  tokens: number;
  filledAt: Date;
}

export type Taken = { allowed: true; bucket: TokenBucket } | { allowed: false; bucket: TokenBucket; retryAfterMs: number };

/** Takes one token at `now`, which may lie before `filledAt` (another machine's clock): then nothing is added, and nothing taken away. */
export function takeToken(bucket: TokenBucket | undefined, limit: RateLimit, now: Date): Taken {
  if (limit.burst < 1 || limit.perMinute <= 0)
    throw new Error(`rate limit burst ${limit.burst}, per minute ${limit.perMinute}: allowed are ≥ 1 and > 0`);
  const perMs = limit.perMinute / 60_000;
  const filledAtMs = Math.max(bucket?.filledAt.getTime() ?? -Infinity, now.getTime());
  const elapsedMs = bucket ? filledAtMs - bucket.filledAt.getTime() : 0;
  const tokens = Math.min(limit.burst, (bucket?.tokens ?? limit.burst) + elapsedMs * perMs);
  const filledAt = new Date(filledAtMs);
  // Rounding must not refuse at the very instant that was announced.
  return tokens >= 1 - 1e-9
    ? { allowed: true, bucket: { tokens: Math.max(0, tokens - 1), filledAt } }
    : { allowed: false, bucket: { tokens, filledAt }, retryAfterMs: Math.ceil((1 - tokens) / perMs) };
}
