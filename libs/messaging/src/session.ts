import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { DatabaseAway } from './unprocessable.js';

/** What this file uses of pg's client. */
export interface Session {
  query(query: unknown, values?: unknown): Promise<unknown>;
}

/** Names of statements that take parameters, by their text. The texts are constants; what is built anew each time stays unnamed beyond this. */
const names = new Map<string, string>();
const NAMES_MAX = 500;
function nameOf(text: string): string | undefined {
  let name = names.get(text);
  if (name === undefined && names.size < NAMES_MAX) names.set(text, (name = `unit-${names.size}`));
  return name;
}

/**
 * Columns for the first query of a transaction. A plan is kept for the life of a connection, also when it was made while the tables were
 * empty; under these settings, which end with the transaction, it is the one that is right when they are full: an index look-up per row.
 */
export const PLAN_FOR_FULL_TABLES = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']
  .map((setting) => `set_config('${setting}', 'off', true) as ${setting}`)
  .join(', ');
const prepared = new WeakSet<Session>();

/**
 * Lets a session parse and plan each statement once instead of every time, and begin a transaction together with its first statement:
 * a connection in pipeline mode then sends both at once. Should the beginning fail, so does that statement.
 */
export function prepareStatements(session: Session): void {
  if (prepared.has(session)) return;
  prepared.add(session);
  const query = session.query.bind(session);
  let begun: Promise<unknown> | undefined;
  session.query = async (text, values) => {
    if (text === 'START TRANSACTION') {
      begun = query(text);
      // Whoever sends the next statement is told.
      begun.catch(() => undefined);
      return NOTHING_YET;
    }
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    const answer = name === undefined ? query(text, values) : query({ name, text, values });
    if (begun === undefined) return answer;
    const first = begun;
    begun = undefined;
    const [began, answered] = await Promise.allSettled([first, answer]);
    if (began.status === 'rejected') throw new DatabaseAway((began.reason as Error).message, { cause: began.reason });
    if (answered.status === 'rejected') throw answered.reason;
    return answered.value;
  };
}
/** What TypeORM reads of an answer to a statement without rows. */
const NOTHING_YET = { command: 'START', rowCount: null, rows: [] };

/** @throws DatabaseAway: without a session nothing can be said about the work itself. */
async function begin(runner: QueryRunner): Promise<void> {
  try {
    prepareStatements((await runner.connect()) as Session);
    await runner.startTransaction();
  } catch (error) {
    throw new DatabaseAway((error as Error).message, { cause: error });
  }
}

/**
 * One transaction on a session whose statements are prepared. Rolled back, and the error passed on, when the work throws.
 * @param work gives what it did, and its last statement, sent but not waited for: the commit follows it at once. Should the database refuse
 *   the statement, it takes the commit for a rollback. What fails before it is sent must throw in the work itself.
 */
export async function inTransaction<T, Last>(
  database: DataSource,
  work: (tx: EntityManager) => Promise<{ done: T; last: Promise<Last> }>,
  failPoint?: (point: string) => void | Promise<void>,
): Promise<{ done: T; last: Last }> {
  const runner = database.createQueryRunner();
  try {
    await begin(runner);
    const { done, last } = await work(runner.manager);
    if (failPoint) {
      await last;
      await failPoint('before-commit');
    }
    const [answered, committed] = await Promise.allSettled([last, runner.commitTransaction()]);
    if (answered.status === 'rejected') throw answered.reason;
    if (committed.status === 'rejected') throw committed.reason;
    if (failPoint) await failPoint('after-commit');
    return { done, last: answered.value };
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release().catch(() => undefined);
  }
}
