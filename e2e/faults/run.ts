import { Logger } from '@nestjs/common';
import { ServiceName } from '@signalbox/contracts';
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../../bench/measure.ts';
import { runRound, type RoundReport } from './round.ts';

const HELP = `npm run test:faults -- [options]    kills every part of a running Signalbox while tickets flow, and checks what became of them

  --rounds N    how often, each on a fresh system (default 1)
  --seed N      of the first round; the next ones count on (default 1)
  --tickets N   in each round (default 500; 40 with --short)
  --short       each service dies once, the broker and the database once
  --json FILE   the report
  --keep        leaves the state folder (data, logs) of each round behind`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    tickets: { type: 'string' },
    short: { type: 'boolean', default: false },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

/** @throws Error naming the option and what is allowed. */
function wholeNumber(name: string, text: string, max: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > max) throw new Error(`--${name} is '${text}'; allowed: 1 to ${max}`);
  return number;
}

// What our own Kafka clients meet while the broker is away is no news here.
Logger.overrideLogger(['error', 'fatal']);
const root = resolve(import.meta.dirname, '../..');
const rounds = wholeNumber('rounds', options.rounds, 100);
const firstSeed = wholeNumber('seed', options.seed, 2 ** 31);
const tickets = wholeNumber('tickets', options.tickets ?? (options.short ? '40' : '500'), 5_000);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stopping.signal.aborted) console.log(`\n${signal}: stopping …`);
    stopping.abort(new Error(`ended by ${signal}`));
  });
}

const reports: RoundReport[] = [];
for (let nth = 0; nth < rounds && !stopping.signal.aborted; nth += 1) {
  const stateDir = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-faults-')));
  const startedAt = Date.now();
  const say = (line: string): void => console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  console.log(`round ${nth + 1} of ${rounds}, seed ${firstSeed + nth}, ${tickets} tickets${options.keep ? `, in ${stateDir}` : ''}`);
  const report = await runRound({
    root,
    stateDir,
    services: ServiceName.options,
    seed: firstSeed + nth,
    tickets,
    form: options.short ? 'short' : 'long',
    keep: options.keep,
    say,
    stopping: stopping.signal,
  });
  reports.push(report);
  say(report.problems.length === 0 ? 'every promise was kept' : `${report.problems.length} PROBLEMS:\n  ${report.problems.join('\n  ')}`);
}

const passed = reports.length === rounds && reports.every(({ problems }) => problems.length === 0);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ passed, machine: machine(), rounds: reports }, null, 2)}\n`);
console.log(passed ? `passed: ${rounds} of ${rounds} rounds` : 'FAILED');
process.exit(passed ? 0 : 1);
