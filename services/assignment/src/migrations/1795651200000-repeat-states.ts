import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RepeatStates implements MigrationInterface {
  readonly name = 'repeat-states-1795651200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- How far the walk that says every state again has come. due_at: when its next batch is, or the next walk; null: none planned yet.
      create table state_walk (
        only_row boolean primary key default true check (only_row),
        began_at timestamptz,
        stage text not null default 'agents' check (stage in ('agents', 'tickets')),
        after_id text not null default '',
        due_at timestamptz
      );
      insert into state_walk default values;
      create index ticket_not_ended on ticket (ticket_id) where status in ('new', 'open', 'pending', 'on-hold');`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
