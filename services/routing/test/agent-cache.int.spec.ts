import { AgentState } from '@signalbox/contracts';
import { NO_CONFIGURATION } from '@signalbox/messaging';
import { startService, type RunningService } from '@signalbox/service-defaults';
import { Stack } from '@signalbox/test-stack';
import { DataSource } from 'typeorm';
import { AgentCache, AgentStore } from '../src/agent.store.js';
import { ExperienceCache } from '../src/experience.store.js';
import { routing } from '../src/service.js';

let stack: Stack;
let service: RunningService;
let database: DataSource;

beforeAll(async () => {
  stack = await Stack.start({ kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','), databaseUrl: process.env['DATABASE_URL']! });
  service = await startService(routing(await stack.environmentFor('routing')), (error) => {
    throw error;
  });
  database = service.app.get(DataSource);
});
afterAll(async () => {
  await service?.close();
  await stack?.stop();
});

const state = (agentId: string, unitsMax: number) => ({
  agentId,
  state: AgentState(agentId, {
    agentVersion: unitsMax,
    skills: {},
    languages: {},
    queueIds: [],
    unitsMax,
    unitsUsed: 0,
    channelUnitsMax: {},
    presence: 'online',
    inRotation: true,
    idleSince: null,
    shiftEndsAt: null,
    holds: [],
  }).data,
});

describe("a round's copy of the agents", () => {
  it('keeps nothing that its own transaction wrote and then rolled back', async () => {
    const cache = new AgentCache();
    const experience = new ExperienceCache();
    await database.transaction(async (tx) => new AgentStore(tx).save([state('stays', 1)], NO_CONFIGURATION));
    await database.transaction(async (tx) => cache.renew(tx));
    await database
      .transaction(async (tx) => {
        await new AgentStore(tx).save([state('stays', 9), state('never', 9)], NO_CONFIGURATION);
        await tx.query(`insert into observed (agent_id, category, tickets) values ('never', 'billing', 1)`);
        await cache.renew(tx);
        await experience.renew(tx);
        expect(cache.of('default').map(({ agentId, unitsMax }) => [agentId, unitsMax])).toEqual([
          ['never', 9],
          ['stays', 9],
        ]);
        expect(experience.cells.size).toBe(1);
        throw new Error('rolled back');
      })
      .catch((error: Error) => expect(error.message).toBe('rolled back'));
    await database.transaction(async (tx) => cache.renew(tx));
    const { changed } = await database.transaction(async (tx) => experience.renew(tx));
    expect(cache.of('default').map(({ agentId, unitsMax }) => [agentId, unitsMax])).toEqual([['stays', 1]]);
    expect(experience.cells.size).toBe(0);
    expect(changed).toBe(true);
  });
});
