import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateQueueOutlook implements MigrationInterface {
  readonly name = 'create-queue-outlook-1795914600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table queue_outlook (queue_id text primary key, outlook jsonb not null)');
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
