import { allTopics, deadLettersOf, ServiceName, subjectOf, type Draft } from '@signalbox/contracts';
import { headerText, KafkaInspector, readEvent, tailTopics, type KafkaOptions, type RawRecord } from '@signalbox/messaging';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Facts, HistoryRow, HoldRow, MessagingRows, SeenDeadLetter, SeenEvent, TicketRow } from './facts.ts';
import { handledBy, topicsReadBy, type FaultySystem } from './system.ts';

const ownTopics = allTopics().filter((topic) => topic.writer !== 'upstream');
const deadLetterTopics = ServiceName.options.map(deadLettersOf);
const READ_MS_MAX = 90_000;
/** How many messages the receiver keeps. */
const MAILS_KEPT_MAX = 1_000;

/** Runs queries against one service's own database. */
export async function inDatabase<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What of a system is needed to read its topics. */
type OnKafka = { readonly kafka: KafkaOptions };
/** The services that run, and where they keep their rows. */
type WithServices = Pick<FaultySystem, 'services' | 'databases'>;

async function withInspector<T>(system: OnKafka, work: (inspector: KafkaInspector) => Promise<T>): Promise<T> {
  const inspector = new KafkaInspector(system.kafka);
  await inspector.connect();
  try {
    return await work(inspector);
  } finally {
    await inspector.disconnect();
  }
}

/** End offsets of every topic, by `topic/partition`. */
export const endOffsets = (system: OnKafka): Promise<Map<string, bigint>> =>
  withInspector(system, (inspector) => inspector.endOffsets([...ownTopics, ...deadLetterTopics].map((topic) => topic.name)));

/** Reads every topic from its beginning to the end it has now, with a consumer that belongs to no service. */
export async function readTopics(system: OnKafka): Promise<Pick<Facts, 'events' | 'deadLetters' | 'unreadable'> & { records: number }> {
  const ends = await endOffsets(system);
  const left = new Set([...ends].filter(([, end]) => end > 0n).map(([place]) => place));
  const found = { events: [] as SeenEvent[], deadLetters: [] as SeenDeadLetter[], unreadable: [] as string[], records: 0 };
  const stop = await tailTopics({
    ...system.kafka,
    topics: [...ownTopics, ...deadLetterTopics].map((topic) => topic.name),
    fromBeginning: true,
    onRecord: (record) => {
      const place = `${record.topic}/${record.partition}`;
      if (record.offset >= (ends.get(place) ?? 0n)) return;
      take(record, found);
      if (record.offset + 1n === ends.get(place)) left.delete(place);
    },
  });
  try {
    for (const deadline = Date.now() + READ_MS_MAX; left.size > 0; await sleep(50))
      if (Date.now() > deadline)
        throw new Error(`the topics could not be read to their ends in ${READ_MS_MAX / 1000} s: ${[...left].join(', ')}`);
  } finally {
    await stop();
  }
  return found;
}

function take(
  record: RawRecord,
  found: { events: SeenEvent[]; deadLetters: SeenDeadLetter[]; unreadable: string[]; records: number },
): void {
  const { topic, partition } = record;
  const offset = Number(record.offset);
  found.records += 1;
  const declared = ownTopics.find((one) => one.name === topic);
  if (!declared) {
    const reason = headerText(record, 'signalbox-reason') ?? '';
    const originalTopic = headerText(record, 'signalbox-topic') ?? '';
    found.deadLetters.push({ topic, partition, offset, subject: record.key?.toString() ?? null, originalTopic, reason });
    return;
  }
  try {
    const event = readEvent(record, declared);
    found.events.push({
      topic,
      partition,
      offset,
      id: event.id,
      type: event.type,
      subject: subjectOf(event as Draft),
      version: event.version,
      causationId: event.causationId,
      contentHash: createHash('sha256').update(record.value!).digest('base64'),
      data: event.data as Record<string, unknown>,
    });
  } catch (error) {
    found.unreadable.push(`${topic}[${partition}]@${offset}: ${(error as Error).message}`);
  }
}

const TICKET_ROWS =
  'select ticket_id as "ticketId", status, agent_id as "agentId", offer_agent_id as "offerAgentId" from ticket order by ticket_id';

export async function readDatabases(
  system: WithServices,
): Promise<Pick<Facts, 'tickets' | 'holds' | 'consoleTickets' | 'history' | 'messaging'>> {
  const { tickets, holds } = await inDatabase(system.databases.assignment, async (client) => ({
    tickets: (await client.query<TicketRow>(TICKET_ROWS)).rows,
    holds: (await client.query<HoldRow>('select ticket_id as "ticketId", agent_id as "agentId", units, state from hold order by ticket_id'))
      .rows,
  }));
  const { consoleTickets, history } = system.services.includes('console')
    ? await inDatabase(system.databases.console, async (client) => ({
        consoleTickets: (await client.query<TicketRow>(TICKET_ROWS)).rows,
        history: (await client.query<HistoryRow>('select ticket_id as "ticketId", topic, version from history')).rows,
      }))
    : { consoleTickets: undefined, history: [] };
  const messaging = await Promise.all(
    system.services.map((service) =>
      inDatabase(system.databases[service], async (client): Promise<MessagingRows> => {
        const outbox = await client.query<{ rows: number }>('select count(*)::int as rows from messaging.outbox');
        const letters = await client.query<MessagingRows['deadLetters'][number]>(
          'select state, topic, subject, reason from messaging.dead_letter order by id',
        );
        const versions = await client.query<MessagingRows['versions'][number]>(
          'select topic, subject, version::float8 as version from messaging.subject_version',
        );
        return {
          service,
          outboxRows: outbox.rows[0]!.rows,
          handles: handledBy(service),
          versions: versions.rows,
          deadLetters: letters.rows,
        };
      }),
    ),
  );
  return { tickets, holds, consoleTickets, history, messaging };
}

/** What customers got by mail, by the program that stands for the world outside; undefined when that were more than it keeps. */
export async function readMails(system: FaultySystem): Promise<Facts['mails']> {
  const response = await fetch(`${system.receiver}/dev/sent`);
  const { sent } = (await response.json()) as { sent: { channel: string; messageId?: string }[] };
  if (sent.length >= MAILS_KEPT_MAX) return undefined;
  return sent.filter(({ channel }) => channel !== 'webhook').map(({ messageId }) => messageId ?? 'a mail without a Message-ID');
}

/** How many tickets stand where, by assignment's own rows: `open ana`, `new`, `solved`. */
export const ticketsByState = (system: FaultySystem): Promise<{ state: string; tickets: number }[]> =>
  inDatabase(system.databases.assignment, async (client) => {
    const { rows } = await client.query<{ state: string; tickets: number }>(
      `select case when offer_id is not null then 'offered' when status = 'open' and agent_id is not null then 'in work'
                   when status = 'pending' and agent_id is null then 'answered' else coalesce(status, 'expected') end as state,
              count(*)::int as tickets from ticket group by 1 order by 1`,
    );
    return rows;
  });

/** Records each group still has to read, and how many its topics hold: right after a rewind, the same. */
export const lagPerService = (system: FaultySystem): Promise<{ service: ServiceName; lag: number; records: number }[]> =>
  withInspector(system, async (inspector) => {
    const found = [];
    for (const service of system.services) {
      const topics = topicsReadBy(service).map((topic) => topic.name);
      const lag = Number(await inspector.lag(`signalbox.${service}`, topics));
      const ends = await inspector.endOffsets(topics);
      found.push({ service, lag, records: [...ends.values()].reduce((sum, end) => sum + Number(end), 0) });
    }
    return found;
  });

/** What still moves: lag of a group, an outbox, a message on its way out; '' when nothing does. */
async function whatMoves(system: OnKafka & WithServices): Promise<string> {
  for (const service of system.services) {
    const rows = await inDatabase(system.databases[service], async (client) => {
      const outbox = await client.query<{ rows: number }>('select count(*)::int as rows from messaging.outbox');
      const outgoing =
        service === 'intake'
          ? await client.query<{ rows: number }>(`select count(*)::int as rows from outgoing where state = 'waiting'`)
          : undefined;
      return { outbox: outbox.rows[0]!.rows, outgoing: outgoing?.rows[0]?.rows ?? 0 };
    });
    if (rows.outbox > 0) return `${service} has ${rows.outbox} rows in its outbox`;
    if (rows.outgoing > 0) return `${rows.outgoing} messages are on their way to customers`;
  }
  return withInspector(system, async (inspector) => {
    for (const service of system.services) {
      const lag = await inspector.lag(
        `signalbox.${service}`,
        topicsReadBy(service).map((topic) => topic.name),
      );
      if (lag > 0n) return `${service} is ${lag} records behind`;
    }
    return '';
  });
}

/** Waits until nothing moves and the ends of all topics stand still, three looks in a row a second apart. @throws Error saying what moves. */
export async function settled(system: OnKafka & WithServices, timeoutMs: number): Promise<Map<string, bigint>> {
  let before = '';
  let quiet = 0;
  let what = 'nothing was looked at';
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(1_000)) {
    what = await whatMoves(system).catch((error: Error) => error.message);
    if (what !== '') {
      quiet = 0;
      continue;
    }
    const ends = await endOffsets(system);
    const now = JSON.stringify([...ends].map(([place, end]) => `${place}:${end}`));
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    if (quiet >= 2) return ends;
  }
  throw new Error(`not settled after ${timeoutMs / 1000} s: ${what || 'the topics keep growing'}`);
}

/** Every row of every table as its md5 and what is shown of it, per `service schema.table`. */
export type Fingerprint = ReadonlyMap<string, readonly string[]>;
/** Of a row's beginning, enough to know it again, and of its end, where the small columns stand. */
const ROW_SHOWN_MAX = 240;

/** Columns that time alone moves: when each queue was looked at last, whatever was found. */
const BY_TIME = new Map([['sla-escalation public.outlook_queue', 'looked_at']]);

export async function fingerprint(system: FaultySystem): Promise<Fingerprint> {
  const tables = new Map<string, readonly string[]>();
  for (const service of system.services) {
    await inDatabase(system.databases[service], async (client) => {
      const { rows } = await client.query<{ name: string; label: string }>(
        `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name, schemaname || '.' || tablename as label from pg_tables
         where schemaname not in ('pg_catalog', 'information_schema') order by 2`,
      );
      for (const { name, label } of rows) {
        // The names come from the catalogue, quoted by the server.
        const column = BY_TIME.get(`${service} ${label}`);
        const text = column === undefined ? 't::text' : `(to_jsonb(t) - '${column}')::text`;
        const found = await client.query<{ row: string }>(
          `select md5(${text}) || ' ' || left(${text}, ${ROW_SHOWN_MAX})
             || case when length(${text}) > ${2 * ROW_SHOWN_MAX} then ' … ' || right(${text}, ${ROW_SHOWN_MAX}) else '' end as row from ${name} t order by 1`,
        );
        tables.set(
          `${service} ${label}`,
          found.rows.map(({ row }) => row),
        );
      }
    });
  }
  return tables;
}

/**
 * Rows may leave these tables with time, never come or change: the console forgets what streams were told after 15 minutes.
 */
const FORGETFUL = new Set(['console public.change']);

/** What differs, at most three rows a table: `- before`, `+ after`. Empty when every row is the same. */
export function differences(before: Fingerprint, after: Fingerprint): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((table) => {
    const [then, now] = [new Set(before.get(table)), new Set(after.get(table))];
    const gone = FORGETFUL.has(table) ? [] : [...then].filter((row) => !now.has(row));
    const come = [...now].filter((row) => !then.has(row));
    if (gone.length + come.length === 0) return [];
    const shown = [...gone.slice(0, 3).map((row) => `- ${row}`), ...come.slice(0, 3).map((row) => `+ ${row}`)];
    return [`${table}: ${gone.length} rows gone or changed, ${come.length} new or changed\n    ${shown.join('\n    ')}`];
  });
}
