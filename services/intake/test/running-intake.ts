import { AssignmentTopic, ConfigTopic, deadLettersOf, InboundTopic, IntakeTopic } from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import { Stack } from '@signalbox/test-stack';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { intake } from '../src/service.js';

export const OPERATOR_TOKEN = 'operator-token-of-the-test';
export const REPLY_SECRET = 'reply-token-secret-of-the-test';
export const CHAT_SECRET = 'chat-token-secret-of-the-test';
export const SUPPORT_ADDRESS = 'support@nordlicht.example';

/** One intake on its own topics, database and folder. */
export class RunningIntake {
  private constructor(
    readonly stack: Stack,
    readonly attachmentsDir: string,
    readonly environment: NodeJS.ProcessEnv,
    public service: RunningService,
  ) {}

  static async start(more: NodeJS.ProcessEnv = {}): Promise<RunningIntake> {
    const stack = await Stack.start({
      kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
      databaseUrl: process.env['DATABASE_URL']!,
      topics: [InboundTopic, IntakeTopic, AssignmentTopic, ConfigTopic, deadLettersOf('intake')],
    });
    const attachmentsDir = await mkdtemp(join(tmpdir(), 'signalbox-intake-'));
    const environment = await stack.environmentFor('intake', {
      ATTACHMENTS_DIR: attachmentsDir,
      REPLY_TOKEN_SECRETS: REPLY_SECRET,
      CHAT_TOKEN_SECRET: CHAT_SECRET,
      OPERATOR_TOKEN,
      SUPPORT_ADDRESS,
      MAIL_DOMAIN: 'nordlicht.example',
      ...more,
    });
    stack.attach('intake', [InboundTopic, AssignmentTopic, ConfigTopic]);
    return new RunningIntake(stack, attachmentsDir, environment, await startService(intake(environment), fatal));
  }

  /** A second process's worth of the same service: same database, same topics. */
  startAnother(more: NodeJS.ProcessEnv = {}): Promise<RunningService> {
    return startService(intake({ ...this.environment, ...more }), fatal);
  }

  async restart({ rewound = false } = {}): Promise<void> {
    await this.service.close();
    if (rewound) await this.stack.rewind('intake');
    this.service = await startService(intake(this.environment), fatal);
  }

  get http(): string {
    return this.service.http;
  }

  query<Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.stack.query<Row>('intake', sql, parameters);
  }

  /** Every row that means something, as one value: what a rewind must not change. */
  async rows(): Promise<unknown> {
    const tables = ['customer', 'ticket', 'conversation', 'message', 'duplicate_key', 'raw_original', 'attachment', 'outgoing'];
    const lists = tables.map((table) => `(select json_agg(r order by r::text) from ${table} r) as ${table}`);
    const versions = `(select json_agg(v order by topic, subject) from messaging.subject_version v) as versions`;
    return this.query(`select ${[...lists, versions].join(', ')}`);
  }

  /** Asks until the answer satisfies: for what happens outside of Kafka. Gives up after 15 s with what was seen last. */
  async until<T>(ask: () => T | Promise<T>, satisfied: (answer: T) => boolean): Promise<T> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const answer = await ask();
      if (satisfied(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`still not: ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async stop(): Promise<void> {
    await this.service.close();
    await this.stack.stop();
    await rm(this.attachmentsDir, { recursive: true, force: true });
  }
}

function fatal(error: Error): void {
  throw error;
}
