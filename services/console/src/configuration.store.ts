import { Injectable } from '@nestjs/common';
import { BUNDLE_KEY, ConfigBundle, configKinds, ConfigRecord, type AgentConfig, type ConfigKind } from '@signalbox/contracts';
import { ConfigurationSnapshot, type CommandHandler, type Outcome } from '@signalbox/messaging';
import type { EntityManager } from 'typeorm';
import { recordChanges } from './change.store.js';
import { keyOf, planApply, type ActiveRecord, type Document, type Plan, type Problem } from './domain/configuration.js';

/** The bundle in force, with what the console asks of it most. */
export interface ActiveConfiguration {
  readonly bundle: number;
  readonly records: readonly ActiveRecord[];
  readonly snapshot: ConfigurationSnapshot;
  readonly nameOf: (agentId: string) => string | undefined;
  readonly queuesOf: (agentId: string) => readonly string[];
  /** The queue of a category; the company's default where there is none. Null before anything was configured. */
  readonly queueOf: (category: string | null) => string | null;
}

export interface ApplyCommand {
  readonly documents: readonly Document[];
  readonly by: string;
}
export type ApplyAnswer =
  | { readonly problems: readonly Problem[] }
  | { readonly problems: readonly []; readonly bundle: number; readonly changed: readonly string[]; readonly removed: readonly string[] };

/** Asked for every request and every unit of work: the number alone, a bundle may have a thousand members. */
const LATEST = 'select bundle from config_bundle order by bundle desc limit 1';
/** A member's key is `kind/name@version`; only the name may contain either sign. */
const RECORDS_OF = `
  select r.kind, r.name, r.version, r.content
  from (select split_part(key, '/', 1) as kind, regexp_replace(key, '^[^/]*/|@[0-9]+$', '', 'g') as name,
               substring(key from '[0-9]+$')::int as version
        from config_bundle b cross join unnest(b.members) as m(key) where b.bundle = $1) m
  join config_record r using (kind, name, version) order by r.kind, r.name`;
/** A ticket stands in its category's queue, also when that has just become another one. */
const MOVE_TICKETS = `
  update ticket t set queue_id = c.queue_id
  from (select ticket_id, coalesce(assignment->'ticket'->>'queueOverride', x.queue, $2) as queue_id
        from ticket left join jsonb_to_recordset($1::jsonb) as x(category text, queue text) using (category)
        where status <> 'closed') c
  where t.ticket_id = c.ticket_id and t.queue_id is distinct from c.queue_id`;

/** All configuration: its truth is here, its copy on signalbox.config. */
@Injectable()
export class ConfigurationStore {
  #active: ActiveConfiguration = describe(0, []);

  /** Read anew only when the database has a newer bundle; numbers are never given twice, so the copy cannot be another one's. */
  async active(manager: EntityManager): Promise<ActiveConfiguration> {
    const [latest] = (await manager.query(LATEST)) as { bundle: number }[];
    if (latest && latest.bundle !== this.#active.bundle) this.#active = describe(latest.bundle, await recordsOf(latest.bundle, manager));
    return this.#active;
  }

  /** What an apply would make of what is active at this moment; nothing is stored. */
  async plan(documents: readonly Document[], manager: EntityManager): Promise<{ latest: { bundle: number } | undefined; plan: Plan }> {
    const [latest] = (await manager.query(LATEST)) as { bundle: number }[];
    const active = latest ? await recordsOf(latest.bundle, manager) : [];
    const highest = (await manager.query(`select kind || '/' || name as name, max(version) as version from config_record group by 1`)) as {
      name: string;
      version: number;
    }[];
    return { latest, plan: planApply(active, new Map(highest.map((row) => [row.name, row.version])), documents) };
  }

  /** All or nothing. Applies wait for each other, so each is planned on what the one before it left. */
  readonly apply: CommandHandler<ApplyCommand, ApplyAnswer> = async (commands, { tx, now }) => {
    const outcomes: Outcome<ApplyAnswer>[] = [];
    await tx.query('lock table config_bundle in share row exclusive mode');
    for (const { documents, by } of commands) {
      const { latest, plan } = await this.plan(documents, tx);
      if (!('active' in plan)) {
        outcomes.push({ events: [], answer: { problems: plan.problems } });
        continue;
      }
      const { changed, removed } = plan;
      if (latest && changed.length === 0 && removed.length === 0) {
        outcomes.push({ events: [], answer: { problems: [], bundle: latest.bundle, changed: [], removed: [] } });
        continue;
      }
      await tx.query(
        `insert into config_record (kind, name, version, content, applied_at)
         select kind, name, version, content, $2 from jsonb_to_recordset($1::jsonb) as x(kind text, name text, version int, content jsonb)`,
        [JSON.stringify(changed), now],
      );
      const members = plan.active.map(keyOf).sort();
      const [made] = (await tx.query(
        `insert into config_bundle (bundle, members, applied_at, applied_by) values (nextval('config_bundle_number'), $1, $2, $3) returning bundle`,
        [members, now, by],
      )) as { bundle: number }[];
      const { bundle } = made!;
      const { snapshot } = describe(bundle, plan.active);
      const queues = [...snapshot.all('category')].map(([category, { queue }]) => ({ category, queue }));
      await tx.query(MOVE_TICKETS, [JSON.stringify(queues), defaultQueue(snapshot)]);
      await recordChanges([{ kind: 'configuration', id: String(bundle) }], tx);
      outcomes.push({
        events: [
          ...changed.map(({ kind, name, version, content }) =>
            ConfigRecord(keyOf({ kind, name, version }), { kind, name, recordVersion: version, content: content as never }),
          ),
          ConfigBundle(BUNDLE_KEY, { bundle, members, appliedAt: now.toISOString() }),
        ],
        answer: { problems: [], bundle, changed: changed.map(keyOf), removed },
      });
    }
    return outcomes;
  };
}

const recordsOf = (bundle: number, manager: EntityManager): Promise<ActiveRecord[]> =>
  manager.query(RECORDS_OF, [bundle]) as Promise<ActiveRecord[]>;

const defaultQueue = (snapshot: ConfigurationSnapshot): string | null => [...snapshot.all('company').values()][0]?.defaultQueue ?? null;

function describe(bundle: number, records: readonly ActiveRecord[]): ActiveConfiguration {
  const kinds = new Map<string, Map<string, unknown>>();
  for (const { kind, name, content } of records) {
    if (!(kind in configKinds)) continue; // A kind of a newer release, before a rollback to this one.
    const names = kinds.get(kind) ?? new Map<string, unknown>();
    kinds.set(kind, names.set(name, configKinds[kind as ConfigKind].parse(content)));
  }
  const snapshot = new ConfigurationSnapshot(
    bundle,
    kinds,
    new Map(records.map(({ kind, name, version }) => [`${kind}/${name}`, version])),
  );
  const agentOf = (agentId: string): AgentConfig | undefined => snapshot.find('agent', agentId);
  return {
    bundle,
    records,
    snapshot,
    nameOf: (agentId) => agentOf(agentId)?.name,
    queuesOf: (agentId) => agentOf(agentId)?.queues ?? [],
    queueOf: (category) => (category === null ? undefined : snapshot.find('category', category)?.queue) ?? defaultQueue(snapshot),
  };
}
