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
/** Of the agent who asks; whom routing does not know is told so by `default`. */
const DOMAIN = "coalesce((select domain from routing_agent a where a.agent_id = next_request.agent_id), 'default')";

/** "Next for me" and "why has this agent no work?", until a round has answered them. */
export class NextRequestStore {
  constructor(private readonly tx: EntityManager) {}

  /** @returns the domains whose rounds will answer them */
  async insert(requests: readonly NextRequest[], now: Date): Promise<string[]> {
    const rows = await this.tx.query<{ domain: string }[]>(
      `insert into next_request (request_id, agent_id, asked_at, cause, kind)
       select r, a, $5::timestamptz, c, k from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[]) as x(r, a, c, k) order by r
       on conflict do nothing returning ${DOMAIN} as domain`,
      [
        requests.map((one) => one.requestId),
        requests.map((one) => one.agentId),
        requests.map((one) => JSON.stringify(one.cause)),
        requests.map((one) => one.kind),
        now,
      ],
    );
    return rows.map((row) => row.domain);
  }

  /** The oldest first; the caller holds the domain, so nobody else takes them. */
  async take(domain: string): Promise<NextRequest[]> {
    const [rows] = (await this.tx.query(
      `delete from next_request where request_id in (
         select request_id from next_request where ${DOMAIN} = $1 order by asked_at, request_id limit ${REQUESTS_MAX})
       returning request_id, agent_id, asked_at, cause, kind`,
      [domain],
    )) as [{ request_id: string; agent_id: string; asked_at: Date; cause: Cause; kind: NextRequest['kind'] }[], number];
    return rows
      .sort((a, b) => a.asked_at.getTime() - b.asked_at.getTime() || (a.request_id < b.request_id ? -1 : 1))
      .map((row) => ({ kind: row.kind, requestId: row.request_id, agentId: row.agent_id, cause: row.cause }));
  }

  async domains(): Promise<string[]> {
    const rows = await this.tx.query<{ domain: string }[]>(`select distinct ${DOMAIN} as domain from next_request`);
    return rows.map((row) => row.domain);
  }
}
