import { ServiceName } from '@signalbox/contracts';
import { provisionTopics } from '@signalbox/messaging';
import { startInfrastructure, type Infrastructure } from '@signalbox/test-stack';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readCompanyFiles, type ConfigDocument } from './company-files.ts';
import { ConsoleClient, mintToken } from './console-client.ts';
import { databaseOf } from './stack/databases.ts';
import { frontDoor } from './stack/front-door.ts';
import { outcomesOf, type SampleOutcome } from './stack/outcomes.ts';
import { answers, freePort, SupervisedProcess } from './stack/processes.ts';
import { readSamples, senderOf, sendSample, type Doors, type Sample } from './stack/samples.ts';
import { stackSecrets } from './stack/secrets.ts';
import { processDefinitions, type StackPorts } from './stack/service-processes.ts';
import { STATE_DIR, writeStackFile, type StackFile } from './stack/stack-file.ts';
import { describeStep } from './stack/way.ts';
import { Witness } from './stack/witness.ts';

const HELP = `npm start -- [options]    starts all of Signalbox on this machine and sends the sample messages

  --once              ends when every sample message is accounted for on the topics: 0, or 1 naming what is not
  --no-demo-agents    nobody works: tickets wait for you
  --no-samples        starts only; sends nothing
  --port N            the front door's port (default 8080, or the next free one)
  --company DIR       the company to apply (default config/sample)
  --help`;

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    'no-demo-agents': { type: 'boolean', default: false },
    'no-samples': { type: 'boolean', default: false },
    port: { type: 'string', default: '8080' },
    company: { type: 'string', default: 'config/sample' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const root = resolve(import.meta.dirname, '..');
const stateDir = resolve(process.env['SIGNALBOX_STATE_DIR'] ?? join(root, STATE_DIR));
const company = resolve(root, options.company);
const startedAt = Date.now();
const say = (line: string): void => console.log(line);
const step = (line: string): void => say(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);

let infrastructure: Infrastructure | undefined;
let door: Server | undefined;
let stackFile: StackFile | undefined;
const processes: SupervisedProcess[] = [];
const witness = new Witness((event) => {
  const words = watching.has(event.ticketId) || event.at.getTime() >= startedAt - 1_000 ? describeStep(event) : undefined;
  if (words === undefined) return;
  if (event.type === 'TicketReceived') watching.set(event.ticketId, `#${String(event.data['number'])}`);
  say(`          ${(watching.get(event.ticketId) ?? event.ticketId.slice(0, 8)).padEnd(5)} ${words}`);
});
const watching = new Map<string, string>();

/** Doors first, then services, then what they stand on; nothing is left behind. */
async function stopAll(): Promise<void> {
  if (stackFile) writeStackFile({ ...stackFile, ready: false }, stateDir);
  door?.close();
  door?.closeAllConnections();
  await witness.stop().catch(() => undefined);
  await Promise.all(processes.filter(({ definition }) => definition.name === 'demo-agents').map((one) => one.stop()));
  await Promise.all(processes.map((one) => one.stop()));
  await infrastructure?.stop();
}

const ending = new AbortController();
function end(code: number): void {
  if (ending.signal.aborted) return;
  ending.abort();
  stopAll().then(
    () => process.exit(code),
    (error: Error) => {
      console.error(error.message);
      process.exit(1);
    },
  );
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!ending.signal.aborted) say('\nstopping …');
    end(signal === 'SIGINT' ? 130 : 143);
  });
}

function run(process_: SupervisedProcess): SupervisedProcess {
  processes.push(process_);
  process_.start();
  return process_;
}

/** Ports stay the same over restarts of the same state while they are free. */
async function choosePorts(): Promise<StackPorts> {
  const file = join(stateDir, 'ports.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<StackPorts>) : {};
  const services = {} as Record<ServiceName, number>;
  for (const name of ServiceName.options) services[name] = await freePort(before.services?.[name]);
  const ports: StackPorts = {
    http: await freePort(Number(options.port)),
    smtp: await freePort(before.smtp ?? 2525),
    receiver: await freePort(before.receiver),
    receiverSmtp: await freePort(before.receiverSmtp),
    services,
  };
  writeFileSync(file, JSON.stringify(ports, null, 2));
  return ports;
}

async function start(): Promise<{ doors: Doors; tokens: StackFile['tokens']; documents: ConfigDocument[] }> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  infrastructure = await startInfrastructure({ stateDir, progress: step });
  const { kafkaBrokers, databaseUrl } = infrastructure;
  const created = await provisionTopics({ brokers: kafkaBrokers, clientId: 'signalbox-start' });
  step(created.length > 0 ? `${created.length} topics provisioned from the contracts` : 'topics are there');

  const secrets = stackSecrets(stateDir, ServiceName.options);
  const databases = {} as Record<ServiceName, string>;
  for (const name of ServiceName.options) databases[name] = await databaseOf(databaseUrl, name, secrets.databasePasswords[name]!);
  step('a role and a database for each service');

  const documents = readCompanyFiles([company]);
  const companyRecord = documents.find(({ kind }) => kind === 'company');
  if (!companyRecord) throw new Error(`${company}: no configuration of kind 'company'`);
  const { supportAddress } = companyRecord.content as { supportAddress: string };
  const ports = await choosePorts();
  const clockOffsetMs = Number(process.env['SIGNALBOX_CLOCK_OFFSET_MS'] ?? 0);
  const definitions = processDefinitions({ root, stateDir, kafkaBrokers, databases, ports, secrets, supportAddress, clockOffsetMs });
  const logDir = join(stateDir, 'logs');
  run(new SupervisedProcess(definitions.receiver, logDir, step));
  for (const definition of definitions.services) run(new SupervisedProcess(definition, logDir, step));

  const address = (name: ServiceName): string => `http://127.0.0.1:${ports.services[name]}`;
  door = frontDoor([
    { prefix: '/api', target: () => address('console') },
    { prefix: '/intake', target: () => address('intake') },
    { prefix: '/knowledge-base', target: () => address('knowledge-base') },
    { prefix: '/dev/sent', target: () => `http://127.0.0.1:${ports.receiver}` },
    { prefix: '/', target: () => address('console') },
  ]);
  await new Promise<void>((done, failed) => door!.once('error', failed).listen(ports.http, '127.0.0.1', done));
  const http = `http://127.0.0.1:${ports.http}`;
  const firstOf = (role: string): string =>
    documents.find(({ kind, content }) => kind === 'agent' && ((content as { role?: string }).role ?? 'agent') === role)!.name;
  const tokens = {
    agent: await mintToken(secrets.jwt, firstOf('agent'), 'agent'),
    supervisor: await mintToken(secrets.jwt, firstOf('supervisor'), 'supervisor'),
    admin: await mintToken(secrets.jwt, firstOf('admin'), 'admin'),
  };
  stackFile = {
    ready: false,
    http,
    smtp: `127.0.0.1:${ports.smtp}`,
    kafkaBrokers,
    services: Object.fromEntries(ServiceName.options.map((name) => [name, { http: address(name), database: databases[name] }])),
    tokens,
  };
  writeStackFile(stackFile, stateDir);

  const ready = await Promise.all(
    ServiceName.options.map(async (name) => ({ name, ok: await answers(`${address(name)}/readyz`, 60_000) })),
  );
  const missing = ready.filter(({ ok }) => !ok).map(({ name }) => name);
  if (missing.length > 0) throw new Error(`not ready after 60 s: ${missing.join(', ')}; their logs are in ${logDir}/`);
  step('seven services are ready');

  const { bundle, changed } = await new ConsoleClient(http, tokens.admin).apply(documents);
  await Promise.all(ServiceName.options.filter((name) => name !== 'console').map((name) => hasBundle(address(name), bundle)));
  step(
    changed.length > 0
      ? `${changed.length} records of configuration applied as bundle ${bundle}`
      : `configuration is bundle ${bundle}, nothing changed`,
  );
  stackFile = { ...stackFile, ready: true };
  writeStackFile(stackFile, stateDir);
  return { doors: { http, smtp: { host: '127.0.0.1', port: ports.smtp }, kafkaBrokers, supportAddress, secrets }, tokens, documents };
}

/** A service switches when the whole bundle has reached it over the topic. */
async function hasBundle(address: string, bundle: number): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const active = await fetch(`${address}/readyz`).then(
      async (response) => ((await response.json()) as { bundle?: number }).bundle ?? 0,
      () => 0,
    );
    if (active >= bundle) return;
  }
  throw new Error(`${address} did not switch to bundle ${bundle} within 60 s`);
}

/** Sends the samples in the order of their index; those that build on another wait for its owner. */
async function sendAll(
  samples: readonly Sample[],
  senders: ReadonlyMap<string, string>,
  doors: Doors,
  folder: string,
  staffed: boolean,
): Promise<void> {
  const owned = async (id: string): Promise<void> => {
    const other = samples.find((sample) => sample.id === id)!;
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
      if (outcomesOf(other, senders.get(id)!, witness, staffed)[0]) return;
    }
    say(`          ${id} has no owner after 60 s; going on`);
  };
  const chains = new Map<string, Promise<void>>();
  for (const sample of samples) {
    const before = sample.after === undefined ? Promise.resolve() : chains.get(sample.after)!.then(() => owned(sample.after!));
    chains.set(
      sample.id,
      before.then(async () => {
        for (let nth = 0; nth < (sample.times ?? 1); nth += 1) await sendSample(sample, folder, doors);
      }),
    );
  }
  await Promise.all(chains.values());
}

async function accountFor(samples: readonly Sample[], senders: ReadonlyMap<string, string>, staffed: boolean, timeoutMs: number) {
  const judge = () => samples.map((sample) => ({ sample, outcomes: outcomesOf(sample, senders.get(sample.id)!, witness, staffed) }));
  let judged = judge();
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline && !ending.signal.aborted; await sleep(200)) {
    judged = judge();
    if (judged.every(({ outcomes }) => outcomes.every(Boolean))) break;
  }
  return judged;
}

function summary(judged: Awaited<ReturnType<typeof accountFor>>): void {
  say('\nmessage           door           outcome      ticket   read from the topics at');
  for (const { sample, outcomes } of judged) {
    for (const outcome of outcomes) {
      const where = outcome ? `${outcome.topic}[${outcome.partition}]@${outcome.offset}` : 'not accounted for';
      const number = outcome?.ticketId ? (watching.get(outcome.ticketId) ?? '') : '';
      say(`${sample.id.padEnd(17)} ${sample.door.padEnd(14)} ${(outcome?.outcome ?? '?').padEnd(12)} ${number.padEnd(8)} ${where}`);
    }
  }
}

async function main(): Promise<void> {
  const { doors, tokens, documents } = await start();
  const staffed = !options['no-demo-agents'];
  await witness.start(doors.kafkaBrokers);
  if (staffed) {
    const agents = documents
      .filter(({ kind, content }) => kind === 'agent' && ((content as { role?: string }).role ?? 'agent') === 'agent')
      .map(({ name }) => name);
    const env = {
      CONSOLE_URL: doors.http,
      ADMIN_TOKEN: tokens.admin,
      AGENT_IDS: agents.join(','),
      SCRIPT_FILE: join(company, 'demo-script.yaml'),
    };
    run(
      new SupervisedProcess(
        { name: 'demo-agents', file: join(root, 'tools/demo-agents.ts'), env, stopMs: 5_000 },
        join(stateDir, 'logs'),
        step,
      ),
    );
    step(`${agents.length} demo agents are at work (switch off: npm start -- --no-demo-agents)`);
  }
  let complete = true;
  const folder = join(company, 'messages');
  if (!options['no-samples'] && existsSync(folder)) {
    const samples = readSamples(folder);
    const senders = new Map(samples.map((sample) => [sample.id, senderOf(sample, folder)]));
    const file = join(stateDir, 'samples.json');
    if (existsSync(file)) step('the sample messages were sent to this state before (npm run reset wipes it); reading what became of them');
    else {
      if (staffed) await agentsPresent(new ConsoleClient(doors.http, tokens.supervisor));
      step('sending the sample messages through every door');
      await sendAll(samples, senders, doors, folder, staffed);
    }
    const judged = await accountFor(samples, senders, staffed, 120_000);
    summary(judged);
    const outcomes = judged.flatMap(({ outcomes: all }) => all).filter((outcome): outcome is SampleOutcome => outcome !== undefined);
    const missing = judged.filter(({ outcomes: all }) => !all.every(Boolean)).map(({ sample }) => sample.id);
    writeFileSync(file, `${JSON.stringify(outcomes, null, 2)}\n`);
    complete = missing.length === 0;
    say(
      complete
        ? `\nall ${judged.length} messages are accounted for (${outcomes.length} deliveries)`
        : `\nnot accounted for: ${missing.join(', ')}`,
    );
  }
  if (options.once) return end(complete ? 0 : 1);
  await showDoors(doors, tokens, documents);
}

/** Routing can only choose among people who are there. */
async function agentsPresent(supervisor: ConsoleClient): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
    const { agents } = await supervisor.call<{ agents: { presence: string }[] }>('GET', '/board');
    if (agents.length > 0 && agents.filter(({ presence }) => presence === 'online').length >= agents.length) return;
  }
}

async function showDoors(doors: Doors, tokens: StackFile['tokens'], documents: readonly ConfigDocument[]): Promise<void> {
  const admin = new ConsoleClient(doors.http, tokens.admin);
  say(`\nconsole     ${doors.http}/`);
  for (const role of ['agent', 'supervisor', 'admin']) {
    const agentId = documents.find(
      ({ kind, content }) => kind === 'agent' && ((content as { role?: string }).role ?? 'agent') === role,
    )!.name;
    const { code } = await admin.call<{ code: string }>('POST', '/sign-in-links', { agentId });
    say(`sign in     ${doors.http}/?code=${code}    ${role} (${agentId}), once, within 10 minutes`);
  }
  say(
    `sent mail   ${doors.http}/dev/sent\nmail door   ${doors.smtp.host}:${doors.smtp.port}\nKafka       ${doors.kafkaBrokers.join(',')}\nall of it   ${STATE_DIR}/stack.json\n\nCtrl-C stops everything.`,
  );
}

main().catch((error: Error) => {
  if (ending.signal.aborted) return;
  console.error(`\n${error.message}`);
  end(1);
});
