import fc from 'fast-check';
import { ASSUMED_AFTER_MS, RETURNED_WITHIN_MS, settle, type Deflection } from './deflection.js';

const nine = new Date('2026-11-24T09:00:00Z');
const after = (ms: number): Date => new Date(nine.getTime() + ms);
const answered = (more: Partial<Deflection> = {}): Deflection => ({
  ticketId: 't1',
  status: 'waiting',
  answer: { articleId: 'a', revision: 2, at: nine },
  lastMessageAt: null,
  assignedAt: null,
  helped: null,
  settledAt: null,
  ...more,
});
const saidBy = (deflection: Deflection, now: Date) => {
  const { deflection: next, events } = settle(deflection, now);
  return [next.status, ...events.map((event) => ('how' in event.data ? `${event.type} ${event.data.how}` : event.type))];
};

describe('settle', () => {
  it.each<[string, Partial<Deflection>, Date, string[]]>([
    ['waits while nothing is heard', {}, after(ASSUMED_AFTER_MS - 1), ['waiting']],
    ['assumes after 24 h of silence', {}, after(ASSUMED_AFTER_MS), ['assumed', 'DeflectionConfirmed assumed']],
    ["takes the customer's yes", { helped: true }, after(1), ['confirmed', 'DeflectionConfirmed confirmed']],
    ["takes the customer's no", { helped: false }, after(1), ['failed', 'DeflectionFailed']],
    ['fails when the customer writes again', { lastMessageAt: after(1) }, after(2), ['failed', 'DeflectionFailed']],
    ['fails when a person gets the ticket', { assignedAt: after(1) }, after(2), ['failed', 'DeflectionFailed']],
    ['does not mind what was written before the answer', { lastMessageAt: after(-1) }, after(2), ['waiting']],
    ['prefers a message to silence', { lastMessageAt: after(1) }, after(ASSUMED_AFTER_MS), ['failed', 'DeflectionFailed']],
    [
      'lets a yes follow the assumption',
      { status: 'assumed', settledAt: nine, helped: true },
      after(1),
      ['confirmed', 'DeflectionConfirmed confirmed'],
    ],
    [
      'counts a return within 7 days',
      { status: 'assumed', settledAt: nine, lastMessageAt: after(RETURNED_WITHIN_MS) },
      after(RETURNED_WITHIN_MS),
      ['returned', 'DeflectionFailed'],
    ],
    [
      'counts no return later',
      { status: 'confirmed', settledAt: nine, lastMessageAt: after(RETURNED_WITHIN_MS + 1) },
      after(RETURNED_WITHIN_MS + 1),
      ['confirmed'],
    ],
    ['stays failed', { status: 'failed', settledAt: nine, helped: true }, after(1), ['failed']],
    ['says nothing of a ticket without an answer', { status: 'unanswered', answer: null, helped: false }, after(1), ['unanswered']],
  ])('%s', (_, more, now, said) => {
    expect(saidBy(answered(more), now)).toEqual(said);
  });

  it('says nothing more when called again, and ends at most once in failure', () => {
    const fact = fc.constantFrom<Partial<Deflection>>(
      { helped: true },
      { helped: false },
      { lastMessageAt: after(60_000) },
      { assignedAt: after(60_000) },
      {},
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fact, fc.integer({ min: 0, max: 3 * RETURNED_WITHIN_MS }))), (steps) => {
        let deflection = answered();
        let failures = 0;
        let now = 0;
        for (const [learnt, ms] of steps) {
          now += ms;
          const settled = settle({ ...deflection, ...learnt }, after(now));
          expect(settle(settled.deflection, after(now)).events).toEqual([]);
          failures += settled.events.filter((event) => event.type === 'DeflectionFailed').length;
          deflection = settled.deflection;
        }
        expect(failures).toBe(['failed', 'returned'].includes(deflection.status) ? 1 : 0);
      }),
    );
  });
});
