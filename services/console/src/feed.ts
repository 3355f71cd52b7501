import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UnitOfWork } from '@signalbox/messaging';
import { DataSource } from 'typeorm';
import { changesAfter, keptChanges, type Change } from './change.store.js';

/** What other instances commit is seen after so long at most; what this one commits, at once. */
const POLL_MS = 250;
const CHANGES_MAX = 50;

interface Listener {
  /** False while nobody listens: then changes need not be read at all. */
  readonly wants: () => boolean;
  readonly tell: (changes: readonly Change[]) => Promise<void>;
}

/** Follows the table of changes, this instance's and the others', and tells each change once and in order. */
@Injectable()
export class Feed implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #listeners: Listener[] = [];
  readonly #waiters = new Map<string, () => void>();
  readonly #logger = new Logger('Feed');
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #position = 0;

  constructor(
    private readonly database: DataSource,
    private readonly unit: UnitOfWork,
  ) {}

  /** Everything up to here has been told to every listener that wanted it. */
  get position(): number {
    return this.#position;
  }

  /** Listeners are called one after the other; the next changes are told when they are done. */
  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Resolves when the request has an outcome, or after the time. Call it before the request is stored. */
  async requestDone(requestId: string, timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiters.set(requestId, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#waiters.delete(requestId);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#position = (await keptChanges(this.database.manager)).last;
    this.unit.onReport((report) => {
      if (report.records > report.skipped || report.commands > 0) this.#wake();
    });
    this.#timer = setInterval(() => this.#wake(), POLL_MS);
  }

  async onModuleDestroy(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#polling;
    for (const resolve of this.#waiters.values()) resolve();
  }

  get #wanted(): boolean {
    return this.#waiters.size > 0 || this.#listeners.some((listener) => listener.wants());
  }

  #wake(): void {
    this.#again = true;
    this.#polling ??= this.#follow().finally(() => (this.#polling = undefined));
  }

  async #follow(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        if (!this.#wanted) {
          const { last } = await keptChanges(this.database.manager);
          // Whoever came in the meantime has taken the old position for the place to start from.
          if (!this.#wanted) this.#position = Math.max(this.#position, last);
          else this.#again = true;
          continue;
        }
        const changes = await changesAfter(this.#position, CHANGES_MAX, this.database.manager);
        if (changes.length === CHANGES_MAX) this.#again = true;
        if (changes.length === 0) continue;
        for (const change of changes) for (const one of change.about) if (one.kind === 'request') this.#waiters.get(one.id)?.();
        for (const listener of this.#listeners) await listener.tell(changes);
        this.#position = changes.at(-1)!.sequence;
      } catch (error) {
        // The database is away: the next poll tries again, from the same place.
        this.#logger.debug(`changes cannot be read: ${(error as Error).message}`);
      }
    }
  }
}
