import {
  RoutingRoundsTopic,
  RoutingTopic,
  StatusChanged,
  TicketAssigned,
  TicketEscalated,
  TicketReleased,
  type AssignmentProposed,
  type Draft,
  type Received,
  type RoundRecorded,
  type TicketSnapshot,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import type { Stack } from '@signalbox/test-stack';
import { routing } from '../src/service.js';
import { aStack } from './a-stack.js';
import { agent, configuration, hold, ready, snapshot } from './events.js';
import { roundsDecidedAgain } from './replaying.js';

let stack: Stack;
let service: RunningService;

beforeEach(async () => {
  stack = await aStack();
  await stack.publish(...configuration({ relaxation: [] }));
  service = await startService(routing(await stack.environmentFor('routing')), (error) => {
    throw error;
  });
});
afterEach(async () => {
  await service.close();
  await stack.stop();
});

const twice = async (...events: Draft[]): Promise<void> => {
  await stack.publish(...events, ...events);
  await stack.settled();
};
const proposals = (ticketId: string): Received<AssignmentProposed>[] =>
  stack
    .eventsAbout(ticketId, RoutingTopic)
    .filter(({ type }) => type === 'AssignmentProposed') as unknown as Received<AssignmentProposed>[];
const escalated = (ticketId: string, asks: Partial<TicketEscalated['data']>): Draft =>
  TicketEscalated(ticketId, {
    level: 2,
    cause: 'due',
    explanation: 'at the deadline',
    notify: [],
    escalatedAt: new Date().toISOString(),
    ...asks,
  });
const assigned = (ticketId: string, agentId: string, fields: Partial<TicketSnapshot> = {}, proposalId?: string): Draft =>
  TicketAssigned(ticketId, {
    ticket: snapshot({ status: 'open', agentId, epoch: 2, ...fields }),
    agentId,
    proposalId,
    how: 'automatic',
    units: 1,
    assignedAt: new Date().toISOString(),
  });

it('changes the next decision, whose record and proposal say what was demanded', async () => {
  await twice(agent('agent-junior', { skills: { accounting: 5 } }), agent('agent-senior', { skills: { accounting: 3, seniority: 3 } }));
  await twice(...ready('dispute'));
  const [first] = proposals('dispute');
  expect(first!.data).toMatchObject({ agentId: 'agent-junior', priority: 'normal' });
  await twice(assigned('dispute', 'agent-junior', {}, first!.data.proposalId));
  await twice(escalated('dispute', { raisePriorityTo: 'urgent', addSkills: { seniority: 3 }, requeue: true }));
  const raised = { priorityOverride: 'urgent' as const, extraSkills: { seniority: 3 } };
  const kept = snapshot({ status: 'open', agentId: 'agent-junior', epoch: 2, ...raised });
  const back = snapshot({ status: 'open', epoch: 3, ...raised });
  await twice(
    StatusChanged('dispute', { ticket: kept, from: 'open', cause: 'escalation' }),
    TicketReleased('dispute', { ticket: back, agentId: 'agent-junior', why: 'escalation' }),
  );
  const next = proposals('dispute').at(-1)!;
  expect(next.data).toMatchObject({
    agentId: 'agent-senior',
    priority: 'urgent',
    extraSkills: { seniority: 3 },
    excluded: [{ reason: 'seniority below 3', agents: 1 }],
  });
  const record = stack.events(RoutingRoundsTopic).findLast(({ type }) => type === 'RoundRecorded')!
    .data as unknown as RoundRecorded['data'];
  expect(record.round).toBe(next.data.round);
  expect(record.tickets).toMatchObject([{ ticketId: 'dispute', priority: 'urgent', extraSkills: { seniority: 3 } }]);
  roundsDecidedAgain(stack);
});

it('has an owned ticket rescued, though the policy rescues none and no deadline is near, by who can begin it first', async () => {
  await twice(
    agent('agent-owner', { unitsUsed: 2, holds: [hold('late'), hold('another')] }),
    agent('agent-buried', { unitsUsed: 3, holds: [hold('x'), hold('y'), hold('z')] }),
  );
  await twice(...ready('late'), assigned('late', 'agent-owner'));
  await twice(escalated('late', { offerRescue: true }), escalated('other', {}));
  // The sweep finds it: a round that brings nobody leaves no trace but this.
  const tried = async () =>
    (await stack.query<{ facts: { rescue?: object } }>('routing', `select facts from routing_ticket where ticket_id = 'late'`))[0]!.facts
      .rescue;
  for (const until = Date.now() + 20_000; !(await tried()) && Date.now() < until;) await stack.settled();
  expect(await tried()).toMatchObject({ proposed: 0 });
  expect(proposals('late')).toEqual([]);
  await twice(agent('agent-free'));
  // Asked for again by the next level: tried again at once.
  await twice(escalated('late', { level: 3, offerRescue: true }));
  for (const until = Date.now() + 20_000; proposals('late').length === 0 && Date.now() < until;) await stack.settled();
  expect(proposals('late')).toMatchObject([{ data: { agentId: 'agent-free', rescue: true, epoch: 2 } }]);
  roundsDecidedAgain(stack);
  const { proposalId } = proposals('late')[0]!.data;
  await twice(assigned('late', 'agent-free', { epoch: 3 }, proposalId));
  expect(await stack.query('routing', `select state, rescue_asked from routing_ticket where ticket_id = 'late'`)).toEqual([
    { state: 'owned', rescue_asked: false },
  ]);
});
