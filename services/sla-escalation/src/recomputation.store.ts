import type { Cause, ClocksRecomputed, RecomputePreviewRequested } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import { together, type Moves } from './domain/recomputing.js';

/** The open tickets' clocks under other rules: of a bundle that was applied, or of documents that might be. */
export interface Recomputation {
  readonly id: string;
  readonly bundle: number;
  /** Of a preview only. */
  readonly documents: RecomputePreviewRequested['data']['documents'] | null;
  readonly cause: Cause | null;
  readonly startedAt: Date;
  /** The last ticket a preview has looked at. */
  readonly afterTicket: string;
  readonly report: Omit<ClocksRecomputed['data'], 'asOf'>;
  readonly saidAt: Date;
}

const COLUMNS = 'id, bundle, documents, cause, started_at, after_ticket, report, said_at';
const ADD = `
  insert into recomputation (id, bundle, documents, cause, started_at, said_at, report)
  select id, $2, $3, $4, $5, $5, $6 from unnest($1::text[]) as x(id) on conflict do nothing`;
const SAVE = `
  update recomputation set after_ticket = $2, report = $3, done = $4, said_at = $5 where id = $1`;

export class RecomputationStore {
  constructor(private readonly tx: EntityManager) {}

  openTickets(): Promise<number> {
    return this.tx.query<{ count: number }[]>('select count(*)::int as count from sla_ticket where open').then(([row]) => row!.count);
  }
  async add({ id, bundle, documents, cause, startedAt, report }: Omit<Recomputation, 'afterTicket' | 'saidAt'>): Promise<void> {
    await this.tx.query(ADD, [
      [id],
      bundle,
      documents && JSON.stringify(documents),
      cause && JSON.stringify(cause),
      startedAt,
      JSON.stringify(report),
    ]);
  }
  /** Undefined: there is none, or another instance has it in hand. */
  async claimPreview(): Promise<Recomputation | undefined> {
    const rows = await this.tx.query<Row[]>(
      `select ${COLUMNS} from recomputation where not done and documents is not null order by started_at limit 1 for update skip locked`,
    );
    return rows.map(toRecomputation)[0];
  }
  /** Those of bundles, locked, oldest first. */
  async underWay(): Promise<Recomputation[]> {
    const rows = await this.tx.query<Row[]>(
      `select ${COLUMNS} from recomputation where not done and documents is null order by bundle for update`,
    );
    return rows.map(toRecomputation);
  }
  async save({ id, afterTicket, report, saidAt }: Recomputation): Promise<void> {
    await this.tx.query(SAVE, [id, afterTicket, JSON.stringify(report), report.done, saidAt]);
  }
  /** What is done is told on the topic, and of use here for a day to whoever looks into the database. */
  async forget(before: Date): Promise<void> {
    await this.tx.query('delete from recomputation where done and started_at < $1', [before]);
  }
}

export function withMoves(recomputation: Recomputation, moves: Moves): Recomputation {
  return { ...recomputation, report: { ...recomputation.report, ...together([recomputation.report, moves]) } };
}

interface Row {
  id: string;
  bundle: number;
  documents: Recomputation['documents'];
  cause: Cause | null;
  started_at: Date;
  after_ticket: string;
  report: Recomputation['report'];
  said_at: Date;
}
const toRecomputation = ({ started_at, after_ticket, said_at, ...row }: Row): Recomputation => ({
  ...row,
  startedAt: started_at,
  afterTicket: after_ticket,
  saidAt: said_at,
});
