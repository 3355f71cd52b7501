import { aMerge, aMessage, anAssignment, aRelease, aTicket, RunningKnowledgeBase } from './running-knowledge-base.js';

let running: RunningKnowledgeBase;
beforeAll(async () => {
  running = await RunningKnowledgeBase.start({ REQUESTS_BURST_MAX: '80', REQUESTS_PER_MINUTE_MAX: '1' });
});
afterAll(() => running.stop());

/** A ticket whose answer went out. */
async function answered(ticketId: string): Promise<string> {
  const [ticket, release] = [aTicket(ticketId), aRelease(ticketId)];
  await running.stack.publish(ticket, ticket);
  await running.stack.settled();
  await running.stack.publish(release, release);
  await running.stack.settled();
  return running.tokenOf(ticketId);
}
const outcomesOf = (ticketId: string) =>
  running
    .saidAbout(ticketId)
    .slice(1)
    .map((event) => [event.type, (event.data as { how?: string }).how]);

describe('feedback', () => {
  it('is asked by a page that changes nothing, however often a scanner opens it', async () => {
    const token = await answered('scanned');
    const before = await running.rows();
    for (const path of [`feedback?token=${token}`, `feedback?token=${token}&helped=true`]) {
      const response = await running.get(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      const page = await response.text();
      expect(page).toMatch(/<form method="post"[^]*value="true"[^]*value="false"/);
      expect(page).toContain(token);
    }
    await running.stack.settled();
    expect(await running.rows()).toEqual(before);
    expect(outcomesOf('scanned')).toEqual([]);
  });

  it('confirms the deflection once, though it is sent twice', async () => {
    const token = await answered('helped');
    for (const response of [await running.post({ token, helped: true }), await running.post({ token, helped: true })])
      expect([response.status, await response.json()]).toEqual([200, { status: 'confirmed' }]);
    await running.stack.settled();
    expect(outcomesOf('helped')).toEqual([['DeflectionConfirmed', 'confirmed']]);
  });

  it('sends the ticket to a person when the page says it did not help', async () => {
    const token = await answered('not-helped');
    const response = await running.post(`token=${token}&helped=false`, 'application/x-www-form-urlencoded');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await response.text()).toContain('A person will take care of it now.');
    await running.stack.settled();
    expect(outcomesOf('not-helped')).toEqual([['DeflectionFailed', undefined]]);
  });

  it('counts, given before we know that the answer went out', async () => {
    const ticket = aTicket('early');
    await running.stack.publish(ticket, ticket);
    await running.stack.settled();
    expect((await running.post({ token: running.tokenOf('early'), helped: true })).status).toBe(200);
    await running.stack.publish(aRelease('early'));
    await running.stack.settled();
    expect(outcomesOf('early')).toEqual([['DeflectionConfirmed', 'confirmed']]);
  });

  it.each([
    [400, 'a forged token', { token: 'helped.AAAAAAAAAAAAAAAAAAAAAAAAAAA', helped: false }],
    [400, 'no token', { helped: false }],
    [400, 'a token that is no text', { token: { a: 1 }, helped: false }],
    [413, 'too large a body', { token: 'x'.repeat(5_000), helped: false }],
    [400, 'no JSON', '{"token":'],
  ])('is refused with %i for %s', async (status, _, body) => {
    expect((await running.post(body)).status).toBe(status);
    await running.stack.settled();
    expect(outcomesOf('helped')).toEqual([['DeflectionConfirmed', 'confirmed']]);
  });

  it('is refused when it says neither yes nor no, or a GET brings a forged token', async () => {
    const token = running.tokenOf('helped');
    expect((await running.post({ token, helped: 'perhaps' })).status).toBe(400);
    expect((await running.post({ token, helped: 'false' })).status).toBe(400);
    expect((await running.get(`feedback?token=${token}x`)).status).toBe(400);
    expect((await running.get('feedback')).status).toBe(400);
  });
});

describe('an answered ticket', () => {
  it('has failed when its customer writes again, but not by an auto-reply', async () => {
    await answered('again');
    await running.stack.publish(aMessage('again', 'auto-reply'), aMessage('again', 'bounce'));
    await running.stack.settled();
    expect(outcomesOf('again')).toEqual([]);
    const message = aMessage('again');
    await running.stack.publish(message, message);
    await running.stack.settled();
    expect(outcomesOf('again')).toEqual([['DeflectionFailed', undefined]]);
  });

  it.each([
    ['taken', anAssignment],
    ['merged', aMerge],
  ])('has failed when a person got it after all, or had it in hand: %s', async (ticketId, done) => {
    await answered(ticketId);
    await running.stack.publish(done(ticketId), done(ticketId));
    await running.stack.settled();
    expect(outcomesOf(ticketId)).toEqual([['DeflectionFailed', undefined]]);
  });

  it('is assumed to have helped after 24 h of silence, and has returned when its customer writes within 7 days', async () => {
    await answered('silent');
    await running.restart({ clockOffsetMs: 24 * 3_600_000 });
    await running.until(
      () => outcomesOf('silent'),
      (outcomes) => outcomes.length > 0,
    );
    await running.stack.publish(aMessage('silent'));
    await running.stack.settled();
    expect(outcomesOf('silent')).toEqual([
      ['DeflectionConfirmed', 'assumed'],
      ['DeflectionFailed', undefined],
    ]);
    expect(await running.query(`select status from ticket where ticket_id = 'silent'`)).toEqual([{ status: 'returned' }]);
    expect(outcomesOf('helped')).toHaveLength(1);
    await running.restart();
  });
});

describe('the help centre', () => {
  const listed = async (path: string) => {
    const { articles } = (await (await running.get(path)).json()) as { articles: { articleId: string; locale: string }[] };
    return articles.map((article) => `${article.articleId}.${article.locale}`);
  };
  it('finds public articles in the language asked for', async () => {
    expect((await listed('articles?locale=de&query=passwort%20vergessen'))[0]).toBe('reset-password.de');
    expect((await listed('articles?locale=en&query=invoice'))[0]).toBe('download-invoice.en');
    expect(await listed('articles?locale=de')).toHaveLength(7);
  });
  it('never shows what is for agents', async () => {
    expect(await listed('articles?locale=de&query=Kulanz%20Garantie')).not.toContain('warranty.de');
    expect((await running.get('articles/warranty?locale=de')).status).toBe(404);
  });
  it('gives one article whole, in the nearest language there is', async () => {
    const response = await running.get('articles/reset-password?locale=de-AT');
    expect(await response.json()).toMatchObject({ articleId: 'reset-password', locale: 'de', revision: 1, title: 'Passwort zurücksetzen' });
  });
  it.each([`articles?locale=not%20one`, `articles?query=${'x'.repeat(301)}`, 'articles?query=a&query=b', 'articles/a?locale=%00'])(
    'refuses %s',
    async (path) => {
      expect((await running.get(path)).status).toBe(400);
    },
  );
  it('limits how often one address may ask', async () => {
    const responses = await Promise.all(Array.from({ length: 100 }, () => running.get('articles?locale=en')));
    const refused = responses.filter((response) => response.status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(20);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
