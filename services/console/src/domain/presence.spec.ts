import { lapsed, LEASE_MS, RENEW_BELOW_MS, renewLease } from './presence.js';

const now = new Date('2026-11-24T09:00:00Z');
const lasting = (ms: number) => new Date(now.getTime() + ms);

it('publishes a first presence and every change', () => {
  expect(renewLease(undefined, 'online', now)).toEqual({ presence: 'online', leaseUntil: lasting(LEASE_MS) });
  expect(renewLease({ presence: 'online', leaseUntil: lasting(LEASE_MS) }, 'away', now)).toEqual({
    presence: 'away',
    leaseUntil: lasting(LEASE_MS),
  });
});

it('keeps silent while the known lease lasts, and renews it in time', () => {
  expect(renewLease({ presence: 'online', leaseUntil: lasting(RENEW_BELOW_MS) }, 'online', now)).toBeUndefined();
  expect(renewLease({ presence: 'online', leaseUntil: lasting(RENEW_BELOW_MS - 1) }, 'online', now)).toBeDefined();
});

it('publishes what a person chooses, also when it is what they had', () => {
  expect(renewLease({ presence: 'online', leaseUntil: lasting(LEASE_MS) }, 'online', now, 'chosen')).toBeDefined();
});

it('never renews an absence', () => {
  expect(renewLease({ presence: 'offline', leaseUntil: lasting(-1) }, 'offline', now)).toBeUndefined();
});

it('says nothing by a renewal that waited, when the agent has said something else meanwhile', () => {
  const ending = lasting(RENEW_BELOW_MS - 1);
  expect(renewLease({ presence: 'away', leaseUntil: ending }, 'online', now, 'renewal')).toBeUndefined();
  expect(renewLease(undefined, 'online', now, 'renewal')).toBeUndefined();
  expect(renewLease({ presence: 'online', leaseUntil: ending }, 'online', now, 'renewal')).toBeDefined();
});

it('lets a lease lapse at its instant, except when nobody is there', () => {
  expect(lapsed({ presence: 'online', leaseUntil: lasting(1) }, now)).toBe(false);
  expect(lapsed({ presence: 'online', leaseUntil: lasting(0) }, now)).toBe(true);
  expect(lapsed({ presence: 'offline', leaseUntil: lasting(-1) }, now)).toBe(false);
});
