import { createHash } from 'node:crypto';
import { interval95, type Interval } from './interval.ts';
import { mean, measuresOf, resolutionOverTime, WINDOW_TICKETS, type Measures } from './measures.ts';
import { boundOf } from './oracles.ts';
import type { MakeRouter, PolicyName } from './policies.ts';
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
  /** Minutes that no policy's mean resolution time can be below; null = the work is more than the agents can do. */
  readonly bound: { readonly lp: number | null };
  readonly policies: Readonly<Record<string, PolicyReport>>;
  readonly traceHash: string;
}

const REFERENCE = 'least-loaded';
const ORACLE = 'oracle-lp';

/** Runs each policy on the same worlds. Run 0 has the workload's seed, every other one a seed made of it. */
export function experiment(
  workload: Workload,
  policiesByName: Readonly<Record<PolicyName, MakeRouter>>,
  names: readonly PolicyName[],
  runs: number,
  progress: (line: string) => void = () => undefined,
): Report {
  const team = teamOf(workload);
  const truth = truthOf(workload, team);
  const trace = createHash('sha256');
  const measures = new Map<PolicyName, Measures[]>(names.map((name) => [name, []]));
  const overTime = new Map<PolicyName, number[][]>(names.map((name) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    const world = worldOf(workload, team, truth, seedOfRun(workload.seed, run));
    for (const name of names) {
      progress(`run ${run + 1} of ${runs}: ${name}`);
      const simulation = new Simulation(world);
      const outcome = simulation.run(policiesByName[name](simulation, world));
      measures.get(name)!.push(measuresOf(world, outcome));
      overTime.get(name)!.push(resolutionOverTime(world, outcome));
      trace.update(`${run} ${name}\n`).update(outcome.trace);
    }
  }
  const closures = (policy: readonly number[], reference?: readonly number[], oracle?: readonly number[]): number[] =>
    reference && oracle ? policy.map((value, nth) => (reference[nth]! - value) / (reference[nth]! - oracle[nth]!)) : [];
  const resolutions = (name: PolicyName): number[] | undefined => measures.get(name)?.map((one) => one.meanResolutionMinutes);
  const windows = (name: PolicyName): (number | null)[] | undefined => {
    const series = overTime.get(name);
    return series?.[0]!.map((_, window) => averaged(series.map((one) => one[window]!)));
  };
  const policies = Object.fromEntries(
    names.map((name): [string, PolicyReport] => {
      const perRun = measures.get(name)!;
      const closed = closures(resolutions(name)!, resolutions(REFERENCE), resolutions(ORACLE));
      return [
        name,
        {
          ...over(perRun, averaged),
          gapClosure: closed.length > 0 ? averaged(closed) : null,
          interval95: { ...over(perRun, interval95), gapClosure: interval95(closed) },
          overTime: windows(name)!.map((minutes, window) => {
            const [reference, oracle] = [windows(REFERENCE)?.[window] ?? null, windows(ORACLE)?.[window] ?? null];
            const known = minutes !== null && oracle !== null;
            return {
              fromTicket: window * WINDOW_TICKETS,
              meanResolutionMinutes: minutes,
              regretMinutes: known ? minutes - oracle : null,
              gapClosure: known && reference !== null ? (reference - minutes) / (reference - oracle) : null,
            };
          }),
        },
      ];
    }),
  );
  const bound = boundOf(team, truth, firstCounted(workload), workload.tickets);
  return { workload: workload.name, runs, bound: { lp: bound ?? null }, policies, traceHash: trace.digest('hex') };
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
