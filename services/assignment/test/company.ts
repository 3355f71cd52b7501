import {
  AssignmentProposed,
  AssignmentTopic,
  ConfigBundle,
  ConfigRecord,
  ConfigTopic,
  ConsoleTopic,
  EnrichmentTopic,
  IntakeTopic,
  KnowledgeBaseTopic,
  PresenceReported,
  RoutingTopic,
  SlaEscalationTopic,
  TicketEnriched,
  TicketReceived,
  type Channel,
  type Draft,
  type Presence,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import { Stack } from '@signalbox/test-stack';
import { assignment } from '../src/service.js';

export const READS = [IntakeTopic, EnrichmentTopic, KnowledgeBaseTopic, RoutingTopic, ConsoleTopic, SlaEscalationTopic, ConfigTopic];

/** A stack of its own with the assignment service on it, and a small company: web is automatic, chat asks. */
export class Company {
  service!: RunningService;
  #bundle = 0;
  readonly #versions = new Map<string, number>();
  readonly #members = new Map<string, string>();

  private constructor(
    readonly stack: Stack,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<Company> {
    const company = new Company(
      await Stack.start({ kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','), databaseUrl: process.env['DATABASE_URL']! }),
      environment,
    );
    company.stack.attach('assignment', READS);
    await company.start();
    return company;
  }

  /** `clockOffsetMs` moves this service's clock, so that what is due tomorrow is due now. */
  async start(clockOffsetMs = 0): Promise<void> {
    this.service = await this.startInstance(clockOffsetMs);
  }
  /** One more instance on the same topics and database. */
  async startInstance(clockOffsetMs = 0): Promise<RunningService> {
    const env = await this.stack.environmentFor('assignment', { ...this.environment, SIGNALBOX_CLOCK_OFFSET_MS: String(clockOffsetMs) });
    return startService(assignment(env), (error) => {
      throw error;
    });
  }
  async close(): Promise<void> {
    await this.service.close();
    await this.stack.stop();
  }

  async apply(documents: readonly { kind: string; name: string; content: object | null }[]): Promise<void> {
    const records: Draft[] = [];
    for (const { kind, name, content } of documents) {
      const id = `${kind}/${name}`;
      if (content === null) {
        this.#members.delete(id);
        continue;
      }
      const recordVersion = (this.#versions.get(id) ?? 0) + 1;
      this.#versions.set(id, recordVersion);
      this.#members.set(id, `${id}@${recordVersion}`);
      records.push(ConfigRecord(`${id}@${recordVersion}`, { kind, name, recordVersion, content: content as Record<string, string> }));
    }
    this.#bundle += 1;
    records.push(ConfigBundle('bundle', { bundle: this.#bundle, members: [...this.#members.values()], appliedAt: '2026-11-24T09:00:00Z' }));
    await this.tell(...records);
  }

  /** Publishes every event twice and waits until all is quiet. */
  async tell(...events: readonly Draft[]): Promise<void> {
    await this.stack.publish(...events.flatMap((event) => [event, event]));
    await this.stack.settled();
  }
  said(subject: string): readonly { type: string; data: unknown; causationId?: string | undefined }[] {
    return this.stack.eventsAbout(subject, AssignmentTopic);
  }
  typesSaid(subject: string): string[] {
    return this.said(subject).map((event) => event.type);
  }
}

const offers = {
  web: { mode: 'automatic' },
  email: { mode: 'automatic' },
  social: { mode: 'automatic' },
  chat: { mode: 'ask', seconds: 30 },
};
export const aCompany = (fields: object = {}) => ({
  kind: 'company',
  name: 'company',
  content: {
    title: 'Nordlicht',
    timeZone: 'Europe/Berlin',
    defaultLanguage: 'de',
    defaultQueue: 'general',
    supportAddress: 'support@example.com',
    ...fields,
  },
});
export const aQueue = (fields: object = {}) => ({
  kind: 'queue',
  name: 'general',
  content: { title: 'General', units: { web: 1, email: 1, chat: 2, social: 1 }, offers, expiredOffersMax: 2, ...fields },
});
export const anAgent = (name: string, fields: object = {}) => ({
  kind: 'agent',
  name,
  content: {
    name,
    email: `${name}@example.com`,
    queues: ['general'],
    skills: { returns: 3 },
    languages: { de: 5 },
    unitsMax: 6,
    ...fields,
  },
});

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
export const presence = (agentId: string, value: Presence = 'online', leaseMinutes = 100_000): Draft =>
  PresenceReported(agentId, { presence: value, leaseUntil: inMinutes(leaseMinutes), reportedAt: inMinutes(0) });

let made = 0;
export function received(ticketId: string, channel: Channel = 'web', fields: Partial<TicketReceived['data']> = {}): Draft {
  made += 1;
  return TicketReceived(ticketId, {
    number: made,
    messageId: `message-${made}`,
    channel,
    door: 'http',
    channelAccount: 'web',
    customer: { customerId: 'customer-1', address: 'ida@example.com' },
    subject: 'a question',
    text: 'Where is my parcel?',
    attachments: [],
    receivedAt: '2026-11-24T09:00:00.000Z',
    ...fields,
  });
}

export function enriched(ticketId: string, fields: { category?: string; priority?: 'high' | 'normal'; wantsHuman?: boolean } = {}): Draft {
  const fact = <T>(value: T) => ({ value, confidence: 0.9, source: 'test' });
  return TicketEnriched(ticketId, {
    category: fact(fields.category ?? 'parcel'),
    complexity: fact(2),
    priority: fact(fields.priority ?? 'normal'),
    language: fact('de'),
    sentiment: fact(0),
    wantsHuman: fact(fields.wantsHuman ?? false),
    customer: { customerId: 'customer-1', ticketsTotal: 1, ticketsLast30Days: 1, recentAgentIds: [] },
    missing: [],
    enrichedAt: '2026-11-24T09:00:01.000Z',
  });
}

export function proposed(ticketId: string, agentId: string, fields: Partial<AssignmentProposed['data']> = {}): Draft {
  made += 1;
  return AssignmentProposed(ticketId, {
    proposalId: `proposal-${made}`,
    agentId,
    epoch: 1,
    queueId: 'general',
    units: 1,
    domain: 'default',
    round: 1,
    step: 0,
    policy: { name: 'standard', version: 1 },
    weights: 'standard',
    top: [],
    excluded: [],
    unenriched: false,
    proposedAt: '2026-11-24T09:00:02.000Z',
    ...fields,
  });
}
