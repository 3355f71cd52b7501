import { AgentState, AgentsTopic, SlaEscalationTopic, type QueueOutlook, type SlaOutlook } from '@signalbox/contracts';
import type { RunningService } from '@signalbox/service-defaults';
import type { SeenEvent } from '@signalbox/test-stack';
import { DataSource } from 'typeorm';
import { AgentPresenceStore } from '../src/agent-presence.store.js';
import { OutlookTimer } from '../src/outlook.timer.js';
import { RunningSla } from './running-sla.js';
import { assigned, enriched, received, solved } from './sample.js';

const MINUTE_MS = 60_000;
const policy = {
  calendar: 'open',
  hours: 'calendar',
  warnAtShares: [],
  targets: { firstResponse: { normal: 60 }, resolution: { normal: 60 } },
};
const units = { web: 1, email: 1, chat: 1, social: 1 };
const offers = Object.fromEntries(Object.keys(units).map((channel) => [channel, { mode: 'automatic' }]));
const queue = { title: 'a queue', units, offers };
const company = { title: 'Acme', timeZone: 'UTC', defaultLanguage: 'en', supportAddress: 'help@example.com' };
const documents = (defaultQueue = 'general') => [
  { kind: 'calendar', name: 'open', content: { timeZone: 'UTC', week: { mon: [['00:00', '24:00']] } } },
  { kind: 'sla-policy', name: 'standard', content: policy },
  { kind: 'queue', name: 'general', content: queue },
  { kind: 'queue', name: 'empty', content: queue },
  { kind: 'company', name: 'acme', content: { ...company, defaultQueue } },
];

let sla: RunningSla;
let second: RunningService;
beforeAll(async () => {
  sla = await RunningSla.start();
  second = await sla.startAnother();
  await sla.configure(documents());
});
afterAll(async () => {
  await second.close();
  await sla.stop();
});

/** Every queue's turn has come, for both instances at once. */
async function look(): Promise<void> {
  await sla.stack.settled();
  await sla.stack.query('sla-escalation', 'update outlook_queue set looked_at = null');
  await Promise.all([sla.service, second].map(({ app }) => app.get(OutlookTimer).lookAtDue()));
  await sla.stack.settled();
}
const outlooksOf = (ticketId: string): SeenEvent[] =>
  sla.stack.eventsAbout(ticketId, SlaEscalationTopic).filter(({ type }) => type === 'SlaOutlook');
const queueSaid = (queueId: string): QueueOutlook['data'][] =>
  sla.stack
    .eventsAbout(queueId, SlaEscalationTopic)
    .filter(({ type }) => type === 'QueueOutlook')
    .map(({ data }) => data as QueueOutlook['data']);

const agent = (agentId: string, more: Partial<AgentState['data']> = {}): AgentState =>
  AgentState(agentId, {
    agentVersion: 1,
    presence: 'online',
    inRotation: true,
    skills: {},
    languages: {},
    queueIds: ['general'],
    unitsMax: 4,
    channelUnitsMax: {},
    unitsUsed: 0,
    holds: [],
    shiftEndsAt: null,
    idleSince: null,
    ...more,
  });

describe('a ticket that can hardly be in time', () => {
  it('is said once, though everything arrives twice at two instances, and taken back when it is solved', async () => {
    const at = Date.now() - 50 * MINUTE_MS;
    await sla.twice(received('near', at), enriched('near'));
    await look();
    expect(outlooksOf('near').map(({ data }) => data as SlaOutlook['data'])).toMatchObject([
      {
        target: 'firstResponse',
        willBreach: true,
        dueAt: new Date(at + 60 * MINUTE_MS).toISOString(),
        basis: { of: 'assumed', minutes: 15 },
      },
      { target: 'resolution', willBreach: true },
    ]);
    await look();
    expect(outlooksOf('near')).toHaveLength(2);
    await sla.twice(assigned('near'));
    await sla.twice(solved('near'));
    await sla.stack.settled();
    // Nobody has answered: the response clock runs on.
    expect(outlooksOf('near').slice(2)).toMatchObject([{ data: { target: 'resolution', willBreach: false } }]);
  });
  it('is not said of one with time enough', async () => {
    await sla.twice(received('early', Date.now()), enriched('early'));
    await look();
    expect(outlooksOf('early')).toEqual([]);
  });
});

describe('a queue', () => {
  it('tells of its first breach, and of the next one when an agent comes', async () => {
    const before = queueSaid('general').at(-1)!;
    expect(before).toMatchObject({ agents: 0, beginningsPerHour: 0, ticketId: 'early', horizonMinutes: 240 });
    expect(before.breachInMinutes).toBeGreaterThan(55);
    await sla.twice(agent('ana'));
    await look();
    expect(queueSaid('general').at(-1)).toMatchObject({ agents: 1, waiting: 1, breachInMinutes: null });
  });
  it('of which nothing is to be said is silent', () => {
    expect(queueSaid('empty')).toEqual([]);
  });
  it('learns what its tickets take', async () => {
    const from = Date.now() - 30 * MINUTE_MS;
    for (let nth = 0; nth < 6; nth += 1) {
      const ticketId = `learned-${nth}`;
      await sla.publishDated(
        { draft: received(ticketId, from), version: 1, at: from },
        { draft: enriched(ticketId), version: 1, at: from },
        { draft: assigned(ticketId), version: 1, at: from },
        { draft: solved(ticketId), version: 2, at: from + 12 * MINUTE_MS },
      );
    }
    await look();
    const [learned] = await sla.stack.query<{ tickets: number; minutes: number }>(
      'sla-escalation',
      `select sum(tickets) as tickets, sum(minutes) as minutes from outlook_learned where what = 'work' and circle = 'queue' and name = 'general'`,
    );
    // 'near' was solved at once.
    expect(Math.round(learned!.tickets)).toBe(7);
    expect(learned!.minutes).toBeCloseTo(72, 0);
    await sla.twice(received('judged', Date.now() - 52 * MINUTE_MS), enriched('judged'));
    await look();
    const resolution = outlooksOf('judged').find(({ data }) => (data as SlaOutlook['data']).target === 'resolution');
    expect(resolution).toMatchObject({ data: { willBreach: true, basis: { of: 'queue', tickets: 7 } } });
  });
});

describe('another configuration', () => {
  it('moves what waits to where it belongs now', async () => {
    expect(queueSaid('general').at(-1)).toMatchObject({ waiting: 2 });
    await sla.configure(documents('empty'));
    // The first turn sees the bundle, the second the tickets in their new queue, whichever instance has it.
    await look();
    await look();
    expect(queueSaid('empty').at(-1)).toMatchObject({ waiting: 2, agents: 0, ticketId: 'judged' });
    const rows = await sla.stack.query<{ queue_id: string }>(
      'sla-escalation',
      'select distinct queue_id from outlook_ticket where waiting',
    );
    expect(rows).toEqual([{ queue_id: 'empty' }]);
  });
});

describe('time without staff', () => {
  it('is told from the instants of the events, in whatever order they come', async () => {
    const nine = Date.parse('2026-11-20T09:00:00Z');
    const minute = (nth: number) => new Date(nine + nth * MINUTE_MS);
    const seen = (agentId: string, version: number, nth: number, presence: 'online' | 'offline') => ({
      draft: agent(agentId, { agentVersion: version, presence, queueIds: ['night'] }),
      version,
      at: minute(nth).getTime(),
    });
    await sla.publishDated(seen('eve', 1, 40, 'online'), seen('eve', 2, 50, 'offline'));
    await sla.stack.settled();
    await sla.publishDated(
      seen('bob', 1, 0, 'online'),
      seen('bob', 2, 10, 'offline'),
      seen('bob', 3, 45, 'online'),
      seen('bob', 4, 60, 'offline'),
    );
    await sla.stack.settled();
    expect(sla.stack.eventsAbout('bob', AgentsTopic)).toHaveLength(8);
    const tx = sla.service.app.get(DataSource).manager;
    const gaps = await new AgentPresenceStore(tx).unstaffedOf(['night', 'nowhere'], minute(-30), minute(70));
    expect(gaps.get('night')).toEqual([
      { from: minute(10), to: minute(40) },
      { from: minute(60), to: minute(70) },
    ]);
    expect(gaps.get('nowhere')).toEqual([{ from: minute(-30), to: minute(70) }]);
  });
});

describe('started again from the beginning', () => {
  it('says nothing twice', async () => {
    await look();
    const [tickets, learned] = [await rowsOf('outlook_ticket'), await rowsOf('outlook_learned')];
    const said = outlooksOf('near').length + outlooksOf('judged').length;
    await second.close();
    await sla.restart({ rewound: true });
    second = await sla.startAnother();
    await look();
    expect(outlooksOf('near').length + outlooksOf('judged').length).toBe(said);
    expect(await rowsOf('outlook_ticket')).toEqual(tickets);
    expect(await rowsOf('outlook_learned')).toEqual(learned);
  });
});

function rowsOf(table: string) {
  return sla.stack.query<Record<string, unknown>>('sla-escalation', `select * from ${table} order by 1, 2, 3`);
}
