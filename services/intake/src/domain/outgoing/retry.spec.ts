import { afterFailure, ATTEMPTS_MAX } from './retry.js';

const nine = new Date('2026-11-24T09:00:00Z');
const waitMs = (attempts: number, failure: { retryable: boolean; retryAfterMs?: number }) => {
  const next = afterFailure(attempts, failure, nine);
  return next.final ? undefined : next.nextAttemptAt.getTime() - nine.getTime();
};

describe('afterFailure', () => {
  it('waits longer after each attempt and gives up after the eighth', () => {
    const waits = Array.from({ length: ATTEMPTS_MAX }, (_, index) => waitMs(index + 1, { retryable: true }));
    expect(waits).toEqual([5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, undefined]);
  });

  it('does not try again what can never work', () => {
    expect(waitMs(1, { retryable: false, retryAfterMs: 1_000 })).toBeUndefined();
  });

  it('is as patient as the provider asks, within six hours', () => {
    expect(waitMs(1, { retryable: true, retryAfterMs: 60_000 })).toBe(60_000);
    expect(waitMs(3, { retryable: true, retryAfterMs: 1_000 })).toBe(120_000);
    expect(waitMs(1, { retryable: true, retryAfterMs: 1e12 })).toBe(6 * 3_600_000);
  });
});
