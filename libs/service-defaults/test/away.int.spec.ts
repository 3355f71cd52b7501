import { ConfigTopic, deadLettersOf, IntakeTopic, SlaEscalationTopic } from '@signalbox/contracts';
import { Stack } from '@signalbox/test-stack';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { aTicketReceived } from '../../messaging/test/a-ticket.js';
import { Passage, unusedPort } from './passage.js';

const probeFile = createRequire(import.meta.url).resolve('../../messaging/test/probe.service.ts');

/** The probe as a process of its own, as a supervisor runs it. */
class Probe {
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(
    env: NodeJS.ProcessEnv,
    readonly http: string,
  ) {
    this.#child = spawn(process.execPath, ['--no-warnings', probeFile, 'run'], {
      env: { ...env, PATH: process.env['PATH'], SIGNALBOX_END_WITH_STDIN: 'true' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'exit');
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.on('data', (chunk: Buffer) => (this.output += String(chunk)));
  }
  static async start(env: NodeJS.ProcessEnv): Promise<Probe> {
    const port = await unusedPort();
    return new Probe({ ...env, PORT: String(port) }, `http://127.0.0.1:${port}`);
  }

  async answerOf(path: string): Promise<{ status: number; detail?: string }> {
    const response = await fetch(this.http + path);
    return { ...((await response.json()) as object), status: response.status };
  }
  /** @throws Error with the last answer and the output after 30 s */
  async until(met: (probe: Probe) => Promise<boolean> | boolean): Promise<void> {
    let last: unknown;
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
      last = await Promise.resolve(met(this)).catch((error: Error) => error.message);
      if (last === true) return;
    }
    throw new Error(`did not come true within 30 s: ${String(met)}; last: ${String(last)}\n${this.output}`);
  }
  /** Lines that say what is waited for. */
  get warnings(): string[] {
    return this.output.split('\n').filter((line) => line.includes('WARN'));
  }

  /** Its exit code; a signal's name when it was ended by one. */
  async end(how: 'SIGTERM' | 'SIGINT' | 'launcher gone' | 'by itself'): Promise<number | NodeJS.Signals | null> {
    if (how === 'launcher gone') this.#child.stdin!.end();
    else if (how !== 'by itself') this.#child.kill(how);
    await this.#ended;
    return this.#child.exitCode ?? this.#child.signalCode;
  }
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

let stack: Stack;
let env: NodeJS.ProcessEnv;
let database: Passage;
let kafka: Passage;
let probe: Probe | undefined;
const databaseName = () => new URL(env['DATABASE_URL']!).pathname.slice(1);
/** The service's environment, with its ways to database and Kafka through the passages. */
const throughPassages = (): NodeJS.ProcessEnv => {
  const url = new URL(env['DATABASE_URL']!);
  url.host = `127.0.0.1:${database.port}`;
  return { ...env, DATABASE_URL: url.href, KAFKA_BROKERS: `127.0.0.1:${kafka.port}` };
};

beforeAll(async () => {
  stack = await Stack.start({
    kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
    databaseUrl: process.env['DATABASE_URL']!,
    topics: [IntakeTopic, SlaEscalationTopic, ConfigTopic, deadLettersOf('sla-escalation')],
  });
  stack.attach('sla-escalation', [IntakeTopic, ConfigTopic]);
  env = await stack.environmentFor('sla-escalation');
});
beforeEach(async () => {
  database = await Passage.to(new URL(env['DATABASE_URL']!).host);
  kafka = await Passage.to(env['KAFKA_BROKERS']!.split(',')[0]!);
});
afterEach(async () => {
  await probe?.kill();
  database.shut();
  kafka.shut();
});
afterAll(() => stack.stop());

describe('a service that starts while', () => {
  it.each([
    {
      what: 'its database cannot be reached',
      away: () => kafka.open(),
      back: () => database.open(),
      says: /waits for the database 127\.0\.0\.1:\d+\/\w+, away for \d+\.\d s: .*ECONNREFUSED/,
    },
    {
      what: 'its database accepts no connections',
      away: async () => {
        await Promise.all([kafka.open(), database.open()]);
        await stack.closeDatabase(databaseName());
      },
      back: () => stack.openDatabase(databaseName()),
      says: /waits for the database 127\.0\.0\.1:\d+\/\w+, away for \d+\.\d s: .*not currently accepting connections/,
    },
    {
      what: 'Kafka cannot be reached',
      away: () => database.open(),
      back: () => kafka.open(),
      says: /waits for Kafka 127\.0\.0\.1:\d+, away for \d+\.\d s: .*ECONNREFUSED/,
    },
  ])('$what waits, says so, and handles what came meanwhile, once', async ({ what, away, back, says }) => {
    await away();
    probe = await Probe.start(throughPassages());
    await probe.until(async ({ warnings }) => warnings.length >= 3);
    for (const line of probe.warnings) expect(line).toMatch(says);
    expect(await probe.answerOf('/healthz')).toMatchObject({ status: 200 });
    expect(await probe.answerOf('/readyz')).toMatchObject({ status: 503, detail: expect.stringMatching(says) });

    const ticketId = what.replaceAll(' ', '-');
    const received = aTicketReceived({ ticketId });
    await stack.publish(received, received);
    await back();
    await probe.until(async (one) => (await one.answerOf('/readyz')).status === 200);
    await stack.settled();
    expect(await stack.query('sla-escalation', 'select received from probe_ticket where ticket_id = $1', [ticketId])).toEqual([
      { received: 1 },
    ]);
    expect(stack.eventsAbout(ticketId, SlaEscalationTopic)).toHaveLength(1);
    expect(await probe.end('SIGTERM')).toBe(0);
  });

  it('Kafka answers once and goes is alive but not ready, and handles what came meanwhile, once', async () => {
    await database.open();
    await kafka.open({ connectionsMax: 1 });
    probe = await Probe.start(throughPassages());
    await probe.until(({ warnings }) => warnings.filter((line) => line.includes('ECONNREFUSED')).length >= 3);
    expect(await probe.answerOf('/healthz')).toMatchObject({ status: 200 });
    expect(await probe.answerOf('/readyz')).toMatchObject({ status: 503, detail: 'waits for its topics' });

    const ticketId = 'kafka-answers-once';
    const received = aTicketReceived({ ticketId });
    await stack.publish(received, received);
    await kafka.open();
    await probe.until(async (one) => (await one.answerOf('/readyz')).status === 200);
    await stack.settled();
    expect(await stack.query('sla-escalation', 'select received from probe_ticket where ticket_id = $1', [ticketId])).toEqual([
      { received: 1 },
    ]);
    expect(stack.eventsAbout(ticketId, SlaEscalationTopic)).toHaveLength(1);
    expect(await probe.end('SIGTERM')).toBe(0);
  });

  it('Kafka answers once and goes ends when told to', async () => {
    await database.open();
    await kafka.open({ connectionsMax: 1 });
    probe = await Probe.start(throughPassages());
    await probe.until(async (one) => (await one.answerOf('/readyz')).detail === 'waits for its topics');
    expect(await probe.end('SIGTERM')).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT', 'launcher gone'] as const)('its database is away ends at once: %s', async (how) => {
    probe = await Probe.start(throughPassages());
    await probe.until(({ warnings }) => warnings.length >= 1);
    expect(await probe.end(how)).toBe(0);
  });

  it('Kafka is away ends at once when told to', async () => {
    await database.open();
    probe = await Probe.start(throughPassages());
    await probe.until(({ warnings }) => warnings.length >= 1);
    expect(await probe.end('SIGTERM')).toBe(0);
  });

  it.each([
    {
      what: 'its password is wrong',
      wrong: (url: URL) => {
        url.username = 'nobody';
        url.password = 'guess';
      },
      says: /^sla-escalation: the database [\w.:]+\/\w+: .*\bnobody\b/m,
    },
    {
      what: 'its database does not exist',
      wrong: (url: URL) => (url.pathname = '/no_such_database'),
      says: /^sla-escalation: the database [\w.:]+\/no_such_database: database "no_such_database" does not exist$/m,
    },
  ])('$what does not wait: it ends and says why', async ({ wrong, says }) => {
    const url = new URL(env['DATABASE_URL']!);
    wrong(url);
    probe = await Probe.start({ ...env, DATABASE_URL: url.href });
    expect(await probe.end('by itself')).toBe(1);
    expect(probe.output).toMatch(says);
    expect(probe.warnings).toEqual([]);
  });
});
