import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAssignment implements MigrationInterface {
  readonly name = 'create-assignment-1795482600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row per ticket, made by whichever event arrives first; each topic fills only its own columns.
      create table ticket (
        ticket_id text primary key,
        -- intake
        number bigint,
        channel text,
        customer_id text,
        automatic boolean,
        -- enrichment
        category text,
        priority text,
        language text,
        wants_human boolean,
        -- our own; status is null until intake has spoken
        status text check (status in ('new', 'open', 'pending', 'on-hold', 'solved', 'closed')),
        epoch int not null default 1,
        agent_id text,
        units double precision,
        assigned_at timestamptz,
        offer_id text,
        offer_agent_id text,
        offer_expires_at timestamptz,
        granted_proposal_id text,
        priority_override text,
        queue_override text,
        extra_skills jsonb not null default '{}',
        first_queued_at timestamptz,
        relax_from timestamptz,
        excluded_agent_ids text[] not null default '{}',
        solved_at timestamptz,
        solved_how text,
        reopenings int not null default 0,
        pending_answer jsonb,
        check (offer_id is null or (offer_agent_id is not null and offer_expires_at is not null and agent_id is null and status in ('new', 'open'))),
        check (agent_id is null or status in ('open', 'pending', 'on-hold', 'solved', 'closed'))
      ) with (fillfactor = 70);
      create index ticket_offer_due on ticket (offer_expires_at) where offer_id is not null;
      create index ticket_of_owner on ticket (agent_id) where status in ('open', 'pending', 'on-hold');
      create index ticket_solved on ticket (solved_at) where status = 'solved';

      create table agent (
        agent_id text primary key,
        version bigint not null default 0,
        configured boolean not null default false,
        skills jsonb not null default '{}',
        languages jsonb not null default '{}',
        queue_ids text[] not null default '{}',
        units_max double precision not null default 0,
        channel_units_max jsonb not null default '{}',
        presence text not null default 'offline' check (presence in ('online', 'away', 'offline')),
        lease_until timestamptz,
        offline_since timestamptz,
        in_rotation boolean not null default true,
        expired_in_a_row int not null default 0,
        idle_since timestamptz
      ) with (fillfactor = 70);
      create index agent_lease on agent (lease_until) where presence <> 'offline';

      -- The primary key is the promise: a ticket takes units of one agent at most, so it is never owned or offered twice.
      create table hold (
        ticket_id text primary key,
        agent_id text not null,
        units double precision not null check (units >= 0),
        channel text not null,
        state text not null check (state in ('offered', 'assigned')),
        due_at timestamptz
      );
      create index hold_of_agent on hold (agent_id);

      -- The bundle of configuration whose agents were last written into agent.
      create table applied_bundle (
        only_row boolean primary key default true check (only_row),
        bundle int not null
      );
      insert into applied_bundle (bundle) values (0);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
