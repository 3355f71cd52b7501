import type { MigrationInterface, QueryRunner } from 'typeorm';

export class HandOver implements MigrationInterface {
  readonly name = 'hand-over-1795910400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A ticket to be rescued is held by its owner and by who is asked; a solved one by who wraps it up. The two indexes are the promise now:
      -- never two owners, and never offered to two.
      alter table hold drop constraint hold_pkey, drop constraint hold_state_check;
      alter table hold add primary key (ticket_id, agent_id),
        add constraint hold_state_check check (state in ('offered', 'assigned', 'wrap-up')),
        add constraint hold_wrap_up_ends check (state <> 'wrap-up' or due_at is not null),
        add column interruptible boolean not null default false;
      create unique index hold_one_owner on hold (ticket_id) where state = 'assigned';
      create unique index hold_one_offer on hold (ticket_id) where state = 'offered';
      create index hold_wrap_up_due on hold (due_at) where state = 'wrap-up';

      alter table agent add column interruptible_units_max double precision,
        -- When the shift ends or ended whose open tickets have not been looked at yet.
        add column shift_ends_at timestamptz;
      create index agent_shift_end on agent (shift_ends_at) where shift_ends_at is not null;

      alter table ticket
        add column complexity int,
        add column interruptible boolean not null default false,
        add column offer_acknowledge_by timestamptz,
        add column offer_units double precision,
        add column offer_interruptible boolean not null default false,
        -- Of the excluded agents those who may be asked again, and the earliest of their instants.
        add column exclusion_ends jsonb not null default '{}',
        add column exclusion_lapses_at timestamptz,
        add column attempts int not null default 0,
        add column transfers int not null default 0,
        add column silent_since timestamptz,
        add column silent_due_at timestamptz,
        add column silent_nudged boolean not null default false,
        add column hand_over_since timestamptz,
        add column consult_agent_ids text[] not null default '{}';
      update ticket set offer_units = units where offer_id is not null;

      -- Beside an owner, an offer is a rescue: of an open ticket, by somebody else.
      alter table ticket drop constraint ticket_check;
      alter table ticket add constraint ticket_offer check (offer_id is null
        or (offer_agent_id is not null and offer_expires_at is not null and status in ('new', 'open') and agent_id is distinct from offer_agent_id));
      drop index ticket_offer_due;
      create index ticket_due on ticket (least(offer_expires_at, offer_acknowledge_by, exclusion_lapses_at))
        where offer_id is not null or exclusion_lapses_at is not null;
      create index ticket_silent on ticket (silent_due_at) where silent_due_at is not null;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
