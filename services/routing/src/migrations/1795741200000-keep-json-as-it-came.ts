import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepJsonAsItCame implements MigrationInterface {
  readonly name = 'keep-json-as-it-came-1795741200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Hardly a statement looks inside: to take them apart when they are written and to put them together when they are read is time lost.
      alter table routing_ticket alter column facts drop default, alter column facts type json, alter column facts set default '{}';
      alter table proposal alter column event type json;
      alter table proposal alter column event set storage external;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
