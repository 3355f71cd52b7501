import { removeInfrastructure } from '@signalbox/test-stack';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsoleClient } from '../tools/console-client.ts';
import type { StackFile } from '../tools/stack/stack-file.ts';

/** `npm start` in a folder of its own, used through its public doors only. */
export class RunningSystem {
  stack!: StackFile;
  output = '';
  exitCode: number | null = null;
  readonly stateDir: string;
  readonly #child: ChildProcess;

  private constructor(parameters: readonly string[], env: NodeJS.ProcessEnv, stateDir: string | undefined) {
    this.stateDir = stateDir ?? mkdtempSync(join(tmpdir(), 'signalbox-e2e-'));
    this.#child = spawn(process.execPath, ['--no-warnings', 'tools/start.ts', '--port', '18080', ...parameters], {
      env: { ...process.env, NODE_OPTIONS: '', SIGNALBOX_STATE_DIR: this.stateDir, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
    this.#child.once('exit', (code) => (this.exitCode = code));
  }

  /** Runs `npm start -- …` to its end. */
  static async runToEnd(parameters: readonly string[], env: NodeJS.ProcessEnv = {}, stateDir?: string): Promise<RunningSystem> {
    const system = new RunningSystem(parameters, env, stateDir);
    await once(system.#child, 'exit');
    return system;
  }

  /** Starts it without samples and without demo agents, and waits until it is ready. */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<RunningSystem> {
    const system = new RunningSystem(['--no-samples', '--no-demo-agents'], env, undefined);
    for (const deadline = Date.now() + 90_000; ; await sleep(100)) {
      const file = join(system.stateDir, 'stack.json');
      if (existsSync(file)) {
        system.stack = JSON.parse(readFileSync(file, 'utf8')) as StackFile;
        if (system.stack.ready) return system;
      }
      if (system.#child.exitCode !== null || Date.now() > deadline) throw new Error(`npm start did not become ready:\n${system.output}`);
    }
  }

  /** Of the launcher; everything it started is below it. */
  get pid(): number {
    return this.#child.pid!;
  }

  console(role: keyof StackFile['tokens']): ConsoleClient {
    return new ConsoleClient(this.stack.http, this.stack.tokens[role]);
  }

  /** Signs in as this agent, the way a person does: by a link an admin made. */
  async signIn(agentId: string): Promise<ConsoleClient> {
    const { code } = await this.console('admin').call<{ code: string }>('POST', '/sign-in-links', { agentId });
    const { token } = await new ConsoleClient(this.stack.http, '').call<{ token: string }>('POST', '/sessions', { code });
    return new ConsoleClient(this.stack.http, token);
  }

  async submit(form: { subject: string; body: string; email: string; language: string }): Promise<string> {
    const { email, ...more } = form;
    const response = await fetch(`${this.stack.http}/intake/v1/tickets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customer: { email }, ...more }),
    });
    if (response.status !== 202) throw new Error(`the web form answered ${response.status}: ${await response.text()}`);
    return ((await response.json()) as { ticketId: string }).ticketId;
  }

  /** Asks until the answer is there. @throws Error with the last answer after 30 s. */
  async until<T>(ask: () => Promise<T | undefined | false>, what: string): Promise<T> {
    let last: unknown;
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(100)) {
      try {
        const answer = await ask();
        if (answer) return answer;
        last = answer;
      } catch (error) {
        last = (error as Error).message;
      }
    }
    throw new Error(`${what} did not come true within 30 s; last: ${JSON.stringify(last)}\n${this.output.slice(-2_000)}`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGINT');
    await once(this.#child, 'exit');
  }
  /** Removes what it left behind on the disk, also outside its folder. */
  async clean(): Promise<void> {
    await removeInfrastructure(this.stateDir);
  }
}
