import { IntakeTopic } from '@signalbox/contracts';
import { Stack } from '@signalbox/test-stack';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTopics, type ReadingOptions } from '../src/index.js';
import { aTicketReceived } from './a-ticket.js';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({
    kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
    databaseUrl: process.env['DATABASE_URL']!,
    topics: [IntakeTopic],
    listen: false,
  });
});
afterAll(() => stack.stop());

async function numbersRead(where: Partial<Pick<ReadingOptions, 'since' | 'recordsBefore'>> = {}, enough = Infinity): Promise<number[]> {
  const numbers: number[] = [];
  await readTopics({
    ...stack.kafka,
    ...where,
    topics: [IntakeTopic.name],
    onRecord: ({ value }) => {
      numbers.push((JSON.parse(String(value)) as { data: { number: number } }).data.number);
      return numbers.length >= enough;
    },
  });
  return numbers;
}
/** All on one partition. */
const tickets = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, nth) => aTicketReceived({ ticketId: 'one', number: from + nth }));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, nth) => from + nth);

it('a topic is read to its end, from where it is asked to be, and ends at once when there is nothing', async () => {
  expect(await numbersRead()).toEqual([]);
  await stack.publish(...tickets(1, 21));
  await sleep(20);
  const since = new Date();
  await sleep(20);
  await stack.publish(...tickets(21, 31));
  expect(await numbersRead()).toEqual(range(1, 31));
  expect(await numbersRead({ since })).toEqual(range(21, 31));
  expect(await numbersRead({ since, recordsBefore: 5 })).toEqual(range(16, 31));
  expect(await numbersRead({ since, recordsBefore: Number.MAX_SAFE_INTEGER })).toEqual(range(1, 31));
  expect(await numbersRead({ since: new Date(Date.now() + 60_000) })).toEqual([]);
  expect(await numbersRead({}, 7)).toEqual(range(1, 8));
});

it('an error of whoever reads ends the reading', async () => {
  const reading = readTopics({
    ...stack.kafka,
    topics: [IntakeTopic.name],
    onRecord: () => {
      throw new Error('not understood');
    },
  });
  await expect(reading).rejects.toThrow('not understood');
});
