import 'reflect-metadata';
import { ConsoleLogger, Logger, Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ServiceName } from '@signalbox/contracts';
import { KafkaTransport, MessagingModule, messagingMigrations, whyKafkaIsAway, type KafkaOptions } from '@signalbox/messaging';
import type { ServerResponse } from 'node:http';
import { DataSource } from 'typeorm';
import type { BaseEnvironment } from './environment.js';
import { failPoint } from './fail-point.js';
import { HealthController } from './health.controller.js';
import { Metrics } from './metrics.js';
import { connectAndMigrate, databaseFor, type MigrationClass } from './migrate.js';
import { OPERATOR_TOKEN, OperatorController, OperatorGuard } from './operator.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { Readiness } from './readiness.js';
import { Waiting } from './waiting.js';

export interface ServiceDefinition {
  readonly name: ServiceName;
  /** The service's own wiring; the database, messaging and this process's defaults are global. */
  readonly module: Type | DynamicModule;
  readonly migrations: readonly MigrationClass[];
  readonly environment: BaseEnvironment & { OPERATOR_TOKEN?: string | undefined };
  /** Before the first request: body parsers, WebSockets, static files. */
  readonly prepare?: (app: NestExpressApplication) => void | Promise<void>;
}

export interface RunningService {
  readonly app: INestApplication;
  readonly http: string;
  close(): Promise<void>;
}

export const kafkaOptionsOf = (environment: BaseEnvironment, clientId: string): KafkaOptions => ({
  brokers: environment.KAFKA_BROKERS,
  clientId,
  prefix: environment.KAFKA_TOPIC_PREFIX,
  ssl: environment.KAFKA_SSL || undefined,
  ...(environment.KAFKA_SASL_MECHANISM
    ? {
        sasl: {
          mechanism: environment.KAFKA_SASL_MECHANISM as 'plain',
          username: environment.KAFKA_SASL_USERNAME ?? '',
          password: environment.KAFKA_SASL_PASSWORD ?? '',
        },
      }
    : {}),
});

@Module({})
class ProcessModule {}

/** Without the password. */
const placeOf = (databaseUrl: string): string => {
  const { host, pathname } = new URL(databaseUrl);
  return host + pathname;
};

/** Starts one service: schema, topics, HTTP, waiting for database and Kafka as long as it takes. Ready when `/readyz` says so. */
export async function startService(definition: ServiceDefinition, onFatal: (error: Error) => void): Promise<RunningService> {
  const { environment, name } = definition;
  const database = databaseFor(
    environment.DATABASE_URL,
    name,
    [...messagingMigrations, ...definition.migrations],
    environment.DATABASE_CONNECTIONS_MAX,
  );
  const kafka = kafkaOptionsOf(environment, name);
  const logger = new ConsoleLogger({
    json: environment.LOG_JSON,
    prefix: name,
    logLevels: levelsFrom(environment.LOG_LEVEL),
    colors: false,
  });
  const waiting = new Waiting(logger, environment);
  try {
    await waiting.for(`the database ${placeOf(environment.DATABASE_URL)}`, () => connectAndMigrate(database));
    await waiting.for(`Kafka ${kafka.brokers.join(',')}`, () => whyKafkaIsAway(kafka));
  } finally {
    await waiting.over();
  }
  const root: DynamicModule = {
    module: ProcessModule,
    global: true,
    imports: [
      MessagingModule.forService({
        service: name,
        kafka,
        onFatal,
        clockOffsetMs: environment.SIGNALBOX_CLOCK_OFFSET_MS,
        failPoint: failPoint(environment.SIGNALBOX_FAIL_POINT),
      }),
      definition.module,
    ],
    controllers: [HealthController, OperatorController],
    providers: [
      { provide: DataSource, useValue: database },
      Metrics,
      Readiness,
      OperatorGuard,
      { provide: OPERATOR_TOKEN, useValue: environment.OPERATOR_TOKEN },
    ],
    exports: [DataSource, Metrics, Readiness],
  };
  const app = await NestFactory.create<NestExpressApplication>(root, { logger, bodyParser: false, abortOnError: false });
  app.useGlobalFilters(new ProblemFilter());
  app.disable('x-powered-by');
  let closing: Promise<void> | undefined;
  // A kept-alive connection whose client goes on asking would hold the server open until the drain's time is over.
  app.use((_request: unknown, response: ServerResponse, next: () => void) => {
    if (closing) response.setHeader('Connection', 'close');
    next();
  });
  await definition.prepare?.(app);
  const transport = app.get(KafkaTransport);
  app.connectMicroservice({ strategy: transport });
  await app.startAllMicroservices();
  await app.listen(environment.PORT, environment.HOST);
  const http = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const close = (): Promise<void> => (closing ??= app.close().then(() => (database.isInitialized ? database.destroy() : undefined)));
  return { app, http, close };
}

/** Runs a service as this process: starts it, says where it listens, drains it on SIGTERM, and ends non-zero when it cannot go on. */
export async function runService(definition: ServiceDefinition): Promise<void> {
  const logger = new Logger('Process');
  const fatal = (error: Error): void => {
    logger.error(`cannot go on: ${error.message}`);
    process.exit(1);
  };
  process.on('unhandledRejection', (reason) => fatal(reason as Error));
  let running: RunningService | undefined;
  const stop = (): void => {
    // Still starting, perhaps waiting: nothing has been promised to anybody yet, and what is half done rolls back.
    if (!running) process.exit(0);
    // A drain takes at most the running unit, 8 s for the consumer and 5 s for the relay; then the process ends whatever is left.
    setTimeout(() => process.exit(1), 20_000).unref();
    running.close().then(
      () => process.exit(0),
      (error: Error) => fatal(error),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (definition.environment.SIGNALBOX_END_WITH_STDIN) process.stdin.on('end', stop).on('error', stop).resume();
  try {
    running = await startService(definition, fatal);
  } catch (error) {
    process.stderr.write(`${definition.name}: ${(error as Error).message}\n`);
    process.exit(1);
  }
  process.stdout.write(`${JSON.stringify({ service: definition.name, http: running.http })}\n`);
}

const levelsFrom = (level: BaseEnvironment['LOG_LEVEL']) => {
  const levels = ['fatal', 'error', 'warn', 'log', 'debug'] as const;
  return levels.slice(0, levels.indexOf(level) + 1);
};
