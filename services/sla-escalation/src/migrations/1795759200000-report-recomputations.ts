import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ReportRecomputations implements MigrationInterface {
  readonly name = 'report-recomputations-1795759200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table recomputation (
        -- 'bundle-N', or the id of the request for a preview.
        id text primary key,
        bundle int not null,
        -- Of a preview: what might be applied.
        documents jsonb,
        cause jsonb,
        started_at timestamptz not null,
        -- The last ticket a preview has looked at.
        after_ticket text not null default '',
        report jsonb not null,
        done boolean not null default false,
        said_at timestamptz not null
      );
      create index recomputation_under_way on recomputation (started_at) where not done;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
