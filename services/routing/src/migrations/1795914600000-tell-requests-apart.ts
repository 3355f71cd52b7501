import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TellRequestsApart implements MigrationInterface {
  readonly name = 'tell-requests-apart-1795914600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- "Next for me", or "why has this agent no work?": each until a round has answered it.
      alter table next_request add column kind text not null default 'next' check (kind in ('next', 'why-idle'));`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
