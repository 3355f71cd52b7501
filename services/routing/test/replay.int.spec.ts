import {
  ClocksChanged,
  NextRequested,
  RoutingTopic,
  SatisfactionRated,
  TicketAssigned,
  TicketSolved,
  type AssignmentProposed,
  type Draft,
  type Received,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import type { Stack } from '@signalbox/test-stack';
import { routing } from '../src/service.js';
import { aStack } from './a-stack.js';
import { agent, configuration, enriched, hold, ready, snapshot } from './events.js';
import { roundsDecidedAgain } from './replaying.js';

let stack: Stack;
let services: RunningService[] = [];

beforeEach(async () => {
  stack = await aStack();
  const environment = await stack.environmentFor('routing');
  const fail = (error: Error): never => {
    throw error;
  };
  services = [await startService(routing(environment), fail), await startService(routing(environment), fail)];
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  await stack.stop();
});

const twice = (...events: Draft[]): Promise<void> => stack.publish(...events, ...events);
const proposed = (): Received<AssignmentProposed>[] =>
  stack.events(RoutingTopic).filter(({ type }) => type === 'AssignmentProposed') as unknown as Received<AssignmentProposed>[];

/** What assignment says of a proposal that was taken, worked on for so many minutes and rated. */
function workedOn({ ticketId, data: { agentId, proposalId } }: AssignmentProposed, nth: number): Draft[] {
  const from = Date.parse('2026-11-20T09:00:00Z') + nth * 3_600_000;
  const assignedAt = new Date(from).toISOString();
  const owned = snapshot({ status: 'open', agentId, epoch: 2 });
  return [
    TicketAssigned(ticketId, { ticket: owned, agentId, proposalId, how: 'automatic', units: 1, assignedAt }),
    TicketSolved(ticketId, {
      ticket: snapshot({ status: 'solved', agentId, epoch: 2 }),
      agentId,
      how: 'agent',
      assignedAt,
      solvedAt: new Date(from + (5 + ((nth * 7) % 50)) * 60_000).toISOString(),
    }),
    SatisfactionRated(ticketId, { score: 1 + (nth % 5), agentId, ratedAt: assignedAt }),
  ];
}

it('decides every round of a run again to the same bytes, from the topics alone', async () => {
  // The fields of records in an order that no database keeps.
  const weights = { standard: { workload: 0.7, skill: 1, satisfaction: 0.3, idle: 0.2, speed: 0.6, resolution: 0.4, language: 0.1 } };
  await stack.publish(...configuration({ weights, fairness: { windowMinutes: 60, ticketsMax: 5 } }));
  await stack.settled();
  let version = 1;
  const solvedBefore = new Set<string>();
  for (let wave = 0; wave < 8; wave += 1) {
    if (wave === 4) {
      const later = { standard: { speed: 1, skill: 0.3, workload: 0.1, language: 0.2 } };
      await twice(...configuration({ weights: later, shrinkageTickets: 4, relaxation: [{ afterSeconds: 0, lowerSkillsBy: 1 }] }, 2));
    }
    for (let nth = 0; nth < 5; nth += 1) {
      version += 1;
      const level = 1 + ((wave + nth) % 5);
      await twice(
        agent(`agent-${nth}`, {
          agentVersion: version,
          skills: { accounting: level, technical: 6 - level },
          unitsUsed: (wave * nth) % 4,
          presence: (wave + nth) % 6 === 5 ? 'away' : 'online',
          removed: wave === 6 && nth === 4 ? true : undefined,
        }),
      );
    }
    const tickets = Array.from({ length: 4 }, (_, nth) => `wave-${wave}-${nth}`);
    await twice(
      ...tickets.flatMap((ticketId, nth) =>
        ready(ticketId, { category: nth % 2 === 0 ? 'billing-dispute' : 'technical-problem', priority: nth === 3 ? 'urgent' : 'normal' }),
      ),
    );
    await stack.settled();
    const fresh = proposed().filter(({ ticketId }) => !solvedBefore.has(ticketId));
    for (const { ticketId } of fresh) solvedBefore.add(ticketId);
    await twice(...fresh.flatMap((one) => workedOn(one, solvedBefore.size)), enriched(`wave-${wave}-0`));
    await stack.settled();
  }

  // One that nobody gets as long as all have other work, until somebody asks; then an owner is late.
  const weighted = { weights: { standard: { resolution: 1 } }, startWithinMinutes: 0, rescueWithinMinutes: 30 };
  await twice(...configuration({ ...weighted, learning: { holdoutShare: 0, explorationShare: 0.5 } }, 3));
  await stack.settled();
  for (let nth = 0; nth < 5; nth += 1) {
    version += 1;
    await twice(agent(`agent-${nth}`, { agentVersion: version, unitsUsed: 2, holds: [hold(`x-${nth}`), hold(`y-${nth}`)] }));
  }
  await twice(...ready('pressing'));
  await stack.settled();
  await twice(NextRequested('agent-0', { askedAt: '2026-11-24T09:00:00Z' }));
  await stack.settled();
  await twice(agent('agent-free', { agentVersion: 1 }));
  await stack.settled();
  const owned = snapshot({ status: 'open', agentId: 'agent-1', epoch: 2 });
  const clock = {
    target: 'firstResponse',
    instance: 1,
    status: 'running',
    startedAt: '2026-11-24T09:00:00.000Z',
    targetMinutes: 60,
  } as const;
  const dueAt = new Date(Date.now() + 20 * 60_000).toISOString();
  await twice(
    ...ready('late'),
    TicketAssigned('late', { ticket: owned, agentId: 'agent-1', how: 'automatic', units: 1, assignedAt: '2026-11-24T09:00:00Z' }),
    ClocksChanged('late', {
      policy: { name: 'standard', version: 1 },
      calendar: { name: 'office', version: 1 },
      clocks: [{ ...clock, dueAt, breachedAt: null, stoppedAt: null }],
    }),
  );
  await stack.settled();
  // The sweep may find it later than everything else is quiet.
  const isRescued = () => proposed().some(({ data }) => data.rescue);
  for (const deadline = Date.now() + 10_000; Date.now() < deadline && !isRescued();) await stack.settled();

  const rounds = roundsDecidedAgain(stack);
  const said = proposed().map(({ data }) => data);
  // A run that tries something: many rounds, both policies, several snapshots, changes as well as checkpoints.
  expect(rounds.flatMap(({ proposals }) => proposals)).toHaveLength(new Set(said.map(({ proposalId }) => proposalId)).size);
  expect(rounds.length).toBeGreaterThan(8);
  expect(new Set(rounds.map(({ policy }) => policy.version))).toEqual(new Set([1, 2, 3]));
  expect(new Set(rounds.map(({ performance }) => performance.snapshot)).size).toBeGreaterThan(3);
  expect(rounds.filter(({ onlyAgentId }) => onlyAgentId === 'agent-0')).toHaveLength(1);
  expect(said.filter(({ pulled }) => pulled)).toMatchObject([{ agentId: 'agent-0' }]);
  expect(said.filter(({ rescue }) => rescue)).toMatchObject([{ agentId: 'agent-free' }]);
  expect(rounds.at(-1)!.performance.cells.length).toBeGreaterThan(4);
});
