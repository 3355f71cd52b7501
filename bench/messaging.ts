import {
  ClocksChanged,
  ConfigBundle,
  ConfigTopic,
  deadLettersOf,
  IntakeTopic,
  SlaEscalationTopic,
  TicketReceived,
} from '@signalbox/contracts';
import { provisionTopics, tailTopics } from '@signalbox/messaging';
import { startInfrastructure, Stack } from '@signalbox/test-stack';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endOf, machine, median, peer, percentile, throughput } from './measure.ts';

/** `npm run bench -- messaging`: one stage through libs/messaging, against a bare kafkajs pass-through and Nest's stock transport. */
const FLOORS = { stageAgainstPassThrough: 0.4, hopP50Ms: 10, hopP99Ms: 40 };
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    events: { type: 'string', default: '60000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
  },
});
const EVENTS = Number(values.events);
const SECONDS = Number(values.seconds);
const WARM_UP_MS = Math.min(10_000, SECONDS * 500);
const root = resolve(import.meta.dirname, '..');
const probeFile = join(root, 'libs/messaging/test/probe.service.ts');
const infrastructure = await startInfrastructure({ stateDir: join(root, '.signalbox', 'bench'), progress: (line) => console.error(line) });

const outputTopics = ['bench.pass-through', 'bench.nest-stock'].map((name) => ({
  name: name as 'signalbox.bench',
  writer: 'upstream' as const,
  compacted: false,
  says: 'bench',
}));
const topics = [IntakeTopic, SlaEscalationTopic, ConfigTopic, deadLettersOf('sla-escalation')];

function ticket(nth: number) {
  return TicketReceived(`ticket-${nth % 20_000}`, {
    number: nth + 1,
    messageId: `message-${nth}`,
    channel: 'web',
    door: 'http',
    channelAccount: 'web',
    customer: { customerId: `customer-${nth % 5_000}`, address: 'ida@example.com' },
    subject: 'Where is my parcel?',
    text: 'x'.repeat(400),
    attachments: [],
    receivedAt: new Date().toISOString(),
  });
}

async function newStack(): Promise<Stack> {
  const stack = await Stack.start({
    kafkaBrokers: infrastructure.kafkaBrokers,
    databaseUrl: infrastructure.databaseUrl,
    topics,
    listen: false,
  });
  await provisionTopics(stack.kafka, outputTopics);
  return stack;
}

const PASS_THROUGH = 'bench.pass-through';
async function passThrough({ prefix }: Stack): Promise<ReturnType<typeof peer>> {
  const brokers = infrastructure.kafkaBrokers.join(',');
  return peer(join(root, 'bench/peers/pass-through.ts'), [brokers, `${prefix}pass`, prefix + IntakeTopic.name, prefix + PASS_THROUGH]);
}
async function probe(stack: Stack): Promise<ReturnType<typeof peer>> {
  return peer(probeFile, ['run'], { ...(await stack.environmentFor('sla-escalation')), SIGNALBOX_END_WITH_STDIN: 'true' });
}

interface Stage {
  perSecond: number;
  cpuMicroseconds: number;
}
async function oneRound(): Promise<Record<'messaging' | 'passThrough' | 'nestStock', Stage>> {
  const stack = await newStack();
  for (let nth = 0; nth < EVENTS; nth += 2_000)
    await stack.publish(...Array.from({ length: Math.min(2_000, EVENTS - nth) }, (_, index) => ticket(nth + index)));
  const input = stack.prefix + IntakeTopic.name;
  const results = {} as Record<'messaging' | 'passThrough' | 'nestStock', Stage>;
  const run = async (name: keyof typeof results, child: ReturnType<typeof peer>, output: string, wanted: number) => {
    results[name] = await throughput(stack.kafka, output, wanted, child.pid!);
    await endOf(child);
  };
  await run('passThrough', await passThrough(stack), PASS_THROUGH, EVENTS);
  await run('messaging', await probe(stack), SlaEscalationTopic.name, EVENTS);
  // One message at a time: a tenth is enough to know its rate.
  await run(
    'nestStock',
    peer(join(root, 'bench/peers/nest-stock.ts'), [
      infrastructure.kafkaBrokers.join(','),
      `${stack.prefix}nest`,
      input,
      `${stack.prefix}bench.nest-stock`,
    ]),
    'bench.nest-stock',
    Math.ceil(EVENTS / 10),
  );
  await stack.stop();
  return results;
}

interface Hop {
  p50Ms: number;
  p99Ms: number;
  events: number;
}
/**
 * One hop at 1,000/s: from the send of an event to the read of what the stage says about it. Sent every 5 ms, so that what is measured is the
 * hop and not the sender's batches.
 */
async function hop(start: (stack: Stack) => Promise<ReturnType<typeof peer>>, output: string): Promise<Hop> {
  const stack = await newStack();
  const child = await start(stack);
  const sentAt: number[] = [];
  const seenAt = new Map<number, number>();
  const stopTail = await tailTopics({
    ...stack.kafka,
    topics: [output],
    fromBeginning: true,
    onRecord: ({ value }) => seenAt.set(numberIn(JSON.parse(value!.toString()) as SaidOfTicket), performance.now()),
  });
  await stack.publish(ConfigBundle('bundle', { bundle: 1, members: [], appliedAt: new Date().toISOString() }), ticket(0));
  await until(() => seenAt.size > 0, `${output} says nothing`);
  const startedAt = performance.now();
  for (let tick = 0, nth = 1; tick < SECONDS * 200; tick += 1) {
    const due = Array.from({ length: 5 }, () => ticket(nth++));
    for (const event of due) sentAt[event.data.number] = performance.now();
    void stack.publish(...due);
    const waitMs = startedAt + (tick + 1) * 5 - performance.now();
    if (waitMs > 0) await sleep(waitMs);
  }
  await until(() => seenAt.size > SECONDS * 1_000, `${output} does not say everything`);
  await stopTail();
  await endOf(child);
  await stack.stop();
  const latencies = [...seenAt].flatMap(([number, at]) => (sentAt[number]! > startedAt + WARM_UP_MS ? [at - sentAt[number]!] : []));
  latencies.sort((a, b) => a - b);
  return { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), events: latencies.length };
}

/** What either stage says: the ticket itself, or the probe's event that carries the ticket's number as a version. */
type SaidOfTicket = Pick<ReturnType<typeof TicketReceived>, 'data'> | Pick<ReturnType<typeof ClocksChanged>, 'data'>;
const numberIn = ({ data }: SaidOfTicket): number => ('number' in data ? data.number : data.calendar.version);

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; !holds(); await sleep(20))
    if (Date.now() > deadline) throw new Error(`${otherwise} within 60 s`);
}

const rounds: Awaited<ReturnType<typeof oneRound>>[] = [];
for (let round = 0; round < Number(values.rounds); round += 1) {
  rounds.push(await oneRound());
  console.error(`round ${round + 1} of ${values.rounds}: ${JSON.stringify(rounds.at(-1))}`);
}
const hopResult = await hop(probe, SlaEscalationTopic.name);
const bareHop = await hop(passThrough, PASS_THROUGH);
const rate = (name: keyof (typeof rounds)[number]) => Math.round(median(rounds.map((round) => round[name].perSecond)));
const cpu = (name: keyof (typeof rounds)[number]) => Math.round(median(rounds.map((round) => round[name].cpuMicroseconds)));
const shares = rounds.map((round) => round.messaging.perSecond / round.passThrough.perSecond);
const result = {
  machine: machine(),
  events: EVENTS,
  rounds: rounds.length,
  perSecond: { messaging: rate('messaging'), passThrough: rate('passThrough'), nestStock: rate('nestStock') },
  processCpuMicrosecondsPerEvent: { messaging: cpu('messaging'), passThrough: cpu('passThrough'), nestStock: cpu('nestStock') },
  stageAgainstPassThrough: Number(median(shares).toFixed(3)),
  hopAt1000PerSecond: hopResult,
  bareHopAt1000PerSecond: bareHop,
  floors: FLOORS,
};
console.log(`
                      events/s   process CPU µs/event
libs/messaging     ${String(result.perSecond.messaging).padStart(11)} ${String(result.processCpuMicrosecondsPerEvent.messaging).padStart(12)}
bare pass-through  ${String(result.perSecond.passThrough).padStart(11)} ${String(result.processCpuMicrosecondsPerEvent.passThrough).padStart(12)}
Nest's stock       ${String(result.perSecond.nestStock).padStart(11)} ${String(result.processCpuMicrosecondsPerEvent.nestStock).padStart(12)}

stage ÷ pass-through ${result.stageAgainstPassThrough} (floor ${FLOORS.stageAgainstPassThrough})
one hop at 1,000/s   p50 ${hopResult.p50Ms.toFixed(1)} ms (floor ${FLOORS.hopP50Ms}), p99 ${hopResult.p99Ms.toFixed(1)} ms (floor ${FLOORS.hopP99Ms})
  the pass-through's  p50 ${bareHop.p50Ms.toFixed(1)} ms, p99 ${bareHop.p99Ms.toFixed(1)} ms (it commits offsets after each batch)`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
await infrastructure.stop();
const below =
  result.stageAgainstPassThrough < FLOORS.stageAgainstPassThrough || hopResult.p50Ms > FLOORS.hopP50Ms || hopResult.p99Ms > FLOORS.hopP99Ms;
if (values.check && below) console.error('below the floor');
process.exit(values.check && below ? 1 : 0);
