import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { UnitOfWork, CommandHandler, ConfigurationSnapshot } from '@signalbox/messaging';
import type { Readiness } from '@signalbox/service-defaults';
import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Example } from './domain/classifier.js';
import { MODEL_FORMAT, parseModel, type Model } from './domain/model.js';
import { ticketText } from './domain/text.js';
import { ModelStore } from './model.store.js';
import { train, type Training } from './training.js';

const LOOK_MS = 500;
/** After a failure, which the same labelled tickets would most likely bring about again. */
const LOOK_AFTER_FAILURE_MS = 15_000;
/** Fewer tell nothing. */
const EXAMPLES_MIN = 20;
/** Of ten categories 10,000 take 6 s and 0.5 GB; time grows with tickets × categories. Further ones are left out, which the log says. */
const EXAMPLES_MAX = 20_000;

/**
 * The model of the active configuration's labelled tickets. Trained once per set, beside the flow (the result is kept by the set's hash):
 * until it is there, tickets go on without a category and are enriched again afterwards.
 */
@Injectable()
export class Classifier implements OnApplicationBootstrap, BeforeApplicationShutdown {
  model: Model | null = null;
  /** The active labelled tickets have their model, or are too few for one. */
  settled = false;
  readonly #logger = new Logger('Classifier');
  readonly #store: ModelStore;
  #bundle = 0;
  #hash = '';
  #timer: NodeJS.Timeout | undefined;
  #training: Training | undefined;
  #stopped = false;

  private constructor(
    private readonly unit: UnitOfWork,
    private readonly database: DataSource,
  ) {
    this.#store = new ModelStore(database);
  }

  /** With the model of earlier, if there is one, before the first ticket is read. */
  static async open(unit: UnitOfWork, database: DataSource, readiness: Readiness): Promise<Classifier> {
    const classifier = new Classifier(unit, database);
    readiness.require('a classifier of the active labelled tickets', (bundle) => classifier.#bundle >= bundle);
    await classifier.#look(false);
    return classifier;
  }

  onApplicationBootstrap(): void {
    this.#lookIn(0);
  }
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#training?.stop();
  }

  #lookIn(waitMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#look(true).then(
        () => this.#lookIn(LOOK_MS),
        (error: Error) => {
          if (!this.#stopped) this.#logger.error(`no model of the labelled tickets yet: ${error.message}`);
          this.#lookIn(LOOK_AFTER_FAILURE_MS);
        },
      );
    }, waitMs);
  }

  async #look(mayTrain: boolean): Promise<void> {
    const [active] = await this.database.query<{ bundle: number }[]>('select bundle from messaging.active_bundle');
    if (active!.bundle === this.#bundle) return;
    const config = await this.unit.submit(snapshot, undefined);
    const examples = examplesOf(config);
    const hash = hashOf(examples);
    if (examples.length < EXAMPLES_MIN) this.model = null;
    else if (hash !== this.#hash) {
      this.settled = false;
      const model = (await this.#kept(hash)) ?? (mayTrain ? await this.#train(hash, examples) : null);
      if (model === null) return;
      this.model = model;
    }
    this.#hash = hash;
    this.settled = true;
    this.#bundle = config.bundle;
  }

  async #kept(hash: string): Promise<Model | null> {
    try {
      const kept = await this.#store.find(hash);
      return kept === null ? null : parseModel(kept);
    } catch (error) {
      this.#logger.warn(`the kept model ${hash.slice(0, 16)} is of no use: ${(error as Error).message}`);
      return null;
    }
  }

  async #train(hash: string, examples: readonly Example[]): Promise<Model> {
    if (examples.length > EXAMPLES_MAX) this.#logger.warn(`${examples.length} labelled tickets; the first ${EXAMPLES_MAX} are learned`);
    const startedAt = performance.now();
    this.#training = train(examples.slice(0, EXAMPLES_MAX));
    const serialised = await this.#training.model;
    const model = parseModel(serialised);
    this.#logger.log(
      `trained from ${examples.length} labelled tickets in ${Math.round(performance.now() - startedAt)} ms: ${model.version}`,
    );
    await this.#store.keep(hash, model.version, serialised);
    return model;
  }
}

const snapshot: CommandHandler<undefined, ConfigurationSnapshot> = async (commands, { config }) =>
  commands.map(() => ({ events: [], answer: config }));

function examplesOf(config: ConfigurationSnapshot): Example[] {
  const sets = [...config.all('labelled-tickets')].sort(([a], [b]) => (a < b ? -1 : 1));
  return sets.flatMap(([, { tickets }]) =>
    tickets.map(({ category, subject, body }) => ({ category, text: ticketText({ subject, body }) })),
  );
}

/** The same for the same labelled tickets, however they are cut into records. */
function hashOf(examples: readonly Example[]): string {
  const hash = createHash('sha256').update(`${MODEL_FORMAT}`);
  for (const { category, text } of examples) hash.update(JSON.stringify([category, text]));
  return hash.digest('hex');
}
