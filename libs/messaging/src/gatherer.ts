/** Bounds of one unit of work. CPU per event (Node and PostgreSQL) falls from 1.0 ms alone to 0.08 ms at 25 and 0.05 ms at 1,000. */
export interface GatherLimits {
  readonly itemsMax: number;
  readonly bytesMax: number;
  /** Least time from the start of one unit to the start of the next. After a quiet moment the first item waits for nobody. */
  readonly paceMs: number;
  /** A slow unit is followed by a longer gathering, up to this. */
  readonly paceMsMax: number;
}
export const GATHER_LIMITS: GatherLimits = { itemsMax: 1_000, bytesMax: 2_000_000, paceMs: 5, paceMsMax: 100 };

/**
 * A unit costs about as much as twenty of its events, so a machine that is short of time gets fewer and larger units: from one start to
 * the next twice as long as the last one took.
 */
const PACE_BY_DURATION = 2;

/** Collects what arrives from everywhere and hands it over in units, one running at a time. */
export class Gatherer<T extends { readonly bytes: number }> {
  #queue: T[] = [];
  #running = false;
  #lastStartAt = 0;
  #lastDurationMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #idleWaiters: (() => void)[] = [];

  constructor(
    private readonly run: (items: T[]) => Promise<void>,
    private readonly limits: GatherLimits = GATHER_LIMITS,
  ) {}

  /** Items wait in memory; the callers bound them, because each awaits its own (one fetch, one request). */
  add(items: readonly T[]): void {
    for (const item of items) this.#queue.push(item);
    this.#consider();
  }

  get waiting(): number {
    return this.#queue.length;
  }
  get idle(): boolean {
    return !this.#running && this.#queue.length === 0;
  }

  async whenIdle(): Promise<void> {
    while (!this.idle) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  #consider(): void {
    if (this.#running || this.#queue.length === 0 || this.#timer) return;
    const paceMs = Math.max(this.limits.paceMs, Math.min(PACE_BY_DURATION * this.#lastDurationMs, this.limits.paceMsMax));
    const waitMs = this.#queue.length >= this.limits.itemsMax ? 0 : this.#lastStartAt + paceMs - performance.now();
    if (waitMs <= 0) void this.#start();
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (!this.#running) void this.#start();
      }, waitMs);
    }
  }

  async #start(): Promise<void> {
    this.#running = true;
    // Everything that arrives in the same turn of the event loop (all partitions of one fetch) belongs to this unit.
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#lastStartAt = performance.now();
    await this.run(this.#take());
    this.#lastDurationMs = performance.now() - this.#lastStartAt;
    this.#running = false;
    if (this.#queue.length === 0) this.#idleWaiters.splice(0).forEach((resolve) => resolve());
    this.#consider();
  }

  #take(): T[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && count < this.limits.itemsMax) {
      bytes += this.#queue[count]!.bytes;
      if (count > 0 && bytes > this.limits.bytesMax) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }
}
