import type { AssignmentProposed, Channel } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';
import type { Projected } from './domain/gate.js';

export interface NewProposal {
  readonly event: AssignmentProposed;
  readonly channel: Channel;
}

/** Proposals in flight. They count against their agent until that agent's own record shows the ticket. */
export class ProposalStore {
  constructor(private readonly tx: EntityManager) {}

  async insert(proposals: readonly NewProposal[], now: Date): Promise<void> {
    if (proposals.length === 0) return;
    await this.tx.query(
      `insert into proposal (ticket_id, proposal_id, agent_id, units, channel, event, sent_at)
       select *, $7::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::text[], $6::jsonb[])
       on conflict (ticket_id) do update set proposal_id = excluded.proposal_id, agent_id = excluded.agent_id, units = excluded.units,
         channel = excluded.channel, event = excluded.event, sent_at = excluded.sent_at, agent_version = null`,
      [
        proposals.map(({ event }) => event.ticketId),
        proposals.map(({ event }) => event.data.proposalId),
        proposals.map(({ event }) => event.data.agentId),
        proposals.map(({ event }) => event.data.units),
        proposals.map(({ channel }) => channel),
        proposals.map(({ event }) => JSON.stringify(event.data)),
        now,
      ],
    );
  }

  /** Answered: no longer in flight, unless the agent's record lags behind the answer. */
  async answered(answers: readonly { ticketId: string; agentVersion: number | null }[]): Promise<void> {
    if (answers.length === 0) return;
    await this.tx.query(
      `with answer as (select * from unnest($1::text[], $2::bigint[]) as x(ticket_id, agent_version)),
       gone as (delete from proposal p using answer a where p.ticket_id = a.ticket_id and (a.agent_version is null
           or exists (select from routing_agent g where g.agent_id = p.agent_id and (g.state->>'agentVersion')::bigint >= a.agent_version)))
       update proposal p set agent_version = a.agent_version from answer a
       where p.ticket_id = a.ticket_id and a.agent_version is not null
         and not exists (select from routing_agent g where g.agent_id = p.agent_id and (g.state->>'agentVersion')::bigint >= a.agent_version)`,
      [answers.map((one) => one.ticketId), answers.map((one) => one.agentVersion)],
    );
  }

  /** The agents' records have caught up to these versions. */
  async caughtUp(agents: readonly { agentId: string; agentVersion: number }[]): Promise<void> {
    if (agents.length === 0) return;
    await this.tx.query(
      `delete from proposal p using unnest($1::text[], $2::bigint[]) as x(agent_id, agent_version)
       where p.agent_id = x.agent_id and p.agent_version is not null and p.agent_version <= x.agent_version`,
      [agents.map((one) => one.agentId), agents.map((one) => one.agentVersion)],
    );
  }

  async inFlight(): Promise<Map<string, Projected>> {
    const rows = (await this.tx.query(
      'select agent_id, channel, sum(units)::float8 as units from proposal group by agent_id, channel',
    )) as {
      agent_id: string;
      channel: Channel;
      units: number;
    }[];
    const projected = new Map<string, Projected>();
    for (const row of rows) {
      const before = projected.get(row.agent_id) ?? { units: 0, channels: {} };
      projected.set(row.agent_id, { units: before.units + row.units, channels: { ...before.channels, [row.channel]: row.units } });
    }
    return projected;
  }

  /** Unanswered for too long: to be sent again with the same id and content, never decided anew under it. */
  async takeUnanswered(before: Date, now: Date, max: number): Promise<{ ticketId: string; data: AssignmentProposed['data'] }[]> {
    const rows = (await this.tx.query(
      `with late as (select ticket_id from proposal where agent_version is null and sent_at < $1 order by sent_at limit $3 for update skip locked)
       update proposal p set sent_at = $2 from late where p.ticket_id = late.ticket_id returning p.ticket_id, p.event`,
      [before, now, max],
    )) as [{ ticket_id: string; event: AssignmentProposed['data'] }[], number];
    return rows[0].map((row) => ({ ticketId: row.ticket_id, data: row.event }));
  }
}
