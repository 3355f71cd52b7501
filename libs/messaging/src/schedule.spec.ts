import fc from 'fast-check';
import { scheduleCalls } from './schedule.js';

const piece = (handler: string, orderKey: string | undefined, nth = 0) => ({ handler, orderKey, nth });

describe('scheduleCalls', () => {
  it('gives one call to each handler when nothing stands in order', () => {
    const calls = scheduleCalls([piece('a', 'x'), piece('b', 'y'), piece('a', 'z'), piece('b', undefined)]);
    expect(calls.map((call) => call.map((work) => work.handler).join(''))).toEqual(['aa', 'bb']);
  });

  it('does not let a piece overtake earlier work of its key', () => {
    const calls = scheduleCalls([piece('a', 'x'), piece('b', 'x'), piece('a', 'x')]);
    expect(calls.map((call) => call[0]!.handler)).toEqual(['a', 'b', 'a']);
  });

  it('keeps every piece once, one handler per call, and the order within each key', () => {
    const work = fc.array(
      fc.record({
        handler: fc.constantFrom('a', 'b', 'c'),
        orderKey: fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined }),
        nth: fc.nat(),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(work, (pieces) => {
        const numbered = pieces.map((one, nth) => ({ ...one, nth }));
        const calls = scheduleCalls(numbered);
        const flat = calls.flat();
        expect(flat.map((one) => one.nth).sort((a, b) => a - b)).toEqual(numbered.map((one) => one.nth));
        for (const call of calls) expect(new Set(call.map((one) => one.handler)).size).toBe(1);
        for (const key of ['x', 'y', 'z']) {
          const order = flat.filter((one) => one.orderKey === key).map((one) => one.nth);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });
});
