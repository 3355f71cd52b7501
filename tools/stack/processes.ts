import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessDefinition {
  readonly name: string;
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  /** How long it may take to end by itself before it is killed. */
  readonly stopMs?: number;
}

/**
 * A young generation of fixed size: V8 otherwise gives its pages back whenever a service is quiet for a moment and gets them anew, at 13 µs a
 * page on a virtual machine. Whole tickets a second on such a machine, by turns: 63, 66, 71, 57 with it; 44, 40, 49, 53 without.
 */
export const NODE_FLAGS = ['--enable-source-maps', '--no-warnings', '--min-semi-space-size=16', '--max-semi-space-size=16'];

/** One child process that is started again when it dies, with growing pauses and a visible line. */
export class SupervisedProcess {
  #child: ChildProcess | undefined;
  #stopping = false;
  #exited: Promise<void> = Promise.resolve();
  #log: WriteStream;
  restarts = 0;

  readonly definition: ProcessDefinition;
  readonly #say: (line: string) => void;

  constructor(definition: ProcessDefinition, logDir: string, say: (line: string) => void) {
    this.definition = definition;
    this.#say = say;
    mkdirSync(logDir, { recursive: true });
    this.#log = createWriteStream(join(logDir, `${definition.name}.log`), { flags: 'a' });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    // A group of its own: Ctrl-C reaches the launcher only, which stops everything in order. The open pipe ends it when the launcher dies.
    const child = spawn(process.execPath, [...NODE_FLAGS, this.definition.file], {
      env: {
        ...this.definition.env,
        PATH: process.env['PATH'],
        NODE_ENV: process.env['NODE_ENV'] ?? 'production',
        SIGNALBOX_END_WITH_STDIN: 'true',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    child.stdin!.on('error', () => undefined);
    child.stdout!.pipe(this.#log, { end: false });
    child.stderr!.pipe(this.#log, { end: false });
    const startedAt = Date.now();
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#say(`${this.definition.name} could not be started: ${error.message}`);
        resolve();
      });
      child.once('exit', (code, signal) => {
        resolve();
        if (!this.#stopping) void this.#startAgain(signal ?? `code ${code}`, Date.now() - startedAt);
      });
    });
  }

  async #startAgain(how: string, livedMs: number): Promise<void> {
    this.restarts = livedMs > 60_000 ? 1 : this.restarts + 1;
    // Back-off (ms): 200, 400, 800, … at most 10,000.
    const waitMs = Math.min(100 * 2 ** this.restarts, 10_000);
    this.#say(`${this.definition.name} ended (${how}); starting it again in ${waitMs} ms, log: ${String(this.#log.path)}`);
    await sleep(waitMs);
    if (!this.#stopping) this.start();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it: SIGTERM, and SIGKILL after `stopMs`. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const ended = await Promise.race([this.#exited.then(() => true), sleep(this.definition.stopMs ?? 15_000).then(() => false)]);
    if (!ended) child.kill('SIGKILL');
    await this.#exited;
    this.#log.end();
  }
}

/** Waits until the address answers 200; `false` when it did not within the time. */
export async function answers(url: string, timeoutMs: number): Promise<boolean> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(50)) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return true;
  }
  return false;
}
