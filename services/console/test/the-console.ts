import {
  AgentsTopic,
  AssignmentTopic,
  ConfigTopic,
  ConsoleTopic,
  deadLettersOf,
  EnrichmentTopic,
  IntakeTopic,
  KnowledgeBaseTopic,
  RoutingTopic,
  SlaEscalationTopic,
  type AgentRole,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import { Stack } from '@signalbox/test-stack';
import { SignJWT } from 'jose';
import { consoleService } from '../src/service.js';

export const READS = [IntakeTopic, EnrichmentTopic, KnowledgeBaseTopic, RoutingTopic, AssignmentTopic, AgentsTopic, SlaEscalationTopic];
const SECRET = 'a secret of the tests, long enough for HS256';

/** A token as an identity provider of ours would sign it: who, and in which role. */
export const tokenFor = (agentId: string, role: AgentRole): Promise<string> =>
  new SignJWT({ role })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(agentId)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET));

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked at with toMatchObject
  readonly body: any;
}

/** The console in this process, on topics and a database of its own. */
export class TheConsole {
  private constructor(
    readonly stack: Stack,
    private readonly env: NodeJS.ProcessEnv,
    public service: RunningService,
  ) {}

  static async start(more: NodeJS.ProcessEnv = {}): Promise<TheConsole> {
    const stack = await Stack.start({
      kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
      databaseUrl: process.env['DATABASE_URL']!,
      topics: [...READS, ConsoleTopic, ConfigTopic, deadLettersOf('console')],
    });
    stack.attach('console', READS);
    const env = await stack.environmentFor('console', { AUTH_JWT_SECRET: SECRET, ...more });
    const service = await startService(consoleService(env), fail);
    await topicsLed(stack);
    return new TheConsole(stack, env, service);
  }

  async restart(rewind: boolean): Promise<void> {
    await this.service.close();
    if (rewind) await this.stack.rewind('console');
    this.service = await startService(consoleService(this.env), fail);
  }

  /** A second instance of the same service: same database, same topics. */
  another(more: NodeJS.ProcessEnv = {}): Promise<RunningService> {
    return startService(consoleService({ ...this.env, ...more }), fail);
  }

  async stop(): Promise<void> {
    await this.service.close();
    await this.stack.stop();
  }

  /** One request with a bearer token. */
  async call(
    method: string,
    path: string,
    token: string | undefined,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(`${this.service.http}/api/v1${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }
}

/** A broker under load takes a moment to lead partitions it has just made; until then nobody can ask for their ends. */
async function topicsLed(stack: Stack): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await stack.settled();
      return;
    } catch (error) {
      if (attempt === 50 || !/leader/.test((error as Error).message)) throw error;
    }
  }
}

const fail = (error: Error): void => {
  throw error;
};
