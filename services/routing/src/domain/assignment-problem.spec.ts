import fc from 'fast-check';
import { assignInOrder, type Row } from './assignment-problem.js';

/** 1,000 cases of each always; a longer search by hand: `PROPERTY_RUNS=100000 npm test -- unit --only services/routing`. */
fc.configureGlobal({ numRuns: Number(process.env['PROPERTY_RUNS'] ?? 1_000) });

const COLUMNS = 5;
/** Quarters, so that sums are exact and ties happen. */
const rows: fc.Arbitrary<Row[]> = fc.array(
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: COLUMNS - 1 }), fc.integer({ min: -8, max: 8 })), { selector: ([column]) => column })
    .map((entries) => ({
      columns: Int32Array.from(entries, ([column]) => column),
      costs: Float64Array.from(entries, ([, cost]) => cost / 4),
    })),
  { maxLength: 6 },
);

/** Every way to give columns to rows: which rows are placed, and what it costs. */
function* allWays(list: readonly Row[], from = 0, used = 0): Generator<{ placed: boolean[]; cost: number }> {
  if (from === list.length) return void (yield { placed: [], cost: 0 });
  for (const rest of allWays(list, from + 1, used)) yield { placed: [false, ...rest.placed], cost: rest.cost };
  const { columns, costs } = list[from]!;
  for (const [nth, column] of columns.entries()) {
    if (used & (1 << column)) continue;
    for (const rest of allWays(list, from + 1, used | (1 << column)))
      yield { placed: [true, ...rest.placed], cost: costs[nth]! + rest.cost };
  }
}

describe('the assignment in order', () => {
  it('places the first rows first, and those at the least cost', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const columnOf = assignInOrder(list, COLUMNS);
        const taken = [...columnOf].filter((column) => column >= 0);
        expect(new Set(taken).size).toBe(taken.length);
        let cost = 0;
        for (const [index, column] of columnOf.entries()) {
          if (column < 0) continue;
          const nth = list[index]!.columns.indexOf(column);
          expect(nth).toBeGreaterThanOrEqual(0);
          cost += list[index]!.costs[nth]!;
        }
        const key = (placed: readonly boolean[]): string => placed.map((one) => (one ? '1' : '0')).join('');
        let best = { key: '', cost: Infinity };
        for (const way of allWays(list)) {
          const own = key(way.placed);
          if (own > best.key || (own === best.key && way.cost < best.cost)) best = { key: own, cost: way.cost };
        }
        expect({ key: key([...columnOf].map((column) => column >= 0)), cost }).toEqual(best);
      }),
    );
  });
});
