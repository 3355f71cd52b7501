import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import { freePorts } from './free-ports.js';
import { kafkaAnswers } from './local-kafka.js';
import { setTimeout as delay } from 'node:timers/promises';
import { step, type Progress } from './progress.js';

/** Data lives as long as the container, which testcontainers' reaper removes when the launcher dies. */
export interface DockerServer {
  address: string;
  stop(): Promise<void>;
}

/** Asks the engine: a docker command on the PATH says nothing about one. */
export async function dockerRuns(env: NodeJS.ProcessEnv): Promise<boolean> {
  return promisify(execFile)('docker', ['info', '--format', '{{.ServerVersion}}'], { env, timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim() !== '',
    () => false,
  );
}

/** @returns address = host:port */
export async function startDockerKafka(progress: Progress): Promise<DockerServer> {
  return step(progress, 'Kafka 4.1.1: starting a container', async () => {
    // Brokers tell clients their address, so the port outside must be known before the start.
    const [port] = (await freePorts([undefined])) as [number];
    const host = dockerHost();
    const container = await new GenericContainer('apache/kafka:4.1.1')
      .withExposedPorts({ container: 9092, host: port })
      .withEnvironment({
        KAFKA_NODE_ID: '1',
        KAFKA_PROCESS_ROLES: 'broker,controller',
        KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${port}`,
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
        KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
        KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
        KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '12',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
        KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
        KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        KAFKA_HEAP_OPTS: '-Xms256m -Xmx768m',
      })
      .withWaitStrategy(Wait.forListeningPorts())
      .withStartupTimeout(180_000)
      .start();
    for (const until = Date.now() + 60_000; !(await kafkaAnswers(port, host)); await delay(100)) {
      if (Date.now() > until) throw new Error(`Kafka's container does not answer on ${host}:${port}`);
    }
    return { address: `${host}:${port}`, stop: () => stop(container) };
  });
}

/** @returns address = the administrator's URL */
export async function startDockerPostgres(password: string, progress: Progress): Promise<DockerServer> {
  return step(progress, 'PostgreSQL 18: starting a container', async () => {
    const container = await new GenericContainer('postgres:18')
      .withEnvironment({
        POSTGRES_PASSWORD: password,
        POSTGRES_INITDB_ARGS: '--encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C',
      })
      .withCommand(['postgres', '-c', 'max_connections=200', '-c', 'shared_buffers=256MB', '-c', 'max_wal_size=2GB', '-c', 'jit=off'])
      .withExposedPorts(5432)
      // It starts twice: once to create the data, once to serve.
      .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
      .withStartupTimeout(180_000)
      .start();
    const address = `postgresql://postgres:${password}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
    return { address, stop: () => stop(container) };
  });
}

/** Where published ports appear: this machine, or the one DOCKER_HOST names. */
function dockerHost(): string {
  const url = process.env.DOCKER_HOST;
  return url && /^(tcp|http|https|ssh):/.test(url) ? new URL(url).hostname : '127.0.0.1';
}

async function stop(container: StartedTestContainer): Promise<void> {
  await container.stop({ timeout: 10_000 });
}
