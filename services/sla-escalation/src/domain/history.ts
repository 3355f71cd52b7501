import type { Priority, Target, TicketStatus } from '@signalbox/contracts';
import type { Terms } from './policy.js';

interface Told {
  /** Epoch ms. */
  readonly at: number;
  /** These two order events of one instant; without them the given order holds. */
  readonly topic?: string | undefined;
  readonly version?: number | undefined;
}
/**
 * What moves a ticket's clocks, in the calculation's own words; all instants are epoch ms.
 * `customer-replied` is a person's message (no auto-reply, no bounce), `agent-replied` what went out to the customer and by whom.
 * `deflected`: solved by an automatic answer. `merged`: this ticket ended in another; `absorbed`: another, received then, ended in this.
 * `policy`: from here on this policy and calendar hold for every clock that still runs.
 */
export type TicketEvent = Told &
  (
    | { readonly type: 'received'; readonly priority: Priority }
    | { readonly type: 'priority'; readonly value: Priority }
    | { readonly type: 'status'; readonly value: TicketStatus }
    | { readonly type: 'agent-replied'; readonly by: string }
    | { readonly type: 'customer-replied' | 'note' | 'reopened' | 'deflected' | 'merged' }
    | { readonly type: 'absorbed'; readonly receivedAt: number }
    | { readonly type: 'policy'; readonly terms: Terms }
  );

/** Instants [from, to); `to` is Infinity while it lasts. */
export interface Span {
  readonly from: number;
  to: number;
}
export interface Hold extends Span {
  readonly status: 'pending' | 'on-hold';
}
/** A customer waits for a person's word. `end` says whether it came, or can no longer come. */
export interface Wait {
  readonly target: Target;
  readonly startedAt: number;
  readonly stoppedAt: number | null;
  readonly end: 'met' | 'canceled' | null;
}
interface Dated<T> {
  readonly at: number;
  readonly value: T;
}

/** A ticket's events, sorted out by what they mean for clocks. Every list is in order of time. */
export interface History {
  readonly priorities: readonly Dated<Priority>[];
  readonly terms: readonly Dated<Terms>[];
  readonly holds: readonly Hold[];
  readonly solved: readonly Span[];
  /** First response and next replies, one after the other. */
  readonly waits: readonly Wait[];
  /** Null until the ticket was received. */
  readonly startedAt: number | null;
  readonly mergedAt: number | null;
}

function inOrder(a: TicketEvent, b: TicketEvent): number {
  if (a.at !== b.at) return a.at - b.at;
  const [topicA, topicB] = [a.topic ?? '', b.topic ?? ''];
  if (topicA !== topicB) return topicA < topicB ? -1 : 1;
  return (a.version ?? 0) - (b.version ?? 0);
}

/** Reads what happened up to and including `now`. The order in which events arrived does not matter, only what they say. */
export function historyOf(events: readonly TicketEvent[], terms: Terms, now: number): History {
  const reader = new Reader(terms);
  for (const event of events.filter(({ at }) => at <= now).sort(inOrder)) reader.read(event);
  return reader.history();
}

class Reader {
  readonly #priorities: Dated<Priority>[] = [];
  readonly #terms: Dated<Terms>[];
  readonly #holds: Hold[] = [];
  readonly #solved: Span[] = [];
  readonly #waits: Wait[] = [];
  #open: { target: Target; startedAt: number } | null = null;
  #startedAt: number | null = null;
  #mergedAt: number | null = null;
  #status: TicketStatus = 'new';
  #answeredByPerson = false;

  constructor(terms: Terms) {
    this.#terms = [{ at: -Infinity, value: terms }];
  }

  read(event: TicketEvent): void {
    const { at } = event;
    if (this.#mergedAt !== null) return;
    switch (event.type) {
      case 'priority':
        this.#priorities.push({ at, value: event.value });
        return;
      case 'policy':
        this.#terms.push({ at, value: event.terms });
        return;
      case 'received':
        if (this.#startedAt !== null) return;
        this.#startedAt = at;
        if (this.#priorities.length === 0) this.#priorities.push({ at, value: event.priority });
        this.#await(at);
        return;
      case 'status':
        this.#become(event.value, at);
        if (event.value === 'closed') this.#answer(at, 'canceled');
        return;
      case 'customer-replied':
        if (this.#status === 'pending' || this.#status === 'on-hold') this.#become('open', at);
        this.#await(at);
        return;
      case 'agent-replied':
        if (event.by !== 'human' || this.#startedAt === null) return;
        this.#answeredByPerson = true;
        this.#answer(at, 'met');
        return;
      case 'reopened':
        this.#become('open', at);
        if (!this.#answeredByPerson) this.#await(at);
        return;
      case 'deflected':
        this.#become('solved', at);
        this.#answer(at, 'canceled');
        return;
      case 'merged':
        this.#mergedAt = at;
        this.#answer(at, 'canceled');
        return;
      case 'absorbed':
        this.#startEarlier(event.receivedAt);
        return;
      case 'note':
    }
  }

  history(): History {
    const waits = this.#open ? [...this.#waits, { ...this.#open, stoppedAt: null, end: null }] : this.#waits;
    const priorities = this.#priorities;
    return {
      priorities,
      terms: this.#terms,
      holds: this.#holds,
      solved: this.#solved,
      waits,
      startedAt: this.#startedAt,
      mergedAt: this.#mergedAt,
    };
  }

  /** One wait at a time: until a person has answered, every message belongs to the first response; then to the oldest unanswered one. */
  #await(at: number): void {
    if (this.#startedAt === null || this.#open) return;
    this.#open = { target: this.#answeredByPerson ? 'nextReply' : 'firstResponse', startedAt: at };
  }

  #answer(at: number, end: 'met' | 'canceled'): void {
    if (this.#open) this.#waits.push({ ...this.#open, stoppedAt: at, end });
    this.#open = null;
  }

  #become(status: TicketStatus, at: number): void {
    if (status === this.#status) return;
    const hold = this.#holds.at(-1);
    if (hold?.to === Infinity) hold.to = at;
    if (status === 'pending' || status === 'on-hold') this.#holds.push({ from: at, to: Infinity, status });
    const ends = status === 'solved' || status === 'closed';
    const last = this.#solved.at(-1);
    if (ends && last?.to !== Infinity) this.#solved.push({ from: at, to: Infinity });
    if (!ends && last?.to === Infinity) last.to = at;
    this.#status = status;
  }

  /** The survivor of a merge answers for the older ticket's wait too; what has already stopped stays as it is. */
  #startEarlier(receivedAt: number): void {
    if (this.#startedAt === null || receivedAt >= this.#startedAt) return;
    if (this.#open?.target === 'firstResponse') this.#open.startedAt = receivedAt;
    if (this.#solved.at(-1)?.to !== Infinity) this.#startedAt = receivedAt;
  }
}
