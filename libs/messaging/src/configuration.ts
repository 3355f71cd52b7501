import {
  BUNDLE_KEY,
  configKinds,
  type ConfigBundle,
  type ConfigContent,
  type ConfigKind,
  type ConfigRecord,
  type Draft,
  type Received,
} from '@signalbox/contracts';
import type { EntityManager } from 'typeorm';

/** All configuration of one bundle, as every decision of one unit of work sees it. */
export class ConfigurationSnapshot {
  constructor(
    /** 0 = nothing was ever applied. */
    readonly bundle: number,
    private readonly kinds: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
    private readonly versions: ReadonlyMap<string, number> = new Map(),
  ) {}

  all<K extends ConfigKind>(kind: K): ReadonlyMap<string, ConfigContent<K>> {
    return (this.kinds.get(kind) ?? new Map()) as ReadonlyMap<string, ConfigContent<K>>;
  }
  find<K extends ConfigKind>(kind: K, name: string): ConfigContent<K> | undefined {
    return this.all(kind).get(name);
  }
  /** @throws Error naming what is there. */
  get<K extends ConfigKind>(kind: K, name: string): ConfigContent<K> {
    const found = this.find(kind, name);
    if (found === undefined)
      throw new Error(`configuration '${kind}/${name}' does not exist; known: ${[...this.all(kind).keys()].join(', ') || 'none'}`);
    return found;
  }
  /** The version of one record that this bundle uses; 0 when there is none. */
  versionOf(kind: ConfigKind, name: string): number {
    return this.versions.get(`${kind}/${name}`) ?? 0;
  }
}

export const NO_CONFIGURATION = new ConfigurationSnapshot(0, new Map());

const KEEP = `
  insert into messaging.config_record (key, kind, name, content)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) on conflict (key) do nothing`;
const KEEP_BUNDLE = `insert into messaging.config_bundle (bundle, members, applied_at) values ($1, $2, $3) on conflict (bundle) do nothing`;

/** The newest bundle whose members have all arrived: a bundle is switched whole or not at all. */
const SWITCH = `
  update messaging.active_bundle a set bundle = ready.bundle
  from (select max(b.bundle) as bundle from messaging.config_bundle b
        where b.bundle > (select bundle from messaging.active_bundle)
          and cardinality(b.members) = (select count(*) from messaging.config_record r where r.key = any(b.members))) ready
  where ready.bundle is not null`;

/** Keeps records and bundles. Handles both events itself, so that no service writes it again. */
export async function storeConfiguration(events: readonly Received<Draft>[], tx: EntityManager): Promise<void> {
  // One after the other over all instances: otherwise the last record and its bundle, stored at once by two, each miss the other.
  await tx.query('select bundle from messaging.active_bundle for update');
  const records = events.filter((event) => event.type === 'ConfigRecord') as Received<ConfigRecord>[];
  if (records.length > 0) {
    await tx.query(KEEP, [
      records.map((record) => record.key),
      records.map((record) => record.data.kind),
      records.map((record) => record.data.name),
      records.map((record) => JSON.stringify(record.data.content)),
    ]);
  }
  for (const bundle of events.filter((event) => event.type === 'ConfigBundle') as Received<ConfigBundle>[]) {
    if (bundle.key === BUNDLE_KEY) await tx.query(KEEP_BUNDLE, [bundle.data.bundle, bundle.data.members, bundle.data.appliedAt]);
  }
  await tx.query(SWITCH);
}

/** This process's copy of the active bundle, renewed when a unit of work sees that the database has a newer one. */
export class ConfigurationCache {
  current: ConfigurationSnapshot = NO_CONFIGURATION;

  async renew(bundle: number, tx: EntityManager): Promise<ConfigurationSnapshot> {
    if (bundle === this.current.bundle) return this.current;
    const rows = (await tx.query(
      `select r.key, r.kind, r.name, r.content from messaging.config_bundle b join messaging.config_record r on r.key = any(b.members) where b.bundle = $1`,
      [bundle],
    )) as StoredRecord[];
    const known = rows.flatMap((row) => {
      const schema = configKinds[row.kind as ConfigKind];
      return schema ? [{ ...row, content: schema.parse(row.content) as unknown }] : []; // A kind that a newer console knows and this release does not.
    });
    this.current = snapshotOf(bundle, known);
    return this.current;
  }
}

interface StoredRecord {
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  readonly content: unknown;
}

/** Of records whose content is parsed already. */
function snapshotOf(bundle: number, records: readonly StoredRecord[]): ConfigurationSnapshot {
  const kinds = new Map<string, Map<string, unknown>>();
  const versions = new Map<string, number>();
  for (const { key, kind, name, content } of records.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!kinds.has(kind)) kinds.set(kind, new Map());
    kinds.get(kind)!.set(name, content);
    versions.set(`${kind}/${name}`, Number(key.slice(key.lastIndexOf('@') + 1)));
  }
  return new ConfigurationSnapshot(bundle, kinds, versions);
}

/** One bundle as far as some kinds are concerned, in force from `appliedAt`. */
export interface AppliedBundle {
  /** Null: applied before this was kept, so earlier than all that have one. */
  readonly appliedAt: Date | null;
  readonly snapshot: ConfigurationSnapshot;
}

/** A company may apply all day: so many bundles are looked back upon. What was judged before them is judged by the oldest of them. */
const BUNDLES_BACK = 200;
const BUNDLES_WITH = `
  select b.bundle, b.applied_at, array(select m from unnest(b.members) as m where split_part(m, '/', 1) = any($1) order by m) as members
  from messaging.config_bundle b where b.bundle <= $2 order by b.bundle desc limit $3`;

/**
 * What of some kinds was in force when, oldest first, up to a bundle: for who judges the past by what held then. Neighbours that agree in
 * these kinds are one. Not cheap: to be asked once per bundle.
 */
export async function appliedBundles(kinds: readonly ConfigKind[], upTo: number, tx: EntityManager): Promise<AppliedBundle[]> {
  const bundles = (await tx.query(BUNDLES_WITH, [kinds, upTo, BUNDLES_BACK])) as {
    bundle: number;
    applied_at: Date | null;
    members: string[];
  }[];
  const distinct = bundles
    .toReversed()
    .filter(({ members }, index, all) => index === 0 || members.join(' ') !== all[index - 1]!.members.join(' '));
  const rows = (await tx.query(`select key, kind, name, content from messaging.config_record where kind = any($1)`, [
    kinds,
  ])) as StoredRecord[];
  // Parsed once each, so that a record is one object in whichever bundle.
  const records = new Map(
    rows.map((row) => [row.key, { ...row, content: configKinds[row.kind as ConfigKind].parse(row.content) as unknown }]),
  );
  return distinct
    .filter(({ members }) => members.every((key) => records.has(key)))
    .map(({ bundle, applied_at, members }) => ({
      appliedAt: applied_at,
      snapshot: snapshotOf(
        bundle,
        members.map((key) => records.get(key)!),
      ),
    }));
}
