import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SampleForGood implements MigrationInterface {
  readonly name = 'sample-for-good-1795921800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What was sampled for the ticket's solution before, which did not last: this one takes its place.
      alter table learning_sample add column instead_of double precision;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
