import type { ConfigurationSnapshot } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import { firstQueuedAtOf, priorityRankOf, readyAtOf, standingOf, type TicketFacts, type TicketStanding } from './domain/ticket-facts.js';

export interface TicketRow {
  readonly ticketId: string;
  facts: TicketFacts;
  /** A proposal for it is on its way or was accepted and is not yet in the agent's record. */
  proposed: boolean;
  nextTryAt: Date | null;
}

interface StoredTicket {
  ticket_id: string;
  facts: TicketFacts;
  proposed: boolean;
  next_try_at: Date | null;
}

const toRow = (row: StoredTicket): TicketRow => ({
  ticketId: row.ticket_id,
  facts: row.facts,
  proposed: row.proposed,
  nextTryAt: row.next_try_at,
});

/** How long routing waits for others, from the active policy. */
export function patienceOf(config: ConfigurationSnapshot): { answerWaitMs: number; enrichmentWaitMs: number } {
  return activePolicy(config)?.policy ?? { answerWaitMs: 150, enrichmentWaitMs: 5_000 };
}

/** The policy named `standard`, else the first there is. */
export function activePolicy(config: ConfigurationSnapshot) {
  const policies = config.all('routing-policy');
  const name = policies.has('standard') ? 'standard' : [...policies.keys()][0];
  const policy = name === undefined ? undefined : policies.get(name);
  return name === undefined || policy === undefined ? undefined : { name, policy, version: config.versionOf('routing-policy', name) };
}

const date = (ms: number | undefined | null): Date | null => (ms === undefined || ms === null ? null : new Date(ms));

export class TicketStore {
  constructor(private readonly tx: EntityManager) {}

  /** Makes missing rows and locks all, in id order. */
  async load(ids: readonly string[]): Promise<Map<string, TicketRow>> {
    const unique = [...new Set(ids)];
    await this.tx.query(
      'insert into routing_ticket (ticket_id) select id from unnest($1::text[]) as x(id) order by id on conflict do nothing',
      [unique],
    );
    const rows = (await this.tx.query(
      `select t.ticket_id, t.facts, t.next_try_at, exists (select from proposal p where p.ticket_id = t.ticket_id and p.agent_version is null) as proposed
       from routing_ticket t where t.ticket_id = any($1::text[]) order by t.ticket_id for update of t`,
      [unique],
    )) as StoredTicket[];
    return new Map(rows.map((row) => [row.ticket_id, toRow(row)]));
  }

  /** The next tickets a round may take: most pressing first, and the oldest whatever their priority. Others' locked rows are left to them. */
  async takeReady(now: Date, max: number): Promise<TicketRow[]> {
    const rows = (await this.tx.query(
      `with picked as (
         (select ticket_id from routing_ticket where state = 'waiting' and ready_at <= $1 order by priority_rank, first_queued_at limit $2)
         union (select ticket_id from routing_ticket where state = 'waiting' and ready_at <= $1 order by first_queued_at limit $3))
       select t.ticket_id, t.facts, t.next_try_at, false as proposed from routing_ticket t join picked using (ticket_id)
       where t.state = 'waiting' order by t.ticket_id for update of t skip locked`,
      [now, max, Math.ceil(max / 4)],
    )) as StoredTicket[];
    return rows.map(toRow);
  }

  /** Saves facts and derives the columns the queries need from them. */
  async save(rows: readonly TicketRow[], config: ConfigurationSnapshot): Promise<void> {
    if (rows.length === 0) return;
    const patience = patienceOf(config);
    const standings = rows.map((row): TicketStanding => standingOf(row.facts, row.proposed));
    const ready = rows.map((row) => date(readyAtOf(row.facts, patience)));
    await this.tx.query(
      `update routing_ticket t set facts = x.facts, state = x.state, priority_rank = x.rank, first_queued_at = x.queued, ready_at = x.ready,
         next_try_at = coalesce(x.try, x.ready), owner_agent_id = x.owner, due_at = x.due
       from unnest($1::text[], $2::jsonb[], $3::text[], $4::smallint[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::timestamptz[])
         as x(id, facts, state, rank, queued, ready, try, owner, due) where t.ticket_id = x.id`,
      [
        rows.map((row) => row.ticketId),
        rows.map((row) => JSON.stringify(row.facts)),
        standings,
        rows.map((row) => priorityRankOf(row.facts)),
        rows.map((row) => date(firstQueuedAtOf(row.facts))),
        ready,
        rows.map((row) => row.nextTryAt),
        rows.map((row) => row.facts.assignment?.agentId ?? null),
        rows.map((row) => date(row.facts.dueAt)),
      ],
    );
  }
}
