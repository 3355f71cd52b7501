import { deadLettersOf, IntakeTopic, TicketSolved, TicketSubmitted, type Draft } from '@signalbox/contracts';
import { UnitOfWork } from '@signalbox/messaging';
import { ForgetTimer } from '../src/forget.timer.js';
import { aTicketSnapshot } from './a-ticket-snapshot.js';
import { aMail, sendMail } from './mail-client.js';
import { aReply, anAnswer } from './releases.js';
import { REPLY_SECRET, RunningIntake, SUPPORT_ADDRESS } from './running-intake.js';
import { ticketNumberIn } from '../src/domain/mail/reply-token.js';
import { Vendors } from './vendors.js';

let running: RunningIntake;
let vendors: Vendors;
beforeAll(async () => {
  vendors = await Vendors.start();
  running = await RunningIntake.start({ SMTP_PORT: '0', SMTP_RELAY_URL: vendors.environment['SMTP_RELAY_URL'] });
});
afterAll(async () => {
  await running.stop();
  await vendors.stop();
});

const aWebTicket = async (email: string): Promise<string> => {
  const body = JSON.stringify({ customer: { email, name: 'Ann' }, subject: 'Parcel', body: 'Where is it?' });
  const response = await fetch(`${running.http}/intake/v1/tickets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return ((await response.json()) as { ticketId: string }).ticketId;
};
const publishTwice = (...events: Draft[]) => running.stack.publish(...events.flatMap((event) => [event, event]));
const stateOf = async (messageId: string) =>
  (await running.query<{ state: string }>('select state from outgoing where message_id = $1', [messageId]))[0]?.state;
const ended = (messageId: string, state: string) =>
  running.until(
    () => stateOf(messageId),
    (now) => now === state,
  );
const mailsTo = (address: string) => vendors.mails.filter((mail) => JSON.stringify(mail.to).includes(address));
const said = (ticketId: string, type: string) => running.stack.eventsAbout(ticketId, IntakeTopic).filter((event) => event.type === type);
/** The waiting of a failed attempt is over at once. */
const hurry = () => running.query(`update outgoing set next_attempt_at = now() where state = 'waiting'`);

describe('the way out by mail', () => {
  it('sends a reply to a web form once, so that an answer to it finds the ticket', async () => {
    const ticketId = await aWebTicket('web@example.com');
    await publishTwice(aReply(ticketId, 'web-reply', 'It is on its way.'));
    await ended('web-reply', 'sent');
    await running.stack.settled();
    const [mail, ...more] = mailsTo('web@example.com');
    expect(more).toEqual([]);
    expect(mail!.text?.trim()).toBe('It is on its way.');
    expect(mail!.from?.text).toContain(SUPPORT_ADDRESS);
    expect(mail!.headers.get('auto-submitted')).toBeUndefined();
    const [{ number }] = (await running.query<{ number: number }>('select number::int from ticket where ticket_id = $1', [ticketId])) as [
      { number: number },
    ];
    expect(ticketNumberIn(mail!.subject!, [REPLY_SECRET])).toBe(number);
    expect(said(ticketId, 'MessageDelivered')).toMatchObject([
      { data: { messageId: 'web-reply', channel: 'web', providerMessageId: mail!.messageId, attempts: 1 } },
    ]);

    const smtp = ((await (await fetch(`${running.http}/healthz`)).json()) as { smtp: string }).smtp;
    const answer = aMail({ From: 'web@example.com', 'Message-ID': '<w@example.com>', 'In-Reply-To': mail!.messageId! }, 'Thank you!');
    expect(await sendMail(smtp, answer)).toBe('reply');
    const viaReplyTo = aMail({ From: 'web@example.com', 'Message-ID': '<w2@example.com>', To: '' }, 'By the address alone.');
    expect(await sendMail(smtp, viaReplyTo, { to: mail!.replyTo!.value[0]!.address! })).toBe('reply');
    expect(await running.query('select 1 from message where ticket_id = $1', [ticketId])).toHaveLength(4);

    await publishTwice(aReply(ticketId, 'web-reply-2', 'You are welcome.'));
    await ended('web-reply-2', 'sent');
    expect(mailsTo('web@example.com').at(-1)!.references).toEqual([mail!.messageId, '<w@example.com>', '<w2@example.com>']);
  });

  it('marks the automatic answer as such, and gives none to addresses no person reads', async () => {
    const [person, robot] = [await aWebTicket('person@example.com'), await aWebTicket('no-reply@example.com')];
    await publishTwice(anAnswer(person, 'answer-1', 'Look into your spam folder.'), anAnswer(robot, 'answer-2', 'Look there.'));
    await ended('answer-1', 'sent');
    await ended('answer-2', 'failed');
    await running.stack.settled();
    expect(mailsTo('person@example.com')[0]!.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mailsTo('no-reply@example.com')).toEqual([]);
    expect(said(robot, 'DeliveryFailed')).toMatchObject([
      { data: { messageId: 'answer-2', final: true, reason: expect.stringContaining('no person') } },
    ]);
    expect(await running.query(`select status from ticket where ticket_id = $1`, [person])).toEqual([{ status: 'pending' }]);
  });

  it('tries again after a temporary refusal with the same Message-ID, and keeps the order of replies', async () => {
    const ticketId = await aWebTicket('busy@example.com');
    vendors.mailRefusals.push({ responseCode: 451, message: 'come later' });
    await publishTwice(aReply(ticketId, 'busy-1', 'First.'), aReply(ticketId, 'busy-2', 'Second.'));
    await running.until(
      () => running.query(`select 1 from outgoing where message_id = 'busy-1' and last_error like '%come later%'`),
      (rows) => rows.length === 1,
    );
    expect(mailsTo('busy@example.com')).toEqual([]);
    await hurry();
    await ended('busy-2', 'sent');
    await running.stack.settled();
    expect(mailsTo('busy@example.com').map((mail) => mail.text?.trim())).toEqual(['First.', 'Second.']);
    expect(said(ticketId, 'DeliveryFailed')).toMatchObject([{ data: { messageId: 'busy-1', final: false, attempts: 1 } }]);
    expect(said(ticketId, 'MessageDelivered')).toMatchObject([
      { data: { messageId: 'busy-1', attempts: 2 } },
      { data: { messageId: 'busy-2', attempts: 1 } },
    ]);
  });

  it('gives up at once on a permanent refusal and after eight attempts on temporary ones, and says so', async () => {
    const [gone, never] = [await aWebTicket('gone@example.com'), await aWebTicket('never@example.com')];
    vendors.mailRefusals.push({ responseCode: 550, message: 'no such mailbox' });
    await publishTwice(aReply(gone, 'gone-1', 'x'));
    await ended('gone-1', 'failed');
    await running.query(`update outgoing set attempts = 7 where message_id = 'never-1'`);
    await publishTwice(aReply(never, 'never-1', 'x'));
    await running.stack.settled();
    await ended('never-1', 'sent');
    vendors.mailRefusals.push({ responseCode: 451, message: 'come later' });
    await publishTwice(aReply(never, 'never-2', 'y'));
    await running.until(
      () => running.query(`select 1 from outgoing where message_id = 'never-2' and attempts = 1 and last_error is not null`),
      (rows) => rows.length === 1,
    );
    vendors.mailRefusals.push({ responseCode: 451, message: 'come later' });
    await running.query(`update outgoing set attempts = 7, next_attempt_at = now() where message_id = 'never-2'`);
    await ended('never-2', 'failed');
    await running.stack.settled();
    expect(said(gone, 'DeliveryFailed')).toMatchObject([{ data: { final: true, reason: expect.stringContaining('no such mailbox') } }]);
    expect(said(never, 'DeliveryFailed')).toMatchObject([{ data: { final: false, attempts: 1 } }, { data: { final: true, attempts: 8 } }]);
    expect(await running.query(`select text from message where message_id in ('gone-1', 'never-2') order by text`)).toEqual([
      { text: 'x' },
      { text: 'y' },
    ]);
  });

  it('holds back what looks like a mail loop, and throws nothing away', async () => {
    const ticketId = await aWebTicket('loop@example.com');
    await publishTwice(...Array.from({ length: 11 }, (_, index) => aReply(ticketId, `loop-${index}`, `${index}`)));
    await running.until(
      () => running.query(`select 1 from outgoing where message_id = 'loop-10' and last_error like '%mail loop%'`),
      (rows) => rows.length === 1,
    );
    expect(mailsTo('loop@example.com')).toHaveLength(10);
    expect(await running.query(`select state, attempts from outgoing where message_id = 'loop-10'`)).toEqual([
      { state: 'waiting', attempts: 0 },
    ]);
  });

  it('sends what a dead process had claimed, when its lease is over', async () => {
    const ticketId = await aWebTicket('lease@example.com');
    await running.service.close();
    await publishTwice(aReply(ticketId, 'lease-1', 'Still here.'));
    await running.restart();
    await ended('lease-1', 'sent');
    await running.query(
      `update outgoing set state = 'waiting', attempts = 1, next_attempt_at = now() + interval '1 hour' where message_id = 'lease-1'`,
    );
    await hurry();
    await ended('lease-1', 'sent');
    const mails = mailsTo('lease@example.com');
    expect(mails).toHaveLength(2);
    expect(mails[0]!.messageId).toBe(mails[1]!.messageId);
  });
});

it('puts a reply to a ticket it never received into the dead letters', async () => {
  await running.stack.publish(aReply('nobody-knows', 'lost-1', 'x'));
  await running.stack.settled();
  const reasons = running.stack
    .rawRecords(deadLettersOf('intake').name)
    .map((letter) => running.stack.headersOf(letter)['signalbox-reason']);
  expect(reasons).toEqual(["message 'lost-1' is for ticket 'nobody-knows', which intake never received"]);
});

it('forgets the ids of foreign senders after 14 days, not before', async () => {
  const keys = () => running.query<{ key: string }>(`select key from duplicate_key where account = 'old' order by key`);
  await running.query(
    `insert into duplicate_key (account, key, at) values ('old', '13 days', now() - interval '13 days'), ('old', '15 days', now() - interval '15 days')`,
  );
  const timer = running.service.app.get(ForgetTimer);
  await running.service.app.get(UnitOfWork).submit(timer.forget, undefined);
  expect(await keys()).toEqual([{ key: '13 days' }]);
});

it('says how many messages wait, by channel', async () => {
  const metrics = await (await fetch(`${running.http}/metrics`)).text();
  expect(metrics).toMatch(/signalbox_intake_outgoing_waiting\{channel="web"\} 1/);
});

it('shares the work between two instances: each message leaves once', async () => {
  const second = await running.startAnother({ SMTP_PORT: '0' });
  try {
    const tickets = await Promise.all(Array.from({ length: 30 }, (_, index) => aWebTicket(`many-${index}@example.com`)));
    await publishTwice(...tickets.map((ticketId, index) => aReply(ticketId, `many-${index}`, 'One.')));
    await running.until(
      () => running.query(`select 1 from outgoing where message_id like 'many-%' and state = 'sent'`),
      (rows) => rows.length === 30,
    );
    expect(vendors.mails.filter((mail) => mail.text?.trim() === 'One.')).toHaveLength(30);
  } finally {
    await second.close();
  }
});

it('ends in the same state in every order of its topics, and when rewound', async () => {
  const submitted = (key: string): Draft =>
    TicketSubmitted(key, { customer: { email: `${key}@example.com` }, subject: 's', body: 'b', externalId: key });
  await running.stack.publish(submitted('order-a'), submitted('order-b'));
  await running.stack.settled();
  const idOf = async (key: string) =>
    (await running.query<{ ticket_id: string }>('select ticket_id from ticket where conversation = $1', [key]))[0]!.ticket_id;
  const eventsOf = (ticketId: string, name: string): Draft[] => [
    aReply(ticketId, `${name}-1`, 'One'),
    TicketSolved(ticketId, {
      ticket: aTicketSnapshot({ status: 'solved' }),
      agentId: 'ana',
      how: 'agent',
      assignedAt: null,
      solvedAt: '2026-11-24T10:00:00.000Z',
    }),
  ];
  const further = (key: string): Draft => ({ ...submitted(key), key: `${key}-again` }) as Draft;
  const [a, b] = [await idOf('order-a'), await idOf('order-b')];
  await publishTwice(...eventsOf(a, 'order-a'));
  await running.stack.settled();
  await running.stack.publish(further('order-a'), further('order-b'));
  await running.stack.settled();
  await publishTwice(...eventsOf(b, 'order-b'));
  await ended('order-a-1', 'sent');
  await ended('order-b-1', 'sent');
  await running.stack.settled();
  const stateOfTicket = (ticketId: string) =>
    running.query(
      `select status, (select json_agg(x) from (select direction, kind, text from message m where m.ticket_id = t.ticket_id order by direction, text) x) as messages
       from ticket t where ticket_id = $1`,
      [ticketId],
    );
  expect(await stateOfTicket(a)).toEqual(await stateOfTicket(b));
  expect(await stateOfTicket(a)).toMatchObject([{ status: 'solved' }]);

  const before = await running.rows();
  const events = running.stack.events().length;
  const mails = vendors.mails.length;
  await running.restart({ rewound: true });
  await running.stack.settled();
  expect(await running.rows()).toEqual(before);
  expect(running.stack.events().length).toBe(events);
  expect(vendors.mails.length).toBe(mails);
});
