import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RateSatisfaction implements MigrationInterface {
  readonly name = 'rate-satisfaction-1795650000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- solved_by: who solved it last. rated_agent_id: whom the latest rating was about.
      alter table ticket
        add column was_solved boolean not null default false,
        add column solved_by text,
        add column score smallint check (score between 1 and 5),
        add column rated_agent_id text;
      update ticket set was_solved = true where status in ('solved', 'closed');`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
