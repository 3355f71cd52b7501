import { readCompanyFiles } from '../tools/company-files.ts';
import type { ConsoleClient } from '../tools/console-client.ts';
import { RunningSystem } from './running-system.ts';

interface Story {
  status: string;
  owner: { agentId: string } | null;
  decisions: { top?: { agentId: string }[]; excluded?: { reason: string; agents: number }[] }[];
}
let system: RunningSystem;
let admin: ConsoleClient;
const storyOf = (ticketId: string) => admin.call<Story>('GET', `/tickets/${ticketId}`);
const ownerOf = (ticketId: string) => system.until(async () => (await storyOf(ticketId)).owner?.agentId, `an owner of ${ticketId}`);
const present = async (client: ConsoleClient, presence: 'online' | 'offline') => {
  await client.call('PUT', '/presence', { presence }, { prefer: 'wait=2' });
};

beforeAll(async () => {
  system = await RunningSystem.start();
  admin = system.console('admin');
});
afterAll(async () => {
  await system?.stop();
  await system?.clean();
});

const dispute = (nth: number) => ({
  subject: `Charged twice, order ${nth}`,
  body: `My bank statement shows two payments of 89.90 for one order. Please refund the second charge. Order number 4821${nth}.`,
  email: `customer-${nth}@example.com`,
  language: 'en',
});

it('a billing dispute goes to the agent with accounting expertise who has room, although a better one is full', async () => {
  const ana = await system.signIn('agent-ana');
  await present(ana, 'online');
  const filling = await Promise.all([1, 2, 3, 4, 5, 6].map((nth) => system.submit(dispute(nth))));
  for (const ticketId of filling) expect(await ownerOf(ticketId)).toBe('agent-ana');

  const [bastian, hannes] = [await system.signIn('agent-bastian'), await system.signIn('agent-hannes')];
  await present(bastian, 'online');
  await present(hannes, 'online');
  const ticketId = await system.submit(dispute(7));
  expect(await ownerOf(ticketId)).toBe('agent-bastian');
  const { decisions } = await storyOf(ticketId);
  expect(decisions.some(({ excluded }) => excluded?.some(({ reason, agents }) => reason === 'no room' && agents === 1))).toBe(true);
  await Promise.all([ana, bastian, hannes].map((client) => present(client, 'offline')));
});

it('a technical problem goes to the agent with the faster history in that field', async () => {
  // Two technicians who differ in nothing but what they are about to do.
  const twin = {
    email: 'twin@nordlicht.example',
    role: 'agent',
    skills: { technical: 4, product: 3 },
    languages: { en: 5, de: 5 },
    queues: ['technical'],
    unitsMax: 200,
  };
  const policy = readCompanyFiles(['config/sample/routing-policies.yaml'])[0]!;
  const speedCounts = { ...(policy.content as object), weights: { standard: { skill: 0.5, speed: 1 } }, rules: [], shrinkageTickets: 2 };
  await admin.apply([
    { kind: 'agent', name: 'agent-slow', content: { ...twin, name: 'Slow Twin' }, file: '' },
    { kind: 'agent', name: 'agent-swift', content: { ...twin, name: 'Swift Twin' }, file: '' },
    { ...policy, content: speedCounts },
  ]);
  const problem = (nth: number) => ({
    subject: `Motor keeps cutting out, bike ${nth}`,
    body: 'My motor keeps cutting out halfway up the hill, battery full, assistance on Tour, no error code at all. I already tried another battery, same problem.',
    email: `rider-${nth}@example.com`,
    language: 'en',
  });
  const solveOne = async (agentId: string, nth: number, handleMs: number) => {
    const client = await system.until(() => system.signIn(agentId), `${agentId} known`);
    await present(client, 'online');
    const ticketId = await system.submit(problem(nth));
    expect(await ownerOf(ticketId)).toBe(agentId);
    // The time this agent needs is what the test is about.
    await new Promise((resolve) => setTimeout(resolve, handleMs));
    await client.call(
      'POST',
      `/tickets/${ticketId}/replies`,
      { text: 'Please hold the power button for ten seconds.' },
      { prefer: 'wait=2' },
    );
    await client.call('POST', `/tickets/${ticketId}/solve`, {}, { prefer: 'wait=2' });
    await system.until(async () => (await storyOf(ticketId)).status === 'solved', `${ticketId} solved`);
    await present(client, 'offline');
  };
  await solveOne('agent-slow', 1, 9_000);
  await solveOne('agent-swift', 2, 0);
  await present(await system.signIn('agent-slow'), 'online');
  await present(await system.signIn('agent-swift'), 'online');
  const online = async () =>
    (await admin.call<{ agents: { agentId: string; presence: string }[] }>('GET', '/board')).agents.filter(
      ({ agentId, presence }) => agentId.startsWith('agent-s') && presence === 'online',
    ).length === 2;
  await system.until(online, 'both twins online');
  // Presence and what was just learned reach routing within two seconds; then both stand in every decision, the swift one first.
  let nth = 3;
  const decided = await system.until(async () => {
    const ticketId = await system.submit(problem(nth++));
    const owner = await ownerOf(ticketId);
    const order = (await storyOf(ticketId)).decisions.at(-1)?.top?.map((one) => one.agentId) ?? [];
    return order.length === 2 && order[0] === 'agent-swift' && { owner, order };
  }, 'a decision for the swift twin');
  expect(decided).toEqual({ owner: 'agent-swift', order: ['agent-swift', 'agent-slow'] });
});
