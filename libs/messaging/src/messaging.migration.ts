import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every service's own database needs to talk to Kafka safely. Schema `messaging` belongs to this library alone. */
export class CreateMessaging implements MigrationInterface {
  readonly name = 'create-messaging-1795478400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema messaging;

      -- Incoming: the highest version applied per topic and subject. Outgoing: the last version given. Never both for one topic.
      create table messaging.subject_version (
        topic text not null,
        subject text not null,
        version bigint not null,
        previous bigint not null default 0,
        parked boolean not null default false,
        primary key (topic, subject)
      ) with (fillfactor = 70);

      create table messaging.outbox (
        id bigint generated always as identity primary key,
        topic text not null,
        subject text not null,
        version bigint not null,
        type text not null,
        event_id text,
        body text,
        dead_letter_id bigint
      );

      create table messaging.dead_letter (
        id bigint generated always as identity primary key,
        topic text not null,
        partition int not null,
        record_offset bigint not null,
        subject text,
        record_key bytea,
        record_value bytea,
        record_headers jsonb not null,
        handler text not null,
        reason text not null,
        state text not null check (state in ('open', 'parked', 'replayed', 'skipped')),
        at timestamptz not null default clock_timestamp(),
        unique (topic, partition, record_offset)
      );
      create index dead_letter_waiting on messaging.dead_letter (topic, subject) where state in ('open', 'parked');

      create table messaging.config_record (
        key text primary key,
        kind text not null,
        name text not null,
        content jsonb not null
      );
      create table messaging.config_bundle (
        bundle int primary key,
        members text[] not null
      );
      create table messaging.active_bundle (
        only_row boolean primary key default true check (only_row),
        bundle int not null
      );
      insert into messaging.active_bundle (bundle) values (0);`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}

/** All events of a unit in one outbox row, neither compressed nor split into columns: the row lives for milliseconds. */
export class OneRowPerUnit implements MigrationInterface {
  readonly name = 'one-row-per-unit-1795644000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table messaging.outbox add column events int not null default 1, add column records text;
      update messaging.outbox set records = type || chr(9) || to_json(subject) || chr(9) || '{"id":' ||
        to_json(coalesce(event_id, topic || '/' || subject || '/' || version)) || ',"subjectversion":' || version || ',' || substr(body, 2)
      where body is not null;
      -- What is left is the topic of a dead letter's copy.
      alter table messaging.outbox alter column topic drop not null, drop column subject, drop column version, drop column type,
        drop column event_id, drop column body, alter column records set storage external;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}

/** Events get their versions on their way out: then counting them on and storing them is one statement. */
export class CompleteOnTheWayOut implements MigrationInterface {
  readonly name = 'complete-on-the-way-out-1795737600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table messaging.outbox add column versions jsonb not null default '{}';
      -- Rows of before: what was complete becomes a body again, with its own id and its version counted from nothing.
      update messaging.outbox o set records = (
        select string_agg(type || chr(9) || subject || chr(9) || (event->>'subjectversion') || chr(9) || (event->'id')::text || chr(9) ||
                 (event - 'id' - 'subjectversion')::text, chr(10) order by nth)
        from (select nth, split_part(line, chr(9), 1) as type, split_part(line, chr(9), 2) as subject, split_part(line, chr(9), 3)::jsonb as event
              from string_to_table(o.records, chr(10)) with ordinality as l(line, nth)) lines)
      where records is not null;`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}

/** What is past is judged by what was in force then. */
export class BundlesHaveATime implements MigrationInterface {
  readonly name = 'bundles-have-a-time-1795741200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table messaging.config_bundle add column applied_at timestamptz`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are append-only; write a new one');
  }
}

export const messagingMigrations = [CreateMessaging, OneRowPerUnit, CompleteOnTheWayOut, BundlesHaveATime];
