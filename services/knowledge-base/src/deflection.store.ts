import type { EntityManager } from 'typeorm';
import type { Deflection, DeflectionStatus } from './domain/deflection.js';

interface Row {
  ticket_id: string;
  verdict: 'answer' | 'none' | null;
  status: DeflectionStatus;
  answered_at: Date | null;
  article_id: string | null;
  revision: number | null;
  last_message_at: Date | null;
  assigned_at: Date | null;
  helped: boolean | null;
  settled_at: Date | null;
  locale: string | null;
}
const COLUMNS = 'ticket_id, verdict, status, answered_at, article_id, revision, last_message_at, assigned_at, helped, settled_at, locale';

export interface Desk {
  readonly deflections: Map<string, Deflection>;
  /** Tickets that have their verdict. */
  readonly decided: ReadonlySet<string>;
  readonly locales: ReadonlyMap<string, string | null>;
}

export class DeflectionStore {
  constructor(private readonly tx: EntityManager) {}

  /** The rows of these tickets, made where missing, locked in id order. */
  async load(ticketIds: readonly string[]): Promise<Desk> {
    const ids = [...new Set(ticketIds)].sort();
    await this.tx.query('insert into ticket (ticket_id) select * from unnest($1::text[]) order by 1 on conflict (ticket_id) do nothing', [
      ids,
    ]);
    return deskOf(
      await this.tx.query(`select ${COLUMNS} from ticket where ticket_id = any($1::text[]) order by ticket_id for update`, [ids]),
    );
  }

  /** The rows of tickets that are known, locked in id order. */
  async find(ticketIds: readonly string[]): Promise<Desk> {
    return deskOf(
      await this.tx.query(`select ${COLUMNS} from ticket where ticket_id = any($1::text[]) order by ticket_id for update`, [ticketIds]),
    );
  }

  /** Answers nobody has said anything about since `answeredBefore`. Locked rows are somebody's work already. */
  async claimSilent(answeredBefore: Date, ticketsMax: number): Promise<Desk> {
    return deskOf(
      await this.tx.query(
        `select ${COLUMNS} from ticket where status = 'waiting' and answered_at <= $1 order by answered_at limit $2 for update skip locked`,
        [answeredBefore, ticketsMax],
      ),
    );
  }

  async saveVerdicts(rows: readonly { ticketId: string; verdict: 'answer' | 'none'; locale: string | null }[]): Promise<void> {
    await this.tx.query(
      `update ticket t set verdict = x.verdict, locale = x.locale from unnest($1::text[], $2::text[], $3::text[]) as x(ticket_id, verdict, locale)
       where t.ticket_id = x.ticket_id`,
      [rows.map((row) => row.ticketId), rows.map((row) => row.verdict), rows.map((row) => row.locale)],
    );
  }

  async save(deflections: Iterable<Deflection>): Promise<void> {
    const rows = [...deflections];
    await this.tx.query(
      `update ticket t set status = x.status, answered_at = x.answered_at, article_id = x.article_id, revision = x.revision,
         last_message_at = x.last_message_at, assigned_at = x.assigned_at, helped = x.helped, settled_at = x.settled_at
       from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::int[], $6::timestamptz[], $7::timestamptz[], $8::boolean[], $9::timestamptz[])
         as x(ticket_id, status, answered_at, article_id, revision, last_message_at, assigned_at, helped, settled_at)
       where t.ticket_id = x.ticket_id`,
      [
        rows.map((row) => row.ticketId),
        rows.map((row) => row.status),
        rows.map((row) => row.answer?.at ?? null),
        rows.map((row) => row.answer?.articleId ?? null),
        rows.map((row) => row.answer?.revision ?? null),
        rows.map((row) => row.lastMessageAt),
        rows.map((row) => row.assignedAt),
        rows.map((row) => row.helped),
        rows.map((row) => row.settledAt),
      ],
    );
  }
}

const deskOf = (rows: readonly Row[]): Desk => ({
  deflections: new Map(rows.map((row) => [row.ticket_id, deflectionOf(row)])),
  decided: new Set(rows.filter((row) => row.verdict !== null).map((row) => row.ticket_id)),
  locales: new Map(rows.map((row) => [row.ticket_id, row.locale])),
});

const deflectionOf = (row: Row): Deflection => ({
  ticketId: row.ticket_id,
  status: row.status,
  answer: row.answered_at === null ? null : { articleId: row.article_id!, revision: row.revision!, at: row.answered_at },
  lastMessageAt: row.last_message_at,
  assignedAt: row.assigned_at,
  helped: row.helped,
  settledAt: row.settled_at,
});
