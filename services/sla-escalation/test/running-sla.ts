import {
  AgentsTopic,
  AssignmentTopic,
  BUNDLE_KEY,
  ConfigBundle,
  ConfigRecord,
  ConfigTopic,
  ConsoleTopic,
  deadLettersOf,
  EnrichmentTopic,
  eventOfType,
  IntakeTopic,
  SlaEscalationTopic,
  subjectOf,
  type Draft,
} from '@signalbox/contracts';
import { completeEvent } from '@signalbox/messaging';
import { startService, type RunningService } from '@signalbox/service-defaults';
import { Stack, type SeenEvent } from '@signalbox/test-stack';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { slaEscalation } from '../src/service.js';

/** An event with its place in its topic and the instant its writer gave it, so that facts stand in a known order whenever they arrive. */
export interface Dated {
  readonly draft: Draft;
  readonly version: number;
  readonly at: number;
}

/** One sla-escalation on its own topics and database. */
export class RunningSla {
  #bundle = 0;
  readonly #versions = new Map<string, { version: number; content: string }>();

  private constructor(
    readonly stack: Stack,
    readonly environment: NodeJS.ProcessEnv,
    public service: RunningService,
  ) {}

  static async start(more: NodeJS.ProcessEnv = {}): Promise<RunningSla> {
    const stack = await Stack.start({
      kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
      databaseUrl: process.env['DATABASE_URL']!,
      topics: [
        IntakeTopic,
        EnrichmentTopic,
        AssignmentTopic,
        AgentsTopic,
        SlaEscalationTopic,
        ConsoleTopic,
        ConfigTopic,
        deadLettersOf('sla-escalation'),
      ],
    });
    const environment = await stack.environmentFor('sla-escalation', more);
    stack.attach('sla-escalation', [IntakeTopic, EnrichmentTopic, AssignmentTopic, AgentsTopic, ConsoleTopic, ConfigTopic]);
    return new RunningSla(stack, environment, await startService(slaEscalation(environment), fatal));
  }

  async restart({ rewound = false, more = {} as NodeJS.ProcessEnv } = {}): Promise<void> {
    await this.service.close();
    if (rewound) await this.stack.rewind('sla-escalation');
    this.service = await startService(slaEscalation({ ...this.environment, ...more }), fatal);
  }

  /** A second process's worth of the same service: same database, same topics. */
  startAnother(): Promise<RunningService> {
    return startService(slaEscalation(this.environment), fatal);
  }

  /** In place of the service in this process a process of its own, which ends by kill -9 as soon as the story is told. */
  async killedAfter(story: () => Promise<unknown>): Promise<void> {
    await this.service.close();
    const port = await freePort();
    const child = spawn(process.execPath, [new URL('../dist/main.js', import.meta.url).pathname], {
      env: { ...process.env, ...this.environment, PORT: port, SIGNALBOX_END_WITH_STDIN: 'true' },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const isReady = () =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    try {
      await this.until(isReady, Boolean, 40_000);
      await story();
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      this.service = await startService(slaEscalation(this.environment), fatal);
    }
  }

  /** Makes this the whole configuration: a document that changed gets its next version. */
  async configure(documents: readonly { kind: string; name: string; content: object }[]): Promise<void> {
    const events: Draft[] = [];
    const members = documents.map(({ kind, name, content }) => {
      const key = `${kind}/${name}`;
      const before = this.#versions.get(key);
      const text = JSON.stringify(content);
      const version = before?.content === text ? before.version : (before?.version ?? 0) + 1;
      this.#versions.set(key, { version, content: text });
      if (version !== before?.version)
        events.push(ConfigRecord(`${key}@${version}`, { kind, name, recordVersion: version, content: JSON.parse(text) }));
      return `${key}@${version}`;
    });
    await this.twice(...events);
    // Two instances that store a record and its bundle at the same instant do not see each other's: neither switches.
    await this.stack.settled();
    await this.twice(ConfigBundle(BUNDLE_KEY, { bundle: ++this.#bundle, members, appliedAt: new Date().toISOString() }));
    await this.stack.settled();
  }

  async twice(...events: readonly Draft[]): Promise<void> {
    await this.stack.publish(...events, ...events);
  }

  async publishDated(...events: readonly Dated[]): Promise<void> {
    const records = events.map(({ draft, version, at }) => {
      const { topic, type } = eventOfType(draft.type)!;
      const subject = subjectOf(draft);
      const attributes = {
        specversion: '1.0',
        source: `/signalbox/${topic.writer}`,
        type,
        subject,
        time: new Date(at).toISOString(),
        datacontenttype: 'application/json',
        correlationid: subject,
        data: draft.data,
      };
      const value = completeEvent({ topic: topic.name, subject, version, eventId: null, body: JSON.stringify(attributes) });
      return { topic: topic.name, key: subject, value, headers: { ce_type: type, ce_subject: subject } };
    });
    await this.stack.publishRaw(...records, ...records);
  }

  /** Everything said about a ticket, as soon as it satisfies: what time brings about. Gives up after 40 s with what was said last. */
  async said(ticketId: string, satisfied: (events: readonly SeenEvent[]) => boolean): Promise<readonly SeenEvent[]> {
    const deadline = Date.now() + 40_000;
    for (;;) {
      const events = this.stack.eventsAbout(ticketId, SlaEscalationTopic);
      if (satisfied(events)) return events;
      if (Date.now() > deadline) throw new Error(`still not: ${JSON.stringify(events.map(({ type, data }) => ({ type, data })))}`);
      await sleep(25);
    }
  }

  /** Asks until the answer satisfies: for what no topic tells. Then gives up with what was seen last. */
  async until<T>(ask: () => Promise<T>, satisfied: (answer: T) => boolean, patienceMs = 15_000): Promise<T> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const answer = await ask();
      if (satisfied(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`still not: ${JSON.stringify(answer)}`);
      await sleep(25);
    }
  }

  rows(where = 'true', parameters: unknown[] = []) {
    return this.stack.query<Record<string, unknown>>(
      'sla-escalation',
      `select * from sla_ticket where ${where} order by ticket_id`,
      parameters,
    );
  }

  async stop(): Promise<void> {
    await this.service.close();
    await this.stack.stop();
  }
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}

function fatal(error: Error): void {
  throw error;
}
