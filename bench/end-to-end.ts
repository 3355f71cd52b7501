import { AssignmentTopic, IntakeTopic, ServiceName } from '@signalbox/contracts';
import { KafkaInspector, readEvent, tailTopics } from '@signalbox/messaging';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { RunningSystem } from '../e2e/running-system.ts';
import { mintToken } from '../tools/console-client.ts';
import { cpuSecondsOf, machine, percentile } from './measure.ts';

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
    rates: { type: 'string', default: '25,50,100,200,400' },
    seconds: { type: 'string', default: '30' },
    agents: { type: 'string', default: '1000' },
  },
});
const RATES = values.rates.split(',').map(Number);
const SECONDS = Number(values.seconds);
const AGENTS = Number(values.agents);

const system = await RunningSystem.start();
const secrets = JSON.parse(readFileSync(join(system.stateDir, 'secrets.json'), 'utf8')) as { jwt: string };
const agentIds = Array.from({ length: AGENTS }, (_, index) => `bench-${String(index).padStart(5, '0')}`);
const profile = {
  role: 'agent',
  skills: { accounting: 3, technical: 3, logistics: 3, product: 3, retention: 3 },
  languages: { en: 5, de: 5 },
  queues: ['billing', 'technical', 'orders', 'general'],
  unitsMax: 20,
};
for (let from = 0; from < AGENTS; from += 200) {
  await system
    .console('admin')
    .apply(
      agentIds
        .slice(from, from + 200)
        .map((name) => ({ kind: 'agent', name, content: { ...profile, name, email: `${name}@example.com` }, file: '' })),
    );
}
const tokens = new Map(
  await Promise.all(agentIds.map(async (agentId) => [agentId, await mintToken(secrets.jwt, agentId, 'agent')] as const)),
);

const keepAlive = new Agent({ keepAlive: true, maxSockets: 64 });
/** Straight to the service: the front door is a tool of this machine, not part of the product. */
function call(
  base: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, base),
      { method, agent: keepAlive, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    outgoing.once('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}
const consoleUrl = system.stack.services['console']!.http;
const intakeUrl = system.stack.services['intake']!.http;
const bearer = (agentId: string) => ({ authorization: `Bearer ${tokens.get(agentId)}` });
async function allPresent(): Promise<void> {
  for (let from = 0; from < AGENTS; from += 50)
    await Promise.all(
      agentIds
        .slice(from, from + 50)
        .map((agentId) => call(consoleUrl, 'PUT', '/api/v1/presence', { presence: 'online' }, bearer(agentId))),
    );
}
const presenceRunning = { on: true };
await system.until(
  async () => (await call(consoleUrl, 'PUT', '/api/v1/presence', { presence: 'online' }, bearer(agentIds.at(-1)!))).status < 300,
  'the last agent known',
);
const presence = (async () => {
  while (presenceRunning.on) {
    await allPresent();
    for (let waited = 0; waited < 150 && presenceRunning.on; waited += 1) await sleep(100);
  }
})();

const acknowledgedAt = new Map<string, number>();
const assignedAt = new Map<string, number>();
const solved = new Set<string>();
let refused = 0;
const stopTail = await tailTopics({
  brokers: system.stack.kafkaBrokers,
  clientId: 'bench',
  topics: [AssignmentTopic.name],
  fromBeginning: false,
  onRecord: (record) => {
    const event = readEvent(record, AssignmentTopic) as unknown as { type: string; ticketId: string; data: { agentId: string } };
    if (event.type === 'TicketSolved') solved.add(event.ticketId);
    if (event.type !== 'TicketAssigned' || assignedAt.has(event.ticketId)) return;
    assignedAt.set(event.ticketId, performance.now());
    const reply = { text: 'Your parcel was scanned this morning and arrives tomorrow. Sorry for the wait.', thenStatus: 'solved' };
    void call(consoleUrl, 'POST', `/api/v1/tickets/${event.ticketId}/replies`, reply, bearer(event.data.agentId)).then(
      ({ status }) => (refused += status >= 300 ? 1 : 0),
      () => (refused += 1),
    );
  },
});

const QUESTIONS = [
  'My parcel has not arrived and the tracking has not moved for five days.',
  'My bank statement shows two payments for one order, please refund one.',
  'The display shows an error and the motor does not start any more.',
  'I would like to complain about your telephone service, nobody calls back.',
];
let numbers = 0;
async function submitOne(): Promise<void> {
  const nth = (numbers += 1);
  const form = {
    customer: { email: `customer-${nth % 5000}@example.com` },
    subject: `Order ${100_000 + nth}`,
    body: `${QUESTIONS[nth % QUESTIONS.length]} Order number ${100_000 + nth}.`,
    language: 'en',
  };
  const { status, text } = await call(intakeUrl, 'POST', '/intake/v1/tickets', form);
  if (status === 202) acknowledgedAt.set((JSON.parse(text) as { ticketId: string }).ticketId, performance.now());
  else refused += 1;
}

/** Who used how much CPU: services by their file, Kafka and PostgreSQL by theirs, this process apart. */
function cpuByProcess(): Map<string, number> {
  const used = new Map<string, number>([['load generator', process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6]]);
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n');
  const parsed = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter((match) => match !== null);
  const postmasters = new Set(parsed.filter(([, , , args]) => /postgres/.test(args!) && /-D/.test(args!)).map((match) => match[1]!));
  for (const [, pid, ppid, args] of parsed) {
    const service = ServiceName.options.find((name) => args!.includes(`services/${name}/dist/main.js`));
    const name =
      service ?? (/kafka\.Kafka/.test(args!) ? 'Kafka' : postmasters.has(pid!) || postmasters.has(ppid!) ? 'PostgreSQL' : undefined);
    if (name) used.set(name, (used.get(name) ?? 0) + cpuSecondsOf(Number(pid)));
  }
  return used;
}

async function lagOf(): Promise<bigint> {
  const inspector = new KafkaInspector({ brokers: system.stack.kafkaBrokers, clientId: 'bench' });
  await inspector.connect();
  const lag = await inspector.lag('signalbox.enrichment', [IntakeTopic.name]);
  await inspector.disconnect();
  return lag;
}

const steps = [];
for (const rate of RATES) {
  const from = { acknowledged: acknowledgedAt.size, solved: solved.size, refused, cpu: cpuByProcess(), at: performance.now() };
  const sending: Promise<void>[] = [];
  for (let tick = 0; tick < SECONDS * 50; tick += 1) {
    const due = Math.floor(((tick + 1) * rate) / 50) - Math.floor((tick * rate) / 50);
    for (let nth = 0; nth < due; nth += 1) sending.push(submitOne().catch(() => void (refused += 1)));
    const waitMs = from.at + (tick + 1) * 20 - performance.now();
    if (waitMs > 0) await sleep(waitMs);
  }
  const sentUntil = performance.now();
  await Promise.all(sending);
  const mine = [...acknowledgedAt.keys()].slice(from.acknowledged);
  for (const deadline = Date.now() + 120_000; Date.now() < deadline && mine.some((ticketId) => !solved.has(ticketId));) await sleep(50);
  const doneAt = performance.now();
  const cpu = [...cpuByProcess()].map(([name, seconds]) => [name, ((seconds - (from.cpu.get(name) ?? 0)) * 1000) / mine.length] as const);
  const latencies = mine
    .filter((ticketId) => assignedAt.has(ticketId))
    .map((ticketId) => assignedAt.get(ticketId)! - acknowledgedAt.get(ticketId)!)
    .sort((a, b) => a - b);
  const step = {
    rate,
    tickets: mine.length,
    solved: mine.filter((ticketId) => solved.has(ticketId)).length,
    refused: refused - from.refused,
    /** Whole tickets per second, the tail after the last one was sent included. */
    perSecond: Number((mine.length / ((doneAt - from.at) / 1000)).toFixed(1)),
    secondsBehind: Number(((doneAt - sentUntil) / 1000).toFixed(2)),
    assignedP50Ms: Math.round(percentile(latencies, 0.5)),
    assignedP99Ms: Math.round(percentile(latencies, 0.99)),
    cpuMsPerTicket: Object.fromEntries(cpu.map(([name, ms]) => [name, Number(ms.toFixed(2))])),
    systemCpuMsPerTicket: Number(
      cpu
        .filter(([name]) => name !== 'load generator')
        .reduce((sum, [, ms]) => sum + ms, 0)
        .toFixed(2),
    ),
    lag: Number(await lagOf()),
  };
  steps.push(step);
  console.error(
    `${rate}/s: ${step.perSecond}/s whole tickets, assigned p50 ${step.assignedP50Ms} ms p99 ${step.assignedP99Ms} ms, ${step.systemCpuMsPerTicket} ms CPU each, ${step.secondsBehind} s behind, ${step.solved} of ${step.tickets} solved`,
  );
  if (step.secondsBehind > 20 || step.solved < step.tickets) break;
}
presenceRunning.on = false;
await presence;
await stopTail();
await system.stop();
system.clean();

const sustained = Math.max(0, ...steps.filter((step) => step.secondsBehind < 2 && step.solved === step.tickets).map((step) => step.rate));
const half = steps.filter((step) => step.rate <= sustained / 2).at(-1) ?? steps[0]!;
const best = steps.find((step) => step.rate === sustained) ?? steps.at(-1)!;
const result = {
  machine: machine(),
  agents: AGENTS,
  secondsPerStep: SECONDS,
  sustainedPerSecond: sustained,
  atHalf: { p50Ms: half.assignedP50Ms, p99Ms: half.assignedP99Ms },
  cpuMsPerTicket: best.systemCpuMsPerTicket,
  floors: FLOORS,
  steps,
};
console.log(
  `\nsustained ${sustained} whole tickets/s (floor ${FLOORS.ticketsPerSecond}); ${best.systemCpuMsPerTicket} ms CPU per ticket (floor ${FLOORS.cpuMsPerTicket}); acknowledged → assigned at half the rate p50 ${half.assignedP50Ms} / p99 ${half.assignedP99Ms} ms (floor ${FLOORS.assignedP50Ms} / ${FLOORS.assignedP99Ms})`,
);
console.log(
  Object.entries(best.cpuMsPerTicket)
    .map(([name, ms]) => `  ${name.padEnd(16)} ${ms} ms`)
    .join('\n'),
);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
const below =
  sustained < FLOORS.ticketsPerSecond ||
  best.systemCpuMsPerTicket > FLOORS.cpuMsPerTicket ||
  half.assignedP50Ms > FLOORS.assignedP50Ms ||
  half.assignedP99Ms > FLOORS.assignedP99Ms;
if (values.check && below) console.error('below the floor');
process.exit(values.check && below ? 1 : 0);
