import { ServiceName } from '@signalbox/contracts';
import { provisionTopics } from '@signalbox/messaging';
import { freePorts, startInfrastructure, type Infrastructure } from '@signalbox/test-stack';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCompanyFiles, type ConfigDocument } from '../company-files.ts';
import { ConsoleClient, mintToken } from '../console-client.ts';
import { databaseOf } from './databases.ts';
import { frontDoor } from './front-door.ts';
import { answers, SupervisedProcess, type ProcessDefinition } from './processes.ts';
import type { Doors } from './samples.ts';
import { stackSecrets, type StackSecrets } from './secrets.ts';
import { processDefinitions, type StackPorts } from './service-processes.ts';
import { writeStackFile, type StackFile } from './stack-file.ts';

export interface StackSurroundings {
  readonly root: string;
  readonly stateDir: string;
  /** The folder of the company to apply. */
  readonly company: string;
  readonly httpPort: number;
  /** One line per step, for the person who waits. */
  readonly step: (line: string) => void;
}

export interface StartedStack {
  readonly doors: Doors;
  readonly tokens: StackFile['tokens'];
  readonly documents: readonly ConfigDocument[];
}

type Role = keyof StackFile['tokens'];
/** The people of the company in this role, in the order of its files. */
export function peopleOf(documents: readonly ConfigDocument[], role: Role): string[] {
  return documents
    .filter(({ kind, content }) => kind === 'agent' && ((content as { role?: string }).role ?? 'agent') === role)
    .map(({ name }) => name);
}

/** All of Signalbox on this machine: infrastructure, topics, databases, services, front door, and a company that is active. */
export class RunningStack {
  readonly #around: StackSurroundings;
  readonly #processes: SupervisedProcess[] = [];
  #infrastructure: Infrastructure | undefined;
  #door: Server | undefined;
  #stackFile: StackFile | undefined;

  constructor(around: StackSurroundings) {
    this.#around = around;
  }

  /** Resolves when every service is ready and works by the company's configuration. */
  async start(): Promise<StartedStack> {
    const { stateDir, company, step } = this.#around;
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    this.#infrastructure = await startInfrastructure({ stateDir, progress: step });
    const { kafkaBrokers } = this.#infrastructure;
    const created = await provisionTopics({ brokers: kafkaBrokers, clientId: 'signalbox-start' });
    step(created.length > 0 ? `${created.length} topics provisioned from the contracts` : 'topics are there');
    const secrets = stackSecrets(stateDir, ServiceName.options);
    const databases = await this.#makeDatabases(this.#infrastructure.databaseUrl, secrets);

    const read = readCompanyFiles([company]);
    const companyRecord = read.find(({ kind }) => kind === 'company');
    if (!companyRecord) throw new Error(`${company}: no configuration of kind 'company'`);
    const { supportAddress } = companyRecord.content as { supportAddress: string };
    const ports = await choosePorts(stateDir, this.#around.httpPort);
    const documents = read.map((document) => (document === companyRecord ? withReceiver(document, ports) : document));
    this.#startServices({ kafkaBrokers, databases, ports, secrets, supportAddress });
    const http = await this.#openDoor(ports);
    const token = (role: Role): Promise<string> => mintToken(secrets.jwt, peopleOf(documents, role)[0]!, role);
    const tokens = { agent: await token('agent'), supervisor: await token('supervisor'), admin: await token('admin') };
    this.#write({
      ready: false,
      http,
      smtp: `127.0.0.1:${ports.smtp}`,
      kafkaBrokers,
      services: Object.fromEntries(ServiceName.options.map((name) => [name, { http: addressOf(ports, name), database: databases[name] }])),
      tokens,
    });
    await this.#untilReady(ports);
    await this.#apply(documents, new ConsoleClient(http, tokens.admin), ports);
    this.#write({ ...this.#stackFile!, ready: true });
    return { doors: { http, smtp: { host: '127.0.0.1', port: ports.smtp }, kafkaBrokers, supportAddress, secrets }, tokens, documents };
  }

  /** Lets the company's agents accept, answer and solve by its script. */
  putAgentsToWork({ doors, tokens, documents }: StartedStack): void {
    const { root, company, step } = this.#around;
    const agents = peopleOf(documents, 'agent');
    const env = {
      CONSOLE_URL: doors.http,
      ADMIN_TOKEN: tokens.admin,
      AGENT_IDS: agents.join(','),
      SCRIPT_FILE: join(company, 'demo-script.yaml'),
    };
    this.#run({ name: 'demo-agents', file: join(root, 'tools/demo-agents.ts'), env, stopMs: 5_000 });
    step(`${agents.length} demo agents are at work (switch off: npm start -- --no-demo-agents)`);
  }

  async #makeDatabases(administratorUrl: string, secrets: StackSecrets): Promise<Record<ServiceName, string>> {
    const databases = {} as Record<ServiceName, string>;
    for (const name of ServiceName.options) databases[name] = await databaseOf(administratorUrl, name, secrets.databasePasswords[name]!);
    this.#around.step('a role and a database for each service');
    return databases;
  }

  #startServices(by: Omit<Parameters<typeof processDefinitions>[0], 'root' | 'stateDir' | 'clockOffsetMs'>): void {
    const { root, stateDir } = this.#around;
    const clockOffsetMs = Number(process.env['SIGNALBOX_CLOCK_OFFSET_MS'] ?? 0);
    const { receiver, services } = processDefinitions({ root, stateDir, clockOffsetMs, ...by });
    for (const definition of [receiver, ...services]) this.#run(definition);
  }

  get #logDir(): string {
    return join(this.#around.stateDir, 'logs');
  }
  #run(definition: ProcessDefinition): void {
    const supervised = new SupervisedProcess(definition, this.#logDir, this.#around.step);
    this.#processes.push(supervised);
    supervised.start();
  }

  async #openDoor(ports: StackPorts): Promise<string> {
    const door = frontDoor([
      { prefix: '/api', target: () => addressOf(ports, 'console') },
      { prefix: '/intake', target: () => addressOf(ports, 'intake') },
      { prefix: '/knowledge-base', target: () => addressOf(ports, 'knowledge-base') },
      { prefix: '/dev/sent', target: () => `http://127.0.0.1:${ports.receiver}` },
      { prefix: '/dev/webhooks', target: () => `http://127.0.0.1:${ports.receiver}` },
      { prefix: '/', target: () => addressOf(ports, 'console') },
    ]);
    this.#door = door;
    await new Promise<void>((done, failed) => door.once('error', failed).listen(ports.http, '127.0.0.1', done));
    return `http://127.0.0.1:${ports.http}`;
  }

  #write(stackFile: StackFile): void {
    this.#stackFile = stackFile;
    writeStackFile(stackFile, this.#around.stateDir);
  }

  async #untilReady(ports: StackPorts): Promise<void> {
    const ready = await Promise.all(
      ServiceName.options.map(async (name) => ({ name, ok: await answers(`${addressOf(ports, name)}/readyz`, 60_000) })),
    );
    const missing = ready.filter(({ ok }) => !ok).map(({ name }) => name);
    if (missing.length > 0) throw new Error(`not ready after 60 s: ${missing.join(', ')}; their logs are in ${this.#logDir}/`);
    this.#around.step('seven services are ready');
  }

  async #apply(documents: readonly ConfigDocument[], admin: ConsoleClient, ports: StackPorts): Promise<void> {
    const { bundle, changed } = await admin.apply(documents);
    const readers = ServiceName.options.filter((name) => name !== 'console');
    await Promise.all(readers.map((name) => hasBundle(addressOf(ports, name), bundle)));
    this.#around.step(
      changed.length > 0
        ? `${changed.length} records of configuration applied as bundle ${bundle}`
        : `configuration is bundle ${bundle}, nothing changed`,
    );
  }

  /** Nothing comes in any more; what is inside goes on. */
  closeDoors(): void {
    if (this.#stackFile) this.#write({ ...this.#stackFile, ready: false });
    this.#door?.close();
    this.#door?.closeAllConnections();
  }

  /** The agents first, then the services, then what they stand on; nothing is left behind. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.filter(({ definition }) => definition.name === 'demo-agents').map((one) => one.stop()));
    await Promise.all(this.#processes.map((one) => one.stop()));
    await this.#infrastructure?.stop();
  }
}

const addressOf = (ports: StackPorts, name: ServiceName): string => `http://127.0.0.1:${ports.services[name]}`;

/** Nothing that is tried out here leaves this machine: the company's webhooks lead to the receiver, as its mail does. */
function withReceiver(company: ConfigDocument, ports: StackPorts): ConfigDocument {
  const content = company.content as { webhooks?: Record<string, object> };
  if (content.webhooks === undefined) return company;
  const url = (name: string): string => `http://127.0.0.1:${ports.http}/dev/webhooks/${name}`;
  const webhooks = Object.fromEntries(Object.keys(content.webhooks).map((name) => [name, { url: url(name) }]));
  return { ...company, content: { ...content, webhooks } };
}

/** Ports stay the same over restarts of the same state while they are free. */
async function choosePorts(stateDir: string, httpPort: number): Promise<StackPorts> {
  const file = join(stateDir, 'ports.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<StackPorts>) : {};
  const [http, smtp, receiver, receiverSmtp, ...ofServices] = (await freePorts([
    httpPort,
    before.smtp ?? 2525,
    before.receiver,
    before.receiverSmtp,
    ...ServiceName.options.map((name) => before.services?.[name]),
  ])) as [number, number, number, number, ...number[]];
  const services = Object.fromEntries(ServiceName.options.map((name, nth) => [name, ofServices[nth]!])) as Record<ServiceName, number>;
  const ports: StackPorts = { http, smtp, receiver, receiverSmtp, services };
  writeFileSync(file, JSON.stringify(ports, null, 2));
  return ports;
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
