import type { Cause } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';

export interface NextRequest {
  readonly kind: 'next' | 'why-idle';
  readonly requestId: string;
  readonly agentId: string;
  readonly cause: Cause;
}
/** So many are answered before a round goes on with what waits. */
const REQUESTS_MAX = 100;

/** "Next for me" and "why has this agent no work?", until a round has answered them. */
export class NextRequestStore {
  constructor(private readonly tx: EntityManager) {}

  async insert(requests: readonly NextRequest[], now: Date): Promise<void> {
    await this.tx.query(
      `insert into next_request (request_id, agent_id, asked_at, cause, kind)
       select r, a, $5::timestamptz, c, k from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[]) as x(r, a, c, k) order by r
       on conflict do nothing`,
      [
        requests.map((one) => one.requestId),
        requests.map((one) => one.agentId),
        requests.map((one) => JSON.stringify(one.cause)),
        requests.map((one) => one.kind),
        now,
      ],
    );
  }

  /** The oldest first; the caller holds the domain, so nobody else takes them. */
  async take(): Promise<NextRequest[]> {
    const [rows] = (await this.tx.query(
      `delete from next_request where request_id in (select request_id from next_request order by asked_at, request_id limit ${REQUESTS_MAX})
       returning request_id, agent_id, asked_at, cause, kind`,
    )) as [{ request_id: string; agent_id: string; asked_at: Date; cause: Cause; kind: NextRequest['kind'] }[], number];
    return rows
      .sort((a, b) => a.asked_at.getTime() - b.asked_at.getTime() || (a.request_id < b.request_id ? -1 : 1))
      .map((row) => ({ kind: row.kind, requestId: row.request_id, agentId: row.agent_id, cause: row.cause }));
  }

  async isAny(): Promise<boolean> {
    const [row] = (await this.tx.query('select exists (select from next_request) as any')) as { any: boolean }[];
    return row!.any;
  }
}
