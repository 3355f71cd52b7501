import type { EntityManager } from 'typeorm';
import type { RatedTicket } from './domain/rating/rating.js';

interface Row {
  readonly ticket_id: string;
  readonly was_solved: boolean;
  readonly solved_by: string | null;
  readonly score: number | null;
  readonly rated_agent_id: string | null;
}

export class RatingStore {
  constructor(private readonly tx: Pick<EntityManager, 'query'>) {}

  async find(ticketId: string): Promise<RatedTicket | undefined> {
    return (await this.#read([ticketId], '')).get(ticketId);
  }
  /** Locks the tickets' rows in id order. */
  lock(ticketIds: readonly string[]): Promise<Map<string, RatedTicket>> {
    return this.#read(ticketIds, 'for update');
  }

  async #read(ticketIds: readonly string[], lock: '' | 'for update'): Promise<Map<string, RatedTicket>> {
    const rows = (await this.tx.query(
      `select ticket_id, was_solved, solved_by, score, rated_agent_id from ticket where ticket_id = any($1::text[]) order by ticket_id ${lock}`,
      [ticketIds],
    )) as Row[];
    return new Map(
      rows.map((row) => [
        row.ticket_id,
        {
          ticketId: row.ticket_id,
          wasSolved: row.was_solved,
          solvedByAgentId: row.solved_by,
          rating: row.score === null ? null : { score: row.score, agentId: row.rated_agent_id },
        },
      ]),
    );
  }

  async save(tickets: readonly RatedTicket[]): Promise<void> {
    if (tickets.length === 0) return;
    await this.tx.query(
      `update ticket t set score = x.s, rated_agent_id = x.a from unnest($1::text[], $2::smallint[], $3::text[]) as x(id, s, a) where t.ticket_id = x.id`,
      [
        tickets.map((ticket) => ticket.ticketId),
        tickets.map((ticket) => ticket.rating?.score ?? null),
        tickets.map((ticket) => ticket.rating?.agentId ?? null),
      ],
    );
  }
}
