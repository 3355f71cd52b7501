import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRecomputation implements MigrationInterface {
  readonly name = 'create-recomputation-1795915800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- By bundle-N, or by the id of the request for a preview.
      create table recomputation (key text primary key, preview boolean not null, report jsonb not null, at timestamptz not null);
      create index recomputation_at on recomputation (at);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
