import { ClocksRecomputed, QueueOutlook, TicketEscalated, type Draft } from '@signalbox/contracts';
import { COMPANY } from './company.js';
import { assigned, caused, enriched, nine, offered, proposed, received } from './the-story.js';
import { TheConsole, tokenFor } from './the-console.js';

interface Told {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: {
    readonly sequence: number;
    readonly kind?: string;
    readonly id?: string;
    readonly removed?: boolean;
    readonly state?: string;
  };
}

/** A reader of `GET /stream`, as a browser's EventSource reads it. */
class Reader {
  readonly told: Told[] = [];
  readonly #abort = new AbortController();
  #news: () => void = () => undefined;

  private constructor(readonly status: number) {}

  static async open(http: string, token: string, lastEventId?: number): Promise<Reader> {
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${token}`, ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }) };
    const response = await fetch(`${http}/api/v1/stream`, { headers, signal: abort.signal });
    const reader = new Reader(response.status);
    reader.#abort.signal.addEventListener('abort', () => abort.abort());
    void reader.#read(response).catch(() => undefined);
    return reader;
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(/: (.*)/s, 2) as [string, string]),
        );
        text = text.slice(end + 2);
        if (fields.has('data'))
          this.told.push({ id: fields.get('id'), event: fields.get('event')!, data: JSON.parse(fields.get('data')!) as Told['data'] });
        this.#news();
      }
    }
  }

  /** Waits until something like this was told. */
  async until(fits: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const found = this.told.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => (this.#news = resolve));
    }
  }
  get last(): number {
    return Number(this.told.findLast((one) => one.id !== undefined)?.id);
  }
  about(id: string): Told[] {
    return this.told.filter((one) => one.data.id === id);
  }
  close(): void {
    this.#abort.abort();
  }
}

let console_: TheConsole;
let ana: string;
let ben: string;
let sue: string;
let admin: string;
const twice = async (...events: Draft[]) => {
  await console_.stack.publish(...events, ...events);
  await console_.stack.settled();
};
const open = (token: string, last?: number) => Reader.open(console_.service.http, token, last);
const status = (id: string, agentId: string | null) => (one: Told) =>
  one.data.id === id && ((one.data as { owner?: { agentId: string } | null }).owner?.agentId ?? null) === agentId;

beforeAll(async () => {
  console_ = await TheConsole.start();
  [ana, ben, sue, admin] = (await Promise.all([
    tokenFor('ana', 'agent'),
    tokenFor('ben', 'agent'),
    tokenFor('sue', 'supervisor'),
    tokenFor('the-first-admin', 'admin'),
  ])) as [string, string, string, string];
  await console_.call('POST', '/configuration', admin, { documents: COMPANY });
});
afterAll(() => console_.stop());

describe('the stream', () => {
  it('tells each reader the changes of the tickets that reader may see, in rising numbers', async () => {
    const readers = await Promise.all([open(ana), open(ben), open(sue)]);
    const [anas, bens, sues] = readers as [Reader, Reader, Reader];
    const fields = { ticketId: 'live', number: 1 };
    await twice(received(fields));
    await twice(enriched(fields));
    await twice(proposed(fields), offered(fields), assigned(fields));
    await sues.until(status('live', 'ana'));
    await anas.until(status('live', 'ana'));
    // Before its category was known it stood in the default queue, which is Ben's.
    await bens.until((one) => one.data.id === 'live' && one.data.removed === true);
    expect(bens.about('live').findLast((one) => one.data.removed !== true)?.data).toMatchObject({ queueId: 'general', category: null });
    const numbers = sues.told.map((one) => one.data.sequence);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    for (const reader of readers) reader.close();
  });

  it('tells a loser that a ticket is gone', async () => {
    const fields = { ticketId: 'moves', number: 2, category: null };
    await twice(received(fields), enriched(fields));
    const bens = await open(ben);
    await bens.until((one) => one.event === 'resync');
    await twice(enriched({ ...fields, category: 'refund' }));
    expect((await bens.until((one) => one.data.id === 'moves')).data).toMatchObject({ removed: true });
    bens.close();
  });

  it('resumes where a reader left off, without a gap and without a repetition', async () => {
    const first = await open(sue);
    await twice(received({ ticketId: 'before', number: 3 }));
    await first.until((one) => one.data.id === 'before');
    const last = first.last;
    first.close();
    await twice(received({ ticketId: 'meanwhile', number: 4 }));
    const second = await open(sue, last);
    await twice(received({ ticketId: 'after', number: 5 }));
    await second.until((one) => one.data.id === 'after');
    expect(second.told.map((one) => one.data.id)).toEqual(['meanwhile', 'after']);
    second.close();
  });

  it('sends a reader who was away too long, or comes from elsewhere, to a snapshot', async () => {
    for (const last of [0, 999_999]) {
      if (last === 0) await console_.stack.query('console', 'delete from change where sequence <= (select max(sequence) - 1 from change)');
      const reader = await open(sue, last);
      expect((await reader.until(() => true)).event).toBe('resync');
      reader.close();
    }
  });

  it('tells the outcome of a request to its sender alone', async () => {
    const readers = await Promise.all([open(ana), open(sue)]);
    const [anas, sues] = readers as [Reader, Reader];
    const fields = { ticketId: 'wished', number: 6 };
    await twice(received(fields), enriched(fields), proposed(fields), offered(fields));
    const { body } = await console_.call('POST', '/tickets/wished/accept', ana, { offerId: 'wished-o1' });
    await twice(caused(body.requestId, assigned(fields)));
    expect((await anas.until((one) => one.data.kind === 'request')).data).toMatchObject({ id: body.requestId, state: 'done' });
    await sues.until(status('wished', 'ana'));
    expect(sues.told.filter((one) => one.data.kind === 'request')).toEqual([]);
    for (const reader of readers) reader.close();
  });

  it('tells of a notice its reader alone, and of queues and recomputed clocks whoever oversees them', async () => {
    const readers = await Promise.all([open(ana), open(sue)]);
    const [anas, sues] = readers as [Reader, Reader];
    const report = { tickets: 1, checked: 1, moved: 0, clocksMoved: 0, earlier: 0, later: 0, breachesAdded: 0, breachesWithdrawn: 0 };
    const pace = { waiting: 0, agents: 0, arrivalsPerHour: 0, beginningsPerHour: 0, workMinutes: 0, horizonMinutes: 60 };
    await twice(
      QueueOutlook('billing', { ...pace, breachInMinutes: null, asOf: nine }),
      ClocksRecomputed('bundle-1', { ...report, bundle: 1, preview: false, done: true, examples: [], problems: [], asOf: nine }),
      TicketEscalated('live', {
        level: 1,
        cause: 'due',
        explanation: 'late',
        notify: [],
        recipients: [{ via: 'console', to: 'ana', because: 'owner' }],
        escalatedAt: nine,
      }),
    );
    await Promise.all([
      anas.until((one) => one.data.kind === 'notice'),
      sues.until((one) => one.data.kind === 'queue' && one.data.id === 'billing'),
      sues.until((one) => one.data.kind === 'recomputation' && one.data.id === 'bundle-1'),
      sues.until((one) => one.data.id === 'live'),
    ]);
    const kinds = (reader: Reader) => new Set(reader.told.flatMap(({ data }) => data.kind ?? []));
    expect(kinds(sues)).toEqual(new Set(['queue', 'recomputation', 'ticket']));
    expect(kinds(anas)).toEqual(new Set(['notice', 'ticket']));
    for (const reader of readers) reader.close();
  });

  it('tells what another instance has committed', async () => {
    const another = await console_.another();
    const reader = await Reader.open(another.http, sue);
    await reader.until((one) => one.event === 'resync');
    await console_.call('POST', '/tickets/live/notes', ana, { text: 'seen by both' });
    await reader.until((one) => one.data.id === 'live');
    reader.close();
    await another.close();
  });

  it('asks everybody for a snapshot when the configuration changes', async () => {
    const reader = await open(ben);
    await reader.until((one) => one.event === 'resync');
    const ben2 = { kind: 'agent', name: 'ben', content: { name: 'Ben', email: 'ben@example.org', queues: ['billing'], unitsMax: 4 } };
    await console_.call('POST', '/configuration', admin, { documents: [ben2] });
    await reader.until((one) => one.event === 'resync' && one !== reader.told[0]);
    expect(await console_.call('GET', '/tickets/live', ben)).toMatchObject({ status: 200 });
    reader.close();
  });

  it('opens a bounded number of streams per person', async () => {
    const readers: Reader[] = [];
    for (let nth = 0; nth < 11; nth += 1) readers.push(await open(ben));
    expect(readers.map((reader) => reader.status)).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
    for (const reader of readers) reader.close();
  });
});

it('numbers changes in the order of their commits, also when transactions overlap', async () => {
  const query = (sql: string) => console_.stack.query<{ sequence: string }>('console', sql);
  const marks = Array.from({ length: 40 }, (_, index) => `mark-${index}`);
  // Each takes its row early and commits at a different time; a reader that follows the numbers must meet every one of them.
  let met = 0;
  let position = Number((await query('select max(sequence) as sequence from change'))[0]!.sequence);
  const writers = Promise.all(
    marks.map((mark, index) =>
      query(
        `with made as (insert into change (about) values ('[{"kind":"configuration","id":"${mark}"}]') returning id) select pg_sleep(${(index % 7) / 50}) from made`,
      ),
    ),
  );
  let writing = true;
  void writers.then(() => (writing = false));
  for (let more = true; more;) {
    more = writing;
    const rows = await query(`select sequence from change where sequence > ${position} order by sequence`);
    met += rows.length;
    position = Number(rows.at(-1)?.sequence ?? position);
  }
  await writers;
  expect(met).toBe(marks.length);
});
