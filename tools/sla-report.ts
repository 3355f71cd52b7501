import type { ConsoleClient } from './console-client.ts';
import type { Findings } from './decisions/findings.ts';

interface Options {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly by: string;
  readonly withinMinutes: string;
}
export interface SlaReport {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly withinMinutes: number;
  readonly leftOut: number;
  readonly groups: readonly {
    readonly title: string;
    readonly target: string;
    readonly total: number;
    readonly metLate: number;
    readonly breached: number;
    readonly metShare: number | null;
    readonly lateMinutesMedian: number | null;
    readonly lateMinutesP90: number | null;
    readonly reasons: Readonly<Record<string, number>>;
  }[];
  readonly serviceLevels: readonly {
    readonly title: string;
    readonly replied: number;
    readonly abandoned: number;
    readonly deflected: number;
    readonly serviceLevel: number | null;
    readonly serviceLevel2: number | null;
  }[];
}

/** Asks the console, which checks what is asked for and says what is allowed. */
export async function slaReport(console_: Pick<ConsoleClient, 'call'>, options: Options): Promise<Findings> {
  const wanted = Object.entries(options).filter((option): option is [string, string] => option[1] !== undefined);
  const found = await console_.call<SlaReport>('GET', `/reports/sla?${new URLSearchParams(wanted)}`);
  return { found, words: wordsFor(found) };
}

const share = (value: number | null): string => (value === null ? '–' : `${Math.round(value * 100)} %`);
const minutes = (value: number | null): string => (value === null ? '–' : `${Math.round(value)} min`);

export function wordsFor({ from, to, by, withinMinutes, groups, leftOut, serviceLevels }: SlaReport): string[] {
  const kept = groups.map(({ title, target, total, metLate, breached, metShare, lateMinutesMedian, lateMinutesP90, reasons }) => [
    title,
    target,
    share(metShare),
    `${total}`,
    `${metLate}`,
    `${breached}`,
    minutes(lateMinutesMedian),
    minutes(lateMinutesP90),
    Object.entries(reasons)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ') || '–',
  ]);
  const levels = serviceLevels.map(({ title, serviceLevel, serviceLevel2, replied, abandoned, deflected }) => [
    title,
    share(serviceLevel),
    share(serviceLevel2),
    `${replied}`,
    `${abandoned}`,
    `${deflected}`,
  ]);
  return [
    `promises kept, ${from} – ${to}`,
    ...table([by, 'promise', 'kept', 'of', 'met late', 'open', 'late, median', 'late, 90 %', 'why not kept'], kept),
    ...(leftOut > 0 ? [`${leftOut} smaller groups are left out`] : []),
    '',
    `service level: a person's first reply within ${withinMinutes} min`,
    ...table(['queue', 'SL', 'SL2', 'answered', 'given up', 'automatic answers'], levels),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['  nothing in this window'];
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  return [head, ...rows].map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd());
}
