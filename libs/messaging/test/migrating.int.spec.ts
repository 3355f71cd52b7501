import { Stack } from '@signalbox/test-stack';
import { DataSource } from 'typeorm';
import { messagingMigrations } from '../src/messaging.migration.js';
import { recordsIn } from '../src/outbox.js';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({
    kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
    databaseUrl: process.env['DATABASE_URL']!,
    topics: [],
  });
});
afterAll(async () => {
  await stack.stop();
});

describe('an outbox of before events were completed on their way out', () => {
  it('publishes what lay in it as it was', async () => {
    const url = (await stack.environmentFor('sla-escalation'))['DATABASE_URL']!;
    const upTo = async (migrations: typeof messagingMigrations, work: (database: DataSource) => Promise<void>): Promise<void> => {
      const database = await new DataSource({ type: 'postgres', url, migrations }).initialize();
      await database.runMigrations({ transaction: 'each' });
      await work(database).finally(() => database.destroy());
    };
    const before = ['a "b"', 'c'].map((subject, index) => ({
      id: `signalbox.intake/${subject}/${index + 4}`,
      subjectversion: index + 4,
      subject,
      data: { text: 'tab \t, line \n, \u2028, "quotes"' },
    }));
    const lines = before.map((event) => `TicketReceived\t${JSON.stringify(event.subject)}\t${JSON.stringify(event)}`).join('\n');
    await upTo(messagingMigrations.slice(0, 2), async (database) => {
      await database.query('insert into messaging.outbox (events, records) values (2, $1)', [lines]);
    });
    await upTo(messagingMigrations, async (database) => {
      const [row] = await database.query<{ records: string; versions: Record<string, number> }[]>(
        'select records, versions from messaging.outbox',
      );
      expect(recordsIn(row!.records, row!.versions).map(({ value }) => JSON.parse(value) as unknown)).toEqual(before);
    });
  });
});
