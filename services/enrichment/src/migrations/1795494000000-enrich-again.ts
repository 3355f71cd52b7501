import type { MigrationInterface, QueryRunner } from 'typeorm';

export class EnrichAgain implements MigrationInterface {
  readonly name = 'enrich-again-1795494000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- said: hash of the last record published, so that nothing is said twice. classified_by: the model asked, null = none yet.
      -- stale: what the record rests on has changed; the mark outlives a crash.
      drop index enriched_ticket_missing, enriched_ticket_of_address;
      alter table enriched_ticket drop column missing, add column said text, add column classified_by text,
        add column stale boolean not null default false;
      create index enriched_ticket_by_address on enriched_ticket (address);
      create index enriched_ticket_stale on enriched_ticket (received_at) where stale;
      create index enriched_ticket_unclassified on enriched_ticket (received_at) where classified_by is null and received_at is not null;

      -- An address of a ticket or a profile. Its row is the lock under which the two meet. ask_at: when the CRM is asked, null = not.
      create table customer_address (
        address text primary key,
        ask_at timestamptz,
        asks int not null default 0
      );
      create index customer_address_due on customer_address (ask_at) where ask_at is not null;
      insert into customer_address (address) select address from customer_profile union select address from enriched_ticket where address is not null;

      -- Two of the CRM's customers may share an address, and either may go. An answer we asked for has no customer id.
      update customer_profile set crm_customer_id = '' where crm_customer_id is null;
      alter table customer_profile drop constraint customer_profile_pkey, alter column crm_customer_id set not null,
        add primary key (address, crm_customer_id);
      create index customer_profile_of_customer on customer_profile (crm_customer_id);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
