import { ConsoleTopic, eventOfType, OfferDeclined, OfferMade, RequestRefused, subjectOf, type Draft } from '@signalbox/contracts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPANY } from './company.js';
import {
  assigned,
  caused,
  enriched,
  nine,
  offered,
  proposed,
  received,
  replied,
  shaOf,
  snapshot,
  solved,
  wholeStory,
  type TicketFields,
} from './the-story.js';
import { TheConsole, tokenFor } from './the-console.js';

let console_: TheConsole;
let folder: string;
let admin: string;
let ana: string;
let ben: string;
let sue: string;
const twice = async (...events: Draft[]) => {
  await console_.stack.publish(...events, ...events);
  await console_.stack.settled();
};
const get = (path: string, token: string) => console_.call('GET', path, token);
const numbers = async (query: string, token = sue) =>
  ((await get(`/tickets?query=${encodeURIComponent(query)}`, token)).body.tickets as { number: number }[]).map((ticket) => ticket.number);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-console-'));
  console_ = await TheConsole.start({ ATTACHMENTS_DIR: folder });
  [admin, ana, ben, sue] = (await Promise.all([
    tokenFor('the-first-admin', 'admin'),
    tokenFor('ana', 'agent'),
    tokenFor('ben', 'agent'),
    tokenFor('sue', 'supervisor'),
  ])) as [string, string, string, string];
  await console_.call('POST', '/configuration', admin, { documents: COMPANY });
});
afterAll(async () => {
  await console_.stop();
  await rm(folder, { recursive: true });
});

describe('a ticket', () => {
  const fields: TicketFields = { ticketId: 'whole', number: 1001 };

  it('has its whole story told once, though Kafka delivers everything twice', async () => {
    await twice(...wholeStory(fields));
    const { status, body } = await get('/tickets/whole', ana);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      number: 1001,
      status: 'solved',
      channel: 'email',
      queueId: 'billing',
      priority: 'high',
      subject: 'Charged twice',
      customer: { address: 'ida@example.com', tier: 'vip' },
      owner: null,
      verdict: { type: 'NoAnswer', reason: 'below-threshold' },
      messages: [
        { author: 'customer', text: 'Please look at my invoice', attachments: [{ filename: 'Rechnung für Ida.pdf' }] },
        { author: 'customer', text: 'Wunderbar, danke!' },
        { author: 'agent', name: 'Ana', text: 'The second charge is on its way back.', delivery: { state: 'delivered' } },
      ],
      decisions: [
        {
          agentId: 'ana',
          name: 'Ana',
          reasons: ['skills fit 90 %', 'fast at such tickets 60 %'],
          runnerUp: { agentId: 'dora' },
          outcome: { type: 'TicketAssigned', why: 'accepted' },
        },
      ],
      clocks: [{ target: 'firstResponse', status: 'met' }],
      escalations: [{ level: 1, explanation: 'one hour left' }],
    });
    expect(body.history).toHaveLength(wholeStory(fields).length);
    expect(body.history.map((entry: { words: string }) => entry.words)).toEqual(
      expect.arrayContaining(['received by email (smtp) as number 1001', 'offered to Ana', 'Ana accepted', 'Ana replied', 'solved by Ana']),
    );
  });

  it('ends in the same state whichever of its topics is read first', async () => {
    const topicOf = (event: Draft) => eventOfType(event.type)!.topic.name;
    const topics = [...new Set(wholeStory(fields).map(topicOf))];
    const rows: object[] = [];
    for (const [index] of topics.entries()) {
      const ticketId = `turned-${index}`;
      const order = [...topics.slice(index), ...topics.slice(0, index)];
      const story = wholeStory({ ticketId, number: 1100 + index });
      for (const topic of index % 2 === 0 ? order : order.reverse()) await twice(...story.filter((event) => topicOf(event) === topic));
      const { body } = await get(`/tickets/${ticketId}`, sue);
      const counted = await console_.stack.query(
        'console',
        `select to_jsonb(r) - 'replied_at' - 'ended_at' as row from sla_result r where ticket_id = '${ticketId}'
         union all select to_jsonb(f) - 'replied_at' - 'ended_at' from first_reply f where ticket_id = '${ticketId}'`,
      );
      const told = JSON.stringify({
        ...body,
        counted,
        earlier: [],
        history: body.history.map((entry: { words: string }) => entry.words).sort(),
      });
      rows.push(
        JSON.parse(
          told
            .replaceAll(ticketId, 'T')
            .replaceAll(String(1100 + index), '0')
            .replaceAll(shaOf(1100 + index), 'S')
            .replace(/"(at|updatedAt|since|firstReplyAt)":"[^"]+"/g, '"$1":0'),
        ) as object,
      );
    }
    expect(rows).toHaveLength(topics.length);
    for (const row of rows) expect(row).toEqual(rows[0]);
  });

  it('is found by number, address and words, and by nothing else', async () => {
    await twice(
      received({
        ticketId: 'found',
        number: 2001,
        subject: 'Ladegerät defekt',
        text: 'Das Netzteil raucht & riecht.',
        address: 'Otto@example.org',
      }),
    );
    expect(await numbers('2001')).toEqual([2001]);
    expect(await numbers('#2001')).toEqual([2001]);
    expect(await numbers('SB-2001')).toEqual([2001]);
    expect(await numbers('otto@example.org')).toEqual([2001]);
    expect(await numbers('otto@')).toEqual([2001]);
    expect(await numbers('LADEGERÄT')).toEqual([2001]);
    expect(await numbers('netzteil rau')).toEqual([2001]);
    expect(await numbers('netzteil banane')).toEqual([]);
    expect(await numbers(`'); drop table ticket; -- & | ! :*`)).toEqual([]);
    expect(await numbers('%@%')).toEqual([]);
  });

  it('is listed page by page, none twice and none left out', async () => {
    const all = (await get('/tickets?limit=200', sue)).body.tickets as { ticketId: string }[];
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await get(`/tickets?limit=3&cursor=${cursor}`, sue);
      paged.push(...body.tickets.map((ticket: { ticketId: string }) => ticket.ticketId));
      cursor = body.nextCursor as string | null;
    }
    expect(paged).toEqual(all.map((ticket) => ticket.ticketId));
    expect(await get('/tickets?cursor=nonsense', sue)).toMatchObject({ status: 400 });
    expect(await get('/tickets?status=open,late', sue)).toMatchObject({ status: 400, body: { detail: expect.stringContaining('status') } });
  });
});

it('shows the newest 50 decisions about a ticket, whatever another one offered to the same agent has', async () => {
  const long: TicketFields = { ticketId: 'long', number: 2101 };
  const short: TicketFields = { ticketId: 'short', number: 2102 };
  const minute = (nth: number) => new Date(Date.parse(nine) + nth * 60_000).toISOString();
  const nthProposal = (nth: number) => {
    const draft = proposed(long);
    return { ...draft, data: { ...draft.data, proposalId: `long-p${nth}`, proposedAt: minute(nth) } };
  };
  const last = { offerId: 'long-o60', agentId: 'ana', expiresAt: minute(120) };
  await twice(
    received(long),
    enriched(long),
    ...Array.from({ length: 60 }, (_, index) => nthProposal(index + 1)),
    OfferMade('long', { ticket: snapshot({ offer: last }), ...last, proposalId: 'long-p60', units: 1 }),
    received(short),
    enriched(short),
    proposed(short),
    offered(short),
  );
  const { decisions } = (await get('/tickets/long', ana)).body as { decisions: { proposalId: string }[] };
  expect(decisions.map(({ proposalId }) => proposalId)).toEqual(Array.from({ length: 50 }, (_, index) => `long-p${index + 11}`));
  const { offers } = (await get('/inbox', ana)).body as { offers: { ticketId: string; reasons: string[] }[] };
  expect(offers.map(({ ticketId, reasons }) => [ticketId, reasons.length])).toEqual([
    ['short', 2],
    ['long', 2],
  ]);
  await twice(solved(short), solved(long));
});

describe('who sees what', () => {
  it('shows an agent the tickets of the own queues and the own tickets, and nothing of the others', async () => {
    await twice(received({ ticketId: 'billing-1', number: 3001 }), enriched({ ticketId: 'billing-1', number: 3001 }));
    expect(await get('/tickets/billing-1', ana)).toMatchObject({ status: 200, body: { queueTitle: 'Billing' } });
    expect(await get('/tickets/billing-1', ben)).toMatchObject({ status: 404, body: { title: 'Not Found' } });
    expect(await numbers('3001', ben)).toEqual([]);
    expect(await console_.call('POST', '/tickets/billing-1/solve', ben)).toMatchObject({ status: 404 });
    expect(await console_.call('POST', '/tickets/billing-1/notes', ben, { text: 'mine' })).toMatchObject({ status: 404 });
    const own = { ticketId: 'billing-1', number: 3001, agentId: 'ben' };
    await twice(proposed(own), offered(own));
    expect(await get('/inbox', ben)).toMatchObject({
      body: {
        offers: [{ offerId: 'billing-1-o1', reasons: ['skills fit 90 %', 'fast at such tickets 60 %'], number: 3001 }],
        mine: [],
      },
    });
    await twice(assigned(own));
    expect(await get('/inbox', ben)).toMatchObject({ body: { offers: [], mine: [{ number: 3001, owner: { name: 'Ben' } }] } });
    expect(await get('/tickets?agentId=me', ben)).toMatchObject({ body: { tickets: [{ number: 3001 }] } });
  });

  it('shows the board to supervisors only', async () => {
    await twice(received({ ticketId: 'waits', number: 3002 }), enriched({ ticketId: 'waits', number: 3002 }));
    expect(await get('/board', ana)).toMatchObject({ status: 403 });
    const { body } = await get('/board', sue);
    expect(body.queues).toContainEqual(expect.objectContaining({ queueId: 'billing', title: 'Billing', waiting: 1, assigned: 1 }));
    expect(body.agents.map((agent: { agentId: string }) => agent.agentId)).toEqual(['ana', 'ben']);
    expect(body.waiting).toContainEqual(expect.objectContaining({ number: 3002, step: 0, reasons: [] }));
  });

  it('gives a file to those who may see its ticket, as a download', async () => {
    const levels = join(folder, shaOf(3001).slice(0, 2), shaOf(3001).slice(2, 4));
    await mkdir(levels, { recursive: true });
    await writeFile(join(levels, shaOf(3001)), 'hello');
    const file = await console_.call('GET', `/attachments/${shaOf(3001)}`, ben);
    expect(file).toMatchObject({ status: 200, body: 'hello' });
    expect(file.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''Rechnung%20f%C3%BCr%20Ida.pdf");
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await get(`/attachments/${shaOf(2001)}`, ana)).toMatchObject({ status: 404 });
    expect(await get('/attachments/..%2F..%2Fetc%2Fpasswd', sue)).toMatchObject({ status: 404 });
  });

  it('lets nobody in without a token that is signed, in time, and complete', async () => {
    expect(await console_.call('GET', '/me', undefined)).toMatchObject({ status: 401 });
    expect(await console_.call('GET', '/me', 'nonsense')).toMatchObject({ status: 401, body: { detail: 'the token is not valid' } });
    const [head, payload] = ana.split('.') as [string, string];
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await console_.call('GET', '/me', `${none}.${payload}.`)).toMatchObject({ status: 401 });
    const raised = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('"agent"', '"admin"')).toString('base64url');
    expect(await console_.call('GET', '/me', `${head}.${raised}.${ana.split('.')[2]!}`)).toMatchObject({ status: 401 });
  });
});

describe('a request', () => {
  const fields: TicketFields = { ticketId: 'asked', number: 4001 };
  const asked = () => console_.stack.eventsAbout('asked', ConsoleTopic);

  it('is one event under its own id, and is on its way until assignment has spoken', async () => {
    await twice(received(fields), enriched(fields), proposed(fields), offered(fields));
    const { status, body } = await console_.call('POST', '/tickets/asked/accept', ana, { offerId: 'asked-o1' });
    expect(status).toBe(202);
    expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({ body: { state: 'sending', kind: 'AcceptRequested' } });
    expect(await get(`/requests/${body.requestId}`, ben)).toMatchObject({ status: 404 });
    await console_.stack.settled();
    expect(asked()).toMatchObject([{ type: 'AcceptRequested', id: body.requestId, data: { agentId: 'ana', offerId: 'asked-o1' } }]);
    await twice(caused(body.requestId, assigned(fields)));
    expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({
      body: { state: 'done', outcome: { type: 'TicketAssigned', agentId: 'ana' } },
    });
  });

  it('answers with the outcome when asked to wait for it', async () => {
    const waiting = console_.call('POST', '/tickets/asked/replies', ana, { text: 'On its way back.' }, { prefer: 'wait=2' });
    const request = await seen(() => asked()[1]);
    await twice(caused(request.id, replied(fields)));
    expect(await waiting).toMatchObject({ status: 200, body: { requestId: request.id, outcome: { type: 'ReplyReleased' } } });
  });

  it('is told the refusal in words', async () => {
    const waiting = console_.call('POST', '/tickets/asked/hold', ana, { status: 'pending' }, { prefer: 'wait=2' });
    const request = await seen(() => asked()[2]);
    await twice(
      RequestRefused('asked', {
        ticket: snapshot({ agentId: 'ana' }),
        requestId: request.id,
        agentId: 'ana',
        why: 'not-your-ticket',
        message: 'Ben has taken it over',
      }),
    );
    expect(await waiting).toMatchObject({
      status: 409,
      body: { title: 'Request Refused', detail: 'Ben has taken it over', why: 'not-your-ticket', requestId: request.id },
    });
    expect(await get(`/requests/${request.id}`, ana)).toMatchObject({ body: { state: 'refused' } });
  });

  it('is sent once, however often the same key repeats it', async () => {
    const send = () => console_.call('POST', '/tickets/asked/solve', ana, undefined, { 'idempotency-key': 'solve-4001' });
    const replies = await Promise.all([send(), send(), send()]);
    expect(new Set(replies.map((reply) => reply.body.requestId)).size).toBe(1);
    await console_.stack.settled();
    expect(asked().filter((event) => event.type === 'SolveRequested')).toHaveLength(1);
  });

  it.each([
    ['/tickets/asked/accept', {}, 'offerId'],
    ['/tickets/asked/decline', { offerId: 'x', reason: '' }, 'reason'],
    ['/tickets/asked/replies', { text: ' ' }, 'text'],
    ['/tickets/asked/replies', { text: 'x'.repeat(20_001) }, 'text'],
    ['/tickets/asked/hold', { status: 'closed' }, 'status'],
    ['/tickets/asked/solve', { agentId: 'ben' }, 'agentId'],
  ])('%s refuses %j and names the field', async (path, body, field) => {
    expect(await console_.call('POST', path, ana, body)).toMatchObject({ status: 400, body: { detail: expect.stringContaining(field) } });
  });

  it('keeps notes inside', async () => {
    expect(await console_.call('POST', '/tickets/asked/notes', ana, { text: 'She is a friend of the boss.' })).toMatchObject({
      status: 201,
    });
    await console_.stack.settled();
    expect(await get('/tickets/asked', sue)).toMatchObject({ body: { notes: [{ name: 'Ana', text: 'She is a friend of the boss.' }] } });
    expect(JSON.stringify(console_.stack.events().map((event) => event.data))).not.toContain('friend of the boss');
  });

  it('tells why an offer came to nothing beside its decision', async () => {
    const lost: TicketFields = { ticketId: 'declined', number: 4002 };
    const declined = OfferDeclined('declined', {
      ticket: snapshot({ excludedAgentIds: ['ana'] }),
      offerId: 'declined-o1',
      agentId: 'ana',
      reason: 'in a call',
    });
    await twice(received(lost), enriched(lost), proposed(lost), offered(lost), declined);
    expect(await get('/tickets/declined', sue)).toMatchObject({
      body: { decisions: [{ outcome: { type: 'OfferDeclined', why: 'in a call' } }] },
    });
  });
});

it('changes no row and says nothing when its group is rewound to offset 0', async () => {
  const tables = [
    'ticket',
    'message',
    'decision',
    'history',
    'attachment',
    'note',
    'request',
    'agent_state',
    'change',
    'messaging.subject_version',
  ];
  const state = async () => {
    const rows: unknown[] = [];
    for (const table of tables)
      rows.push(
        await console_.stack.query(
          'console',
          `select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), '[]') as rows from ${table} t`,
        ),
      );
    return rows;
  };
  await console_.stack.settled();
  const before = await state();
  const said = console_.stack.events().length;
  await console_.restart(true);
  await console_.stack.settled();
  expect(await state()).toEqual(before);
  expect(console_.stack.events()).toHaveLength(said);
  expect(console_.stack.events().every((event) => subjectOf(event) !== '')).toBe(true);
});

/** What another part of the system has said by now, as soon as the stack has read it. */
async function seen<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
