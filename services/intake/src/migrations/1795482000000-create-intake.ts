import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateIntake implements MigrationInterface {
  readonly name = 'create-intake-1795482000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A person by one address. Random ids: nothing about the person can be told from them.
      create table customer (
        customer_id text primary key,
        channel text not null,
        address text not null,
        name text,
        unique (channel, address)
      );

      create table ticket (
        ticket_id text primary key,
        number bigint generated always as identity unique,
        customer_id text not null,
        channel text not null,
        channel_account text not null,
        subject text not null,
        reply_address text not null,
        conversation text,
        status text not null default 'new',
        created_at timestamptz not null
      );
      -- One running conversation per account and key: the row is the lock that makes concurrent first messages one ticket.
      create table conversation (
        channel_account text not null,
        conversation text not null,
        ticket_id text,
        primary key (channel_account, conversation)
      );

      create table message (
        message_id text primary key,
        ticket_id text not null,
        direction text not null check (direction in ('in', 'out')),
        kind text not null,
        author text not null,
        text text not null,
        provider_message_id text,
        at timestamptz not null
      );
      create index message_of_ticket on message (ticket_id, at);
      create index message_by_provider_id on message (provider_message_id) where provider_message_id is not null;

      create table duplicate_key (
        account text not null,
        key text not null,
        ticket_id text,
        message_id text,
        at timestamptz not null,
        primary key (account, key)
      );
      create index duplicate_key_age on duplicate_key (at);

      -- What really came in, for reprocessing. Larger ones lie in the attachment folder, named by their hash.
      create table raw_original (
        raw_id text primary key,
        door text not null,
        ticket_id text,
        message_id text,
        bytes bytea,
        sha256 text,
        size_bytes int not null,
        quarantine_reason text,
        at timestamptz not null
      );

      -- Messages on their way out, one row until they are delivered or given up.
      create table outgoing (
        message_id text primary key,
        ticket_id text not null,
        kind text not null check (kind in ('reply', 'answer')),
        state text not null check (state in ('waiting', 'sent', 'failed')),
        attempts int not null default 0,
        next_attempt_at timestamptz not null,
        provider_message_id text,
        last_error text
      );
      create index outgoing_due on outgoing (next_attempt_at) where state = 'waiting';`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
