import type { PolicyReport, Report } from './experiment.ts';
import type { Interval } from './interval.ts';

const number = (value: number | null, digits: number): string => (value === null ? '–' : value.toFixed(digits));
const within = (value: number | null, interval: Interval | null, digits: number): string =>
  number(value, digits) + (interval ? ` ±${((interval[1] - interval[0]) / 2).toFixed(digits)}` : '');
const percent = (value: number | null): string => (value === null ? '–' : (100 * value).toFixed(1));

const COLUMNS: [title: string, cell: (one: PolicyReport) => string][] = [
  ['resolution', (one) => within(one.meanResolutionMinutes, one.interval95.meanResolutionMinutes, 1)],
  ['p95', (one) => number(one.p95ResolutionMinutes, 0)],
  ['first resp.', (one) => within(one.meanFirstResponseMinutes, one.interval95.meanFirstResponseMinutes, 1)],
  ['p95', (one) => number(one.p95FirstResponseMinutes, 0)],
  ['SLA %', (one) => percent(one.slaShare)],
  ['by priority', (one) => Object.values(one.slaShareByPriority).map(percent).join(' ')],
  ['satisfied %', (one) => percent(one.satisfiedShare)],
  ['reopened %', (one) => percent(one.reopenedShare)],
  ['abandoned %', (one) => percent(one.abandonedShare)],
  ['Gini', (one) => number(one.giniBusyTime, 3)],
  [
    'longest wait',
    (one) =>
      Object.values(one.longestWaitMinutesByPriority)
        .map((value) => number(value, 0))
        .join(' '),
  ],
  ['G', (one) => within(one.gapClosure, one.interval95.gapClosure, 3)],
  ['decisions/s', (one) => number(one.decisionsPerSecond, 0)],
];

/** The report for people: times in minutes, ± half of the 95 % interval over runs. */
export function table({ workload, runs, policies, traceHash }: Report): string {
  const priorities = Object.keys(Object.values(policies)[0]!.slaShareByPriority).join(', ');
  const rows = [['policy', ...COLUMNS.map(([title]) => title)]];
  for (const [name, one] of Object.entries(policies)) rows.push([name, ...COLUMNS.map(([, cell]) => cell(one))]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
  const unfinished = Object.entries(policies).filter(([, one]) => (one.unfinished ?? 0) > 0);
  return [
    `${workload}: ${runs} ${runs === 1 ? 'run (no interval)' : 'runs, ± half of the 95 % interval'}; minutes; by priority: ${priorities}`,
    '',
    ...lines,
    '',
    ...('lp' in policies ? ['lp is no policy: no mean resolution time can be below it (the static linear program)'] : []),
    ...unfinished.map(
      ([name, one]) => `${name} left ${one.unfinished} counted tickets unfinished a run: nobody was there for them any more`,
    ),
    `trace ${traceHash}`,
  ].join('\n');
}
