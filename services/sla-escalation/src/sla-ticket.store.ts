import type { EntityManager } from 'typeorm';
import type { CheckedState } from './domain/check.js';
import type { StoredFacts } from './domain/sla-ticket.js';

export interface SlaTicketRow {
  readonly ticketId: string;
  readonly facts: StoredFacts;
  readonly state: CheckedState;
  /** The configuration of the last check. */
  readonly bundle: number;
}

export interface CheckedRow {
  readonly ticketId: string;
  readonly state: CheckedState;
  /** Absent: as they were. */
  readonly newFacts?: StoredFacts;
  readonly isPublishedNew: boolean;
  readonly open: boolean;
  /** Null: only a new fact or configuration can change anything. */
  readonly nextCheckAt: Date | null;
}

const COLUMNS = 'ticket_id, facts, published, said, bundle';
const ADD_MISSING = 'insert into sla_ticket (ticket_id) select * from unnest($1::text[]) as x(id) order by id on conflict do nothing';
const LOCK = `select ${COLUMNS} from sla_ticket where ticket_id = any($1) order by ticket_id for update`;
/** Skip locked rows: every instance works the same table, none waits for another, a crash frees its rows. */
const CLAIM_DUE = `
  select ${COLUMNS} from sla_ticket where next_check_at <= $1 order by next_check_at limit $2 for update skip locked`;
const CLAIM_OUTDATED = `
  select ${COLUMNS} from sla_ticket where open and bundle < $1 and (next_check_at is null or next_check_at > $2)
  order by bundle limit $3 for update skip locked`;

/** What is not new comes as null and stays as it lies: facts are the larger part of a row, and time brings none. */
const SAVE_CHECKED = `
  update sla_ticket t set facts = coalesce(x.facts, t.facts), published = coalesce(x.published, t.published), said = x.said, open = x.open, next_check_at = x.next_check_at, bundle = $7
  from unnest($1::text[], $2::json[], $3::json[], $4::json[], $5::boolean[], $6::timestamptz[]) as x(id, facts, published, said, open, next_check_at)
  where t.ticket_id = x.id`;

export class SlaTicketStore {
  constructor(private readonly tx: EntityManager) {}

  /** The tickets, new ones too, locked in the order of their ids. */
  async lock(ticketIds: readonly string[]): Promise<SlaTicketRow[]> {
    const [, rows] = await Promise.all([this.tx.query(ADD_MISSING, [ticketIds]), this.tx.query<StoredRow[]>(LOCK, [ticketIds])]);
    return toRows(rows);
  }

  async read(ticketIds: readonly string[]): Promise<SlaTicketRow[]> {
    return toRows(await this.tx.query(`select ${COLUMNS} from sla_ticket where ticket_id = any($1)`, [ticketIds]));
  }

  async claimDue(now: Date, max: number): Promise<SlaTicketRow[]> {
    return toRows(await this.tx.query(CLAIM_DUE, [now, max]));
  }

  /** Open tickets last checked under an older configuration, the due ones left out. */
  async claimOutdated(bundle: number, now: Date, max: number): Promise<SlaTicketRow[]> {
    return toRows(await this.tx.query(CLAIM_OUTDATED, [bundle, now, max]));
  }

  /** Also those that another instance is checking just now. */
  async isAnyOutdated(bundle: number): Promise<boolean> {
    const [row] = await this.tx.query<{ any: boolean }[]>('select exists (select from sla_ticket where open and bundle < $1) as any', [
      bundle,
    ]);
    return row!.any;
  }

  /** Open tickets in the order of their ids, not locked. */
  async openAfter(ticketId: string, max: number): Promise<SlaTicketRow[]> {
    return toRows(
      await this.tx.query(`select ${COLUMNS} from sla_ticket where open and ticket_id > $1 order by ticket_id limit $2`, [ticketId, max]),
    );
  }

  async save(rows: readonly CheckedRow[], bundle: number): Promise<void> {
    if (rows.length === 0) return;
    await this.tx.query(SAVE_CHECKED, [
      rows.map(({ ticketId }) => ticketId),
      rows.map(({ newFacts }) => (newFacts === undefined ? null : JSON.stringify(newFacts))),
      rows.map(({ state, isPublishedNew }) => (isPublishedNew ? JSON.stringify(state.published) : null)),
      rows.map(({ state }) => JSON.stringify(state.said)),
      rows.map(({ open }) => open),
      rows.map(({ nextCheckAt }) => nextCheckAt),
      bundle,
    ]);
  }

  /** When the next ticket is due, locked or not; null: none. */
  async nextCheckAt(): Promise<Date | null> {
    const [row] = await this.tx.query<{ at: Date | null }[]>(
      'select min(next_check_at) as at from sla_ticket where next_check_at is not null',
    );
    return row!.at;
  }
}

interface StoredRow {
  ticket_id: string;
  facts: StoredFacts;
  published: CheckedState['published'];
  said: string[];
  bundle: number;
}

function toRows(rows: StoredRow[]): SlaTicketRow[] {
  return rows.map(({ ticket_id, facts, published, said, bundle }) => ({ ticketId: ticket_id, facts, state: { published, said }, bundle }));
}
