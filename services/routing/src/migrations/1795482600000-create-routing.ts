import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRouting implements MigrationInterface {
  readonly name = 'create-routing-1795482600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Every ticket routing has heard of. facts holds what each topic said; the columns beside it are derived from facts, for the queries.
      create table routing_ticket (
        ticket_id text primary key,
        facts jsonb not null default '{}',
        state text not null default 'unknown' check (state in ('unknown', 'waiting', 'proposed', 'owned', 'gone')),
        priority_rank smallint not null default 2,
        first_queued_at timestamptz,
        ready_at timestamptz,
        -- When a sweep should try a ready ticket that found nobody: its next step of relaxation.
        next_try_at timestamptz,
        owner_agent_id text,
        due_at timestamptz
      ) with (fillfactor = 80);
      create index routing_ticket_by_priority on routing_ticket (priority_rank, first_queued_at) where state = 'waiting';
      create index routing_ticket_by_age on routing_ticket (first_queued_at) where state = 'waiting';
      create index routing_ticket_due_try on routing_ticket (next_try_at) where state = 'waiting';
      create index routing_ticket_due on routing_ticket (due_at) where state = 'owned';

      -- A proposal until its agent's own record shows the ticket. Sent again with the same content while nobody answers.
      create table proposal (
        ticket_id text primary key,
        proposal_id text not null,
        agent_id text not null,
        units numeric not null,
        channel text not null,
        event jsonb not null,
        sent_at timestamptz not null,
        -- Once assignment has said yes: the version of the agent's record that includes it.
        agent_version bigint
      );
      create index proposal_of_agent on proposal (agent_id);
      create index proposal_unanswered on proposal (sent_at) where agent_version is null;

      -- changed_xid lets every instance read only what changed since it looked last.
      create table routing_agent (
        agent_id text primary key,
        state jsonb not null,
        changed_xid xid8 not null default pg_current_xact_id()
      );
      create index routing_agent_changed on routing_agent (changed_xid);

      create table observed (
        agent_id text not null,
        category text not null,
        tickets int not null default 0,
        log_minutes_sum double precision not null default 0,
        rated int not null default 0,
        satisfied int not null default 0,
        changed_xid xid8 not null default pg_current_xact_id(),
        primary key (agent_id, category)
      );
      create index observed_changed on observed (changed_xid);
      -- Who solved a ticket: credited once its category is known too, and again by a rating that comes days later.
      create table solved (
        ticket_id text primary key,
        agent_id text not null,
        log_minutes double precision not null,
        category text
      );

      -- The row that serializes rounds of a domain: locked for the whole round, in the round's own transaction.
      create table matching_domain (
        domain text primary key,
        round bigint not null default 0,
        recorded_xmin xid8,
        rounds_since_checkpoint int not null default 0
      );
      insert into matching_domain (domain) values ('default');`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
