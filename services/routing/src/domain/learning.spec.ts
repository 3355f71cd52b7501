import fc from 'fast-check';
import { aCell } from '../../test/a-round.js';
import {
  fadedLoad,
  Learned,
  loadAt,
  logMinutes,
  minutesWorked,
  NO_CATEGORY,
  nothingObserved,
  withRated,
  withReturn,
  withReturned,
  withSolved,
  type ObservedCell,
} from './learning.js';

const seen = (agentId: string, category: string, minutes: number, tickets = 12, fields: Partial<ObservedCell> = {}): ObservedCell =>
  aCell(agentId, category, minutes, { tickets, ...fields });

describe('what is learned', () => {
  it('is a plain prior before anybody has solved anything', () => {
    const learned = new Learned([], 8);
    // A median of 20 minutes; the mean of times that vary so much is higher.
    expect(learned.handleMinutes('ana', 'billing')).toBeCloseTo(20 * Math.SQRT2);
    expect(learned.satisfactionShare('ana', 'billing')).toBe(0.75);
  });

  it('tells the faster agent from the slower, in the category they were seen in', () => {
    const learned = new Learned([seen('ana', 'technical', 10), seen('ben', 'technical', 40)], 8);
    expect(learned.handleMinutes('ana', 'technical')).toBeLessThan(learned.teamHandleMinutes('technical'));
    expect(learned.handleMinutes('ben', 'technical')).toBeGreaterThan(learned.teamHandleMinutes('technical'));
  });

  it('carries an agent’s speed over to a category they were never seen in', () => {
    const learned = new Learned([seen('ana', 'technical', 10), seen('ben', 'technical', 40), seen('cid', 'billing', 30)], 8);
    expect(learned.handleMinutes('ana', 'billing')).toBeLessThan(learned.handleMinutes('ben', 'billing'));
    expect(learned.handleMinutes('nobody-yet', 'billing')).toBeCloseTo(learned.teamHandleMinutes('billing'));
  });

  it('does not hold slow categories against those who work in them', () => {
    const cells = ['ana', 'ben'].flatMap((agent) => [seen(agent, 'quick', 5), seen(agent, 'slow', 60, agent === 'ana' ? 1 : 40)]);
    const learned = new Learned(cells, 8);
    // Unadjusted, ben's 40 slow tickets would make the expectation several times ana's.
    expect(learned.handleMinutes('ben', 'quick') / learned.handleMinutes('ana', 'quick')).toBeLessThan(1.15);
  });

  it('believes one ticket little and many tickets much: as many as the strength count half', () => {
    const distance = (tickets: number) => {
      const others = Array.from({ length: 40 }, (_, nth) => seen(`other-${nth}`, 'c', 20, 50));
      const learned = new Learned([...others, seen('ana', 'c', 5, tickets)], 8);
      return Math.log(learned.handleMinutes('ana', 'c') / learned.teamHandleMinutes('c')) / Math.log(5 / 20);
    };
    expect(distance(1)).toBeLessThan(0.25);
    expect(distance(100)).toBeGreaterThan(0.9);
    // Shrunk twice: towards the agent's own mean, which is shrunk towards the team's. 8 of 16, and half of the rest again.
    expect(distance(8)).toBeCloseTo(0.75, 1);
  });

  it('learns satisfaction in the same way', () => {
    const learned = new Learned(
      [seen('ana', 'c', 20, 12, { rated: 12, satisfied: 12 }), seen('ben', 'c', 20, 12, { rated: 12, satisfied: 3 })],
      8,
    );
    expect(learned.satisfactionShare('ana', 'c')).toBeGreaterThan(0.8);
    expect(learned.satisfactionShare('ben', 'c')).toBeLessThan(0.5);
    expect(learned.satisfactionShare('ben', 'other')).toBeLessThan(learned.satisfactionShare('nobody-yet', 'other'));
  });

  it('uses what was solved without a category for tickets without one', () => {
    const learned = new Learned([seen('ana', NO_CATEGORY, 5, 50), seen('ben', NO_CATEGORY, 80, 50)], 8);
    expect(learned.handleMinutes('ana', null)).toBeLessThan(0.6 * learned.teamHandleMinutes(null));
  });

  it('lets no single mistake weigh without bound', () => {
    expect(logMinutes(0)).toBe(logMinutes(0.05));
    expect(logMinutes(-3)).toBe(logMinutes(0.05));
  });

  it('is the same to the last bit, in whatever order the cells come', () => {
    const cell = fc.record({
      agentId: fc.constantFrom('a', 'b', 'c', 'd'),
      category: fc.constantFrom('x', 'y', 'z'),
      tickets: fc.integer({ min: 1, max: 1000 }),
      logMinutesSum: fc.double({ min: -3000, max: 9000, noNaN: true }),
      minutesSum: fc.double({ min: 0, max: 90_000, noNaN: true }),
      returned: fc.constant(1),
      rated: fc.integer({ min: 0, max: 100 }),
      satisfied: fc.constant(0),
    });
    const cells = fc.uniqueArray(cell, { selector: (one) => `${one.agentId} ${one.category}`, minLength: 2, maxLength: 12 });
    const view = (given: readonly ObservedCell[]) => {
      const learned = new Learned(given, 8);
      return ['a', 'b', 'c', 'd', 'e'].flatMap((agent) =>
        ['x', 'y', 'z', null].flatMap((category) => [
          learned.handleMinutes(agent, category),
          learned.resolvedShare(agent, category),
          learned.satisfactionShare(agent, category),
        ]),
      );
    };
    fc.assert(
      fc.property(
        cells.chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length }))),
        ([given, shuffled]) => {
          expect(view(shuffled)).toEqual(view(given));
        },
      ),
    );
  });

  it('tells whose tickets come back from whose do not', () => {
    const cells = [seen('ana', 'c', 20, 40, { returned: 2 }), seen('ben', 'c', 20, 40, { returned: 20 })];
    const learned = new Learned(cells, 8);
    expect(learned.resolvedShare('ana', 'c')).toBeGreaterThan(0.85);
    expect(learned.resolvedShare('ben', 'c')).toBeLessThan(0.6);
    expect(learned.resolvedShare('nobody-yet', 'c')).toBeCloseTo((58 + 8 * 0.725) / 88, 2);
  });

  it('doubts less the more it has seen', () => {
    const learned = new Learned([seen('ana', 'c', 20, 5), seen('ben', 'c', 20, 500)], 8);
    const [ana, ben, nobody] = ['ana', 'ben', 'nobody-yet'].map((agentId) => learned.doubt(agentId, 'c'));
    expect([nobody!.logMinutes > ana!.logMinutes, ana!.logMinutes > ben!.logMinutes]).toEqual([true, true]);
    expect(ana!.resolved).toBeGreaterThan(ben!.resolved);
  });

  it('knows nobody apart where it is blind', () => {
    const { blind } = new Learned([seen('ana', 'c', 5), seen('ben', 'c', 50)], 8, [{ agentId: 'ana', perMinute: 0.1, busyShare: 0.5 }]);
    expect(blind.handleMinutes('ana', 'c')).toBe(blind.handleMinutes('ben', 'c'));
    expect([blind.timePrice('ana'), blind.doubt('ana', 'c').resolved]).toEqual([0, 0]);
  });

  it('prices the time of those who are busy', () => {
    const learned = new Learned([], 8, [
      { agentId: 'ana', perMinute: 0.02, busyShare: 0.5 },
      { agentId: 'ben', perMinute: 0.02, busyShare: 5 },
    ]);
    expect(['ana', 'ben', 'cid'].map((agentId) => learned.timePrice(agentId))).toEqual([0.04, expect.closeTo(0.2), 0]);
  });

  it('forgets: after a change it follows what is seen now, as far back as its memory goes', () => {
    let cell = nothingObserved('ana', 'c');
    for (let nth = 0; nth < 1_000; nth += 1) cell = withSolved(cell, 10, 50);
    expect(cell.tickets).toBeLessThan(52);
    for (let nth = 0; nth < 200; nth += 1) cell = withSolved(cell, 40, 50);
    expect(cell.minutesSum / cell.tickets).toBeGreaterThan(38);
    for (let nth = 0; nth < 1_000; nth += 1) cell = withRated(cell, true, 50);
    for (let nth = 0; nth < 200; nth += 1) cell = withRated(cell, false, 50);
    expect(cell.rated).toBeLessThan(52);
    expect(cell.satisfied / cell.rated).toBeLessThan(0.02);
    let returns = { tickets: 0, minutes: 0 };
    for (let nth = 0; nth < 1_000; nth += 1) returns = withReturn(returns, 60, 50);
    for (let nth = 0; nth < 5_000; nth += 1) returns = withReturn(returns, 600, 50);
    expect(returns.minutes / returns.tickets).toBeGreaterThan(580);
  });

  it('never counts more back than were solved', () => {
    const once = withReturned(withReturned(withSolved(nothingObserved('ana', 'c'), 10, 50)));
    expect(once).toMatchObject({ tickets: 1, returned: 1 });
    expect(withRated(once, true, 50)).toMatchObject({ rated: 1, satisfied: 1 });
  });

  it('counts no night and no pause as work, however they overlap', () => {
    const [evening, morning] = [Date.parse('2026-11-24T17:55:00Z'), Date.parse('2026-11-25T09:05:00Z')];
    const night = { from: evening + 5 * 60_000, until: morning - 5 * 60_000 };
    expect(minutesWorked(evening, morning, [night])).toBe(10);
    const minute = fc.integer({ min: -50, max: 150 });
    const pause = fc.tuple(minute, minute).map(([a, b]) => ({ from: Math.min(a, b) * 60_000, until: Math.max(a, b) * 60_000 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.array(pause, { maxLength: 6 }), (minutes, pauses) => {
        const isPaused = (nth: number): boolean => pauses.some(({ from, until }) => from <= nth * 60_000 && nth * 60_000 < until);
        const worked = Array.from({ length: minutes }, (_, nth) => nth).filter((nth) => !isPaused(nth));
        expect(minutesWorked(0, minutes * 60_000, pauses)).toBe(worked.length);
      }),
    );
  });

  it('lets a load fade by the day', () => {
    const busy = fadedLoad({ agentId: 'ana', perMinute: 0, busyShare: 0, atMs: 0 }, 60_000, 720);
    expect(busy.busyShare).toBeCloseTo(0.5);
    expect(loadAt(busy, 60_000 + 86_400_000).busyShare).toBeCloseTo(0.5 / Math.E);
    // A word that comes late changes the load, not the clock.
    expect(fadedLoad(busy, 0, 0)).toMatchObject({ atMs: 60_000, busyShare: busy.busyShare });
  });
});
