import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AuditChannels implements MigrationInterface {
  readonly name = 'audit-channels-1795912200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- By the ticket's event: what the machine granted. By the agent's record: tickets on channels beyond their limit, and how far.
      alter table audited_load add column granted_ticket_id text, add column crowded jsonb`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
