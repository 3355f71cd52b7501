import {
  AcceptRequested,
  AgentsTopic,
  AssignmentTopic,
  ConfigBundle,
  ConfigRecord,
  ConfigTopic,
  ConsoleTopic,
  DeclineRequested,
  EnrichmentTopic,
  IntakeTopic,
  KnowledgeBaseTopic,
  PresenceReported,
  RoutingTopic,
  SlaEscalationTopic,
  SolveRequested,
  type AssignmentEvent,
  type Draft,
  type ServiceName,
} from '@signalbox/contracts';
import { Stack } from '@signalbox/test-stack';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { enriched, noAnswer, received } from '../../services/routing/test/events.js';
import { check } from './checker.ts';
import { readDatabases, readTopics, settled } from './evidence.ts';
import type { SeenEvent } from './facts.ts';

const FROZEN_MS = 60_000;
const A_MINUTE_AHEAD = { SIGNALBOX_CLOCK_OFFSET_MS: '60000' };
const AGENTS = ['ana', 'ben', 'cem', 'dan', 'eva', 'fay'];
const UNITS_MAX = 4;
const ROOM = AGENTS.length * UNITS_MAX;
/** Six tickets a second, for which there is room until something stands still. */
const TICKETS_AT_ONCE = 2;
const PAUSE_MS = 330;
const WORK_MS = 1_500;
/** An offer just made is good for 5 s more by the clock that is ahead. */
const OFFER_SECONDS = 65;
const DECLINED_EVERY = 9;
const ATTEMPTS_MAX = 300;
const STILL_MS = 1_000;
const DECIDED = ['owned', 'offered', 'stale-epoch'];

const READS = [IntakeTopic, EnrichmentTopic, KnowledgeBaseTopic, SlaEscalationTopic, ConsoleTopic, ConfigTopic];
const SERVICES = ['routing', 'assignment'] as const satisfies ServiceName[];
const AT = '2026-11-24T09:00:00Z';

let stack: Stack;
/** No more tickets. */
let enough: AbortController;
/** No more work. */
let ended: AbortController;
const instances: ChildProcess[] = [];
const unitsMax = Object.fromEntries(AGENTS.map((agentId) => [agentId, UNITS_MAX]));

/** An instance as it is deployed: a process, so that it can be frozen. */
async function start(service: ServiceName, env: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--no-warnings', join(process.cwd(), 'services', service, 'dist/main.js')], {
    env: { ...(await stack.environmentFor(service, env)), PATH: process.env['PATH'], SIGNALBOX_END_WITH_STDIN: 'true' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  instances.push(child);
  await once(child.stdout!, 'data');
  child.stdout!.resume();
  return child;
}

/** Web is automatic, every third ticket is a chat: asked for, and two units. */
function company(): Draft[] {
  const automatic = { mode: 'automatic' };
  const offers = { web: automatic, email: automatic, social: automatic, chat: { mode: 'ask', seconds: OFFER_SECONDS } };
  const records: [kind: string, name: string, content: object][] = [
    [
      'company',
      'main',
      { title: 'T', timeZone: 'UTC', defaultLanguage: 'en', defaultQueue: 'general', supportAddress: 'help@example.com' },
    ],
    ['queue', 'general', { title: 'General', units: { web: 1, email: 1, chat: 2, social: 1 }, offers, expiredOffersMax: 20 }],
    ['category', 'billing-dispute', { title: 'Dispute', queue: 'general', requiredSkills: { accounting: 3 } }],
    [
      'routing-policy',
      'standard',
      { weights: { standard: { skill: 1, workload: 0.6 } }, maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 } },
    ],
    ...AGENTS.map((name): [string, string, object] => [
      'agent',
      name,
      {
        name,
        email: `${name}@example.com`,
        skills: { accounting: 3 },
        languages: { en: 5 },
        queues: ['general'],
        unitsMax: UNITS_MAX,
      },
    ]),
  ];
  return [
    ...records.map(([kind, name, content]) =>
      ConfigRecord(`${kind}/${name}@1`, { kind, name, recordVersion: 1, content: content as Record<string, string> }),
    ),
    ConfigBundle('bundle', { bundle: 1, members: records.map(([kind, name]) => `${kind}/${name}@1`), appliedAt: AT }),
    ...AGENTS.map((agentId) => PresenceReported(agentId, { presence: 'online', leaseUntil: '2100-01-01T00:00:00Z', reportedAt: AT })),
  ];
}

const facts = () => stack.events(AssignmentTopic) as unknown as readonly (AssignmentEvent & { ticketId: string })[];

async function until(what: string, holds: () => boolean, timeoutMs: number): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !holds(); await sleep(50))
    if (Date.now() > deadline) throw new Error(`after ${timeoutMs / 1000} s still not: ${what}`);
}

/** The agents answer what they are offered and solve what they own, until the end. */
async function work(): Promise<void> {
  const solvable: { at: number; request: Draft }[] = [];
  let heard = 0;
  let offers = 0;
  for (; !ended.signal.aborted; await sleep(50)) {
    const requests: Draft[] = [];
    const said = facts();
    for (; heard < said.length; heard += 1) {
      const { type, ticketId, data } = said[heard]!;
      if (type === 'OfferMade') {
        const { agentId, offerId } = data;
        const asked = { agentId, askedAt: new Date().toISOString(), offerId };
        offers += 1;
        requests.push(
          offers % DECLINED_EVERY === 0 ? DeclineRequested(ticketId, { ...asked, reason: 'not today' }) : AcceptRequested(ticketId, asked),
        );
      }
      if (type === 'TicketAssigned')
        solvable.push({ at: Date.now() + WORK_MS, request: SolveRequested(ticketId, { agentId: data.agentId, askedAt: AT }) });
    }
    while (solvable[0] && solvable[0].at <= Date.now()) requests.push(solvable.shift()!.request);
    await stack.publish(...requests, ...requests);
  }
}

/**
 * Stops the process at an instant at which one of its transactions has locked rows of this table. Those of others of the same service are
 * over in milliseconds; one that stands still for a second is that of the process that was stopped.
 */
async function freezeAmid(service: ServiceName, child: ChildProcess, table: string): Promise<void> {
  const client = new Client({ connectionString: stack.databaseUrlOf(service) });
  await client.connect();
  const idleWithLocks = async (): Promise<string[]> => {
    const { rows } = await client.query<{ since: string }>(
      `select a.pid || ' ' || a.state_change as since from pg_locks l join pg_stat_activity a using (pid)
       where l.relation = $1::regclass and l.mode = 'RowShareLock' and l.granted and a.state = 'idle in transaction'`,
      [table],
    );
    return rows.map(({ since }) => since);
  };
  try {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      await sleep(5 + Math.random() * 60);
      child.kill('SIGSTOP');
      await sleep(50);
      const seen = await idleWithLocks();
      if (seen.length > 0) {
        await sleep(STILL_MS);
        if ((await idleWithLocks()).some((since) => seen.includes(since))) return;
      }
      child.kill('SIGCONT');
    }
  } finally {
    await client.end();
  }
  throw new Error(`${service} was never stopped while it had locked rows of ${table}`);
}

/**
 * A ticket that is decided while it is decided already is refused the second time: the stories of such tickets. Not those whose owner was
 * proposed twice, refused for want of room and then given: to a clock a minute ahead every proposal is one that was not answered for long.
 */
function decidedTwice(events: readonly SeenEvent[]): string[][] {
  const stories = Map.groupBy(
    events.filter(({ topic }) => topic === AssignmentTopic.name || topic === RoutingTopic.name),
    ({ subject }) => subject,
  );
  const proposalsIn = (story: readonly SeenEvent[], type: string) =>
    story.filter((event) => event.type === type).map(({ data }) => data['proposalId']);
  return [...stories.values()].flatMap((story) => {
    const refused = proposalsIn(story, 'ProposalRejected');
    const twice = story.some(({ type, data }) => type === 'ProposalRejected' && DECIDED.includes(data['why'] as string));
    const given = [...proposalsIn(story, 'OfferMade'), ...proposalsIn(story, 'TicketAssigned')];
    if (!twice || given.some((proposalId) => refused.includes(proposalId))) return [];
    return [story.map(({ type, data }) => [type, data['proposalId'], data['agentId'], data['why']].filter(Boolean).join(' '))];
  });
}

beforeEach(async () => {
  enough = new AbortController();
  ended = new AbortController();
  stack = await Stack.start({ kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','), databaseUrl: process.env['DATABASE_URL']! });
  stack.attach('routing', [...READS, AssignmentTopic, AgentsTopic]);
  stack.attach('assignment', [...READS, RoutingTopic]);
});
afterEach(async () => {
  enough.abort();
  ended.abort();
  for (const child of instances.splice(0)) {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
  }
  await stack.stop();
});

it('keeps to owners and room though routing is frozen in a round for 60 s, assignment in a unit, and both their clocks are a minute ahead', async () => {
  await stack.publish(...company());
  const [frozenRouting] = [await start('routing', A_MINUTE_AHEAD), await start('routing')];
  const [frozenAssignment] = [await start('assignment', A_MINUTE_AHEAD), await start('assignment')];
  await stack.settled();

  // Tickets, not events: what a frozen relay had published and not removed is said twice.
  const ticketsWith = (wanted: string) => new Set(facts().flatMap(({ type, ticketId }) => (type === wanted ? [ticketId] : [])));
  const solved = () => ticketsWith('TicketSolved').size;
  const assigned = () => ticketsWith('TicketAssigned');
  const ticketIds: string[] = [];
  const aTicket = (channel: 'web' | 'chat'): Draft[] => {
    const ticketId = `ticket-${ticketIds.length + 1}`;
    ticketIds.push(ticketId);
    return [received(ticketId, { channel }), enriched(ticketId), noAnswer(ticketId)];
  };
  const comeIn = async (): Promise<void> => {
    for (; !enough.signal.aborted; await sleep(PAUSE_MS)) {
      const drafts = Array.from({ length: TICKETS_AT_ONCE }, () => aTicket(ticketIds.length % 3 === 0 ? 'chat' : 'web')).flat();
      await stack.publish(...drafts, ...drafts);
    }
  };
  const coming = comeIn();
  const working = work();
  await until('ten tickets are solved', () => solved() >= 10, 30_000);

  await freezeAmid('routing', frozenRouting, 'matching_domain');
  const frozenAt = Date.now();
  const before = ticketIds.length;
  await until('the other instance decides', () => [...assigned()].some((id) => ticketIds.indexOf(id) > before), 40_000);
  await freezeAmid('assignment', frozenAssignment, 'ticket');
  const solvedBefore = solved();
  await until('work goes on without the frozen two', () => solved() >= solvedBefore + 20, 50_000);
  frozenAssignment.kill('SIGCONT');
  await sleep(frozenAt + FROZEN_MS - Date.now());
  frozenRouting.kill('SIGCONT');
  const awakeFrom = ticketIds.length;
  await until('both are awake for a while', () => ticketIds.length >= awakeFrom + 20, 30_000);
  enough.abort();
  await coming;
  await until('every ticket is solved', () => solved() >= ticketIds.length, 60_000);
  ended.abort();
  await working;

  // Nobody solves anything any more: what finds no room waits.
  const done = ticketIds.length;
  const last = Array.from({ length: ROOM + 10 }, () => aTicket('web')).flat();
  await stack.publish(...last, ...last);
  await until('all room is taken', () => assigned().size >= done + ROOM, 20_000);
  const databases = Object.fromEntries(SERVICES.map((name) => [name, stack.databaseUrlOf(name)])) as Record<ServiceName, string>;
  const system = { kafka: stack.kafka, services: SERVICES, databases };
  await settled(system, 60_000);
  const told = { ...(await readTopics(system)), ...(await readDatabases(system)) };
  const submissions = ticketIds.map((ticketId) => ({ key: ticketId, ticketIds: [ticketId] }));
  expect(check({ ...told, submissions, requests: [], mails: undefined, unitsMax, transfersMax: 0 })).toEqual([]);
  expect(told.tickets.filter(({ agentId }) => agentId === null)).toHaveLength(10);
  expect(told.holds.reduce((sum, { units }) => sum + units, 0)).toBe(ROOM);
  expect(decidedTwice(told.events)).toEqual([]);
  // Had the woken ones left, nothing would have been seen of what they still do.
  expect([frozenRouting.exitCode, frozenAssignment.exitCode]).toEqual([null, null]);
}, 240_000);
