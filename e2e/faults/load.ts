import { setTimeout as sleep } from 'node:timers/promises';
import { ConsoleClient } from '../../tools/console-client.ts';
import type { Submission } from './facts.ts';
import type { FaultySystem } from './system.ts';

const LOOK_MS = 250;
const RETRY_MS = 300;
/** Below the console's lease less the 20 s from which it renews. */
const PRESENCE_MS = 5_000;
const DECLINED_SHARE = 0.15;
/** Of offers that their agent's console never shows. */
const UNSEEN_SHARE = 0.03;
/** Longer than its console may take to confirm it. */
const UNSEEN_MS = 12_000;
const HANDED_ON_SHARE = 0.06;
const WRAPPED_UP_SHARE = 0.5;
/** Of pressing tickets whose owner is at something else for a while, so that somebody is asked to rescue them. */
const LEFT_ALONE_SHARE = 0.5;
const LEFT_ALONE_MS = 8_000;
/** Of looks at which somebody with work asks for more. */
const PULLED_SHARE = 0.03;
/** A supervisor who cannot leave it alone. */
const MEDDLE_MS = 4_000;
/** Of times at which the supervisor finds two tickets to be about one thing. */
const MERGED_SHARE = 0.2;
/** What happens by chance happens at every chance until it was done so often: no round goes without, though something may come between. */
const ALWAYS_UNTIL = 3;
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
  readonly priority?: string;
  readonly owner?: { readonly agentId: string } | null;
  readonly offerId?: string;
  readonly awaitsDelivery?: boolean;
}
interface Colleagues {
  readonly agents: readonly { readonly agentId: string }[];
  readonly queues: readonly { readonly queueId: string }[];
  readonly skills: readonly string[];
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
  /** Offers left unconfirmed on purpose. */
  unseen: number;
  rescued: number;
  pulled: number;
  handedToColleague: number;
  handedOn: number;
  forced: number;
  merged: number;
  wrappedUp: number;
  heldAndResumed: number;
  replied: number;
  solved: number;
  refused: number;
  /** Requests sent again because nobody had answered. */
  repeated: number;
}
/** The console's words for `transfers-exhausted`. */
const TOO_OFTEN = /handed on too often/;
/** Without these a round would have tested less than it says. */
const MUST_HAPPEN = ['accepted', 'declined', 'solved'] as const;

/** The company's people at work through the console's public API, as quickly as it lets them, whatever dies meanwhile. */
export class Agents {
  readonly counts: AgentCounts = {
    accepted: 0,
    declined: 0,
    unseen: 0,
    rescued: 0,
    pulled: 0,
    handedToColleague: 0,
    handedOn: 0,
    forced: 0,
    merged: 0,
    wrappedUp: 0,
    heldAndResumed: 0,
    replied: 0,
    solved: 0,
    refused: 0,
    repeated: 0,
  };
  /** Ids of requests that the console said it had taken. */
  readonly taken = new Set<string>();
  readonly #declined = new Set<string>();
  readonly #clients: ReadonlyMap<string, ConsoleClient>;
  readonly #supervisor: ConsoleClient;
  readonly #leastRoom: string;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  /** Whoever gets this ticket hands it on, until somebody is told that it was handed on too often. */
  #unwanted: string | undefined;
  readonly #handedOnTooOften = new Set<string>();
  #working: Promise<void>[] = [];

  private constructor(
    clients: ReadonlyMap<string, ConsoleClient>,
    supervisor: ConsoleClient,
    unitsMax: Readonly<Record<string, number>>,
    random: () => number,
  ) {
    this.#clients = clients;
    this.#supervisor = supervisor;
    this.#leastRoom = [...clients.keys()].reduce((least, agentId) => (unitsMax[agentId]! < unitsMax[least]! ? agentId : least));
    this.#random = random;
  }

  /** Everybody signs in with a link of their own, and is online when this returns. */
  static async signIn(system: FaultySystem, random: () => number): Promise<Agents> {
    const clients = new Map<string, ConsoleClient>();
    let supervisor = system.admin;
    for (const { kind, name, content } of system.documents) {
      const { role = 'agent' } = content as { role?: string };
      if (kind !== 'agent' || role === 'admin') continue;
      const address = system.addressOf('console');
      const { code } = await system.admin.call<{ code: string }>('POST', '/sign-in-links', { agentId: name });
      const { token } = await new ConsoleClient(address, '').call<{ token: string }>('POST', '/sessions', { code });
      const client = new ConsoleClient(address, token);
      if (role === 'agent') clients.set(name, client);
      else supervisor = client;
    }
    const agents = new Agents(clients, supervisor, system.unitsMax, random);
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
    this.#working = [...[...this.#clients].map(([agentId, console]) => this.#work(agentId, console)), this.#meddle()];
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
          // What the console did not answer while it was being killed is taken up again at the next look.
          work()
            .catch(() => undefined)
            .finally(() => busy.delete(what)),
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
        if (inbox.mine.length > 0 && this.#happens(PULLED_SHARE, this.counts.pulled))
          once('next', async () => {
            if (await this.#ask(console, '/next', {}, `next ${agentId} ${this.#random()}`)) this.counts.pulled += 1;
          });
      } catch {
        // The console or what it stands on is being killed.
      }
      await sleep(LOOK_MS);
    }
    await Promise.all(busy.values());
  }

  /**
   * Gives three tickets at once to one agent, every other time to whoever has the least room: the last goes beyond it. One is
   * taken from a colleague who is at it, if anybody is: of tickets that are mostly solved within seconds, chance alone may miss all.
   */
  async #meddle(): Promise<void> {
    const agentIds = [...this.#clients.keys()];
    let times = 0;
    for (const { signal } = this.#stopping; !signal.aborted; await sleep(MEDDLE_MS, undefined, { signal }).catch(() => undefined)) {
      try {
        const { tickets } = await this.#supervisor.call<{ tickets: InboxTicket[] }>('GET', '/tickets?status=new,open&limit=50');
        times += 1;
        const agentId = times % 2 === 0 ? this.#oneOf(agentIds) : this.#leastRoom;
        const ofColleagues = tickets.filter(({ owner }) => owner && owner.agentId !== agentId);
        const three = new Set([this.#oneOf(ofColleagues), this.#oneOf(tickets), this.#oneOf(tickets)]);
        await Promise.all(
          [...three].map(async (ticket) => {
            if (!ticket) return;
            const wish = { agentId, overAssign: this.#random() < 0.7, reason: 'because I say so' };
            const path = `/tickets/${ticket.ticketId}/assign`;
            if (await this.#ask(this.#supervisor, path, wish, `assign ${ticket.ticketId} ${this.#random()}`)) this.counts.forced += 1;
          }),
        );
        if (this.#happens(MERGED_SHARE, this.counts.merged)) await this.#merge(tickets);
      } catch {
        // The console or what it stands on is being killed.
      }
    }
  }

  /** Whoever is at the one that ends finds it gone. */
  async #merge(tickets: readonly InboxTicket[]): Promise<void> {
    const ticketId = this.#oneOf(tickets.filter((ticket) => ticket.ticketId !== this.#unwanted))?.ticketId;
    const intoTicketId = this.#oneOf(tickets.filter((ticket) => ticket.ticketId !== ticketId))?.ticketId;
    if (ticketId === undefined || intoTicketId === undefined) return;
    const key = `merge ${ticketId} ${this.#random()}`;
    if (await this.#ask(this.#supervisor, `/tickets/${ticketId}/merge`, { intoTicketId }, key)) this.counts.merged += 1;
  }

  async #answerOffer(console: ConsoleClient, { ticketId, offerId, category, owner, awaitsDelivery }: InboxTicket): Promise<void> {
    const others = MAY_BE_DECLINED.includes(category ?? '');
    if (awaitsDelivery) {
      if (others && this.#happens(UNSEEN_SHARE, this.counts.unseen)) {
        this.counts.unseen += 1;
        await this.#sleep(UNSEEN_MS);
        return;
      }
      await console.call('POST', `/tickets/${ticketId}/delivered`, { offerId });
    }
    const decline = others && !this.#declined.has(ticketId) && this.#happens(DECLINED_SHARE, this.counts.declined);
    if (decline) this.#declined.add(ticketId);
    const done = decline
      ? await this.#ask(console, `/tickets/${ticketId}/decline`, { offerId, reason: 'not today' }, `decline ${offerId}`)
      : await this.#ask(console, `/tickets/${ticketId}/accept`, { offerId }, `accept ${offerId}`);
    if (!done) return;
    this.counts[decline ? 'declined' : 'accepted'] += 1;
    if (!decline && owner) this.counts.rescued += 1;
  }

  /** Ways to the end of a ticket; one that is still there afterwards is taken up again, under new keys. */
  async #handle(console: ConsoleClient, agentId: string, { ticketId, status, priority }: InboxTicket): Promise<void> {
    const ask = (verb: string, body: object): Promise<boolean> =>
      this.#ask(console, `/tickets/${ticketId}/${verb}`, body, `${verb} ${agentId} ${ticketId} ${this.#random()}`, (why) => {
        if (TOO_OFTEN.test(why)) this.#handedOnTooOften.add(ticketId);
      });
    if (status !== 'open') {
      await ask('resume', {});
      return;
    }
    const pressing = priority === 'urgent' || priority === 'high';
    if (pressing && this.#happens(LEFT_ALONE_SHARE, this.counts.rescued)) await this.#sleep(LEFT_ALONE_MS);
    if (ticketId === this.#unwanted || this.#happens(HANDED_ON_SHARE, this.counts.handedOn)) {
      this.#unwanted ??= ticketId;
      if (await ask('transfer', { to: await this.#somewhere(console), note: 'Somebody there knows more about this.' })) {
        this.counts.handedOn += 1;
        return;
      }
      if (this.#handedOnTooOften.has(ticketId)) this.#unwanted = undefined;
      else if (ticketId === this.#unwanted) return;
    } else if (this.#happens(HANDED_ON_SHARE, this.counts.handedToColleague)) {
      if (await ask('transfer', { to: await this.#somebody(console), note: 'You know more about this than I do.' })) {
        this.counts.handedToColleague += 1;
        return;
      }
    }
    const way = this.#random();
    if (way < 0.4) {
      if (!(await ask('replies', { text: 'Thank you for writing; it is done.', thenStatus: 'solved' }))) return;
      this.counts.replied += 1;
    } else {
      if (way < 0.5) {
        if (!(await ask('hold', { status: 'pending' }))) return;
        if (!(await ask('resume', {}))) return;
        this.counts.heldAndResumed += 1;
      }
      if (await ask('replies', { text: 'Thank you for writing; I am at it.' })) this.counts.replied += 1;
      if (!(await ask('solve', {}))) return;
    }
    this.counts.solved += 1;
    if (this.#happens(WRAPPED_UP_SHARE, this.counts.wrappedUp) && (await ask('wrap-up-end', {}))) this.counts.wrappedUp += 1;
  }

  /** A queue, or whoever has a skill: nobody can be without room for it. */
  async #somewhere(console: ConsoleClient): Promise<object> {
    const { queues, skills } = await console.call<Colleagues>('GET', '/colleagues');
    return this.#random() < 0.6 ? { queueId: this.#oneOf(queues)?.queueId } : { skills: { [this.#oneOf(skills)!]: 2 } };
  }
  async #somebody(console: ConsoleClient): Promise<object> {
    const { agents } = await console.call<Colleagues>('GET', '/colleagues');
    return { agentId: this.#oneOf(agents)?.agentId };
  }
  #oneOf<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }

  #happens(share: number, before: number): boolean {
    return this.#random() < share || before < ALWAYS_UNTIL;
  }
  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** Asks under one key until somebody says what came of it. False when it was refused, or nobody works any more. */
  async #ask(console: ConsoleClient, path: string, body: object, key: string, refused?: (why: string) => void): Promise<boolean> {
    const headers = { prefer: 'wait=2', 'idempotency-key': key };
    for (let attempt = 0; ; attempt += 1) {
      if (attempt > 0) this.counts.repeated += 1;
      try {
        const { requestId, outcome } = await console.call<{ requestId: string; outcome?: object }>('POST', path, body, headers);
        this.taken.add(requestId);
        if (outcome) return true;
      } catch (error) {
        // 4xx is an answer; anything else is a console that is being killed.
        if (/→ 4\d\d/.test((error as Error).message)) {
          this.counts.refused += 1;
          refused?.((error as Error).message);
          return false;
        }
      }
      if (this.#stopping.signal.aborted) return false;
      await sleep(RETRY_MS);
    }
  }
}
