import {
  AnswerReleased,
  AssignmentTopic,
  ConfigBundle,
  ConfigRecord,
  ConfigTopic,
  deadLettersOf,
  eventOfType,
  IntakeTopic,
  KnowledgeBaseTopic,
  MessageReceived,
  subjectOf,
  TicketAssigned,
  TicketMerged,
  TicketReceived,
  type Draft,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { completeEvent } from '@signalbox/messaging';
import { startService, type RunningService } from '@signalbox/service-defaults';
import { Stack } from '@signalbox/test-stack';
import { knowledgeBase } from '../src/service.js';
import { sampleArticles, sampleCategories } from './sample.js';

const NINE = '2026-11-24T09:00:00.000Z';
export const SECRET = 'feedback-token-secret-of-the-test';

/** One knowledge base on its own topics and database, with the sample company's articles. */
export class RunningKnowledgeBase {
  #bundle = 0;
  readonly #members = new Map<string, { version: number; content: unknown }>();

  private constructor(
    readonly stack: Stack,
    readonly environment: NodeJS.ProcessEnv,
    public service: RunningService,
  ) {}

  static async start(more: NodeJS.ProcessEnv = {}): Promise<RunningKnowledgeBase> {
    const stack = await Stack.start({
      kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
      databaseUrl: process.env['DATABASE_URL']!,
      topics: [IntakeTopic, AssignmentTopic, ConfigTopic, KnowledgeBaseTopic, deadLettersOf('knowledge-base')],
    });
    const environment = await stack.environmentFor('knowledge-base', {
      FEEDBACK_TOKEN_SECRETS: SECRET,
      PUBLIC_URL: 'https://help.nordlicht.example/',
      ...more,
    });
    stack.attach('knowledge-base', [IntakeTopic, AssignmentTopic, ConfigTopic]);
    const running = new RunningKnowledgeBase(stack, environment, await startService(knowledgeBase(environment), fatal));
    await running.configure({
      ...Object.fromEntries([...sampleCategories].map(([name, content]) => [`category/${name}`, content])),
      ...Object.fromEntries(sampleArticles.map((article) => [`article/${article.articleId}.${article.locale}`, article])),
    });
    return running;
  }

  /** Applies a bundle in which these records are new or changed, every record sent twice. */
  async configure(changes: Record<string, unknown>): Promise<void> {
    const records: Draft[] = [];
    for (const [name, content] of Object.entries(changes)) {
      const version = (this.#members.get(name)?.version ?? 0) + 1;
      this.#members.set(name, { version, content });
      const [kind, ...rest] = name.split('/');
      records.push(
        ConfigRecord(`${name}@${version}`, { kind: kind!, name: rest.join('/'), recordVersion: version, content: content as never }),
      );
    }
    this.#bundle += 1;
    const members = [...this.#members].map(([name, { version }]) => `${name}@${version}`);
    const bundle = ConfigBundle('bundle', { bundle: this.#bundle, members, appliedAt: NINE });
    await this.stack.publish(...records, ...records, bundle, bundle);
    await this.stack.settled();
  }

  /** Numbered and dated in the order they were `written` in; only their arrival differs. */
  async publishInOrder(written: readonly Draft[], arriving: readonly Draft[]): Promise<void> {
    const versions = new Map<string, number>();
    const records = new Map(
      written.map((event, nth) => {
        const { topic } = eventOfType(event.type)!;
        const [subject, version] = [subjectOf(event), (versions.get(topic.name) ?? 0) + 1];
        versions.set(topic.name, version);
        const body = JSON.stringify({
          specversion: '1.0',
          source: `/signalbox/${topic.writer}`,
          type: event.type,
          subject,
          time: new Date(Date.now() + nth * 1_000).toISOString(),
          datacontenttype: 'application/json',
          correlationid: subject,
          data: event.data,
        });
        const value = completeEvent({ topic: topic.name, subject, version, eventId: null, body });
        return [event, { topic: topic.name, key: subject, value, headers: { ce_type: event.type, ce_subject: subject } }];
      }),
    );
    // Settled in between, so that two topics cannot meet in one unit of work in an order of their own.
    for (const event of arriving) {
      await this.stack.publishRaw(records.get(event)!, records.get(event)!);
      await this.stack.settled();
    }
  }

  async restart(how: { rewound?: boolean; clockOffsetMs?: number } = {}): Promise<void> {
    await this.service.close();
    if (how.rewound) await this.stack.rewind('knowledge-base');
    const environment = { ...this.environment, SIGNALBOX_CLOCK_OFFSET_MS: String(how.clockOffsetMs ?? 0) };
    this.service = await startService(knowledgeBase(environment), fatal);
  }

  query<Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.stack.query<Row>('knowledge-base', sql, parameters);
  }

  /** Every row that means something, as one value: what a rewind must not change. */
  async rows(): Promise<unknown> {
    const lists = ['ticket', 'article_revision'].map((table) => `(select json_agg(r order by r::text) from ${table} r) as ${table}`);
    return this.query(
      `select ${lists.join(', ')}, (select json_agg(v order by topic, subject) from messaging.subject_version v) as versions`,
    );
  }

  saidAbout(ticketId: string) {
    return this.stack.eventsAbout(ticketId, KnowledgeBaseTopic);
  }

  /** The token that the ticket's proposed answer carries. */
  tokenOf(ticketId: string): string {
    const proposed = this.saidAbout(ticketId).find((event) => event.type === 'AnswerProposed');
    return (proposed!.data as { answer: { feedbackToken: string } }).answer.feedbackToken;
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.service.http}/knowledge-base/v1/${path}`);
  }
  post(body: unknown, type = 'application/json'): Promise<Response> {
    return fetch(`${this.service.http}/knowledge-base/v1/feedback`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** Asks until the answer satisfies: for what a timer does. Gives up after 15 s with what was seen last. */
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
  }
}

let made = 0;
const customer = { customerId: 'customer-1', address: 'ida@example.com' };

/** A ticket received, about a forgotten password unless said otherwise. */
export const aTicket = (ticketId: string, more: Partial<TicketReceived['data']> = {}): TicketReceived =>
  TicketReceived(ticketId, {
    number: (made += 1),
    messageId: `message-${made}`,
    channel: 'web',
    door: 'http',
    channelAccount: 'web',
    customer,
    subject: 'Forgot my password',
    text: 'How do I reset my password?',
    attachments: [],
    receivedAt: NINE,
    ...more,
  });

export const aMessage = (ticketId: string, kind: MessageReceived['data']['kind'] = 'human'): MessageReceived =>
  MessageReceived(ticketId, {
    messageId: `message-${(made += 1)}`,
    channel: 'web',
    door: 'http',
    kind,
    customer,
    text: 'I still cannot sign in.',
    attachments: [],
    receivedAt: NINE,
  });

const aSnapshot = (more: Partial<TicketSnapshot>): TicketSnapshot => ({
  status: 'open',
  agentId: null,
  offer: null,
  epoch: 2,
  priorityOverride: null,
  queueOverride: null,
  extraSkills: {},
  firstQueuedAt: NINE,
  relaxFrom: NINE,
  excludedAgentIds: [],
  ...more,
});

export const aRelease = (ticketId: string): AnswerReleased =>
  AnswerReleased(ticketId, {
    ticket: aSnapshot({ status: 'pending' }),
    messageId: `answer-${ticketId}`,
    answer: {
      articleId: 'reset-password',
      revision: 1,
      locale: 'en',
      title: 'Resetting',
      confidence: 0.9,
      text: 'Text',
      feedbackToken: 'token',
    },
  });

export const anAssignment = (ticketId: string): TicketAssigned =>
  TicketAssigned(ticketId, {
    ticket: aSnapshot({ agentId: 'ana' }),
    agentId: 'ana',
    proposalId: `proposal-${ticketId}`,
    how: 'accepted',
    units: 1,
    assignedAt: NINE,
  });

export const aMerge = (ticketId: string): TicketMerged =>
  TicketMerged(ticketId, { ticket: aSnapshot({ status: 'closed', mergedInto: 'other' }), intoTicketId: 'other', byAgentId: 'ana' });

function fatal(error: Error): void {
  throw error;
}
