import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotice implements MigrationInterface {
  readonly name = 'create-notice-1795915200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Dismissed ones stay for a while, so that the same word coming by another way does not bring them back.
      create table notice (
        notice_id bigint generated always as identity primary key,
        agent_id text not null,
        ticket_id text not null,
        level int not null,
        cause text not null,
        target text not null default '',
        at timestamptz not null,
        dismissed_at timestamptz,
        unique (agent_id, ticket_id, level, cause, target)
      );
      create index notice_of_agent on notice (agent_id, notice_id);
      create index notice_at on notice (at);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
