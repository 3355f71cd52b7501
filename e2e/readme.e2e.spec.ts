import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { RunningSystem } from './running-system.ts';

const run = promisify(execFile);
const root = process.cwd();
const readme = readFileSync('README.md', 'utf8');
/** The one code block of the README that contains these words. */
function exampleWith(words: string): string {
  const blocks = [...readme.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map((block) => block[1]!).filter((block) => block.includes(words));
  if (blocks.length !== 1) throw new Error(`README.md has ${blocks.length} code blocks with '${words}', not one`);
  return blocks[0]!;
}
/** The block's commands: a line that ends in a backslash goes on. */
const commandsOf = (block: string): string[] =>
  block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, ''))
    .filter(Boolean);
const installed = (program: string): boolean => spawnSync(program, ['-h']).error === undefined;
/** For examples with programs that the project does not bring along. */
function itWith(program: string, name: string, test: () => Promise<void>): void {
  if (installed(program)) it(name, test);
  // oxlint-disable-next-line jest/no-disabled-tests -- where it is missing; CI installs it
  else it.skip(`${name} (skipped: no ${program} on the PATH)`, test);
}

let system: RunningSystem;
/** Where a reader stands: the checkout's modules, and the running system's state below. */
let folder: string;
const shell = (command: string) => run('sh', ['-c', command], { cwd: folder });

beforeAll(async () => {
  system = await RunningSystem.start();
  folder = mkdtempSync(join(tmpdir(), 'signalbox-readme-'));
  symlinkSync(resolve(root, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(system.stateDir, join(folder, '.signalbox'));
});
afterAll(async () => {
  await system?.stop();
  await system?.clean();
  rmSync(folder, { recursive: true, force: true });
});

/** The ids of Ida's tickets, as a supervisor finds them. */
const idasTickets = async (): Promise<string[]> =>
  (await system.console('supervisor').call<{ tickets: { ticketId: string }[] }>('GET', '/tickets?query=ida@example.com')).tickets.map(
    ({ ticketId }) => ticketId,
  );
/** What these messages became: exactly one ticket more. */
async function ticketAfter(send: () => Promise<unknown>): Promise<string> {
  const before = await idasTickets();
  await send();
  const fresh = await system.until(async () => {
    const found = (await idasTickets()).filter((ticketId) => !before.includes(ticketId));
    return found.length > 0 && found;
  }, "a ticket of the README's customer");
  expect(fresh).toHaveLength(1);
  return fresh[0]!;
}

describe('the README’s example of', () => {
  it('a producer with kafkajs makes a ticket', async () => {
    writeFileSync(join(folder, 'shop.mjs'), exampleWith("from 'kafkajs'"));
    const ticketId = await ticketAfter(() => shell('node shop.mjs'));
    expect(await system.console('supervisor').call('GET', `/tickets/${ticketId}`)).toMatchObject({
      received: { subject: 'My parcel', door: 'inbound-topic' },
    });
  });

  itWith('kcat', 'a producer and a console with kcat makes a ticket and sees it', async () => {
    const [produce, watch] = commandsOf(exampleWith('| kcat -P')).map((command) =>
      command.replace('BROKER', system.stack.kafkaBrokers[0]!),
    );
    // -u: on a pipe, unlike on a terminal, it would keep what it read to itself.
    const watching = spawn('sh', ['-c', `exec ${watch!.replace('kcat', 'kcat -u')}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    const heard = { out: '', err: '' };
    watching.stdout.on('data', (chunk: Buffer) => (heard.out += String(chunk)));
    watching.stderr.on('data', (chunk: Buffer) => (heard.err += String(chunk)));
    try {
      await system.until(async () => heard.err.match(/Reached end of topic/g)?.length === 12, 'kcat at the end of every partition');
      const ticketId = await ticketAfter(() => shell(produce!));
      await system.until(async () => heard.out.includes(ticketId), 'an event about the ticket in kcat');
    } finally {
      watching.kill();
    }
  });

  itWith('curl', 'a web form with curl makes a ticket and reads its story', async () => {
    const [submit, read] = commandsOf(exampleWith('curl -d')).map((command) => command.replace('http://127.0.0.1:8080', system.stack.http));
    let answered = '';
    const ticketId = await ticketAfter(async () => (answered = (await shell(submit!)).stdout));
    expect(JSON.parse(answered)).toEqual({ ticketId, number: expect.any(Number) });
    const { stdout } = await shell(read!.replace('TOKEN', system.stack.tokens.supervisor).replace('TICKET', ticketId));
    expect(JSON.parse(stdout)).toMatchObject({ ticketId, received: { subject: 'My parcel', door: 'http' } });
  });
});
