import { aCategory, aCell, ago, anAgent, aPolicy, aTicket, decidingBy, NOW, passing } from '../../test/a-round.js';
import { Learned } from './learning.js';
import { match, matchNext } from './match.js';
import { proposalOf } from './proposal.js';
import { inOrder } from './wish.js';

const dispute = aCategory({ requiredSkills: { accounting: 3 } });
const accountant = (agentId: string, accounting: number, fields: object = {}) => anAgent(agentId, { skills: { accounting }, ...fields });
const chosen = (...parameters: Parameters<typeof match>) =>
  Object.fromEntries(match(...parameters).proposals.map(({ ticket, agentId }) => [ticket.ticketId, agentId]));

describe('a round', () => {
  it('prefers the accounting expert who has room although a better one is full', () => {
    const agents = [accountant('best', 5, { unitsUsed: 4 }), accountant('good', 4), accountant('new', 1)];
    const { proposals } = match([aTicket('t', { category: 'dispute' })], agents, decidingBy({ categories: { dispute } }), NOW);
    expect(proposals).toMatchObject([{ agentId: 'good', step: 0, skipped: false }]);
    expect(proposals[0]!.excluded).toEqual([
      { reason: 'accounting below 3', agents: 1 },
      { reason: 'no room', agents: 1 },
    ]);
  });

  it('prefers the agent with the faster history', () => {
    const learned = new Learned([aCell('slow', 'technical', 40), aCell('fast', 'technical', 10)], 8);
    const deciding = decidingBy({ learned, categories: { technical: aCategory() } });
    expect(chosen([aTicket('t', { category: 'technical' })], [anAgent('slow'), anAgent('fast')], deciding, NOW)).toEqual({ t: 'fast' });
  });

  it('prefers who solved this customer’s last ticket', () => {
    const policy = aPolicy({ weights: { standard: { workload: 0.1, familiarity: 1 } } });
    const agents = [anAgent('ana'), anAgent('ben', { unitsUsed: 2 }), anAgent('cid')];
    expect(chosen([aTicket('t', { recentAgentIds: ['ben', 'cid'] })], agents, decidingBy({ policy }), NOW)).toEqual({ t: 'ben' });
  });

  it('spreads tickets, because a proposed ticket counts at once', () => {
    const tickets = ['t1', 't2', 't3', 't4'].map((id) => aTicket(id));
    const agents = [anAgent('ana'), anAgent('ben')];
    const each = Object.values(chosen(tickets, agents, decidingBy(), NOW)).sort();
    expect(each).toEqual(['ana', 'ana', 'ben', 'ben']);
  });

  it('gives equals to who has been idle longest, then to the first id', () => {
    const policy = aPolicy({ weights: { standard: { skill: 1 } } });
    const idle = [anAgent('ana', { idleSince: ago(5) }), anAgent('ben', { idleSince: ago(50) }), anAgent('cid')];
    expect(chosen([aTicket('t')], idle, decidingBy({ policy }), NOW)).toEqual({ t: 'ben' });
    expect(chosen([aTicket('t')], [anAgent('ben'), anAgent('ana')], decidingBy({ policy }), NOW)).toEqual({ t: 'ana' });
  });

  it.each(['longest-idle', 'least-loaded', 'best-skill', 'round-robin'])(
    'by %s gives equals who all work to who was given a ticket longest ago',
    (name) => {
      const policy = aPolicy({ rules: [{ when: {}, use: name }] });
      const busy = Object.entries({ ana: 1, ben: 90, cid: 50 }).map(([id, minutes]) =>
        anAgent(id, { unitsUsed: 1, lastAssignedAt: ago(minutes) }),
      );
      const { proposals } = match([aTicket('t'), aTicket('t2')], busy, decidingBy({ policy }), NOW);
      expect(proposals.map(({ agentId }) => agentId)).toEqual(['ben', 'cid']);
      expect(proposals[0]!.top.map(({ agentId }) => agentId)).toEqual(['ben', 'cid', 'ana']);
      expect(chosen([aTicket('t')], [...busy, anAgent('new', { unitsUsed: 1 })], decidingBy({ policy }), NOW)).toEqual({ t: 'new' });
    },
  );

  it('shows the five best with their factors, best first', () => {
    const agents = Array.from({ length: 8 }, (_, nth) => anAgent(`agent-${nth}`, { unitsUsed: nth % 4 }));
    const [proposed] = match([aTicket('t')], agents, decidingBy(), NOW).proposals;
    expect(proposed!.top.map(({ agentId }) => agentId)).toEqual(['agent-0', 'agent-4', 'agent-1', 'agent-5', 'agent-2']);
  });

  it('counts proposals in flight against room and channel cap', () => {
    const agents = [anAgent('ana', { unitsUsed: 3 }), anAgent('ben', { channelUnitsMax: { chat: 2 } })];
    const inFlight = passing({ ana: { units: 1, channels: { web: 1 } }, ben: { units: 2, channels: { chat: 2 } } });
    const { proposals, waiting } = match([aTicket('t', { channel: 'chat' })], agents, decidingBy(), NOW, 0, inFlight);
    expect(proposals).toEqual([]);
    expect(waiting).toMatchObject([
      {
        reasons: [
          { reason: 'no room', agents: 1 },
          { reason: 'no room for chat', agents: 1 },
        ],
      },
    ]);
  });

  it('says of everybody why not, once each', () => {
    const able = (agentId: string, fields: Parameters<typeof anAgent>[1] = {}) =>
      anAgent(agentId, { skills: { accounting: 3 }, languages: { de: 3 }, ...fields });
    const agents = [
      able('away', { presence: 'away' }),
      able('barred'),
      able('barred-and-new', { skills: {} }),
      able('full', { unitsUsed: 4 }),
      able('offline', { presence: 'offline' }),
      able('resting', { inRotation: false }),
      able('silent', { languages: {} }),
      able('stranger', { queueIds: ['other'] }),
    ];
    const ticket = aTicket('t', {
      category: 'dispute',
      language: 'de',
      excludedAgentIds: ['barred', 'barred-and-new', 'barred', 'nobody'],
    });
    const { waiting } = match([ticket], agents, decidingBy({ categories: { dispute } }), NOW);
    expect(waiting[0]!.reasons).toEqual([
      { reason: 'excluded for this ticket', agents: 2 },
      { reason: 'away', agents: 1 },
      { reason: 'de below 3', agents: 1 },
      { reason: 'no room', agents: 1 },
      { reason: 'not in queue general', agents: 1 },
      { reason: 'offline', agents: 1 },
      { reason: 'out of rotation', agents: 1 },
    ]);
  });

  it('scores with the weights the rules choose, and says which', () => {
    const policy = aPolicy({
      weights: { standard: { workload: 1 }, urgent: { skill: 1 } },
      rules: [{ when: { priority: ['urgent'] }, use: 'urgent' }],
    });
    const agents = [accountant('skilled', 5, { unitsUsed: 2 }), accountant('free', 3)];
    const tickets = [aTicket('calm', { category: 'dispute' }), aTicket('hurry', { category: 'dispute', priority: 'urgent' })];
    const { proposals } = match(tickets, agents, decidingBy({ policy, categories: { dispute } }), NOW);
    expect(proposals).toMatchObject([
      { ticket: { ticketId: 'hurry' }, agentId: 'skilled', weightsName: 'urgent' },
      { ticket: { ticketId: 'calm' }, agentId: 'free', weightsName: 'standard' },
    ]);
  });

  it.each([
    ['protect', 'calm'],
    ['ignore', 'busy'],
    ['boost', 'busy'],
  ] as const)('with agentSlaPressure %s gives the ticket to the %s one of two equals', (agentSlaPressure, winner) => {
    const policy = aPolicy({ agentSlaPressure });
    // Idle longest: wins when nothing else decides.
    const agents = [anAgent('busy', { idleSince: ago(60) }), anAgent('calm', { idleSince: ago(59) })];
    expect(chosen([aTicket('t')], agents, decidingBy({ policy }), NOW, 0, passing({ busy: { ticketsNearBreach: 2 } }))).toEqual({
      t: winner,
    });
  });
});

describe('the order of tickets', () => {
  const order = (...tickets: ReturnType<typeof aTicket>[]) => inOrder(tickets, aPolicy(), NOW).map(({ ticketId }) => ticketId);
  it('is priority, then deadline, then age, then id', () => {
    expect(
      order(
        aTicket('b'),
        aTicket('a'),
        aTicket('older', { firstQueuedAt: ago(1) }),
        aTicket('due', { dueAt: ago(-60) }),
        aTicket('due-soon', { dueAt: ago(-50) }),
        aTicket('overdue', { dueAt: ago(5) }),
        aTicket('urgent', { priority: 'urgent' }),
      ),
    ).toEqual(['urgent', 'overdue', 'due-soon', 'due', 'older', 'a', 'b']);
  });
  it('puts those before all with more time whose deadline is near and can be kept, unless the policy does not protect them', () => {
    const tickets = [
      aTicket('urgent', { priority: 'urgent', dueAt: ago(-240) }),
      aTicket('low', { priority: 'low', dueAt: ago(-5) }),
      aTicket('normal', { dueAt: ago(-15) }),
      aTicket('overdue', { dueAt: ago(0) }),
      aTicket('over-age', { priority: 'low', firstQueuedAt: ago(480) }),
    ];
    const by = (fields: Record<string, unknown>) => inOrder(tickets, aPolicy(fields), NOW).map(({ ticketId }) => ticketId);
    expect(by({})).toEqual(['over-age', 'normal', 'low', 'urgent', 'overdue']);
    expect(by({ nearBreachMinutes: 14 })).toEqual(['over-age', 'low', 'urgent', 'overdue', 'normal']);
    for (const fields of [{ agentSlaPressure: 'ignore' }, { agentSlaPressure: 'boost' }, { nearBreachMinutes: 0 }])
      expect(by(fields)).toEqual(['over-age', 'urgent', 'overdue', 'normal', 'low']);
  });
  it('lifts a ticket by the steps that have come, never above the highest', () => {
    const policy = aPolicy({
      relaxation: [
        { afterSeconds: 60, priorityDelta: 2 },
        { afterSeconds: 120, priorityDelta: 1 },
        { afterSeconds: 180, priorityDelta: 3 },
      ],
    });
    const tickets = [
      aTicket('normal'),
      aTicket('high', { priority: 'high', firstQueuedAt: ago(1) }),
      aTicket('urgent', { priority: 'urgent', firstQueuedAt: ago(2) }),
    ];
    const with_ = (seconds: number) =>
      inOrder([aTicket('low', { priority: 'low', relaxFrom: ago(seconds / 60), firstQueuedAt: ago(10) }), ...tickets], policy, NOW).map(
        ({ ticketId }) => ticketId,
      );
    expect(with_(59)).toEqual(['urgent', 'high', 'normal', 'low']);
    // As high as `high`, and older. The second step keeps what the first gave.
    expect(with_(60)).toEqual(['urgent', 'low', 'high', 'normal']);
    expect(with_(120)).toEqual(['urgent', 'low', 'high', 'normal']);
    expect(with_(180)).toEqual(['low', 'urgent', 'high', 'normal']);
  });
  it('puts tickets past their priority’s maximum age first, the oldest before the others', () => {
    expect(
      order(
        aTicket('urgent', { priority: 'urgent' }),
        aTicket('low', { priority: 'low', firstQueuedAt: ago(479) }),
        aTicket('low-over', { priority: 'low', firstQueuedAt: ago(480) }),
        aTicket('high-over', { priority: 'high', firstQueuedAt: ago(30), dueAt: ago(10) }),
      ),
    ).toEqual(['low-over', 'high-over', 'urgent', 'low']);
  });
  it('lets no later ticket have an agent whom one past its maximum age could take', () => {
    const tickets = [aTicket('urgent', { priority: 'urgent' }), aTicket('old', { priority: 'low', firstQueuedAt: ago(500) })];
    expect(chosen(tickets, [anAgent('last', { unitsUsed: 3 })], decidingBy(), NOW)).toEqual({ old: 'last' });
  });
});

describe('relaxation', () => {
  const policy = aPolicy({
    relaxation: [
      { afterSeconds: 60, lowerSkillsBy: 1 },
      { afterSeconds: 120, lowerSkillsBy: 2, anyQueue: true },
    ],
  });
  const deciding = decidingBy({ policy, categories: { dispute } });
  const ticket = (waitedSeconds: number, fields: object = {}) =>
    aTicket('t', { category: 'dispute', relaxFrom: ago(waitedSeconds / 60), ...fields });

  it('is waited for while an agent who fits is staffed, though away or full', () => {
    const agents = [accountant('away', 3, { presence: 'away' }), accountant('new', 2)];
    const { proposals, waiting } = match([ticket(0)], agents, deciding, NOW);
    expect(proposals).toEqual([]);
    expect(waiting).toMatchObject([{ step: 0, skipped: false, nextStepAt: NOW.getTime() + 60_000 }]);
    expect(chosen([ticket(60)], agents, deciding, NOW)).toEqual({ t: 'new' });
  });
  it('is skipped to at once when nobody staffed could ever match', () => {
    const agents = [accountant('off', 5, { presence: 'offline' }), accountant('elsewhere', 1, { queueIds: ['other'] })];
    expect(match([ticket(0)], agents, deciding, NOW).proposals).toMatchObject([{ agentId: 'elsewhere', step: 2, skipped: true }]);
  });
  it('skips also when the only one who fits has declined', () => {
    const agents = [accountant('declined', 5), accountant('new', 2)];
    expect(match([ticket(0, { excludedAgentIds: ['declined'] })], agents, deciding, NOW).proposals).toMatchObject([
      { agentId: 'new', step: 1 },
    ]);
  });
  it('skips a step that says so while those who fit are only away', () => {
    const agents = [accountant('away', 5, { presence: 'away' }), accountant('new', 2)];
    const by = (skipIf: string) =>
      decidingBy({ policy: aPolicy({ relaxation: [{ afterSeconds: 60, lowerSkillsBy: 1, skipIf }] }), categories: { dispute } });
    expect(match([ticket(0)], agents, by('nobody-staffed'), NOW).waiting).toMatchObject([{ step: 0 }]);
    expect(match([ticket(0)], agents, by('nobody-online'), NOW).proposals).toMatchObject([{ agentId: 'new', step: 1, skipped: true }]);
    const over = accountant('over', 5, { onShift: false });
    for (const skipIf of ['nobody-staffed', 'nobody-online'])
      expect(
        match([ticket(0)], [over, { ...over, agentId: 'gone', presence: 'away' }, accountant('new', 2)], by(skipIf), NOW).proposals,
      ).toMatchObject([{ agentId: 'new', step: 1, skipped: true }]);
    const online = accountant('full', 5, { unitsUsed: 4 });
    expect(match([ticket(0)], [online, ...agents], by('nobody-online'), NOW).waiting).toMatchObject([{ step: 0 }]);
  });
  it('asks for no skill that is known to nobody, and says so', () => {
    const asks = ticket(0, { extraSkills: { tax: 2, law: 1 }, unknownSkills: ['tax'] });
    const agents = [accountant('a', 3), accountant('b', 3, { skills: { accounting: 3, law: 1 } })];
    const [proposed] = match([asks], agents, deciding, NOW).proposals;
    expect(proposed).toMatchObject({ agentId: 'b', step: 0, excluded: [{ reason: 'law below 1', agents: 1 }] });
    expect(proposalOf(proposed!, 'p', { domain: 'default', round: 1, policy: { name: 'standard', version: 1 }, now: NOW })).toMatchObject({
      unknownSkills: ['tax'],
    });
  });
  it('gives nothing up while nobody at all is staffed', () => {
    expect(match([ticket(0)], [accountant('off', 5, { presence: 'offline' })], deciding, NOW).waiting).toMatchObject([
      { step: 0, skipped: false },
    ]);
    expect(match([ticket(0)], [], deciding, NOW).waiting).toMatchObject([{ step: 0, reasons: [] }]);
  });
});

describe('a ticket of a customer whom an agent knows', () => {
  const deciding = decidingBy({ policy: aPolicy({ stickySeconds: 120, weights: { standard: { workload: 1 } } }) });
  const knows = anAgent('knows', { unitsUsed: 3 });
  const ticket = (waitedSeconds: number, fields: object = {}) =>
    aTicket('t', { recentAgentIds: ['knows', 'other'], relaxFrom: ago(waitedSeconds / 60), ...fields });

  it('is theirs at first, and anybody’s when the first step is over', () => {
    expect(chosen([ticket(119)], [knows, anAgent('free')], deciding, NOW)).toEqual({ t: 'knows' });
    expect(chosen([ticket(120)], [knows, anAgent('free')], deciding, NOW)).toEqual({ t: 'free' });
  });
  it('waits for them while they are full, and is tried again when that is over', () => {
    const { waiting } = match([ticket(60)], [{ ...knows, unitsUsed: 4 }, anAgent('free')], deciding, NOW);
    expect(waiting).toMatchObject([{ nextStepAt: NOW.getTime() + 60_000 }]);
    expect(waiting[0]!.reasons).toContainEqual({ reason: 'kept for who knows the customer', agents: 1 });
  });
  it.each([
    ['is past its maximum age', { firstQueuedAt: ago(120) }],
    ['is near its deadline', { dueAt: ago(-15) }],
    ['is to be rescued', { ownerAgentId: 'owner' }],
  ])('is anybody’s once it %s', (_, fields) => {
    const full = { ...knows, unitsUsed: 4 };
    expect(chosen([ticket(60, fields)], [full, anAgent('free')], deciding, NOW)).toEqual({ t: 'free' });
  });
  it('is tried again when its deadline is near', () => {
    const { waiting } = match([ticket(60, { dueAt: ago(-15.5) })], [{ ...knows, unitsUsed: 4 }, anAgent('free')], deciding, NOW);
    expect(waiting).toMatchObject([{ nextStepAt: NOW.getTime() + 30_000 }]);
  });
  it.each([
    ['away', { ...knows, presence: 'away' as const }, {}],
    ['gone', anAgent('stranger', { unitsUsed: 2 }), {}],
    ['not to be asked again', knows, { excludedAgentIds: ['knows'] }],
    ['without the skill', knows, { extraSkills: { law: 1 } }],
  ])('is kept for nobody who is %s', (_, agent, fields) => {
    expect(chosen([ticket(0, fields)], [agent, anAgent('free', { skills: { law: 5 } })], deciding, NOW)).toEqual({ t: 'free' });
  });
});

describe('a ticket to be rescued', () => {
  const deciding = decidingBy({ categories: { dispute } });
  const late = (fields: object = {}) => aTicket('late', { category: 'dispute', ownerAgentId: 'owner', dueAt: ago(-10), ...fields });
  const busyWith = (agentId: string, tickets: number, fields: object = {}) =>
    accountant(agentId, 3, { unitsUsed: tickets, work: Array(tickets).fill('dispute'), ...fields });

  it('goes to who can begin it before its owner, whose own work on it does not count', () => {
    expect(chosen([late()], [busyWith('owner', 2), accountant('free', 3)], deciding, NOW)).toEqual({ late: 'free' });
    expect(chosen([late()], [busyWith('owner', 1), accountant('free', 3)], deciding, NOW)).toEqual({});
    expect(chosen([late()], [busyWith('owner', 2), busyWith('other', 1)], deciding, NOW)).toEqual({});
  });
  it.each([['away'], ['offline']])('goes to anybody while its owner is %s', (presence) => {
    const agents = [busyWith('owner', 1, { presence }), busyWith('other', 1)];
    const { proposals } = match([late()], agents, deciding, NOW);
    expect(proposals).toMatchObject([{ agentId: 'other', excluded: [{ reason: 'owns it', agents: 1 }] }]);
  });
  it('does not count as one that waits: neither its age nor its queue’s wait', () => {
    const tickets = [late({ priority: 'low', firstQueuedAt: ago(600) }), aTicket('hurry', { category: 'dispute', priority: 'urgent' })];
    const last = accountant('last', 3, { unitsMax: 1 });
    const inTurn = decidingBy({ policy: aPolicy({ agentSlaPressure: 'ignore' }), categories: { dispute } });
    expect(chosen(tickets, [busyWith('owner', 2, { unitsMax: 2 }), last], inTurn, NOW)).toEqual({ hurry: 'last' });
    const policy = aPolicy({ overflow: [{ from: 'other', to: ['general'], afterSeconds: 0, donorWaitMinutesMax: 30 }] });
    const helped = aTicket('helped', { queueId: 'other' });
    expect(chosen([late({ firstQueuedAt: ago(600) }), helped], [busyWith('owner', 1)], decidingBy({ policy }), NOW)).toEqual({
      helped: 'owner',
    });
  });
});

describe('a small pool', () => {
  const learned = new Learned([aCell('slow', 'technical', 40), aCell('fast', 'technical', 10)], 8);
  const agents = [anAgent('slow', { idleSince: ago(50) }), anAgent('fast', { idleSince: ago(5) })];
  const by = (smallPool: object) =>
    decidingBy({ learned, categories: { technical: aCategory() }, policy: aPolicy({ smallPool, weights: { standard: { speed: 1 } } }) });
  it('goes by its own strategy, and by nothing learned of single agents', () => {
    const ticket = aTicket('t', { category: 'technical' });
    expect(chosen([ticket], agents, by({ agentsMax: 1 }), NOW)).toEqual({ t: 'fast' });
    expect(match([ticket], agents, by({ agentsMax: 2 }), NOW).proposals).toMatchObject([{ agentId: 'slow', weightsName: 'longest-idle' }]);
    // By a set of weights too the two are the same.
    expect(chosen([ticket], agents, by({ agentsMax: 2, use: 'standard' }), NOW)).toEqual({ t: 'slow' });
  });
});

describe('a ticket that may wait for somebody better', () => {
  const learned = new Learned([aCell('slow', 'technical', 200), aCell('fast', 'technical', 10)], 8);
  const policy = aPolicy({ weights: { standard: { resolution: 1 } }, startWithinMinutes: 0 });
  const deciding = decidingBy({ learned, policy, categories: { technical: aCategory() } });
  const agents = [anAgent('slow'), anAgent('fast', { unitsUsed: 1, work: ['technical'] })];
  const ticket = (fields: object = {}) => aTicket('t', { category: 'technical', ...fields });

  it('does so while the better one is busy, until its maximum age or its deadline', () => {
    const age = NOW.getTime() + 120 * 60_000;
    expect(match([ticket()], agents, deciding, NOW).waiting).toMatchObject([{ nextStepAt: age }]);
    expect(match([ticket({ dueAt: ago(-60) })], agents, deciding, NOW).waiting).toMatchObject([{ nextStepAt: ago(-60) }]);
    expect(match([ticket()], agents, deciding, NOW).waiting[0]!.reasons).toEqual([
      { reason: 'kept for a better agent', agents: 1 },
      { reason: 'other work first', agents: 1 },
    ]);
    // Then it is given to the better one at once, behind their other work.
    expect(chosen([ticket({ firstQueuedAt: ago(120) })], agents, deciding, NOW)).toEqual({ t: 'fast' });
  });
  it('waits for nobody who would begin it after its deadline', () => {
    expect(chosen([ticket({ dueAt: ago(-5) })], agents, deciding, NOW)).toEqual({ t: 'slow' });
  });
  it('is said to have lost its agent to a more urgent one when that is so', () => {
    const last = [anAgent('last', { unitsMax: 1 })];
    const { waiting } = match([ticket(), aTicket('urgent', { category: 'technical', priority: 'urgent' })], last, deciding, NOW);
    expect(waiting).toMatchObject([{ ticket: { ticketId: 't' }, reasons: [{ reason: 'got a more urgent ticket', agents: 1 }] }]);
  });
});

describe('an agent above the fairness cap', () => {
  it('is tried again within a minute, since the window moves by time alone', () => {
    const policy = aPolicy({ fairness: { windowMinutes: 60, ticketsMax: 2 } });
    const { waiting } = match([aTicket('t')], [anAgent('ana')], decidingBy({ policy }), NOW, 0, passing({ ana: { ticketsInWindow: 2 } }));
    expect(waiting).toMatchObject([{ nextStepAt: NOW.getTime() + 60_000, reasons: [{ reason: 'fairness cap', agents: 1 }] }]);
  });
});

describe('an agent who asks for the next ticket', () => {
  it('gets the first in order that they could take, and the others are left out because they did not ask', () => {
    const agents = [accountant('asks', 3, { unitsUsed: 3 }), accountant('better', 5)];
    const tickets = [aTicket('calm', { category: 'dispute' }), aTicket('hurry', { category: 'dispute', priority: 'urgent' })];
    const next = matchNext(tickets, agents, decidingBy({ categories: { dispute } }), NOW, 1, new Map(), 'asks');
    expect(next).toMatchObject({ agentId: 'asks', ticket: { ticketId: 'hurry' } });
    expect(next!.excluded).toEqual([{ reason: 'did not ask for it', agents: 1 }]);
  });
  it('gets it also outside of their shift, in which nothing is given to them', () => {
    const agents = [accountant('asks', 3, { onShift: false })];
    const tickets = [aTicket('t', { category: 'dispute' })];
    const by = decidingBy({ categories: { dispute } });
    expect(match(tickets, agents, by, NOW).waiting).toMatchObject([{ reasons: [{ reason: 'not on shift', agents: 1 }] }]);
    expect(matchNext(tickets, agents, by, NOW, 1, new Map(), 'asks')).toMatchObject({ agentId: 'asks' });
  });
  it('gets nothing when nobody knows them, and neither does anybody else', () => {
    expect(matchNext([aTicket('t')], [anAgent('other')], decidingBy(), NOW, 1, new Map(), 'unknown')).toBeUndefined();
  });
});
