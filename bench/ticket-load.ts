import { AssignmentTopic } from '@signalbox/contracts';
import { readEvent, tailTopics } from '@signalbox/messaging';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSystem } from '../e2e/running-system.ts';
import { mintToken } from '../tools/console-client.ts';

/** Below the console's lease of 45 s less the 20 s from which it renews. */
const PRESENCE_EVERY_MS = 15_000;
const REPLY_ATTEMPTS_MAX = 50;
const PROFILE = {
  role: 'agent',
  skills: { accounting: 3, technical: 3, logistics: 3, product: 3, retention: 3 },
  languages: { en: 5, de: 5 },
  queues: ['billing', 'technical', 'orders', 'general'],
  unitsMax: 20,
};
/** What no article answers: a person must, so that every ticket lives its whole life. */
const QUESTIONS = [
  'I am very disappointed and want to complain: your technician cancelled twice and nobody calls back.',
  'My bank statement shows two payments for one order, please look into it.',
  'The motor cuts out on every hill since Tuesday and then stays off for a minute.',
  'I would like to complain about your telephone service, nobody calls back.',
];
const REPLY = { text: 'Your parcel was scanned this morning and arrives tomorrow. Sorry for the wait.', thenStatus: 'solved' };

/** Customers who submit web forms and agents who answer and solve what they are assigned, over the services' public doors. */
export class TicketLoad {
  /** By ticketId, ms of `performance.now()`. */
  readonly acknowledgedAt = new Map<string, number>();
  readonly assignedAt = new Map<string, number>();
  readonly solved = new Set<string>();
  /** Forms and replies that were not taken. */
  refused = 0;
  #submitted = 0;
  #stopping = false;
  #present: Promise<void> = Promise.resolve();
  #stopTail: () => Promise<void> = async () => undefined;
  readonly #keepAlive = new Agent({ keepAlive: true, maxSockets: 64 });

  readonly #system: RunningSystem;
  readonly #tokens: ReadonlyMap<string, string>;

  private constructor(system: RunningSystem, tokens: ReadonlyMap<string, string>) {
    this.#system = system;
    this.#tokens = tokens;
  }

  static async start(system: RunningSystem, agents: number): Promise<TicketLoad> {
    const ids = Array.from({ length: agents }, (_, index) => `bench-${String(index).padStart(5, '0')}`);
    for (let from = 0; from < agents; from += 200) {
      const some = ids.slice(from, from + 200);
      const documents = some.map((name) => ({
        kind: 'agent',
        name,
        content: { ...PROFILE, name, email: `${name}@example.com` },
        file: '',
      }));
      await system.console('admin').apply(documents);
    }
    const { jwt } = JSON.parse(readFileSync(join(system.stateDir, 'secrets.json'), 'utf8')) as { jwt: string };
    const tokens = new Map(await Promise.all(ids.map(async (id) => [id, await mintToken(jwt, id, 'agent')] as const)));
    const load = new TicketLoad(system, tokens);
    await system.until(async () => (await load.#report(ids.at(-1)!)) < 300, 'the last agent known');
    await load.#allPresent();
    load.#present = load.#stayPresent();
    load.#stopTail = await tailTopics({
      brokers: system.stack.kafkaBrokers,
      clientId: 'bench',
      topics: [AssignmentTopic.name],
      fromBeginning: false,
      onRecord: (record) => load.#onAssignment(readEvent(record, AssignmentTopic) as never),
    });
    return load;
  }

  get onTheirWay(): number {
    return this.#submitted - this.solved.size - this.refused;
  }

  async submit(): Promise<void> {
    const nth = (this.#submitted += 1);
    const form = {
      customer: { email: `customer-${nth % 5000}@example.com` },
      subject: `Order ${100_000 + nth}`,
      body: `${QUESTIONS[nth % QUESTIONS.length]} Order number ${100_000 + nth}.`,
      language: 'en',
    };
    const { status, text } = await this.#call('intake', 'POST', '/intake/v1/tickets', form).catch(() => ({ status: 0, text: '' }));
    if (status === 202) this.acknowledgedAt.set((JSON.parse(text) as { ticketId: string }).ticketId, performance.now());
    else this.refused += 1;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#present;
    await this.#stopTail();
    this.#keepAlive.destroy();
  }

  #onAssignment({ type, ticketId, data }: { type: string; ticketId: string; data: { agentId: string } }): void {
    if (type === 'TicketSolved') this.solved.add(ticketId);
    if (type !== 'TicketAssigned') return;
    if (!this.assignedAt.has(ticketId)) this.assignedAt.set(ticketId, performance.now());
    void this.#reply(ticketId, data.agentId);
  }

  /** The console may hear of an assignment a moment after we do; an agent's page would only show it then. */
  async #reply(ticketId: string, agentId: string): Promise<void> {
    for (let attempt = 0; attempt < REPLY_ATTEMPTS_MAX && !this.#stopping; attempt += 1) {
      const answer = await this.#call('console', 'POST', `/api/v1/tickets/${ticketId}/replies`, REPLY, agentId).catch(() => undefined);
      if (answer && answer.status < 300) return;
      await sleep(200);
    }
    this.refused += 1;
  }

  async #report(agentId: string): Promise<number> {
    return (await this.#call('console', 'PUT', '/api/v1/presence', { presence: 'online' }, agentId)).status;
  }
  async #allPresent(): Promise<void> {
    const ids = [...this.#tokens.keys()];
    for (let from = 0; from < ids.length; from += 20)
      await Promise.all(ids.slice(from, from + 20).map((id) => this.#report(id).catch(() => 0)));
  }
  /** Spread over the time there is, as a thousand pages would be. */
  async #stayPresent(): Promise<void> {
    const ids = [...this.#tokens.keys()];
    const pauseMs = PRESENCE_EVERY_MS / ids.length;
    for (let nth = 0, dueAt = performance.now(); !this.#stopping; nth += 1) {
      void this.#report(ids[nth % ids.length]!).catch(() => 0);
      dueAt += pauseMs;
      const waitMs = dueAt - performance.now();
      if (waitMs > 1) await sleep(waitMs);
    }
  }

  /** Straight to the service: the front door is a tool of this machine, not part of the product. */
  #call(service: string, method: string, path: string, body: unknown, agentId?: string): Promise<{ status: number; text: string }> {
    const headers = { 'content-type': 'application/json', ...(agentId && { authorization: `Bearer ${this.#tokens.get(agentId)}` }) };
    return new Promise((resolve, reject) => {
      const url = new URL(path, this.#system.stack.services[service]!.http);
      const outgoing = request(url, { method, agent: this.#keepAlive, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      outgoing.once('error', reject);
      outgoing.end(JSON.stringify(body));
    });
  }
}
