import { RoutingRoundsTopic, type Draft } from '@signalbox/contracts';
import { recordPerformance, recordRound, type CandidateAgent } from '@signalbox/routing/domain';
import { Stack } from '@signalbox/test-stack';
import { readLogs, readRounds } from './rounds.ts';

const ROUNDS = 60;
const CHECKPOINTS = [1, 41];
const BEGAN_AT = Date.parse('2026-11-24T09:00:00Z');
const at = (round: number, beganAt = BEGAN_AT): Date => new Date(beganAt + round * 1_000);
const agent = (agentId: string, unitsUsed: number) => ({ agentId, unitsUsed }) as unknown as CandidateAgent;
/** Each round changes one agent; the other has been there since the first. */
function recordsOf(round: number, { domain = 'default', checkpoints = CHECKPOINTS, beganAt = BEGAN_AT } = {}): Draft[] {
  const checkpoint = checkpoints.includes(round);
  const changed = [agent('bo', round)];
  const performance = {
    snapshot: round,
    asOf: at(round, beganAt).toISOString(),
    checkpoint: round === 1,
    cells: [],
    loads: [],
    returns: { tickets: round, minutes: 0 },
  };
  return [
    ...recordPerformance(domain, performance),
    ...recordRound(domain, {
      round,
      seed: round,
      now: at(round, beganAt).toISOString(),
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

it('rounds of several domains are told once each, although one of them is read from further back', async () => {
  // Later than all records, so that reading begins a number of records before the end.
  const beganAt = Date.now() + 3_600_000;
  const domains = [
    { domain: 'eu', checkpoints: [1, 55], beganAt },
    { domain: 'us', checkpoints: [1], beganAt },
  ];
  const numbers = Array.from({ length: ROUNDS }, (_, nth) => nth + 1);
  for (const domain of domains) await stack.publish(...numbers.flatMap((round) => recordsOf(round, domain)));
  const told: string[] = [];
  const untold = await readRounds(stack.kafka, at(57, beganAt), ({ domain, round }) => void told.push(`${domain} ${round}`), [20, 1_000]);
  expect(untold).toBeUndefined();
  expect(told.sort()).toEqual(['eu', 'us'].flatMap((domain) => [57, 58, 59, 60].map((round) => `${domain} ${round}`)));

  const logs = await readLogs(stack.kafka, new Date(beganAt), [20, 1_000]);
  for (const domain of domains) {
    const [performance, round] = recordsOf(ROUNDS + 1, domain);
    logs.take({ ...performance, version: 2 * ROUNDS + 1 } as unknown as Parameters<typeof logs.take>[0]);
    const next = logs.take({ ...round, version: 2 * ROUNDS + 2 } as unknown as Parameters<typeof logs.take>[0]);
    expect(next).toMatchObject({ domain: domain.domain, agents: [{ agentId: 'ana' }, { agentId: 'bo', unitsUsed: ROUNDS + 1 }] });
  }
});
