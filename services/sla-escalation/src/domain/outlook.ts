import type { QueueOutlook, SlaOutlook, Target } from '@signalbox/contracts';
import type { WorkingTime } from './calendar.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
export const HORIZON_MINUTES = 240;
/** Fewer tickets say nothing: what is wider holds. */
export const TICKETS_MIN = 5;
/** Of a target, where nothing has been learned yet. */
export const ASSUMED_SHARE = 0.25;
/** What an owner may be expected to need still, however long they have been at it. */
const RESIDUAL_SHARE = 0.2;
const MARGIN_SHARE = 0.1;
/** One ticket counts at most so many times the mean so far: who went home over an open ticket must not move it. */
const OUTLIER_FACTOR = 5;
const RETOLD_MINUTES = 2;
const RETOLD_SHARE = 0.1;
export const HEARTBEAT_MS = 300_000;

export type Basis = SlaOutlook['data']['basis'];

/** What 1 of long ago still weighs: half of it after every half-life. An instant ahead of `now` weighs 1. */
export function weightOf(at: number, now: number, halfLifeMs: number): number {
  return 2 ** (-Math.max(0, now - at) / halfLifeMs);
}

/**
 * Events an hour, from their exponentially weighted count: a steady rate r weighs r · halfLife / ln 2 (the integral of the weights).
 * Shortly after the first event ever it is too low.
 */
export function perHour(weight: number, halfLifeMs: number): number {
  return (Math.max(0, weight) * Math.LN2) / (halfLifeMs / HOUR_MS);
}

/** Weighted tickets and their weighted minutes. */
export interface Learned {
  readonly tickets: number;
  readonly minutes: number;
}
export interface LearnedOf {
  readonly category?: Learned | undefined;
  readonly queue?: Learned | undefined;
  readonly company?: Learned | undefined;
}

/** A winsorized observation: see OUTLIER_FACTOR. */
export function observed(minutes: number, { tickets, minutes: sum }: Learned): number {
  return tickets < TICKETS_MIN ? minutes : Math.min(minutes, (OUTLIER_FACTOR * sum) / tickets);
}

/** The mean of the narrowest circle with enough tickets; without any, a share of the target. */
export function expectation(learned: LearnedOf, targetMinutes: number): Basis {
  for (const circle of ['category', 'queue', 'company'] as const) {
    const { tickets = 0, minutes = 0 } = learned[circle] ?? {};
    if (Math.round(tickets) >= TICKETS_MIN) return { minutes: minutes / tickets, tickets: Math.round(tickets), of: circle };
  }
  return { minutes: targetMinutes * ASSUMED_SHARE, tickets: 0, of: 'assumed' };
}

/** A response or resolution clock that runs, breached or not. Epoch milliseconds. */
export interface RunningClock {
  readonly target: Target;
  readonly instance: number;
  readonly startedAt: number;
  readonly dueAt: number;
  readonly targetMinutes: number;
  readonly breached: boolean;
}

/** What is left of the expected minutes after so much of them, in ms of counted time; at least the residual. */
export function leftMs(minutes: number, spentMs: number): number {
  return Math.max(minutes * MINUTE_MS - spentMs, minutes * MINUTE_MS * RESIDUAL_SHARE);
}

/**
 * Would the clock be late, were the work that is left begun now? Work goes on in the policy's own counted time: nobody is expected to work
 * while the calendar is closed. Once said, it is taken back only with a margin of a tenth of the expected minutes.
 */
export function ticketOutlook(
  { dueAt }: Pick<RunningClock, 'dueAt'>,
  { minutes, workMs, time, now, told }: { minutes: number; workMs: number; time: WorkingTime; now: number; told: boolean },
): { readonly willBreach: boolean; readonly expectedAt: number } {
  const expectedAt = time.after(now, workMs);
  const clearAt = told ? time.after(now, workMs + minutes * MINUTE_MS * MARGIN_SHARE) : expectedAt;
  return { willBreach: clearAt >= dueAt, expectedAt };
}

/** A waiting ticket's clock: late when begun so late that the work ends at `dueAt` or after. */
export interface WaitingClock {
  readonly dueAt: number;
  readonly workMs: number;
}
export interface WaitingTicket {
  readonly ticketId: string;
  readonly clocks: readonly WaitingClock[];
  readonly time: WorkingTime;
}
export interface QueueLoad {
  /** Those with a clock, in any order. */
  readonly tickets: readonly WaitingTicket[];
  /** All of them. */
  readonly waiting: number;
  readonly agents: number;
  /** Tickets the agents online can have at once, and how many more than they have now. */
  readonly slots: number;
  readonly freeSlots: number;
  readonly arrivalsPerHour: number;
  /** As measured; null: too few to tell. */
  readonly begunPerHour: number | null;
  /** Of a typical ticket: null, nothing is known of one. */
  readonly workMinutes: number | null;
  /** The tightest clock of a typical ticket: its target, and what the work takes of it. */
  readonly typical: { readonly targetMinutes: number; readonly workMinutes: number } | null;
}

/**
 * Tickets an hour that the agents can begin. Little's law (L = λW) turned round: as many as they can have at once, by how long they have each.
 * While all of them are full, what they have begun of late is a better witness, for they may have other queues too; it never exceeds the former.
 */
export function beginningsPerHour({ agents, slots, freeSlots, begunPerHour, workMinutes }: QueueLoad): number {
  if (agents === 0 || slots <= 0) return 0;
  if (workMinutes === null || workMinutes <= 0) return begunPerHour ?? 0;
  const possible = (slots * 60) / workMinutes;
  return freeSlots < 1 && begunPerHour !== null ? Math.min(begunPerHour, possible) : possible;
}

/**
 * When the queue's first breach is due, in minutes from `now`; 0: one is late already; null: none within the horizon.
 * A fluid approximation (Newell, Applications of Queueing Theory, ch. 2: the mean flows, without their chance): tickets are begun in the
 * order of their deadlines, as many at once as agents have room, then one every 1/rate; new ones queue behind. Where more come in than are
 * begun, the line grows by the difference, until a typical new ticket would stand in it for longer than its target allows.
 */
export function queueOutlook(load: QueueLoad, now: number): { readonly breachInMinutes: number | null; readonly ticketId?: string } {
  const rate = beginningsPerHour(load);
  const free = load.agents === 0 ? 0 : Math.max(0, Math.floor(load.freeSlots));
  const first = firstLate(load.tickets, free, rate, now);
  const comingMinutes = typicalLateIn(load, free, rate);
  const waitingMinutes = first ? Math.max(0, first.dueAt - now) / MINUTE_MS : Infinity;
  if (Math.min(waitingMinutes, comingMinutes) > HORIZON_MINUTES) return { breachInMinutes: null };
  return first && waitingMinutes <= comingMinutes
    ? { breachInMinutes: waitingMinutes, ticketId: first.ticketId }
    : { breachInMinutes: comingMinutes };
}

function firstLate(tickets: readonly WaitingTicket[], free: number, rate: number, now: number) {
  const earliest = tickets
    .map((ticket) => ({ ticket, dueAt: Math.min(...ticket.clocks.map(({ dueAt }) => dueAt)) }))
    .sort((a, b) => a.dueAt - b.dueAt || (a.ticket.ticketId < b.ticket.ticketId ? -1 : 1));
  let first: { ticketId: string; dueAt: number } | undefined;
  for (const [nth, { ticket, dueAt: soonest }] of earliest.entries()) {
    if (first && soonest >= first.dueAt) break;
    const before = nth + 1 - free;
    const beginAt = before <= 0 ? now : rate > 0 ? now + (before / rate) * HOUR_MS : Infinity;
    for (const { dueAt, workMs } of ticket.clocks) {
      const late = beginAt >= dueAt || ticket.time.after(beginAt, workMs) >= dueAt;
      if (late && dueAt < (first?.dueAt ?? Infinity)) first = { ticketId: ticket.ticketId, dueAt };
    }
  }
  return first;
}

/**
 * Minutes until the deadline of the first ticket yet to come that is late. One that comes in after s minutes has waiting + (arrivals - rate) · s
 * before it, and is late when these and its own work take longer than its target: solved for s, which is never before the next one comes in.
 */
function typicalLateIn({ waiting, arrivalsPerHour, typical }: QueueLoad, free: number, rate: number): number {
  if (!typical || arrivalsPerHour <= 0) return Infinity;
  const nextMinutes = 60 / arrivalsPerHour;
  const { targetMinutes, workMinutes } = typical;
  if (rate <= 0) return free > 0 ? Infinity : nextMinutes + targetMinutes;
  // Tickets that may still join before one would be late; none where the work alone takes too long, whoever is free. Multiplied out, for
  // rates near 0 would make infinities to divide.
  const places = targetMinutes <= workMinutes ? 0 : ((targetMinutes - workMinutes) * rate) / 60 - (waiting - free);
  const growth = arrivalsPerHour - rate;
  if (places > 0 && growth <= 0) return Infinity;
  return Math.max(nextMinutes, places <= 0 ? 0 : (places / growth) * 60) + targetMinutes;
}

export type QueueSaid = QueueOutlook['data'];

/**
 * Worth saying: a breach comes into sight or goes out of it, its instant moves by more than two minutes and a tenth of what is left, or, after
 * five minutes, anything has changed where something waits. A queue where nothing waits and nobody works is not worth a first word.
 */
export function isNews(before: QueueSaid | null, after: QueueSaid): boolean {
  if (before === null) return after.waiting > 0 || after.agents > 0;
  const [was, is] = [before.breachInMinutes, after.breachInMinutes];
  if ((was === null) !== (is === null)) return true;
  const elapsedMs = Date.parse(after.asOf) - Date.parse(before.asOf);
  if (was !== null && is !== null) {
    const expected = Math.max(0, was - elapsedMs / MINUTE_MS);
    if (Math.abs(is - expected) > Math.max(RETOLD_MINUTES, RETOLD_SHARE * Math.max(expected, is))) return true;
  }
  // Rates fade in silence, too.
  const isQuiet = before.waiting === 0 && after.waiting === 0 && was === null && is === null;
  return !isQuiet && elapsedMs >= HEARTBEAT_MS && JSON.stringify({ ...before, asOf: '' }) !== JSON.stringify({ ...after, asOf: '' });
}
