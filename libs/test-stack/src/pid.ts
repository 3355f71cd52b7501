import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The command line of a running process, arguments separated by spaces; undefined when there is none (an ended, unreaped one counts as none). */
export function commandOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined;
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Ends a server that a killed launcher left behind. Ids are reused, so a process whose command line does not name `marker`
 * (our own folder) is somebody else's and is never signalled.
 * @returns whether there was one
 */
export async function stopLeftover(pid: number, marker: string, signal: 'SIGTERM' | 'SIGINT', timeoutMs = 20_000): Promise<boolean> {
  const ours = (): boolean => commandOf(pid)?.includes(marker) ?? false;
  if (!ours()) return false;
  for (const next of [signal, 'SIGKILL'] as const) {
    if (ours()) send(pid, next);
    for (const until = Date.now() + timeoutMs; ours() && Date.now() < until;) await delay(50);
  }
  if (ours()) throw new Error(`process ${pid} (${marker}) is left from an earlier start and does not end; end it by hand: kill -9 ${pid}`);
  return true;
}

/** It may end between the look and the signal. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
