import { createHash } from 'node:crypto';
import { interval95, type Interval } from './interval.ts';
import { mean, measuresOf, resolutionOverTime, WINDOW_TICKETS, type Measures } from './measures.ts';
import { boundOf } from './oracles.ts';
import type { MakeRouter } from './policies.ts';
import { seedOfRun } from './random.ts';
import { firstCounted, Simulation, worldOf } from './simulation.ts';
import { teamOf } from './team.ts';
import { truthOf } from './truth.ts';
import type { Workload } from './workload.ts';

/** Every number of `Measures`; an average over runs is null where a run had nothing to measure. */
type Averaged<Shape> = { readonly [Key in keyof Shape]: Shape[Key] extends number ? number | null : Averaged<Shape[Key]> };
type Intervals<Shape> = { readonly [Key in keyof Shape]: Shape[Key] extends number ? Interval | null : Intervals<Shape[Key]> };

export interface PolicyReport extends Averaged<Measures> {
  /** (least-loaded − policy) / (least-loaded − oracle-lp) on mean resolution time; null where one of them was not run. */
  readonly gapClosure: number | null;
  readonly interval95: Intervals<Measures> & { readonly gapClosure: Interval | null };
  /** One entry per thousand tickets in the order of arrival, from the first ticket on, over all runs. */
  readonly overTime: readonly {
    readonly fromTicket: number;
    readonly meanResolutionMinutes: number | null;
    /** Against oracle-lp on the same tickets. */
    readonly regretMinutes: number | null;
    readonly gapClosure: number | null;
  }[];
}

export interface Report {
  readonly workload: string;
  readonly runs: number;
  /** Beside oracle-lp stands `lp`, which is no policy but the bound: it has a mean resolution time and nothing else. */
  readonly policies: Readonly<Record<string, PolicyReport>>;
  readonly traceHash: string;
}

const REFERENCE = 'least-loaded';
const ORACLE = 'oracle-lp';
const BOUND = 'lp';

/** Runs each policy on the same worlds. Run 0 has the workload's seed, every other one a seed made of it. */
export function experiment(
  workload: Workload,
  policies: Readonly<Record<string, MakeRouter>>,
  runs: number,
  progress: (line: string) => void = () => undefined,
): Report {
  const team = teamOf(workload);
  const truth = truthOf(workload, team);
  const trace = createHash('sha256');
  const results = new Map<string, { measures: Measures[]; overTime: number[][] }>();
  for (const name of Object.keys(policies)) results.set(name, { measures: [], overTime: [] });
  for (let run = 0; run < runs; run += 1) {
    const world = worldOf(workload, team, truth, seedOfRun(workload.seed, run));
    for (const [name, makeRouter] of Object.entries(policies)) {
      progress(`run ${run + 1} of ${runs}: ${name}`);
      const simulation = new Simulation(world);
      const outcome = simulation.run(makeRouter(simulation, world));
      results.get(name)!.measures.push(measuresOf(world, outcome));
      results.get(name)!.overTime.push(resolutionOverTime(world, outcome));
      trace.update(`${run} ${name}\n`).update(outcome.trace);
    }
  }
  if (results.has(ORACLE)) {
    const minutes = boundOf(team, truth, firstCounted(workload), workload.tickets) ?? NaN;
    results.set(BOUND, { measures: results.get(ORACLE)!.measures.map((one) => only(one, minutes)), overTime: [] });
  }
  const resolutions = (name: string): number[] => results.get(name)?.measures.map((one) => one.meanResolutionMinutes) ?? [];
  const series = (name: string): (number | null)[] => {
    const perRun = results.get(name)?.overTime ?? [];
    return (perRun[0] ?? []).map((_, window) => averaged(perRun.map((one) => one[window]!)));
  };
  const [reference, oracle] = [resolutions(REFERENCE), resolutions(ORACLE)];
  const [referenceOverTime, oracleOverTime] = [series(REFERENCE), series(ORACLE)];
  const reportOf = ([name, { measures }]: [string, { measures: Measures[] }]): [string, PolicyReport] => {
    const closed = resolutions(name).map((minutes, run) => gapClosure(minutes, reference[run], oracle[run]));
    return [
      name,
      {
        ...over(measures, averaged),
        gapClosure: averaged(closed),
        interval95: { ...over(measures, interval95), gapClosure: interval95(closed) },
        overTime: series(name).map((minutes, window) => ({
          fromTicket: window * WINDOW_TICKETS,
          meanResolutionMinutes: minutes,
          regretMinutes: averaged([(minutes ?? NaN) - (oracleOverTime[window] ?? NaN)]),
          gapClosure: averaged([gapClosure(minutes ?? NaN, referenceOverTime[window] ?? NaN, oracleOverTime[window] ?? NaN)]),
        })),
      },
    ];
  };
  return {
    workload: workload.name,
    runs,
    policies: Object.fromEntries([...results].map(reportOf)),
    traceHash: trace.digest('hex'),
  };
}

const gapClosure = (minutes: number, reference = NaN, oracle = NaN): number => (reference - minutes) / (reference - oracle);

/** Measures of something that has nothing but a mean resolution time. */
function only(shape: Measures, meanResolutionMinutes: number): Measures {
  const unknown = (record: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.keys(record).map((name) => [name, NaN]));
  const blank = Object.entries(shape).map(([key, value]) => [key, typeof value === 'number' ? NaN : unknown(value)]);
  return { ...(Object.fromEntries(blank) as Measures), meanResolutionMinutes };
}

const averaged = (values: readonly number[]): number | null => {
  const centre = mean(values);
  return Number.isFinite(centre) ? centre : null;
};

/** The same shape as one run's measures, each number made of all runs' values. */
function over<Result>(
  perRun: readonly Measures[],
  combine: (values: readonly number[]) => Result,
): { [Key in keyof Measures]: Measures[Key] extends number ? Result : Record<string, Result> } {
  const entries = (Object.keys(perRun[0]!) as (keyof Measures)[]).map((key) => {
    const first = perRun[0]![key];
    if (typeof first === 'number') return [key, combine(perRun.map((one) => one[key] as number))];
    const names = Object.keys(first);
    return [
      key,
      Object.fromEntries(names.map((name) => [name, combine(perRun.map((one) => (one[key] as Record<string, number>)[name]!))])),
    ];
  });
  return Object.fromEntries(entries) as ReturnType<typeof over<Result>>;
}
