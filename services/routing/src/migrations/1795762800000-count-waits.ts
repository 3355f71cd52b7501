import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CountWaits implements MigrationInterface {
  readonly name = 'count-waits-1795762800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Where and since when a ticket waits for an agent. Null unless the policy's overflow looks at that queue's service level.
      alter table routing_ticket add column waits_in text, add column waits_since timestamptz;
      create index routing_ticket_waits on routing_ticket (waits_in, waits_since) where waits_since is not null;

      -- Waits of those queues that ended with an agent, for a day.
      create table waited (queue_id text not null, at timestamptz not null, minutes double precision not null);
      create index waited_in on waited (queue_id, at) include (minutes);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
