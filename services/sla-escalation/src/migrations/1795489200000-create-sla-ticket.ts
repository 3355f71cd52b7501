import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSlaTicket implements MigrationInterface {
  readonly name = 'create-sla-ticket-1795489200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table sla_ticket (
        ticket_id text primary key,
        -- What the topics said that clocks care about, keyed '<topic> <version>'. Everything below follows from it, the configuration and the time.
        facts jsonb not null default '{}',
        -- The last event since the last check: what the check says is its consequence.
        cause jsonb,
        -- ClocksChanged as it was last published; null before the first.
        published jsonb,
        -- Warnings, breaches and levels said so far, each once.
        said jsonb not null default '[]',
        -- The configuration of the last check.
        bundle int not null default 0,
        open boolean not null default true,
        -- When the ticket must be looked at again; a new fact sets it to now. Null: only a new fact or configuration can change anything.
        next_check_at timestamptz
      ) with (fillfactor = 80);
      create index sla_ticket_due on sla_ticket (next_check_at) where next_check_at is not null;
      create index sla_ticket_by_bundle on sla_ticket (bundle) where open;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
