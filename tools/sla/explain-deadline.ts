import { explainDeadline, fieldsPassedOver, InvalidCase, type ExplainedClock, type Segment } from '@signalbox/sla-escalation/domain';
import { createReadStream } from 'node:fs';
import { WrongUse, type Findings } from '../decisions/findings.ts';

/** 10,000 events, the most a case may have, are about 1 MB. */
const CASE_MB_MAX = 5;

/**
 * The clocks of a case that stands in a file (or `-`: comes in), by the service's own function. Fields that mean nothing are named on
 * the error output.
 * @throws WrongUse naming the file and what is wrong with it, each reason on a line of its own
 */
export async function explainedDeadline(files: readonly string[]): Promise<Findings<{ clocks: ExplainedClock[] }>> {
  const [file] = files;
  if (file === undefined || files.length > 1)
    throw new WrongUse(
      `explain-deadline needs one file, or - for what comes in; ${files.length} were given: npm run signalbox -- explain-deadline case.json`,
    );
  const input = jsonOf(await textOf(file), file);
  try {
    const found = explainDeadline(input);
    for (const passedOver of fieldsPassedOver(input as object)) console.error(passedOver);
    const { calendar, now } = input as { calendar?: { timeZone: string }; now: string };
    return { found, words: wordsOf(found.clocks, calendar?.timeZone ?? 'UTC', now) };
  } catch (error) {
    if (error instanceof InvalidCase) throw new WrongUse(error.message, { cause: error });
    throw error;
  }
}

async function textOf(file: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of file === '-' ? process.stdin : createReadStream(file)) {
      pieces.push(piece as Buffer);
      bytes += (piece as Buffer).length;
      if (bytes > CASE_MB_MAX * 1e6) break;
    }
  } catch (error) {
    throw new WrongUse(`${file}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (bytes > CASE_MB_MAX * 1e6) throw new WrongUse(`${file}: has over ${CASE_MB_MAX} MB; a case has at most that`);
  return Buffer.concat(pieces).toString('utf8');
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new WrongUse(`${file}: is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function wordsOf(clocks: readonly ExplainedClock[], timeZone: string, now: string): string[] {
  const wall = wallClockIn(timeZone);
  const line = (name: string, text: string): string => `  ${name.padEnd(9)} ${text}`;
  const instant = (name: string, at: string | null): string[] => (at === null ? [] : [line(name, wall(at))]);
  return [
    `in the time of ${timeZone}, as of ${wall(now)}`,
    ...(clocks.length === 0 ? ['no clocks: not yet received, or a policy without a target for its priority'] : []),
    ...clocks.flatMap(({ target, instance, status, startedAt, dueAt, breachedAt, stoppedAt, targetMinutes, spentMinutes, segments }) => [
      '',
      `${target} ${instance}: ${status}`,
      line('started', wall(startedAt)),
      line('due', dueAt === null ? 'not while it is paused' : wall(dueAt)),
      ...instant('breached', breachedAt),
      ...instant('stopped', stoppedAt),
      line('spent', `${rounded(spentMinutes)} of ${rounded(targetMinutes)} minutes`),
      ...segments.map((segment, index) => line(index === 0 ? 'segments' : '', segmentText(segment, wall))),
    ]),
  ];
}

function segmentText({ from, to, counted, why }: Segment, wall: (instant: string) => string): string {
  const minutes = `${rounded((Date.parse(to) - Date.parse(from)) / 60_000)} min`;
  return `${wall(from)} to ${wall(to)}  ${(counted ? minutes : `(${minutes})`).padStart(12)}  ${why}`;
}

/** With its offset, because an hour may come twice. */
function wallClockIn(timeZone: string): (instant: string) => string {
  const date = { weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' } as const;
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, ...date, ...time });
  return (instant) => {
    const part = Object.fromEntries(clock.formatToParts(Date.parse(instant)).map(({ type, value }) => [type, value]));
    const offset = part['timeZoneName']!.slice('GMT'.length) || '+00:00';
    return `${part['weekday']} ${part['year']}-${part['month']}-${part['day']} ${part['hour']}:${part['minute']}:${part['second']}${offset}`;
  };
}

const rounded = (minutes: number): string => String(Math.round(minutes * 100) / 100);
