import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSlaResult implements MigrationInterface {
  readonly name = 'create-sla-result-1795914000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What reports count: one row per clock, decided_at = when it was met or breached, whichever was first.
      create table sla_result (
        ticket_id text not null,
        target text not null,
        instance int not null,
        outcome text not null,
        due_at timestamptz,
        stopped_at timestamptz,
        decided_at timestamptz,
        reason text,
        minutes jsonb,
        agent_id text,
        queue_id text,
        tier text,
        category text,
        channel text,
        primary key (ticket_id, target, instance)
      );
      create index sla_result_decided on sla_result (decided_at) where decided_at is not null;
      -- One row per ticket that a person has answered, or that has ended without.
      create table first_reply (
        ticket_id text primary key,
        received_at timestamptz,
        replied_at timestamptz,
        ended_at timestamptz,
        ended text,
        queue_id text
      );
      create index first_reply_decided on first_reply (coalesce(replied_at, ended_at));`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
