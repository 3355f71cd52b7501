import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AskForRescues implements MigrationInterface {
  readonly name = 'ask-for-rescues-1796050800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- An escalation wants this owned ticket offered to somebody else. Derived from facts; few are so, and every round looks for them.
      alter table routing_ticket add column rescue_asked boolean not null default false;
      create index routing_ticket_rescue_asked on routing_ticket (rescue_at) where rescue_asked;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
