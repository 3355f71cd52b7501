import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TakeInOrder implements MigrationInterface {
  readonly name = 'take-in-order-1795996800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What a round's order looks at: the priority raised by the steps that have come, and from when the ticket is past its maximum age.
      -- rescue_at: from when somebody else may be looked for, null = not. All are derived from facts and policy, like the columns beside them.
      alter table routing_ticket add column order_rank smallint not null default 2, add column over_age_at timestamptz, add column rescue_at timestamptz;
      update routing_ticket set order_rank = priority_rank where state = 'waiting';
      update routing_ticket set rescue_at = now() where state = 'owned';
      create index routing_ticket_by_deadline on routing_ticket (domain, order_rank, due_at, first_queued_at) where state = 'waiting';
      create index routing_ticket_over_age on routing_ticket (domain, over_age_at) where state = 'waiting';

      -- Like changed_xid, but only of changes after which the agent might take what they could not before: they wake what waits.
      alter table routing_agent add column roomier_xid xid8 not null default pg_current_xact_id();
      create index routing_agent_domain_roomier on routing_agent (domain, roomier_xid);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
