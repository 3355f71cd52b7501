import {
  allTopics,
  configKinds,
  ConfigTopic,
  type ConfigKind,
  type ConfigBundle,
  type ConfigRecord,
  type Draft,
  type Received,
  type Topic,
} from '@signalbox/contracts';
import {
  ConfigurationSnapshot,
  headerText,
  readEvent,
  readTopics,
  type KafkaOptions,
  type RawRecord,
  type ReadingOptions,
} from '@signalbox/messaging';

/** An event of a union, by its wire type. */
export type EventNamed<E extends Draft, T extends E['type']> = Received<Extract<E, { type: T }>>;

/** The event in a record, or undefined where it is none that this release knows: a reader of history passes over it. */
export function eventIn(record: RawRecord): Received<Draft> | undefined {
  const topic = allTopics().find(({ name }) => name === record.topic);
  try {
    return topic && readEvent(record, topic);
  } catch {
    return undefined;
  }
}

/** Feeds events of these types to where their topics end now; of one topic and subject in their order. */
export async function readEvents<E extends Draft>(
  kafka: KafkaOptions,
  topics: readonly Topic[],
  types: readonly E['type'][],
  onEvent: (event: Received<E>) => boolean | void,
  where: Partial<Pick<ReadingOptions, 'since' | 'recordsBefore'>> = {},
): Promise<void> {
  const wanted = new Set<string>(types);
  await readTopics({
    ...kafka,
    ...where,
    topics: topics.map(({ name }) => name),
    onRecord: (record) => {
      if (!wanted.has(headerText(record, 'ce_type') ?? '')) return false;
      const event = eventIn(record);
      return event && onEvent(event as unknown as Received<E>);
    },
  });
}

/** All configuration there ever was, and the keys of what is active now. */
export interface Configurations {
  /** By key `kind/name@version`. */
  readonly contents: ReadonlyMap<string, unknown>;
  readonly members: readonly string[];
}
export async function readConfigurations(kafka: KafkaOptions): Promise<Configurations> {
  const contents = new Map<string, unknown>();
  let latest: ConfigBundle['data'] | undefined;
  await readEvents<ConfigRecord | ConfigBundle>(kafka, [ConfigTopic], ['ConfigRecord', 'ConfigBundle'], (event) => {
    if (event.type === 'ConfigRecord') contents.set(event.key, event.data.content);
    else if (event.data.bundle > (latest?.bundle ?? 0)) latest = event.data;
  });
  return { contents, members: latest?.members ?? [] };
}

/** What is active, as services see it. */
export function snapshotOf({ contents, members }: Configurations): ConfigurationSnapshot {
  const kinds = new Map<string, Map<string, unknown>>();
  for (const key of members) {
    const [, kind, name] = /^([^/]+)\/(.+)@\d+$/.exec(key) ?? [];
    const schema = configKinds[kind as ConfigKind];
    if (!kind || !name || !schema || !contents.has(key)) continue;
    const records = kinds.get(kind) ?? new Map<string, unknown>();
    kinds.set(kind, records.set(name, schema.parse(contents.get(key))));
  }
  return new ConfigurationSnapshot(0, kinds);
}
