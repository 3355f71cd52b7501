import { join } from 'node:path';
import { startInfrastructure } from '../dist/index.js';

/** Finds or starts Kafka and PostgreSQL once for a whole run of jest; the tests take them from the environment. */
export default async function start() {
  if (process.env.KAFKA_BROKERS && process.env.DATABASE_URL) return;
  const infrastructure = await startInfrastructure({
    stateDir: join(process.cwd(), '.signalbox', 'test'),
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  process.env.KAFKA_BROKERS = infrastructure.kafkaBrokers.join(',');
  process.env.DATABASE_URL = infrastructure.databaseUrl;
  globalThis.signalboxTestInfrastructure = infrastructure;
}
