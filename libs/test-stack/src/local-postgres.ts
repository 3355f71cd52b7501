import { execFile } from 'node:child_process';
import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { localServer, type LocalServer } from './local-server.js';
import { commandOf, stopLeftover } from './pid.js';
import type { PostgresHome } from './postgres-home.js';
import { step, type Progress } from './progress.js';
import { startServer, type ServerProcess } from './server-process.js';

const run = promisify(execFile);
const START_TIMEOUT_MS = 60_000;

/** fsync and synchronous_commit keep their default, on: what a benchmark measures must survive a power cut. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // A socket's path may not be longer than about 100 bytes, and clones lie deep.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  // Fewer checkpoints under load: 1 GB is a minute or two of a benchmark.
  max_wal_size: '2GB',
  random_page_cost: '1.1',
  // Compiling costs more than the short statements it would speed up.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

export interface LocalPostgresOptions {
  home: PostgresHome;
  port: number;
  password: string;
  /** Lies in the state folder; the server only gets its descriptor. */
  logFile: string;
  env: NodeJS.ProcessEnv;
  progress: Progress;
}

const dataOf = (folder: string): string => join(folder, 'data');

export function postgresUrl(port: number, password: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
}

export async function startLocalPostgres({ home, port, password, logFile, env, progress }: LocalPostgresOptions): Promise<LocalServer> {
  const label = `PostgreSQL ${home.version.replace(/-.*/, '')}`;
  const data = dataOf(home.folder);
  // The user's language would reach messages and, through them, anything that reads the log.
  const plainEnv = { ...env, LANG: 'C', LC_ALL: 'C' };
  if (!existsSync(join(data, 'PG_VERSION')))
    await step(progress, `${label}: creating its data (once)`, () => initialise(home, data, password, plainEnv));

  const launch = (): Promise<ServerProcess> =>
    retryWhileOldMemoryIsInUse(logFile, () =>
      startServer({
        name: 'PostgreSQL',
        command: home.postgres,
        args: ['-D', data, '-p', String(port), ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
        stopSignal: 'SIGINT', // fast shutdown: open connections do not hold it up
        outputFile: logFile,
        logFiles: [logFile],
        env: plainEnv,
        runAs: home.runAs,
        ready: () => postgresAnswers(postgresUrl(port, password)),
        startTimeoutMs: START_TIMEOUT_MS,
      }),
    );
  return step(progress, `${label}: starting on 127.0.0.1:${port}`, () =>
    localServer({ name: 'PostgreSQL', logFiles: [logFile], progress }, launch),
  );
}

/** Under another name until it is whole, so that a killed initdb is never taken for a database. */
async function initialise(home: PostgresHome, data: string, password: string, env: NodeJS.ProcessEnv): Promise<void> {
  const partial = `${data}.partial`;
  const passwordFile = join(home.folder, 'password');
  await rm(partial, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
  if (home.runAs) chownSync(passwordFile, home.runAs.uid, home.runAs.gid);
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    await run(home.initdb, ['-D', partial, ...locale, ...access, '--no-instructions'], {
      ...home.runAs,
      cwd: '/',
      env,
      timeout: START_TIMEOUT_MS,
    });
  } catch (error) {
    throw new Error(
      `PostgreSQL could not create its data in ${data}: ${((error as { stderr?: string }).stderr || (error as Error).message).trim()}`,
      { cause: error },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  await rename(partial, data);
}

/** postmaster.pid stays behind after kill -9; when its number has become another's process, PostgreSQL would refuse to start. */
export async function endLeftoverPostgres(folder: string, progress: Progress): Promise<void> {
  const data = dataOf(folder);
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (await stopLeftover(pid, data, 'SIGINT')) progress('PostgreSQL: ended the server an earlier start had left behind');
  if (commandOf(pid) && existsSync(file)) rmSync(file);
}

/** After kill -9 of the first process its children need a moment to notice; until then their shared memory forbids a new start. At most 10 s. */
async function retryWhileOldMemoryIsInUse(logFile: string, start: () => Promise<ServerProcess>): Promise<ServerProcess> {
  for (const until = Date.now() + 10_000; ; await delay(100)) {
    try {
      return await start();
    } catch (error) {
      const fatal = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-3).join('\n');
      if (Date.now() >= until || !/pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(fatal)) throw error;
    }
  }
}

async function postgresAnswers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    // A wrong password never becomes right: waiting would hide it.
    if ((error as { code?: string }).code === '28P01')
      throw new Error("PostgreSQL refuses the password in infrastructure.json; its data is another state folder's: npm run reset", {
        cause: error,
      });
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
