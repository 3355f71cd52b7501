import { RateLimiter } from './rate-limit.js';

describe('RateLimiter', () => {
  it('lets a burst through, then says how long to wait, then lets through again', () => {
    const limiter = new RateLimiter({ burst: 2, perMinute: 60 });
    expect([limiter.take('a', 0), limiter.take('a', 0), limiter.take('a', 0)]).toEqual([0, 0, 1000]);
    expect(limiter.take('a', 500)).toBe(500);
    expect(limiter.take('a', 1000)).toBe(0);
  });
  it('counts each address for itself', () => {
    const limiter = new RateLimiter({ burst: 1, perMinute: 60 });
    expect([limiter.take('a', 0), limiter.take('b', 0)]).toEqual([0, 0]);
  });
});
