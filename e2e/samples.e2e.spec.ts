import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackFile } from '../tools/stack/stack-file.ts';
import { RunningSystem } from './running-system.ts';

interface SampleOutcome {
  id: string;
  outcome: string;
  offset: string;
}
const samplesOf = (system: RunningSystem): SampleOutcome[] =>
  JSON.parse(readFileSync(join(system.stateDir, 'samples.json'), 'utf8')) as SampleOutcome[];
const outcomes = (samples: readonly SampleOutcome[]) => samples.map(({ id, outcome }) => `${id}: ${outcome}`);
const ended = ({ exitCode, output }: RunningSystem) => ({ exitCode, output: exitCode === 0 ? '' : output });

/** Milliseconds from now to the next Sunday at 03:00 in UTC. */
function untilSundayNight(): number {
  const now = new Date();
  const sunday = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + ((7 - now.getUTCDay()) % 7 || 7), 3);
  return sunday - now.getTime();
}

const EVERYTHING = [
  'double-charge: assigned',
  'password: answered',
  'motor: assigned',
  'wrong-part: assigned',
  'wrong-part: duplicate',
  'battery: assigned',
  'charger: assigned',
  'reply: reply',
  'cut-off: dead-letter',
  'complaint-chat: assigned',
  'complaint-web: assigned',
  'complaint-mail: assigned',
];

it('npm start -- --once accounts for every sample message, and again on the same state', async () => {
  const first = await RunningSystem.runToEnd(['--once']);
  expect(ended(first)).toEqual({ exitCode: 0, output: '' });
  expect(outcomes(samplesOf(first))).toEqual(EVERYTHING);
  for (const sample of samplesOf(first)) expect(sample.offset).toMatch(/^\d+$/);
  const stack = StackFile.parse(JSON.parse(readFileSync(join(first.stateDir, 'stack.json'), 'utf8')));
  expect(stack.ready).toBe(false);
  const again = await RunningSystem.runToEnd(['--once'], {}, first.stateDir);
  expect(ended(again)).toEqual({ exitCode: 0, output: '' });
  expect(outcomes(samplesOf(again))).toEqual(EVERYTHING);
  await first.clean();
});

it('comes out the same on a Sunday at 03:00', async () => {
  const sunday = await RunningSystem.runToEnd(['--once'], { SIGNALBOX_CLOCK_OFFSET_MS: String(untilSundayNight()) });
  expect(ended(sunday)).toEqual({ exitCode: 0, output: '' });
  expect(outcomes(samplesOf(sunday))).toEqual(EVERYTHING);
  await sunday.clean();
});
