import type { TicketStatus } from '@signalbox/contracts';
import * as fc from 'fast-check';
import { reasonOf } from './breach-reason.js';
import { aroundTheClock } from './calendar.js';
import { clocksOf } from './clock.js';
import { factKey, ticketOf, type StoredFact, type StoredFacts } from './sla-ticket.js';

const MINUTE_MS = 60_000;
const rules = { targets: { firstResponse: { normal: 60 }, resolution: { normal: 60 } }, resolution: 'total' as const, pauseOn: ['pending', 'on-hold'] as const, pauseMinutesMax: null }; // prettier-ignore
type Part = Partial<Extract<StoredFact, { type: 'assignment' }>>;
const ruled = { ...rules, pauseOn: [...rules.pauseOn] };

/** A ticket received at minute 0; then what assignment said, minute by minute. */
function told(...parts: readonly [number, Part][]): StoredFacts {
  const assignment = parts.map(([minute, part], index): [string, StoredFact] => [
    factKey('signalbox.assignment', index + 1),
    {
      type: 'assignment',
      at: minute * MINUTE_MS,
      status: 'open',
      owned: part.agentId !== undefined,
      priorityOverride: null,
      queueOverride: 'general',
      byAgent: false,
      replied: false,
      ...part,
    },
  ]);
  return Object.fromEntries([[factKey('signalbox.intake', 1), { type: 'received', at: 0 }], ...assignment]);
}
const reason = (facts: StoredFacts, target: 'firstResponse' | 'resolution', unstaffed: [number, number][] = [], changedAt = -Infinity) => {
  const ticket = ticketOf(facts);
  const clock = clocksOf(ticket.facts, ruled, aroundTheClock, 100_000 * MINUTE_MS).find((one) => one.target === target)!;
  const gaps = unstaffed.map(([from, to]) => ({ from: from * MINUTE_MS, to: to * MINUTE_MS }));
  return reasonOf(clock, ticket, aroundTheClock, () => gaps, changedAt);
};
const ana = { agentId: 'ana' };

describe('the reason of a breach', () => {
  it('is waiting in the queue', () => {
    expect(reason(told([0, {}], [50, ana]), 'resolution')).toEqual({
      reason: 'waited-in-queue',
      minutes: { 'waited-in-queue': 50, 'in-work': 10 },
    });
  });

  it('is that nobody of the queue was online, for as long as that was so', () => {
    expect(reason(told([0, {}], [50, ana]), 'resolution', [[10, 45]])).toEqual({
      reason: 'no-staff',
      minutes: { 'no-staff': 35, 'waited-in-queue': 15, 'in-work': 10 },
    });
  });

  it('counts the time before its queue was known to that queue', () => {
    expect(reason(told([5, {}], [50, ana]), 'resolution', [[0, 45]])).toEqual({
      reason: 'no-staff',
      minutes: { 'no-staff': 45, 'waited-in-queue': 5, 'in-work': 10 },
    });
  });

  it('is an owner who owes a reply and gives none; for a solution they are at work until they were reminded', () => {
    const facts = told([5, ana], [20, { ...ana, what: 'owner-silent' }]);
    expect(reason(facts, 'firstResponse')).toEqual({ reason: 'silent-owner', minutes: { 'waited-in-queue': 5, 'silent-owner': 55 } });
    expect(reason(facts, 'resolution').minutes).toEqual({ 'waited-in-queue': 5, 'in-work': 15, 'silent-owner': 40 });
    const awake = told([5, ana], [20, { ...ana, what: 'owner-silent' }], [30, { ...ana, replied: true }]);
    expect(reason(awake, 'resolution')).toEqual({
      reason: 'in-work',
      minutes: { 'waited-in-queue': 5, 'in-work': 45, 'silent-owner': 10 },
    });
  });

  it('is the wait for the customer where that counts', () => {
    const facts = told([5, ana], [10, { ...ana, status: 'pending' }]);
    expect(reason(facts, 'firstResponse')).toMatchObject({ reason: 'customer-pause', minutes: { 'customer-pause': 50 } });
    // Answered automatically and solved: nobody waits in a queue.
    expect(reason(told([10, { status: 'solved' }]), 'firstResponse').minutes).toEqual({ 'waited-in-queue': 10, 'customer-pause': 50 });
  });

  it('is a change that moved the deadline to before itself', () => {
    expect(reason(told([5, ana]), 'resolution', [], 70 * MINUTE_MS).reason).toBe('changed');
    expect(reason(told([5, ana]), 'resolution', [], 60 * MINUTE_MS).reason).toBe('in-work');
  });

  it('accounts for every counted minute, whatever happened', () => {
    const happening = fc.record({
      minute: fc.integer({ min: 0, max: 200 }),
      agentId: fc.option(fc.constantFrom('ana', 'ben'), { nil: undefined }),
      status: fc.constantFrom<TicketStatus>('open', 'open', 'pending', 'on-hold'),
      what: fc.option(fc.constant('owner-silent' as const), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 8 }), fc.tuple(fc.nat(100), fc.nat(100)), (all, [from, length]) => {
        const parts = all
          .toSorted((a, b) => a.minute - b.minute)
          .map(({ minute, agentId, what, status }): [number, Part] => [
            minute,
            { status, ...(agentId === undefined ? {} : { agentId }), ...(what && agentId !== undefined ? { what } : {}) },
          ]);
        const ticket = ticketOf(told(...parts, [300, { status: 'open' }]));
        const clocks = clocksOf(ticket.facts, ruled, aroundTheClock, 100_000 * MINUTE_MS);
        for (const clock of clocks.filter(({ breachedAt }) => breachedAt !== null)) {
          const gaps = [{ from: from * MINUTE_MS, to: (from + length) * MINUTE_MS }];
          const { minutes } = reasonOf(clock, ticket, aroundTheClock, () => gaps, -Infinity);
          const sum = Object.values(minutes).reduce((total, one) => total + one, 0);
          expect(sum).toBeCloseTo(60, 6);
        }
      }),
      { numRuns: 500 },
    );
  });
});
