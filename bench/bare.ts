import { KafkaInspector, provisionTopics, Publisher } from '@signalbox/messaging';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { RunningSystem } from '../e2e/running-system.ts';
import { cpuByProcess, cpuSecondsOf, endOf, peer, throughput } from './measure.ts';

const RECORDS = 40_000;
const ROWS_AT_ONCE = 1_000;
const UPSERTS = 60;

/** What carrying and storing costs on this machine in this hour when nothing is decided: CPU ms of all processes, in the largest batches. */
export interface BareCosts {
  readonly passThroughPerSecond: number;
  /** A record of 0.9 kB produced with acks of all, and read once. */
  readonly carryMs: number;
  /** A record read by one reader more. */
  readonly readMs: number;
  /** A row of 0.5 kB upserted, of 1,000 in a statement and a transaction. */
  readonly rowMs: number;
}

/**
 * The least CPU (ms) that an event-driven system of separate databases can pay per ticket on this machine: every event produced and read once,
 * every further delivery read, and per delivery two rows (its version, its subject's state). No decision, no HTTP, no mail, no index but the key.
 */
export const leastCpuMs = ({ carryMs, readMs, rowMs }: BareCosts, events: number, deliveries: number): number =>
  events * carryMs + Math.max(0, deliveries - events) * readMs + 2 * deliveries * rowMs;

export async function bareCosts(system: RunningSystem): Promise<BareCosts> {
  const kafka = { brokers: system.stack.kafkaBrokers, clientId: 'bench' };
  const [input, output] = ['bench.pass-through-in', 'bench.pass-through-out'] as const;
  const topic = { writer: 'upstream', compacted: false, says: 'bench' } as const;
  await provisionTopics(
    kafka,
    [input, output].map((name) => ({ ...topic, name: name as 'signalbox.bench' })),
  );
  const publisher = new Publisher(kafka);
  const value = JSON.stringify({ text: 'x'.repeat(850) });
  for (let sent = 0; sent < RECORDS; sent += 1_000)
    await publisher.publish(Array.from({ length: 1_000 }, (_, nth) => ({ topic: input, key: `ticket-${sent + nth}`, value, headers: {} })));
  await publisher.disconnect();
  const brokers = kafka.brokers.join(',');

  const passThrough = peer(join(import.meta.dirname, 'peers/pass-through.ts'), [brokers, 'bench.pass-through', input, output]);
  const { perSecond, cpuMicroseconds, otherCpuMicroseconds } = await throughput(kafka, output, RECORDS, passThrough.pid!, () =>
    cpuOf(system, 'Kafka'),
  );
  await endOf(passThrough);
  return {
    passThroughPerSecond: Math.round(perSecond),
    carryMs: (cpuMicroseconds + otherCpuMicroseconds) / 1000,
    readMs: await readingAlone(system, brokers, [input, output]),
    rowMs: await storingAlone(system),
  };
}

const cpuOf = (system: RunningSystem, name: string): number => cpuByProcess(system.pid).get(name) ?? 0;

async function readingAlone(system: RunningSystem, brokers: string, topics: readonly string[]): Promise<number> {
  const group = 'bench.reader';
  const inspector = new KafkaInspector({ brokers: brokers.split(','), clientId: 'bench' });
  await inspector.connect();
  const child = peer(join(import.meta.dirname, 'peers/pass-through.ts'), [brokers, group, topics.join(','), '']);
  const cpu = (): number => cpuSecondsOf(child.pid!) + cpuOf(system, 'Kafka');
  const all = 2 * RECORDS;
  let first: { left: number; cpu: number } | undefined;
  try {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) {
      const left = Number(await inspector.lag(group, topics));
      if (left < all) first ??= { left, cpu: cpu() };
      if (left === 0 && first) return ((cpu() - first.cpu) * 1000) / first.left;
    }
    throw new Error(`${topics.join(', ')} were not read within 60 s`);
  } finally {
    await inspector.disconnect();
    await endOf(child);
  }
}

/** In a schema of its own in a service's database: the first half are inserts, the second updates. */
async function storingAlone(system: RunningSystem): Promise<number> {
  const client = new Client(system.stack.services['enrichment']!.database);
  await client.connect();
  try {
    await client.query('create schema bench; create table bench.state (id text primary key, body text)');
    const body = 'x'.repeat(500);
    const used = (): number => {
      const { user, system: kernel } = process.cpuUsage();
      return cpuOf(system, 'PostgreSQL') + (user + kernel) / 1e6;
    };
    const before = used();
    for (let nth = 0; nth < UPSERTS; nth += 1) {
      const ids = Array.from({ length: ROWS_AT_ONCE }, (_, row) => `ticket-${(nth % (UPSERTS / 2)) * ROWS_AT_ONCE + row}`);
      await client.query({
        name: 'bench',
        text: `insert into bench.state select * from unnest($1::text[], $2::text[]) on conflict (id) do update set body = excluded.body`,
        values: [ids, ids.map(() => body)],
      });
    }
    return ((used() - before) * 1000) / (UPSERTS * ROWS_AT_ONCE);
  } finally {
    await client.query('drop schema if exists bench cascade');
    await client.end();
  }
}
