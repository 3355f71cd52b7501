import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RememberLastAssignment implements MigrationInterface {
  readonly name = 'remember-last-assignment-1795911000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table agent add column last_assigned_at timestamptz');
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
