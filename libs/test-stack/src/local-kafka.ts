import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { KafkaInstallation } from './kafka-jars.js';
import { localServer, type LocalServer } from './local-server.js';
import { stopLeftover } from './pid.js';
import { step, type Progress } from './progress.js';
import { lastLines, startServer, type ServerProcess } from './server-process.js';

const run = promisify(execFile);
const LOG4J = fileURLToPath(new URL('../../../deploy/local-kafka/log4j2.yaml', import.meta.url));

/** Only a leader election or a stuck disk takes longer than a few seconds; a slow first start on a busy machine must still pass. */
const START_TIMEOUT_MS = 60_000;

// Measured on 2 shared cores, 1.2 million records of 1 kB: 4.9 s of broker CPU, against 6.6 s with G1 and 10.5 s with G1 and the second
// compiler. That one pays for itself after about 2 million records, and then takes a quarter less CPU (3.5 s for 300,000 written and read, not
// 4.6 s): long benchmarks ask for it. Idle 1.3 % of a core, 240 MB resident; the start takes 1.9 s of CPU instead of 2.6 s or more.
const JVM = ['-Xms256m', '-Xmx768m', '-Djava.awt.headless=true'];
/** Replaced as a whole by the variable Kafka's own scripts read: KAFKA_JVM_PERFORMANCE_OPTS. */
const JVM_PERFORMANCE = '-XX:+UseSerialGC -XX:TieredStopAtLevel=1';

export interface LocalKafkaOptions {
  /** Everything of this broker: data, settings, log. */
  folder: string;
  kafka: KafkaInstallation;
  brokerPort: number;
  controllerPort: number;
  env: NodeJS.ProcessEnv;
  progress: Progress;
}

const propertiesFile = (folder: string): string => join(folder, 'server.properties');
const pidFile = (folder: string): string => join(folder, 'server.pid');

/** Ends the broker of a launcher that was killed, if its watchdog has not yet. The broker is known by the settings file it was started with. */
export async function endLeftoverKafka(folder: string, progress: Progress): Promise<void> {
  const file = pidFile(folder);
  if (existsSync(file) && (await stopLeftover(Number(readFileSync(file, 'utf8')), propertiesFile(folder), 'SIGTERM'))) {
    progress('Kafka: ended the broker an earlier start had left behind');
  }
}

/** Starts one broker that is its own controller (KRaft). */
export async function startLocalKafka({
  folder,
  kafka,
  brokerPort,
  controllerPort,
  env,
  progress,
}: LocalKafkaOptions): Promise<LocalServer> {
  const data = join(folder, 'data');
  const properties = propertiesFile(folder);
  const logFiles = [join(folder, 'output.log'), join(folder, 'kafka.log')] as const;
  mkdirSync(data, { recursive: true });
  writeFileSync(properties, serverProperties(data, brokerPort, controllerPort));

  const java = (main: string, ...args: string[]): string[] => [
    ...JVM,
    ...(env.KAFKA_JVM_PERFORMANCE_OPTS ?? JVM_PERFORMANCE).split(' '),
    `-Dlog4j2.configurationFile=${LOG4J}`,
    `-Dsignalbox.kafka.log=${logFiles[1]}`,
    '-cp',
    join(kafka.jars, '*'),
    main,
    ...args,
  ];
  if (!existsSync(join(data, 'meta.properties'))) {
    await step(progress, `Kafka ${kafka.version}: formatting its folder (once)`, async () => {
      const args = java('kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', 'c2lnbmFsYm94LWxvY2FsMQ', '-c', properties);
      await run(kafka.java, args, { env, timeout: START_TIMEOUT_MS }).catch((error: Error & { stderr?: string }) => {
        throw new Error(`Kafka could not format ${data}: ${(error.stderr || error.message).trim()}. ${lastLines(logFiles)}`);
      });
    });
  }

  const launch = (): Promise<ServerProcess> =>
    startServer({
      name: 'Kafka',
      command: kafka.java,
      args: java('kafka.Kafka', properties),
      stopSignal: 'SIGTERM',
      outputFile: logFiles[0],
      logFiles,
      env,
      ready: () => kafkaAnswers(brokerPort),
      startTimeoutMs: START_TIMEOUT_MS,
      onSpawn: (pid) => writeFileSync(pidFile(folder), String(pid)),
    });
  return step(progress, `Kafka ${kafka.version}: starting on 127.0.0.1:${brokerPort}`, () =>
    localServer({ name: 'Kafka', logFiles, progress }, launch),
  );
}

function serverProperties(data: string, brokerPort: number, controllerPort: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${brokerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': data,
    'auto.create.topics.enable': false,
    // One node holds every copy; the defaults ask for three.
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // 50 each by default: files and start time for nobody.
    'offsets.topic.num.partitions': 12,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.num.partitions': 4,
    // Waiting for more members makes every test slower by 3 s.
    'group.initial.rebalance.delay.ms': 0,
    // A record every 500 ms only to show that the controller lives, otherwise.
    'metadata.max.idle.interval.ms': 5000,
    // After kill -9 the next broker is refused until the old one's session ends: 9 s by default, and asked again only every heartbeat (2 s).
    // Less than 3 s would fence the only broker whenever the machine is busy.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    // 128 MB by default, a sixth of the heap.
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** ApiVersions v0, the one request every broker answers before anything else: bytes back mean that requests are served, not only that the port is open. */
export function kafkaAnswers(port: number, host = '127.0.0.1'): Promise<boolean> {
  const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]); // size, api 18, version 0, correlation 1, no client id
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 2_000 }, () => socket.write(request));
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('data', () => answer(true));
    for (const sign of ['error', 'timeout', 'close'] as const) socket.once(sign, () => answer(false));
  });
}
