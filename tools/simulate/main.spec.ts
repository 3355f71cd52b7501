import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The command itself, as npm runs it. */
function simulate(...parameters: string[]): { status: number | null; stdout: string; stderr: string } {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return spawnSync(process.execPath, ['--no-warnings', 'tools/simulate/main.ts', ...parameters], { encoding: 'utf8', env });
}

const folder = mkdtempSync(join(tmpdir(), 'simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'world.json');

describe('npm run simulate', () => {
  it('writes a world and reports on it as JSON: nothing but JSON on stdout', () => {
    const generated = simulate('generate', '--law', 'routebench', '--seed', '4', '--load', '0.85', '--tickets', '600');
    expect(JSON.parse(generated.stdout)).toMatchObject({ name: 'routebench-4-0.85', seed: 4, tickets: 600 });
    writeFileSync(file, generated.stdout);
    const { stdout, stderr } = simulate('--workload', file, '--compare', '--runs', '2', '--json');
    const report = JSON.parse(stdout) as { runs: number; policies: Record<string, object>; traceHash: string };
    expect(report).toMatchObject({ workload: 'routebench-4-0.85', runs: 2, traceHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    // The fields of the report are a contract.
    const fields = Object.keys(report.policies['least-loaded']!);
    const promised =
      'meanResolutionMinutes p95ResolutionMinutes meanFirstResponseMinutes p95FirstResponseMinutes slaShare slaShareByPriority ' +
      'satisfiedShare reopenedShare abandonedShare giniBusyTime longestWaitMinutesByPriority decisionsPerSecond gapClosure interval95';
    expect(fields).toEqual(expect.arrayContaining(promised.split(' ')));
    expect(stderr).toContain('run 2 of 2: oracle-lp');
  });

  it('says what is wrong, what was given and what is allowed', () => {
    const wrong = (...parameters: string[]): string => {
      const { status, stdout, stderr } = simulate(...parameters);
      expect([status, stdout]).toEqual([2, '']);
      return stderr;
    };
    const generate = ['generate', '--law', 'routebench', '--seed', '1'];
    expect(wrong(...generate, '--load', 'high')).toBe("--load is 'high'; allowed: a number above 0 and below 2\n");
    expect(wrong(...generate)).toBe('--load is missing; allowed: a number above 0 and below 2\n');
    expect(wrong(...generate, '--load', '0.8', '--agents', '2.5')).toContain("--agents is '2.5'; allowed: a whole number from 5 to 2000");
    expect(wrong('generate', '--law', 'other')).toBe("--law is 'other'; known: routebench\n");
    expect(wrong('--workload', join(folder, 'none.json'), '--compare')).toContain('it cannot be read');
    expect(wrong('--workload', file, '--compare', '--fast')).toContain("Unknown option '--fast'");
    writeFileSync(file, '{"name": 3}');
    expect(wrong('--workload', file, '--compare')).toContain('name is 3: ');
  });
});
