import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepWithinLimits implements MigrationInterface {
  readonly name = 'keep-within-limits-1795998000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The transaction that may go beyond the agent's limits with this hold: by a person's word, by what comes back to who had it, or because
      -- it takes no more than before. Null: granted automatically, and judged.
      alter table hold add column beyond_in xid8;

      -- Judged when all of a transaction is written: one owner's units go before the next one's come. What the same transaction took beyond
      -- the limits may have come after the grant, so it is left out; what earlier ones took so counts.
      create function hold_within_limits() returns trigger language plpgsql as $body$
      declare
        taken record;
      begin
        -- Two pools only where interruptible tickets have room of their own.
        select case when new.interruptible then coalesce(a.interruptible_units_max, a.units_max) else a.units_max end as units_max,
            sum(h.units) filter (where a.interruptible_units_max is null or h.interruptible = new.interruptible) as units,
            (a.channel_units_max ->> new.channel)::float8 as channel_units_max,
            sum(h.units) filter (where h.channel = new.channel) as channel_units
          into taken
          from agent a join hold h using (agent_id)
          where a.agent_id = new.agent_id and h.beyond_in is distinct from pg_current_xact_id()
          group by a.agent_id;
        if taken.units > taken.units_max + 1e-9 or taken.channel_units > taken.channel_units_max + 1e-9 then
          raise exception 'hold_within_limits: ticket % would take agent % beyond a limit: %', new.ticket_id, new.agent_id, to_json(taken)
            using errcode = 'check_violation', constraint = 'hold_within_limits';
        end if;
        return null;
      end $body$;
      create constraint trigger hold_within_limits after insert on hold
        deferrable initially deferred for each row when (new.beyond_in is null) execute function hold_within_limits();`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
