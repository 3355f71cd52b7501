import { setTimeout as sleep } from 'node:timers/promises';
import { ConsoleClient } from '../../tools/console-client.ts';
import type { Submission } from './facts.ts';
import type { FaultySystem } from './system.ts';

const LOOK_MS = 250;
const RETRY_MS = 300;
/** Below the console's lease less the 20 s from which it renews. */
const PRESENCE_MS = 5_000;
const DECLINED_SHARE = 0.15;
/** Acknowledged and sent once more, as a sender does whose answer was lost. */
const SENT_TWICE_SHARE = 0.2;
/** One complaint has two capable people at most; these categories have more. */
const MAY_BE_DECLINED = ['delivery', 'product-question', 'account-access', 'technical-problem'];

interface LabelledTicket {
  readonly subject: string;
  readonly body: string;
}
interface InboxTicket {
  readonly ticketId: string;
  readonly status: string;
  readonly category: string | null;
  readonly offerId?: string;
  readonly awaitsDelivery?: boolean;
}

/** Senders that ask again, under the same key, until they are told that their ticket has been received. */
export class Senders {
  readonly submissions: { key: string; ticketIds: string[] }[] = [];
  readonly #texts: readonly LabelledTicket[];
  readonly #sending: Promise<void>[] = [];
  readonly #system: FaultySystem;
  readonly #random: () => number;
  readonly #stopping: AbortSignal;
  readonly #refusals = new Map<string, string>();
  attempts = 0;

  constructor(system: FaultySystem, random: () => number, stopping: AbortSignal) {
    this.#system = system;
    this.#random = random;
    this.#stopping = stopping;
    this.#texts = system.documents
      .filter(({ kind }) => kind === 'labelled-tickets')
      .flatMap(({ content }) => (content as { tickets: LabelledTicket[] }).tickets)
      // Mails may lack a subject; the web form, which this goes through, may not.
      .filter(({ subject }) => subject.trim() !== '');
  }

  get acknowledged(): number {
    return this.submissions.filter(({ ticketIds }) => ticketIds.length > 0).length;
  }

  /** Begins to send one more ticket; `whenAllSent` waits for all. */
  send(): void {
    const submission = { key: `submission-${this.submissions.length + 1}`, ticketIds: [] as string[] };
    this.submissions.push(submission);
    const { subject, body } = this.#texts[Math.floor(this.#random() * this.#texts.length)]!;
    // Fewer customers than tickets, so that enrichment's history and routing's familiarity have something to tell.
    const email = `customer-${Math.floor(this.#random() * 60)}@example.org`;
    const form = { customer: { email }, subject, body, fields: { submission: submission.key } };
    const times = this.#random() < SENT_TWICE_SHARE ? 2 : 1;
    this.#sending.push(this.#sendUntilTold(submission, form, times));
  }

  async whenAllSent(): Promise<readonly Submission[]> {
    await Promise.all(this.#sending);
    return this.submissions;
  }

  async #sendUntilTold(submission: { key: string; ticketIds: string[] }, form: object, times: number): Promise<void> {
    while (submission.ticketIds.length < times && !this.#stopping.aborted) {
      this.attempts += 1;
      try {
        submission.ticketIds.push(await this.#sendOnce(submission.key, form));
        this.#refusals.delete(submission.key);
      } catch (error) {
        this.#refusals.set(submission.key, (error as Error).message);
        await sleep(RETRY_MS);
      }
    }
  }

  /** @throws Error when the sender was not told that its ticket has been received. */
  async #sendOnce(key: string, form: object): Promise<string> {
    const response = await fetch(`${this.#system.addressOf('intake')}/intake/v1/tickets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(form),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    if (response.status !== 202) throw new Error(`${response.status}: ${text}`);
    return (JSON.parse(text) as { ticketId: string }).ticketId;
  }

  /** Who has not been told yet, and why. */
  waiting(): string {
    const keys = this.submissions.filter(({ ticketIds }) => ticketIds.length === 0).map(({ key }) => key);
    return `${keys.length} wait (${keys
      .slice(0, 5)
      .map((key) => `${key}: ${this.#refusals.get(key) ?? 'its first request has not ended'}`)
      .join('; ')})`;
  }
}

/** What agents were told by the console. */
export interface AgentCounts {
  accepted: number;
  declined: number;
  heldAndResumed: number;
  replied: number;
  solved: number;
  refused: number;
  /** Requests sent again because nobody had answered. */
  repeated: number;
}
/** Without these a round would have tested less than it says. */
const MUST_HAPPEN = ['accepted', 'declined', 'solved'] as const;

/** The company's people at work through the console's public API, as quickly as it lets them, whatever dies meanwhile. */
export class Agents {
  readonly counts: AgentCounts = { accepted: 0, declined: 0, heldAndResumed: 0, replied: 0, solved: 0, refused: 0, repeated: 0 };
  /** Ids of requests that the console said it had taken. */
  readonly taken = new Set<string>();
  readonly #declined = new Set<string>();
  readonly #clients: ReadonlyMap<string, ConsoleClient>;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  #working: Promise<void>[] = [];

  private constructor(clients: ReadonlyMap<string, ConsoleClient>, random: () => number) {
    this.#clients = clients;
    this.#random = random;
  }

  /** Everybody signs in with a link of their own, and is online when this returns. */
  static async signIn(system: FaultySystem, random: () => number): Promise<Agents> {
    const clients = new Map<string, ConsoleClient>();
    for (const { kind, name, content } of system.documents) {
      if (kind !== 'agent' || ((content as { role?: string }).role ?? 'agent') !== 'agent') continue;
      const address = system.addressOf('console');
      const { code } = await system.admin.call<{ code: string }>('POST', '/sign-in-links', { agentId: name });
      const { token } = await new ConsoleClient(address, '').call<{ token: string }>('POST', '/sessions', { code });
      clients.set(name, new ConsoleClient(address, token));
    }
    const agents = new Agents(clients, random);
    await agents.#report('online');
    return agents;
  }

  get size(): number {
    return this.#clients.size;
  }
  /** What nobody did although it belongs to the test. */
  get undone(): string[] {
    return MUST_HAPPEN.filter((what) => this.counts[what] === 0);
  }

  start(): void {
    this.#working = [...this.#clients].map(([agentId, console]) => this.#work(agentId, console));
  }

  /** Everybody ends what they are at and goes offline. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#working);
  }
  /** Nobody is online from here on. */
  async leave(): Promise<void> {
    await this.stop();
    await this.#report('offline');
  }

  async #report(presence: 'online' | 'offline'): Promise<void> {
    await Promise.all([...this.#clients.values()].map((console) => console.call('PUT', '/presence', { presence })));
  }

  async #work(agentId: string, console: ConsoleClient): Promise<void> {
    const busy = new Map<string, Promise<void>>();
    const once = (what: string, work: () => Promise<void>): void => {
      if (!busy.has(what))
        busy.set(
          what,
          work().finally(() => busy.delete(what)),
        );
    };
    let presentUntil = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        if (Date.now() > presentUntil) {
          const { inRotation, onShift } = await console.call<{ inRotation?: boolean; onShift?: boolean | null }>('GET', '/me');
          // Offers ran out while parts were away, or the shift of the sample company is over: a person sees it on the page and comes back.
          const chosen = inRotation === false || onShift === false;
          await console.call('PUT', '/presence', { presence: 'online', chosen });
          presentUntil = Date.now() + PRESENCE_MS;
        }
        const inbox = await console.call<{ offers: InboxTicket[]; mine: InboxTicket[] }>('GET', '/inbox');
        for (const offer of inbox.offers) once(`offer ${offer.offerId}`, () => this.#answerOffer(console, offer));
        for (const ticket of inbox.mine) once(`ticket ${ticket.ticketId}`, () => this.#handle(console, agentId, ticket));
      } catch {
        // The console or what it stands on is being killed.
      }
      await sleep(LOOK_MS);
    }
    await Promise.all(busy.values());
  }

  async #answerOffer(console: ConsoleClient, { ticketId, offerId, category, awaitsDelivery }: InboxTicket): Promise<void> {
    if (awaitsDelivery) await console.call('POST', `/tickets/${ticketId}/delivered`, { offerId });
    // Until one has been declined, so that no round goes without.
    const wanted = this.counts.declined === 0 || this.#random() < DECLINED_SHARE;
    const decline = wanted && MAY_BE_DECLINED.includes(category ?? '') && !this.#declined.has(ticketId);
    if (decline) this.#declined.add(ticketId);
    const done = decline
      ? await this.#ask(console, ticketId, 'decline', { offerId, reason: 'not today' }, `decline ${offerId}`)
      : await this.#ask(console, ticketId, 'accept', { offerId }, `accept ${offerId}`);
    if (done) this.counts[decline ? 'declined' : 'accepted'] += 1;
  }

  /** Three ways to the end of a ticket; a ticket that is still there afterwards is taken up again, under new keys. */
  async #handle(console: ConsoleClient, agentId: string, { ticketId, status }: InboxTicket): Promise<void> {
    const key = (verb: string): string => `${verb} ${agentId} ${ticketId} ${this.#random()}`;
    if (status !== 'open') {
      await this.#ask(console, ticketId, 'resume', {}, key('resume'));
      return;
    }
    const way = this.#random();
    if (way < 0.4) {
      const text = 'Thank you for writing; it is done.';
      if (!(await this.#ask(console, ticketId, 'replies', { text, thenStatus: 'solved' }, key('reply')))) return;
      this.counts.replied += 1;
      this.counts.solved += 1;
      return;
    }
    if (way < 0.5) {
      if (!(await this.#ask(console, ticketId, 'hold', { status: 'pending' }, key('hold')))) return;
      if (!(await this.#ask(console, ticketId, 'resume', {}, key('resume')))) return;
      this.counts.heldAndResumed += 1;
    }
    if (await this.#ask(console, ticketId, 'replies', { text: 'Thank you for writing; I am at it.' }, key('reply')))
      this.counts.replied += 1;
    if (await this.#ask(console, ticketId, 'solve', {}, key('solve'))) this.counts.solved += 1;
  }

  /** Asks under one key until somebody says what came of it. False when it was refused, or nobody works any more. */
  async #ask(console: ConsoleClient, ticketId: string, verb: string, body: object, key: string): Promise<boolean> {
    const headers = { prefer: 'wait=2', 'idempotency-key': key };
    for (let attempt = 0; ; attempt += 1) {
      if (attempt > 0) this.counts.repeated += 1;
      try {
        const path = `/tickets/${ticketId}/${verb}`;
        const { requestId, outcome } = await console.call<{ requestId: string; outcome?: object }>('POST', path, body, headers);
        this.taken.add(requestId);
        if (outcome) return true;
      } catch (error) {
        // 4xx is an answer; anything else is a console that is being killed.
        if (/→ 4\d\d/.test((error as Error).message)) {
          this.counts.refused += 1;
          return false;
        }
      }
      if (this.#stopping.signal.aborted) return false;
      await sleep(RETRY_MS);
    }
  }
}
