import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TellPerformance implements MigrationInterface {
  readonly name = 'tell-performance-1795650600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What was told of agents: all that told can see. While a walk over those who changed since is under way, telling is its beginning
      -- and after_agent_id the last one told.
      create table performance_told (
        only_row boolean primary key default true check (only_row),
        told pg_snapshot not null default '1:1:',
        telling pg_snapshot,
        after_agent_id text not null default '',
        began_at timestamptz not null default '-infinity'
      );
      insert into performance_told default values;

      -- The rating of a ticket that counts, and where it was credited: a later one takes its place.
      create table rating (
        ticket_id text primary key,
        agent_id text not null,
        category text not null,
        satisfied boolean not null
      );`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
