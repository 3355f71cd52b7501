import { isInfrastructure } from '@signalbox/messaging';
import { DataSource, type MigrationInterface } from 'typeorm';

export type MigrationClass = new () => MigrationInterface;
/** Any constant: instances that start together migrate one after the other. */
const LOCK = 5_106_018;
/** A process that is frozen in the middle of a unit keeps its rows so long; woken, it finds itself cut off and does the unit again. */
const IDLE_IN_TRANSACTION_MS = 15_000;

/** A pool on the service's own database. Nobody else holds its credentials. */
export function databaseFor(url: string, name: string, migrations: readonly MigrationClass[], connectionsMax: number): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName: `signalbox-${name}`,
    migrations: [...migrations],
    migrationsTransactionMode: 'each',
    synchronize: false,
    poolSize: connectionsMax,
    connectTimeoutMS: 5_000,
    // An idle connection that the server closed must not end the process; the next query takes a new one.
    poolErrorHandler: () => undefined,
    // Statements that do not wait for each other's answers share a round trip.
    extra: { statement_timeout: 60_000, idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS, pipeline: true },
  });
}

// 55000: the database accepts no connections at the moment. A wrong password (28P01) or name (3D000) is no matter of time.
const AWAY = /\b(55000|EHOSTUNREACH|ENETUNREACH|timeout expired)\b/;

/**
 * Connects and brings the schema up to date. Safe when several instances start at once, and when the one before ended half way.
 * @returns why the database is away, or undefined when all is done
 */
export async function connectAndMigrate(database: DataSource): Promise<string | undefined> {
  try {
    await migrate(database);
    return undefined;
  } catch (error) {
    if (database.isInitialized) await database.destroy().catch(() => undefined);
    const { code = '', message } = error as Error & { code?: string };
    if (!isInfrastructure(error) && !AWAY.test(`${code} ${message}`)) throw error;
    // A name with two addresses, both refused, gives an error without a message.
    return message || code;
  }
}

async function migrate(database: DataSource): Promise<void> {
  await database.initialize();
  const runner = database.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('select pg_advisory_lock($1)', [LOCK]);
    await database.runMigrations();
  } finally {
    await runner.query('select pg_advisory_unlock_all()').catch(() => undefined);
    await runner.release();
  }
}
