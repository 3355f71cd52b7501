import {
  NextRequested,
  RoutingTopic,
  TicketAssigned,
  TicketTransferred,
  type AssignmentProposed,
  type Draft,
  type NextAnswered,
  type Received,
  type TicketQueued,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import type { Stack } from '@signalbox/test-stack';
import { Client } from 'pg';
import { routing } from '../src/service.js';
import { aStack } from './a-stack.js';
import { agent, configuration, ready, snapshot } from './events.js';
import { roundsDecidedAgain } from './replaying.js';

const ANYWHERE = { relaxation: [{ afterSeconds: 0, anyQueue: true, lowerSkillsBy: 5 }] };

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
  expect(stack.rawRecords('signalbox.routing.dead-letters')).toEqual([]);
  await stack.stop();
});

const twice = async (...events: Draft[]): Promise<void> => {
  await stack.publish(...events, ...events);
  await stack.settled();
};
const proposals = (): Received<AssignmentProposed>[] =>
  stack.events(RoutingTopic).filter(({ type }) => type === 'AssignmentProposed') as unknown as Received<AssignmentProposed>[];
/** Who was asked to take a ticket, in which domain's rounds. Sent again is said once. */
const given = (...ticketIds: string[]): string[] => [
  ...new Set(
    proposals()
      .filter(({ ticketId }) => ticketIds.includes(ticketId))
      .map(({ ticketId, data }) => `${ticketId} to ${data.agentId} in ${data.domain}`),
  ),
];
const until = async (isThere: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline && !isThere();) await stack.settled();
};
const billing = (...ticketIds: string[]) => ticketIds.flatMap((ticketId) => ready(ticketId));
const technical = (...ticketIds: string[]) => ticketIds.flatMap((ticketId) => ready(ticketId, { category: 'technical-problem' }));
const ana = (fields: Parameters<typeof agent>[1] = {}) => agent('ana', { queueIds: ['billing'], unitsMax: 2, ...fields });
const ben = (fields: Parameters<typeof agent>[1] = {}) => agent('ben', { queueIds: ['general'], unitsMax: 6, ...fields });

/** Assignment takes a proposal, and its record of the agent shows it. */
const taken = ({ ticketId, data: { agentId, proposalId } }: AssignmentProposed, agentVersion: number): Draft =>
  TicketAssigned(ticketId, {
    ticket: snapshot({ status: 'open', agentId, epoch: 2 }),
    agentId,
    proposalId,
    how: 'automatic',
    units: 1,
    assignedAt: '2026-11-24T09:00:00Z',
    load: { agentId, agentVersion, unitsBefore: 0, units: 1, unitsMax: 6, cause: 'assigned' },
  });

it('keeps agents and tickets of two domains apart, through transfers and queues that move', async () => {
  await twice(...configuration(ANYWHERE, 1, { billing: 'money' }));
  await twice(ana(), ben());
  await twice(...billing('b-1', 'b-2', 'b-3', 'b-4'), ...technical('t-1', 't-2'));
  const firstTwo = given('b-1', 'b-2', 'b-3', 'b-4');
  expect(firstTwo).toHaveLength(2);
  for (const one of firstTwo) expect(one).toMatch(/to ana in money$/);
  expect(given('t-1', 't-2').sort()).toEqual(['t-1 to ben in default', 't-2 to ben in default']);
  const [waits, moves] = ['b-1', 'b-2', 'b-3', 'b-4'].filter((ticketId) => given(ticketId).length === 0) as [string, string];
  expect(stack.eventsAbout(waits, RoutingTopic).at(-1)).toMatchObject({ data: { reasons: [{ reason: 'no room', agents: 1 }] } });
  // Nothing of the other domain's is for who asks.
  await twice(NextRequested('ben', { askedAt: '2026-11-24T09:00:00Z' }));
  expect((stack.eventsAbout('ben', RoutingTopic) as unknown as NextAnswered[]).at(-1)!.data).toMatchObject({ why: 'nothing-waits' });

  // A ticket transferred to a queue of the other domain is matched there.
  await twice(
    TicketTransferred(moves, {
      ticket: snapshot({ queueOverride: 'general', epoch: 2 }),
      from: { agentId: null, queueId: 'billing' },
      to: { queueId: 'general' },
      why: 'requested',
      byAgentId: null,
      transfers: 1,
    }),
  );
  expect(given(moves)).toEqual([`${moves} to ben in default`]);

  // The queue moves to the other domain, and what waits in it; its agent follows when nothing is under way to her any more.
  await twice(...configuration(ANYWHERE, 2, {}));
  await until(() => given(waits).length > 0);
  expect(given(waits)).toEqual([`${waits} to ben in default`]);
  const domainOfAna = async () =>
    (await stack.query<{ domain: string }>('routing', `select domain from routing_agent where agent_id = 'ana'`))[0]!.domain;
  expect(await domainOfAna()).toBe('money');
  const hers = proposals().filter(({ data }) => data.agentId === 'ana');
  const answered = [...new Map(hers.map((one) => [one.ticketId, one])).values()];
  await twice(...answered.map((one, nth) => taken(one, nth + 2)), ana({ agentVersion: 3, unitsUsed: 2 }));
  await twice(ana({ agentVersion: 4, unitsUsed: 1 }), ben({ agentVersion: 2, unitsUsed: 6 }));
  await twice(...technical('t-3'));
  await until(() => given('t-3').length > 0);
  expect(given('t-3')).toEqual(['t-3 to ana in default']);
  expect(await domainOfAna()).toBe('default');

  // The other queue moves to a domain that did not exist, with a ticket that waits for somebody and an agent who had no room.
  await twice(...technical('t-4'));
  expect(given('t-4')).toEqual([]);
  await twice(...configuration(ANYWHERE, 3, { general: 'machines' }));
  const proposedToBen = proposals().filter(({ data }) => data.agentId === 'ben');
  await twice(
    ...[...new Map(proposedToBen.map((one) => [one.ticketId, one])).values()].map((one, nth) => taken(one, nth + 3)),
    ben({ agentVersion: 9, unitsUsed: 5 }),
  );
  await until(() => given('t-4').length > 0);
  expect(given('t-4')).toEqual(['t-4 to ben in machines']);

  // The domain he left goes on without him, and the first one, when its queue comes back, with her.
  const [toAna] = proposals().filter(({ ticketId }) => ticketId === 't-3');
  await twice(taken(toAna!, 5), ana({ agentVersion: 5, unitsUsed: 1 }), ...billing('b-5'));
  expect(given('b-5')).toEqual(['b-5 to ana in default']);
  const [again] = proposals().filter(({ ticketId }) => ticketId === 'b-5');
  await twice(
    taken(again!, 6),
    ana({ agentVersion: 6, unitsUsed: 0 }),
    ...configuration(ANYWHERE, 4, { billing: 'money', general: 'machines' }),
  );
  await twice(...billing('b-6'));
  await until(() => given('b-6').length > 0);
  expect(given('b-6')).toEqual(['b-6 to ana in money']);

  const rounds = roundsDecidedAgain(stack);
  expect(rounds.flatMap((round) => round.proposals)).toHaveLength(new Set(proposals().map(({ data }) => data.proposalId)).size);
  const queues: Record<number, Record<string, string>> = {
    1: { billing: 'money', general: 'default' },
    2: { billing: 'default', general: 'default' },
    3: { billing: 'default', general: 'machines' },
    4: { billing: 'money', general: 'machines' },
  };
  for (const { domain, configuration: bundle, tickets, agents } of rounds) {
    for (const { queueId } of tickets) expect(queues[bundle]![queueId]).toBe(domain);
    for (const { queueIds } of agents) expect(queues[bundle]![queueIds[0]!]).toBe(domain);
  }
});

it('goes on in one domain while another’s row is locked', async () => {
  await twice(...configuration(ANYWHERE, 1, { billing: 'money' }));
  await twice(ana(), ben(), ...billing('before'));
  expect(given('before')).toEqual(['before to ana in money']);
  const { DATABASE_URL } = await stack.environmentFor('routing');
  const other = new Client({ connectionString: DATABASE_URL });
  await other.connect();
  try {
    await other.query(`begin; select from matching_domain where domain = 'money' for update`);
    await twice(...billing('b-1'), ...technical('t-1'));
    await twice(...technical('t-2', 't-3'));
    expect(given('t-1', 't-2', 't-3').sort()).toEqual(['t-1', 't-2', 't-3'].map((ticketId) => `${ticketId} to ben in default`));
    expect(given('b-1')).toEqual([]);
    await stack.query('routing', `update proposal set sent_at = sent_at - interval '1 minute'`);
    const said = (ticketId: string) => proposals().filter((one) => one.ticketId === ticketId).length;
    await until(() => said('t-1') > 1);
    expect([said('t-1') > 1, said('before')]).toEqual([true, 1]);
    await other.query('rollback');
  } finally {
    await other.end();
  }
  await until(() => given('b-1').length > 0);
  expect(given('b-1')).toEqual(['b-1 to ana in money']);
  roundsDecidedAgain(stack);
});

it('has two domains’ many tickets decided by both instances, beyond nobody’s room', async () => {
  await twice(...configuration(ANYWHERE, 1, { billing: 'money' }));
  const clerks = Array.from({ length: 4 }, (_, nth) => agent(`clerk-${nth}`, { queueIds: ['billing'], unitsMax: 10 }));
  const mechanics = Array.from({ length: 4 }, (_, nth) => agent(`mechanic-${nth}`, { queueIds: ['general'], unitsMax: 5 }));
  await twice(...clerks, ...mechanics);
  const ids = (kind: string) => Array.from({ length: 30 }, (_, nth) => `${kind}-${nth}`);
  await twice(...billing(...ids('bill')), ...technical(...ids('machine')));
  await until(() => given(...ids('bill'), ...ids('machine')).length === 50);
  expect(given(...ids('bill'))).toHaveLength(30);
  for (const one of given(...ids('bill'))) expect(one).toMatch(/to clerk-\d in money$/);
  expect(given(...ids('machine'))).toHaveLength(20);
  for (const one of given(...ids('machine'))) expect(one).toMatch(/to mechanic-\d in default$/);
  const waiting = ids('machine').filter((ticketId) => given(ticketId).length === 0);
  for (const ticketId of waiting)
    expect((stack.eventsAbout(ticketId, RoutingTopic).at(-1) as unknown as TicketQueued).data.reasons).toEqual([
      { reason: 'no room', agents: 4 },
    ]);
  roundsDecidedAgain(stack);
});
