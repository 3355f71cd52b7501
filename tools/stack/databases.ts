import { Client } from 'pg';

/** A role and a database for one service; nobody else may connect to it. Safe to repeat. Returns the service's own URL. */
export async function databaseOf(administratorUrl: string, service: string, password: string): Promise<string> {
  const name = `signalbox_${service.replaceAll('-', '_')}`;
  const admin = new Client({ connectionString: administratorUrl });
  await admin.connect();
  try {
    const { rows } = await admin.query<{ role: boolean; database: boolean }>(
      'select exists (select from pg_roles where rolname = $1) as role, exists (select from pg_database where datname = $1) as database',
      [name],
    );
    // Identifiers are made of our own service names; the password is quoted by the server itself.
    const { rows: quoted } = await admin.query<{ password: string }>('select quote_literal($1) as password', [password]);
    await admin.query(`${rows[0]!.role ? 'alter' : 'create'} role ${name} login password ${quoted[0]!.password}`);
    if (!rows[0]!.database) {
      await admin.query(`grant ${name} to current_user`);
      await admin.query(`create database ${name} owner ${name}`);
    }
    await admin.query(`revoke connect on database ${name} from public`);
  } finally {
    await admin.end();
  }
  const url = new URL(administratorUrl);
  url.username = name;
  url.password = password;
  url.pathname = `/${name}`;
  return url.href;
}
