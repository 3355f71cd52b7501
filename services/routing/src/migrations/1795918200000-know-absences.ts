import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KnowAbsences implements MigrationInterface {
  readonly name = 'know-absences-1795918200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- When an agent was offline, as far as it was heard of: no ticket is worked on meanwhile. The last one is open while it lasts.
      alter table routing_agent add column offline tstzmultirange not null default '{}';`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
