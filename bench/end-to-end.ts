import { IntakeTopic } from '@signalbox/contracts';
import { KafkaInspector } from '@signalbox/messaging';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { RunningSystem } from '../e2e/running-system.ts';
import { bareCosts, leastCpuMs } from './bare.ts';
import { cpuByProcess, machine, percentile } from './measure.ts';
import { TicketLoad } from './ticket-load.ts';

/**
 * `npm run bench -- end-to-end`: the benchmark's ticket of design.md. Web form by HTTP, enriched, knowledge base's verdict, assigned
 * automatically to one of many agents, answered and solved by this load generator, whose CPU is reported apart.
 */
const FLOORS = { ticketsPerSecond: 400, cpuMsPerTicket: 3.5, assignedP50Ms: 60, assignedP99Ms: 250 };
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    rates: { type: 'string', default: '25,50,75,100,150,200,300,400' },
    seconds: { type: 'string', default: '30' },
    'warm-up': { type: 'string', default: '40' },
    'in-flight': { type: 'string', default: '200' },
    hold: { type: 'string', default: '0' },
    agents: { type: 'string', default: '1000' },
  },
});
const RATES = values.rates.split(',').map(Number);
const [SECONDS, WARM_UP, HOLD, IN_FLIGHT, AGENTS] = [
  values.seconds,
  values['warm-up'],
  values.hold,
  values['in-flight'],
  values.agents,
].map(Number) as [number, number, number, number, number];

// The second compiler pays for itself in a run of millions of records.
const system = await RunningSystem.start({ KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseSerialGC' });
const ownProcesses = ['load generator', 'world outside', 'launcher'];
const idle = await restFor(15);
const bare = await bareCosts(system);
const load = await TicketLoad.start(system, AGENTS);
const present = await restFor(15);
console.error(
  `a bare kafkajs pass-through does ${bare.passThroughPerSecond}/s here and now (30,000 where the floors come from); carrying a record costs ${bare.carryMs.toFixed(3)} ms of CPU, reading it once more ${bare.readMs.toFixed(3)}, a row ${bare.rowMs.toFixed(3)}\nat rest, of a core: ${sharesIn(idle)}\nwith ${AGENTS} agents present: ${sharesIn(present)}`,
);

/** Share of one core each process uses while no ticket comes. */
async function restFor(seconds: number): Promise<Record<string, number>> {
  const before = cpuByProcess(system.pid);
  await sleep(seconds * 1000);
  const shares = [...cpuByProcess(system.pid)].map(([name, used]) => [name, (used - (before.get(name) ?? 0)) / seconds] as const);
  return Object.fromEntries(shares.map(([name, share]) => [name, Number(share.toFixed(3))]));
}
function sharesIn(rest: Record<string, number>): string {
  return Object.entries(rest)
    .map(([name, share]) => `${name} ${(share * 100).toFixed(1)} %`)
    .join(', ');
}

/** Events published and deliveries handled so far by all services, from their own counters. */
async function trafficSoFar(): Promise<{ events: number; deliveries: number }> {
  const pages = await Promise.all(Object.values(system.stack.services).map(async ({ http }) => (await fetch(`${http}/metrics`)).text()));
  const sum = (metric: string): number =>
    pages.reduce((total, page) => total + Number(new RegExp(`^${metric} (\\S+)$`, 'm').exec(page)?.[1] ?? 0), 0);
  return { events: sum('signalbox_published_records'), deliveries: sum('signalbox_records_handled_total') };
}

async function lagOf(): Promise<number> {
  const inspector = new KafkaInspector({ brokers: system.stack.kafkaBrokers, clientId: 'bench' });
  await inspector.connect();
  const lag = await inspector.lag('signalbox.enrichment', [IntakeTopic.name]);
  await inspector.disconnect();
  return Number(lag);
}

/** One step: so many tickets a second for so long, then everything to its end, for which it has at most two minutes. */
async function stepOf(rate: number, seconds: number) {
  const traffic = await trafficSoFar();
  const from = { acknowledged: load.acknowledgedAt.size, refused: load.refused, cpu: cpuByProcess(system.pid), at: performance.now() };
  const sending: Promise<void>[] = [];
  for (let tick = 0; tick < seconds * 50; tick += 1) {
    const due = rate === 0 ? IN_FLIGHT - load.onTheirWay : Math.floor(((tick + 1) * rate) / 50) - Math.floor((tick * rate) / 50);
    for (let nth = 0; nth < due; nth += 1) sending.push(load.submit());
    const waitMs = from.at + (tick + 1) * 20 - performance.now();
    if (waitMs > 0) await sleep(waitMs);
  }
  const sentUntil = performance.now();
  await Promise.all(sending);
  const mine = [...load.acknowledgedAt.keys()].slice(from.acknowledged);
  for (const deadline = Date.now() + 120_000; Date.now() < deadline && mine.some((id) => !load.solved.has(id));) await sleep(50);
  const doneAt = performance.now();
  const cpu = [...cpuByProcess(system.pid)].map(
    ([name, used]) => [name, ((used - (from.cpu.get(name) ?? 0)) * 1000) / mine.length] as const,
  );
  const trafficNow = await trafficSoFar();
  const events = (trafficNow.events - traffic.events) / mine.length;
  const deliveries = (trafficNow.deliveries - traffic.deliveries) / mine.length;
  const latencies = mine
    .flatMap((id) => (load.assignedAt.has(id) ? [load.assignedAt.get(id)! - load.acknowledgedAt.get(id)!] : []))
    .sort((a, b) => a - b);
  const systemCpu = cpu.filter(([name]) => !ownProcesses.includes(name)).reduce((sum, [, ms]) => sum + ms, 0);
  const step = {
    rate,
    seconds,
    tickets: mine.length,
    solved: mine.filter((id) => load.solved.has(id)).length,
    refused: load.refused - from.refused,
    /** Whole tickets per second, the tail after the last one was sent included. */
    perSecond: Number((mine.length / ((doneAt - from.at) / 1000)).toFixed(1)),
    secondsBehind: Number(((doneAt - sentUntil) / 1000).toFixed(2)),
    assignedP50Ms: Math.round(percentile(latencies, 0.5)),
    assignedP99Ms: Math.round(percentile(latencies, 0.99)),
    cpuMsPerTicket: Object.fromEntries(cpu.map(([name, ms]) => [name, Number(ms.toFixed(2))])),
    systemCpuMsPerTicket: Number(systemCpu.toFixed(2)),
    /** The agents' presence included, which shows at low rates. */
    eventsPerTicket: Number(events.toFixed(1)),
    deliveriesPerTicket: Number(deliveries.toFixed(1)),
    leastCpuMsPerTicket: Number(leastCpuMs(bare, events, deliveries).toFixed(2)),
    lag: await lagOf(),
  };
  console.error(
    `${rate === 0 ? `${IN_FLIGHT} on their way` : `${rate}/s`} for ${seconds} s: ${step.perSecond}/s whole tickets, assigned p50 ${step.assignedP50Ms} ms p99 ${step.assignedP99Ms} ms, ${step.systemCpuMsPerTicket} ms CPU each (bare carrying and storing: ${step.leastCpuMsPerTicket}), ${step.secondsBehind} s behind, ${step.solved} of ${step.tickets} solved`,
  );
  return step;
}
type Step = Awaited<ReturnType<typeof stepOf>>;
const wasKept = (step: Step): boolean => step.secondsBehind < 2 && step.solved === step.tickets && step.refused === 0;

// A just-in-time compiler needs some thousand calls before it shows what a service costs for the rest of its day.
if (WARM_UP > 0) await stepOf(RATES[0]!, WARM_UP);
const steps: Step[] = [];
for (const rate of RATES) {
  const step = await stepOf(rate, SECONDS);
  steps.push(step);
  if (rate > 0 && !wasKept(step)) break;
}
const best = steps.filter(wasKept).at(-1) ?? steps.at(-1)!;
const held = HOLD > 0 ? await stepOf(best.rate, HOLD * 60) : undefined;
await load.stop();
await system.stop();
await system.clean();

const kept = held ?? best;
const sustained = wasKept(kept) ? kept.perSecond : 0;
const half = steps.filter((step) => step.rate <= best.rate / 2).at(-1) ?? steps[0]!;
const result = {
  machine: machine(),
  bare,
  agents: AGENTS,
  atRestShareOfACore: { idle, withAgentsPresent: present },
  sustainedPerSecond: sustained,
  atHalf: { rate: half.rate, p50Ms: half.assignedP50Ms, p99Ms: half.assignedP99Ms },
  cpuMsPerTicket: kept.systemCpuMsPerTicket,
  floors: FLOORS,
  steps,
  held,
};
console.log(
  `\nsustained ${sustained} whole tickets/s (floor ${FLOORS.ticketsPerSecond}); ${kept.systemCpuMsPerTicket} ms CPU per ticket (floor ${FLOORS.cpuMsPerTicket}); acknowledged → assigned at half the rate p50 ${half.assignedP50Ms} / p99 ${half.assignedP99Ms} ms (floor ${FLOORS.assignedP50Ms} / ${FLOORS.assignedP99Ms})`,
);
for (const [name, ms] of Object.entries(kept.cpuMsPerTicket)) console.log(`  ${name.padEnd(16)} ${ms} ms`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
const below =
  sustained < FLOORS.ticketsPerSecond ||
  kept.systemCpuMsPerTicket > FLOORS.cpuMsPerTicket ||
  half.assignedP50Ms > FLOORS.assignedP50Ms ||
  half.assignedP99Ms > FLOORS.assignedP99Ms;
if (values.check && below) console.error('below the floor');
process.exit(values.check && below ? 1 : 0);
