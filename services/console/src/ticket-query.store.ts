import { Injectable } from '@nestjs/common';
import type { ArticleMatch, Attachment, TicketStatus } from '@signalbox/contracts';
import { DataSource } from 'typeorm';
import type { DecisionRecord, DeliveryRecord } from './domain/records.js';
import { searchFor } from './domain/search.js';
import type { Ticket } from './domain/ticket.js';
import type { View } from './domain/visibility.js';
import { PARTS, ticketOf } from './story.store.js';

export interface TicketFilter {
  readonly query?: string | undefined;
  readonly statuses?: readonly TicketStatus[] | undefined;
  readonly queueId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly limit: number;
  readonly after?: { readonly number: number; readonly ticketId: string } | undefined;
}

/** Rows filtered by what their reader may see: $1 = sees everything, $2 = agent, $3 = that agent's queues. */
const VISIBLE = `($1::boolean or t.queue_id = any($3::text[]) or t.agent_id = $2 or t.offer_agent_id = $2 or t.solved_by_agent_id = $2
  or t.consult_agent_ids @> array[$2::text])`;
const EVERYTHING: View = { agentId: '', everything: true, queueIds: [] };
const LONGEST_LISTS = { messages: 500, notes: 200, decisions: 50, history: 1_000 };
/** Messages a word search looks at, newest first: a word that everybody uses must not read the whole table. */
const MATCHES_MAX = 2_000;

export interface StoredMessage {
  readonly messageId: string;
  readonly author: 'customer' | 'agent' | 'answer';
  readonly kind: string;
  readonly agentId: string | null;
  readonly text: string;
  readonly article: ArticleMatch | null;
  readonly attachments: readonly Attachment[];
  readonly at: Date;
  readonly delivery: DeliveryRecord['delivery'] | null;
}

/** Tickets as people ask for them. Every read takes the reader's view. */
@Injectable()
export class TicketQueryStore {
  constructor(private readonly database: DataSource) {}

  async find(view: View, ticketId: string): Promise<Ticket | undefined> {
    const [ticket] = await this.#tickets(view, 't.ticket_id = $4', [ticketId], 'limit 1');
    return ticket;
  }

  /** The newest ticket first. */
  async list(view: View, filter: TicketFilter): Promise<Ticket[]> {
    const values: unknown[] = [];
    const bind = (value: unknown): string => `$${values.push(value) + 3}`;
    const conditions = ['t.number is not null'];
    if (filter.statuses) conditions.push(`t.status = any(${bind(filter.statuses)}::text[])`);
    if (filter.queueId !== undefined) conditions.push(`t.queue_id = ${bind(filter.queueId)}`);
    if (filter.agentId !== undefined) conditions.push(`t.agent_id = ${bind(filter.agentId)}`);
    if (filter.customerId !== undefined) conditions.push(`t.customer_id = ${bind(filter.customerId)}`);
    if (filter.after) {
      const number = bind(filter.after.number);
      conditions.push(`(t.number < ${number}::int or t.number = ${number}::int and t.ticket_id > ${bind(filter.after.ticketId)})`);
    }
    const search = filter.query === undefined ? undefined : searchFor(filter.query);
    if (search?.by === 'number') conditions.push(`t.number = ${bind(search.number)}`);
    if (search?.by === 'address') conditions.push(`lower(t.customer_address) like ${bind(search.prefix)}`);
    if (search?.by === 'words') {
      conditions.push(`t.ticket_id in (select m.ticket_id from message m where m.words @@ to_tsquery('simple', ${bind(search.words)})
        order by m.at desc limit ${MATCHES_MAX})`);
    }
    if (search?.by === 'nothing') return [];
    return this.#tickets(view, conditions.join(' and '), values, `order by t.number desc, t.ticket_id limit ${bind(filter.limit)}`);
  }

  /** Offers that are out to this agent, the ones that end first at the top. */
  offersOf(agentId: string): Promise<Ticket[]> {
    const own = { agentId, everything: false, queueIds: [] };
    return this.#tickets(own, 't.offer_agent_id = $2', [], `order by t.assignment->'ticket'->'offer'->>'expiresAt' limit 100`);
  }

  /** What this agent has to do, the nearest deadline first. */
  workOf(agentId: string): Promise<Ticket[]> {
    const own = { agentId, everything: false, queueIds: [] };
    const condition = `t.agent_id = $2 and t.status not in ('solved', 'closed')`;
    return this.#tickets(own, condition, [], 'order by t.due_at nulls last, t.first_queued_at, t.ticket_id limit 500');
  }

  /** Tickets of colleagues who asked this agent to look at them too. */
  consultedOf(agentId: string): Promise<Ticket[]> {
    const own = { agentId, everything: false, queueIds: [] };
    const condition = `t.consult_agent_ids @> array[$2::text] and t.status not in ('solved', 'closed')`;
    return this.#tickets(own, condition, [], 'order by t.due_at nulls last, t.ticket_id limit 100');
  }

  /** Open tickets whose owner's shift is over, the nearest deadline first. */
  toHandOver(view: View, limit: number): Promise<Ticket[]> {
    const condition = `t.hand_over_since is not null and t.status not in ('solved', 'closed')`;
    return this.#tickets(view, condition, [limit], 'order by t.due_at nulls last, t.hand_over_since, t.ticket_id limit $4');
  }

  /** What waits for a person, the longest first. */
  waiting(view: View, limit: number): Promise<Ticket[]> {
    const condition = `t.status in ('new', 'open') and t.agent_id is null and t.offer_agent_id is null and t.number is not null`;
    return this.#tickets(view, condition, [limit], 'order by t.first_queued_at, t.ticket_id limit $4');
  }

  /** @param view whoever asks; everything when the reader is chosen later */
  async byIds(ticketIds: readonly string[], view: View = EVERYTHING): Promise<Map<string, Ticket>> {
    const tickets = await this.#tickets(view, 't.ticket_id = any($4)', [ticketIds], '');
    return new Map(tickets.map((ticket) => [ticket.ticketId, ticket]));
  }

  /** Their numbers, whoever sees them; `visible` says whether the reader does. */
  async numbers(view: View, ticketIds: readonly string[]): Promise<Map<string, { number: number | null; visible: boolean }>> {
    if (ticketIds.length === 0) return new Map();
    const rows = (await this.database.query(
      `select ticket_id, number, coalesce(${VISIBLE}, false) as visible from ticket t where ticket_id = any($4::text[])`,
      [view.everything, view.agentId, view.queueIds, ticketIds],
    )) as { ticket_id: string; number: number | null; visible: boolean }[];
    return new Map(rows.map(({ ticket_id: ticketId, number, visible }) => [ticketId, { number, visible }]));
  }

  async queueCounts(): Promise<
    { queueId: string; waiting: number; oldestAt: Date | null; offered: number; assigned: number; breached: number }[]
  > {
    return (await this.database.query(`
      select queue_id as "queueId",
        count(*) filter (where waits)::int as waiting, min(first_queued_at) filter (where waits) as "oldestAt",
        count(*) filter (where offer_agent_id is not null)::int as offered,
        count(*) filter (where agent_id is not null)::int as assigned, count(*) filter (where breached)::int as breached
      from (select *, status in ('new', 'open') and agent_id is null and offer_agent_id is null as waits
            from ticket where status not in ('solved', 'closed') and number is not null) t
      where queue_id is not null group by queue_id`)) as Awaited<ReturnType<TicketQueryStore['queueCounts']>>;
  }

  async messages(ticketId: string): Promise<StoredMessage[]> {
    return (await this.database.query(
      `select * from (select message_id as "messageId", author, kind, agent_id as "agentId", text, article, attachments, at, delivery
       from message where ticket_id = $1 and text is not null order by at desc, message_id limit $2) m order by at, "messageId"`,
      [ticketId, LONGEST_LISTS.messages],
    )) as StoredMessage[];
  }

  async notes(ticketId: string): Promise<{ noteId: string; agentId: string; text: string; at: Date }[]> {
    return (await this.database.query(
      `select note_id as "noteId", agent_id as "agentId", text, at from note where ticket_id = $1 order by at, note_id limit $2`,
      [ticketId, LONGEST_LISTS.notes],
    )) as Awaited<ReturnType<TicketQueryStore['notes']>>;
  }

  /** The newest of each ticket, the oldest of them first. */
  async decisions(ticketIds: readonly string[]): Promise<DecisionRecord[]> {
    // What came of a proposal may be heard before the proposal itself: then it has no instant yet, and counts as the newest.
    return (await this.database.query(
      `select ticket_id as "ticketId", proposal_id as "proposalId", proposal, outcome
       from (select *, row_number() over (partition by ticket_id order by proposal->>'proposedAt' desc nulls first, proposal_id desc) as nth
             from (select * from decision where ticket_id = any($1)) d
               full join (select * from decision_outcome where ticket_id = any($1)) o using (ticket_id, proposal_id)) newest
       where nth <= $2
       order by proposal->>'proposedAt' nulls last, proposal_id`,
      [ticketIds, LONGEST_LISTS.decisions],
    )) as DecisionRecord[];
  }

  async history(ticketId: string): Promise<{ at: Date; topic: string; type: string; words: string }[]> {
    return (await this.database.query(
      `select at, topic, type, words from (select * from history where ticket_id = $1 order by at desc, topic, version desc limit $2) h
       order by at, topic, version`,
      [ticketId, LONGEST_LISTS.history],
    )) as Awaited<ReturnType<TicketQueryStore['history']>>;
  }

  /** The attachment's name in a ticket that the reader may see. */
  async attachment(view: View, sha256: string): Promise<{ filename: string; sizeBytes: number } | undefined> {
    const rows = (await this.database.query(
      `select a.filename, a.size_bytes from attachment a join ticket t using (ticket_id) where ${VISIBLE} and a.sha256 = $4 limit 1`,
      [view.everything, view.agentId, view.queueIds, sha256],
    )) as { filename: string; size_bytes: string }[];
    return rows[0] && { filename: rows[0].filename, sizeBytes: Number(rows[0].size_bytes) };
  }

  async #tickets(view: View, condition: string, values: readonly unknown[], tail: string): Promise<Ticket[]> {
    const rows = (await this.database.query(`select ${PARTS} from ticket t where ${VISIBLE} and ${condition} ${tail}`, [
      view.everything,
      view.agentId,
      view.queueIds,
      ...values,
    ])) as Parameters<typeof ticketOf>[0][];
    return rows.map(ticketOf);
  }
}
