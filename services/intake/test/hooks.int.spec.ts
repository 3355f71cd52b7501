import { IntakeTopic } from '@signalbox/contracts';
import { createHmac } from 'node:crypto';
import { aReply } from './releases.js';
import { OPERATOR_TOKEN, RunningIntake } from './running-intake.js';
import { Vendors } from './vendors.js';

const APP_SECRETS = ['new-app-secret', 'old-app-secret'];
const SECRET_TOKEN = 'telegram-secret-token';
let running: RunningIntake;
let vendors: Vendors;
beforeAll(async () => {
  vendors = await Vendors.start();
  running = await RunningIntake.start({
    ...vendors.environment,
    META_APP_SECRETS: APP_SECRETS.join(','),
    META_VERIFY_TOKEN: 'verify-me',
    TELEGRAM_SECRET_TOKENS: SECRET_TOKEN,
  });
});
afterAll(async () => {
  await running.stop();
  await vendors.stop();
});

const sign = (body: string, secret = APP_SECRETS[0]!) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const post = (door: string, body: string, headers: Record<string, string>) =>
  fetch(`${running.http}/intake/v1/hooks/${door}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
const meta = async (payload: object) => {
  const body = JSON.stringify(payload);
  return (await post('meta/main', body, { 'x-hub-signature-256': sign(body) })).status;
};
const telegram = async (payload: object) =>
  (await post('telegram/helpbot', JSON.stringify(payload), { 'x-telegram-bot-api-secret-token': SECRET_TOKEN })).status;
const whatsApp = (value: object) => ({
  object: 'whatsapp_business_account',
  entry: [
    { id: '1', changes: [{ field: 'messages', value: { messaging_product: 'whatsapp', metadata: { phone_number_id: '106' }, ...value } }] },
  ],
});
const said = (id: string, from: string, body: string) => ({ id, from, timestamp: '1795510800', type: 'text', text: { body } });
const ticketsOf = (conversation: string) =>
  running.query<{ ticket_id: string; texts: string[] }>(
    `select ticket_id, array(select text from message m where m.ticket_id = t.ticket_id and direction = 'in' order by position) as texts
     from ticket t where conversation = $1 order by number`,
    [conversation],
  );
const quarantined = async () => {
  const response = await fetch(`${running.http}/operator/quarantine`, { headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } });
  return (await response.json()) as { door: string; reason: string }[];
};
const events = (ticketId: string) => running.stack.eventsAbout(ticketId, IntakeTopic);
const ended = (messageId: string, state: string) =>
  running.until(
    () => running.query<{ state: string }>('select state from outgoing where message_id = $1', [messageId]),
    (rows) => rows[0]?.state === state,
  );

describe("Meta's webhooks", () => {
  it('shakes hands in plain text, and with nobody who does not know the token', async () => {
    const ask = (token: string) =>
      fetch(`${running.http}/intake/v1/hooks/meta/main?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`);
    const answer = await ask('verify-me');
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/plain; charset=utf-8',
      '1158201444',
    ]);
    expect((await ask('guessed')).status).toBe(403);
  });

  it('answers 401 to a wrong signature, a missing one and a changed body, and keeps nothing', async () => {
    const body = JSON.stringify(whatsApp({ messages: [said('wamid.evil', '666', 'x')] }));
    const answers = [
      await post('meta/main', body, { 'x-hub-signature-256': sign(body, 'wrong') }),
      await post('meta/main', body, {}),
      await post('meta/main', `${body} `, { 'x-hub-signature-256': sign(body) }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
    expect(await ticketsOf('whatsapp:106/666')).toEqual([]);
    expect((await post('meta/main', body, { 'x-hub-signature-256': sign(body, APP_SECRETS[1]) })).status).toBe(200);
    expect((await post('slack/main', body, {})).status).toBe(404);
  });

  it('makes one ticket of a conversation, though every webhook comes twice and two at the same moment', async () => {
    const contacts = [{ wa_id: '491', profile: { name: 'Ann' } }];
    const first = whatsApp({ contacts, messages: [said('wamid.1', '491', 'Hello'), said('wamid.2', '491', 'Is my parcel lost?')] });
    const third = whatsApp({ contacts, messages: [said('wamid.3', '491', 'Anybody there?')] });
    expect(await Promise.all([meta(first), meta(third), meta(first), meta(third)])).toEqual([200, 200, 200, 200]);
    const tickets = await ticketsOf('whatsapp:106/491');
    expect(tickets).toHaveLength(1);
    expect([...tickets[0]!.texts].sort()).toEqual(['Anybody there?', 'Hello', 'Is my parcel lost?']);
    await running.stack.settled();
    expect(events(tickets[0]!.ticket_id)).toMatchObject([
      {
        type: 'TicketReceived',
        data: { door: 'meta', channel: 'social', channelAccount: 'whatsapp:106', customer: { address: '491', name: 'Ann' } },
      },
      { type: 'MessageReceived' },
      { type: 'MessageReceived' },
    ]);
    const other = whatsApp({ messages: [said('wamid.4', '492', 'Hi')] });
    await meta(other);
    expect(await ticketsOf('whatsapp:106/492')).toHaveLength(1);
  });

  it('keeps for an operator what a customer said and nobody could read, once', async () => {
    const odd = whatsApp({
      messages: [{ id: 'wamid.odd', from: '493', timestamp: '1795510800', type: 'hologram' }, said('wamid.5', '493', 'And this.')],
    });
    expect([await meta(odd), await meta(odd)]).toEqual([200, 200]);
    expect(await ticketsOf('whatsapp:106/493')).toMatchObject([{ texts: ['And this.'] }]);
    const broken = '{"object": "page", ';
    const headers = { 'x-hub-signature-256': sign(broken) };
    expect([(await post('meta/main', broken, headers)).status, (await post('meta/main', broken, headers)).status]).toEqual([200, 200]);
    const reasons = (await quarantined()).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason.includes('hologram'))).toHaveLength(1);
    expect(reasons.filter((reason) => reason.includes('not valid JSON'))).toHaveLength(1);
  });

  it('sends the reply to WhatsApp, and believes what WhatsApp says of it later', async () => {
    await meta(whatsApp({ messages: [said('wamid.6', '494', 'Where?')] }));
    const [ticket] = await ticketsOf('whatsapp:106/494');
    const reply = aReply(ticket!.ticket_id, 'whatsapp-reply', 'In Hamburg.');
    await running.stack.publish(reply, reply);
    await ended('whatsapp-reply', 'sent');
    expect(vendors.meta).toMatchObject([{ path: '/v23.0/106/messages', body: { to: '494', text: { body: 'In Hamburg.' } } }]);
    const status = (name: string, more = {}) =>
      whatsApp({ statuses: [{ id: 'wamid.1', status: name, timestamp: '1795510900', recipient_id: '494', ...more }] });
    const failure = status('failed', { errors: [{ code: 131026, title: 'Message undeliverable' }] });
    await meta(failure);
    await meta(failure);
    await meta(status('delivered'));
    await meta(status('delivered'));
    await running.stack.settled();
    expect(events(ticket!.ticket_id)).toMatchObject([
      { type: 'TicketReceived' },
      { type: 'MessageDelivered', data: { messageId: 'whatsapp-reply', channel: 'social', providerMessageId: 'wamid.1' } },
      { type: 'DeliveryFailed', data: { final: true, reason: expect.stringContaining('131026') } },
      { type: 'MessageDelivered' },
    ]);
  });

  it('does not lose a failure that overtakes the answer to the sending', async () => {
    await meta(whatsApp({ messages: [said('wamid.7', '495', 'Where?')] }));
    const [ticket] = await ticketsOf('whatsapp:106/495');
    const next = `wamid.${vendors.meta.length + 1}`;
    await meta(
      whatsApp({ statuses: [{ id: next, status: 'failed', timestamp: '1795510900', errors: [{ code: 131047, title: 'Re-engagement' }] }] }),
    );
    await running.stack.publish(aReply(ticket!.ticket_id, 'overtaken', 'x'));
    await ended('overtaken', 'failed');
    await running.stack.settled();
    expect(events(ticket!.ticket_id).at(-1)).toMatchObject({
      type: 'DeliveryFailed',
      data: { final: true, reason: expect.stringContaining('131047') },
    });
  });
});

describe("Telegram's webhooks", () => {
  const update = (id: number, chat: object, from: object, text?: string) => ({
    update_id: id,
    message: { message_id: id, date: 1_795_510_800, chat, from: { is_bot: false, ...from }, ...(text === undefined ? {} : { text }) },
  });
  const group = { id: -100, type: 'group' };

  it('knows the members of a group apart, and answers into the group', async () => {
    const [ann, bob] = [
      update(1, group, { id: 5, first_name: 'Ann' }, 'My parcel?'),
      update(2, group, { id: 6, first_name: 'Bob' }, 'Mine?'),
    ];
    expect([await telegram(ann), await telegram(ann), await telegram(bob), await telegram(bob)]).toEqual([200, 200, 200, 200]);
    const [[mine], [his]] = [await ticketsOf('telegram:helpbot/-100/5'), await ticketsOf('telegram:helpbot/-100/6')];
    const owners = await running.query('select distinct customer_id from ticket where ticket_id = any($1)', [
      [mine!.ticket_id, his!.ticket_id],
    ]);
    expect(owners).toHaveLength(2);
    vendors.refusals.push({
      status: 429,
      body: { ok: false, error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 1 } },
    });
    const long = `${'a'.repeat(4_000)} ${'b'.repeat(4_000)}`;
    const reply = aReply(mine!.ticket_id, 'telegram-reply', long);
    await running.stack.publish(reply, reply);
    await running.until(
      () => running.query(`select 1 from outgoing where message_id = 'telegram-reply' and last_error like '%429%'`),
      (rows) => rows.length > 0,
    );
    await running.query(`update outgoing set next_attempt_at = now() where message_id = 'telegram-reply'`);
    await ended('telegram-reply', 'sent');
    expect(vendors.telegram.map(({ body }) => [body['chat_id'], (body['text'] as string).length])).toEqual([
      [-100, 4_000],
      [-100, 4_000],
    ]);
    expect(
      await running.query(`select pieces_sent, provider_message_ids as ids from outgoing where message_id = 'telegram-reply'`),
    ).toEqual([{ pieces_sent: 2, ids: ['1001', '1002'] }]);
  });

  it('answers 401 without the token and 404 for a name that is none', async () => {
    const body = JSON.stringify(update(3, { id: 7, type: 'private' }, { id: 7 }, 'x'));
    expect((await post('telegram/helpbot', body, {})).status).toBe(401);
    expect((await post('telegram/helpbot', body, { 'x-telegram-bot-api-secret-token': 'guessed' })).status).toBe(401);
    expect((await post('telegram/a%2Fb', body, { 'x-telegram-bot-api-secret-token': SECRET_TOKEN })).status).toBe(404);
    expect(await ticketsOf('telegram:helpbot/7')).toEqual([]);
  });
});

it('has no doors that are not configured', async () => {
  const second = await running.startAnother({ META_APP_SECRETS: '', META_VERIFY_TOKEN: undefined, TELEGRAM_SECRET_TOKENS: '' });
  try {
    for (const door of ['meta/main', 'telegram/helpbot']) {
      const answer = await fetch(`${second.http}/intake/v1/hooks/${door}`, { method: 'POST', body: '{}' });
      expect(answer.status).toBe(404);
    }
  } finally {
    await second.close();
  }
});

it('changes no row and sends nothing when rewound', async () => {
  await running.stack.settled();
  const before = await running.rows();
  const sent = vendors.meta.length + vendors.telegram.length;
  await running.restart({ rewound: true });
  await running.stack.settled();
  expect(await running.rows()).toEqual(before);
  expect(vendors.meta.length + vendors.telegram.length).toBe(sent);
});
