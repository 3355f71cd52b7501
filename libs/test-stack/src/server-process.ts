import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerCommand {
  name: string;
  command: string;
  args: readonly string[];
  /** Signal that makes it stop cleanly. */
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** Its standard output and error. */
  outputFile: string;
  /** What to show when it does not start, the most telling last. */
  logFiles: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Another user to run as; only root may ask. */
  runAs?: { uid: number; gid: number } | undefined;
  /** Whether it answers; asked every 50 ms. Throws when waiting is of no use. */
  ready: () => Promise<boolean>;
  startTimeoutMs: number;
  /** Called with its id at once, before it answers. */
  onSpawn?: (pid: number) => void;
}

export interface ServerProcess {
  readonly pid: number;
  /** How it ended, for a person to read. */
  readonly ended: Promise<string>;
  /** Asks, waits 20 s, then insists. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

const STOP_SECONDS_MAX = 20;

/**
 * The shell leaves a watchdog behind and becomes the server, so the server stays our direct child and there is no moment without a watchdog.
 * The watchdog reads a pipe that only the launcher holds: end of file means the launcher died (kill -9 included) and the server is ended;
 * a line means the server itself has ended and its id may already be another's.
 * Forked twice, so that the server never finds a child it does not know: PostgreSQL would take a failing one for a crashed backend.
 */
const WATCHED = `
signal=$1; seconds=$2; shift 2; server=$$
( (
  trap '' INT TERM HUP
  read -r _ <&3 && exit 0
  kill -s "$signal" "$server" || exit 0
  while [ "$seconds" -gt 0 ]; do sleep 1; kill -0 "$server" || exit 0; seconds=$((seconds - 1)); done
  kill -s KILL "$server"
) >/dev/null 2>&1 & )
exec "$@" 3<&-`;

/** Starts a server in a process group of its own (Ctrl-C goes to the launcher alone, which stops servers in order) and waits until it answers. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const output = openSync(server.outputFile, tooLarge(server.outputFile) ? 'w' : 'a', 0o600);
  const signal = server.stopSignal.replace('SIG', '');
  const child = spawn(
    '/bin/sh',
    ['-c', WATCHED, 'signalbox-watchdog', signal, String(STOP_SECONDS_MAX), server.command, ...server.args],
    // The folder we stand in may be one the other user may not enter.
    { ...server.runAs, detached: true, cwd: '/', env: server.env, stdio: ['ignore', output, output, 'pipe'] },
  );
  closeSync(output);
  const pipe = child.stdio[3] as Writable & { unref?: () => void };
  pipe.on('error', () => undefined); // the watchdog itself was killed
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => {
      pipe.end('ended\n');
      resolve(by ? `killed by ${by}` : `exit code ${code}`);
    });
  });
  // A launcher that has nothing else to do may end; the watchdog then ends the server.
  child.unref();
  pipe.unref?.();
  const running = {
    pid: child.pid ?? 0,
    ended,
    stop: () => stop(child, ended, server),
    kill: () => signalUntilEnded(child, ended, 'SIGKILL', server.name),
  };
  if (child.pid) server.onSpawn?.(child.pid);
  await untilReady(server, running);
  return running;
}

async function untilReady(server: ServerCommand, running: ServerProcess): Promise<void> {
  let end: string | undefined;
  void running.ended.then((how) => (end = how));
  for (const until = Date.now() + server.startTimeoutMs; ; await delay(50)) {
    const answers = end === undefined && (await server.ready().catch((error: Error) => error));
    if (answers === true && end === undefined) return;
    if (answers === false && end === undefined && Date.now() < until) continue;
    const why = end ?? (answers instanceof Error ? answers.message : `no answer in ${server.startTimeoutMs / 1000} s`);
    if (end === undefined) await running.kill();
    throw new Error(`${server.name} did not start (${why}). ${lastLines(server.logFiles)}`);
  }
}

/** The last lines of each log that has any. */
export function lastLines(files: readonly string[], linesMax = 15): string {
  const tails = files.map((file) => ({ file, text: tail(file, linesMax) })).filter(({ text }) => text !== '');
  return tails.map(({ file, text }) => `Last lines of ${file}:\n${text}`).join('\n') || 'It logged nothing.';
}

function tail(file: string, linesMax: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-linesMax).join('\n');
  } catch {
    return '';
  }
}

/** 10 MB: then the next start begins it anew. */
function tooLarge(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 10_000_000;
}

async function stop(child: ChildProcess, ended: Promise<string>, { stopSignal, name }: ServerCommand): Promise<void> {
  child.kill(stopSignal);
  if (!(await within(ended, STOP_SECONDS_MAX * 1000))) await signalUntilEnded(child, ended, 'SIGKILL', name);
}

async function signalUntilEnded(child: ChildProcess, ended: Promise<string>, signal: NodeJS.Signals, name: string): Promise<void> {
  child.kill(signal);
  if (!(await within(ended, 5_000))) throw new Error(`${name} (process ${child.pid}) does not end after ${signal}`);
}

async function within(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([work.then(() => true), delay(timeoutMs, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
