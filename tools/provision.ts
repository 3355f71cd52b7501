import { ServiceName } from '@signalbox/contracts';
import { provisionTopics } from '@signalbox/messaging';
import { databaseOf } from './stack/databases.ts';

const HELP = `node tools/provision.ts     makes each service's role and database, and all topics. What is there stays as it is.

  DATABASE_URL                  an administrator's
  KAFKA_BROKERS                 host:port,…
  <SERVICE>_DATABASE_PASSWORD   for each service, such as SLA_ESCALATION_DATABASE_PASSWORD: set anew where the role exists
  KAFKA_TOPIC_PREFIX            (default: none)
  KAFKA_REPLICATION_FACTOR      of new topics (default 1)`;

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
const passwordOf = (service: ServiceName): string => `${service.toUpperCase().replaceAll('-', '_')}_DATABASE_PASSWORD`;
const missing = ['DATABASE_URL', 'KAFKA_BROKERS', ...ServiceName.options.map(passwordOf)].filter((name) => !process.env[name]);
if (missing.length > 0) {
  console.error(`not set: ${missing.join(', ')}\n\n${HELP}`);
  process.exit(1);
}
for (const service of ServiceName.options) {
  await databaseOf(process.env['DATABASE_URL']!, service, process.env[passwordOf(service)]!);
  console.log(`database of ${service}: there`);
}
const kafka = {
  brokers: process.env['KAFKA_BROKERS']!.split(','),
  clientId: 'signalbox-provision',
  prefix: process.env['KAFKA_TOPIC_PREFIX'],
};
const made = await provisionTopics(kafka, undefined, Number(process.env['KAFKA_REPLICATION_FACTOR'] ?? 1));
console.log(made.length === 0 ? 'topics: all there' : `topics made: ${made.join(', ')}`);
