import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeepTicketsInline implements MigrationInterface {
  readonly name = 'keep-tickets-inline-1795644000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A ticket is written about twelve times in its first minutes; compressing its parts each time is time lost.
      alter table ticket alter column intake set storage external, alter column enrichment set storage external,
        alter column knowledge_base set storage external, alter column routing set storage external,
        alter column assignment set storage external, alter column sla set storage external;
      alter table ticket set (toast_tuple_target = 8160);
      alter table decision alter column proposal set storage external;
      alter table decision set (toast_tuple_target = 8160);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
