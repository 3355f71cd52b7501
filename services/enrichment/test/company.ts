import {
  AssignmentTopic,
  ConfigTopic,
  CustomersTopic,
  deadLettersOf,
  EnrichmentTopic,
  IntakeTopic,
  type Draft,
  type Received,
  type TicketEnriched,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import { Stack } from '@signalbox/test-stack';
import { enrichment } from '../src/service.js';
import { labelledTickets, received } from './events.js';

const READS = [IntakeTopic, AssignmentTopic, CustomersTopic, ConfigTopic];
const WAIT_MS = 40_000;

/** A stack with enrichment's topics, and as many instances of it as a test starts. */
export class Company {
  readonly services: RunningService[] = [];

  private constructor(readonly stack: Stack) {}

  static async open(): Promise<Company> {
    const stack = await Stack.start({
      kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
      databaseUrl: process.env['DATABASE_URL']!,
      topics: [...READS, EnrichmentTopic, deadLettersOf('enrichment')],
    });
    stack.attach('enrichment', READS);
    return new Company(stack);
  }

  async start(env: NodeJS.ProcessEnv = {}): Promise<RunningService> {
    const definition = enrichment(await this.stack.environmentFor('enrichment', env));
    const service = await startService(definition, (error) => {
      throw error;
    });
    this.services.push(service);
    return service;
  }

  records(ticketId: string): Received<TicketEnriched>[] {
    return this.stack.eventsAbout(ticketId, EnrichmentTopic) as unknown as Received<TicketEnriched>[];
  }
  last(ticketId: string): TicketEnriched['data'] | undefined {
    return this.records(ticketId).at(-1)?.data;
  }

  /** What comes beside the flow (training, the CRM) is not what `settled` waits for. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline;) {
      await this.stack.settled();
      if (await holds()) return;
    }
    throw new Error(`not within ${WAIT_MS} ms: ${what}`);
  }

  /** With the sample company's model in use: the first ticket has its category. */
  async startTrained(env: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.publish(...labelledTickets());
    await this.start(env);
    await this.publish(received('canary'));
    await this.until('a model', () => this.last('canary')?.missing.includes('classifier') === false);
  }

  /** Every message twice, as Kafka may deliver it. */
  async publish(...events: readonly Draft[]): Promise<void> {
    await this.stack.publish(...events, ...events);
    await this.stack.settled();
  }

  async ticketRow(ticketId: string): Promise<Record<string, unknown>> {
    const rows = await this.stack.query<Record<string, unknown>>('enrichment', 'select * from enriched_ticket where ticket_id = $1', [
      ticketId,
    ]);
    return rows[0]!;
  }

  /** Every row of the service, in an order of their own. */
  async rows(): Promise<unknown> {
    const tables = ['enriched_ticket', 'customer_profile', 'customer_address', 'classifier_model', 'messaging.subject_version'];
    const all = tables.map((table) => `(select json_agg(t order by t::text) from ${table} t) as "${table}"`).join(', ');
    return (await this.stack.query('enrichment', `select ${all}`))[0];
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()));
    expect(this.stack.rawRecords('signalbox.enrichment.dead-letters').map((record) => record.headers)).toEqual([]);
    await this.stack.stop();
  }
}
