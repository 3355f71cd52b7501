import { Logger } from '@nestjs/common';
import { ServiceName } from '@signalbox/contracts';
import { removeInfrastructure } from '@signalbox/test-stack';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runRound, type RoundReport } from './faults/round.ts';

/** Everything is killed once, in every way there is. `npm run test:faults` does so thoroughly. */
const SEED = 1;
const TICKETS = 40;
/** Three minutes on two busy cores; the waits inside have bounds of their own. */
const TEST_MS_MAX = 600_000;

// What our own Kafka clients meet while the broker is away is no news here.
Logger.overrideLogger(['error', 'fatal']);

/** For whoever has to find out: what was killed where, what broke a promise, and how the round went. */
function accountOf({ killed, endedByThemselves, problems }: RoundReport, lines: readonly string[], stateDir: string): string {
  return [
    'killed:',
    ...killed.map(({ what, where, atSeconds, happened }) => `  ${atSeconds} s  ${what} ${where}${happened ? '' : ': DID NOT HAPPEN'}`),
    `ended by themselves: ${endedByThemselves.map(({ service, how }) => `${service} (${how})`).join(', ') || 'none'}`,
    `${problems.length} problems in the round of seed ${SEED} (data and logs: ${stateDir}):`,
    ...problems.map((problem) => `  ${problem}`),
    'the round:',
    ...lines,
  ].join('\n');
}

it(
  'loses nothing, has no ticket twice and does everything once though each part is killed',
  async () => {
    const stateDir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-faults-')));
    const lines: string[] = [];
    const startedAt = Date.now();
    const report = await runRound({
      root: process.cwd(),
      stateDir,
      services: ServiceName.options,
      seed: SEED,
      tickets: TICKETS,
      form: 'short',
      keep: true,
      say: (line) => lines.push(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`),
      stopping: new AbortController().signal,
    });
    const account = accountOf(report, lines, stateDir);
    expect(report.problems.length === 0 ? '' : account).toBe('');
    expect(report.killed.map(({ what }) => what).sort()).toEqual([...ServiceName.options, 'broker', 'database'].sort());
    expect(report.killed.filter(({ happened }) => !happened)).toEqual([]);
    expect(report.rewind).toEqual({ recordsReadAgain: expect.any(Number), changedTables: 0, newRecords: 0 });
    expect(report.rewind!.recordsReadAgain).toBeGreaterThan(0);
    await removeInfrastructure(stateDir);
  },
  TEST_MS_MAX,
);
