import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Classifier } from './classifier.js';
import { Enricher } from './enricher.js';
import { TicketStore } from './ticket.store.js';

const TICKETS_MAX = 200;
/** The safety net for rows marked by another instance or skipped while locked; ordinarily a handler wakes it. */
const SWEEP_MS = 1_000;

/** Enriches tickets again whose facts have changed, and those nobody could classify when they came. */
@Injectable()
export class EnrichAgainTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('EnrichAgainTimer');
  #alarm: NodeJS.Timeout | undefined;
  #running = false;
  #awake = false;
  #stopped = false;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(Classifier) private readonly classifier: Classifier,
    @Inject(Enricher) private readonly enricher: Enricher,
  ) {}

  onApplicationBootstrap(): void {
    this.#runIn(0);
  }
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#alarm);
  }

  /** Looks in the next unit of work, after the commit of the one that wakes it. */
  wake(): void {
    this.#awake = true;
    if (!this.#running) this.#runIn(0);
  }

  #runIn(waitMs: number): void {
    clearTimeout(this.#alarm);
    if (!this.#stopped) this.#alarm = setTimeout(() => void this.#run(), waitMs);
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#awake = false;
    const found = await this.unit.submit(this.#enrichAgain, undefined).catch((error: Error) => {
      this.#logger.warn(`tickets to enrich again wait: ${error.message}`);
      return 0;
    });
    this.#running = false;
    this.#runIn(this.#awake || found === TICKETS_MAX ? 0 : SWEEP_MS);
  }

  readonly #enrichAgain: CommandHandler<undefined, number> = async (asked, delivery) => {
    const tickets = new TicketStore(delivery.tx);
    const { model, settled } = this.classifier;
    let rows = await tickets.claimStale(model !== null || settled, TICKETS_MAX);
    // Only when nothing else waits: a row may be both.
    if (rows.length === 0 && model !== null) rows = await tickets.claimUnclassified(delivery.now, TICKETS_MAX);
    const events = await this.enricher.enrich(rows, delivery);
    return asked.map((_, index) => ({ events: index === 0 ? events : [], answer: rows.length }));
  };
}
