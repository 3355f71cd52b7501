import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepSkillsOfTransfers implements MigrationInterface {
  readonly name = 'keep-skills-of-transfers-1795912200000';

  async up(runner: QueryRunner): Promise<void> {
    // What was demanded until now cannot be told apart, and stays as an escalation's.
    await runner.query(`alter table ticket add column transfer_skills jsonb not null default '{}'`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
