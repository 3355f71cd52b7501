import * as fc from 'fast-check';
import { takeToken, type TokenBucket } from './rate-limit.js';

const limit = { burst: 3, perMinute: 6 };
const at = (seconds: number) => new Date(Date.UTC(2025, 2, 3) + seconds * 1_000);

it('lets a burst through, then says when to come again', () => {
  let bucket: TokenBucket | undefined;
  for (let count = 0; count < 3; count++) {
    const taken = takeToken(bucket, limit, at(0));
    expect(taken.allowed).toBe(true);
    bucket = taken.bucket;
  }
  const refused = takeToken(bucket, limit, at(0));
  expect(refused).toMatchObject({ allowed: false, retryAfterMs: 10_000 });
  expect(takeToken(refused.bucket, limit, at(9)).allowed).toBe(false);
  expect(takeToken(refused.bucket, limit, at(10)).allowed).toBe(true);
});

it('is not impressed by a clock that goes backwards', () => {
  const { bucket } = takeToken(undefined, { burst: 1, perMinute: 1 }, at(100));
  expect(takeToken(bucket, { burst: 1, perMinute: 1 }, at(0))).toMatchObject({ allowed: false, bucket: { filledAt: at(100) } });
});

it('never lets more through than burst + rate × time, and what it announces is true', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30_000), { maxLength: 60 }), (gapsMs) => {
      let bucket: TokenBucket | undefined;
      let nowMs = 0;
      let allowed = 0;
      for (const gap of gapsMs) {
        nowMs += gap;
        const taken = takeToken(bucket, limit, new Date(nowMs));
        bucket = taken.bucket;
        if (taken.allowed) allowed++;
        else expect(takeToken(bucket, limit, new Date(nowMs + taken.retryAfterMs)).allowed).toBe(true);
      }
      expect(allowed).toBeLessThanOrEqual(limit.burst + ((nowMs - (gapsMs[0] ?? 0)) / 60_000) * limit.perMinute + 1e-6);
    }),
  );
});

it('refuses a limit that would let nobody in', () => {
  expect(() => takeToken(undefined, { burst: 0, perMinute: 6 }, at(0))).toThrow('rate limit burst 0, per minute 6');
});
