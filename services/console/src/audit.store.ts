import { Inject, Injectable, Logger } from '@nestjs/common';
import type { AgentState, Received } from '@signalbox/contracts';
import { Metrics } from '@signalbox/service-defaults';
import { Counter } from 'prom-client';
import { DataSource, type EntityManager } from 'typeorm';
import { crowdedTickets, heldBy, ROUNDING, type Alarm, type AuditedLoad } from './domain/audit.js';

const SHOWN_MAX = 50;

/** Each version of an agent once by its own record and once by the ticket event that made it, whichever comes first. */
const KEEP_LOADS = `
  insert into audited_load as l (agent_id, agent_version, units_before, units, granted_ticket_id)
  select * from unnest($1::text[], $2::bigint[], $3::float8[], $4::float8[], $5::text[]) as x order by 1, 2
  on conflict (agent_id, agent_version)
  do update set units_before = excluded.units_before, units = excluded.units, granted_ticket_id = excluded.granted_ticket_id`;
const KEEP_STATES = `
  insert into audited_load as l (agent_id, agent_version, units_held, crowded)
  select * from unnest($1::text[], $2::bigint[], $3::float8[], $4::jsonb[]) as x order by 1, 2
  on conflict (agent_id, agent_version) do update set units_held = excluded.units_held, crowded = excluded.crowded`;
/**
 * A load ends where the record of its version stands, and begins where the version before it ended. What was granted then must not be on a
 * channel that the record shows to be crowded.
 */
const COMPARE = `
  select distinct l.agent_id, l.agent_version::int as agent_version, l.units_before, l.units, l.units_held,
    coalesce(b.units_held, b.units) as ended, l.granted_ticket_id, l.crowded ->> l.granted_ticket_id as crowded
  from unnest($1::text[], $2::bigint[]) as x(agent_id, agent_version)
  join audited_load l on l.agent_id = x.agent_id and l.agent_version in (x.agent_version, x.agent_version + 1) and l.units is not null
  left join audited_load b on b.agent_id = l.agent_id and b.agent_version = l.agent_version - 1
  where abs(l.units - l.units_held) > ${ROUNDING} or abs(l.units_before - coalesce(b.units_held, b.units)) > ${ROUNDING}
    or l.crowded ? l.granted_ticket_id`;
interface Compared {
  readonly agent_id: string;
  readonly agent_version: number;
  readonly units_before: number;
  readonly units: number;
  readonly units_held: number | null;
  readonly ended: number | null;
  readonly granted_ticket_id: string | null;
  readonly crowded: string | null;
}
const KEEP_ALARMS = `
  insert into audit_alarm (kind, about, version, detail)
  select kind, about, version, detail from jsonb_to_recordset($1::jsonb) as x(kind text, about text, version bigint, detail text)
  on conflict do nothing returning kind, about, version::int as version, detail`;

/** What is not known differs from nothing. */
const differs = (said: number, known: number | null): boolean => known !== null && Math.abs(said - known) > ROUNDING;

/**
 * The auditor: reads the public topics alone, knows nothing of assignment's code or database, and cries out when they show two owners of a
 * ticket, an automatic grant beyond an agent's capacity, or an agent's load that does not add up.
 */
@Injectable()
export class AuditStore {
  readonly #logger = new Logger('Auditor');
  readonly #alarms: Counter;

  constructor(
    private readonly database: DataSource,
    @Inject(Metrics) { registry }: Metrics,
  ) {
    this.#alarms = new Counter({
      name: 'signalbox_audit_alarms_total',
      help: 'Broken promises seen on the public topics: two-owners, beyond-capacity, load-does-not-add-up',
      labelNames: ['kind'],
      registers: [registry],
    });
  }

  /** @param alarms seen in the events themselves */
  async loads(loads: readonly AuditedLoad[], alarms: readonly Alarm[], tx: EntityManager): Promise<void> {
    const found = [...alarms];
    if (loads.length > 0) {
      const [ids, versions] = [loads.map((load) => load.agentId), loads.map((load) => load.agentVersion)];
      const [before, after] = [loads.map((load) => load.unitsBefore), loads.map((load) => load.units)];
      await tx.query(KEEP_LOADS, [ids, versions, before, after, loads.map((load) => load.grantedTicketId)]);
      found.push(...(await this.#compare(ids, versions, tx)));
    }
    await this.#raise(found, tx);
  }

  async states(events: readonly Pick<Received<AgentState>, 'agentId' | 'data'>[], tx: EntityManager): Promise<void> {
    const unique = [...new Map(events.map((event) => [`${event.agentId} ${event.data.agentVersion}`, event])).values()];
    const [ids, versions] = [unique.map((event) => event.agentId), unique.map((event) => event.data.agentVersion)];
    const crowded = unique.map((event) => JSON.stringify(crowdedTickets(event.data)));
    await tx.query(KEEP_STATES, [ids, versions, unique.map((event) => heldBy(event.data)), crowded]);
    await this.#raise(await this.#compare(ids, versions, tx), tx);
  }

  async #compare(ids: readonly string[], versions: readonly number[], tx: EntityManager): Promise<Alarm[]> {
    const rows = await tx.query<Compared[]>(COMPARE, [ids, versions]);
    return rows.flatMap((row): Alarm[] => {
      const { agent_id: about, agent_version: version, units_before, units, units_held, ended, granted_ticket_id, crowded } = row;
      const alarms: Alarm[] = [];
      if (differs(units, units_held) || differs(units_before, ended))
        alarms.push({
          kind: 'load-does-not-add-up',
          about,
          version,
          detail: `from ${units_before} to ${units} units by the ticket's event; from ${ended ?? 'unknown'} to ${units_held ?? 'unknown'} by the agent's records`,
        });
      if (crowded !== null)
        alarms.push({ kind: 'beyond-capacity', about, version, detail: `ticket ${granted_ticket_id} was granted to ${crowded}` });
      return alarms;
    });
  }

  async #raise(alarms: readonly Alarm[], tx: EntityManager): Promise<void> {
    if (alarms.length === 0) return;
    const raised = await tx.query<Alarm[]>(KEEP_ALARMS, [JSON.stringify(alarms)]);
    for (const { kind, about, version, detail } of raised) {
      this.#alarms.inc({ kind });
      this.#logger.error(`alarm: ${kind}: ${about} at version ${version}: ${detail}`);
    }
  }

  /** The newest first. */
  async latest(): Promise<(Alarm & { readonly raisedAt: Date })[]> {
    return this.database.query(
      `select kind, about, version::int as version, detail, raised_at as "raisedAt" from audit_alarm order by raised_at desc limit ${SHOWN_MAX}`,
    );
  }
}
