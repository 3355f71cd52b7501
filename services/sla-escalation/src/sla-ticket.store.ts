import type { Cause } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import type { CheckedState } from './domain/check.js';
import { factKey, type StoredFact, type StoredFacts } from './domain/sla-ticket.js';

/** A fact with the event it comes from. */
export interface NewFact {
  readonly event: { readonly ticketId: string; readonly id: string; readonly version: number; readonly correlationId: string } & Cause;
  readonly topic: string;
  readonly fact: StoredFact;
}

export interface SlaTicketRow {
  readonly ticketId: string;
  readonly facts: StoredFacts;
  readonly cause: Cause | null;
  readonly state: CheckedState;
}

export interface CheckedRow {
  readonly ticketId: string;
  readonly state: CheckedState;
  readonly open: boolean;
  readonly nextCheckAt: Date | null;
}

/** The same fact again replaces itself; the ticket is due at once, and its rows are locked in id order. */
const ADD_FACTS = `
  insert into sla_ticket as t (ticket_id, facts, cause, next_check_at)
  select id, facts, cause, $4::timestamptz from unnest($1::text[], $2::jsonb[], $3::jsonb[]) as x(id, facts, cause) order by id
  on conflict (ticket_id) do update set facts = t.facts || excluded.facts, cause = excluded.cause, next_check_at = excluded.next_check_at`;

const COLUMNS = 'ticket_id, facts, cause, published, said';
/** Skip locked rows: every instance works the same table, none waits for another, a crash frees its rows. */
const CLAIM_DUE = `
  select ${COLUMNS} from sla_ticket where next_check_at <= $1 order by next_check_at limit $2 for update skip locked`;
const CLAIM_OUTDATED = `
  select ${COLUMNS} from sla_ticket where open and bundle < $1 and (next_check_at is null or next_check_at > $2)
  order by bundle limit $3 for update skip locked`;

const SAVE_CHECKED = `
  update sla_ticket t set published = x.published, said = x.said, open = x.open, next_check_at = x.next_check_at, bundle = $6, cause = null
  from unnest($1::text[], $2::jsonb[], $3::jsonb[], $4::boolean[], $5::timestamptz[]) as x(id, published, said, open, next_check_at)
  where t.ticket_id = x.id`;

export class SlaTicketStore {
  constructor(private readonly tx: EntityManager) {}

  async add(news: readonly NewFact[], now: Date): Promise<void> {
    if (news.length === 0) return;
    const tickets = new Map<string, { facts: Record<string, StoredFact>; cause: Cause }>();
    for (const { event, topic, fact } of news) {
      const { id, correlationId, traceparent } = event;
      const facts = tickets.get(event.ticketId)?.facts ?? {};
      tickets.set(event.ticketId, {
        facts: { ...facts, [factKey(topic, event.version)]: fact },
        cause: { id, correlationId, traceparent },
      });
    }
    const all = [...tickets.values()];
    await this.tx.query(ADD_FACTS, [
      [...tickets.keys()],
      all.map(({ facts }) => JSON.stringify(facts)),
      all.map(({ cause }) => JSON.stringify(cause)),
      now,
    ]);
  }

  async claimDue(now: Date, max: number): Promise<SlaTicketRow[]> {
    return toRows(await this.tx.query(CLAIM_DUE, [now, max]));
  }

  /** Open tickets last checked under an older configuration, the due ones left out. */
  async claimOutdated(bundle: number, now: Date, max: number): Promise<SlaTicketRow[]> {
    return toRows(await this.tx.query(CLAIM_OUTDATED, [bundle, now, max]));
  }

  async save(rows: readonly CheckedRow[], bundle: number): Promise<void> {
    if (rows.length === 0) return;
    await this.tx.query(SAVE_CHECKED, [
      rows.map(({ ticketId }) => ticketId),
      rows.map(({ state }) => (state.published === null ? null : JSON.stringify(state.published))),
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
  cause: Cause | null;
  published: CheckedState['published'];
  said: string[];
}

function toRows(rows: StoredRow[]): SlaTicketRow[] {
  return rows.map(({ ticket_id, facts, cause, published, said }) => ({ ticketId: ticket_id, facts, cause, state: { published, said } }));
}
