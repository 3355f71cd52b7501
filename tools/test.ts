import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const HELP = `npm test [-- part …]     every test of this repository, on a real Kafka and a real PostgreSQL

parts, in this order (default: all):
  format lint types      prettier, oxlint, tsc over everything
  unit                   *.spec.ts beside the code, and tools/tidy.spec.ts
  int                    services/*/test, libs/*/test: each service with every message delivered twice;
                         e2e/faults: two instances each of routing and assignment, frozen and woken
  e2e                    the running system through its public doors, faults in their short form, the page in Chromium

npm test -- int --only services/routing     only the test files below a folder`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const root = resolve(import.meta.dirname, '..');
const reports = join(root, '.signalbox', 'test-reports');
const only = values.only ? [values.only] : [];
let passed = 0;
let failed = 0;
let skipped = 0;

function command(name: string, program: string, parameters: readonly string[]): void {
  const startedAt = Date.now();
  const { status } = spawnSync(program, parameters, { cwd: root, stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (status === 0) passed += 1;
  else failed += 1;
}

function jest(name: string, config: string, parameters: readonly string[]): void {
  const report = join(reports, `${name}.json`);
  rmSync(report, { force: true });
  // The folder first: an option with a list, such as what to leave out, would take it for one more of its own.
  const { status } = spawnSync('jest', [...only, '--config', config, '--json', '--outputFile', report, ...parameters], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --experimental-vm-modules --no-warnings` },
  });
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numRuntimeErrorTestSuites: number;
      testResults: { assertionResults: { status: string; fullName: string }[] }[];
    };
    // A test may be left out only where its name says what this machine lacks; any other is a hole.
    const leftOut = result.testResults.flatMap((file) => file.assertionResults.filter((one) => one.status === 'pending'));
    const unexplained = leftOut.filter(({ fullName }) => !/\bskipped: \S/.test(fullName));
    passed += result.numPassedTests;
    failed += result.numFailedTests + result.numRuntimeErrorTestSuites + unexplained.length;
    skipped += leftOut.length;
    console.log(
      `${name}: ${result.numPassedTests} passed, ${result.numFailedTests} failed, ${result.numRuntimeErrorTestSuites} could not run, ${leftOut.length} skipped`,
    );
    for (const { fullName } of leftOut) console.log(`  ${fullName}`);
  } catch {
    failed += 1;
    console.log(`${name}: jest ended with ${status} and without a report`);
  }
}

const parts: Record<string, () => void> = {
  format: () => command('format', 'prettier', ['--check', '--log-level', 'warn', '.']),
  lint: () => command('lint', 'oxlint', ['--quiet', '.']),
  types: () => command('types', 'tsc', ['-p', 'tsconfig.json', '--noEmit']),
  unit: () =>
    jest('unit', 'jest.config.js', [
      '--maxWorkers=2',
      '--testPathIgnorePatterns',
      '/node_modules/',
      '/dist/',
      '\\.int\\.spec\\.',
      '\\.e2e\\.spec\\.',
    ]),
  // They wait for brokers and clocks for a good part of their time: one more than the cores of the smallest machine.
  int: () => jest('int', 'jest.int.config.js', ['--maxWorkers=3', '--forceExit']),
  // A whole company each: two at once save two minutes of seven, and what runs by the clock then runs late.
  e2e: () => jest('e2e', 'jest.e2e.config.js', ['--runInBand', '--forceExit']),
};
const unknown = positionals.filter((part) => !(part in parts));
if (unknown.length > 0) {
  console.error(`unknown part '${unknown.join(', ')}'; known: ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}

mkdirSync(reports, { recursive: true });
const wanted = Object.keys(parts).filter((part) => positionals.length === 0 || positionals.includes(part));
if (wanted.some((part) => part === 'int' || part === 'e2e')) command('build', 'npm', ['run', '--silent', 'build']);
for (const part of wanted) parts[part]!();
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
