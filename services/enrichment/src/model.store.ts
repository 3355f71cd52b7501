import type { DataSource } from 'typeorm';

/** Those of the latest labelled tickets, to come back to; about 1 MB each. */
const MODELS_MAX = 5;

/** Trained models, by the hash of what they were trained from. */
export class ModelStore {
  constructor(private readonly database: DataSource) {}

  async find(trainingHash: string): Promise<string | null> {
    const [kept] = (await this.database.query('select model from classifier_model where training_hash = $1', [trainingHash])) as {
      model: string;
    }[];
    return kept?.model ?? null;
  }

  async keep(trainingHash: string, version: string, model: string): Promise<void> {
    await this.database.query(
      `insert into classifier_model (training_hash, version, model) values ($1, $2, $3)
       on conflict (training_hash) do update set version = excluded.version, model = excluded.model, trained_at = clock_timestamp()`,
      [trainingHash, version, model],
    );
    await this.database.query(
      `delete from classifier_model where training_hash not in (select training_hash from classifier_model order by trained_at desc limit $1)`,
      [MODELS_MAX],
    );
  }
}
