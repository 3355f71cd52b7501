import type { MigrationInterface, QueryRunner } from 'typeorm';

export class FollowMerges implements MigrationInterface {
  readonly name = 'follow-merges-1796054400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The ticket in which a closed one goes on: what comes in for it belongs there.
      alter table ticket add column merged_into text;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
