import {
  NextRequested,
  RoutingRoundsTopic,
  RoutingTopic,
  TicketReleased,
  WhyIdleRequested,
  type AgentState,
  type Draft,
  type IdleExplained,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import type { Stack } from '@signalbox/test-stack';
import { routing } from '../src/service.js';
import { aStack } from './a-stack.js';
import { agent, configuration, ready, snapshot } from './events.js';

let stack: Stack;
let service: RunningService;
const twice = async (...events: Draft[]): Promise<void> => {
  await stack.publish(...events, ...events);
  await stack.settled();
};
/** Asks why this agent has no work, twice delivered; everything that was ever answered about them. */
async function asked(agentId: string): Promise<IdleExplained['data'][]> {
  await twice(WhyIdleRequested(agentId, { byAgentId: 'sup-lead', askedAt: '2026-11-24T09:00:00Z' }));
  return (stack.eventsAbout(agentId, RoutingTopic) as unknown as IdleExplained[]).map(({ data }) => data);
}

beforeEach(async () => {
  stack = await aStack();
  await stack.publish(...configuration());
  service = await startService(routing(await stack.environmentFor('routing')), (error) => {
    throw error;
  });
});
afterEach(async () => {
  await service.close();
  await stack.stop();
});

it('says once, counted, why nothing that waits is for an agent, and decides nothing', async () => {
  const left = { ticket: snapshot({ excludedAgentIds: ['agent-beginner'] }), agentId: 'agent-beginner', why: 'supervisor' as const };
  await twice(
    agent('agent-beginner', { skills: { accounting: 1 } }),
    ...ready('first'),
    ...ready('second'),
    ...ready('theirs-before', { category: null }),
    TicketReleased('theirs-before', left),
  );
  expect(await asked('agent-beginner')).toEqual([
    {
      requestId: expect.any(String),
      why: 'nothing-fits',
      reasons: [
        { reason: 'accounting below 3', tickets: 2 },
        { reason: 'excluded for this ticket', tickets: 1 },
      ],
      waiting: 3,
      bounded: false,
      onTheWay: 0,
      explainedAt: expect.any(String),
    },
  ]);
  const [answer] = stack.eventsAbout('agent-beginner', RoutingTopic) as unknown as (IdleExplained & { causationId: string })[];
  expect(answer!.causationId).toBe(answer!.data.requestId);
  expect(stack.eventsAbout('default', RoutingRoundsTopic).filter(({ type }) => type === 'RoundRecorded')).toEqual([]);
});

it('says what keeps an agent from any ticket, and that nothing waits', async () => {
  await twice(
    agent('agent-away', { presence: 'away' }),
    agent('agent-out', { inRotation: false }),
    agent('agent-full', { unitsUsed: 6 }),
    agent('agent-free'),
  );
  expect(await asked('agent-away')).toMatchObject([{ why: 'away', waiting: 0 }]);
  expect(await asked('agent-out')).toMatchObject([{ why: 'out-of-rotation' }]);
  expect(await asked('agent-full')).toMatchObject([{ why: 'no-room' }]);
  expect(await asked('agent-nobody')).toMatchObject([{ why: 'unknown-agent' }]);
  expect(await asked('agent-free')).toMatchObject([{ why: 'nothing-waits', onTheWay: 0 }]);
});

it('says that a ticket is proposed or offered to them just now', async () => {
  await twice(agent('agent-asked'), ...ready('proposed'));
  expect(await asked('agent-asked')).toMatchObject([{ why: 'nothing-waits', onTheWay: 1 }]);
  const holds: AgentState['data']['holds'] = [{ ticketId: 'offered', units: 1, channel: 'chat', state: 'offered', dueAt: null }];
  await twice(agent('agent-asked', { agentVersion: 2, unitsUsed: 1, holds }));
  expect((await asked('agent-asked')).slice(1)).toMatchObject([{ why: 'nothing-waits', onTheWay: 2 }]);
});

it('says when it looked at no more tickets than a round does', async () => {
  const tickets = Array.from({ length: 201 }, (_, nth) => ready(`ticket-${nth}`)).flat();
  await twice(agent('agent-beginner', { skills: {} }), ...tickets);
  expect(await asked('agent-beginner')).toMatchObject([
    { why: 'nothing-fits', reasons: [{ reason: 'accounting below 3', tickets: 200 }], waiting: 200, bounded: true },
  ]);
  await twice(NextRequested('agent-beginner', { askedAt: '2026-11-24T09:00:30Z' }));
  expect(stack.eventsAbout('agent-beginner', RoutingTopic).at(-1)).toMatchObject({
    type: 'NextAnswered',
    data: { why: 'nothing-fits', reasons: [{ reason: 'accounting below 3', tickets: 200 }], waiting: 200, bounded: true },
  });
});
