import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerRuns, startDockerKafka, startDockerPostgres } from './docker-infrastructure.js';
import { tryLock } from './file-lock.js';
import { freePorts } from './free-ports.js';
import { findKafka } from './kafka-jars.js';
import { endLeftoverKafka, startLocalKafka } from './local-kafka.js';
import { endLeftoverPostgres, postgresUrl, startLocalPostgres } from './local-postgres.js';
import type { LocalServer } from './local-server.js';
import { dataFolders, findPostgres } from './postgres-home.js';
import type { Progress } from './progress.js';

export type InfrastructurePart = 'kafka' | 'postgres';

export interface Infrastructure {
  kafkaBrokers: string[];
  /** As administrator: may create databases and roles. */
  databaseUrl: string;
  /** 'given' when both were; otherwise where the started ones run, 'docker' if any does. */
  kind: 'given' | 'local' | 'docker';
  /** Stops what was started, Kafka before PostgreSQL, each within 25 s. */
  stop(): Promise<void>;
  /** kill -9, for fault tests. Local servers only. */
  kill(part: InfrastructurePart): Promise<void>;
  /** Starts a killed one again on the same port and data, and returns when it answers. */
  revive(part: InfrastructurePart): Promise<void>;
}

/** What a restart on the same state folder must find again. Mode 0600: it holds the administrator's password. */
interface Remembered {
  brokerPort: number;
  controllerPort: number;
  postgresPort: number;
  postgresPassword: string;
}

interface Part {
  kind: Infrastructure['kind'];
  address: string;
  stop(): Promise<void>;
  local?: LocalServer;
}

type Forced = 'local' | 'docker' | undefined;

/** Servers are watched over by a shell and ended by signals. */
const NO_LOCAL = process.platform === 'win32' ? { missing: 'local servers need Linux or macOS: use WSL' } : undefined;

/**
 * Finds or starts Kafka and PostgreSQL, each for itself: the address given by KAFKA_BROKERS or DATABASE_URL, else a process of this machine,
 * else a container. SIGNALBOX_INFRA=local|docker forces one, whatever is given.
 * What was started ends with this process, even by kill -9.
 * @param stateDir one launcher at a time; holds data, ports and logs
 * @throws Error of one sentence: what is missing and the command that gives it, or that the state folder is in use
 */
export async function startInfrastructure({
  stateDir,
  env = process.env,
  progress = () => undefined,
}: {
  stateDir: string;
  env?: NodeJS.ProcessEnv;
  progress?: Progress;
}): Promise<Infrastructure> {
  const forced = env.SIGNALBOX_INFRA || undefined;
  if (forced !== undefined && forced !== 'local' && forced !== 'docker')
    throw new Error(`SIGNALBOX_INFRA is '${forced}'; allowed: local, docker`);
  mkdirSync(stateDir, { recursive: true });
  const folder = realpathSync(stateDir);
  mustBeOurs(folder);
  const release = takeOver(folder);
  try {
    await endLeftovers(folder, progress);
    const remembered = await recall(folder);
    // Both at once; when one fails the other must not stay behind.
    const started = await Promise.allSettled([
      startKafka(folder, remembered, forced, env, progress),
      startPostgres(folder, remembered, forced, env, progress),
    ]);
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      await Promise.all(started.map((result) => (result.status === 'fulfilled' ? result.value.stop() : undefined)));
      throw failed.reason;
    }
    const [kafka, postgres] = started.map((result) => (result as PromiseFulfilledResult<Part>).value) as [Part, Part];
    return assemble({ kafka, postgres }, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** Deletes everything a state folder keeps, also what lies outside it. For `npm run reset` and tests; refuses while it is in use. */
export async function removeInfrastructure(stateDir: string): Promise<void> {
  if (!existsSync(stateDir)) return;
  const folder = realpathSync(stateDir);
  const release = takeOver(folder);
  try {
    await endLeftovers(folder, () => undefined);
    for (const outside of dataFolders(folder).outside) rmSync(outside, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  } finally {
    release();
  }
}

function assemble(parts: Record<InfrastructurePart, Part>, release: () => void): Infrastructure {
  const kinds = [parts.kafka.kind, parts.postgres.kind];
  const local = (part: InfrastructurePart): LocalServer => {
    const server = parts[part].local;
    if (!server) throw new Error(`${part} is ${parts[part].kind}; only a local one can be killed and revived (SIGNALBOX_INFRA=local)`);
    return server;
  };
  return {
    kafkaBrokers: parts.kafka.address.split(',').map((broker) => broker.trim()),
    databaseUrl: parts.postgres.address,
    kind: kinds.includes('docker') ? 'docker' : kinds.includes('local') ? 'local' : 'given',
    stop: async () => {
      try {
        await parts.kafka.stop();
      } finally {
        await parts.postgres.stop().finally(release);
      }
    },
    kill: async (part) => local(part).kill(),
    revive: async (part) => local(part).revive(),
  };
}

async function startKafka(
  stateDir: string,
  remembered: Remembered,
  forced: Forced,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<Part> {
  if (env.KAFKA_BROKERS && !forced) return given(env.KAFKA_BROKERS);
  const kafka = forced === 'docker' ? { missing: '' } : (NO_LOCAL ?? (await findKafka(env, progress)));
  if ('missing' in kafka) {
    await needDocker(forced, kafka.missing, 'KAFKA_BROKERS', env);
    return { kind: 'docker', ...(await startDockerKafka(progress)) };
  }
  const { brokerPort, controllerPort } = remembered;
  const local = await startLocalKafka({ folder: kafkaFolder(stateDir), kafka, brokerPort, controllerPort, env, progress });
  return { kind: 'local', address: `127.0.0.1:${brokerPort}`, stop: local.stop, local };
}

async function startPostgres(
  stateDir: string,
  remembered: Remembered,
  forced: Forced,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<Part> {
  if (env.DATABASE_URL && !forced) return given(env.DATABASE_URL);
  const home = forced === 'docker' ? { missing: '' } : (NO_LOCAL ?? (await findPostgres(stateDir)));
  const { postgresPort: port, postgresPassword: password } = remembered;
  if ('missing' in home) {
    await needDocker(forced, home.missing, 'DATABASE_URL', env);
    return { kind: 'docker', ...(await startDockerPostgres(password, progress)) };
  }
  const local = await startLocalPostgres({ home, port, password, logFile: join(stateDir, 'postgres.log'), env, progress });
  return { kind: 'local', address: postgresUrl(port, password), stop: local.stop, local };
}

function given(address: string): Part {
  return { kind: 'given', address, stop: async () => undefined };
}

async function needDocker(forced: Forced, missing: string, variable: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (forced === 'local') throw new Error(missing);
  if (await dockerRuns(env)) return;
  if (forced === 'docker') throw new Error('SIGNALBOX_INFRA=docker, but no Docker engine answers: start it, and check with docker info');
  throw new Error(`${missing} (or start Docker, or set ${variable} to a running one)`);
}

/** One `sudo npm start` would leave files in it that their owner could not open the next time. */
function mustBeOurs(stateDir: string): void {
  const owner = statSync(stateDir).uid;
  const us = process.getuid?.() ?? owner;
  if (owner !== us) throw new Error(`${stateDir} belongs to user ${owner}, and this is user ${us}: start as its owner, or delete it`);
}

/** One launcher per state folder. The lock is the kernel's; the file with the process id is only for the sentence. */
function takeOver(stateDir: string): () => void {
  const pidFile = join(stateDir, 'launcher.pid');
  const release = tryLock(join(stateDir, 'launcher.lock'));
  if (!release) {
    const pid = existsSync(pidFile) ? readFileSync(pidFile, 'utf8') : 'unknown';
    throw new Error(`Signalbox is already running on ${stateDir} (process ${pid}); stop that one first: kill ${pid}`);
  }
  writeFileSync(pidFile, String(process.pid));
  return () => {
    rmSync(pidFile, { force: true });
    release();
  };
}

const kafkaFolder = (stateDir: string): string => join(stateDir, 'kafka');

/** Before the ports are looked at: what is left still holds them. */
async function endLeftovers(stateDir: string, progress: Progress): Promise<void> {
  const { inside, outside } = dataFolders(stateDir);
  await Promise.all([
    endLeftoverKafka(kafkaFolder(stateDir), progress),
    ...[inside, ...outside].map((folder) => endLeftoverPostgres(folder, progress)),
  ]);
}

/** The ports of last time where they are still free, else new ones. */
async function recall(stateDir: string): Promise<Remembered> {
  const file = join(stateDir, 'infrastructure.json');
  const last = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Remembered) : undefined;
  // A state folder that remembers nothing is new; data outside under its name belongs to one that was deleted.
  if (!last) for (const outside of dataFolders(stateDir).outside) rmSync(outside, { recursive: true, force: true });
  const ports = await freePorts([last?.brokerPort, last?.controllerPort, last?.postgresPort]);
  const [brokerPort, controllerPort, postgresPort] = ports as [number, number, number];
  const remembered: Remembered = {
    brokerPort,
    controllerPort,
    postgresPort,
    postgresPassword: last?.postgresPassword ?? randomBytes(24).toString('base64url'),
  };
  writeFileSync(`${file}.new`, JSON.stringify(remembered, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return remembered;
}
