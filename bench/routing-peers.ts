import { EnrichmentTopic, IntakeTopic, KnowledgeBaseTopic, type Draft } from '@signalbox/contracts';
import { provisionTopics } from '@signalbox/messaging';
import { startInfrastructure, Stack } from '@signalbox/test-stack';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { AcceptingDesk } from './accepting-desk.ts';
import { Company, factsOf, stateOf } from './company.ts';
import { findKafkaStreams } from './kafka-streams.ts';
import { cpuByProcess, endOf, machine, median, peer, processOf, throughput } from './measure.ts';

/**
 * `npm run bench -- routing-peers`: the routing stage with a backlog, against the same job on Nest's stock transport, in Kafka Streams, and
 * against a bare pass-through of the same input.
 *
 * The job: 1,000 agents are known by their states. Of each ticket three events come on three topics (TicketReceived, TicketEnriched,
 * NoAnswer); it is given to one agent within room by gate and weighted score, and the proposal is written once. The benchmark plays
 * assignment: it accepts every proposal (TicketAssigned, and the agent's new state), and each stage has to follow that, since a proposal
 * counts against its agent until the agent's own state shows the ticket.
 *
 * The unit is a ticket decided. The clock runs from the instant the backlog is visible, all of it at once since it is written in one
 * transaction, to the reading of its last proposal; by then each stage has its code compiled and its consumers joined.
 */
const FLOORS = { againstNestStock: 4 };
const AIMS = { againstNestStock: 8, againstKafkaStreams: 0.5 };
const FACTS_PER_TICKET = 3;
const STAGES = ['routing', 'nestStock', 'kafkaStreams'] as const;
type StageName = (typeof STAGES)[number];
const TITLES: Record<StageName, string> = {
  routing: 'services/routing',
  nestStock: "Nest's stock transport",
  kafkaStreams: 'Kafka Streams',
};
/** What the figures compare: printed with them, since a faster stage may only promise less. */
const PROMISES: Record<StageName, string> = {
  routing:
    'rows, proposals and outbox in one fsynced PostgreSQL transaction per unit; effectively once by versions and outbox; rounds in order of urgency over all instances; top five with factors and exclusion counts; every round recorded so that it can be replayed',
  nestStock:
    'the same rows in fsynced PostgreSQL, one message after the other, each ticket decided by the same function in a transaction of its own; the proposal sent after its commit, lost by a crash between the two, and repeated events are not recognised; in order of arrival; the same top five; no record of the round',
  kafkaStreams:
    'state in RocksDB and memory, backed by changelog topics that Kafka does not fsync; exactly once between topics; all decisions in one partition, in order of arrival; top five without factors, no exclusion counts, no record of the round',
};

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    tickets: { type: 'string', default: '20000' },
    agents: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    stages: { type: 'string', default: STAGES.join(',') },
  },
});
const TICKETS = Number(values.tickets);
/** Before the backlog, of its size. */
const WARM_UP_SHARE = 0.1;
const DECIDED_WITHIN_MS = 90_000;
/** Room for all that may be in flight at once: a stage that decides faster than it reads the answers is not to wait for them. */
const UNITS_MAX = 100;
const PASS_THROUGH = 'bench.pass-through';

const root = resolve(import.meta.dirname, '..');
const stateDir = join(root, '.signalbox', 'bench');
const say = (line: string): void => console.error(line);
const infrastructure = await startInfrastructure({ stateDir, progress: say });
const brokers = infrastructure.kafkaBrokers.join(',');
const wanted = STAGES.filter((stage) => values.stages.split(',').includes(stage));
const streams = wanted.includes('kafkaStreams') ? await findKafkaStreams(stateDir, say) : { missing: 'not asked for' };
if ('missing' in streams) say(`without Kafka Streams: ${streams.missing}`);

const newStack = (): Promise<Stack> => Stack.start({ ...infrastructure, listen: false });

/** All of it becomes visible to readers of committed records at the same instant. */
async function publishAtOnce(stack: Stack, events: readonly Draft[]): Promise<void> {
  const kafka = new Kafka({ clientId: 'bench', brokers: infrastructure.kafkaBrokers, logLevel: logLevel.ERROR });
  const producer = kafka.producer({
    transactionalId: `${stack.prefix}backlog`,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  for (let from = 0; from < events.length; from += 2_000) {
    const byTopic = Map.groupBy(stack.recordsOf(...events.slice(from, from + 2_000)), (record) => record.topic);
    await transaction.sendBatch({
      topicMessages: [...byTopic].map(([topic, messages]) => ({ topic: stack.prefix + topic, messages })),
    });
  }
  await transaction.commit();
  await producer.disconnect();
}

/** What a program needs to know of the company and of this stack; written for those that are not ours. */
async function jobFile(stack: Stack, company: Company): Promise<string> {
  const { DATABASE_URL: databaseUrl } = await stack.environmentFor('routing');
  const file = join(stateDir, 'routing-job.json');
  const job = {
    brokers,
    prefix: stack.prefix,
    databaseUrl,
    stateDir: join(stateDir, 'kafka-streams-state'),
    policy: company.policy,
    categories: Object.fromEntries(company.categories),
  };
  writeFileSync(file, JSON.stringify(job));
  return file;
}

async function start(stage: StageName, stack: Stack, company: Company): Promise<ChildProcess> {
  switch (stage) {
    case 'routing':
      return peer(join(root, 'services/routing/dist/main.js'), [], {
        ...(await stack.environmentFor('routing')),
        SIGNALBOX_END_WITH_STDIN: 'true',
      });
    case 'nestStock':
      return peer(join(root, 'bench/peers/nest-routing.ts'), [await jobFile(stack, company)]);
    case 'kafkaStreams':
      if ('missing' in streams) throw new Error(streams.missing);
      return processOf(streams.java, [...streams.arguments, await jobFile(stack, company)]);
  }
}

interface Measured {
  readonly tickets: number;
  readonly ticketsPerSecond: number;
  readonly factsPerSecond: number;
  readonly cpuMsPerTicket: Readonly<Record<string, number>>;
}

async function measure(stage: StageName, tickets: number): Promise<Measured> {
  const warmUpTickets = Math.ceil(tickets * WARM_UP_SHARE);
  const company = new Company(Number(values.agents), UNITS_MAX);
  const stack = await newStack();
  const desk = await AcceptingDesk.open(stack, company);
  await stack.publish(...company.configuration({ withAgents: false }), ...company.agents.map((agent) => stateOf(agent, 1, [])));
  const child = await start(stage, stack, company);
  try {
    // As of now: what is past its maximum age would be decided in another order.
    const warmUp = Array.from({ length: warmUpTickets }, () => company.ticket(Date.now()));
    await stack.publish(...warmUp.flatMap(factsOf));
    await desk.decided(warmUpTickets, DECIDED_WITHIN_MS, child);
    const backlog = Array.from({ length: tickets }, () => company.ticket(Date.now()));
    await publishAtOnce(stack, backlog.flatMap(factsOf));
    const from = performance.now();
    const names = new Map([[child.pid!, TITLES[stage]]]);
    const cpuFrom = cpuByProcess(process.pid, names);
    await desk.decided(warmUpTickets + tickets, DECIDED_WITHIN_MS, child);
    const seconds = (performance.now() - from) / 1000;
    const cpu = [...cpuByProcess(process.pid, names)].map(
      ([name, used]) => [name, Number((((used - (cpuFrom.get(name) ?? 0)) * 1000) / tickets).toFixed(3))] as const,
    );
    desk.mustBeRight([...warmUp, ...backlog]);
    return {
      tickets,
      ticketsPerSecond: tickets / seconds,
      factsPerSecond: (FACTS_PER_TICKET * tickets) / seconds,
      cpuMsPerTicket: Object.fromEntries(cpu),
    };
  } finally {
    await endOf(child);
    await desk.close();
    await stack.stop();
    await deleteTopicsOf(stack.prefix);
    rmSync(join(stateDir, 'kafka-streams-state'), { recursive: true, force: true });
  }
}

/** Kafka Streams makes topics of its own. */
async function deleteTopicsOf(prefix: string): Promise<void> {
  const admin = new Kafka({ clientId: 'bench', brokers: infrastructure.kafkaBrokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
  if (topics.length > 0) await admin.deleteTopics({ topics }).catch(() => undefined);
  await admin.disconnect();
}

/** The machine's speed at this moment: the same input read, parsed and written again with kafkajs alone. */
async function passThrough(): Promise<{ factsPerSecond: number; cpuMicrosecondsPerFact: number }> {
  const company = new Company(Number(values.agents), UNITS_MAX);
  const stack = await newStack();
  const output = { name: PASS_THROUGH as 'signalbox.bench', writer: 'upstream', compacted: false, says: 'bench' } as const;
  await provisionTopics(stack.kafka, [output]);
  const facts = Array.from({ length: TICKETS }, () => company.ticket(Date.now())).flatMap(factsOf);
  for (let from = 0; from < facts.length; from += 2_000) await stack.publish(...facts.slice(from, from + 2_000));
  const inputs = [IntakeTopic, EnrichmentTopic, KnowledgeBaseTopic].map(({ name }) => stack.prefix + name).join(',');
  const child = peer(join(root, 'bench/peers/pass-through.ts'), [brokers, `${stack.prefix}pass`, inputs, stack.prefix + PASS_THROUGH]);
  try {
    const { perSecond, cpuMicroseconds } = await throughput(stack.kafka, PASS_THROUGH, facts.length, child.pid!);
    return { factsPerSecond: perSecond, cpuMicrosecondsPerFact: cpuMicroseconds };
  } finally {
    await endOf(child);
    await stack.stop();
    await deleteTopicsOf(stack.prefix);
  }
}

mkdirSync(stateDir, { recursive: true });
/** By stage, one place a round; a run that failed leaves its place empty. */
const measured = new Map<StageName, (Measured | undefined)[]>();
const failures: string[] = [];
const passed: Awaited<ReturnType<typeof passThrough>>[] = [];
for (let round = 1; round <= Number(values.rounds); round += 1) {
  passed.push(await passThrough());
  say(`round ${round}: bare pass-through ${Math.round(passed.at(-1)!.factsPerSecond)} events/s`);
  for (const stage of wanted) {
    if (stage === 'kafkaStreams' && 'missing' in streams) continue;
    // One message at a time: a tenth is enough to know its rate.
    const one = await measure(stage, stage === 'nestStock' ? Math.ceil(TICKETS / 10) : TICKETS).catch((error: Error) => {
      failures.push(`round ${round}: ${TITLES[stage]} was not measured: ${error.message}`);
      say(failures.at(-1)!);
      return undefined;
    });
    measured.set(stage, [...(measured.get(stage) ?? []), one]);
    if (one) say(`round ${round}: ${TITLES[stage]} ${JSON.stringify(one)}`);
  }
}
await infrastructure.stop();

/** Median over rounds of what is true within one: rounds minutes apart are not the same machine. */
function medianOf(stage: StageName, valueOf: (one: Measured, round: number) => number | undefined): number | undefined {
  const runs = measured.get(stage) ?? [];
  const rounds = runs.flatMap((one, round) => (one ? (valueOf(one, round) ?? []) : []));
  return rounds.length === 0 ? undefined : Number(median(rounds).toFixed(3));
}
const ratioTo = (other: StageName): number | undefined =>
  medianOf('routing', (one, round) => {
    const their = measured.get(other)?.[round];
    return their && one.ticketsPerSecond / their.ticketsPerSecond;
  });
const summary = (runs: readonly Measured[]) => ({
  tickets: runs[0]!.tickets,
  ticketsPerSecond: Number(median(runs.map((run) => run.ticketsPerSecond)).toFixed(1)),
  factsPerSecond: Math.round(median(runs.map((run) => run.factsPerSecond))),
  cpuMsPerTicket: Object.fromEntries(
    Object.keys(runs[0]!.cpuMsPerTicket).map((name) => [name, median(runs.map((run) => run.cpuMsPerTicket[name] ?? 0))]),
  ),
});
const done = [...measured].flatMap(([stage, runs]) => {
  const good = runs.filter((run) => run !== undefined);
  return good.length > 0 ? [[stage, summary(good)] as const] : [];
});
const passThroughPerSecond = Math.round(median(passed.map((one) => one.factsPerSecond)));
const result = {
  machine: machine(),
  agents: Number(values.agents),
  factsPerTicket: FACTS_PER_TICKET,
  answersPerTicket: 2,
  rounds: Number(values.rounds),
  passThrough: {
    factsPerSecond: passThroughPerSecond,
    cpuMicrosecondsPerFact: Math.round(median(passed.map((one) => one.cpuMicrosecondsPerFact))),
  },
  stages: Object.fromEntries(done.map(([stage, one]) => [stage, { ...one, promises: PROMISES[stage] }])),
  kafkaStreamsMissing: 'missing' in streams ? streams.missing : undefined,
  failures,
  routingAgainstNestStock: ratioTo('nestStock'),
  routingAgainstKafkaStreams: ratioTo('kafkaStreams'),
  routingAgainstPassThrough: medianOf('routing', (one, round) => one.factsPerSecond / passed[round]!.factsPerSecond),
  floors: FLOORS,
  aims: AIMS,
  runs: Object.fromEntries(measured),
};

console.log(`\n${result.agents} agents; of each ticket ${FACTS_PER_TICKET} events in, ${result.answersPerTicket} answers to follow; bare kafkajs pass-through of the ${FACTS_PER_TICKET}: ${passThroughPerSecond} events/s

                          tickets/s   events/s   CPU ms a ticket: itself  PostgreSQL   Kafka   (load generator)`);
for (const [stage, { ticketsPerSecond, factsPerSecond, cpuMsPerTicket }] of done) {
  const cpu = (name: string, width: number) => (cpuMsPerTicket[name]?.toFixed(2) ?? '–').padStart(width);
  console.log(
    `${TITLES[stage].padEnd(25)}${ticketsPerSecond.toFixed(0).padStart(10)}${String(factsPerSecond).padStart(11)}${cpu(TITLES[stage], 26)}${cpu('PostgreSQL', 12)}${cpu('Kafka', 8)}${cpu('load generator', 19)}`,
  );
}
for (const [stage] of done) console.log(`\n${TITLES[stage]}: ${PROMISES[stage]}`);
const show = (title: string, value: number | undefined, note: string): void =>
  console.log(`${title.padEnd(40)} ${value === undefined ? 'not measured' : `${value} ×`} (${note})`);
console.log('');
show("routing ÷ Nest's stock transport", result.routingAgainstNestStock, `floor ${FLOORS.againstNestStock}, aim ${AIMS.againstNestStock}`);
show(
  'routing ÷ Kafka Streams',
  result.routingAgainstKafkaStreams,
  result.kafkaStreamsMissing ?? `reported, aim ${AIMS.againstKafkaStreams}`,
);
show('routing ÷ bare pass-through, events', result.routingAgainstPassThrough, 'reported');
for (const failure of failures) console.log(failure);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
const below = (result.routingAgainstNestStock ?? 0) < FLOORS.againstNestStock;
if (values.check && below) console.error('below the floor');
process.exit(values.check && below ? 1 : 0);
