import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { LabelledTickets } from '@signalbox/contracts';
import { UnitOfWork, type CommandHandler, type ConfigurationSnapshot } from '@signalbox/messaging';
import { Readiness } from '@signalbox/service-defaults';
import { createHash } from 'node:crypto';
import { DataSource } from 'typeorm';
import { trainClassifier, type Example } from './domain/classifier.js';
import { MODEL_FORMAT, parseModel, serialiseModel, type Model } from './domain/model.js';
import { ticketText } from './domain/text.js';

const LOOK_MS = 500;
/** Fewer tell nothing. */
const EXAMPLES_MIN = 20;

/**
 * The model of the active configuration's labelled tickets. Trained once per set (about a second for 500 tickets; the result is kept by the
 * set's hash) and never inside a unit of work: until it is there, tickets go on without a category and are enriched again afterwards.
 */
@Injectable()
export class Classifier implements OnApplicationBootstrap, BeforeApplicationShutdown {
  model: Model | null = null;
  readonly #logger = new Logger('Classifier');
  #bundle = 0;
  #hash = '';
  #timer: NodeJS.Timeout | undefined;
  #listeners: (() => void)[] = [];

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(Readiness) readiness: Readiness,
  ) {
    readiness.require('a classifier trained from the active configuration', (bundle) => this.#bundle >= bundle);
  }

  /** True while labelled tickets exist for which there is no model yet. */
  training = false;
  onTrained(listener: () => void): void {
    this.#listeners.push(listener);
  }

  onApplicationBootstrap(): void {
    const look = (): void => {
      this.#look()
        .catch((error: Error) => this.#logger.warn(`cannot look for labelled tickets: ${error.message}`))
        .finally(() => {
          if (this.#timer) this.#timer = setTimeout(look, LOOK_MS);
        });
    };
    this.#timer = setTimeout(look, 0);
  }
  beforeApplicationShutdown(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const [active] = await this.database.query<{ bundle: number }[]>('select bundle from messaging.active_bundle');
    if (active!.bundle === this.#bundle) return;
    const config = await this.unit.submit(snapshot, undefined);
    const examples = examplesOf(config);
    const hash = createHash('sha256').update(JSON.stringify([MODEL_FORMAT, examples])).digest('hex');
    if (hash !== this.#hash && examples.length >= EXAMPLES_MIN) {
      this.training = true;
      this.model = await this.#modelFor(hash, examples);
      this.#hash = hash;
    }
    this.training = false;
    this.#bundle = config.bundle;
    for (const listener of this.#listeners) listener();
  }

  async #modelFor(hash: string, examples: readonly Example[]): Promise<Model> {
    const [kept] = (await this.database.query('select model from classifier_model where training_hash = $1', [hash])) as {
      model: string;
    }[];
    if (kept) return parseModel(kept.model);
    const startedAt = performance.now();
    const model = trainClassifier(examples);
    this.#logger.log(
      `trained from ${examples.length} labelled tickets in ${Math.round(performance.now() - startedAt)} ms: ${model.version}`,
    );
    await this.database.query('insert into classifier_model (training_hash, version, model) values ($1, $2, $3) on conflict do nothing', [
      hash,
      model.version,
      serialiseModel(model),
    ]);
    return model;
  }
}

const snapshot: CommandHandler<undefined, ConfigurationSnapshot> = async (commands, { config }) =>
  commands.map(() => ({ events: [], answer: config }));

function examplesOf(config: ConfigurationSnapshot): Example[] {
  const sets = [...config.all('labelled-tickets').entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set);
  return sets.flatMap((set: LabelledTickets) =>
    set.tickets.map(({ category, subject, body }) => ({ category, text: ticketText({ subject, body }) })),
  );
}
