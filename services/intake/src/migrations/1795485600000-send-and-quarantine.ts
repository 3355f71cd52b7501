import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SendAndQuarantine implements MigrationInterface {
  readonly name = 'send-and-quarantine-1795485600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The same person by web form and by mail; but a number means one person on WhatsApp and another one on Telegram.
      alter table customer rename column channel to namespace;

      create index ticket_of_conversation on ticket (channel_account, conversation) where conversation is not null;

      -- The order of messages, for widgets that ask what came after the last one they have.
      alter table message add column position bigint generated always as identity;

      -- The content lies in the attachment folder under its hash; it was there before this row.
      create table attachment (
        attachment_id text primary key,
        message_id text not null,
        ticket_id text not null,
        filename text not null,
        content_type text not null,
        size_bytes bigint not null,
        sha256 text not null
      );
      create index attachment_of_message on attachment (message_id);

      create index raw_original_quarantined on raw_original (at desc) where quarantine_reason is not null;

      -- A long text is several messages of a provider: pieces_sent says where to go on, provider_message_ids who they are.
      alter table outgoing
        drop column provider_message_id,
        add column position bigint generated always as identity,
        add column pieces_sent int not null default 0,
        add column provider_message_ids text[] not null default '{}',
        add column sent_at timestamptz;
      create index outgoing_of_ticket on outgoing (ticket_id, position);
      create index outgoing_by_provider_id on outgoing using gin (provider_message_ids);

      -- A provider may say that a message failed before its answer to our sending has been stored.
      create table early_failure (
        channel_account text not null,
        provider_message_id text not null,
        reason text not null,
        at timestamptz not null,
        primary key (channel_account, provider_message_id)
      );`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
