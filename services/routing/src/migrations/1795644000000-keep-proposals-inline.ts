import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepProposalsInline implements MigrationInterface {
  readonly name = 'keep-proposals-inline-1795644000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A proposal in flight lives for a second or less: compressing its 4 kB saves nothing.
      alter table proposal alter column event set storage external;
      alter table proposal set (toast_tuple_target = 8160);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
