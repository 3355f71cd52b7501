import type { MigrationInterface, QueryRunner } from 'typeorm';

export class MatchByDomain implements MigrationInterface {
  readonly name = 'match-by-domain-1795777200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- In whose rounds a ticket, an agent and a proposal are. A ticket's is derived from facts like the columns beside it.
      alter table routing_ticket add column domain text not null default 'default';
      alter table proposal add column domain text not null default 'default';
      -- bundle: the configuration by which the agent's domain was found. Only a round of that domain lets an agent go to another one.
      alter table routing_agent add column domain text not null default 'default', add column bundle bigint not null default 0;

      drop index routing_ticket_by_priority, routing_ticket_due_try, routing_ticket_tried_xmin, routing_ticket_tried_bundle;
      create index routing_ticket_by_priority on routing_ticket (domain, priority_rank, first_queued_at) where state = 'waiting';
      create index routing_ticket_due_try on routing_ticket (domain, next_try_at) where state = 'waiting';
      create index routing_ticket_tried_xmin on routing_ticket (domain, tried_xmin) where state = 'waiting';
      create index routing_ticket_tried_bundle on routing_ticket (domain, tried_bundle) where state = 'waiting';
      create index routing_agent_domain_changed on routing_agent (domain, changed_xid);
      create index routing_agent_domain_bundle on routing_agent (domain, bundle);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
