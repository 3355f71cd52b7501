import type { MigrationInterface, QueryRunner } from 'typeorm';

export class WakeWaiting implements MigrationInterface {
  readonly name = 'wake-waiting-1795486200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- By what a ticket was last tried in vain: every agent's change below tried_xmin, and this configuration. Any later one wakes it.
      alter table routing_ticket add column tried_xmin xid8, add column tried_bundle bigint;
      create index routing_ticket_tried_xmin on routing_ticket (tried_xmin) where state = 'waiting';
      create index routing_ticket_tried_bundle on routing_ticket (tried_bundle) where state = 'waiting';
      drop index routing_ticket_by_age;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
