import { Draws, normalQuantile, seedOfRun, Stream } from './random.ts';

const meanOf = (count: number, draw: (nth: number) => number): number =>
  Array.from({ length: count }, (_, nth) => draw(nth)).reduce((sum, value) => sum + value, 0) / count;

describe('draws by number', () => {
  const draws = new Draws(7, 'work');

  it('give the same answer whenever they are asked, and another for another attempt, purpose or seed', () => {
    const first = draws.uniform(12, 1);
    draws.uniform(99);
    expect(draws.uniform(12, 1)).toBe(first);
    expect(draws.uniform(12, 2)).not.toBe(first);
    expect(new Draws(7, 'outcome').uniform(12, 1)).not.toBe(first);
    expect(new Draws(8, 'work').uniform(12, 1)).not.toBe(first);
    expect(new Draws(7 + 2 ** 40, 'work').uniform(12, 1)).not.toBe(first);
  });

  it('have the moments of their law, also across attempts and across purposes', () => {
    const other = new Draws(7, 'outcome');
    expect(meanOf(200_000, (nth) => draws.uniform(nth))).toBeCloseTo(1 / 2, 2);
    expect(meanOf(200_000, (nth) => draws.normal(nth))).toBeCloseTo(0, 2);
    expect(meanOf(200_000, (nth) => draws.normal(nth) ** 2)).toBeCloseTo(1, 2);
    expect(meanOf(200_000, (nth) => draws.exponential(nth))).toBeCloseTo(1, 1.7);
    expect(meanOf(200_000, (nth) => draws.normal(nth) * draws.normal(nth + 1))).toBeCloseTo(0, 1.7);
    expect(meanOf(200_000, (nth) => draws.normal(nth) * draws.normal(nth, 1))).toBeCloseTo(0, 1.7);
    expect(meanOf(200_000, (nth) => draws.normal(nth) * other.normal(nth))).toBeCloseTo(0, 1.7);
  });
});

describe('a stream', () => {
  const stream = new Stream(3, 'test');

  it('has the moments of gamma and beta', () => {
    expect(meanOf(100_000, () => stream.gamma(4))).toBeCloseTo(4, 1);
    expect(meanOf(100_000, () => (stream.gamma(0.5) - 0.5) ** 2)).toBeCloseTo(0.5, 1);
    expect(meanOf(100_000, () => stream.beta(3, 1))).toBeCloseTo(0.75, 2);
  });

  it('draws whole numbers below a bound evenly', () => {
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 30_000; draw += 1) counts[stream.below(3)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});

it('the normal quantile is the inverse of the normal distribution', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 7);
  expect(normalQuantile(0.5)).toBeCloseTo(0, 12);
  expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 7);
});

it('run 0 has the seed itself, and no two runs or neighbouring seeds share one', () => {
  expect(seedOfRun(42, 0)).toBe(42);
  const seeds = [1, 2, 3].flatMap((seed) => Array.from({ length: 100 }, (_, run) => seedOfRun(seed, run)));
  expect(new Set(seeds).size).toBe(300);
});
