import type { Priority, SlaPolicy, Target, TicketStatus } from '@signalbox/contracts';
import type { WorkingTime } from './calendar.js';
import { instantAtSpent, msIn, pauseAt, switchTo, until, type PauseReason, type Span } from './span.js';
import { inOrder, type Happening, type TicketFact } from './ticket-fact.js';

const MINUTE_MS = 60_000;

/** What of a policy decides deadlines; the rest is for escalation. */
export type ClockRules = Pick<SlaPolicy, 'targets' | 'resolution' | 'pauseOn' | 'pauseMinutesMax'>;

/** One clock as it stands at an instant. Instants are epoch milliseconds. */
export interface ClockState {
  readonly target: Target;
  /** 1, 2, 3 … per target. */
  readonly instance: number;
  readonly status: 'running' | 'paused' | 'met' | 'breached' | 'met-late' | 'canceled';
  readonly startedAt: number;
  /** Null only while paused. Infinity: the calendar does not open for so long before 2200. */
  readonly dueAt: number | null;
  /** The deadline that was missed; what made it so may have come later (a raised priority). */
  readonly breachedAt: number | null;
  readonly stoppedAt: number | null;
  readonly targetMinutes: number;
  /** Of an internal clock, once it is known: the queue that owes it. */
  readonly queueId?: string | undefined;
  /** Counted until `stoppedAt`, else until now; after a breach too. */
  readonly spentMs: number;
  /** When a pause with a limit ends by itself; else null. */
  readonly resumesAt: number | null;
  /** Its life so far and as planned; the last one is open. Cut at `stoppedAt` when the clock has stopped. */
  readonly spans: readonly Span[];
}

/**
 * All clocks of a ticket at `now`: a pure function of its facts up to then, in whatever order they are given.
 * Empty without a receipt. At most one clock of each target runs at a time.
 */
export function clocksOf(facts: readonly TicketFact[], rules: ClockRules, time: WorkingTime, now: number): ClockState[] {
  const [received, ...later] = inOrder(facts, now);
  if (received?.type !== 'received') return [];
  const ticket = new TicketClocks(received.priority, received.at, rules, time);
  for (const fact of later) ticket.apply(fact, fact.at);
  return ticket.statesAt(now);
}

interface Clock {
  readonly instance: number;
  targetMs: number;
  /** What froze it: `stopped` did what it asked for, `canceled` made it moot. */
  end: { readonly at: number; readonly how: 'stopped' | 'canceled'; readonly spans: readonly Span[] } | null;
}

/** Something owed to the customer, or between queues, since `startedAt`, whether or not there is a target for it at the moment. */
interface Debt {
  readonly target: Target;
  startedAt: number;
  queueId?: string | undefined;
  spans: readonly Span[];
  clocks: Clock[];
  /** False once paid. Total resolution is owed again when the ticket is reopened. */
  open: boolean;
}

const DONE: readonly TicketStatus[] = ['solved', 'closed'];
const ANSWERED: readonly Target[] = ['firstResponse', 'nextReply', 'periodicUpdate'];

class TicketClocks {
  #debts: Debt[] = [];
  readonly #instances: Record<Target, number> = { firstResponse: 0, nextReply: 0, periodicUpdate: 0, resolution: 0, internal: 0 };
  readonly #resolution: Debt;
  readonly #rules: ClockRules;
  readonly #time: WorkingTime;
  #priority: Priority;
  #status: TicketStatus = 'new';
  #answered = false;

  constructor(priority: Priority, receivedAt: number, rules: ClockRules, time: WorkingTime) {
    this.#priority = priority;
    this.#rules = rules;
    this.#time = time;
    this.#owe('firstResponse', receivedAt);
    this.#resolution = this.#owe('resolution', receivedAt);
    this.#owe('internal', receivedAt);
  }

  apply(happening: Happening, at: number): void {
    switch (happening.type) {
      case 'priority':
        this.#priority = happening.value;
        for (const debt of this.#debts) if (debt.open) this.#retarget(debt, at);
        return;
      case 'status':
        return this.#become(happening.value, at);
      case 'reopened':
        return this.#become('open', at);
      case 'customer-replied':
        return this.#hearCustomer(at);
      case 'agent-replied':
        return happening.by === 'human' ? this.#answer(at) : undefined;
      case 'handed-over':
        return this.#handOver(happening.to, at);
      case 'merged-in':
        return this.#age(happening.receivedAt, at);
      case 'merged-away':
        this.#status = 'closed';
        for (const debt of this.#debts) if (debt.open) this.#settle(debt, at, 'canceled');
    }
  }

  statesAt(now: number): ClockState[] {
    return this.#debts.flatMap((debt) => debt.clocks.map((clock) => stateOf(debt, clock, this.#time, now)));
  }

  #owe(target: Target, at: number, queueId?: string): Debt {
    const debt: Debt = { target, queueId, startedAt: at, spans: [{ from: at, to: null, why: 'running' }], clocks: [], open: true };
    this.#debts.push(debt);
    this.#retarget(debt, at);
    return debt;
  }

  /** A closed ticket is beyond replying to: the customer's next message is a ticket of its own. */
  #hearCustomer(at: number): void {
    if (this.#status === 'closed') return;
    if (this.#status !== 'new') this.#become('open', at);
    const waiting = this.#debts.some((debt) => debt.target === 'nextReply' && debt.open);
    if (this.#answered && !waiting) this.#owe('nextReply', at);
  }

  /** A person's public reply: what the customer waited for, and the last sign of life until the next one. */
  #answer(at: number): void {
    this.#answered = true;
    for (const debt of this.#debts) if (debt.open && ANSWERED.includes(debt.target)) this.#settle(debt, at, 'stopped');
    if (!DONE.includes(this.#status)) this.#countOrPause(this.#owe('periodicUpdate', at), at);
  }

  #handOver(queueId: string, at: number): void {
    const current = this.#debts.find((debt) => debt.target === 'internal' && debt.open);
    if (!current || current.queueId === queueId) return;
    if (current.queueId === undefined) current.queueId = queueId;
    else {
      this.#settle(current, at, 'stopped');
      const next = this.#owe('internal', at, queueId);
      this.#countOrPause(next, at);
    }
  }

  /** As old as the elder of two merged tickets: what it still owes since its receipt, it has owed for longer. */
  #age(receivedAt: number, at: number): void {
    for (const debt of this.#debts) {
      if (!debt.open || receivedAt >= debt.startedAt || !(debt.target === 'firstResponse' || debt === this.#resolution)) continue;
      const [first, ...rest] = debt.spans;
      const isRunning = first!.why === 'running';
      debt.spans = isRunning
        ? [{ ...first!, from: receivedAt }, ...rest]
        : [{ from: receivedAt, to: debt.startedAt, why: 'running' }, first!, ...rest];
      debt.startedAt = receivedAt;
      this.#retarget(debt, at);
    }
  }

  #become(status: TicketStatus, at: number): void {
    const wasDone = DONE.includes(this.#status);
    const isDone = DONE.includes(status);
    this.#status = status;
    for (const debt of this.#debts) if (debt.open && debt.target !== 'firstResponse') this.#countOrPause(debt, at);
    if (isDone && !wasDone) this.#finish(at);
    if (wasDone && !isDone) {
      if (this.#rules.resolution === 'total') this.#resume(this.#resolution, at);
      // The queue that had it has it again; what it did before is judged.
      const last = this.#debts.findLast(({ target }) => target === 'internal');
      this.#countOrPause(this.#owe('internal', at, last?.queueId), at);
    }
    if (status === 'closed') for (const debt of this.#debts) if (debt.open) this.#settle(debt, at, 'canceled');
  }

  /** Solved: nobody owes a resolution any more, nor an update. */
  #finish(at: number): void {
    for (const debt of this.#debts) {
      if (!debt.open) continue;
      if (debt === this.#resolution || debt.target === 'internal') this.#settle(debt, at, 'stopped');
      else if (debt.target === 'periodicUpdate') this.#settle(debt, at, 'canceled');
    }
    // Replies that come with the solving owe no update, not even for an instant.
    const isUnborn = ({ target, startedAt }: Debt): boolean => target === 'periodicUpdate' && startedAt === at;
    for (const { clocks } of this.#debts.filter(isUnborn)) this.#instances.periodicUpdate -= clocks.length;
    this.#debts = this.#debts.filter((debt) => !isUnborn(debt));
  }

  #countOrPause(debt: Debt, at: number): void {
    const { pauseOn, pauseMinutesMax } = this.#rules;
    const pause = pauseOn.find((reason): reason is PauseReason => reason === this.#status);
    if (!pause) {
      debt.spans = switchTo(debt.spans, 'running', at);
      return;
    }
    const usedMs = msIn(debt.spans, 'paused', at, this.#time);
    const leftMs = pauseMinutesMax === null ? null : toMs(pauseMinutesMax) - usedMs;
    debt.spans = pauseAt(debt.spans, pause, at, leftMs, this.#time);
  }

  #settle(debt: Debt, at: number, how: 'stopped' | 'canceled'): void {
    debt.open = false;
    debt.spans = switchTo(debt.spans, 'running', at);
    const clock = debt.clocks.at(-1);
    if (clock && !clock.end) clock.end = { at, how, spans: debt.spans };
  }

  /** Solved time counts: total resolution is the time since receipt, so an old ticket may be late the moment it is reopened. */
  #resume(debt: Debt, at: number): void {
    debt.open = true;
    this.#countOrPause(debt, at);
    const clock = debt.clocks.at(-1);
    if (clock?.end?.how !== 'stopped') return this.#retarget(debt, at);
    // Judged before it runs again: a target missed while the ticket was solved is not a breach that binds.
    const missed = isMissed(clock.end.spans, clock.targetMs, clock.end.at, this.#time);
    // Met, and without a target for the priority it has by now, it stays met: it has nothing to run towards.
    if (!missed && this.#minutesFor(debt) === undefined) return;
    clock.end = null;
    this.#retarget(debt, at, missed);
  }

  #minutesFor(debt: Debt): number | undefined {
    return this.#rules.targets[debt.target]?.[this.#priority];
  }

  /** The target of the priority the ticket has now, counted from the start. A missed deadline is never moved later. */
  #retarget(debt: Debt, at: number, missed?: boolean): void {
    const minutes = this.#minutesFor(debt);
    const clock = debt.clocks.at(-1);
    const current = clock && !clock.end ? clock : undefined;
    if (!current) {
      if (minutes !== undefined) debt.clocks.push({ instance: ++this.#instances[debt.target], targetMs: toMs(minutes), end: null });
      return;
    }
    const isBound = missed ?? isMissed(debt.spans, current.targetMs, at, this.#time);
    if (minutes === undefined) {
      if (!isBound) current.end = { at, how: 'canceled', spans: switchTo(debt.spans, 'running', at) };
    } else if (!isBound || toMs(minutes) < current.targetMs) current.targetMs = toMs(minutes);
  }
}

function stateOf(debt: Debt, clock: Clock, time: WorkingTime, now: number): ClockState {
  const { target, queueId } = debt;
  const spans = clock.end ? clock.end.spans : debt.spans;
  const stoppedAt = clock.end?.at ?? null;
  const end = stoppedAt ?? now;
  const deadline = instantAtSpent(spans, clock.targetMs, time);
  const missed = deadline !== null && deadline <= end;
  const today = spans.find((span) => span.from <= now && (span.to === null || span.to > now));
  const paused = !clock.end && !missed && today !== undefined && today.why !== 'running';
  return {
    target,
    instance: clock.instance,
    status: statusOf(clock, missed, paused),
    // Not the debt's: a clock that has stopped keeps its start, though the ticket may since have become older by a merger.
    startedAt: spans[0]!.from,
    dueAt: paused ? null : deadline,
    breachedAt: missed ? deadline : null,
    stoppedAt,
    targetMinutes: clock.targetMs / MINUTE_MS,
    ...(queueId === undefined ? {} : { queueId }),
    spentMs: msIn(spans, 'running', end, time),
    resumesAt: !clock.end && today && today.why !== 'running' ? today.to : null,
    spans: stoppedAt === null ? spans : until(spans, stoppedAt),
  };
}

function statusOf(clock: Clock, missed: boolean, paused: boolean): ClockState['status'] {
  if (clock.end?.how === 'canceled') return missed ? 'breached' : 'canceled';
  if (clock.end) return missed ? 'met-late' : 'met';
  if (missed) return 'breached';
  return paused ? 'paused' : 'running';
}

function isMissed(spans: readonly Span[], targetMs: number, at: number, time: WorkingTime): boolean {
  const deadline = instantAtSpent(spans, targetMs, time);
  return deadline !== null && deadline <= at;
}

function toMs(minutes: number): number {
  return Math.round(minutes * MINUTE_MS);
}
