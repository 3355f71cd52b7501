import type { MigrationInterface, QueryRunner } from 'typeorm';

export class WriteWhatChanged implements MigrationInterface {
  readonly name = 'write-what-changed-1795741200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A ticket with all its parts fills most of a page, so that every event wrote all of them and every index anew. Now large parts lie
      -- beside the row, which is written in place; a part is written when its own topic speaks. As json: hardly a statement looks inside.
      alter table ticket alter column intake type json, alter column enrichment type json, alter column knowledge_base type json,
        alter column routing type json, alter column assignment type json, alter column sla type json;
      alter table ticket alter column intake set storage external, alter column enrichment set storage external,
        alter column knowledge_base set storage external, alter column routing set storage external,
        alter column assignment set storage external, alter column sla set storage external;
      alter table ticket set (toast_tuple_target = 600, fillfactor = 60);

      -- The proposal is large and never changes: what became of it is a row of its own.
      create table decision_outcome (
        ticket_id text not null,
        proposal_id text not null,
        outcome json not null,
        primary key (ticket_id, proposal_id)
      );
      insert into decision_outcome select ticket_id, proposal_id, outcome from decision where outcome is not null;
      delete from decision where proposal is null;
      alter table decision drop column outcome, alter column proposal type json, alter column proposal set not null;
      alter table decision alter column proposal set storage external;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
