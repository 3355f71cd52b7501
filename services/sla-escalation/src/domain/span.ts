import type { WorkingTime } from './calendar.js';

export type PauseReason = 'pending' | 'on-hold';

/** A stretch of a clock's life: it counts ('running') or is paused. `to` null: until something happens. Epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number | null;
  readonly why: 'running' | PauseReason;
}

/** Ends what goes on at `at` (and whatever was planned after it) and goes on with `why` from there. */
export function switchTo(spans: readonly Span[], why: Span['why'], at: number): Span[] {
  const past = spans.filter((span) => span.from < at).map((span) => (span.to === null || span.to > at ? { ...span, to: at } : span));
  const last = past.at(-1);
  if (last?.why === why && last.to === at) return [...past.slice(0, -1), { ...last, to: null }];
  return [...past, { from: at, to: null, why }];
}

/** Pauses from `at`. With a limit left, in ms of counted time, the pause is planned to end by itself when it is used up. */
export function pauseAt(spans: readonly Span[], why: PauseReason, at: number, leftMs: number | null, time: WorkingTime): Span[] {
  const paused = switchTo(spans, why, at);
  if (leftMs === null) return paused;
  const endsAt = time.after(at, Math.max(0, leftMs));
  return endsAt === Infinity ? paused : switchTo(paused, 'running', endsAt);
}

/** The spans as they were until `end`. */
export function until(spans: readonly Span[], end: number): Span[] {
  return spans.filter((span) => span.from < end).map((span) => (span.to === null || span.to > end ? { ...span, to: end } : span));
}

/** Counted time in spans of one kind until `end`, in ms. */
export function msIn(spans: readonly Span[], kind: 'running' | 'paused', end: number, time: WorkingTime): number {
  let sum = 0;
  for (const { from, to, why } of spans) {
    if ((why === 'running') === (kind === 'running') && from < end) sum += time.msBetween(from, to === null || to > end ? end : to);
  }
  return sum;
}

/**
 * The first instant at which `spentMs` have been counted. Null when a pause without an end comes first;
 * Infinity when the calendar does not open for so long.
 */
export function instantAtSpent(spans: readonly Span[], spentMs: number, time: WorkingTime): number | null {
  let leftMs = spentMs;
  for (const { from, to, why } of spans) {
    if (why !== 'running') continue;
    if (to === null) return time.after(from, leftMs);
    const countedMs = time.msBetween(from, to);
    if (leftMs <= countedMs) return time.after(from, leftMs);
    leftMs -= countedMs;
  }
  return null;
}
