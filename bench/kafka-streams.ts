import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, 'peers', 'kafka-streams');
const JAVA_MIN = 17;

export interface KafkaStreams {
  readonly java: string;
  /** All but the program's own. */
  readonly arguments: readonly string[];
}

/** Compiles the Kafka Streams peer and fetches its jars, with the Maven of this machine as it is set up. */
export async function findKafkaStreams(stateDir: string, progress: (line: string) => void): Promise<KafkaStreams | { missing: string }> {
  const home = process.env['JAVA_HOME'];
  const java = home ? join(home, 'bin', 'java') : 'java';
  const version = await run(java, ['-version'], { timeout: 20_000 }).then(
    ({ stderr }) => Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0),
    () => undefined,
  );
  if (version === undefined || version < JAVA_MIN)
    return {
      missing: `it needs Java ${JAVA_MIN} or newer, and ${version === undefined ? `'${java}' does not run` : `'${java}' is ${version}`}`,
    };
  const target = join(stateDir, 'kafka-streams');
  const jars = join(target, 'jars');
  const maven = ['-B', '-q', '-Dstyle.color=never', '-f', join(PROGRAM, 'pom.xml'), `-Dbench.target=${target}`];
  const goals = ['compile', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
  progress('Kafka Streams: compiling the peer with Maven');
  try {
    await run('mvn', [...maven, ...goals], { timeout: 280_000 });
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (code === 'ENOENT') return { missing: "it is built with Maven, and there is no 'mvn'" };
    const said = stdout?.split('\n').filter((line) => line.includes('ERROR')) ?? [];
    return { missing: `Maven could not build it: ${said.slice(0, 2).join(' ').trim() || (error as Error).message}` };
  }
  return { java, arguments: ['-Xmx1g', '-cp', `${join(target, 'classes')}:${jars}/*`, 'bench.Routing'] };
}
