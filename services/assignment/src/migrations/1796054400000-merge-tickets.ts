import type { MigrationInterface, QueryRunner } from 'typeorm';

export class MergeTickets implements MigrationInterface {
  readonly name = 'merge-tickets-1796054400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The ticket it goes on in. Only what is closed goes on elsewhere, and never in itself.
      alter table ticket add column merged_into text, add check (merged_into is null or (status = 'closed' and merged_into <> ticket_id));`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
