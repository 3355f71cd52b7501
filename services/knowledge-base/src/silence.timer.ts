import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Draft } from '@signalbox/contracts';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';
import { Catalogue } from './catalogue.js';
import { DeflectionStore } from './deflection.store.js';
import { ASSUMED_AFTER_MS, settle } from './domain/deflection.js';

const PERIOD_MS = 1_000;
const TICKETS_MAX = 500;

/** Turns silence into an assumption. The same tick keeps the articles' revisions up with the configuration while no ticket comes. */
@Injectable()
export class SilenceTimer implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Silence');
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.unit
        .submit(this.#look, undefined)
        .catch((error: Error) => this.#logger.warn(`cannot look for silent customers: ${error.message}`))
        .finally(() => (this.#running = undefined));
    }, PERIOD_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  readonly #look: CommandHandler<undefined, void> = async (asked, delivery) => {
    await this.catalogue.indexFor(delivery);
    const store = new DeflectionStore(delivery.tx);
    const { deflections } = await store.claimSilent(new Date(delivery.now.getTime() - ASSUMED_AFTER_MS), TICKETS_MAX);
    const settled = [...deflections.values()].map((deflection) => settle(deflection, delivery.now));
    if (settled.length > 0) await store.save(settled.map(({ deflection }) => deflection));
    const events: Draft[] = settled.flatMap((one) => one.events);
    return asked.map((_, index) => ({ events: index === 0 ? events : [], answer: undefined }));
  };
}
