import { setTimeout as pause } from 'node:timers/promises';
import type { ClocksRecomputed } from '@signalbox/contracts';
import type { ConfigDocument } from './company-files.ts';
import type { ConsoleClient } from './console-client.ts';
import type { Findings } from './decisions/findings.ts';

type Report = ClocksRecomputed['data'];
/** How often it is looked, and how often at most. */
interface Looks {
  readonly everyMs: number;
  readonly max: number;
}
const UNTIL_PREVIEWED: Looks = { everyMs: 1_000, max: 900 };
const AFTER_APPLY: Looks = { everyMs: 500, max: 10 };

/** What documents would do to the open tickets' clocks; nothing is applied. @throws Error when no report comes in a quarter of an hour */
export async function preview(
  console_: Pick<ConsoleClient, 'call' | 'preview'>,
  documents: readonly ConfigDocument[],
  onProgress: (words: string) => void,
  looks = UNTIL_PREVIEWED,
): Promise<Findings> {
  const { requestId, documents: concerned } = await console_.preview(documents);
  if (requestId === null)
    return {
      found: { documents: [], report: null },
      words: ['no policy and no calendar changes: every clock stays as it is; nothing was applied'],
    };
  onProgress(`previewing ${concerned.join(', ')}`);
  let last = '';
  const look = async (): Promise<Report | undefined> => {
    const { report } = await console_.call<{ report: Report | null }>('GET', `/configuration/previews/${requestId}`);
    const progress = report && !report.done ? `${report.checked} of ${report.tickets} open tickets looked at` : '';
    if (progress !== last && progress !== '') onProgress(progress);
    last = progress;
    return report?.done === true ? report : undefined;
  };
  const report = await lookUntil(look, looks);
  if (!report) throw new Error(`there is no report of it yet; look again: GET /api/v1/configuration/previews/${requestId}`);
  return { found: { documents: concerned, report }, words: [...wordsFor(report), 'nothing was applied'] };
}

/** What an apply did to them, if that is said within some seconds. */
export function recomputedBy(console_: Pick<ConsoleClient, 'call'>, bundle: number, looks = AFTER_APPLY): Promise<Report | undefined> {
  return lookUntil(async () => {
    const { recomputations } = await console_.call<{ recomputations: Report[] }>('GET', '/configuration/recomputations');
    return recomputations.find((report) => report.bundle === bundle && report.done);
  }, looks);
}

async function lookUntil<T>(look: () => Promise<T | undefined>, { everyMs, max }: Looks): Promise<T | undefined> {
  for (let nth = 1; ; nth += 1) {
    const found = await look();
    if (found !== undefined || nth === max) return found;
    await pause(everyMs);
  }
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export function wordsFor(report: Report): string[] {
  const { preview: isPreview, tickets, moved, clocksMoved, earlier, later, breachesAdded, breachesWithdrawn, examples, problems } = report;
  const word = isPreview ? 'would move' : 'moved';
  return [
    moved === 0
      ? `no clock of the ${counted(tickets, 'open ticket')} ${word}`
      : `${counted(clocksMoved, 'clock')} of ${moved} of ${counted(tickets, 'open ticket')} ${word}: ${earlier} earlier, ${later} later`,
    ...(breachesAdded > 0 ? [`${counted(breachesAdded, 'breach', 'breaches')} more`] : []),
    ...(breachesWithdrawn > 0 ? [`${counted(breachesWithdrawn, 'breach', 'breaches')} withdrawn`] : []),
    ...examples.map(({ ticketId, target, from, to }) => `  ${ticketId} ${target}: ${from ?? 'no deadline'} → ${to ?? 'no deadline'}`),
    ...problems.map((problem) => `problem: ${problem}`),
  ];
}
