import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotification implements MigrationInterface {
  readonly name = 'create-notification-1795762800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table notification (
        -- Derived from ticket, step and recipient, so that deciding it again adds nothing.
        notification_id text primary key,
        ticket_id text not null,
        level int not null,
        cause text not null,
        target text,
        via text not null check (via in ('console', 'mail', 'webhook')),
        -- An agent's id, a webhook's name, or 'mail 1' …, whose address is told nobody but the relay.
        recipient text not null,
        address text,
        notice json not null,
        state text not null check (state in ('waiting', 'sent', 'failed', 'canceled')),
        attempts int not null default 0,
        -- When it is due or tried again; of a claimed one, when its lease ends.
        send_at timestamptz not null,
        ended_at timestamptz,
        last_error text
      );
      create index notification_due on notification (send_at) where state = 'waiting';
      create index notification_ended on notification (ended_at) where state <> 'waiting';
      create index notification_by_ticket on notification (ticket_id);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
