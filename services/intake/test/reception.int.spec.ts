import {
  deadLettersOf,
  InboundTopic,
  IntakeTopic,
  MessageSubmitted,
  StatusChanged,
  TicketSubmitted,
  type Draft,
} from '@signalbox/contracts';
import { connect } from 'node:net';
import { aTicketSnapshot } from './a-ticket-snapshot.js';
import { RunningIntake } from './running-intake.js';

let running: RunningIntake;
beforeAll(async () => {
  running = await RunningIntake.start({ REQUESTS_BURST_MAX: '60', REQUESTS_PER_MINUTE_MAX: '1' });
});
afterAll(() => running.stop());

const aForm = (more: object = {}) => ({
  customer: { email: 'ann@example.com', name: 'Ann' },
  subject: 'Where is my parcel?',
  body: 'It should have come on Monday.',
  ...more,
});
const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${running.http}/intake/v1/tickets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
const submit = async (form: object, headers: Record<string, string> = {}) => {
  const response = await post(JSON.stringify(form), headers);
  return { status: response.status, body: (await response.json()) as { ticketId: string; number: number; detail: string } };
};
const countOfTickets = async () => Number((await running.query<{ n: string }>('select count(*) as n from ticket'))[0]!.n);

describe('the web form', () => {
  it('answers 202 after message, original and event are stored', async () => {
    const { status, body } = await submit(aForm({ language: 'de', externalId: 'form-1', fields: { order: 17 } }));
    expect(status).toBe(202);
    const stored = await running.query(
      `select t.number::int, m.text, m.direction, r.size_bytes > 0 as original from ticket t
       join message m using (ticket_id) join raw_original r using (message_id) where t.ticket_id = $1`,
      [body.ticketId],
    );
    expect(stored).toEqual([{ number: body.number, text: 'It should have come on Monday.', direction: 'in', original: true }]);
    await running.stack.settled();
    expect(running.stack.eventsAbout(body.ticketId, IntakeTopic)).toMatchObject([
      {
        type: 'TicketReceived',
        version: 1,
        data: {
          number: body.number,
          door: 'http',
          channel: 'web',
          customer: { address: 'ann@example.com', name: 'Ann' },
          fields: { order: '17' },
          language: 'de',
        },
      },
    ]);
  });

  it('makes one ticket of a request sent twice with one Idempotency-Key, even at the same moment', async () => {
    const before = await countOfTickets();
    const key = { 'idempotency-key': '"again-1"' };
    const answers = await Promise.all([submit(aForm(), key), submit(aForm(), key), submit(aForm(), key)]);
    const later = await submit(aForm(), key);
    expect(new Set([...answers, later].map(({ status, body }) => `${status} ${body.ticketId} ${body.number}`)).size).toBe(1);
    expect(await countOfTickets()).toBe(before + 1);
    const other = await submit(aForm({ customer: { email: 'bob@example.com' } }), key);
    expect(other.body.ticketId).not.toBe(later.body.ticketId);
  });

  it('makes two tickets of a form sent twice without a key, by one customer', async () => {
    const [first, second] = [await submit(aForm()), await submit(aForm({ customer: { email: 'ANN@example.com' } }))];
    expect(first.body.ticketId).not.toBe(second.body.ticketId);
    const owners = await running.query('select distinct customer_id from ticket where ticket_id = any($1)', [
      [first.body.ticketId, second.body.ticketId],
    ]);
    expect(owners).toHaveLength(1);
  });

  it.each([
    [400, 'invalid JSON', '{"customer": ', {}, /not valid JSON/],
    [400, 'broken UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), {}, /not valid UTF-8/],
    [400, 'no body', '', {}, /no body/],
    [400, 'a senseless Idempotency-Key', JSON.stringify(aForm()), { 'idempotency-key': 'a b' }, /Idempotency-Key/],
    [413, 'a body above 1 MB', JSON.stringify(aForm({ body: 'x'.repeat(1_100_000) })), {}, /too large/],
    [415, 'another content type', JSON.stringify(aForm()), { 'content-type': 'text/plain' }, /text\/plain/],
    [422, 'a missing member', JSON.stringify({ ...aForm(), subject: undefined }), {}, /subject/],
    [422, 'an impossible address', JSON.stringify(aForm({ customer: { email: 'nobody' } })), {}, /customer\.email/],
  ] as const)('says %i to %s, as a problem that names what is wrong', async (status, _, body, headers, detail) => {
    const before = await countOfTickets();
    const response = await post(body as string | Buffer, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status, detail: expect.stringMatching(detail), instance: '/intake/v1/tickets' });
    expect(await countOfTickets()).toBe(before);
  });

  it('stores a form with a NUL character without it', async () => {
    const { status, body } = await submit(aForm({ body: 'a\u0000b\ud800c' }));
    expect(status).toBe(202);
    expect(await running.query('select text from message where ticket_id = $1', [body.ticketId])).toEqual([{ text: 'ab\ufffdc' }]);
  });

  it.each([
    ['announced', 'Content-Length: 30000000', (bytes: Buffer) => bytes],
    ['chunked', 'Transfer-Encoding: chunked', (bytes: Buffer) => Buffer.concat([Buffer.from('10000\r\n'), bytes, Buffer.from('\r\n')])],
  ])('refuses 30 MB (%s) without reading them', async (_, header, framed) => {
    const { hostname, port } = new URL(running.http);
    const block = framed(Buffer.alloc(0x10000, 'x'));
    const { answer, sentBytes } = await new Promise<{ answer: string; sentBytes: number }>((resolve) => {
      const socket = connect(Number(port), hostname);
      let received = '';
      let taken = 0;
      socket.setEncoding('latin1').on('data', (chunk) => (received += String(chunk)));
      socket.on('error', () => undefined).on('close', () => resolve({ answer: received, sentBytes: taken }));
      socket.write(`POST /intake/v1/tickets HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n${header}\r\n\r\n`);
      const write = (): void => {
        if (taken + block.length > 30_000_000 || socket.destroyed) return;
        socket.write(block, (error) => {
          if (error) return;
          taken += block.length;
          setImmediate(write);
        });
      };
      write();
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    // It was cut off after a few megabytes; the rest is what the two sockets' buffers took in.
    expect(sentBytes).toBeLessThan(20_000_000);
  });
});

describe('the inbound topic', () => {
  const aSubmittedTicket = (key: string, more: object = {}): Draft =>
    TicketSubmitted(key, {
      customer: { email: 'carl@example.com', name: 'Carl\u202e' },
      subject: 'Invoice',
      body: 'The sum is wrong.',
      externalId: key,
      ...more,
    });
  const about = (externalId: string) =>
    running.query<{ ticket_id: string; text: string }>(
      `select m.ticket_id, m.text from message m join ticket using (ticket_id) where conversation = $1 order by position`,
      [externalId],
    );

  it('makes one ticket of a record produced twice, and lets messages join it by externalId', async () => {
    const id = (event: Draft, name: string) => ({ ...event, id: name });
    const ticket = id(aSubmittedTicket('shop-1'), 'shop-1');
    const message = id(
      MessageSubmitted('shop-1', { externalId: 'shop-1', customer: { email: 'carl@example.com' }, body: 'Hello?' }),
      'shop-2',
    );
    await running.stack.publish(ticket, ticket, message, message);
    await running.stack.settled();
    const rows = await about('shop-1');
    expect(rows.map((row) => row.text)).toEqual(['The sum is wrong.', 'Hello?']);
    const said = running.stack.eventsAbout(rows[0]!.ticket_id, IntakeTopic);
    expect(said).toMatchObject([
      { type: 'TicketReceived', data: { door: 'inbound-topic', externalId: 'shop-1', customer: { name: 'Carl' } } },
      { type: 'MessageReceived', version: 2, data: { kind: 'human', text: 'Hello?' } },
    ]);
  });

  it('follows a closed ticket up by a new one', async () => {
    await running.stack.publish({ ...aSubmittedTicket('closed-1'), id: 'closed-1' } as Draft);
    await running.stack.settled();
    const [first] = await about('closed-1');
    const closed = StatusChanged(first!.ticket_id, { ticket: aTicketSnapshot({ status: 'closed' }), from: 'solved', cause: 'agent' });
    await running.stack.publish(closed, closed);
    await running.stack.settled();
    const message = MessageSubmitted('closed-1', { externalId: 'closed-1', customer: { email: 'carl@example.com' }, body: 'Again.' });
    await running.stack.publish({ ...message, id: 'closed-2' } as Draft);
    await running.stack.settled();
    const rows = await about('closed-1');
    expect(rows).toHaveLength(2);
    expect(running.stack.eventsAbout(rows[1]!.ticket_id, IntakeTopic)).toMatchObject([
      { type: 'TicketReceived', data: { followsTicketId: first!.ticket_id } },
    ]);
  });

  it('puts what can never become a ticket into the dead letters untouched, and goes on', async () => {
    const envelope = (more: object) => JSON.stringify({ specversion: '1.0', id: 'x', source: 'https://shop.example', ...more });
    const data = { customer: { email: 'dora@example.com' }, subject: 's', body: 'b' };
    const bad: [string | Buffer | null, RegExp][] = [
      ['{"specversion": ', /not valid JSON/],
      [Buffer.from([0x7b, 0xff, 0x7d]), /not valid UTF-8/],
      [null, /tombstone/],
      [envelope({ type: 'TicketExploded', data }), /'TicketExploded' is unknown/],
      [envelope({ type: 'TicketSubmitted', data: { ...data, customer: undefined } }), /data\.customer/],
      [envelope({ type: 'TicketSubmitted', data: { ...data, body: 'a\u0000b' } }), /no text field may hold/],
      [envelope({ type: 'TicketSubmitted', id: 'a\u0000b', data }), /attribute .* NUL/],
      [envelope({ type: 'TicketSubmitted', specversion: '2.0', data }), /specversion '2.0'/],
      [
        envelope({ type: 'MessageSubmitted', data: { externalId: 'never-seen', customer: data.customer, body: 'b' } }),
        /no ticket was submitted with externalId 'never-seen'/,
      ],
    ];
    await running.stack.publishRaw(...bad.map(([value]) => ({ topic: InboundTopic.name, key: 'k', value })));
    await running.stack.publish({ ...aSubmittedTicket('after-bad'), id: 'after-bad' } as Draft);
    await running.stack.settled();
    const letters = running.stack.rawRecords(deadLettersOf('intake').name);
    expect(letters).toHaveLength(bad.length);
    for (const [value, reason] of bad) {
      const letter = letters.find((one) => reason.test(running.stack.headersOf(one)['signalbox-reason'] ?? ''));
      expect({ reason: String(reason), value: letter?.value?.toString('hex') }).toEqual({
        reason: String(reason),
        value: value === null ? undefined : Buffer.from(value).toString('hex'),
      });
    }
    expect(await about('after-bad')).toHaveLength(1);
    expect(await about('never-seen')).toEqual([]);
  });

  it('keeps two long ids apart that begin alike', async () => {
    const long = 'i'.repeat(3_000);
    const tickets = ['a', 'b', 'a'].map((end) => ({
      ...aSubmittedTicket('long-ids', { externalId: undefined, subject: `long-${end}` }),
      id: long + end,
    }));
    await running.stack.publish(...(tickets as Draft[]));
    await running.stack.settled();
    expect(await running.query(`select subject from ticket where subject like 'long-%' order by subject`)).toEqual([
      { subject: 'long-a' },
      { subject: 'long-b' },
    ]);
  });
});

it('changes no row and says nothing when rewound to offset 0', async () => {
  await running.stack.settled();
  const before = await running.rows();
  const said = running.stack.events().length + running.stack.rawRecords(deadLettersOf('intake').name).length;
  await running.restart({ rewound: true });
  await running.stack.settled();
  expect(await running.rows()).toEqual(before);
  expect(running.stack.events().length + running.stack.rawRecords(deadLettersOf('intake').name).length).toBe(said);
});

it('says 429 and when to come back to who asks too often', async () => {
  const responses: Response[] = [];
  while (responses.length < 100 && responses.at(-1)?.status !== 429) responses.push(await post('{'));
  const last = responses.at(-1)!;
  expect(last.status).toBe(429);
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await last.json()).toMatchObject({ status: 429, title: 'Too Many Requests' });
});
