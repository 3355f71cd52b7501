import {
  ConfigTopic,
  RoutingRoundsTopic,
  RoutingTopic,
  TicketAssigned,
  TicketReleased,
  type AssignmentProposed,
  type ConfigRecord,
  type Draft,
  type PerformanceRecorded,
  type Received,
  type RoundRecorded,
} from '@signalbox/contracts';
import { startService, type RunningService } from '@signalbox/service-defaults';
import type { Stack } from '@signalbox/test-stack';
import { placedIn, proposalOf, RoundLog, RoundReplay } from '../src/domain/index.js';
import { shareInTime } from '../src/domain/overflow.js';
import { routing } from '../src/service.js';
import { aStack } from './a-stack.js';
import { agent, configuration, ready, snapshot } from './events.js';

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
const proposals = (ticketId: string) =>
  stack.eventsAbout(ticketId, RoutingTopic).filter(({ type }) => type === 'AssignmentProposed') as unknown as AssignmentProposed[];
const reasonsOf = (ticketId: string): string[] =>
  stack
    .eventsAbout(ticketId, RoutingTopic)
    .flatMap((event) => (event.type === 'TicketQueued' ? [(event.data as { reasons: { reason: string }[] }).reasons] : []))
    .at(-1)
    ?.map(({ reason }) => reason) ?? [];
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** A dispute of the donor's, which nobody there can solve: it came so many minutes ago. */
const ownTicket = (ticketId: string, minutes: number): Draft[] =>
  ready(ticketId).map((event) =>
    event.type === 'TicketReceived' ? { ...event, data: { ...(event.data as object), receivedAt: minutesAgo(minutes) } } : event,
  ) as Draft[];
const owned = snapshot({ status: 'open', agentId: 'agent-elsewhere', epoch: 2 });
const taken = (ticketId: string, minutes: number): Draft =>
  TicketAssigned(ticketId, {
    ticket: { ...owned, firstQueuedAt: minutesAgo(minutes) },
    agentId: 'agent-elsewhere',
    how: 'forced',
    units: 1,
    assignedAt: minutesAgo(0),
  });
const ids = (name: string, count: number): string[] => Array.from({ length: count }, (_, nth) => `${name}-${nth}`);

const rule = { from: 'general', to: ['billing'], afterSeconds: 0, donorWaitMinutesMax: 600 };
const guarded = { ...rule, donorServiceLevel: { share: 0.8, withinMinutes: 10, overMinutes: 60 } };
const donor = (agentVersion: number) =>
  agent('agent-donor', { agentVersion, skills: { technical: 5 }, queueIds: ['billing'], unitsMax: 1_000 });
const KEPT = 'queue billing keeps its agents: service level below 80 %';

/** A round may decide by figures two seconds old, each instance by its own: says something again and again until it is so. */
async function until(isSo: () => boolean, say: (nth: number) => Draft[]): Promise<void> {
  for (let nth = 0; nth < 40 && !isSo(); nth += 1) await twice(...say(nth));
  expect(isSo()).toBe(true);
}
/** Asks for the donor's help with one ticket after the other until one is decided in this way; gives its id. */
async function probeUntil(name: string, isHelped: boolean): Promise<string> {
  let last: string | undefined;
  await until(
    () => last !== undefined && proposals(last).some(({ data }) => data.agentId === 'agent-donor') === isHelped,
    (nth) => ready((last = `${name}-${nth}`), { category: 'technical-problem' }),
  );
  return last!;
}

it('lets a queue help out while its service level holds, not after it fell, and again once it has recovered', async () => {
  await stack.publish(...configuration({ overflow: [guarded] }));
  await stack.settled();
  await twice(donor(1), agent('agent-own', { skills: { technical: 2 }, queueIds: ['general'], unitsMax: 1_000 }));
  await twice(...ready('open', { category: 'technical-problem' }));
  expect(proposals('open')).toMatchObject([{ data: { agentId: 'agent-donor', queueId: 'general' } }]);

  const late = ids('late', 10);
  await twice(...late.flatMap((ticketId) => ownTicket(ticketId, 30)));
  await twice(...late.map((ticketId) => taken(ticketId, 30)));
  const [closed] = proposals(await probeUntil('closed', false));
  expect(closed).toMatchObject({ data: { agentId: 'agent-own', excluded: [{ reason: KEPT, agents: 1 }] } });

  const prompt = ids('prompt', 40);
  await twice(...prompt.flatMap((ticketId) => ownTicket(ticketId, 1)));
  await twice(...prompt.map((ticketId) => taken(ticketId, 1)));
  await probeUntil('again', true);

  const contents = new Map((stack.events(ConfigTopic) as unknown as Received<ConfigRecord>[]).map(({ key, data }) => [key, data.content]));
  const [log, replay] = [new RoundLog(), new RoundReplay((key) => contents.get(key))];
  const records = stack.events(RoutingRoundsTopic) as unknown as Received<RoundRecorded | PerformanceRecorded>[];
  const inTime: number[] = [];
  let withoutCounts = 0;
  for (const record of records) {
    const round = log.take(record);
    if (round === undefined) continue;
    if ('missing' in round) throw new Error(`round ${round.round} lacks its ${round.missing}`);
    const again = replay.again(round);
    expect(JSON.stringify(placedIn(again))).toBe(JSON.stringify(round.proposals));
    if (JSON.stringify(placedIn(replay.again({ ...round, donors: [] }))) !== JSON.stringify(round.proposals)) withoutCounts += 1;
    for (const one of again.proposals) {
      const said = proposals(one.ticket.ticketId).find(({ data }) => data.round === round.round)!.data;
      expect(JSON.stringify(proposalOf(one, said.proposalId, round))).toBe(JSON.stringify(said));
    }
    expect(round.donors).toMatchObject([{ queueId: 'billing', withinMinutes: 10, overMinutes: 60 }]);
    inTime.push(shareInTime(round.donors![0]!));
  }
  // The closed ones come out otherwise when the counts are not known.
  expect(withoutCounts).toBe(inTime.filter((share) => share < 0.8).length);
  expect(inTime[0]).toBe(1);
  expect(inTime.at(-1)).toBe(0.8);
});

it('counts what still waits too long, and each wait of a ticket by itself', async () => {
  await stack.publish(...configuration({ overflow: [guarded] }));
  await stack.settled();
  await twice(donor(1));
  const waiting = ids('waiting', 3);
  await twice(...waiting.flatMap((ticketId) => ownTicket(ticketId, 30)));
  const kept = await probeUntil('closed', false);
  expect(reasonsOf(kept)).toContain(KEPT);

  await twice(taken('waiting-0', 30));
  await twice(
    TicketReleased('waiting-0', { ticket: snapshot({ status: 'open', epoch: 3 }), agentId: 'agent-elsewhere', why: 'supervisor' }),
  );
  await twice(taken('waiting-0', 30));
  const waits = await stack.query<{ late: boolean }>('routing', 'select minutes > 10 as late from waited order by minutes desc');
  expect(waits).toEqual([{ late: true }, { late: false }]);
  expect(await stack.query('routing', 'select ticket_id, waits_in from routing_ticket where waits_since is not null order by 1')).toEqual([
    { ticket_id: 'waiting-1', waits_in: 'billing' },
    { ticket_id: 'waiting-2', waits_in: 'billing' },
  ]);
  // Two still wait and one of two was late: with eleven more in time it is twelve of fifteen.
  const prompt = ids('prompt', 11);
  await twice(...prompt.flatMap((ticketId) => ownTicket(ticketId, 1)));
  await twice(...prompt.map((ticketId) => taken(ticketId, 1)));
  await until(
    () => proposals(kept).length > 0,
    // Another ability wakes what waits.
    (nth) => [agent('agent-donor', { ...donor(2 + nth).data, languages: { en: 1 + (nth % 5) } })],
  );
  expect(proposals(kept)).toMatchObject([{ data: { agentId: 'agent-donor' } }]);
});

it('writes nothing of waits while no overflow looks at a service level, and counts what waits as soon as one does', async () => {
  await stack.publish(...configuration({ overflow: [rule] }));
  await stack.settled();
  await twice(donor(1));
  const waiting = ids('waiting', 3);
  await twice(...waiting.flatMap((ticketId) => ownTicket(ticketId, 30)), ...ownTicket('late', 30));
  await twice(taken('late', 30));
  await twice(...ready('open', { category: 'technical-problem' }));
  expect(proposals('open')).toHaveLength(1);
  expect(await stack.query('routing', 'select from waited')).toEqual([]);
  expect(await stack.query('routing', 'select from routing_ticket where waits_since is not null')).toEqual([]);
  const rounds = stack.events(RoutingRoundsTopic).filter(({ type }) => type === 'RoundRecorded');
  expect(rounds.filter(({ data }) => 'donors' in (data as object))).toEqual([]);

  await twice(...configuration({ overflow: [guarded] }, 2));
  const kept = await probeUntil('closed', false);
  expect(reasonsOf(kept)).toContain(KEPT);
});
