import type { AssignmentProposed, Channel } from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';

export interface NewProposal {
  readonly event: AssignmentProposed;
  readonly channel: Channel;
  readonly interruptible: boolean;
}

export interface ProposalAnswer {
  readonly ticketId: string;
  readonly proposalId: string;
  /** The version of the agent's record that shows the ticket; null = refused. */
  readonly agentVersion: number | null;
}

export interface InFlight {
  units: number;
  interruptibleUnits: number;
  readonly channels: Partial<Record<Channel, number>>;
  readonly categories: (string | null)[];
}

/** Proposals in flight. They count against their agent until that agent's own record shows the ticket. */
export class ProposalStore {
  constructor(private readonly tx: EntityManager) {}

  async insert(proposals: readonly NewProposal[], now: Date): Promise<void> {
    if (proposals.length === 0) return;
    await this.tx.query(
      `insert into proposal (ticket_id, proposal_id, agent_id, units, channel, event, interruptible, domain, sent_at)
       select *, $9::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::text[], $6::json[], $7::boolean[], $8::text[])
       on conflict (ticket_id) do update set proposal_id = excluded.proposal_id, agent_id = excluded.agent_id, units = excluded.units,
         channel = excluded.channel, event = excluded.event, interruptible = excluded.interruptible, domain = excluded.domain, sent_at = excluded.sent_at,
         agent_version = null`,
      [
        proposals.map(({ event }) => event.ticketId),
        proposals.map(({ event }) => event.data.proposalId),
        proposals.map(({ event }) => event.data.agentId),
        proposals.map(({ event }) => event.data.units),
        proposals.map(({ channel }) => channel),
        proposals.map(({ event }) => JSON.stringify(event.data)),
        proposals.map(({ interruptible }) => interruptible),
        proposals.map(({ event }) => event.data.domain),
        now,
      ],
    );
  }

  /**
   * Answered: no longer in flight, unless the agent's record lags behind the answer. The first answer counts: a proposal sent again may be
   * refused because it was taken before. The agents are locked first, as when their records
   * arrive: else an answer and a record that pass each other would leave the proposal in flight.
   * @returns agents who have more room now
   */
  async answered(given: readonly ProposalAnswer[]): Promise<string[]> {
    if (given.length === 0) return [];
    const answers = [...new Map(given.toReversed().map((one) => [`${one.ticketId} ${one.proposalId}`, one])).values()];
    const ticketIds = answers.map((one) => one.ticketId);
    await this.tx.query(
      `select from routing_agent where agent_id in (select agent_id from proposal where ticket_id = any($1::text[])) order by agent_id for update`,
      [ticketIds],
    );
    const rows = await this.tx.query<{ agent_id: string }[]>(
      `with answer as (
         select p.ticket_id, x.agent_version, x.agent_version is null
           or exists (select from routing_agent g where g.agent_id = p.agent_id and (g.state->>'agentVersion')::bigint >= x.agent_version) as over
         from unnest($1::text[], $2::text[], $3::bigint[]) as x(ticket_id, proposal_id, agent_version)
         join proposal p on p.ticket_id = x.ticket_id and p.proposal_id = x.proposal_id and p.agent_version is null),
       kept as (update proposal p set agent_version = a.agent_version from answer a where p.ticket_id = a.ticket_id and not a.over),
       gone as (delete from proposal p using answer a where p.ticket_id = a.ticket_id and a.over returning p.agent_id)
       select distinct agent_id from gone`,
      [ticketIds, answers.map((one) => one.proposalId), answers.map((one) => one.agentVersion)],
    );
    return rows.map((row) => row.agent_id);
  }

  /**
   * The agents' records have caught up to these versions.
   * @returns agents who have more room now: their record does not show a ticket any more that was counted as in flight
   */
  async caughtUp(agents: readonly { agentId: string; agentVersion: number }[]): Promise<string[]> {
    if (agents.length === 0) return [];
    const rows = await this.tx.query<{ agent_id: string }[]>(
      `with gone as (
         delete from proposal p using unnest($1::text[], $2::bigint[]) as x(agent_id, agent_version)
         where p.agent_id = x.agent_id and p.agent_version is not null and p.agent_version <= x.agent_version returning p.agent_id, p.ticket_id)
       select distinct agent_id from gone join routing_agent a using (agent_id)
       where not a.state->'holds' @> jsonb_build_array(jsonb_build_object('ticketId', gone.ticket_id))`,
      [agents.map((one) => one.agentId), agents.map((one) => one.agentVersion)],
    );
    return rows.map((row) => row.agent_id);
  }

  /** Of each agent: what proposals in flight take, and what those tickets are about. */
  async inFlight(): Promise<Map<string, InFlight>> {
    const rows = (await this.tx.query(
      `select p.agent_id, p.channel, p.units::float8 as units, p.interruptible, t.facts->'enriched'->>'category' as category
       from proposal p left join routing_ticket t using (ticket_id)`,
    )) as { agent_id: string; channel: Channel; units: number; interruptible: boolean; category: string | null }[];
    const inFlight = new Map<string, InFlight>();
    for (const { agent_id: agentId, channel, units, interruptible, category } of rows) {
      const mine = inFlight.get(agentId) ?? { units: 0, interruptibleUnits: 0, channels: {}, categories: [] };
      if (interruptible) mine.interruptibleUnits += units;
      else mine.units += units;
      mine.channels[channel] = (mine.channels[channel] ?? 0) + units;
      mine.categories.push(category);
      inFlight.set(agentId, mine);
    }
    return inFlight;
  }

  /** Of each of these agents: how many tickets are proposed or offered to them, and not theirs yet. */
  async onTheWay(agentIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.tx.query<{ agent_id: string; tickets: number }[]>(
      `select agent_id, count(*)::int as tickets from (
         select agent_id from proposal
         union all select agent_id from routing_agent, jsonb_array_elements(state->'holds') hold where hold->>'state' = 'offered') t
       where agent_id = any($1::text[]) group by agent_id`,
      [agentIds],
    );
    return new Map(rows.map((row) => [row.agent_id, row.tickets]));
  }

  async domainsUnanswered(before: Date): Promise<string[]> {
    const rows = await this.tx.query<{ domain: string }[]>(
      'select distinct domain from proposal where agent_version is null and sent_at < $1',
      [before],
    );
    return rows.map((row) => row.domain);
  }

  /** Unanswered for too long: to be sent again with the same id and content, never decided anew under it. */
  async takeUnanswered(
    domain: string,
    before: Date,
    now: Date,
    max: number,
  ): Promise<{ ticketId: string; data: AssignmentProposed['data'] }[]> {
    const rows = (await this.tx.query(
      `with late as (select ticket_id from proposal where domain = $4 and agent_version is null and sent_at < $1
         order by sent_at limit $3 for update skip locked)
       update proposal p set sent_at = $2 from late where p.ticket_id = late.ticket_id returning p.ticket_id, p.event`,
      [before, now, max, domain],
    )) as [{ ticket_id: string; event: AssignmentProposed['data'] }[], number];
    return rows[0].map((row) => ({ ticketId: row.ticket_id, data: row.event }));
  }
}
