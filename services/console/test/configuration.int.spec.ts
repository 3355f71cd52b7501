import { ClocksRecomputed, ConfigTopic, ConsoleTopic, type Draft } from '@signalbox/contracts';
import { COMPANY } from './company.js';
import { TheConsole, tokenFor } from './the-console.js';

let console_: TheConsole;
let admin: string;
const apply = (...documents: object[]) => console_.call('POST', '/configuration', admin, { documents });
const bundles = () => console_.stack.eventsAbout('bundle', ConfigTopic).map((event) => event.data as { bundle: number; members: string[] });

beforeAll(async () => {
  console_ = await TheConsole.start();
  admin = await tokenFor('the-first-admin', 'admin');
});
afterAll(() => console_.stop());

describe('an apply', () => {
  it('publishes every document once and one bundle that names them all', async () => {
    expect(await apply(...COMPANY)).toMatchObject({
      status: 200,
      body: { bundle: 1, changed: COMPANY.map(({ kind, name }) => `${kind}/${name}@1`) },
    });
    await console_.stack.settled();
    expect(console_.stack.events(ConfigTopic).filter((event) => event.type === 'ConfigRecord')).toHaveLength(COMPANY.length);
    expect(bundles()).toMatchObject([{ bundle: 1, members: COMPANY.map(({ kind, name }) => `${kind}/${name}@1`).sort() }]);
  });

  it('says nothing when nothing changed, whatever the order of the keys', async () => {
    const [company, ...others] = COMPANY;
    const turned = { ...company!, content: Object.fromEntries(Object.entries(company!.content).reverse()) };
    expect(await apply(turned, ...others)).toMatchObject({ status: 200, body: { bundle: 1, changed: [] } });
    await console_.stack.settled();
    expect(bundles()).toHaveLength(1);
  });

  it('gives a changed document the next version and leaves the others active', async () => {
    const queue = COMPANY.find(({ name }) => name === 'billing')!;
    expect(await apply({ ...queue, content: { ...queue.content, title: 'Invoices' } })).toMatchObject({
      body: { changed: ['queue/billing@2'] },
    });
    await console_.stack.settled();
    const { members } = bundles().at(-1)!;
    expect(members).toHaveLength(COMPANY.length);
    expect(members).toContain('queue/billing@2');
    expect(await console_.call('GET', '/configuration/queue/billing', admin)).toMatchObject({
      body: { version: 2, content: { title: 'Invoices' } },
    });
  });

  it('takes a document away and goes on counting when it returns', async () => {
    const ben = COMPANY.find(({ name }) => name === 'ben')!;
    expect(await apply({ kind: 'agent', name: 'ben', remove: true })).toMatchObject({ body: { changed: [], removed: ['agent/ben'] } });
    await console_.stack.settled();
    expect(bundles().at(-1)!.members).not.toContain('agent/ben@1');
    expect(await apply(ben)).toMatchObject({ body: { changed: ['agent/ben@2'] } });
  });

  it('does all or nothing, and names document, field and what is allowed', async () => {
    const before = (await console_.call('GET', '/configuration', admin)).body;
    const wrong = [
      { kind: 'queue', name: 'new', content: COMPANY[1]!.content },
      { kind: 'agent', name: 'cem', content: { name: 'Cem', email: 'cem@example.org', role: 'boss', queues: ['nowhere'] } },
    ];
    const refused = await apply(...wrong);
    expect(refused).toMatchObject({
      status: 422,
      body: {
        title: 'Unprocessable Content',
        problems: [{ document: 'agent/cem', field: 'role', allowed: ['agent', 'supervisor', 'admin'] }],
      },
    });
    expect(await apply({ ...wrong[1]!, content: { ...wrong[1]!.content, role: 'agent' } })).toMatchObject({
      status: 422,
      body: { problems: [{ field: 'queues.0', message: "queue 'nowhere' does not exist; allowed: billing, general" }] },
    });
    expect(await apply({ kind: 'queue', name: 'billing', remove: true })).toMatchObject({ status: 422 });
    expect((await console_.call('GET', '/configuration', admin)).body).toEqual(before);
  });

  it('is said once more by nobody after a restart', async () => {
    await console_.stack.settled();
    const said = console_.stack.events(ConfigTopic).length;
    await console_.restart(true);
    await console_.stack.settled();
    expect(console_.stack.events(ConfigTopic)).toHaveLength(said);
    expect(await console_.call('GET', '/configuration', admin)).toMatchObject({ status: 200, body: { bundle: bundles().at(-1)!.bundle } });
  });

  it('plans applies that arrive together one after the other', async () => {
    const another = await console_.another();
    const added = (name: string) => ({ documents: [{ kind: 'queue', name, content: COMPANY[1]!.content }] });
    const send = (http: string, name: string) =>
      fetch(`${http}/api/v1/configuration`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        body: JSON.stringify(added(name)),
      });
    const names = Array.from({ length: 8 }, (_, index) => `together-${index}`);
    const replies = await Promise.all(names.map((name, index) => send(index % 2 === 0 ? another.http : console_.service.http, name)));
    expect(replies.map((reply) => reply.status)).toEqual(names.map(() => 200));
    await another.close();
    await console_.stack.settled();
    expect(bundles().at(-1)!.members).toEqual(expect.arrayContaining(names.map((name) => `queue/${name}@1`)));
  });

  it.each([
    ['agent', 403],
    ['supervisor', 403],
  ] as const)('is refused to the role %s', async (role, status) => {
    const reply = await console_.call('POST', '/configuration', await tokenFor('ana', role), { documents: COMPANY });
    expect(reply).toMatchObject({ status, body: { title: 'Forbidden' } });
  });
});

describe('a preview', () => {
  const calendar = (opens: string) => ({
    kind: 'calendar',
    name: 'office',
    content: { timeZone: 'Europe/Berlin', week: { mon: [[opens, '17:00']] }, holidays: [], extraOpen: {} },
  });
  const policy = (minutes: number) => ({
    kind: 'sla-policy',
    name: 'standard',
    content: { calendar: 'office', hours: 'business', targets: { firstResponse: { normal: minutes } } },
  });
  const preview = (token: string, ...documents: object[]) => console_.call('POST', '/configuration/preview', token, { documents });
  const recomputed = (key: string, fields: Partial<ClocksRecomputed['data']>): Draft =>
    ClocksRecomputed(key, {
      bundle: 1,
      preview: true,
      done: false,
      tickets: 40,
      checked: 10,
      moved: 1,
      clocksMoved: 1,
      earlier: 1,
      later: 0,
      breachesAdded: 0,
      breachesWithdrawn: 0,
      examples: [],
      problems: [],
      asOf: '2026-11-20T09:00:00.000Z',
      ...fields,
    });
  const twice = async (...events: Draft[]) => {
    await console_.stack.publish(...events, ...events);
    await console_.stack.settled();
  };

  it('asks what the policies and calendars that change would do, and changes nothing', async () => {
    await apply(calendar('09:00'), policy(60));
    const before = (await console_.call('GET', '/configuration', admin)).body;
    const sue = await tokenFor('sue', 'supervisor');
    const { status, body } = await preview(sue, calendar('09:00'), policy(30), { ...COMPANY[1]!, name: 'unheard' });
    expect({ status, body }).toMatchObject({ status: 202, body: { documents: ['sla-policy/standard'] } });
    await console_.stack.settled();
    expect(console_.stack.eventsAbout(body.requestId, ConsoleTopic)).toMatchObject([
      {
        type: 'RecomputePreviewRequested',
        id: body.requestId,
        data: { agentId: 'sue', documents: [{ name: 'standard', content: policy(30).content }] },
      },
    ]);
    const look = async () => (await console_.call('GET', `/configuration/previews/${body.requestId}`, sue)).body;
    expect(await look()).toMatchObject({ requestId: body.requestId, report: null });
    await twice(recomputed(body.requestId, {}));
    expect(await look()).toMatchObject({ report: { done: false, checked: 10 } });
    expect((await console_.call('GET', `/requests/${body.requestId}`, sue)).body.state).toBe('sending');
    await twice(recomputed(body.requestId, { done: true, checked: 40, moved: 7 }));
    expect(await look()).toMatchObject({ report: { done: true, moved: 7 } });
    expect((await console_.call('GET', `/requests/${body.requestId}`, sue)).body).toMatchObject({
      state: 'done',
      outcome: { type: 'ClocksRecomputed' },
    });
    expect((await console_.call('GET', '/configuration', admin)).body).toEqual(before);
  });

  it('says at once that no clock follows what changes, and refuses what an apply would', async () => {
    expect(await preview(admin, policy(60), { ...COMPANY[1]!, name: 'unheard' })).toMatchObject({
      status: 200,
      body: { requestId: null, documents: [] },
    });
    expect(await preview(admin, { ...policy(60), content: { ...policy(60).content, calendar: 'moon' } })).toMatchObject({
      status: 422,
      body: { problems: [{ document: 'sla-policy/standard', field: 'calendar' }] },
    });
    const many = Array.from({ length: 51 }, (_, nth) => ({ ...calendar('08:00'), name: `office-${nth}` }));
    expect(await preview(admin, ...many)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('51 policies and calendars') },
    });
    expect(await preview(await tokenFor('ana', 'agent'), policy(30))).toMatchObject({ status: 403 });
    expect(await console_.call('GET', '/configuration/previews/none', admin)).toMatchObject({ status: 404 });
  });

  it('is kept apart from what applies did, of which the newest are listed', async () => {
    const done = { preview: false, done: true, checked: 40 };
    await twice(...Array.from({ length: 25 }, (_, nth) => recomputed(`bundle-${nth + 100}`, { ...done, bundle: nth + 100 })));
    const { recomputations } = (await console_.call('GET', '/configuration/recomputations', admin)).body;
    expect(recomputations).toHaveLength(20);
    expect(recomputations[0]).toMatchObject({ bundle: 124, moved: 1 });
    expect(await console_.call('GET', '/configuration/recomputations', await tokenFor('ana', 'agent'))).toMatchObject({ status: 403 });
  });
});
