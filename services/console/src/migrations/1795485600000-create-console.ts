import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateConsole implements MigrationInterface {
  readonly name = 'create-console-1795485600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The truth of all configuration; signalbox.config is its copy. Versions never restart, records never change.
      create table config_record (
        kind text not null,
        name text not null,
        version int not null,
        content jsonb not null,
        applied_at timestamptz not null,
        primary key (kind, name, version)
      );
      -- A sequence never gives a number twice, not even after a rollback: a process may keep a bundle under its number.
      create sequence config_bundle_number as int;
      create table config_bundle (
        bundle int primary key,
        members text[] not null,
        applied_at timestamptz not null,
        applied_by text not null
      );

      -- One column per topic that speaks of a ticket, filled by that topic alone; what follows is derived from them, to search by.
      create table ticket (
        ticket_id text primary key,
        intake jsonb,
        enrichment jsonb,
        knowledge_base jsonb,
        routing jsonb,
        assignment jsonb,
        sla jsonb,
        updated_at timestamptz not null default 'epoch',
        number int,
        customer_id text,
        customer_address text,
        status text not null default 'new',
        agent_id text,
        offer_agent_id text,
        solved_by_agent_id text,
        category text,
        queue_id text,
        first_queued_at timestamptz,
        due_at timestamptz,
        breached boolean not null default false
      ) with (fillfactor = 80);
      -- No index on what changes with every event: then most updates stay on their page and touch no index at all.
      create index ticket_number on ticket (number desc, ticket_id);
      create index ticket_address on ticket (lower(customer_address) text_pattern_ops);
      create index ticket_customer on ticket (customer_id);
      create index ticket_in_work on ticket (queue_id, first_queued_at) where status not in ('solved', 'closed');
      create index ticket_owner on ticket (agent_id) where agent_id is not null;
      create index ticket_offered on ticket (offer_agent_id) where offer_agent_id is not null;

      create table message (
        message_id text primary key,
        ticket_id text not null,
        author text,
        kind text,
        agent_id text,
        text text,
        article jsonb,
        attachments jsonb,
        at timestamptz,
        delivery jsonb,
        words tsvector
      );
      create index message_of_ticket on message (ticket_id, at);
      create index message_words on message using gin (words);

      create table attachment (
        sha256 text not null,
        ticket_id text not null,
        filename text not null,
        content_type text not null,
        size_bytes bigint not null,
        primary key (sha256, ticket_id)
      );

      create table decision (
        ticket_id text not null,
        proposal_id text not null,
        proposal jsonb,
        outcome jsonb,
        primary key (ticket_id, proposal_id)
      );

      create table history (
        ticket_id text not null,
        topic text not null,
        version int not null,
        type text not null,
        words text not null,
        at timestamptz not null,
        primary key (ticket_id, topic, version)
      );

      create table agent_state (
        agent_id text primary key,
        state jsonb not null
      );

      create table note (
        note_id text primary key,
        ticket_id text not null,
        agent_id text not null,
        text text not null,
        at timestamptz not null
      );
      create index note_of_ticket on note (ticket_id, at);

      -- The outcome is the first event caused by the request; null = still on its way.
      create table request (
        request_id text primary key,
        agent_id text not null,
        ticket_id text,
        kind text not null,
        asked_at timestamptz not null,
        outcome jsonb
      );
      create index request_asked on request (asked_at);

      create table presence_lease (
        agent_id text primary key,
        presence text not null,
        lease_until timestamptz not null,
        request_id text not null
      );

      create table sign_in_link (
        code_hash text primary key,
        agent_id text not null,
        made_by text not null,
        expires_at timestamptz not null,
        used_at timestamptz
      );
      create table session (
        session_id text primary key,
        agent_id text not null,
        expires_at timestamptz not null,
        ended_at timestamptz
      );

      -- What the streams tell. Numbered at commit, one transaction after the other: who has read up to n will never
      -- be surprised by a smaller number that commits later.
      create sequence change_sequence;
      create table change (
        id bigint generated always as identity primary key,
        sequence bigint unique,
        about jsonb not null,
        at timestamptz not null default clock_timestamp()
      );
      create function number_change() returns trigger language plpgsql as $body$
      begin
        perform pg_advisory_xact_lock(5106019);
        update change set sequence = nextval('change_sequence') where id = new.id;
        return null;
      end $body$;
      create constraint trigger number_change after insert on change
        deferrable initially deferred for each row execute function number_change();`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
