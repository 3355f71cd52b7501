import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LearnFromWork implements MigrationInterface {
  readonly name = 'learn-from-work-1795689000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Older tickets count for less, so counts are no whole numbers any more. Times that are not on the log scale: what a mean ticket costs;
      -- for what was seen before, mean ÷ median of times that vary by as much as their mean.
      alter table observed
        alter column tickets type double precision,
        alter column rated type double precision,
        alter column satisfied type double precision,
        add column minutes_sum double precision not null default 0,
        add column returned double precision not null default 0;
      update observed set minutes_sum = tickets * exp(log_minutes_sum / tickets) * sqrt(2) where tickets > 0;

      -- A ticket that comes back is counted against who solved it, once per solution; ids are kept, so that a second word changes nothing.
      alter table solved add column minutes double precision, add column solved_at timestamptz, add column returned boolean not null default false;

      -- How busy an agent has been: solved per minute and share of the time, both fading by the day from at on.
      create table agent_load (
        agent_id text primary key,
        per_minute double precision not null default 0,
        busy_share double precision not null default 0,
        at timestamptz not null,
        changed_xid xid8 not null default pg_current_xact_id()
      );
      create index agent_load_changed on agent_load (changed_xid);

      -- How long tickets take that come back.
      create table came_back (
        only_row boolean primary key default true check (only_row),
        tickets double precision not null default 0,
        minutes double precision not null default 0
      );
      insert into came_back default values;

      -- Which of an agent's two pools a proposal takes from.
      alter table proposal add column interruptible boolean not null default false;

      -- "Next for me", until a round has answered it.
      create table next_request (
        request_id text primary key,
        agent_id text not null,
        asked_at timestamptz not null,
        cause jsonb not null
      );

      -- Proposals within the policy's fairness window; empty where the policy has none.
      create table given (agent_id text not null, at timestamptz not null);
      create index given_at on given (at);

      -- How long tickets took that were decided by what was learned, and those that were held out from it: single ones until they are summed up.
      create table learning_sample (
        id bigint generated always as identity primary key,
        held_out boolean not null,
        minutes double precision not null
      );
      create table learning_arm (
        held_out boolean primary key,
        tickets double precision not null default 0,
        minutes_sum double precision not null default 0,
        squares_sum double precision not null default 0
      );
      insert into learning_arm (held_out) values (false), (true);

      -- What rounds decide by is numbered and recorded, as the changes since the record before.
      alter table matching_domain
        add column snapshot bigint not null default 0,
        add column snapshot_xmin xid8,
        add column snapshots_since_checkpoint int not null default 0,
        -- Learning did harm when the last snapshot was made: it holds nothing of single agents.
        add column left_alone boolean not null default false;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
