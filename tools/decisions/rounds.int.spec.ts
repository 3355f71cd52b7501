import { RoutingRoundsTopic, type Draft } from '@signalbox/contracts';
import { recordPerformance, recordRound, type CandidateAgent } from '@signalbox/routing/domain';
import { Stack } from '@signalbox/test-stack';
import { readLogs, readRounds } from './rounds.ts';

const ROUNDS = 60;
const CHECKPOINTS = [1, 41];
const at = (round: number): Date => new Date(Date.parse('2026-11-24T09:00:00Z') + round * 1_000);
const agent = (agentId: string, unitsUsed: number) => ({ agentId, unitsUsed }) as unknown as CandidateAgent;
/** Each round changes one agent; the other has been there since the first. */
function recordsOf(round: number): Draft[] {
  const checkpoint = CHECKPOINTS.includes(round);
  const changed = [agent('bo', round)];
  const performance = {
    snapshot: round,
    asOf: at(round).toISOString(),
    checkpoint: round === 1,
    cells: [],
    loads: [],
    returns: { tickets: round, minutes: 0 },
  };
  return [
    ...recordPerformance('default', performance),
    ...recordRound('default', {
      round,
      seed: round,
      now: at(round).toISOString(),
      checkpoint,
      tickets: [],
      agents: checkpoint ? [agent('ana', 0), ...changed] : changed,
      removedAgentIds: [],
      passing: new Map(),
      policy: { name: 'standard', version: 1 },
      configuration: 1,
      members: checkpoint ? ['routing-policy/standard@1'] : undefined,
      performanceSnapshot: round,
      proposals: [{ ticketId: 'a-ticket', agentId: 'bo', score: 0.5 }],
    }),
  ];
}

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({
    kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
    databaseUrl: process.env['DATABASE_URL']!,
    topics: [RoutingRoundsTopic],
    listen: false,
  });
  const records = Array.from({ length: ROUNDS }, (_, nth) => recordsOf(nth + 1)).flat();
  await stack.publish(...records.flatMap((record) => [record, record]));
});
afterAll(() => stack.stop());

it('rounds are told from as far back as they build on, and no further', async () => {
  const told: object[] = [];
  const untold = await readRounds(stack.kafka, at(50), ({ round, agents, performance }) => {
    told.push({ round, used: agents.map(({ agentId, unitsUsed }) => `${agentId} ${unitsUsed}`), returns: performance.returns.tickets });
    return round === 52;
  });
  expect(untold).toBeUndefined();
  expect(told).toEqual([50, 51, 52].map((round) => ({ round, used: ['ana 0', `bo ${round}`], returns: round })));
});

it('rounds whose beginning is gone are said to be so', async () => {
  // Written after what they are about, as by a clock an hour behind.
  const later = new Date(Date.now() + 3_600_000);
  const logs = await readLogs(stack.kafka, later, [6]);
  const [next] = recordsOf(ROUNDS + 1).slice(-1);
  const take = (record: Draft | undefined, version: number) =>
    logs.take({ ...record, version } as unknown as Parameters<typeof logs.take>[0]);
  expect(take(next, 2 * ROUNDS + 2)).toMatchObject({ round: ROUNDS + 1, missing: 'checkpoint' });
  const wider = await readLogs(stack.kafka, later, [6, 1_000]);
  const [performance, round] = recordsOf(ROUNDS + 1);
  wider.take({ ...performance, version: 2 * ROUNDS + 1 } as unknown as Parameters<typeof logs.take>[0]);
  expect(wider.take({ ...round, version: 2 * ROUNDS + 2 } as unknown as Parameters<typeof logs.take>[0])).toMatchObject({
    round: ROUNDS + 1,
    agents: [{ agentId: 'ana' }, { agentId: 'bo', unitsUsed: ROUNDS + 1 }],
  });
});
