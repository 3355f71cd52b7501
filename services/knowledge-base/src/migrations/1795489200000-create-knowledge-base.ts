import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateKnowledgeBase implements MigrationInterface {
  readonly name = 'create-knowledge-base-1795489200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What an article said, for ever: an answer names the revision it came from. The same content again is the same revision.
      create table article_revision (
        article_id text not null,
        locale text not null,
        revision int not null,
        content_hash text not null,
        content jsonb not null,
        since timestamptz not null,
        primary key (article_id, locale, revision),
        unique (article_id, locale, content_hash)
      );

      -- No text, no name, no address: nothing here has to be erased. Made by whichever topic speaks of the ticket first.
      create table ticket (
        ticket_id text primary key,
        -- intake's
        verdict text check (verdict in ('answer', 'none')),
        locale text,
        last_message_at timestamptz,
        -- assignment's
        answered_at timestamptz,
        article_id text,
        revision int,
        assigned_at timestamptz,
        -- the customer's word
        helped boolean,
        -- what it amounts to
        status text not null default 'unanswered'
          check (status in ('unanswered', 'waiting', 'confirmed', 'assumed', 'failed', 'returned')),
        settled_at timestamptz
      );
      create index ticket_waiting on ticket (answered_at) where status = 'waiting';`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}
