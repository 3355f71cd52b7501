import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsoleClient } from '../console-client.ts';
import type { Narrator } from './narrator.ts';
import { outcomesOf, type SampleOutcome } from './outcomes.ts';
import type { StartedStack } from './running-stack.ts';
import { readSamples, senderOf, sendSample, type Sample } from './samples.ts';
import type { Witness } from './witness.ts';

export interface SampleSurroundings {
  /** The messages and their index. */
  readonly folder: string;
  readonly stateDir: string;
  readonly witness: Witness;
  readonly narrator: Narrator;
  /** False when nobody works: then a ticket that waits visibly is accounted for. */
  readonly staffed: boolean;
  readonly say: (line: string) => void;
  readonly step: (line: string) => void;
  readonly ending: AbortSignal;
}

interface Judged {
  readonly sample: Sample;
  readonly outcomes: readonly (SampleOutcome | undefined)[];
}

/** Sends the company's sample messages through every door, once per state, and accounts for each by what the topics show. */
export class SampleRun {
  readonly #stack: StartedStack;
  readonly #around: SampleSurroundings;
  readonly #samples: readonly Sample[];
  readonly #senders: ReadonlyMap<string, string>;

  constructor(stack: StartedStack, around: SampleSurroundings) {
    this.#stack = stack;
    this.#around = around;
    this.#samples = readSamples(around.folder);
    this.#senders = new Map(this.#samples.map((sample) => [sample.id, senderOf(sample, around.folder)]));
  }

  /** Whether every message is accounted for, at most two minutes after the last was sent. */
  async complete(): Promise<boolean> {
    const { stateDir, staffed, say, step } = this.#around;
    const file = join(stateDir, 'samples.json');
    if (existsSync(file)) step('the sample messages were sent to this state before (npm run reset wipes it); reading what became of them');
    else {
      if (staffed) await agentsPresent(new ConsoleClient(this.#stack.doors.http, this.#stack.tokens.supervisor));
      step('sending the sample messages through every door');
      await this.#sendAll();
    }
    const judged = await this.#accountFor(120_000);
    this.#summary(judged);
    const outcomes = judged.flatMap(({ outcomes: all }) => all).filter((outcome): outcome is SampleOutcome => outcome !== undefined);
    const missing = judged.filter(({ outcomes: all }) => !all.every(Boolean)).map(({ sample }) => sample.id);
    writeFileSync(file, `${JSON.stringify(outcomes, null, 2)}\n`);
    say(
      missing.length === 0
        ? `\nall ${judged.length} messages are accounted for (${outcomes.length} deliveries)`
        : `\nnot accounted for: ${missing.join(', ')}`,
    );
    return missing.length === 0;
  }

  /** In the order of their index; those that build on another wait for its owner. */
  async #sendAll(): Promise<void> {
    const chains = new Map<string, Promise<void>>();
    for (const sample of this.#samples) {
      const before = sample.after === undefined ? Promise.resolve() : chains.get(sample.after)!.then(() => this.#owned(sample.after!));
      chains.set(
        sample.id,
        before.then(async () => {
          for (let nth = 0; nth < (sample.times ?? 1); nth += 1) await sendSample(sample, this.#around.folder, this.#stack.doors);
        }),
      );
    }
    await Promise.all(chains.values());
  }

  async #owned(id: string): Promise<void> {
    const other = this.#samples.find((sample) => sample.id === id)!;
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) if (this.#outcomesOf(other)[0]) return;
    this.#around.say(`          ${id} has no owner after 60 s; going on`);
  }

  #outcomesOf(sample: Sample): (SampleOutcome | undefined)[] {
    return outcomesOf(sample, this.#senders.get(sample.id)!, this.#around.witness, this.#around.staffed);
  }

  async #accountFor(timeoutMs: number): Promise<Judged[]> {
    const judge = (): Judged[] => this.#samples.map((sample) => ({ sample, outcomes: this.#outcomesOf(sample) }));
    let judged = judge();
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline && !this.#around.ending.aborted; await sleep(200)) {
      judged = judge();
      if (judged.every(({ outcomes }) => outcomes.every(Boolean))) break;
    }
    return judged;
  }

  #summary(judged: readonly Judged[]): void {
    const { say, narrator } = this.#around;
    say('\nmessage           door           outcome      ticket   read from the topics at');
    for (const { sample, outcomes } of judged) {
      for (const outcome of outcomes) {
        const where = outcome ? `${outcome.topic}[${outcome.partition}]@${outcome.offset}` : 'not accounted for';
        const number = outcome?.ticketId ? (narrator.numberOf(outcome.ticketId) ?? '') : '';
        say(`${sample.id.padEnd(17)} ${sample.door.padEnd(14)} ${(outcome?.outcome ?? '?').padEnd(12)} ${number.padEnd(8)} ${where}`);
      }
    }
  }
}

/** Routing can only choose among people who are there. */
async function agentsPresent(supervisor: ConsoleClient): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
    const { agents } = await supervisor.call<{ agents: { presence: string }[] }>('GET', '/board');
    if (agents.length > 0 && agents.filter(({ presence }) => presence === 'online').length >= agents.length) return;
  }
}
