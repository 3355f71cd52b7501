import {
  RoutingPolicy,
  TicketEnriched,
  TicketQueued,
  TicketReceived,
  TicketReopened,
  TicketSolved,
  type Draft,
  type Received,
} from '@signalbox/contracts';
import { ConfigurationSnapshot } from '@signalbox/messaging';
import { Learned, type CandidateAgent, type MatchPolicy, type RecordedRound, type WaitingTicket } from '@signalbox/routing/domain';
import { resimulate } from './resimulate.ts';
import { TrafficGatherer, type Traffic, type TrafficEvent, type TrafficTicket } from './traffic.ts';
import { compare, wordsOf } from './what-if.ts';

const FROM = Date.parse('2026-11-24T09:00:00Z');
const at = (minutes: number): number => FROM + minutes * 60_000;
const iso = (minutes: number): string => new Date(at(minutes)).toISOString();

const agent = (agentId: string, fields: Partial<CandidateAgent> = {}): CandidateAgent => ({
  agentId,
  agentVersion: 1,
  presence: 'online',
  inRotation: true,
  skills: {},
  languages: {},
  queueIds: ['general'],
  unitsMax: 4,
  channelUnitsMax: {},
  unitsUsed: 0,
  interruptibleUnitsMax: null,
  interruptibleUnitsUsed: 0,
  channelUnitsUsed: {},
  idleSince: null,
  lastAssignedAt: null,
  shiftEndsAt: null,
  work: [],
  ...fields,
});
const ticket = (
  ticketId: string,
  minute: number,
  fields: Partial<TrafficTicket> = {},
  seen: Partial<WaitingTicket> = {},
): TrafficTicket => ({
  seen: {
    ticketId,
    category: 'question',
    complexity: 1,
    priority: 'normal',
    language: null,
    channel: 'web',
    tier: null,
    queueId: 'general',
    units: 1,
    epoch: 1,
    firstQueuedAt: at(minute),
    relaxFrom: at(minute),
    excludedAgentIds: [],
    extraSkills: {},
    recentAgentIds: [],
    dueAt: null,
    unenriched: false,
    interruptible: false,
    ownerAgentId: null,
    ...seen,
  },
  arrivesAt: at(minute),
  responseDueAt: null,
  solutions: [],
  ...fields,
});
const traffic = (tickets: TrafficTicket[], agents: Traffic['agents']): Traffic => ({
  tickets,
  agents,
  domainOf: ([queueId = '']) => (queueId === 'abroad' ? 'eu' : 'default'),
  from: FROM,
  to: at(600),
  neverRouted: 0,
  agentChanges: { fromRounds: agents.length, fromStates: 0 },
});
const learned = new Learned([], 8);
const by = (weights: Record<string, number>): MatchPolicy => ({
  policy: RoutingPolicy.parse({ weights: { standard: weights }, maximumAgeMinutes: { urgent: 15, high: 30, normal: 120, low: 480 } }),
  categories: new Map(),
  learned,
});
const solvedBy = (agentId: string, minutes: number, reopenedAfterMinutes?: number) => ({
  solutions: [{ agentId, minutes, reopenedAfterMinutes }],
});

describe('real traffic through a policy', () => {
  it('keeps the real minutes of a ticket that keeps its agent, and lets the next wait for them', () => {
    const one = traffic(
      [ticket('t-1', 0, solvedBy('ana', 30)), ticket('t-2', 10, solvedBy('ana', 5))],
      [{ at: FROM, agent: agent('ana') }],
    );
    const { beganAt, busyMinutes } = resimulate(one, by({ workload: 1 }), learned, 1);
    expect([...beganAt]).toEqual([at(0), at(30)]);
    expect(busyMinutes.get('ana')).toBeCloseTo(35);
  });

  it('draws other minutes around what was learned, the same for every policy of a run, others in the next', () => {
    const one = traffic([ticket('t-1', 0, solvedBy('zoe', 30))], [{ at: FROM, agent: agent('ana') }]);
    const minutes = [1, 1, 2].map((seed) => resimulate(one, by({ workload: 1 }), learned, seed).busyMinutes.get('ana'));
    expect(minutes[0]).toBe(minutes[1]);
    expect(minutes[0]).not.toBe(minutes[2]);
    const many = traffic(
      Array.from({ length: 400 }, (_, nth) => ticket(`t-${nth}`, nth * 1_000)),
      [{ at: FROM, agent: agent('ana') }],
    );
    const mean = resimulate(many, by({ workload: 1 }), learned, 3).busyMinutes.get('ana')! / 400;
    expect(mean / learned.handleMinutes('ana', 'question')).toBeGreaterThan(0.85);
    expect(mean / learned.handleMinutes('ana', 'question')).toBeLessThan(1.15);
  });

  it('gives what somebody has not begun when they leave to whoever is there', () => {
    const one = traffic(
      [ticket('t-1', 0, solvedBy('ana', 30)), ticket('t-2', 1, solvedBy('ana', 30))],
      [
        { at: FROM, agent: agent('ana') },
        { at: at(5), agent: agent('ana', { presence: 'offline' }) },
        { at: at(9), agent: agent('bo') },
      ],
    );
    const { firstAgent, beganAt, solved } = resimulate(one, by({ workload: 1 }), learned, 1);
    expect(firstAgent).toEqual(['ana', 'ana']);
    expect(beganAt[1]).toBe(at(9));
    expect(Object.fromEntries(solved)).toEqual({ ana: 1, bo: 1 });
  });

  it('takes the most urgent of more than a round holds', () => {
    const calm = Array.from({ length: 300 }, (_, nth) => ticket(`t-${nth}`, 1, solvedBy('ana', 1)));
    const late = ticket('urgent', 2, solvedBy('ana', 1), { priority: 'urgent' });
    const one = traffic([...calm, late], [{ at: at(3), agent: agent('ana', { unitsMax: 1 }) }]);
    const { beganAt } = resimulate(one, by({ workload: 1 }), learned, 1);
    expect(beganAt[300]).toBe(at(3));
    expect(Math.max(...beganAt)).toBe(at(303));
  });

  it('keeps domains apart, also where any queue would do', () => {
    const anywhere = by({ workload: 1 });
    const policy = { ...anywhere.policy, relaxation: RoutingPolicy.shape.relaxation.parse([{ afterSeconds: 0, anyQueue: true }]) };
    const one = traffic(
      [ticket('t-1', 0, {}, { queueId: 'abroad' }), ticket('t-2', 1, {}, { queueId: 'nobody-there' })],
      [
        { at: FROM, agent: agent('ana') },
        { at: at(30), agent: agent('bo', { queueIds: ['abroad'] }) },
      ],
    );
    const { firstAgent, beganAt } = resimulate(one, { ...anywhere, policy }, learned, 1);
    expect(firstAgent).toEqual(['bo', 'ana']);
    expect(beganAt[0]).toBe(at(30));
  });

  it('lets a queue help out by the service level it has in the run itself', () => {
    const overflow = (donorServiceLevel?: object) => ({
      ...by({ workload: 1 }),
      policy: RoutingPolicy.parse({
        ...by({ workload: 1 }).policy,
        overflow: [{ from: 'general', to: ['billing'], afterSeconds: 0, donorWaitMinutesMax: 600, donorServiceLevel }],
      }),
    });
    const billing = { queueId: 'billing' };
    // Six come at once and are done one after the other: four of them late. The last minutes of the window see none of them any more.
    const own = Array.from({ length: 6 }, (_, nth) => ticket(`b-${nth}`, 0, solvedBy('bo', 8), billing));
    const others = [60, 170].map((minute) => ticket(`g-${minute}`, minute, solvedBy('bo', 5)));
    const one = traffic([...own, ...others], [{ at: FROM, agent: agent('bo', { queueIds: ['billing'], unitsMax: 1 }) }]);
    const firstOf = (policy: MatchPolicy) => resimulate(one, policy, learned, 1).firstAgent.slice(6);
    expect(firstOf(overflow())).toEqual(['bo', 'bo']);
    // The one that came while the level was low waits until something happens after it has recovered.
    const guarded = resimulate(one, overflow({ share: 0.8, withinMinutes: 10, overMinutes: 120 }), learned, 1);
    expect([...guarded.beganAt].slice(6)).toEqual([at(170), at(175)]);
  });

  it('counts as near breach what the policy says, of all that an agent owns', () => {
    // `ana` is at work on one that is due in 40 minutes; she and `bo` are alike for the next.
    const one = traffic(
      [ticket('t-1', 0, solvedBy('ana', 60), { dueAt: at(41) }), ticket('t-2', 1)],
      [
        { at: FROM, agent: agent('ana', { languages: { de: 5 } }) },
        { at: at(0.5), agent: agent('bo') },
      ],
    );
    const second = (nearBreachMinutes: number, agentSlaPressure: string) =>
      resimulate(
        one,
        {
          ...by({}),
          policy: RoutingPolicy.parse({
            ...by({}).policy,
            weights: { standard: { slaPressure: 1, rotation: 0.01 } },
            agentSlaPressure,
            nearBreachMinutes,
          }),
        },
        learned,
        1,
      ).firstAgent[1];
    expect(second(15, 'boost')).toBe('bo');
    expect(second(60, 'boost')).toBe('ana');
  });

  it('says when a run was cut off after too many events', () => {
    const absent = Array.from({ length: 102_000 }, (_, nth) => ({ at: FROM + nth, agent: agent('ana', { presence: 'offline' }) }));
    const one = traffic([ticket('t-1', 0)], [...absent, { at: at(60), agent: agent('bo') }]);
    expect(resimulate(one, by({ workload: 1 }), learned, 1)).toMatchObject({ cut: true, firstAgent: [undefined] });
    expect(resimulate(traffic([ticket('t-1', 0)], [{ at: FROM, agent: agent('ana') }]), by({ workload: 1 }), learned, 1).cut).toBe(false);
    const compared = compare(one, by({ workload: 1 }), by({ skill: 1 }), learned, 2);
    expect(compared.runsCut).toEqual({ now: 2, other: 2 });
    const found = { ...compared, from: '', to: '', tickets: 1, neverRouted: 0, agentChanges: one.agentChanges, runs: 2, modelled: [] };
    expect(wordsOf({ ...found, policyNow: { name: 'standard', version: 1 } })).toContainEqual(
      expect.stringMatching(/^2 of 2 runs by other were cut off/),
    );
  });

  it('brings a reopened ticket back, and never begins one that nobody may take', () => {
    const one = traffic(
      [ticket('t-1', 0, solvedBy('ana', 10, 60)), ticket('t-2', 0, {}, { queueId: 'nobody-there' })],
      [{ at: FROM, agent: agent('ana') }],
    );
    const { solved, beganAt, firstAgent } = resimulate(one, by({ workload: 1 }), learned, 1);
    expect(solved.get('ana')).toBe(2);
    expect(firstAgent[1]).toBeUndefined();
    expect(beganAt[1]).toBeNaN();
  });
});

describe('two policies compared', () => {
  const agents = ['ana', 'bo'].map((agentId, nth) => ({ at: FROM, agent: agent(agentId, { languages: { de: nth === 0 ? 5 : 4 } }) }));
  const tickets = Array.from({ length: 30 }, (_, nth) =>
    ticket(`t-${nth}`, nth * 8, { ...solvedBy('ana', 12), responseDueAt: at(nth * 8 + 15) }, { language: 'de' }),
  );

  it('do not differ when they are the same', () => {
    const { changedAssignments, overall } = compare(traffic(tickets, agents), by({ workload: 1 }), by({ workload: 1 }), learned, 3);
    expect(changedAssignments.mean).toBe(0);
    for (const { difference } of Object.values(overall)) expect(difference).toEqual({ mean: 0, interval95: [0, 0] });
  });

  it('show what one of them does: all to the best linguist means waits, breaches and an unfair load', () => {
    const { changedAssignments, overall, byQueue, busyMinutesByAgent } = compare(
      traffic(tickets, agents),
      by({ workload: 1 }),
      by({ language: 1 }),
      learned,
      20,
    );
    expect(changedAssignments.mean).toBeGreaterThan(0.2);
    for (const name of ['meanWaitMinutes', 'p95WaitMinutes', 'giniBusyTime', 'firstResponseBreachedShare'])
      expect({ name, worse: overall[name]!.difference.mean > 0 }).toEqual({ name, worse: true });
    const { mean: worse, interval95 } = overall['meanWaitMinutes']!.difference;
    expect(interval95[0]).toBeLessThan(worse);
    expect(interval95[1]).toBeGreaterThan(worse);
    expect(byQueue['general']!['meanWaitMinutes']).toEqual(overall['meanWaitMinutes']);
    expect(busyMinutesByAgent['bo']!.other.mean).toBeLessThan(busyMinutesByAgent['bo']!.now.mean);
  });
});

it('traffic is gathered from its topics in any order: the first look, the minutes of work, who came back, how agents stood', () => {
  const solved = (ticketId: string, assigned: number, minute: number) =>
    TicketSolved(ticketId, {
      ticket: {} as never,
      agentId: 'ana',
      how: 'agent',
      assignedAt: iso(assigned),
      solvedAt: iso(minute),
    });
  const fact = <T>(value: T) => ({ value, confidence: 1, source: 'test' });
  const received = (ticketId: string, minute: number) =>
    TicketReceived(ticketId, {
      number: 1,
      messageId: 'm',
      channel: 'web',
      door: 'http',
      channelAccount: 'web',
      customer: { customerId: 'c', address: 'a@example.com' },
      subject: 's',
      text: 't',
      attachments: [],
      receivedAt: iso(minute),
    });
  const drafts: [Draft, number][] = [
    [solved('t-1', 1, 20), 20],
    [solved('t-2', 5, 26), 26],
    [TicketReopened('t-1', { ticket: {} as never, solvedByAgentId: 'ana', cause: 'customer-replied', reopenings: 1 }), 50],
    [TicketQueued('t-1', { queueId: 'general', step: 0, reasons: [], queuedAt: iso(0.5) }), 0.5],
    [TicketQueued('t-2', { queueId: 'general', step: 0, reasons: [], queuedAt: iso(4) }), 4],
    [received('t-1', 0), 0],
    [received('t-2', 3), 3],
    [received('answered', 3), 3],
    [received('before', -9), -9],
    [
      TicketEnriched('t-1', {
        category: fact('question'),
        complexity: fact(2),
        priority: fact('high' as const),
        language: fact('de'),
        sentiment: fact(0),
        wantsHuman: fact(false),
        customer: { customerId: 'c', ticketsTotal: 0, ticketsLast30Days: 0, recentAgentIds: ['bo'] },
        missing: [],
        enrichedAt: iso(0),
      }),
      0.2,
    ],
  ];
  const gatherer = new TrafficGatherer(new Date(FROM), new Date(at(100)));
  const round = (minute: number, agents: CandidateAgent[], domain = 'default') =>
    gatherer.takeRound({ domain, now: new Date(at(minute)), agents } as unknown as RecordedRound);
  // Of another domain, read before the rounds of the first: who went there was not offline.
  round(2.5, [agent('cem', { queueIds: ['abroad'] })], 'eu');
  round(1, [agent('cem')], 'short-lived');
  round(2, [agent('dee')], 'short-lived');
  round(1, [agent('ana'), agent('bo')]);
  round(2, [agent('ana', { unitsUsed: 1 }), agent('bo', { presence: 'away' })]);
  round(3, [agent('ana')]);
  for (const [draft, minute] of drafts) gatherer.take({ ...draft, at: new Date(at(minute)) } as unknown as Received<TrafficEvent>);
  const { tickets, agents, neverRouted } = gatherer.traffic(new ConfigurationSnapshot(1, new Map()));
  expect(neverRouted).toBe(1);
  expect(tickets).toMatchObject([
    {
      seen: { ticketId: 't-1', priority: 'high', complexity: 2, recentAgentIds: ['bo'] },
      arrivesAt: at(0.5),
      solutions: [{ agentId: 'ana', minutes: 19, reopenedAfterMinutes: 30 }],
    },
    { seen: { ticketId: 't-2' }, arrivesAt: at(4), solutions: [{ agentId: 'ana', minutes: 6, reopenedAfterMinutes: undefined }] },
  ]);
  expect(agents.map((one) => [one.at, one.agent.agentId, one.agent.presence])).toEqual([
    [at(1), 'ana', 'online'],
    [at(1), 'bo', 'online'],
    [at(1), 'cem', 'online'],
    [at(2), 'bo', 'away'],
    [at(2), 'dee', 'online'],
    [at(2.5), 'cem', 'online'],
    [at(3), 'bo', 'offline'],
  ]);
});
