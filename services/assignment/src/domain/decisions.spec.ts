import { unitsOf, type Channel, Company, type QueueConfig } from '@signalbox/contracts';
import { agentStateOf, configureAgent, expireLease, followShift, reportPresence, takeUnits, unknownAgent, type Agent } from './agent.js';
import { customerWrote, enrich, failDeflection, receive, releaseAnswer } from './customer.js';
import { escalate as escalateBy } from './escalating.js';
import { forceAssign, requestRelease, transfer } from './handing-over.js';
import { acceptOffer, acknowledgeOffer, declineOffer, endExclusions, expireOffer, rescindUndelivered, reserve } from './offering.js';
import { merge as mergeBy } from './merging.js';
import { close, graceIsOver, isMassExpiry, priorityOf, release } from './oversight.js';
import { breakSilence } from './silence.js';
import { hoursAt, shiftMinutesLater } from './shift.js';
import { termsOf } from './terms.js';
import { expectedTicket, statusOf, type Ticket } from './ticket.js';
import { hold, reply, requestSolve, resume } from './working.js';

const nine = new Date('2026-11-24T09:00:00.000Z');
const ten = new Date('2026-11-24T10:00:00.000Z');
const queue: QueueConfig = {
  title: 'General',
  units: { web: 1, email: 1, chat: 2, social: 1 },
  offers: { web: { mode: 'automatic' }, email: { mode: 'automatic' }, social: { mode: 'automatic' }, chat: { mode: 'ask', seconds: 30 } },
  expiredOffersMax: 3,
};
const patience = { reopenDaysMax: 14, offlineGraceSeconds: 60 };
const terms = (ticket: Ticket) => termsOf(ticket, 'general', queue, undefined);
const waiting = (channel: Channel = 'web', automatic = false): Ticket =>
  receive(
    expectedTicket('t', nine),
    { data: { number: 1, channel, customer: { customerId: 'c' }, automatic, receivedAt: nine.toISOString() } } as never,
    'm',
  ).ticket;
const ana = (fields: object = {}): Agent =>
  reportPresence(
    configureAgent(unknownAgent('ana'), {
      name: 'Ana',
      email: 'ana@example.com',
      role: 'agent',
      skills: {},
      languages: {},
      queues: [],
      unitsMax: 4,
      channelUnitsMax: {},
      ...fields,
    }),
    'online',
    new Date('2026-11-25T09:00:00Z'),
    nine,
  );
const propose = (ticket: Ticket, agent: Agent, now = nine, proposalId = 'p') =>
  reserve(ticket, agent, { proposalId, epoch: ticket.epoch, units: 1, proposedAt: nine.toISOString() }, terms(ticket), 'o', now);
const ask = (data: object) =>
  ({ id: 'request', type: 'x', ticketId: 't', data: { agentId: 'ana', askedAt: nine.toISOString(), ...data } }) as never;
const owned = (agent = ana()) => {
  const { ticket, agent: loaded } = propose(waiting(), agent);
  return { ticket, agent: loaded! };
};
/** Sue, Sam and Sia are supervisors who take tickets too. */
const chain = (ticket: Ticket, agents: readonly Agent[] = [], supervisorQueue?: string) => ({
  terms: termsOf(ticket, 'general', queue, supervisorQueue === undefined ? undefined : ({ supervisorQueue } as never)),
  agentOf: (agentId: string) => agents.find((agent) => agent.agentId === agentId) ?? unknownAgent(agentId),
  roleOf: (agentId: string) => (agentId.startsWith('s') ? ('supervisor' as const) : ('agent' as const)),
  ofRole: (role: string) => agents.filter(({ agentId }) => agentId.startsWith('s') === (role === 'supervisor')),
  now: ten,
});
const escalate = (ticket: Ticket, data: object, agents?: readonly Agent[], supervisorQueue?: string) =>
  escalateBy(ticket, { data } as never, chain(ticket, agents, supervisorQueue));
const answer = { articleId: 'a', revision: 1, locale: 'de', title: 'A', confidence: 1, text: 'So.', feedbackToken: 'token' };

describe('a proposal', () => {
  it('takes the units of the queue for the channel, not those it names itself', () => {
    const chat = waiting('chat');
    const { events } = reserve(
      chat,
      ana(),
      { proposalId: 'p', epoch: 1, units: 99, proposedAt: nine.toISOString() },
      terms(chat),
      'o',
      nine,
    );
    expect(events).toMatchObject([{ type: 'OfferMade', data: { units: 2, expiresAt: '2026-11-24T09:00:30.000Z' } }]);
  });
  it('is not granted beyond the limit of one channel, though there is room in all', () => {
    const busy = takeUnits(
      ana({ channelUnitsMax: { chat: 3 } }),
      { ticketId: 'x', units: 2, channel: 'chat', state: 'assigned', dueAt: null },
      'assigned',
      nine,
    );
    expect(propose(waiting('chat'), busy.agent).events).toMatchObject([{ data: { why: 'no-room' } }]);
    expect(propose(waiting('web'), busy.agent).events).toMatchObject([{ type: 'TicketAssigned' }]);
  });
  it('is rejected when the lease has run out, also before the timer noticed', () => {
    expect(propose(waiting(), ana(), new Date('2026-11-26T09:00:00Z')).events).toMatchObject([{ data: { why: 'agent-not-online' } }]);
  });
  it('for a ticket not received yet is rejected without taking its age', () => {
    expect(propose(expectedTicket('t', ten), ana()).events).toMatchObject([
      { data: { why: 'not-open', ticket: { firstQueuedAt: nine.toISOString(), relaxFrom: nine.toISOString() } } },
    ]);
  });
  it('sent again while the answer is on its way says nothing', () => {
    const { ticket, agent } = owned();
    expect(propose(ticket, agent).events).toEqual([]);
    expect(propose(ticket, agent, nine, 'another').events).toMatchObject([{ data: { why: 'owned' } }]);
  });
});

describe('an offer', () => {
  const offered = () => propose(waiting('chat'), ana());
  it('accepted too late is refused in words', () => {
    const { ticket, agent } = offered();
    expect(acceptOffer(ticket, agent!, ask({ offerId: 'o' }), ten, terms(ticket), undefined).events).toMatchObject([
      { type: 'RequestRefused', data: { why: 'offer-over', requestId: 'request', message: expect.stringContaining('offer is over') } },
    ]);
  });
  it('keeps the original waiting time when an agent declines', () => {
    const { ticket, agent } = offered();
    const declined = declineOffer(
      ticket,
      agent!,
      ask({ offerId: 'o', reason: 'not my field' }),
      new Date(nine.getTime() + 1000),
      terms(ticket),
    );
    expect(declined.events).toMatchObject([{ type: 'OfferDeclined', data: { ticket: { firstQueuedAt: nine.toISOString(), epoch: 1 } } }]);
    expect(propose(declined.ticket, declined.agent!, nine, 'p2').events).toMatchObject([{ data: { why: 'excluded' } }]);
  });
  it('expired three times in a row takes the agent out of rotation until they choose Online again', () => {
    let agent = ana();
    let ticket = waiting('chat');
    for (const consecutive of [1, 2, 3]) {
      const made = propose(ticket, agent, nine, `p${consecutive}`);
      const expired = expireOffer(made.ticket, made.agent!, terms(made.ticket), ten);
      expect(expired.events).toMatchObject([{ data: { consecutive, outOfRotation: consecutive === 3 } }]);
      ({ ticket, agent } = { ticket: expired.ticket, agent: expired.agent! });
    }
    expect(propose(ticket, agent, nine, 'p4').events).toMatchObject([{ data: { why: 'out-of-rotation' } }]);
    const lease = new Date('2026-11-25T09:00:00Z');
    const out = { inRotation: false, expiredInARow: 3 };
    const back = { inRotation: true, expiredInARow: 0 };
    expect(reportPresence(agent, 'online', lease, ten)).toMatchObject(out);
    expect(reportPresence(agent, 'online', lease, ten, true)).toMatchObject({ ...back, version: agent.version + 1 });
    for (const lapse of ['away', 'offline'] as const) {
      const lapsed = reportPresence(agent, lapse, lease, ten);
      expect(reportPresence(lapsed, 'online', lease, ten)).toMatchObject({ ...out, presence: 'online', version: agent.version + 2 });
      expect(reportPresence(lapsed, 'online', lease, ten, true)).toMatchObject({ ...back, version: agent.version + 2 });
    }
  });
});

describe('who declined a ticket before', () => {
  const declined = (attemptsMax: number) => {
    const { ticket, agent } = propose(waiting('chat'), ana());
    const limits = { ...terms(ticket), attemptsMax, supervisorQueueId: 'supervisors' };
    const soon = new Date(nine.getTime() + 1000);
    const { ticket: back, events } = declineOffer(ticket, agent!, ask({ offerId: 'o', reason: 'not my field' }), soon, limits);
    return { back, events };
  };
  it('may be asked again once it went to the supervisors', () => {
    const { back, events } = declined(1);
    expect(events).toMatchObject([
      { type: 'OfferDeclined', data: { ticket: { excludedAgentIds: ['ana'] } } },
      { type: 'TicketTransferred', data: { why: 'attempts-exhausted', ticket: { excludedAgentIds: [] } } },
    ]);
    expect(propose(back, ana(), nine, 'p2').events).toMatchObject([{ type: 'OfferMade' }]);
  });
  it('may be asked again when it is reopened for anybody', () => {
    const { ticket, agent } = propose(declined(2).back, { ...ana(), agentId: 'ben' }, nine, 'p2');
    const accepted = acceptOffer(ticket, agent!, ask({ agentId: 'ben', offerId: 'o' }), nine, terms(ticket), undefined);
    const solved = requestSolve(accepted.ticket, accepted.agent!, ask({ agentId: 'ben' }), nine, terms(ticket));
    expect(solved.events).toMatchObject([{ data: { ticket: { excludedAgentIds: ['ana'] } } }]);
    expect(customerWrote(solved.ticket, undefined, patience, ten).events).toMatchObject([
      { type: 'TicketReopened', data: { ticket: { agentId: null, excludedAgentIds: [] } } },
    ]);
  });
});

describe('a rescue on a channel that assigns automatically', () => {
  const after = (seconds: number) => new Date(nine.getTime() + seconds * 1000);
  const asked = () => {
    const { ticket } = owned();
    const rescue = { proposalId: 'p2', epoch: ticket.epoch, units: 1, proposedAt: nine.toISOString(), rescue: true };
    const { ticket: offered, agent } = reserve(ticket, { ...ana(), agentId: 'ben' }, rescue, terms(ticket), 'o', nine);
    return { offered, ben: agent! };
  };
  it('that nobody was shown is taken back and does not count as expired', () => {
    const { offered, ben } = asked();
    expect(rescindUndelivered(offered, ben, terms(offered), after(14)).events).toEqual([]);
    const back = rescindUndelivered(offered, ben, terms(offered), after(15));
    expect(back.events).toMatchObject([
      { type: 'OfferRescinded', data: { why: 'not-delivered', ticket: { agentId: 'ana', offer: null, excludedAgentIds: ['ben'] } } },
    ]);
    expect(back.agent).toMatchObject({ expiredInARow: 0, inRotation: true });
  });
  it('that was shown stands until its time is over', () => {
    const { offered, ben } = asked();
    const shown = acknowledgeOffer(offered, { data: { offerId: 'o', agentId: 'ben', deliveredAt: nine.toISOString() } }).ticket;
    expect(rescindUndelivered(shown, ben, terms(shown), after(59)).events).toEqual([]);
    expect(expireOffer(shown, ben, terms(shown), after(60)).events).toMatchObject([{ type: 'OfferExpired', data: { consecutive: 1 } }]);
  });
});

it('an offer that nobody is ever shown brings its ticket to a supervisor', () => {
  const chat = { mode: 'ask' as const, seconds: 30, acknowledgeSeconds: 5, attemptsMax: 2 };
  const company = { supervisorQueue: 'supervisors', declineReasons: [] } as unknown as Company;
  let ticket = waiting('chat');
  const said: string[][] = [];
  for (const agentId of ['ben', 'cem']) {
    const asking = termsOf(ticket, 'general', { ...queue, offers: { ...queue.offers, chat } }, company);
    const proposal = { proposalId: agentId, epoch: ticket.epoch, units: 2, proposedAt: nine.toISOString() };
    const made = reserve(ticket, { ...ana(), agentId }, proposal, asking, 'o', nine);
    const back = rescindUndelivered(made.ticket, made.agent!, asking, new Date(nine.getTime() + 5_000));
    said.push(back.events.map(({ type }) => type));
    ticket = back.ticket;
  }
  expect(said).toEqual([['OfferRescinded'], ['OfferRescinded', 'TicketTransferred']]);
  expect(ticket).toMatchObject({ queueOverride: 'supervisors', attempts: 0, excludedAgentIds: [] });
});

describe('the work on a ticket', () => {
  it('sends a reply first, then gives the units back', () => {
    const { ticket, agent } = owned();
    const { events } = reply(ticket, agent, ask({ messageId: 'm', text: 'x', thenStatus: 'pending' }), ten, terms(ticket));
    expect(events).toMatchObject([
      { type: 'ReplyReleased', data: { ticket: { status: 'open' } } },
      {
        type: 'StatusChanged',
        data: { from: 'open', cause: 'agent', ticket: { status: 'pending' }, load: { unitsBefore: 1, units: 0, cause: 'pending' } },
      },
    ]);
  });
  it('keeps a ticket open after a reply without a status', () => {
    const { ticket, agent } = owned();
    expect(reply(ticket, agent, ask({ messageId: 'm', text: 'x' }), ten, terms(ticket))).toMatchObject({
      ticket: { stage: { at: 'owned', status: 'open', agentId: 'ana' } },
      events: [{ type: 'ReplyReleased' }],
    });
  });
  it('takes the units back when the customer answers, even beyond the limit', () => {
    const { ticket, agent } = owned(ana({ unitsMax: 1 }));
    const held = hold(ticket, agent, ask({ status: 'pending' }), ten);
    const full = takeUnits(held.agent!, { ticketId: 'x', units: 1, channel: 'web', state: 'assigned', dueAt: null }, 'assigned', ten).agent;
    const back = customerWrote(held.ticket, full, patience, ten);
    expect(back.events).toMatchObject([
      { data: { cause: 'customer-replied', load: { unitsBefore: 1, units: 2, unitsMax: 1, cause: 'reopened' } } },
    ]);
    expect(propose(waiting(), back.agent!).events).toMatchObject([{ data: { why: 'no-room' } }]);
  });
  it('goes back to the queue when the customer answers and the owner is gone, not within the grace', () => {
    const { ticket, agent } = owned();
    const held = hold(ticket, agent, ask({ status: 'on-hold' }), ten);
    const left = reportPresence(held.agent!, 'offline', ten, ten);
    const after = (seconds: number, who = left) =>
      customerWrote(held.ticket, who, patience, new Date(ten.getTime() + seconds * 1000)).events;
    for (const seconds of [0, 59])
      expect(after(seconds)).toMatchObject([{ data: { cause: 'customer-replied', ticket: { agentId: 'ana' }, load: { units: 1 } } }]);
    for (const gone of [after(60), after(0, { ...left, offlineSince: null })])
      expect(gone).toMatchObject([{ data: { cause: 'customer-replied', ticket: { status: 'open', agentId: null, epoch: 3 } } }]);
  });
  it('goes on with an agent who is online or away, not with one who is offline', () => {
    const { ticket, agent } = owned();
    const held = hold(ticket, agent, ask({ status: 'pending' }), ten);
    const solved = requestSolve(ticket, agent, ask({}), ten, terms(ticket));
    for (const [aside, type] of [
      [held, 'StatusChanged'],
      [solved, 'TicketReopened'],
    ] as const) {
      const offline = reportPresence(aside.agent!, 'offline', ten, ten);
      for (const gone of [offline, { ...offline, offlineSince: null }])
        expect(resume(aside.ticket, gone, ask({}), ten).events).toMatchObject([
          { type: 'RequestRefused', data: { why: 'agent-not-online', message: 'You are offline. Choose Online first.' } },
        ]);
      for (const there of [aside.agent!, reportPresence(aside.agent!, 'away', ten, ten)])
        expect(resume(aside.ticket, there, ask({}), ten).events).toMatchObject([{ type, data: { ticket: { agentId: 'ana' } } }]);
    }
  });
  it('refuses what is not theirs, not open or already so', () => {
    const { ticket, agent } = owned();
    const why = (decision: { events: readonly unknown[] }) => (decision.events as { data: { why: string } }[])[0]!.data.why;
    expect(why(hold(waiting(), agent, ask({ status: 'pending' }), ten))).toBe('not-your-ticket');
    expect(why(resume(ticket, agent, ask({}), ten))).toBe('already-in-that-status');
    expect(why(requestSolve(expectedTicket('t', nine), agent, ask({}), ten, terms(ticket)))).toBe('unknown-ticket');
    const solved = requestSolve(ticket, agent, ask({}), ten, terms(ticket));
    expect(why(requestSolve(solved.ticket, solved.agent!, ask({}), ten, terms(ticket)))).toBe('already-in-that-status');
    expect(why(reply(solved.ticket, solved.agent!, ask({ messageId: 'm', text: 'x' }), ten, terms(ticket)))).toBe('not-open');
  });
});

describe('a solved ticket', () => {
  const solved = () => {
    const { ticket, agent } = owned();
    const done = requestSolve(ticket, agent, ask({}), ten, terms(ticket));
    return { ticket: done.ticket, agent: done.agent! };
  };
  it('reopens for whoever solved it while they are online', () => {
    const { ticket, agent } = solved();
    expect(customerWrote(ticket, agent, patience, ten).events).toMatchObject([
      { type: 'TicketReopened', data: { ticket: { agentId: 'ana' }, load: { cause: 'reopened' } } },
    ]);
  });
  it('reopens for anybody, with its age, when they are not', () => {
    const { ticket, agent } = solved();
    const away = reportPresence(agent, 'away', ten, ten);
    expect(customerWrote(ticket, away, patience, ten).events).toMatchObject([
      {
        data: {
          solvedByAgentId: 'ana',
          ticket: { agentId: null, epoch: 3, firstQueuedAt: nine.toISOString(), relaxFrom: ten.toISOString() },
        },
      },
    ]);
  });
  it('closes after the days it may be reopened in, not before', () => {
    const { ticket } = solved();
    expect(close(ticket, 14, ten).events).toEqual([]);
    expect(close(ticket, 14, new Date('2026-12-08T10:00:00Z')).events).toMatchObject([{ type: 'TicketClosed' }]);
  });
});

describe('an automatic answer', () => {
  const why = (ticket: Ticket) => (releaseAnswer(ticket, answer, 'm').events[0]?.data as { why?: string } | undefined)?.why;
  it('goes out only while nobody has the ticket and no human was asked for', () => {
    expect(why(waiting())).toBeUndefined();
    expect(why(owned().ticket)).toBe('owned');
    expect(why(propose(waiting('chat'), ana()).ticket)).toBe('offered');
    expect(why(waiting('email', true))).toBe('wants-human');
    const facts = {
      category: { value: null },
      complexity: { value: 1 },
      priority: { value: 'normal' },
      language: { value: null },
      wantsHuman: { value: true },
    };
    expect(why(enrich(waiting(), { data: facts } as never).ticket)).toBe('wants-human');
    expect(why(releaseAnswer(waiting(), answer, 'm').ticket)).toBe('stale-epoch');
  });
  it('that did not help brings the ticket to a person, and a second answer is not sent', () => {
    const failed = failDeflection(releaseAnswer(waiting(), answer, 'm').ticket, ten);
    expect(failed.events).toMatchObject([
      { type: 'StatusChanged', data: { from: 'pending', cause: 'deflection-failed', ticket: { status: 'open', epoch: 3 } } },
    ]);
    expect(why(failed.ticket)).toBe('stale-epoch');
  });
});

describe('a grant', () => {
  it('may go beyond a limit where the ticket comes back or a person says so in so many words, not otherwise', () => {
    const full = owned(ana({ unitsMax: 1 }));
    const force = (agent: Agent, overAssign: boolean) =>
      forceAssign({ ...waiting(), ticketId: 'forced' }, ask({ role: 'supervisor', toAgentId: 'ana', overAssign, reason: 'x' }), {
        terms: terms(waiting()),
        agentOf: () => agent,
        knowsQueue: () => true,
        offerId: 'o',
        now: nine,
      }).agent;
    expect([...full.agent.beyond]).toEqual([]);
    expect([...force(ana(), true)!.beyond]).toEqual([]);
    expect([...force(full.agent, true)!.beyond]).toEqual(['forced']);
    const solved = requestSolve(full.ticket, full.agent, ask({}), ten, terms(full.ticket));
    const resumed = resume(solved.ticket, solved.agent!, ask({}), ten);
    expect([...resumed.agent!.beyond]).toEqual(['t']);
    expect([...hold(resumed.ticket, resumed.agent!, ask({ status: 'pending' }), ten).agent!.beyond]).toEqual([]);
  });
});

describe('a transfer', () => {
  const to = (ticket: Ticket, target: object) =>
    transfer(ticket, ask({ role: 'supervisor', to: target }), {
      terms: terms(ticket),
      agentOf: () => ana(),
      knowsQueue: () => true,
      offerId: 'o',
      now: ten,
    });
  it('replaces the skills that an earlier one asked for, and leaves those of an escalation', () => {
    const escalated = escalate(waiting(), { addSkills: { law: 2 } }).ticket;
    const demanded = (target: object, ticket = escalated) => {
      const next = to(ticket, target);
      return { ticket: next.ticket, skills: (next.events[0]!.data as { ticket: { extraSkills: object } }).ticket.extraSkills };
    };
    const first = demanded({ skills: { law: 4, tax: 3 } });
    expect(first.skills).toEqual({ law: 4, tax: 3 });
    const second = demanded({ skills: { accounting: 1 } }, first.ticket);
    expect(second.skills).toEqual({ law: 2, accounting: 1 });
    expect(demanded({ queueId: 'general' }, second.ticket).skills).toEqual({ law: 2 });
    expect(escalate(first.ticket, { addSkills: { tax: 1 } }).events).toMatchObject([
      { data: { ticket: { extraSkills: { law: 4, tax: 3 } } } },
    ]);
  });
});

describe('oversight', () => {
  it('only raises by an escalation', () => {
    const raised = escalate(waiting(), { raisePriorityTo: 'high', addSkills: { law: 2 } });
    expect(raised.events).toMatchObject([{ data: { cause: 'escalation', ticket: { priorityOverride: 'high', extraSkills: { law: 2 } } } }]);
    expect(escalate(raised.ticket, { raisePriorityTo: 'low', addSkills: { law: 1 } }).events).toEqual([]);
    expect(priorityOf(raised.ticket)).toBe('high');
  });
  it('gives back what an escalation wants back in its queue, not at once to the same owner', () => {
    const { ticket, agent } = owned();
    const asks = { requeue: true, raisePriorityTo: 'urgent', addSkills: { law: 3 } };
    const { events, agent: freed } = escalate(ticket, asks, [agent]);
    expect(events).toMatchObject([
      { type: 'StatusChanged', data: { cause: 'escalation', ticket: { agentId: 'ana', priorityOverride: 'urgent' } } },
      {
        type: 'TicketReleased',
        data: { why: 'escalation', ticket: { agentId: null, excludedAgentIds: ['ana'], extraSkills: { law: 3 } } },
      },
    ]);
    expect(freed!.holds.size).toBe(0);
    const offered = propose(waiting('chat'), ana()).ticket;
    expect(escalate(offered, { requeue: true }).events).toEqual([]);
  });
  const supervisor = (agentId: string, fields: object = {}): Agent => ({ ...ana(fields), agentId });
  it('gives an escalated ticket to the one of the role who has most room', () => {
    const { ticket, agent } = owned();
    const busy = { ticketId: 'x', units: 1, channel: 'web', state: 'assigned', dueAt: null } as const;
    const full = takeUnits(supervisor('sue', { unitsMax: 1 }), busy, 'assigned', nine).agent;
    const here = [agent, full, supervisor('sia', { unitsMax: 4 }), supervisor('sam', { unitsMax: 4 })];
    const byRole = escalate(ticket, { reassignToRole: 'supervisor', requeue: true }, here);
    expect(byRole.events).toMatchObject([
      { type: 'TicketReleased', data: { why: 'escalation', agentId: 'ana', ticket: { agentId: 'sam' }, load: { units: 0 } } },
      { type: 'TicketAssigned', data: { how: 'escalated', agentId: 'sam', load: { units: 1, cause: 'assigned' } } },
    ]);
    expect(escalate(ticket, { reassignToRole: 'agent' }, here).events).toEqual([]);
    expect(escalate(waiting(), { reassignToRole: 'supervisor' }, here).events).toMatchObject([{ type: 'TicketAssigned' }]);
    const away = here.map((one) => (one.agentId === 'sam' ? { ...one, inRotation: false } : one));
    expect(escalate(ticket, { reassignToRole: 'supervisor' }, away).agent!.agentId).toBe('sia');
    const off = away.map((one) => (one.agentId === 'sia' ? { ...one, shift: 'off' as const } : one));
    expect(escalate(ticket, { reassignToRole: 'supervisor' }, off).events).toMatchObject([{ type: 'TicketReleased' }]);
  });
  it("moves it to the supervisors' queue where nobody of the role has room, else back to its own", () => {
    const { ticket, agent } = owned();
    const declined = { ...ticket, excludedAgentIds: ['ben'] };
    const moved = escalate(declined, { reassignToRole: 'supervisor' }, [agent], 'supervisors');
    expect(moved.events).toMatchObject([
      {
        type: 'TicketTransferred',
        data: {
          why: 'escalation',
          from: { agentId: 'ana', queueId: 'general' },
          to: { queueId: 'supervisors' },
          load: { units: 0 },
          ticket: { agentId: null, queueOverride: 'supervisors', excludedAgentIds: ['ana'], firstQueuedAt: nine.toISOString() },
        },
      },
    ]);
    expect(escalate(ticket, { reassignToRole: 'supervisor' }, [agent]).events).toMatchObject([{ type: 'TicketReleased' }]);
    expect(escalate(waiting(), { reassignToRole: 'supervisor' }, [agent]).events).toEqual([]);
    const expected = escalate(expectedTicket('t', nine), { reassignToRole: 'supervisor' }, [], 'supervisors').ticket;
    const data = { number: 1, channel: 'web', customer: { customerId: 'c' }, automatic: false, receivedAt: nine.toISOString() };
    expect(receive(expected, { data } as never, 'm').events).toMatchObject([
      { type: 'StatusChanged', data: { cause: 'escalation', ticket: { queueOverride: 'supervisors' } } },
    ]);
  });
  it('takes nothing from whoever waits for a customer', () => {
    const { ticket, agent } = owned();
    const held = hold(ticket, agent, ask({ status: 'pending' }), ten).ticket;
    expect(escalate(held, { reassignToRole: 'supervisor', requeue: true }, [agent, supervisor('sue')], 'supervisors').events).toEqual([]);
  });
  it('releases after the grace, counted from the end of the lease', () => {
    const { ticket, agent } = owned();
    const gone = expireLease(agent, new Date('2026-11-25T09:00:30Z'));
    expect(graceIsOver(gone, 60, new Date('2026-11-25T09:00:59Z'))).toBe(false);
    expect(graceIsOver(gone, 60, new Date('2026-11-25T09:01:00Z'))).toBe(true);
    const released = release(ticket, gone, 'agent-offline', ten);
    expect(released.events).toMatchObject([{ data: { ticket: { epoch: 3, firstQueuedAt: nine.toISOString() }, load: { units: 0 } } }]);
    expect(statusOf(released.ticket)).toBe('open');
  });
  it('does not give a ticket straight back to the agent it was taken from', () => {
    const { ticket, agent } = owned();
    const asked = ask({ agentId: 'sue', role: 'supervisor', reason: 'too long' });
    const around = { terms: terms(ticket), agentOf: () => agent, knowsQueue: () => true, offerId: 'o', now: ten };
    const silent = { ...terms(ticket), ownerSilentReleaseMinutes: 30 };
    for (const taken of [requestRelease(ticket, asked, around), breakSilence(ticket, agent, silent, undefined, ten)]) {
      expect(taken.events).toMatchObject([{ type: 'TicketReleased', data: { ticket: { excludedAgentIds: ['ana'] } } }]);
      expect(propose(taken.ticket, taken.agent!, ten, 'p2').events).toMatchObject([{ data: { why: 'excluded' } }]);
      const later = endExclusions(taken.ticket, new Date(ten.getTime() + 60_000));
      expect(propose(later.ticket, taken.agent!, ten, 'p3').events).toMatchObject([{ type: 'TicketAssigned' }]);
    }
    expect(release(ticket, agent, 'end-of-shift', ten).ticket.excludedAgentIds).toEqual([]);
  });
  it('calls it a mass expiry from three agents and beyond a fifth of those online', () => {
    expect(isMassExpiry(2, 2)).toBe(false);
    expect(isMassExpiry(3, 15)).toBe(false);
    expect(isMassExpiry(3, 14)).toBe(true);
  });
  it('counts minutes in the shift: over a break, a night and a weekend, and around the clock without one', () => {
    const office: [string, string][] = [
      ['09:00', '12:00'],
      ['13:00', '17:00'],
    ];
    const shift = { timeZone: 'Europe/Berlin', week: { mon: office, fri: office } };
    const later = (from: string, minutes: number) => shiftMinutesLater(shift, new Date(from), minutes)?.toISOString();
    // Friday 27 November, 11:30 in Berlin.
    expect(later('2026-11-27T10:30:00.000Z', 30)).toBe('2026-11-27T11:00:00.000Z');
    expect(later('2026-11-27T10:30:00.000Z', 60)).toBe('2026-11-27T12:30:00.000Z');
    expect(later('2026-11-27T15:30:15.000Z', 60)).toBe('2026-11-30T08:30:15.000Z');
    expect(later('2026-11-24T09:00:00.000Z', 10)).toBe('2026-11-27T08:10:00.000Z');
    expect(shiftMinutesLater({ timeZone: 'Europe/Berlin', week: {} }, nine, 1)).toBeNull();
    expect(shiftMinutesLater(undefined, nine, 60)).toEqual(ten);
  });
  it('weighs a ticket by its channel and the highest step of its complexity', () => {
    const steps = { ...queue, unitsByComplexity: { '3': 1, '5': 2.5 } };
    expect([null, 2, 3, 4, 5].map((complexity) => unitsOf(steps, 'chat', complexity))).toEqual([2, 2, 3, 3, 4.5]);
    expect(unitsOf(queue, 'web', 5)).toBe(1);
  });
  it("says when the agent's day ends, in the agent's own time zone", () => {
    const shift = {
      timeZone: 'Europe/Berlin',
      week: {
        tue: [
          ['09:00', '12:00'],
          ['13:00', '17:30'],
        ] as [string, string][],
      },
    };
    expect(hoursAt(shift, nine).endsAt?.toISOString()).toBe('2026-11-24T16:30:00.000Z');
    expect(hoursAt(shift, new Date('2026-11-24T16:30:00Z'))).toEqual({ endsAt: null, changesAt: new Date('2026-12-01T08:00:00Z') });
    expect(hoursAt({ ...shift, week: {} }, nine)).toEqual({ endsAt: null, changesAt: null });
  });
  it('takes hours that meet at midnight for one shift', () => {
    const night = { timeZone: 'Europe/Berlin', week: { mon: [['22:00', '24:00']], tue: [['00:00', '06:00']] } as const };
    const ends = (at: string, week: object = night.week) => hoursAt({ ...night, week }, new Date(at)).endsAt?.toISOString();
    const six = '2026-11-24T05:00:00.000Z';
    expect(['2026-11-23T22:30:00Z', '2026-11-23T23:00:00Z', '2026-11-24T04:59:00Z'].map((at) => ends(at))).toEqual([six, six, six]);
    expect(ends(six)).toBeUndefined();
    const nightly = [
      ['22:00', '24:00'],
      ['00:00', '06:00'],
    ];
    const week = { mon: nightly, tue: nightly, wed: nightly };
    expect(ends('2026-11-24T02:00:00Z', week)).toBe(six);
    // Between two nights nobody is on a break.
    expect(ends('2026-11-24T12:00:00Z', week)).toBeUndefined();
    expect(ends('2026-11-24T22:00:00Z', week)).toBe('2026-11-25T05:00:00.000Z');
  });
  it('says that a shift is over, and that who then chooses Online works on', () => {
    const shift = { timeZone: 'Europe/Berlin', week: { tue: [['09:00', '17:00'] as [string, string]] } };
    const [begins, ends, lease] = [new Date('2026-11-24T08:00:00Z'), new Date('2026-11-24T16:00:00Z'), new Date('2026-11-25T09:00:00Z')];
    const said = (agent: Agent) => {
      const { onShift, shiftEndsAt } = agentStateOf(agent);
      return [onShift, shiftEndsAt];
    };
    expect(said(followShift(ana(), undefined, nine))).toEqual([undefined, null]);
    const working = followShift(ana(), shift, begins);
    expect(said(working)).toEqual([true, ends.toISOString()]);
    expect(followShift(working, shift, ten)).toBe(working);
    const over = followShift(working, shift, ends);
    expect([said(over), over.version]).toEqual([[false, null], working.version + 1]);
    expect(said(reportPresence(over, 'online', lease, ends))).toEqual([false, null]);
    const longer = reportPresence(over, 'online', lease, ends, true);
    expect([said(longer), said(followShift(longer, shift, ends))]).toEqual([
      [true, null],
      [true, null],
    ]);
    expect(said(reportPresence(longer, 'offline', ends, ends))).toEqual([false, null]);
  });
  it('ends a shift once more with the overtime, so that its open tickets are looked at again', () => {
    const overtime: Agent = { ...ana(), shift: 'overtime', shiftEndsAt: null };
    const lease = new Date('2026-11-25T09:00:00Z');
    expect(reportPresence(overtime, 'away', lease, ten).shiftEndsAt).toBeNull();
    expect(reportPresence(overtime, 'offline', ten, ten)).toMatchObject({ shift: 'off', shiftEndsAt: ten });
    expect(expireLease(overtime, new Date('2026-11-26T09:00:00Z'))).toMatchObject({ shiftEndsAt: lease, offlineSince: lease });
    expect(reportPresence({ ...overtime, shift: 'off' }, 'offline', ten, ten).shiftEndsAt).toBeNull();
  });
});

describe('a merge', () => {
  const numbered = (ticketId: string, number: number, from: Date = nine, customerId = 'c'): Ticket =>
    receive(
      expectedTicket(ticketId, nine),
      { data: { number, channel: 'web', customer: { customerId }, automatic: false, receivedAt: from.toISOString() } } as never,
      'm',
    ).ticket;
  const merge = (ticket: Ticket, into: Ticket, by: object = { role: 'supervisor' }, others: readonly Ticket[] = [], agent = ana()) => {
    const survivorOf = (one: Ticket): Ticket =>
      one.mergedInto === null ? one : survivorOf([into, ...others].find(({ ticketId }) => ticketId === one.mergedInto)!);
    return mergeBy(ticket, into, ask({ intoTicketId: into.ticketId, ...by }), { agentOf: () => agent, survivorOf, now: ten });
  };
  const why = (...given: Parameters<typeof merge>) => merge(...given)[0].events.map(({ data }) => data);

  it('closes the one, gives its units back, and makes the other as old as the elder', () => {
    const { ticket, agent } = owned();
    const [ended, goesOn] = merge(ticket, numbered('u', 2, ten), { role: 'agent' }, [], agent);
    const { ticket: closed } = ended;
    expect(ended.events).toMatchObject([
      {
        type: 'TicketMerged',
        data: { intoTicketId: 'u', load: { cause: 'merged', units: 0 }, ticket: { status: 'closed', mergedInto: 'u' } },
      },
    ]);
    expect(ended.agent!.holds.size).toBe(0);
    expect(goesOn!.events).toMatchObject([
      {
        type: 'TicketMergedIn',
        data: { fromTicketId: 't', receivedAt: nine.toISOString(), ticket: { status: 'new', firstQueuedAt: nine.toISOString() } },
      },
    ]);
    // Whatever is still on its way about it changes nothing more.
    expect(customerWrote(closed, undefined, patience, ten).events).toEqual([]);
    expect(failDeflection({ ...closed, stage: { ...closed.stage, how: 'deflected' } as never }, ten).events).toEqual([]);
    expect(close(closed, 14, new Date('2027-01-01')).events).toEqual([]);
  });
  it('is refused for what is not theirs, not there, over for good, or of two customers', () => {
    const { ticket } = owned();
    const other = numbered('u', 2);
    expect(why(ticket, ticket)).toMatchObject([{ why: 'not-mergeable', message: 'A ticket cannot be merged into itself.' }]);
    expect(why(ticket, expectedTicket('x', nine))).toMatchObject([{ why: 'unknown-ticket' }]);
    expect(why(ticket, other, { agentId: 'ben', role: 'agent' })).toMatchObject([{ why: 'not-allowed' }]);
    const theirs = numbered('u', 2, nine, 'd');
    expect(why(ticket, theirs, { role: 'agent' })).toMatchObject([
      { why: 'not-allowed', message: expect.stringContaining('two customers') },
    ]);
    expect(merge(ticket, theirs)).toHaveLength(2);
  });
  it('names where a ticket goes on that was merged already, over all its merges', () => {
    const [a, b, c] = [numbered('a', 1), numbered('b', 2), numbered('c', 3)] as const;
    const [{ ticket: first }] = merge(a, b);
    const [{ ticket: second }] = merge(b, c);
    expect(why(numbered('d', 4), first, undefined, [second, c])).toMatchObject([
      { why: 'not-mergeable', message: '#1 was merged already: it goes on as #3.' },
    ]);
    expect(why(first, numbered('d', 4), undefined, [second, c])).toMatchObject([{ why: 'not-mergeable' }]);
    // No circle.
    expect(why(c, second, undefined, [c])).toMatchObject([{ message: '#2 was merged already: it goes on as #3.' }]);
  });
});
