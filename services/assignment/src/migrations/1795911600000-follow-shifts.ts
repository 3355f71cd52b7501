import type { MigrationInterface, QueryRunner } from 'typeorm';

export class FollowShifts implements MigrationInterface {
  readonly name = 'follow-shifts-1795911600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table agent add column shift text check (shift in ('on', 'off', 'overtime')), add column shift_changes_at timestamptz;
      -- Long due: the timer looks at everybody once.
      update agent set shift_changes_at = 'epoch' where configured;
      create index agent_shift_change on agent (shift_changes_at) where shift_changes_at is not null;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
