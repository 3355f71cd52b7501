import 'reflect-metadata';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientKafka, ClientsModule, EventPattern, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import type {
  AgentState,
  CategoryConfig,
  NoAnswer,
  RoutingPolicy,
  TicketAssigned,
  TicketEnriched,
  TicketReceived,
} from '@signalbox/contracts';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { lastValueFrom } from 'rxjs';
import type { CandidateAgent, WaitingTicket } from '../../services/routing/src/domain/waiting-ticket.ts';
import { decide, Learned, NOTHING_PASSING } from '../routing-domain.ts';

/**
 * The routing job as one would write it with Nest's own Kafka transport: a handler per topic, one message at a time, each with its few plain
 * statements; the same function decides. A proposal is sent after its commit.
 */
interface Job {
  readonly brokers: string;
  readonly prefix: string;
  readonly databaseUrl: string;
  readonly policy: RoutingPolicy;
  readonly categories: Readonly<Record<string, CategoryConfig>>;
}
interface Facts {
  received?: { at: number; channel: WaitingTicket['channel'] };
  enriched?: Pick<WaitingTicket, 'category' | 'complexity' | 'priority' | 'language' | 'recentAgentIds'>;
  verdict?: string;
}
type Message<Event extends { data: unknown }> = Event['data'] extends infer Data ? { subject: string; data: Data } : never;

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Job;
const by = {
  policy: job.policy,
  categories: new Map(Object.entries(job.categories)),
  learned: new Learned([], job.policy.shrinkageTickets),
};
const output = `${job.prefix}signalbox.routing`;
const database = new Client(job.databaseUrl);
await database.connect();
await database.query(`
  create table ticket (ticket_id text primary key, facts jsonb not null, state text not null default 'waiting', agent_id text);
  create index on ticket (ticket_id) where state = 'ready';
  create table agent (agent_id text primary key, state jsonb not null);
  create table proposal (ticket_id text primary key, proposal_id text not null, agent_id text not null, units numeric not null, agent_version bigint);
  create index on proposal (agent_id);`);

class Routing {
  readonly #out: ClientKafka;
  /** By id; what the table has. */
  readonly #agents = new Map<string, CandidateAgent>();
  #anyReady = false;

  constructor(out: ClientKafka) {
    this.#out = out;
  }

  async onTicketReceived({ subject, data }: Message<TicketReceived>): Promise<void> {
    await this.#learn(subject, { received: { at: Date.parse(data.receivedAt), channel: data.channel } });
  }
  async onTicketEnriched({ subject, data }: Message<TicketEnriched>): Promise<void> {
    const { category, complexity, priority, language, customer } = data;
    const enriched = { category: category.value, complexity: complexity.value, priority: priority.value, language: language.value };
    await this.#learn(subject, { enriched: { ...enriched, recentAgentIds: customer.recentAgentIds } });
  }
  async onNoAnswer({ subject, data }: Message<NoAnswer>): Promise<void> {
    await this.#learn(subject, { verdict: data.reason });
  }

  async onTicketAssigned({ subject, data }: Message<TicketAssigned>): Promise<void> {
    await database.query(`update ticket set state = 'owned', agent_id = $2 where ticket_id = $1`, [subject, data.agentId]);
    await database.query('update proposal set agent_version = $3 where ticket_id = $1 and proposal_id = $2', [
      subject,
      data.proposalId,
      data.load!.agentVersion,
    ]);
    // The agent's record may have come first.
    await database.query(
      `delete from proposal p using agent a where p.ticket_id = $1 and a.agent_id = p.agent_id and (a.state->>'agentVersion')::bigint >= p.agent_version`,
      [subject],
    );
  }

  async onAgentState({ subject, data }: Message<AgentState>): Promise<void> {
    await database.query('insert into agent values ($1, $2) on conflict (agent_id) do update set state = excluded.state', [subject, data]);
    await database.query('delete from proposal where agent_id = $1 and agent_version <= $2', [subject, data.agentVersion]);
    const before = this.#agents.get(subject);
    this.#agents.set(subject, {
      agentId: subject,
      agentVersion: data.agentVersion,
      presence: data.presence,
      inRotation: data.inRotation,
      // The function remembers who can do what while these are the same objects.
      skills: before?.skills ?? data.skills,
      languages: before?.languages ?? data.languages,
      queueIds: before?.queueIds ?? data.queueIds,
      unitsMax: data.unitsMax,
      channelUnitsMax: data.channelUnitsMax as CandidateAgent['channelUnitsMax'],
      unitsUsed: data.unitsUsed,
      channelUnitsUsed: {},
      idleSince: data.idleSince === null ? null : Date.parse(data.idleSince),
      interruptibleUnitsMax: null,
      interruptibleUnitsUsed: 0,
      lastAssignedAt: null,
      shiftEndsAt: null,
      work: [],
    });
    if (!this.#anyReady) return;
    const { rows } = await database.query<{ ticket_id: string; facts: Facts }>(
      `select ticket_id, facts from ticket where state = 'ready' order by ticket_id limit 10`,
    );
    this.#anyReady = rows.length > 0;
    for (const { ticket_id: ticketId, facts } of rows) await this.#decide(ticketId, facts);
  }

  /** Each topic fills its own part of the facts; whoever brings the last part has the ticket decided. */
  async #learn(ticketId: string, part: Facts): Promise<void> {
    const { rows } = await database.query<{ facts: Facts; state: string }>(
      `insert into ticket (ticket_id, facts) values ($1, $2)
       on conflict (ticket_id) do update set facts = ticket.facts || excluded.facts returning facts, state`,
      [ticketId, part],
    );
    const { facts, state } = rows[0]!;
    if (state === 'waiting' && facts.received && facts.enriched && facts.verdict) await this.#decide(ticketId, facts);
  }

  async #decide(ticketId: string, facts: Facts): Promise<void> {
    const { received, enriched } = facts as Required<Facts>;
    const ticket: WaitingTicket = {
      ticketId,
      ...enriched,
      channel: received.channel,
      tier: null,
      queueId: by.categories.get(enriched.category!)!.queue,
      units: 1,
      epoch: 1,
      firstQueuedAt: received.at,
      relaxFrom: received.at,
      excludedAgentIds: [],
      extraSkills: {},
      dueAt: null,
      unenriched: false,
      interruptible: false,
      ownerAgentId: null,
    };
    const now = new Date();
    await database.query('begin');
    const { rows } = await database.query<{ agent_id: string; units: number }>(
      'select agent_id, sum(units)::float8 as units from proposal group by agent_id',
    );
    const inFlight = new Map(rows.map((row) => [row.agent_id, { ...NOTHING_PASSING, units: row.units }]));
    const agents = [...this.#agents.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1));
    const [proposed] = decide([ticket], agents, by, now, inFlight).proposals;
    if (!proposed) {
      await database.query(`update ticket set state = 'ready' where ticket_id = $1`, [ticketId]);
      await database.query('commit');
      this.#anyReady = true;
      return;
    }
    const { agentId, step, weightsName: weights, top, excluded } = proposed;
    const proposalId = randomUUID();
    await database.query('insert into proposal values ($1, $2, $3, $4)', [ticketId, proposalId, agentId, ticket.units]);
    await database.query(`update ticket set state = 'proposed' where ticket_id = $1`, [ticketId]);
    await database.query('commit');
    const data = {
      proposalId,
      agentId,
      epoch: 1,
      queueId: ticket.queueId,
      units: ticket.units,
      domain: 'default',
      round: 1,
      step,
      policy: { name: 'standard', version: 1 },
      weights,
      top,
      excluded,
      unenriched: false,
      proposedAt: now.toISOString(),
    };
    const value = {
      specversion: '1.0',
      id: proposalId,
      source: '/bench/nest',
      type: 'AssignmentProposed',
      subject: ticketId,
      subjectversion: 1,
      time: now.toISOString(),
      datacontenttype: 'application/json',
      data,
    };
    await lastValueFrom(this.#out.emit(output, { key: ticketId, value: JSON.stringify(value) }), { defaultValue: undefined });
  }
}

// Decorators by hand: Node runs this file with its types stripped, and no more.
Inject('OUT')(Routing, undefined, 0);
for (const [method, topic] of Object.entries({
  onTicketReceived: 'intake',
  onTicketEnriched: 'enrichment',
  onNoAnswer: 'knowledge-base',
  onTicketAssigned: 'assignment',
  onAgentState: 'agents',
})) {
  Payload()(Routing.prototype, method, 0);
  const descriptor = Object.getOwnPropertyDescriptor(Routing.prototype, method)!;
  (EventPattern(`${job.prefix}signalbox.${topic}`) as MethodDecorator)(Routing.prototype, method, descriptor);
}
Controller()(Routing);

const client = { clientId: `${job.prefix}nest`, brokers: job.brokers.split(','), logLevel: 1 };
class App {}
Module({
  imports: [
    ClientsModule.register([
      {
        name: 'OUT',
        transport: Transport.KAFKA,
        options: {
          client: { ...client, clientId: `${job.prefix}nest-out` },
          producer: { allowAutoTopicCreation: false },
          producerOnlyMode: true,
        },
      },
    ]),
  ],
  controllers: [Routing],
})(App);

const app = await NestFactory.createMicroservice<MicroserviceOptions>(App, {
  transport: Transport.KAFKA,
  logger: ['error'],
  options: {
    client,
    consumer: { groupId: `${job.prefix}nest`, allowAutoTopicCreation: false },
    subscribe: { fromBeginning: true },
  },
});
await app.listen();
process.stdin.on('end', () => process.exit(0)).resume();
