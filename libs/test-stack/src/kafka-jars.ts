import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lock } from './file-lock.js';
import { step, type Progress } from './progress.js';

const run = promisify(execFile);
const POM = fileURLToPath(new URL('../../../deploy/local-kafka/pom.xml', import.meta.url));

export interface KafkaInstallation {
  java: string;
  /** Holds the jars and nothing else. */
  jars: string;
  version: string;
}

/**
 * Kafka's jars, fetched once per user and pom into a cache that `npm run reset` does not touch.
 * @returns the installation, or a sentence saying what is missing and the command that gives it
 */
export async function findKafka(env: NodeJS.ProcessEnv, progress: Progress): Promise<KafkaInstallation | { missing: string }> {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  const found = await javaVersion(java, env);
  if (found === undefined || found < 17) {
    return {
      missing: `Kafka needs Java 17 or newer (${found === undefined ? `no '${java}' that runs` : `'${java}' is ${found}`}): ${install('java')}`,
    };
  }
  const pom = readFileSync(POM, 'utf8');
  const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1] ?? 'of unknown version';
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'signalbox');
  const jars = join(cache, `kafka-${version}-${createHash('sha256').update(pom).digest('hex').slice(0, 8)}`);
  if (existsSync(jars)) return { java, jars, version };

  await mkdir(cache, { recursive: true });
  const release = await lock(join(cache, 'fetch.lock'), 300_000);
  try {
    return existsSync(jars) ? { java, jars, version } : await fetchJars({ java, jars, version }, env, progress);
  } finally {
    release();
  }
}

/** Into a folder of another name first: a folder named `jars` is complete, whatever is killed. */
async function fetchJars(
  kafka: KafkaInstallation,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<KafkaInstallation | { missing: string }> {
  const partial = `${kafka.jars}.partial`;
  await rm(partial, { recursive: true, force: true });
  const args = ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  try {
    await step(progress, `Kafka ${kafka.version}: fetching jars with Maven (once)`, () => run('mvn', args, { env, timeout: 280_000 }));
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (code === 'ENOENT') return { missing: `Kafka's jars are fetched with Maven, and there is no 'mvn': ${install('maven')}` };
    const said = stdout?.split('\n').find((line) => line.includes('ERROR')) ?? (error as Error).message;
    return { missing: `Maven could not fetch Kafka's jars (${said.trim()}): see mvn -f ${POM} dependency:copy-dependencies` };
  }
  await rename(partial, kafka.jars);
  return kafka;
}

async function javaVersion(java: string, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  try {
    const { stderr } = await run(java, ['-version'], { env, timeout: 20_000 });
    return Number(/version "(\d+)/.exec(stderr)?.[1] ?? Number.NaN) || undefined;
  } catch {
    return undefined; // macOS has a 'java' that only tells you to install one
  }
}

function install(what: 'java' | 'maven'): string {
  if (process.platform === 'darwin') return `brew install ${what === 'java' ? 'openjdk@21' : 'maven'}`;
  return `sudo apt-get install ${what === 'java' ? 'openjdk-17-jre-headless' : 'maven'}`;
}
