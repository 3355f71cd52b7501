import { useSyncExternalStore } from 'react';

/** A `Date` header has whole seconds; smaller differences are its rounding. */
const SKEW_MIN_MS = 2_000;
let skewMs = 0;

/** Deadlines are the server's: a desk whose own clock is wrong, or a rehearsal of another day, must still count down rightly. */
export function serverSaid(headers: Headers): void {
  const difference = Date.parse(headers.get('date') ?? '') - Date.now();
  if (!Number.isFinite(difference)) return;
  skewMs = (Math.abs(difference) < SKEW_MIN_MS ? 0 : difference) + Number(headers.get('x-signalbox-clock-offset') ?? 0);
}

export const serverNow = (): number => Date.now() + skewMs;

let second = Math.floor(serverNow() / 1000);
const listeners = new Set<() => void>();
setInterval(() => {
  second = Math.floor(serverNow() / 1000);
  for (const listener of listeners) listener();
}, 1000);
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The server's time in ms, once a second. One timer for all clocks on the page, so they tick together. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => second) * 1000;
