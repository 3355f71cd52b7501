/** Tries in all; then a person must act. */
export const ATTEMPTS_MAX = 8;

/** Back-off after the n-th failure: 5 s, 30 s, 2, 10, 30, 60, 120 minutes, together 3.7 hours. Longer outages do not count as attempts. */
const BACK_OFF_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000] as const;
/** A provider may ask for more patience, but not for days. */
const RETRY_AFTER_MAX_MS = 6 * 3_600_000;

export type AfterFailure = { final: true } | { final: false; nextAttemptAt: Date };

/** What follows the failure of attempt number `attempts` (from 1): another one, or none. */
export function afterFailure(
  attempts: number,
  failure: { retryable: boolean; retryAfterMs?: number | undefined },
  now: Date,
): AfterFailure {
  if (!failure.retryable || attempts >= ATTEMPTS_MAX) return { final: true };
  const backOffMs = BACK_OFF_MS[Math.min(Math.max(attempts, 1), BACK_OFF_MS.length) - 1]!;
  const waitMs = Math.max(backOffMs, Math.min(failure.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS));
  return { final: false, nextAttemptAt: new Date(now.getTime() + waitMs) };
}
