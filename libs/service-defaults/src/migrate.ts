import { DataSource, type MigrationInterface } from 'typeorm';

export type MigrationClass = new () => MigrationInterface;
/** Any constant: instances that start together migrate one after the other. */
const LOCK = 5_106_018;

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
    extra: { statement_timeout: 60_000, idle_in_transaction_session_timeout: 60_000 },
  });
}

/** Connects and brings the schema up to date. Safe when several instances start at once. */
export async function connectAndMigrate(database: DataSource): Promise<void> {
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
