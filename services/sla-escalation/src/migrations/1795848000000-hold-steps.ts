import type { MigrationInterface, QueryRunner } from 'typeorm';

export class HoldSteps implements MigrationInterface {
  readonly name = 'hold-steps-1795848000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What quiet hours hold back: whom it comes to is found when they end. Notifications held before have their recipients already.
      create table held_step (
        step_id text primary key,
        ticket_id text not null,
        level int not null,
        cause text not null,
        target text,
        -- The policy's words for whom to tell.
        words json not null,
        notice json not null,
        send_at timestamptz not null
      );
      create index held_step_due on held_step (send_at);
      create index held_step_by_ticket on held_step (ticket_id);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
