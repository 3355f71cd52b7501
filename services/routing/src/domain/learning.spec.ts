import fc from 'fast-check';
import { Learned, logMinutes, NO_CATEGORY, type ObservedCell } from './learning.js';

const seen = (agentId: string, category: string, minutes: number, tickets = 12, fields: Partial<ObservedCell> = {}): ObservedCell => ({
  agentId,
  category,
  tickets,
  logMinutesSum: tickets * logMinutes(minutes),
  rated: 0,
  satisfied: 0,
  ...fields,
});

describe('what is learned', () => {
  it('is a plain prior before anybody has solved anything', () => {
    const learned = new Learned([], 8);
    expect(learned.handleMinutes('ana', 'billing')).toBeCloseTo(20);
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
      return Math.log(learned.handleMinutes('ana', 'c') / 20) / Math.log(5 / 20);
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
    expect(learned.handleMinutes('ana', null)).toBeLessThan(8);
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
      rated: fc.integer({ min: 0, max: 100 }),
      satisfied: fc.constant(0),
    });
    const cells = fc.uniqueArray(cell, { selector: (one) => `${one.agentId} ${one.category}`, minLength: 2, maxLength: 12 });
    const view = (given: readonly ObservedCell[]) => {
      const learned = new Learned(given, 8);
      return ['a', 'b', 'c', 'd', 'e'].flatMap((agent) =>
        ['x', 'y', 'z', null].flatMap((category) => [learned.handleMinutes(agent, category), learned.satisfactionShare(agent, category)]),
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
});
