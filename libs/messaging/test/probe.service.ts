import { Controller, Module } from '@nestjs/common';
import { ClocksChanged, TicketReceived, type Draft } from '@signalbox/contracts';
import { On, Unprocessable, type Delivery } from '@signalbox/messaging';
import { baseEnvironment, parseEnvironment, runService, type ServiceDefinition } from '@signalbox/service-defaults';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A minimal service in the place of sla-escalation: counts each ticket's messages and says so. */
class CreateProbe implements MigrationInterface {
  readonly name = 'create-probe-1795478400001';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table probe_ticket (ticket_id text primary key, received int not null, last_number int not null)`);
  }
  async down(): Promise<void> {}
}

const COUNT = `
  insert into probe_ticket as p (ticket_id, received, last_number)
  select ticket_id, count(*), max(number) from unnest($1::text[], $2::int[]) as x(ticket_id, number) group by ticket_id order by ticket_id
  on conflict (ticket_id) do update set received = p.received + excluded.received, last_number = excluded.last_number`;

class ProbeConsumer {
  /**
   * A subject of `unprocessable` is refused, one of `broken` fails like a bug, unless the database says it was mended. Of `unsayable` it says
   * what no contract allows.
   */
  async onTicketReceived(tickets: readonly TicketReceived[], { tx }: Delivery): Promise<Draft[]> {
    const mended = (await tx.query(`select to_regclass('mended') is not null as mended`)) as { mended: boolean }[];
    for (const { data } of tickets) {
      if (mended[0]!.mended) break;
      if (data.subject === 'unprocessable') throw new Unprocessable('this subject cannot be processed');
      if (data.subject === 'broken') throw new Error('a bug');
    }
    await tx.query(COUNT, [tickets.map((ticket) => ticket.ticketId), tickets.map((ticket) => ticket.data.number)]);
    const nothing = { name: 'none', version: 1 };
    return tickets.map(({ ticketId, data: { number, subject } }) => {
      const version = subject === 'unsayable' ? -number : number;
      return ClocksChanged(ticketId, { clocks: [], policy: nothing, calendar: { name: 'probe', version } });
    });
  }
}
// Decorators as calls: this file also runs from source, where Node strips types but knows no decorator syntax.
On(TicketReceived)(
  ProbeConsumer.prototype,
  'onTicketReceived',
  Object.getOwnPropertyDescriptor(ProbeConsumer.prototype, 'onTicketReceived')!,
);
class ProbeModule {}
Module({ controllers: [ProbeConsumer] })(ProbeModule);
Controller()(ProbeConsumer);

export const probe = (env: NodeJS.ProcessEnv): ServiceDefinition => ({
  name: 'sla-escalation',
  module: ProbeModule,
  migrations: [CreateProbe],
  environment: parseEnvironment(baseEnvironment, env),
});

if (process.argv[2] === 'run') await runService(probe(process.env));
