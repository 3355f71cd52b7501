import { jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { inTransaction, type Session } from '../src/session.js';

const schema = `s${randomBytes(4).toString('hex')}`;
const SAVE = `insert into ${schema}.kept values ($1)`;
let database: DataSource;
const sent: string[] = [];
const kept = async () => (await database.query<{ id: number }[]>(`select id from ${schema}.kept order by id`)).map(({ id }) => id);

beforeAll(async () => {
  database = await new DataSource({ type: 'postgres', url: process.env['DATABASE_URL']!, extra: { pipeline: true, max: 1 } }).initialize();
  await database.query(`create schema ${schema}`);
  await database.query(`create table ${schema}.kept (id int primary key)`);
  const runner = database.createQueryRunner();
  const client = Object.getPrototypeOf(await runner.connect()) as Session;
  await runner.release();
  const query = client.query;
  jest.spyOn(client, 'query').mockImplementation(function (this: Session, text, values) {
    sent.push(typeof text === 'string' ? text : (text as { text: string }).text);
    return query.call(this, text, values);
  });
});
afterAll(async () => {
  await database.query(`drop schema ${schema} cascade`);
  await database.destroy();
});
beforeEach(() => {
  sent.length = 0;
});

describe('a transaction', () => {
  it('sends its last statement and the commit together, in this order', async () => {
    const { done, last } = await inTransaction(database, async (tx) => {
      await tx.query(SAVE, [1]);
      return { done: 'both', last: tx.query(`${SAVE} returning id`, [2]) };
    });
    expect(sent).toEqual(['START TRANSACTION', SAVE, `${SAVE} returning id`, 'COMMIT']);
    expect([done, last]).toEqual(['both', [{ id: 2 }]]);
    expect(await kept()).toEqual([1, 2]);
  });

  it('is rolled back when the last statement fails, though the commit is on its way', async () => {
    const failing = inTransaction(database, async (tx) => {
      await tx.query(SAVE, [3]);
      return { done: null, last: tx.query(SAVE, [1]) };
    });
    await expect(failing).rejects.toMatchObject({ driverError: { code: '23505' } });
    expect(sent.slice(0, 4)).toEqual(['START TRANSACTION', SAVE, SAVE, 'COMMIT']);
    expect(await kept()).toEqual([1, 2]);
    await inTransaction(database, async (tx) => ({ done: null, last: tx.query(SAVE, [4]) }));
    expect(await kept()).toEqual([1, 2, 4]);
  });

  it('is rolled back when its work throws', async () => {
    const failing = inTransaction(database, async (tx) => {
      await tx.query(SAVE, [5]);
      throw new Error('on second thoughts');
    });
    await expect(failing).rejects.toThrow('on second thoughts');
    expect(sent.at(-1)).toBe('ROLLBACK');
    expect(await kept()).toEqual([1, 2, 4]);
  });
});
