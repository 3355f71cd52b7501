import {
  OfferMade,
  ProposalRejected,
  RoutingRoundsTopic,
  RoutingTopic,
  type AssignmentProposed,
  type Draft,
  type RoundRecorded,
  type TicketReceived,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import type { Stack } from '@signalbox/test-stack';
import { Client } from 'pg';
import { routing } from '../src/service.js';
import { aStack } from './a-stack.js';
import { agent, clocks, configuration, hold, ready, received, snapshot } from './events.js';

/** Ready, and received so long ago. */
const cameIn = (ticketId: string, minutesAgo: number, fields: Parameters<typeof ready>[1] = {}) => {
  const [first, ...others] = ready(ticketId, fields) as [TicketReceived, ...Draft[]];
  return [{ ...first, data: { ...first.data, receivedAt: new Date(Date.now() - minutesAgo * 60_000).toISOString() } }, ...others];
};
const now = (ticketId: string, fields: Parameters<typeof ready>[1] = {}) => cameIn(ticketId, 0, fields);

let stack: Stack;
let services: RunningService[] = [];
const start = async (more: NodeJS.ProcessEnv = {}) => {
  services.push(
    await startService(routing(await stack.environmentFor('routing', more)), (error) => {
      throw error;
    }),
  );
};
const proposals = (ticketId: string) =>
  stack.eventsAbout(ticketId, RoutingTopic).filter((event) => event.type === 'AssignmentProposed') as unknown as AssignmentProposed[];
/** How many waiting tickets a round would take now. */
const due = async (): Promise<number> => {
  const [row] = await stack.query<{ due: number }>(
    'routing',
    `select count(*)::int as due from routing_ticket where state = 'waiting'
     and (next_try_at <= now() or tried_bundle < 1 or tried_xmin <= (select max(roomier_xid::text::bigint)::text::xid8 from routing_agent))`,
  );
  return row!.due;
};
/** As long as any transaction on this server, of any database, is older than an agent's change, what waits is tried again and again. */
const nothingIsDue = async () => {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && (await due()) > 0;) await stack.settled();
  expect(await due()).toBe(0);
};
/** What only the sweep notices may come after everything else is quiet. */
const settledWith = async (isThere: () => boolean) => {
  await stack.settled();
  for (const deadline = Date.now() + 10_000; Date.now() < deadline && !isThere();) await stack.settled();
};

beforeEach(async () => {
  services = [];
  stack = await aStack();
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  expect(stack.rawRecords('signalbox.routing.dead-letters')).toEqual([]);
  await stack.stop();
});

describe('a waiting ticket', () => {
  it('is tried again when a new configuration asks for less', async () => {
    await stack.publish(...configuration());
    await start();
    await stack.publish(agent('agent-new', { skills: { accounting: 1 } }), ...ready('waiting'));
    await stack.settled();
    expect(proposals('waiting')).toEqual([]);
    await stack.publish(...configuration({ relaxation: [{ afterSeconds: 0, lowerSkillsBy: 2 }] }, 2));
    await settledWith(() => proposals('waiting').length > 0);
    expect(proposals('waiting')).toMatchObject([{ data: { agentId: 'agent-new', step: 1, policy: { version: 2 } } }]);
  });

  it('is found by the sweep though the service lives in another time', async () => {
    await stack.publish(...configuration({ enrichmentWaitMs: 20, answerWaitMs: 10, relaxation: [{ afterSeconds: 1, lowerSkillsBy: 5 }] }));
    await start({ SIGNALBOX_CLOCK_OFFSET_MS: '-7200000' });
    const earlier = new Date(Date.now() - 7_200_000).toISOString();
    await stack.publish(agent('agent-any'), { ...received('bare'), data: { ...received('bare').data, receivedAt: earlier } });
    await settledWith(() => proposals('bare').length > 0);
    expect(proposals('bare')).toHaveLength(1);
    await stack.query('routing', `update proposal set sent_at = sent_at - interval '1 minute'`);
    await settledWith(() => proposals('bare').length > 1);
    expect(new Set(proposals('bare').map((event) => event.data.proposalId)).size).toBe(1);
  });

  it('asks for no round until something changes, wherever it stands in a queue longer than a round', async () => {
    await stack.publish(...configuration());
    await start();
    const many = Array.from({ length: 250 }, (_, nth) => `many-${nth}`);
    await stack.publish(agent('agent-full', { unitsUsed: 6 }), agent('agent-technical', { skills: { technical: 3 }, unitsUsed: 6 }));
    // On topics of their own: tickets that came before them would wait for another reason first.
    await stack.settled();
    await stack.publish(...many.flatMap((ticketId) => ready(ticketId, { priority: 'high' })));
    await stack.publish(...ready('last', { priority: 'low', category: 'technical-problem' }));
    await stack.settled();
    await nothingIsDue();
    for (const ticketId of [...many, 'last'])
      expect(stack.eventsAbout(ticketId, RoutingTopic).map((event) => event.type)).toEqual(['TicketQueued']);
    await stack.publish(agent('agent-technical', { agentVersion: 2, skills: { technical: 3 }, unitsUsed: 5 }));
    await settledWith(() => proposals('last').length > 0);
    expect(proposals('last')).toMatchObject([{ data: { agentId: 'agent-technical' } }]);
    expect(many.flatMap((ticketId) => proposals(ticketId))).toEqual([]);
  });

  it('has its turn behind more tickets than a round takes, all of them to be tried again', async () => {
    await stack.publish(...configuration());
    await start();
    const other = new Client({ connectionString: process.env['DATABASE_URL']! });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('select pg_current_xact_id()');
      await stack.publish(agent('agent-full', { unitsUsed: 6 }));
      await stack.settled();
      await stack.publish(...Array.from({ length: 250 }, (_, nth) => ready(`many-${nth}`, { priority: 'high' })).flat());
      await stack.settled();
      await stack.publish(...ready('last', { priority: 'low' }));
      const told = () => stack.eventsAbout('last', RoutingTopic).map((event) => event.type);
      await settledWith(() => told().length > 0);
      expect(told()).toEqual(['TicketQueued']);
      expect(await due()).toBe(251);
    } finally {
      await other.end();
    }
    await nothingIsDue();
  });

  it('goes first when its deadline is nearest, though more wait than a round takes', async () => {
    await stack.publish(...configuration());
    await start();
    await stack.publish(agent('agent-full', { unitsUsed: 6 }));
    const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
    const many = Array.from({ length: 250 }, (_, nth) => `many-${nth}`);
    const all = [
      ...many.flatMap((id) => [...now(id), clocks(id, 'running', inHours(8))]),
      ...now('last'),
      clocks('last', 'running', inHours(4)),
    ];
    await stack.publish(...all, ...all);
    await stack.settled();
    await stack.publish(agent('agent-full', { agentVersion: 2, unitsUsed: 5 }));
    await settledWith(() => proposals('last').length > 0);
    expect(proposals('last')).toMatchObject([{ data: { agentId: 'agent-full' } }]);
    expect(many.flatMap((ticketId) => proposals(ticketId))).toEqual([]);
    // Near enough to its deadline it goes before any other priority, too.
    await stack.publish(
      ...now('urgent', { priority: 'urgent' }),
      ...now('near', { priority: 'low' }),
      clocks('near', 'running', inHours(0.2)),
    );
    await stack.settled();
    await stack.publish(agent('agent-full', { agentVersion: 3, unitsUsed: 4 }));
    await settledWith(() => proposals('near').length > 0);
    expect(proposals('near')).toHaveLength(1);
    expect(proposals('urgent')).toEqual([]);
  });

  it('is tried again when somebody has more room, not when they have less', async () => {
    await stack.publish(...configuration());
    await start();
    await stack.publish(
      agent('agent-new', { skills: { accounting: 1 }, unitsUsed: 2, holds: [hold('a'), hold('b')] }),
      ...ready('waiting'),
    );
    await stack.settled();
    const tried = async (): Promise<string> => {
      const [row] = await stack.query<{ tried: string }>('routing', `select tried_xmin::text as tried from routing_ticket`);
      return row!.tried;
    };
    // Tried by what it could not know to be committed, it is tried once more.
    await nothingIsDue();
    let before = await tried();
    const becomes = (agentVersion: number, fields: object) =>
      Array.from({ length: 2 }, () => agent('agent-new', { agentVersion, skills: { accounting: 1 }, ...fields }));
    await stack.publish(...becomes(2, { unitsUsed: 3, holds: [hold('a'), hold('b'), hold('c')] }));
    await stack.settled();
    expect(await tried()).toBe(before);
    // As much as before, and yet other tickets: one was given back in between. Less. Another ability. A higher limit. Another presence.
    for (const [version, fields] of [
      [3, { unitsUsed: 3, holds: [hold('a'), hold('b'), hold('d')] }],
      [4, { unitsUsed: 2, holds: [hold('a'), hold('b')] }],
      [5, { unitsUsed: 2, holds: [hold('a'), hold('b')], languages: { de: 5 } }],
      [6, { unitsUsed: 2, holds: [hold('a'), hold('b')], languages: { de: 5 }, unitsMax: 9 }],
      [7, { unitsUsed: 2, holds: [hold('a'), hold('b')], languages: { de: 5 }, unitsMax: 9, presence: 'away' }],
      [8, { unitsUsed: 2, holds: [hold('a'), hold('b')], languages: { de: 5 }, unitsMax: 9 }],
    ] as const) {
      await stack.publish(...becomes(version, fields));
      for (const deadline = Date.now() + 10_000; Date.now() < deadline && (await tried()) === before;) await stack.settled();
      const after = await tried();
      expect({ version, isTriedAgain: after !== before }).toEqual({ version, isTriedAgain: true });
      before = after;
    }
  });

  it('gets the room that a proposal in flight gives back', async () => {
    await stack.publish(...configuration());
    await start();
    await stack.publish(agent('agent-one', { unitsUsed: 5 }), ...ready('first', { priority: 'high' }));
    await stack.settled();
    await stack.publish(...ready('second'));
    await stack.settled();
    expect(proposals('second')).toEqual([]);
    const [{ data }] = proposals('first') as [AssignmentProposed];
    await stack.publish(
      ProposalRejected('first', {
        ticket: snapshot({ status: 'pending' }),
        proposalId: data.proposalId,
        agentId: 'agent-one',
        why: 'not-open',
      }),
    );
    await settledWith(() => proposals('second').length > 0);
    expect(proposals('second')).toMatchObject([{ data: { agentId: 'agent-one' } }]);
  });

  it('keeps an accepted proposal counted when the same one, sent again, is refused', async () => {
    await stack.publish(...configuration());
    await start();
    await stack.publish(agent('agent-one', { unitsUsed: 5 }), ...ready('offered'));
    await stack.settled();
    const [{ data }] = proposals('offered') as [AssignmentProposed];
    const offer = { offerId: 'o', agentId: 'agent-one', expiresAt: '2026-11-24T09:01:00Z' };
    const ticket = snapshot({ offer });
    await stack.publish(
      OfferMade('offered', {
        ...offer,
        ticket,
        proposalId: data.proposalId,
        units: 1,
        load: { agentId: 'agent-one', agentVersion: 2, unitsBefore: 5, units: 6, unitsMax: 6, cause: 'offered' },
      }),
      ProposalRejected('offered', { ticket, proposalId: data.proposalId, agentId: 'agent-one', why: 'offered' }),
      ...ready('next'),
    );
    await stack.settled();
    expect(proposals('next')).toEqual([]);
  });
});

it('counts what waits past its maximum age', async () => {
  await stack.publish(...configuration());
  await start();
  const old = ['old-1', 'old-2'].flatMap((ticketId) => cameIn(ticketId, 121));
  await stack.publish(...old, ...old, ...now('young'));
  await stack.settled();
  const counted = async (): Promise<string | undefined> => {
    const metrics = await (await fetch(`${services[0]!.http}/metrics`)).text();
    return /signalbox_routing_overdue_tickets\{domain="default"\} (\d+)/.exec(metrics)?.[1];
  };
  for (const deadline = Date.now() + 20_000; Date.now() < deadline && (await counted()) === undefined;) await stack.settled();
  expect(await counted()).toBe('2');
});

it('records a round of a large company in events that stay small', async () => {
  await stack.publish(...configuration());
  await start();
  const skills = Object.fromEntries(Array.from({ length: 12 }, (_, nth) => [`skill-${nth}`, 3]));
  await stack.publish(...Array.from({ length: 1_200 }, (_, nth) => agent(`agent-${nth}`, { skills: { accounting: 3, ...skills } })));
  await stack.settled();
  await stack.publish(...ready('one'));
  await stack.settled();
  const parts = stack.events(RoutingRoundsTopic).filter((one) => one.type === 'RoundRecorded') as unknown as RoundRecorded[];
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.flatMap((part) => part.data.agents).filter((one) => 'skills' in one)).toHaveLength(1_200);
  expect(parts.flatMap((part) => part.data.proposals)).toHaveLength(1);
  for (const record of stack.rawRecords('signalbox.routing-rounds')) expect(record.value!.length).toBeLessThan(500_000);
});
