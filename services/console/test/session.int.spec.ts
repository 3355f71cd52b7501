import { AgentState, ConsoleTopic, type PresenceReported } from '@signalbox/contracts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMPANY } from './company.js';
import { TheConsole, tokenFor } from './the-console.js';

let console_: TheConsole;
let admin: string;
let webDir: string;
const link = async (agentId: string) =>
  (await console_.call('POST', '/sign-in-links', admin, { agentId })).body as { code: string; url: string };
const signIn = (code: string) => console_.call('POST', '/sessions', undefined, { code });
const cookieOf = (reply: { headers: Headers }) => reply.headers.get('set-cookie')!.split(';')[0]!;

beforeAll(async () => {
  webDir = await mkdtemp(join(tmpdir(), 'signalbox-web-'));
  await writeFile(join(webDir, 'index.html'), '<h1>Signalbox</h1>');
  console_ = await TheConsole.start({ WEB_DIR: webDir });
  admin = await tokenFor('the-first-admin', 'admin');
  await console_.call('POST', '/configuration', admin, { documents: COMPANY });
});
afterAll(async () => {
  await console_.stop();
  await rm(webDir, { recursive: true });
});

describe('signing in', () => {
  it('gives a session for a link, once, also when two try at the same time', async () => {
    const { code, url } = await link('ana');
    expect(url).toBe(`/?code=${code}`);
    const replies = await Promise.all([signIn(code), signIn(code)]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 401]);
    const opened = replies.find((reply) => reply.status === 200)!;
    expect(opened.body).toMatchObject({ agentId: 'ana', name: 'Ana', role: 'agent' });
    expect(opened.headers.get('set-cookie')).toMatch(/^signalbox_session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    expect(await console_.call('GET', '/me', opened.body.token)).toMatchObject({ status: 200, body: { agentId: 'ana', unitsMax: 4 } });
    expect(await console_.stack.query('console', 'select code_hash from sign_in_link')).not.toContainEqual({ code_hash: code });
  });

  it('takes the cookie, and asks for a header no foreign page can send when something is changed', async () => {
    const cookie = cookieOf(await signIn((await link('ana')).code));
    const put = (headers: Record<string, string>) => console_.call('PUT', '/presence', undefined, { presence: 'away' }, headers);
    expect(await console_.call('GET', '/me', undefined, undefined, { cookie })).toMatchObject({ status: 200 });
    expect(await put({ cookie })).toMatchObject({ status: 403, body: { detail: expect.stringContaining('X-Signalbox') } });
    expect(await put({ cookie, 'x-signalbox': '1' })).toMatchObject({ status: 202 });
  });

  it('marks the cookie secure behind https', async () => {
    const reply = await console_.call('POST', '/sessions', undefined, { code: (await link('ana')).code }, { 'x-forwarded-proto': 'https' });
    expect(reply.headers.get('set-cookie')).toContain('; Secure');
  });

  it('ends with the session, with the agent, and with the role', async () => {
    const { token } = (await signIn((await link('ana')).code)).body as { token: string };
    expect(await console_.call('DELETE', '/sessions', token)).toMatchObject({ status: 204 });
    expect(await console_.call('GET', '/me', token)).toMatchObject({ status: 401, body: { detail: expect.stringContaining('ended') } });
    const sue = (await signIn((await link('sue')).code)).body as { token: string };
    expect(await console_.call('GET', '/board', sue.token)).toMatchObject({ status: 200 });
    const apply = (document: object) => console_.call('POST', '/configuration', admin, { documents: [document] });
    const record = COMPANY.find(({ name }) => name === 'sue')!;
    await apply({ ...record, content: { ...record.content, role: 'agent' } });
    expect(await console_.call('GET', '/board', sue.token)).toMatchObject({ status: 403 });
    await apply({ kind: 'agent', name: 'sue', remove: true });
    expect(await console_.call('GET', '/me', sue.token)).toMatchObject({ status: 401 });
  });

  it('is offered to administrators only, for agents that exist', async () => {
    expect(await console_.call('POST', '/sign-in-links', await tokenFor('ana', 'agent'), { agentId: 'ana' })).toMatchObject({
      status: 403,
    });
    expect(await console_.call('POST', '/sign-in-links', admin, { agentId: 'nobody' })).toMatchObject({ status: 404 });
  });

  it('does not let codes be guessed', async () => {
    const statuses: number[] = [];
    for (let nth = 0; nth < 12; nth += 1) statuses.push((await signIn(`guess-${nth}`)).status);
    expect(statuses.at(-1)).toBe(429);
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
  });
});

describe('presence', () => {
  const said = () => console_.stack.eventsAbout('ben', ConsoleTopic).map((event) => event.data as PresenceReported['data']);
  const report = async (presence: string) => console_.call('PUT', '/presence', await tokenFor('ben', 'agent'), { presence });

  it('is published when it changes, and not with every heartbeat', async () => {
    const first = await report('online');
    const again = await report('online');
    expect(again).toMatchObject({ status: 202, body: first.body });
    await report('away');
    await report('offline');
    await report('offline');
    await console_.stack.settled();
    expect(said().map(({ presence }) => presence)).toEqual(['online', 'away', 'offline']);
  });

  it('is published anew when a person chooses it again, and says so', async () => {
    await report('online');
    const body = { presence: 'online', chosen: true };
    expect(await console_.call('PUT', '/presence', await tokenFor('ben', 'agent'), body)).toMatchObject({ status: 202 });
    await report('online');
    await console_.stack.query('console', `update presence_lease set lease_until = clock_timestamp() - interval '1 second'`);
    await report('online');
    await console_.stack.settled();
    expect(said().slice(-3)).toMatchObject([{ chosen: true }, { chosen: true }, { presence: 'online' }]);
    expect(said().at(-1)).not.toHaveProperty('chosen');
  });

  it('renews the lease before it runs out, a moment later and together with others', async () => {
    const { body } = await report('online');
    await console_.stack.query(
      'console',
      `update presence_lease set lease_until = clock_timestamp() + interval '19 seconds' where agent_id = 'ben'`,
    );
    const known = said().length;
    expect(await report('online')).toMatchObject({ status: 202, body });
    while (said().length === known) await sleep(50);
    const [before, after] = said().slice(-2);
    expect(after).toMatchObject({ presence: 'online' });
    expect(Date.parse(after!.leaseUntil)).toBeGreaterThan(Date.parse(before!.leaseUntil));
  });

  it('keeps what was said after a renewal fell due', async () => {
    const anas = async () => console_.call('PUT', '/presence', await tokenFor('ana', 'agent'), { presence: 'online' });
    const saidByAna = () => console_.stack.eventsAbout('ana', ConsoleTopic).length;
    await report('online');
    await anas();
    await console_.stack.settled();
    await console_.stack.query('console', `update presence_lease set lease_until = clock_timestamp() + interval '19 seconds'`);
    const known = saidByAna();
    await report('online');
    await report('away');
    await anas();
    // Hers is renewed in the same turn as his would be, or a later one.
    while (saidByAna() === known) await sleep(50);
    await console_.stack.settled();
    expect(said().at(-1)).toMatchObject({ presence: 'away' });
  });

  it('is shown as assignment made it', async () => {
    const state = AgentState('ben', {
      agentVersion: 1,
      presence: 'online',
      inRotation: true,
      skills: {},
      languages: {},
      queueIds: ['general'],
      unitsMax: 4,
      channelUnitsMax: {},
      unitsUsed: 3,
      holds: [{ ticketId: 't', units: 3, channel: 'email', state: 'assigned', dueAt: null }],
      shiftEndsAt: null,
      idleSince: null,
    });
    await console_.stack.publish(state, state);
    await console_.stack.settled();
    expect(await console_.call('GET', '/me', await tokenFor('ben', 'agent'))).toMatchObject({
      body: { presence: 'online', unitsUsed: 3, unitsMax: 4 },
    });
  });
});

describe('every answer', () => {
  it('carries the headers that keep a page safe', async () => {
    const { headers } = await console_.call('GET', '/me', admin);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; (?!.*unsafe)/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('is the page for whoever wants a page, and a problem for programs', async () => {
    const get = async (path: string, accept: string) => {
      const response = await fetch(console_.service.http + path, { headers: { accept } });
      return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
    };
    expect(await get('/', 'text/html')).toMatchObject({ status: 200, text: '<h1>Signalbox</h1>' });
    expect(await get('/tickets/7', 'text/html')).toMatchObject({ status: 200, text: '<h1>Signalbox</h1>' });
    expect(await get('/api/v1/nothing', 'text/html')).toMatchObject({ status: 404, type: expect.stringContaining('problem+json') });
    expect(await get('/assets/missing.js', '*/*')).toMatchObject({ status: 404 });
    expect(await get('/%2e%2e/%2e%2e/etc/passwd', 'text/plain')).toMatchObject({ status: 404 });
  });

  it('refuses bodies that are too large or no JSON', async () => {
    const token = await tokenFor('ana', 'agent');
    expect(await console_.call('POST', '/sessions', token, { code: 'x'.repeat(300_000) })).toMatchObject({
      status: 413,
      body: { status: 413 },
    });
    const response = await fetch(`${console_.service.http}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"code":',
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(
      await console_.call('POST', '/configuration', admin, { documents: [{ kind: 'company', name: 'x', content: 'x'.repeat(5_300_000) }] }),
    ).toMatchObject({ status: 413 });
  });
});
