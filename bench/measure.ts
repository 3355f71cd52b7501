import { KafkaInspector, type KafkaOptions } from '@signalbox/messaging';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, platform, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_FLAGS } from '../tools/stack/processes.ts';

/** What the figures were measured on; a figure without it says nothing. */
export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: platform(),
  node: process.version,
  java: firstLine('java', ['-version']),
});
function firstLine(program: string, parameters: string[]): string {
  try {
    return execFileSync(program, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n')[0] ?? '';
  } catch {
    return 'not found';
  }
}

/** CPU seconds a process has used so far (Linux /proc; 0 elsewhere). */
export function cpuSecondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    // utime and stime are the 14th and 15th field of the whole line; 100 ticks a second.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/**
 * CPU seconds used so far by all processes below `root`, by what they are, and by this process, the load generator.
 * @param known names of processes that their command does not tell, by pid
 */
export function cpuByProcess(root: number, known: ReadonlyMap<number, string> = new Map()): Map<string, number> {
  const { user, system } = process.cpuUsage();
  const used = new Map<string, number>([['load generator', (user + system) / 1e6]]);
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n');
  const all = lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), args: match[3]! }] : [];
  });
  const below = new Set([root]);
  for (let before = 0; before !== below.size;) {
    before = below.size;
    for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
  }
  for (const { pid, args } of all) {
    if (!below.has(pid) || pid === process.pid) continue;
    const service = /services\/([a-z-]+)\/dist\/main\.js/.exec(args)?.[1];
    const name =
      known.get(pid) ??
      service ??
      (/kafka\.Kafka/.test(args)
        ? 'Kafka'
        : /postgres/.test(args)
          ? 'PostgreSQL'
          : /dev-receiver/.test(args)
            ? 'world outside'
            : 'launcher');
    used.set(name, (used.get(name) ?? 0) + cpuSecondsOf(pid));
  }
  return used;
}

/**
 * Events per second between the first and the last output, so that joining the group does not count; CPU per event of the process, and of
 * what else is to be counted.
 */
export async function throughput(
  kafka: KafkaOptions,
  output: string,
  wanted: number,
  pid: number,
  otherCpuSeconds: () => number = () => 0,
): Promise<{ perSecond: number; cpuMicroseconds: number; otherCpuMicroseconds: number }> {
  const inspector = new KafkaInspector(kafka);
  await inspector.connect();
  let first: { at: number; count: number; cpu: number; otherCpu: number } | undefined;
  for (const deadline = Date.now() + 180_000; Date.now() < deadline; await sleep(20)) {
    const count = Number([...(await inspector.endOffsets([output])).values()].reduce((sum, end) => sum + end, 0n));
    const now = performance.now();
    if (count > 0) first ??= { at: now, count, cpu: cpuSecondsOf(pid), otherCpu: otherCpuSeconds() };
    if (count >= wanted && first) {
      await inspector.disconnect();
      const handled = count - first.count;
      return {
        perSecond: handled / ((now - first.at) / 1000),
        cpuMicroseconds: ((cpuSecondsOf(pid) - first.cpu) / handled) * 1e6,
        otherCpuMicroseconds: ((otherCpuSeconds() - first.otherCpu) / handled) * 1e6,
      };
    }
  }
  throw new Error(`${output} did not reach ${wanted} records within 180 s`);
}

export const peer = (file: string, parameters: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
  processOf(process.execPath, [...NODE_FLAGS, file, ...parameters], env);
/** Its standard input ends with this process. */
export function processOf(program: string, parameters: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(program, parameters, { stdio: ['pipe', 'ignore', 'inherit'], env: { ...process.env, ...env } });
}
export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(timer);
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
