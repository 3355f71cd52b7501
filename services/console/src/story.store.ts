import { Injectable } from '@nestjs/common';
import type { Delivery } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import { AuditStore } from './audit.store.js';
import { recordChanges, type Changed } from './change.store.js';
import { ConfigurationStore } from './configuration.store.js';
import { auditLoad, auditOwner, type Alarm, type AuditedLoad } from './domain/audit.js';
import { noticesOf } from './domain/notice.js';
import { decisionOf, deliveryOf, historyOf, messageOf, outcomeOf, type DecisionRecord } from './domain/records.js';
import { audienceOf, project, summarize, unknownTicket, type Ticket, type Told } from './domain/ticket.js';
import { unionOf } from './domain/visibility.js';
import { NoticeStore } from './notice.store.js';
import { SlaResultStore } from './sla-result.store.js';

interface TicketParts {
  ticket_id: string;
  intake: Ticket['intake'];
  enrichment: Ticket['enrichment'];
  knowledge_base: Ticket['knowledgeBase'];
  routing: Ticket['routing'];
  assignment: Ticket['assignment'];
  sla: Ticket['sla'];
  updated_at: Date;
}
export const PARTS = 'ticket_id, intake, enrichment, knowledge_base, routing, assignment, sla, updated_at';
export const ticketOf = (row: TicketParts): Ticket => ({
  ticketId: row.ticket_id,
  intake: row.intake,
  enrichment: row.enrichment,
  knowledgeBase: row.knowledge_base,
  routing: row.routing,
  assignment: row.assignment,
  sla: row.sla,
  updatedAt: row.updated_at,
});

/** A part that did not change comes as null and stays as it lies: stored outside of its row it is not even touched. */
const SAVE_TICKETS = `
  update ticket t set intake = coalesce(x.intake, t.intake), enrichment = coalesce(x.enrichment, t.enrichment),
    knowledge_base = coalesce(x.knowledge_base, t.knowledge_base), routing = coalesce(x.routing, t.routing),
    assignment = coalesce(x.assignment, t.assignment), sla = coalesce(x.sla, t.sla), updated_at = x.updated_at, number = x.number, customer_id = x.customer_id,
    customer_address = x.customer_address, status = x.status, agent_id = x.agent_id, offer_agent_id = x.offer_agent_id,
    solved_by_agent_id = x.solved_by_agent_id, category = x.category, queue_id = x.queue_id, first_queued_at = x.first_queued_at,
    due_at = x.due_at, breached = x.breached,
    hand_over_since = x.hand_over_since, consult_agent_ids = x.consult_agent_ids
  from json_to_recordset($1::json) as x(ticket_id text, intake json, enrichment json, knowledge_base json, routing json,
    assignment json, sla json, updated_at timestamptz, number int, customer_id text, customer_address text, status text,
    agent_id text, offer_agent_id text, solved_by_agent_id text, category text, queue_id text, first_queued_at timestamptz,
    due_at timestamptz, breached boolean, hand_over_since timestamptz, consult_agent_ids text[])
  where t.ticket_id = x.ticket_id`;

const SAVE_MESSAGES = `
  insert into message as m (message_id, ticket_id, author, kind, agent_id, text, article, attachments, at, words)
  select "messageId", "ticketId", author, kind, "agentId", text, article, attachments, at, to_tsvector('simple', "alsoFoundBy" || ' ' || text)
  from jsonb_to_recordset($1::jsonb) as x("messageId" text, "ticketId" text, author text, kind text, "agentId" text, text text,
    article jsonb, attachments jsonb, at timestamptz, "alsoFoundBy" text)
  order by "messageId"
  on conflict (message_id) do update set author = excluded.author, kind = excluded.kind, agent_id = excluded.agent_id,
    text = excluded.text, article = excluded.article, attachments = excluded.attachments, at = excluded.at, words = excluded.words`;

const SAVE_ATTACHMENTS = `
  insert into attachment (sha256, ticket_id, filename, content_type, size_bytes)
  select sha256, "ticketId", filename, "contentType", "sizeBytes"
  from jsonb_to_recordset($1::jsonb) as x(sha256 text, "ticketId" text, filename text, "contentType" text, "sizeBytes" bigint)
  order by sha256, "ticketId" on conflict do nothing`;

const SAVE_DELIVERIES = `
  insert into message as m (message_id, ticket_id, delivery)
  select "messageId", "ticketId", delivery from jsonb_to_recordset($1::jsonb) as x("messageId" text, "ticketId" text, delivery jsonb)
  order by "messageId" on conflict (message_id) do update set delivery = excluded.delivery`;

const SAVE_PROPOSALS = `
  insert into decision (ticket_id, proposal_id, proposal)
  select "ticketId", "proposalId", proposal from json_to_recordset($1::json) as x("ticketId" text, "proposalId" text, proposal json)
  order by "ticketId", "proposalId" on conflict do nothing`;

const SAVE_DECISION_OUTCOMES = `
  insert into decision_outcome (ticket_id, proposal_id, outcome)
  select "ticketId", "proposalId", outcome from json_to_recordset($1::json) as x("ticketId" text, "proposalId" text, outcome json)
  order by "ticketId", "proposalId" on conflict (ticket_id, proposal_id) do update set outcome = excluded.outcome`;

const SAVE_HISTORY = `
  insert into history (ticket_id, topic, version, type, words, at)
  select "ticketId", topic, version, type, words, at
  from jsonb_to_recordset($1::jsonb) as x("ticketId" text, topic text, version int, type text, words text, at timestamptz)
  order by "ticketId", topic, version on conflict do nothing`;

/** The first outcome holds: a reply that also solves is told as the reply it is. */
const SAVE_OUTCOMES = `
  with done as (
    update request r set outcome = x.outcome
    from jsonb_to_recordset($1::jsonb) as x("requestId" text, outcome jsonb)
    where r.request_id = x."requestId" and r.outcome is null returning r.request_id, r.agent_id)
  select request_id, agent_id from done`;

/** Tickets' stories as told by the topics: what every consumer of a ticket topic does with its events. */
@Injectable()
export class StoryStore {
  constructor(
    private readonly configuration: ConfigurationStore,
    private readonly audit: AuditStore,
    private readonly results: SlaResultStore,
    private readonly notices: NoticeStore,
  ) {}

  async tell(events: readonly Told[], { tx }: Pick<Delivery, 'tx'>): Promise<void> {
    const queueOf = (await this.configuration.active(tx)).queueOf;
    const before = await this.#load([...new Set(events.map((event) => event.ticketId))].sort(), tx);
    const after = new Map(before);
    const decisions = new Map<string, DecisionRecord>();
    const loads: AuditedLoad[] = [];
    const alarms: Alarm[] = [];
    for (const event of events) {
      const ticket = after.get(event.ticketId)!;
      const doubled = auditOwner(ticket, event);
      if (doubled) alarms.push(doubled);
      const audited = auditLoad(event);
      if (audited) loads.push(audited.load);
      alarms.push(...(audited?.alarms ?? []));
      const decision = decisionOf(ticket, event);
      if (decision) {
        const key = `${decision.ticketId} ${decision.proposalId}`;
        decisions.set(key, { ...decisions.get(key), ...decision });
      }
      after.set(event.ticketId, project(ticket, event));
    }
    const summaries = new Map([...after].map(([ticketId, ticket]) => [ticketId, summarize(ticket, queueOf)]));
    const summarized = (tickets: ReadonlyMap<string, Ticket>) =>
      new Map([...tickets].map(([id, ticket]) => [id, [ticket, summarize(ticket, queueOf)] as const]));
    // None waits for another's answer: the database gets them all at once, in this order.
    const decided = [...decisions.values()];
    const [outcomes] = await Promise.all([
      saveOutcomes(events.map(outcomeOf), tx),
      this.#saveTickets(before, after, summaries, tx),
      saveAll(
        SAVE_PROPOSALS,
        decided.filter(({ proposal }) => proposal),
        tx,
      ),
      saveAll(
        SAVE_DECISION_OUTCOMES,
        decided.filter(({ outcome }) => outcome),
        tx,
      ),
      this.#saveMessages(events, tx),
      saveAll(SAVE_HISTORY, events.map(historyOf), tx),
      this.audit.loads(loads, alarms, tx),
      this.results.keep(summarized(before), summarized(after), tx),
      this.notices.keep(events.flatMap(noticesOf), tx),
    ]);
    const changed: Changed[] = [...before].map(([id, ticket]) => ({
      kind: 'ticket',
      id,
      ...unionOf(audienceOf(summarize(ticket, queueOf)), audienceOf(summaries.get(id)!)),
    }));
    await recordChanges([...changed, ...outcomes], tx);
  }

  async #load(ticketIds: readonly string[], tx: EntityManager): Promise<Map<string, Ticket>> {
    const lock = async (): Promise<TicketParts[]> =>
      tx.query(`select ${PARTS} from ticket where ticket_id = any($1) order by ticket_id for update`, [ticketIds]);
    let rows = await lock();
    if (rows.length < ticketIds.length) {
      await tx.query('insert into ticket (ticket_id) select * from unnest($1::text[]) as x(id) order by id on conflict do nothing', [
        ticketIds,
      ]);
      rows = await lock();
    }
    return new Map(rows.map((row) => [row.ticket_id, { ...unknownTicket(row.ticket_id), ...ticketOf(row) }]));
  }

  async #saveTickets(
    before: ReadonlyMap<string, Ticket>,
    after: ReadonlyMap<string, Ticket>,
    summaries: ReadonlyMap<string, ReturnType<typeof summarize>>,
    tx: EntityManager,
  ): Promise<void> {
    const rows = [...after].map(([ticketId, ticket]) => {
      const summary = summaries.get(ticketId)!;
      const known = before.get(ticketId)!;
      const changed = <Part extends keyof Ticket>(part: Part) => (ticket[part] === known[part] ? null : ticket[part]);
      return {
        ticket_id: ticketId,
        intake: changed('intake'),
        enrichment: changed('enrichment'),
        knowledge_base: changed('knowledgeBase'),
        routing: changed('routing'),
        assignment: changed('assignment'),
        sla: changed('sla'),
        updated_at: ticket.updatedAt,
        number: summary.number,
        customer_id: summary.customerId,
        customer_address: summary.customerAddress,
        status: summary.status,
        agent_id: summary.agentId,
        offer_agent_id: summary.offerAgentId,
        solved_by_agent_id: summary.solvedByAgentId,
        category: summary.category,
        queue_id: summary.queueId,
        first_queued_at: summary.firstQueuedAt,
        due_at: summary.dueAt,
        breached: summary.breached,
        hand_over_since: summary.handOverSince,
        consult_agent_ids: summary.consultAgentIds.length === 0 ? null : summary.consultAgentIds,
      };
    });
    await saveAll(SAVE_TICKETS, rows, tx);
  }

  async #saveMessages(events: readonly Told[], tx: EntityManager): Promise<void> {
    const messages = latest(events.map(messageOf), (message) => message.messageId);
    const saved = [saveAll(SAVE_MESSAGES, messages, tx)];
    const attachments = messages.flatMap(({ ticketId, attachments: own }) => own.map((attachment) => ({ ...attachment, ticketId })));
    saved.push(saveAll(SAVE_ATTACHMENTS, attachments, tx));
    const deliveries = latest(events.map(deliveryOf), (delivery) => delivery.messageId);
    saved.push(saveAll(SAVE_DELIVERIES, deliveries, tx));
    await Promise.all(saved);
  }
}

/** The first outcome of each request holds. Gives whom to tell. */
export async function saveOutcomes(told: readonly (ReturnType<typeof outcomeOf> | undefined)[], tx: EntityManager): Promise<Changed[]> {
  // The latest entry of a Map built in reverse order is the first outcome.
  const outcomes = latest([...told].reverse(), (outcome) => outcome.requestId);
  if (outcomes.length === 0) return [];
  const done = (await tx.query(SAVE_OUTCOMES, [JSON.stringify(outcomes)])) as { request_id: string; agent_id: string }[];
  return done.map((row) => ({ kind: 'request', id: row.request_id, agentId: row.agent_id }));
}

async function saveAll(statement: string, rows: readonly object[], tx: EntityManager): Promise<void> {
  if (rows.length > 0) await tx.query(statement, [JSON.stringify(rows)]);
}

/** One row per key, because one statement cannot write a row twice; the last one holds. */
const latest = <T>(records: readonly (T | undefined)[], keyOf: (record: T) => string): T[] => [
  ...new Map(records.filter((record) => record !== undefined).map((record) => [keyOf(record), record])).values(),
];
