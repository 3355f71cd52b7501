import { RoutingRoundsTopic, RoutingTopic, type AssignmentProposed, type RoundRecorded } from '@signalbox/contracts';
import type { Stack } from '@signalbox/test-stack';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aStack } from './a-stack.js';
import { agent, configuration, ready } from './events.js';

const AGENTS = 8;
const UNITS_MAX = 30;
const FROZEN_MS = 45_000;

let stack: Stack;
const instances: ChildProcess[] = [];

/** An instance as it is deployed: a process, so that it can be frozen. */
async function start(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--no-warnings', join(process.cwd(), 'services/routing/dist/main.js')], {
    env: { ...env, PATH: process.env['PATH'], SIGNALBOX_END_WITH_STDIN: 'true' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  instances.push(child);
  await once(child.stdout!, 'data');
  child.stdout!.resume();
  return child;
}
const proposals = () =>
  stack.events(RoutingTopic).filter((event) => event.type === 'AssignmentProposed') as unknown as (AssignmentProposed & {
    ticketId: string;
  })[];

beforeEach(async () => {
  stack = await aStack();
});
afterEach(async () => {
  for (const child of instances.splice(0)) {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
  }
  await stack.stop();
});

it('decides on nothing twice and beyond nobody’s room, though one of two instances is frozen for 45 s, its clock a minute ahead', async () => {
  await stack.publish(...configuration());
  const env = await stack.environmentFor('routing');
  const [frozen] = [await start({ ...env, SIGNALBOX_CLOCK_OFFSET_MS: '60000' }), await start(env)];
  await stack.publish(...Array.from({ length: AGENTS }, (_, nth) => agent(`agent-${nth}`, { unitsMax: UNITS_MAX })));
  await stack.settled();

  // Tickets all the time, so that it is frozen in the middle of something.
  let nth = 0;
  const publishFor = async (milliseconds: number): Promise<void> => {
    for (const until = Date.now() + milliseconds; Date.now() < until; await sleep(200)) {
      if (nth >= AGENTS * UNITS_MAX + 20) continue;
      const tickets = Array.from({ length: 2 }, () => ready(`ticket-${(nth += 1)}`)).flat();
      await stack.publish(...tickets, ...tickets);
    }
  };
  await publishFor(1_500);
  frozen.kill('SIGSTOP');
  const before = new Set(proposals().map(({ ticketId }) => ticketId)).size;
  await publishFor(FROZEN_MS);
  const meanwhile = new Set(proposals().map(({ ticketId }) => ticketId)).size;
  frozen.kill('SIGCONT');
  await publishFor(3_000);
  await stack.settled();

  // The other one took over what was left, and its rounds went on.
  expect(meanwhile).toBeGreaterThan(before + 20);
  const proposedOf = Map.groupBy(proposals(), ({ ticketId }) => ticketId);
  for (const [ticketId, own] of proposedOf) {
    // Sent again when nobody answers, never decided anew.
    const said = new Set(own.map(({ data }) => `${data.proposalId} ${data.agentId}`));
    expect({ ticketId, said: said.size }).toEqual({ ticketId, said: 1 });
  }
  const unitsOf = new Map<string, number>();
  for (const [first] of proposedOf.values()) unitsOf.set(first!.data.agentId, (unitsOf.get(first!.data.agentId) ?? 0) + first!.data.units);
  for (const units of unitsOf.values()) expect(units).toBeLessThanOrEqual(UNITS_MAX);
  expect(proposedOf.size).toBe(Math.min(nth, AGENTS * UNITS_MAX));
  const rounds = stack.events(RoutingRoundsTopic).filter((event) => event.type === 'RoundRecorded') as unknown as RoundRecorded[];
  const numbers = rounds.filter(({ data }) => data.proposals.length > 0).map(({ data }) => data.round);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(await stack.query('routing', 'select id from messaging.dead_letter')).toEqual([]);
}, 240_000);
