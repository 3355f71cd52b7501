import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsoleClient } from '../tools/console-client.ts';
import { RunningSystem } from './running-system.ts';

let system: RunningSystem;
let folder: string;
let policy: string;
let agents: ConsoleClient[];
const tickets: string[] = [];

const parameters = (...words: string[]): string[] => ['--no-warnings', 'tools/cli.ts', ...words];
const environment = () => ({ ...process.env, NODE_OPTIONS: '', SIGNALBOX_STATE_DIR: system.stateDir });
/** What `npm run signalbox -- …` says and ends with. */
function signalbox(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, parameters(...words), { env: environment() }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
async function answerOf<Answer>(...words: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await signalbox(...words, '--json');
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Answer;
}
const dispute = (nth: number) => ({
  subject: `Charged twice, order ${nth}`,
  body: `My bank statement shows two payments of 89.90 for one order. Please refund the second charge. Order number 4821${nth}.`,
  email: `customer-${nth}@example.com`,
  language: 'en',
});
const ownerOf = (ticketId: string) =>
  system.until(
    async () => (await system.console('admin').call<{ owner: { agentId: string } | null }>('GET', `/tickets/${ticketId}`)).owner?.agentId,
    `an owner of ${ticketId}`,
  );
const solve = async (client: ConsoleClient, ticketId: string) => {
  await client.call('POST', `/tickets/${ticketId}/replies`, { text: 'The second charge is refunded.' }, { prefer: 'wait=2' });
  await client.call('POST', `/tickets/${ticketId}/solve`, {}, { prefer: 'wait=2' });
};

/** For the minute of a lease: whatever gives a ticket to somebody asks for it anew. */
const everybodyOnline = async () => {
  for (const client of agents) await client.call('PUT', '/presence', { presence: 'online' }, { prefer: 'wait=2' });
};

beforeAll(async () => {
  system = await RunningSystem.start();
  folder = mkdtempSync(join(tmpdir(), 'signalbox-decisions-'));
  policy = join(folder, 'new.yaml');
  const maximumAge = 'maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 }';
  writeFileSync(policy, `routing-policy:\n  standard:\n    weights: { standard: { workload: 1 } }\n    ${maximumAge}\n`);
  agents = [await system.signIn('agent-ana'), await system.signIn('agent-bastian')];
  for (let nth = 1; nth <= 3; nth += 1) {
    await everybodyOnline();
    const ticketId = await system.submit(dispute(nth));
    tickets.push(ticketId);
    const owner = await ownerOf(ticketId);
    // The first is solved, so that something is learned between the rounds; the others keep their agent busy.
    if (nth === 1) await solve(agents[owner === 'agent-ana' ? 0 : 1]!, ticketId);
  }
});
afterAll(async () => {
  await system?.stop();
  await system?.clean();
  rmSync(folder, { recursive: true, force: true });
});

it('every decision of the running system replays to the same bytes, found by its ticket or its proposal', async () => {
  for (const ticketId of tickets) {
    const byTicket = await answerOf<{ identical: boolean; proposalId: string; agentId: string }>('replay-decision', ticketId);
    expect(byTicket).toMatchObject({ identical: true, agentId: await ownerOf(ticketId) });
    expect(await answerOf('replay-decision', byTicket.proposalId)).toEqual(byTicket);
  }
  expect(await signalbox('replay-decision', tickets[0]!)).toMatchObject({ code: 0, stdout: expect.stringContaining('identical') });
  expect(await signalbox('replay-decision', 'nobody')).toMatchObject({ code: 2, stderr: expect.stringContaining("'nobody'") });
  expect(await signalbox('replay-decision')).toMatchObject({ code: 2 });
});

it('real tickets run through another policy, and a policy with an error through none', async () => {
  const found = await answerOf<{ tickets: number; runs: number; overall: Record<string, object>; modelled: string[] }>(
    'what-if',
    '--policy',
    policy,
    '--runs',
    '3',
  );
  expect(found).toMatchObject({ tickets: 3, runs: 3, agents: 2, byQueue: { billing: {} } });
  for (const name of ['meanWaitMinutes', 'p95WaitMinutes', 'firstResponseBreachedShare', 'giniBusyTime'])
    expect(found.overall[name]).toMatchObject({
      difference: { mean: expect.any(Number), interval95: [expect.any(Number), expect.any(Number)] },
    });
  expect(found.modelled.length).toBeGreaterThan(3);

  const wrong = join(folder, 'wrong.yaml');
  writeFileSync(wrong, 'routing-policy:\n  standard:\n    weights: { standard: { wrkload: 1 } }\n');
  const before = await system.console('admin').call<{ bundle: number }>('GET', '/configuration');
  for (const words of [
    ['apply', wrong],
    ['what-if', '--policy', wrong],
  ]) {
    const { code, stderr } = await signalbox(...words);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/wrong\.yaml:3: routing-policy\/standard, field weights\.standard\.wrkload: .*allowed: skill/);
  }
  // What only the whole configuration shows.
  const astray = join(folder, 'astray.yaml');
  writeFileSync(
    astray,
    `${readFileSync(policy, 'utf8')}    rules:\n      - when: { queue: [biling], category: [refnd] }\n        use: standard\n`,
  );
  for (const [words, expected] of [
    [['apply', astray], 1],
    [['what-if', '--policy', astray], 2],
  ] as const) {
    const { code, stderr } = await signalbox(...words);
    expect(code).toBe(expected);
    expect(stderr).toContain('refused whole; what was active stays');
    for (const [field, name] of Object.entries({ queue: 'biling', category: 'refnd' }))
      expect(stderr).toMatch(
        new RegExp(
          `astray\\.yaml:6: routing-policy/standard, field rules\\[0\\]\\.when\\.${field}\\[0\\]: ${field} '${name}' does not exist; allowed: \\w`,
        ),
      );
  }
  expect(await system.console('admin').call('GET', '/configuration')).toEqual(before);
  expect((await signalbox('what-if', '--policy', policy, '--from', '2020-01-01T00:00:00Z', '--to', '2020-01-02T00:00:00Z')).code).toBe(2);
});

it('a shadow says of live rounds what another policy would have done, and does nothing', async () => {
  const child = spawn(process.execPath, parameters('shadow', '--policy', policy), { env: environment() });
  let [said, told] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (told += String(chunk)));
  try {
    await system.until(async () => told.includes('following the live rounds'), 'a shadow that follows');
    await everybodyOnline();
    const ticketId = await system.submit(dispute(4));
    const owner = await ownerOf(ticketId);
    await system.until(async () => new RegExp(`ticket ${ticketId}  now ${owner}  other (?!${owner})`).test(said), 'a difference');
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(said).toContain('1 rounds, 1 tickets given to somebody');
    expect(said).not.toContain('did not come out as recorded');
    expect(said).toContain('cannot be compared: rounds that gave nobody anything are not recorded');
  } finally {
    child.kill('SIGKILL');
  }
});

it('reports say what learning is worth only when they can, and what waiting tickets lack', async () => {
  // Which of the two the solved ticket counts for is decided by its id.
  const report = await answerOf<{ enough: boolean; missing: { learned: number; heldOut: number } }>('learning-report');
  expect(report.enough).toBe(false);
  expect(report.missing.learned + report.missing.heldOut).toBe(59);
  expect(await answerOf('staffing-gap')).toMatchObject({ waiting: 0, gaps: [] });
  for (const client of agents) await client.call('PUT', '/presence', { presence: 'offline' }, { prefer: 'wait=2' });
  await system.submit(dispute(5));
  const gap = await system.until(async () => {
    const { gaps } = await answerOf<{ gaps: object[] }>('staffing-gap');
    return gaps[0];
  }, 'a gap');
  expect(gap).toMatchObject({ queueId: 'billing', tickets: 1, agentsWhoFit: expect.any(Number), skills: expect.any(Object) });
});
