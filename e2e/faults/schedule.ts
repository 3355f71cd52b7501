import type { ServiceName } from '@signalbox/contracts';

/**
 * Where `libs/messaging` may end a process: around the commit of a unit, between the publication of its events and their deletion, and when
 * all that is over but the offsets of what it read.
 */
export const FAIL_POINTS = ['before-commit', 'after-commit', 'published', 'before-offsets'] as const;
export type FailPoint = (typeof FAIL_POINTS)[number];

export type Step =
  | { readonly kind: 'random'; readonly service: ServiceName; readonly afterMs: number }
  | { readonly kind: 'fail-point'; readonly service: ServiceName; readonly point: FailPoint; readonly nth: number }
  | { readonly kind: 'infrastructure'; readonly part: 'kafka' | 'postgres'; readonly afterMs: number; readonly downMs: number };

/** Numbers from 0 to below 1, the same for the same seed. Mulberry32 (T. Ettinger, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Who is killed where, in this order. Long: each service at every fail point and once at random, broker and database twice.
 * Short: each service once, so that every way of dying occurs; broker and database once.
 */
export function scheduleOf(services: readonly ServiceName[], form: 'short' | 'long', random: () => number): Step[] {
  const between = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const ways = ['random', ...FAIL_POINTS] as const;
  const first = between(0, ways.length - 1);
  const stepOf = (service: ServiceName, way: (typeof ways)[number]): Step =>
    way === 'random'
      ? { kind: 'random', service, afterMs: between(100, 1_500) }
      : { kind: 'fail-point', service, point: way, nth: between(1, form === 'short' ? 2 : 5) };
  const steps = services.flatMap((service, index) =>
    form === 'long' ? ways.map((way) => stepOf(service, way)) : [stepOf(service, ways[(first + index) % ways.length]!)],
  );
  for (const part of form === 'long' ? (['kafka', 'kafka', 'postgres', 'postgres'] as const) : (['kafka', 'postgres'] as const))
    steps.push({ kind: 'infrastructure', part, afterMs: between(100, 1_500), downMs: between(500, 4_000) });
  // Fisher-Yates.
  for (let last = steps.length - 1; last > 0; last -= 1) {
    const other = between(0, last);
    [steps[last], steps[other]] = [steps[other]!, steps[last]!];
  }
  return steps;
}
