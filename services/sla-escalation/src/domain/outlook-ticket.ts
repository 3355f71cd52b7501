import { SlaOutlook, type ClocksChanged, type Target, type TicketSnapshot, type TicketStatus } from '@signalbox/contracts';
import type { WorkingTime } from './calendar.js';
import { expectation, leftMs, ticketOutlook, type Basis, type LearnedOf, type RunningClock, type WaitingTicket } from './outlook.js';

const MINUTE_MS = 60_000;
const TARGETS: readonly Target[] = ['firstResponse', 'nextReply', 'resolution'];

/** What was said of a clock that is expected to be late. */
export interface Told {
  readonly target: Target;
  readonly instance: number;
  readonly dueAt: number;
  readonly basis: Basis;
}
/** A ticket as far as outlooks care. Instants in epoch milliseconds. */
export interface OutlookTicket {
  readonly ticketId: string;
  readonly queueId: string;
  readonly category: string | null;
  readonly queueOverride: string | null;
  readonly received: boolean;
  /** Enrichment or assignment has spoken, so its queue is known. */
  readonly placed: boolean;
  readonly status: TicketStatus;
  readonly agentId: string | null;
  /** Since when it waits in its queue, or has its owner; else since its status. */
  readonly since: number;
  /** What its owner has spent on it in its policy's counted time, before `workingSince`; null: it waits for somebody else. */
  readonly workedMs: number;
  readonly workingSince: number | null;
  /** Its owner has replied. */
  readonly replied: boolean;
  /** Name of the policy of its clocks. */
  readonly policy: string | null;
  readonly clocks: readonly RunningClock[];
  readonly told: readonly Told[];
}

export function newTicket(ticketId: string, queueId: string): OutlookTicket {
  return {
    ticketId,
    queueId,
    category: null,
    queueOverride: null,
    received: false,
    placed: false,
    status: 'new',
    agentId: null,
    since: 0,
    workedMs: 0,
    workingSince: null,
    replied: false,
    policy: null,
    clocks: [],
    told: [],
  };
}

/** What an event said. */
export type OutlookFact =
  | { readonly type: 'received'; readonly at: number }
  | { readonly type: 'enriched'; readonly at: number; readonly category: string | null }
  | {
      readonly type: 'assignment';
      readonly at: number;
      readonly ticket: Pick<TicketSnapshot, 'status' | 'agentId' | 'queueOverride'>;
      readonly replied: boolean;
      /** Of an assignment: capacity it takes. */
      readonly units: number | null;
    };

/** `share` -1: what was counted then is taken back, for nobody has to begin it any more. */
export type Flow =
  | { readonly type: 'arrived'; readonly queueId: string; readonly at: number; readonly share: 1 | -1 }
  | { readonly type: 'begun'; readonly queueId: string; readonly at: number; readonly units: number };
export type What = 'work' | 'reply';
export interface Sample {
  readonly what: What;
  readonly category: string | null;
  readonly queueId: string;
  readonly minutes: number;
}
export interface Followed {
  readonly ticket: OutlookTicket;
  readonly flows: readonly Flow[];
  readonly samples: readonly Sample[];
}

export interface Rules {
  queueOf(ticket: Pick<OutlookTicket, 'category' | 'queueOverride'>): string;
  timeOf(policy: string | null): WorkingTime;
}

export function isWaiting({ received, placed, status, agentId }: OutlookTicket): boolean {
  return received && placed && agentId === null && isOpen(status);
}
function isOpen(status: TicketStatus): boolean {
  return status === 'new' || status === 'open';
}

/**
 * One fact more. Flows and samples tell of changes in the order in which they became known here; they feed estimates, never a deadline.
 * Work begins anew with every owner and with every reopening; what is learned is the time of who solved it.
 */
export function follow(before: OutlookTicket, fact: OutlookFact, rules: Rules): Followed {
  const known = told(before, fact);
  const moved = { ...known, queueId: rules.queueOf(known) };
  const begins = moved.agentId !== null && (moved.agentId !== before.agentId || (ended(before.status) && !ended(moved.status)));
  const [waited, waits] = [isWaiting(before), isWaiting(moved)];
  const arrives = waits && (!waited || before.queueId !== moved.queueId);
  const flows: Flow[] = [];
  if (waited && moved.agentId === null && (arrives || !waits))
    flows.push({ type: 'arrived', queueId: before.queueId, at: before.since, share: -1 });
  if (arrives) flows.push({ type: 'arrived', queueId: moved.queueId, at: fact.at, share: 1 });
  const restarts = begins || arrives || (moved.status !== before.status && moved.agentId === null && !waits) || closes(before, moved);
  const after = { ...moved, since: restarts ? fact.at : before.since };
  if (fact.type !== 'assignment') return { ticket: after, flows, samples: [] };
  if (begins && fact.units !== null) flows.push({ type: 'begun', queueId: moved.queueId, at: fact.at, units: fact.units });
  return { flows, ...work(before, after, begins, fact, rules.timeOf(before.policy)) };
}
function ended(status: TicketStatus): boolean {
  return status === 'solved' || status === 'closed';
}
function closes(before: OutlookTicket, after: OutlookTicket): boolean {
  return after.status === 'closed' && before.status !== 'closed';
}

function told(before: OutlookTicket, fact: OutlookFact): OutlookTicket {
  switch (fact.type) {
    case 'received':
      return { ...before, received: true };
    case 'enriched':
      return { ...before, placed: true, category: fact.category };
    default: {
      const { status, agentId, queueOverride } = fact.ticket;
      return { ...before, placed: true, status, agentId, queueOverride };
    }
  }
}

function work(
  before: OutlookTicket,
  after: OutlookTicket,
  begins: boolean,
  { at, replied }: OutlookFact & { type: 'assignment' },
  time: WorkingTime,
): Pick<Followed, 'ticket' | 'samples'> {
  const spentMs = begins ? 0 : spent(before, at, time);
  const works = after.agentId !== null && isOpen(after.status);
  const owned = before.agentId !== null && !begins;
  const of = { category: after.category, queueId: after.queueId, minutes: spentMs / MINUTE_MS };
  const samples: Sample[] = [];
  if (owned && replied && !before.replied) samples.push({ what: 'reply', ...of });
  if (owned && after.status === 'solved' && !ended(before.status)) samples.push({ what: 'work', ...of });
  return {
    ticket: { ...after, workedMs: spentMs, workingSince: works ? at : null, replied: replied || (!begins && before.replied) },
    samples,
  };
}
function spent({ workedMs, workingSince }: OutlookTicket, now: number, time: WorkingTime): number {
  return workedMs + (workingSince === null ? 0 : time.msBetween(workingSince, now));
}

/** The clocks as they stand now. A clock that ended in time takes back what was said of it; what came true is not said again. */
export function noteClocks(
  before: OutlookTicket,
  { clocks, policy }: Pick<ClocksChanged['data'], 'clocks' | 'policy'>,
  now: number,
): { readonly ticket: OutlookTicket; readonly events: SlaOutlook[] } {
  const running = clocks.flatMap(({ target, instance, startedAt, dueAt, targetMinutes, stoppedAt, status }): RunningClock[] => {
    if (stoppedAt !== null || dueAt === null || !TARGETS.includes(target)) return [];
    const breached = status === 'breached';
    return [{ target, instance, startedAt: Date.parse(startedAt), dueAt: Date.parse(dueAt), targetMinutes, breached }];
  });
  const kept: Told[] = [];
  const events: SlaOutlook[] = [];
  for (const one of before.told) {
    const clock = clocks.find(({ target, instance }) => target === one.target && instance === one.instance);
    if (clock?.status === 'running') kept.push(one);
    else if (clock?.status !== 'breached' && clock?.status !== 'met-late')
      events.push(outlookEvent(before.ticketId, one, false, clock?.stoppedAt ? Date.parse(clock.stoppedAt) : now, now));
  }
  return { ticket: { ...before, policy: policy.name, clocks: running, told: kept }, events };
}

/** What is to be said of a ticket's clocks at `now`; breached ones have had their say. */
export function tellOutlook(
  ticket: OutlookTicket,
  learned: Readonly<Record<What, LearnedOf>>,
  time: WorkingTime,
  now: number,
): { readonly told: readonly Told[]; readonly events: SlaOutlook[] } {
  const kept: Told[] = [];
  const events: SlaOutlook[] = [];
  for (const clock of ticket.clocks) {
    const { target, instance, dueAt, breached } = clock;
    const before = ticket.told.find((one) => one.target === target && one.instance === instance);
    if (breached || now >= dueAt) {
      if (before) kept.push(before);
      continue;
    }
    const basis = rounded(expectationOf(clock, learned));
    const { willBreach, expectedAt } = ticketOutlook(clock, {
      minutes: basis.minutes,
      workMs: leftMs(basis.minutes, spentOn(ticket, clock, time, now)),
      time,
      now,
      told: before !== undefined,
    });
    const one: Told = { target, instance, dueAt, basis };
    if (willBreach) kept.push(before ?? one);
    if (willBreach !== (before !== undefined)) events.push(outlookEvent(ticket.ticketId, one, willBreach, expectedAt, now));
  }
  return { told: kept, events };
}

/** A waiting ticket in its queue's line. */
export function inLine(ticket: OutlookTicket, learned: Readonly<Record<What, LearnedOf>>, time: WorkingTime): WaitingTicket {
  const clocks = ticket.clocks.map((clock) => ({ dueAt: clock.dueAt, workMs: expectationOf(clock, learned).minutes * MINUTE_MS }));
  return { ticketId: ticket.ticketId, clocks, time };
}

export function expectationOf({ target, targetMinutes }: RunningClock, learned: Readonly<Record<What, LearnedOf>>): Basis {
  return expectation(learned[target === 'resolution' ? 'work' : 'reply'], targetMinutes);
}

function spentOn(ticket: OutlookTicket, { target, startedAt }: RunningClock, time: WorkingTime, now: number): number {
  if (ticket.agentId === null || ticket.workingSince === null) return 0;
  return target === 'resolution' ? spent(ticket, now, time) : time.msBetween(Math.max(ticket.since, startedAt), now);
}

function outlookEvent(ticketId: string, { target, instance, dueAt, basis }: Told, willBreach: boolean, expectedAt: number, now: number) {
  return SlaOutlook(ticketId, { target, instance, dueAt: iso(dueAt), willBreach, expectedAt: iso(expectedAt), basis, asOf: iso(now) });
}
function rounded(basis: Basis): Basis {
  return { ...basis, minutes: Math.round(basis.minutes * 100) / 100 };
}
/** A calendar that does not open again: as late as can be written down. */
function iso(instant: number): string {
  return new Date(Math.min(instant, Date.UTC(2199, 11, 31))).toISOString();
}
