import { deadLettersOf, IntakeTopic, TicketReopened, TicketSolved, type Draft } from '@signalbox/contracts';
import { signRatingToken } from '../src/domain/rating/rating-token.js';
import { aTicketSnapshot } from './a-ticket-snapshot.js';
import { aReply, anAnswer } from './releases.js';
import { REPLY_SECRET, RunningIntake } from './running-intake.js';
import { Vendors } from './vendors.js';

let running: RunningIntake;
let vendors: Vendors;
beforeAll(async () => {
  vendors = await Vendors.start();
  running = await RunningIntake.start({
    SMTP_RELAY_URL: vendors.environment['SMTP_RELAY_URL'],
    PUBLIC_URL: 'https://help.nordlicht.example/',
  });
});
afterAll(async () => {
  await running.stop();
  await vendors.stop();
});

const aTicket = async (email = 'ida@example.com'): Promise<string> => {
  const response = await fetch(`${running.http}/intake/v1/tickets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customer: { email }, subject: 'Parcel', body: 'Where is it?' }),
  });
  return ((await response.json()) as { ticketId: string }).ticketId;
};
const tell = async (...events: Draft[]) => {
  await running.stack.publish(...events.flatMap((event) => [event, event]));
  await running.stack.settled();
};
const solved = (ticketId: string, agentId: string): Draft =>
  TicketSolved(ticketId, {
    ticket: aTicketSnapshot({ status: 'solved', agentId }),
    agentId,
    how: 'agent',
    assignedAt: '2026-11-24T09:00:00.000Z',
    solvedAt: '2026-11-24T10:00:00.000Z',
  });
const page = (ticketId: string) => `${running.http}/intake/v1/ratings/${signRatingToken(ticketId, [REPLY_SECRET])}`;
const ratings = async (ticketId: string) => {
  await running.stack.settled();
  return running.stack.eventsAbout(ticketId, IntakeTopic).filter((event) => event.type === 'SatisfactionRated');
};
const post = (ticketId: string, score: unknown) =>
  fetch(page(ticketId), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ score }) });
const postForm = (ticketId: string, score: string) =>
  fetch(page(ticketId), { method: 'POST', headers: { 'accept-language': 'de' }, body: new URLSearchParams({ score }) });

it('takes a rating once, however often it is posted, and lets the latest win', async () => {
  const ticketId = await aTicket();
  await tell(solved(ticketId, 'ana'));
  expect(await Promise.all([post(ticketId, 4), post(ticketId, 4)]).then((all) => all.map(({ status }) => status))).toEqual([200, 200]);
  const form = await postForm(ticketId, '4');
  expect([form.status, await form.text()]).toEqual([200, expect.stringContaining('Danke')]);
  expect(await ratings(ticketId)).toMatchObject([{ data: { score: 4, agentId: 'ana' } }]);

  await postForm(ticketId, '2');
  await postForm(ticketId, '2');
  expect(await ratings(ticketId)).toMatchObject([{ data: { score: 4 } }, { data: { score: 2, agentId: 'ana' } }]);
  expect(await (await fetch(page(ticketId))).text()).toContain('You gave us 2 of 5');
});

it('rates nothing when the page is only looked at', async () => {
  const ticketId = await aTicket();
  await tell(solved(ticketId, 'ana'));
  const looked = await fetch(page(ticketId));
  expect(looked.headers.get('content-type')).toContain('text/html');
  expect(looked.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect((await looked.text()).match(/<button/g)).toHaveLength(5);
  expect((await fetch(page(ticketId), { method: 'HEAD' })).status).toBe(200);
  expect(await ratings(ticketId)).toEqual([]);
});

it('refuses what was never solved, and takes what was reopened since', async () => {
  const ticketId = await aTicket();
  const early = await post(ticketId, 5);
  expect([early.status, await early.json()]).toEqual([409, expect.objectContaining({ detail: expect.stringContaining('never solved') })]);
  expect(await (await fetch(page(ticketId))).text()).toContain('not solved yet');
  expect((await postForm(ticketId, '5')).status).toBe(409);
  expect(await ratings(ticketId)).toEqual([]);

  const reopened = TicketReopened(ticketId, {
    ticket: aTicketSnapshot(),
    solvedByAgentId: 'ana',
    cause: 'customer-replied',
    reopenings: 1,
  });
  await tell(solved(ticketId, 'ana'), reopened);
  expect((await post(ticketId, 5)).status).toBe(200);
  expect(await ratings(ticketId)).toMatchObject([{ data: { score: 5, agentId: 'ana' } }]);
});

it('says what is wrong with what it cannot take', async () => {
  const ticketId = await aTicket();
  await tell(solved(ticketId, 'ana'));
  for (const score of [0, 6, 2.5, 'good', null, undefined]) {
    const refused = await post(ticketId, score);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ detail: 'score must be a whole number from 1 to 5' }),
    ]);
  }
  expect((await postForm(ticketId, '')).status).toBe(400);
  expect((await fetch(page(ticketId), { method: 'POST', body: 'score=5' })).status).toBe(415);
  expect((await fetch(page(ticketId).slice(0, -1), { method: 'POST', body: new URLSearchParams({ score: '5' }) })).status).toBe(400);
  expect((await post('nobody-knows', 5)).status).toBe(404);
  expect(await ratings(ticketId)).toEqual([]);
});

it('writes the link into the last line of a person’s reply, not of an automatic answer', async () => {
  const ticketId = await aTicket('link@example.com');
  await tell(aReply(ticketId, 'link-reply', 'It is on its way.'), anAnswer(ticketId, 'link-answer', 'Look into your mailbox.'));
  const sent = await running.until(
    () => vendors.mails.filter((mail) => JSON.stringify(mail.to).includes('link@example.com')),
    (mails) => mails.length === 2,
  );
  const link = `https://help.nordlicht.example/intake/v1/ratings/${signRatingToken(ticketId, [REPLY_SECRET])}`;
  expect(sent.map((mail) => mail.text?.trim())).toEqual([
    `It is on its way.\n\nHow did we help you? Rate it here: ${link}`,
    'Look into your mailbox.',
  ]);
});

it('changes nothing and says nothing when everything is read again', async () => {
  expect(running.stack.rawRecords(deadLettersOf('intake').name)).toEqual([]);
  const before = await running.rows();
  const events = running.stack.events().length;
  await running.restart({ rewound: true });
  await running.stack.settled();
  expect(await running.rows()).toEqual(before);
  expect(running.stack.events().length).toBe(events);
});
