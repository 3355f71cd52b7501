import { ConfigBundle, ConfigTopic, IntakeTopic, SlaEscalationTopic, deadLettersOf } from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import { Stack } from '@signalbox/test-stack';
import { UnitOfWork, type CommandHandler } from '../src/index.js';
import { aTicketReceived } from './a-ticket.js';
import { probe } from './probe.service.js';

const deadLetters = deadLettersOf('sla-escalation');
let stack: Stack;
let service: RunningService;
const start = async () => {
  service = await startService(probe(await stack.environmentFor('sla-escalation')), (error) => {
    throw error;
  });
};
const rows = () =>
  stack.query<{ ticket_id: string; received: number; last_number: number }>(
    'sla-escalation',
    'select * from probe_ticket order by ticket_id',
  );
const state = () =>
  stack.query(
    'sla-escalation',
    `select (select json_agg(p order by ticket_id) from probe_ticket p) as tickets, (select json_agg(v order by topic, subject) from messaging.subject_version v) as versions,
                                 (select json_agg(d.id || d.state order by d.id) from messaging.dead_letter d) as letters`,
  );

beforeAll(async () => {
  stack = await Stack.start({
    kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
    databaseUrl: process.env['DATABASE_URL']!,
    topics: [IntakeTopic, SlaEscalationTopic, ConfigTopic, deadLetters],
  });
  stack.attach('sla-escalation', [IntakeTopic, ConfigTopic]);
  await start();
});
afterAll(async () => {
  await service.close();
  await stack.stop();
});

describe('a unit of work', () => {
  it('applies an event once, though Kafka delivers it twice', async () => {
    const received = aTicketReceived({ ticketId: 'twice' });
    await stack.publish(received, received);
    await stack.settled();
    await stack.publish(received);
    await stack.settled();
    expect(await rows()).toEqual([{ ticket_id: 'twice', received: 1, last_number: received.data.number }]);
    expect(stack.eventsAbout('twice', SlaEscalationTopic)).toMatchObject([
      { type: 'ClocksChanged', version: 1, causationId: 'signalbox.intake/twice/1' },
    ]);
  });

  it('numbers what it says about a subject 1, 2, 3 … in the order of the events', async () => {
    const events = Array.from({ length: 300 }, (_, index) => aTicketReceived({ ticketId: `many-${index % 3}`, number: index + 1 }));
    await stack.publish(...events);
    await stack.settled();
    for (const subject of ['many-0', 'many-1', 'many-2']) {
      const said = stack.eventsAbout(subject, SlaEscalationTopic);
      expect(said.map((event) => event.version)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
      const numbers = said.map((event) => (event.data as { calendar: { version: number } }).calendar.version);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });

  it('puts a record that can never work into the dead letters untouched, and goes on', async () => {
    const headers = { ce_type: 'TicketReceived', ce_subject: 'bad', 'x-from': 'a broken producer' };
    const bad: [string | Buffer | null, RegExp][] = [
      ['{"specversion": "1.0", "type": ', /not valid JSON/],
      [Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), /not valid UTF-8/],
      [null, /tombstone/],
      [JSON.stringify({ specversion: '2.0', type: 'TicketReceived' }), /specversion '2.0' is not understood; known: '1.0'/],
      [
        JSON.stringify({
          specversion: '1.0',
          type: 'TicketReceived',
          id: '1',
          subject: 'bad',
          subjectversion: 1,
          time: '2026-11-24T09:00:00Z',
          data: { number: 0 },
        }),
        /data\.number/,
      ],
    ];
    await stack.publishRaw(
      ...bad.map(([value], index) => ({
        topic: IntakeTopic.name,
        key: `bad-${index}`,
        value,
        headers: { ...headers, ce_subject: `bad-${index}` },
      })),
    );
    await stack.publish(aTicketReceived({ ticketId: 'after-bad' }));
    await stack.settled();
    const letters = stack.rawRecords(deadLetters.name);
    expect(letters).toHaveLength(bad.length);
    for (const [value, reason] of bad) {
      const letter = letters.find((one) => reason.test(stack.headersOf(one)['signalbox-reason']!))!;
      expect(letter.value?.toString('hex')).toBe(value === null ? undefined : Buffer.from(value).toString('hex'));
      expect(stack.headersOf(letter)).toMatchObject({
        'x-from': 'a broken producer',
        'signalbox-topic': IntakeTopic.name,
        'signalbox-handler': 'onTicketReceived',
      });
    }
    expect(await rows()).toContainEqual(expect.objectContaining({ ticket_id: 'after-bad', received: 1 }));
  });

  it('whose handler says what no contract allows is undone, and its neighbours are not', async () => {
    const neighbours = ['unsayable-before', 'unsayable-after'];
    await stack.publish(
      aTicketReceived({ ticketId: neighbours[0]! }),
      aTicketReceived({ ticketId: 'unsayable', subject: 'unsayable' }),
      aTicketReceived({ ticketId: neighbours[1]! }),
    );
    await stack.settled();
    const known = (await rows()).map((row) => row.ticket_id);
    expect(known).not.toContain('unsayable');
    for (const neighbour of neighbours) {
      expect(known).toContain(neighbour);
      expect(stack.eventsAbout(neighbour, SlaEscalationTopic)).toMatchObject([{ type: 'ClocksChanged', version: 1 }]);
    }
    const letters = await stack.query('sla-escalation', `select reason from messaging.dead_letter where subject = 'unsayable'`);
    expect(letters).toMatchObject([{ reason: expect.stringContaining('ClocksChanged') }]);
  });

  it('parks later events of a subject behind its dead letter, until an operator replays it', async () => {
    const first = aTicketReceived({ ticketId: 'parked', subject: 'broken', number: 501 });
    const second = aTicketReceived({ ticketId: 'parked', number: 502 });
    await stack.publish(first, aTicketReceived({ ticketId: 'neighbour' }));
    await stack.settled();
    await stack.publish(second);
    await stack.settled();
    expect((await rows()).map((row) => row.ticket_id)).not.toContain('parked');
    expect((await rows()).map((row) => row.ticket_id)).toContain('neighbour');
    const unit = service.app.get(UnitOfWork);
    const [letter] = await stack.query<{ id: string; reason: string }>(
      'sla-escalation',
      `select id, reason from messaging.dead_letter where subject = 'parked' and state = 'open'`,
    );
    expect(letter!.reason).toBe('failed 5 times: a bug');
    await expect(unit.settleDeadLetter(Number(letter!.id), 'replay')).rejects.toThrow('a bug');
    await stack.query('sla-escalation', 'create table mended ()');
    await expect(unit.settleDeadLetter(Number(letter!.id), 'replay')).resolves.toEqual({ replayed: 2 });
    await expect(unit.settleDeadLetter(Number(letter!.id), 'replay')).rejects.toThrow(/is replayed/);
    await stack.settled();
    await stack.query('sla-escalation', 'drop table mended');
    expect(await rows()).toContainEqual({ ticket_id: 'parked', received: 2, last_number: 502 });
    await stack.publish(aTicketReceived({ ticketId: 'parked', number: 503 }));
    await stack.settled();
    expect(await rows()).toContainEqual({ ticket_id: 'parked', received: 3, last_number: 503 });
  });

  it('lets an operator skip a dead letter and applies what waited behind it', async () => {
    await stack.publish(
      aTicketReceived({ ticketId: 'skipped', subject: 'unprocessable', number: 601 }),
      aTicketReceived({ ticketId: 'skipped', number: 602 }),
    );
    await stack.settled();
    const [letter] = await stack.query<{ id: string }>(
      'sla-escalation',
      `select id from messaging.dead_letter where subject = 'skipped' and state = 'open'`,
    );
    await service.app.get(UnitOfWork).settleDeadLetter(Number(letter!.id), 'skip');
    await stack.settled();
    expect(await rows()).toContainEqual({ ticket_id: 'skipped', received: 1, last_number: 602 });
  });

  it('waits for a database that is away, loses nothing and gives nothing up', async () => {
    const lettersBefore = stack.rawRecords(deadLetters.name).length;
    const database = new URL(stack.databaseUrlOf('sla-escalation')).pathname.slice(1);
    await stack.closeDatabase(database);
    await stack.publish(...Array.from({ length: 50 }, (_, index) => aTicketReceived({ ticketId: `outage-${index}` })));
    await expect(stack.settled(1_500)).rejects.toThrow(/not settled/);
    await stack.openDatabase(database);
    await stack.settled();
    expect((await rows()).filter((row) => row.ticket_id.startsWith('outage-'))).toHaveLength(50);
    expect(stack.rawRecords(deadLetters.name)).toHaveLength(lettersBefore);
  });

  it('switches configuration whole, and only when all of a bundle has arrived', async () => {
    await stack.publish(ConfigBundle('bundle', { bundle: 1, members: ['queue/orders@1'], appliedAt: '2026-11-24T09:00:00Z' }));
    await stack.settled();
    expect(await stack.query('sla-escalation', 'select bundle from messaging.active_bundle')).toEqual([{ bundle: 0 }]);
  });

  it('changes no row and says nothing when its group is rewound to offset 0', async () => {
    await stack.settled();
    const before = await state();
    const said = stack.events().length + stack.rawRecords(deadLetters.name).length;
    await service.close();
    await stack.rewind('sla-escalation');
    await start();
    await stack.settled();
    expect(await state()).toEqual(before);
    expect(stack.events().length + stack.rawRecords(deadLetters.name).length).toBe(said);
  });
});

describe('a consequence', () => {
  const write: CommandHandler<{ ticketId: string; decide: CommandHandler<string, number>; told: Promise<number>[] }, void> = async (
    commands,
    delivery,
  ) => {
    for (const { ticketId, decide, told } of commands) {
      await delivery.tx.query('insert into probe_ticket values ($1, 1, 1)', [ticketId]);
      const answer = delivery.submit(decide, ticketId);
      answer.catch(() => undefined);
      told.push(answer);
    }
    return commands.map(() => ({ events: [], answer: undefined }));
  };

  it('is decided once for all who ask, at the end of their unit, and sees what they wrote', async () => {
    const asked: (readonly string[])[] = [];
    const decide: CommandHandler<string, number> = async (ticketIds, { tx }) => {
      asked.push(ticketIds);
      const [row] = await tx.query<{ seen: number }[]>(`select count(*)::int as seen from probe_ticket where ticket_id like 'asks-%'`);
      return ticketIds.map(() => ({ events: [], answer: row!.seen }));
    };
    const unit = service.app.get(UnitOfWork);
    const told: Promise<number>[] = [];
    await Promise.all(['asks-1', 'asks-2'].map((ticketId) => unit.submit(write, { ticketId, decide, told })));
    expect(await Promise.all(told)).toEqual([2, 2]);
    expect(asked).toEqual([['asks-1', 'asks-2']]);
  });

  it('that fails leaves nothing behind, and its unit is committed without it', async () => {
    const decide: CommandHandler<string, number> = async (_, { tx }) => {
      await tx.query(`insert into probe_ticket values ('never', 1, 1)`);
      throw new Error('a bug');
    };
    const told: Promise<number>[] = [];
    await service.app.get(UnitOfWork).submit(write, { ticketId: 'stays', decide, told });
    await expect(told[0]).rejects.toThrow('a bug');
    const ids = (await rows()).map((row) => row.ticket_id);
    expect(ids).toContain('stays');
    expect(ids).not.toContain('never');
  });
});
