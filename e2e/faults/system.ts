import { ConfigTopic, eventOfType, eventsOn, ServiceName, type Topic } from '@signalbox/contracts';
import { KafkaInspector, provisionTopics } from '@signalbox/messaging';
import { freePorts, removeInfrastructure, startInfrastructure, type Infrastructure } from '@signalbox/test-stack';
import { existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCompanyFiles, type ConfigDocument } from '../../tools/company-files.ts';
import { ConsoleClient, mintToken } from '../../tools/console-client.ts';
import { eventsReadBy } from '../../tools/documents.ts';
import { databaseOf } from '../../tools/stack/databases.ts';
import { answers, SupervisedProcess, type ProcessDefinition } from '../../tools/stack/processes.ts';
import { stackSecrets } from '../../tools/stack/secrets.ts';
import { processDefinitions } from '../../tools/stack/service-processes.ts';

/** How a process of ours ended, in the words of its supervisor: `SIGKILL`, `code 1`. */
export interface Death {
  readonly service: string;
  readonly how: string;
}

/** The events a service reads: those of its `@On` handlers, and the configuration that `libs/messaging` reads for it. */
export const handledBy = (service: ServiceName): string[] => [
  ...eventsReadBy(service),
  ...(service === ConfigTopic.writer ? [] : eventsOn(ConfigTopic).map(({ type }) => type)),
];
export const topicsReadBy = (service: ServiceName): Topic[] => [...new Set(handledBy(service).map((type) => eventOfType(type)!.topic))];

/** A Signalbox of its own, whole and real, whose every part can be killed. Nothing of it outlives `stop`. */
export class FaultySystem {
  readonly services: readonly ServiceName[];
  readonly infrastructure: Infrastructure;
  readonly databases: Readonly<Record<ServiceName, string>>;
  readonly documents: readonly ConfigDocument[];
  readonly admin: ConsoleClient;
  readonly addressOf: (service: ServiceName) => string;
  /** Of the program that stands for the world outside. It is never killed. */
  readonly receiver: string;
  readonly #stateDir: string;
  readonly #definitions: ReadonlyMap<string, ProcessDefinition>;
  readonly #processes = new Map<string, SupervisedProcess>();
  readonly #waiting = new Map<string, (death: Death) => void>();
  readonly #onDeath: (death: Death) => void;

  private constructor(
    parts: Pick<FaultySystem, 'services' | 'infrastructure' | 'databases' | 'documents' | 'admin' | 'addressOf' | 'receiver'>,
    stateDir: string,
    definitions: readonly ProcessDefinition[],
    onDeath: (death: Death) => void,
  ) {
    this.services = parts.services;
    this.infrastructure = parts.infrastructure;
    this.databases = parts.databases;
    this.documents = parts.documents;
    this.admin = parts.admin;
    this.addressOf = parts.addressOf;
    this.receiver = parts.receiver;
    this.#stateDir = stateDir;
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
    this.#onDeath = onDeath;
  }

  /** @throws Error naming what is not built, or what did not become ready. */
  static async start(options: {
    root: string;
    stateDir: string;
    services: readonly ServiceName[];
    progress: (line: string) => void;
    onDeath: (death: Death) => void;
  }): Promise<FaultySystem> {
    const { root, stateDir, services, progress } = options;
    const missing = services.filter((name) => !existsSync(join(root, 'services', name, 'dist/main.js')));
    if (missing.length > 0) throw new Error(`not built: ${missing.join(', ')}; build with: npm run build`);
    mkdirSync(stateDir, { recursive: true });
    // Only servers of our own can be killed, whatever KAFKA_BROKERS and DATABASE_URL say.
    const infrastructure = await startInfrastructure({ stateDir, env: { ...process.env, SIGNALBOX_INFRA: 'local' }, progress });
    try {
      return await FaultySystem.#startOn(infrastructure, options);
    } catch (error) {
      await infrastructure.stop();
      throw error;
    }
  }

  static async #startOn(
    infrastructure: Infrastructure,
    { root, stateDir, services, onDeath }: Parameters<typeof FaultySystem.start>[0],
  ): Promise<FaultySystem> {
    const { kafkaBrokers, databaseUrl } = infrastructure;
    await provisionTopics({ brokers: kafkaBrokers, clientId: 'signalbox-faults' });
    const secrets = stackSecrets(stateDir, ServiceName.options);
    const databases = {} as Record<ServiceName, string>;
    for (const name of ServiceName.options) databases[name] = await databaseOf(databaseUrl, name, secrets.databasePasswords[name]!);
    const [http, smtp, receiver, receiverSmtp, ...ofServices] = (await freePorts(
      Array.from({ length: 4 + ServiceName.options.length }, () => undefined),
    )) as [number, number, number, number, ...number[]];
    const ports = Object.fromEntries(ServiceName.options.map((name, nth) => [name, ofServices[nth]!])) as Record<ServiceName, number>;
    const documents = busier(readCompanyFiles([join(root, 'config/sample')]));
    const supportAddress = 'support@nordlicht.example';
    const definitions = processDefinitions({
      root,
      stateDir,
      kafkaBrokers,
      databases,
      ports: { http, smtp, receiver, receiverSmtp, services: ports },
      secrets,
      supportAddress,
      clockOffsetMs: 0,
    });
    // Nothing is to be said during a rewind, so the states of tickets and agents are not said again.
    definitions.services.find(({ name }) => name === 'assignment')!.env['REPUBLISH_MINUTES'] = '100000';
    const addressOf = (name: ServiceName): string => `http://127.0.0.1:${ports[name]}`;
    const adminId = documents.find(({ kind, content }) => kind === 'agent' && (content as { role?: string }).role === 'admin')!.name;
    const admin = new ConsoleClient(addressOf('console'), await mintToken(secrets.jwt, adminId, 'admin'));
    const system = new FaultySystem(
      { services, infrastructure, databases, documents, admin, addressOf, receiver: `http://127.0.0.1:${receiver}` },
      stateDir,
      [definitions.receiver, ...definitions.services],
      onDeath,
    );
    try {
      system.#run('dev-receiver');
      await system.startServices();
      const { bundle } = await admin.apply(documents);
      await Promise.all(services.filter((name) => name !== 'console').map((name) => system.#hasBundle(name, bundle)));
    } catch (error) {
      await system.#stopAll();
      throw error;
    }
    return system;
  }

  get kafka() {
    return { brokers: this.infrastructure.kafkaBrokers, clientId: 'signalbox-faults' };
  }
  /** Each agent's limit as configured. */
  get unitsMax(): Record<string, number> {
    const agents = this.documents.filter(({ kind }) => kind === 'agent');
    return Object.fromEntries(agents.map(({ name, content }) => [name, (content as { unitsMax: number }).unitsMax]));
  }
  /** How often a ticket's owners may hand it on. */
  get transfersMax(): number {
    return (this.documents.find(({ kind }) => kind === 'company')!.content as { transfersMax: number }).transfersMax;
  }
  get logDir(): string {
    return join(this.#stateDir, 'logs');
  }

  #run(name: string): void {
    const process_ = new SupervisedProcess(this.#definitions.get(name)!, this.logDir, (line) => {
      const how = / ended \((.+?)\)/.exec(line)?.[1] ?? line;
      // Deaths are our doing here: the next start shall not wait longer for each.
      process_.restarts = 0;
      if (how === 'SIGKILL') this.#disarm(name);
      const death = { service: name, how };
      this.#onDeath(death);
      this.#waiting.get(name)?.(death);
    });
    this.#processes.set(name, process_);
    process_.start();
  }

  async startServices(): Promise<void> {
    for (const name of this.services) this.#run(name);
    await this.ready(90_000);
  }
  async stopServices(): Promise<void> {
    await Promise.all(this.services.map((name) => this.#processes.get(name)?.stop()));
  }

  /** @throws Error naming who does not answer `/readyz` within the time. */
  async ready(timeoutMs: number): Promise<void> {
    const ready = await Promise.all(
      this.services.map(async (name) => ({ name, ok: await answers(`${this.addressOf(name)}/readyz`, timeoutMs) })),
    );
    const missing = ready.filter(({ ok }) => !ok).map(({ name }) => name);
    if (missing.length > 0) throw new Error(`not ready after ${timeoutMs / 1000} s: ${missing.join(', ')}; logs: ${this.logDir}/`);
  }

  /** kill -9 of a server of ours. True when it answered before and does not any more. */
  async killInfrastructure(part: 'kafka' | 'postgres'): Promise<boolean> {
    const { kafkaBrokers, databaseUrl } = this.infrastructure;
    const address = part === 'kafka' ? `tcp://${kafkaBrokers[0]}` : databaseUrl;
    const before = await accepts(address);
    await this.infrastructure.kill(part);
    // A session that was just being forked holds the listening socket for a moment longer than its server lives.
    for (const deadline = Date.now() + 2_000; Date.now() < deadline; await sleep(20)) if (!(await accepts(address))) return before;
    return false;
  }

  kill(service: ServiceName, signal: NodeJS.Signals): void {
    this.#processes.get(service)!.kill(signal);
  }
  /** From its next start on the service ends itself at this point; once, then it is disarmed. */
  arm(service: ServiceName, failPoint: string): void {
    this.#definitions.get(service)!.env['SIGNALBOX_FAIL_POINT'] = failPoint;
  }
  #disarm(service: string): void {
    delete this.#definitions.get(service)!.env['SIGNALBOX_FAIL_POINT'];
  }
  disarm(service: ServiceName): void {
    this.#disarm(service);
  }

  /** Resolves with the service's next death, or with undefined when it outlives the time. */
  async nextDeath(service: ServiceName, timeoutMs: number): Promise<Death | undefined> {
    const death = new Promise<Death>((resolve) => this.#waiting.set(service, resolve));
    const timer = new AbortController();
    const tooLong = sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
    const result = await Promise.race([death, tooLong]);
    timer.abort();
    this.#waiting.delete(service);
    return result;
  }

  async #hasBundle(name: ServiceName, bundle: number): Promise<void> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
      const active = await fetch(`${this.addressOf(name)}/readyz`).then(
        async (response) => ((await response.json()) as { bundle?: number }).bundle ?? 0,
        () => 0,
      );
      if (active >= bundle) return;
    }
    throw new Error(`${name} did not switch to bundle ${bundle} within 60 s`);
  }

  /** Sets the stopped services' groups back to offset 0 of everything they read. */
  async rewind(): Promise<void> {
    const inspector = new KafkaInspector(this.kafka);
    await inspector.connect();
    try {
      for (const name of this.services)
        await inspector.rewind(
          `signalbox.${name}`,
          topicsReadBy(name).map((topic) => topic.name),
        );
    } finally {
      await inspector.disconnect();
    }
  }

  async #stopAll(): Promise<void> {
    await this.stopServices();
    await this.#processes.get('dev-receiver')?.stop();
  }
  /** Ends everything this system started and removes what it kept. */
  async stop(options: { keep: boolean }): Promise<void> {
    await this.#stopAll();
    await this.infrastructure.stop();
    if (!options.keep) await removeInfrastructure(this.#stateDir);
  }
}

/** True when somebody listens at the host and port of this address. */
const accepts = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(address);
    const socket = connect(Number(port), hostname, () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

/** An undelivered offer is over before it expires. */
const OFFER = { mode: 'ask', seconds: 20, acknowledgeSeconds: 8 };
const WRAP_UP_SECONDS = 2;
/**
 * Counted from receipt; a pressing ticket may be rescued as soon as it has an owner. An answer from the knowledge base stops no first
 * response, and its clock must not have anything to say during a rewind: it warns long before, and then not for longer than a round takes.
 */
const PRESSING_DUE_MINUTES = 60;
/** Of a pressing ticket's time: 12 s. */
const WARN_AT_SHARE = 1 / 300;
/** All others' first warning, at that share, comes after 33 minutes: no round takes that long. */
const OTHERS_DUE_MINUTES = 10_000;
/** Missed by whatever is in people's hands for long; it ends with the ticket. */
const PRESSING_INTERNAL_MINUTES = 1;
/** Not to be asked again for so long: a round does not wait for the sample company's two minutes. */
const RETRY_AGENT_SECONDS = 5;

/**
 * The sample company with more to do between people. All but billing are asked about web forms and have to confirm that they see the offer;
 * everybody wraps up; tickets of `orders` wait for somebody idle, so that others can pull them; pressing tickets are rescued.
 */
function busier(documents: readonly ConfigDocument[]): ConfigDocument[] {
  return documents.map((document) => {
    const content = document.content as Record<string, Record<string, object>>;
    switch (document.kind) {
      case 'company':
        return { ...document, content: { ...content, retryAgentSeconds: RETRY_AGENT_SECONDS } };
      case 'queue': {
        const offers = document.name === 'billing' ? content['offers'] : { ...content['offers'], web: OFFER };
        return { ...document, content: { ...content, offers, wrapUpSeconds: { ...content['wrapUpSeconds'], web: WRAP_UP_SECONDS } } };
      }
      case 'routing-policy': {
        const weights = { ...content['weights'], unhurried: { ...content['weights']!['standard'], resolution: 1 } };
        const rules = [...(content['rules'] as unknown as object[]), { when: { queue: ['orders'] }, use: 'unhurried' }];
        const more = { startWithinMinutes: 0, rescueWithinMinutes: PRESSING_DUE_MINUTES };
        return { ...document, content: { ...content, weights, rules, ...more } };
      }
      case 'sla-policy': {
        const pressing = { urgent: PRESSING_DUE_MINUTES, high: PRESSING_DUE_MINUTES };
        const due = { ...pressing, normal: OTHERS_DUE_MINUTES, low: OTHERS_DUE_MINUTES };
        const targets = {
          ...content['targets'],
          firstResponse: due,
          internal: { ...content['targets']!['internal'], urgent: PRESSING_INTERNAL_MINUTES, high: PRESSING_INTERNAL_MINUTES },
        };
        // At any hour of the day at which somebody runs this.
        const open = { hours: 'calendar', calendar: '24x7' };
        const atOnce = { target: 'firstResponse', offsetMinutes: -PRESSING_DUE_MINUTES, notify: ['owner'], offerRescue: true };
        const levels = [atOnce, ...(content['levels'] as unknown as object[])];
        return { ...document, content: { ...content, ...open, targets, warnAtShares: [WARN_AT_SHARE], levels } };
      }
      default:
        return document;
    }
  });
}
