import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOutlook implements MigrationInterface {
  readonly name = 'create-outlook-1795827600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A ticket as far as outlooks care. Everything in it follows from the topics and from the clocks in sla_ticket.
      create table outlook_ticket (
        ticket_id text primary key,
        queue_id text not null,
        category text,
        queue_override text,
        received boolean not null,
        placed boolean not null,
        status text not null,
        agent_id text,
        since_at timestamptz not null,
        worked_ms double precision not null,
        working_since_at timestamptz,
        replied boolean not null,
        policy text,
        clocks json not null,
        told json not null,
        waiting boolean not null,
        -- Of its first clock that concerns an outlook; null: none does.
        due_at timestamptz
      );
      create index outlook_ticket_due on outlook_ticket (queue_id, due_at) where due_at is not null;
      create index outlook_ticket_closed on outlook_ticket (since_at) where status = 'closed';

      -- Counts, all but the first exponentially weighted as of at. They add up, in any order: an instance writes to a slot of its own choice and waits for nobody.
      create table outlook_flow (
        queue_id text not null,
        slot smallint not null,
        -- Of this slot's changes; the slots together have what waits.
        waiting int not null,
        arrived double precision not null,
        begun double precision not null,
        units double precision not null,
        at timestamptz not null,
        primary key (queue_id, slot)
      ) with (fillfactor = 50);
      -- what: work | reply; circle: category | queue | company.
      create table outlook_learned (
        what text not null,
        circle text not null,
        name text not null,
        slot smallint not null,
        tickets double precision not null,
        minutes double precision not null,
        at timestamptz not null,
        primary key (what, circle, name, slot)
      ) with (fillfactor = 50);

      create table outlook_queue (
        queue_id text primary key,
        looked_at timestamptz,
        -- QueueOutlook as it was last published; null before the first.
        said json
      ) with (fillfactor = 50);
      create index outlook_queue_due on outlook_queue (looked_at nulls first);

      create table agent_presence (
        agent_id text primary key,
        version bigint not null,
        presence text not null,
        in_rotation boolean not null,
        on_shift boolean,
        queue_ids text[] not null,
        units_max double precision not null,
        units_used double precision not null,
        -- In rotation and online, since since_at; of the time before known_from nothing is known.
        online boolean not null,
        since_at timestamptz not null,
        known_from timestamptz not null
      ) with (fillfactor = 80);
      -- Stretches that are over. One that goes on is in agent_presence.
      create table agent_online (
        queue_id text not null,
        agent_id text not null,
        from_at timestamptz not null,
        to_at timestamptz not null,
        primary key (queue_id, agent_id, from_at)
      );
      create index agent_online_by_end on agent_online (queue_id, to_at);
      create index agent_online_ended on agent_online (to_at);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
