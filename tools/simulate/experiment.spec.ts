import { policyIn } from '../decisions/policy-file.ts';
import { experiment, type Report } from './experiment.ts';
import { interval95 } from './interval.ts';
import { gini, mean, quantile } from './measures.ts';
import { POLICIES, signalbox } from './policies.ts';
import { routeBench } from './routebench.ts';

const world = (seed: number, load: number, changes: Partial<Parameters<typeof routeBench>[0]> = {}) =>
  routeBench({ seed, load, agents: 60, tickets: 15_000, drift: false, bursts: false, shifts: false, patienceHours: null, ...changes });

/** Without what depends on the machine. */
const steady = (report: Report): string =>
  JSON.stringify(report, (key, value: unknown) => (key === 'decisionsPerSecond' ? undefined : value));

describe('an experiment', () => {
  it('gives the same bytes for the same seed, and another trace for another', () => {
    const some = { random: POLICIES.random, thompson: POLICIES.thompson, 'oracle-lp': POLICIES['oracle-lp'] };
    const workload = world(1, 0.85, { tickets: 1000 });
    const first = experiment(workload, some, 2);
    expect(steady(experiment(workload, some, 2))).toBe(steady(first));
    expect(experiment({ ...workload, seed: 2 }, some, 2).traceHash).not.toBe(first.traceHash);
  });

  it('measures what nobody can beat, whoever tries: drift, bursts, shifts', () => {
    const all = { ...POLICIES, signalbox: signalbox(policyIn('config/policies/just-in-time.yaml', 'simulate').policy) };
    for (const changes of [{}, { drift: true }, { bursts: true }, { shifts: true }]) {
      const { policies } = experiment(world(3, 0.85, { tickets: 1000, ...changes }), all, 1);
      const { lp, ...others } = policies;
      expect(Object.keys(others)).toEqual(Object.keys(all));
      for (const one of Object.values(others)) expect(one.meanResolutionMinutes).toBeGreaterThan(lp!.meanResolutionMinutes!);
    }
  });

  it('closes the gap by 0 with least-loaded and by 1 with oracle-lp, in every window too, with an interval from two runs on', () => {
    const some = { 'least-loaded': POLICIES['least-loaded'], thompson: POLICIES.thompson, 'oracle-lp': POLICIES['oracle-lp'] };
    const { policies } = experiment(world(1, 0.85, { tickets: 3000 }), some, 2);
    const { 'least-loaded': least, 'oracle-lp': oracle, thompson } = policies;
    expect([least!.gapClosure, oracle!.gapClosure]).toEqual([0, 1]);
    expect(thompson!.gapClosure).toBeGreaterThan(0.1);
    expect(thompson!.interval95.gapClosure![0]).toBeLessThan(thompson!.gapClosure!);
    expect(oracle!.overTime).toMatchObject([0, 1000, 2000].map((fromTicket) => ({ fromTicket, regretMinutes: 0, gapClosure: 1 })));
    const single = experiment(world(1, 0.85, { tickets: 1000 }), { thompson: POLICIES.thompson }, 1).policies['thompson']!;
    expect([single.gapClosure, single.interval95.meanResolutionMinutes, single.overTime[0]!.regretMinutes]).toEqual([null, null, null]);
  });
});

/** Mean resolution minutes at load .70, .85 and .95 by an independent prototype, on three worlds of its own. */
const PUBLISHED: Record<string, [number, number, number]> = {
  lp: [52.9, 56.0, 58.2],
  'oracle-lp': [69.7, 78.2, 85.0],
  'oracle-greedy': [71.8, 85.2, 91.7],
  thompson: [81.2, 92.6, 109.4],
  'greedy-mean': [82.1, 98.0, 102.8],
  'skills-first': [106.4, 121.0, 134.6],
  'least-loaded': [119.2, 136.6, 163.1],
  'longest-idle': [121.5, 138.7, 167.2],
  random: [167.5, 181.8, 207.2],
};

describe('RouteBench worlds', () => {
  it.each([0.7, 0.85, 0.95])('at load %f come within 12 % of what was published', (load) => {
    const { 'round-robin': _, 'ucb-lp': __, ...published } = POLICIES;
    const reports = [1, 2, 3].map((seed) => experiment(world(seed, load), published, 1).policies);
    const place = [0.7, 0.85, 0.95].indexOf(load);
    const off = Object.entries(PUBLISHED).map(([name, minutes]): [string, number] => [
      name,
      mean(reports.map((one) => one[name]!.meanResolutionMinutes!)) / minutes[place]! - 1,
    ]);
    expect(off.filter(([, share]) => Math.abs(share) > 0.12)).toEqual([]);
  });
});

describe('measures', () => {
  it('are the textbook’s', () => {
    expect(gini(Float64Array.of(5, 5, 5))).toBeCloseTo(0, 12);
    expect(gini(Float64Array.of(0, 0, 0, 1))).toBeCloseTo(0.75, 12);
    expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8, 12);
    const [low, high] = interval95([1, 2, 3, 4])!;
    expect([low, high].map((value) => value.toFixed(3))).toEqual(['0.446', '4.554']);
    expect(interval95([1])).toBeNull();
  });
});
