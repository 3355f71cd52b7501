import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateEnrichment implements MigrationInterface {
  readonly name = 'create-enrichment-1795483200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A ticket's text (kept to enrich it again when better data arrives) and what assignment said of its end.
      create table enriched_ticket (
        ticket_id text primary key,
        customer_id text,
        address text,
        subject text,
        body text,
        channel text,
        declared_language text,
        attachments int not null default 0,
        received_at timestamptz,
        solved_by text,
        reopenings int not null default 0,
        solved_at timestamptz,
        category text,
        missing text[] not null default '{}'
      );
      create index enriched_ticket_of_customer on enriched_ticket (customer_id, received_at desc);
      create index enriched_ticket_missing on enriched_ticket (received_at) where missing <> '{}' and solved_at is null;
      create index enriched_ticket_of_address on enriched_ticket (address) where solved_at is null;

      -- Profiles from the customers topic or the CRM, by address.
      create table customer_profile (
        address text primary key,
        crm_customer_id text,
        tier text,
        account_status text,
        language text,
        source text not null,
        at timestamptz not null
      );

      create table classifier_model (
        training_hash text primary key,
        version text not null,
        model text not null,
        trained_at timestamptz not null default clock_timestamp()
      );`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
