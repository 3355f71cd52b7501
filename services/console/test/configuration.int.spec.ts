import { ConfigTopic } from '@signalbox/contracts';
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
