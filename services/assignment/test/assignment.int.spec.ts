import {
  AcceptRequested,
  AgentsTopic,
  AnswerProposed,
  AssignmentTopic,
  DeclineRequested,
  DeflectionConfirmed,
  DeflectionFailed,
  HoldRequested,
  MessageReceived,
  PresenceReported,
  ReplyWritten,
  ResumeRequested,
  SolveRequested,
  TicketEscalated,
  TicketsTopic,
  type AgentState,
  type Draft,
  type LoadChange,
  type OfferMade,
} from '@signalbox/contracts';
import { OfferExpiryTimer } from '../src/offer-expiry.timer.js';
import { PresenceLeaseTimer } from '../src/presence-lease.timer.js';
import { aCompany, anAgent, aQueue, Company, enriched, presence, proposed, received } from './company.js';

const asked = { askedAt: '2026-11-24T09:00:05.000Z' };
let company: Company;
const DAY_MS = 86_400_000;

beforeAll(async () => {
  company = await Company.open();
  await company.apply([aCompany(), aQueue(), ...['ana', 'ben', 'cem', 'dora', 'eva', 'finn'].map((name) => anAgent(name))]);
  await company.tell(...['ana', 'ben', 'cem', 'dora', 'eva', 'finn'].map((name) => presence(name)));
});
afterAll(() => company.close());

const stateOf = (agentId: string) =>
  company.stack.eventsAbout(agentId, AgentsTopic).at(-1) as unknown as { version: number; data: AgentState['data'] };
const offerOf = (ticketId: string) => company.said(ticketId).findLast((event) => event.type === 'OfferMade')!.data as OfferMade['data'];
const customerWrites = (ticketId: string, kind: 'human' | 'auto-reply' = 'human'): Draft =>
  MessageReceived(ticketId, {
    messageId: `more-${ticketId}`,
    channel: 'web',
    door: 'http',
    kind,
    customer: { customerId: 'customer-1', address: 'ida@example.com' },
    text: 'And?',
    attachments: [],
    receivedAt: '2026-11-24T09:10:00.000Z',
  });
const answer = {
  articleId: 'track-parcel',
  revision: 1,
  locale: 'de',
  title: 'Your parcel',
  confidence: 0.95,
  text: 'Here it is.',
  feedbackToken: 'token',
};
const answerProposed = (ticketId: string): Draft =>
  AnswerProposed(ticketId, { answer, threshold: 0.9, suggestions: [], decidedAt: '2026-11-24T09:00:01.000Z' });
const deflection = { articleId: 'track-parcel', revision: 1 };

describe('assignment', () => {
  it('assigns a web ticket at once and lets its owner reply, set it aside, go on and solve it', async () => {
    const reply = ReplyWritten('t-web', { ...asked, agentId: 'ana', messageId: 'm-1', text: 'It comes tomorrow.', thenStatus: 'pending' });
    await company.tell(received('t-web'), enriched('t-web'));
    await company.tell(proposed('t-web', 'ana', { units: 99 }));
    expect(company.said('t-web')).toMatchObject([
      {
        type: 'TicketAssigned',
        data: { agentId: 'ana', how: 'automatic', units: 1, ticket: { status: 'open', firstQueuedAt: '2026-11-24T09:00:00.000Z' } },
      },
    ]);
    expect(stateOf('ana').data).toMatchObject({ unitsUsed: 1, holds: [{ ticketId: 't-web', state: 'assigned' }], idleSince: null });
    await company.tell(reply);
    expect(stateOf('ana').data).toMatchObject({ unitsUsed: 0, holds: [] });
    await company.tell(customerWrites('t-web', 'auto-reply'));
    await company.tell(customerWrites('t-web'));
    expect(stateOf('ana').data.unitsUsed).toBe(1);
    await company.tell(HoldRequested('t-web', { ...asked, agentId: 'ana', status: 'on-hold' }));
    await company.tell(ResumeRequested('t-web', { ...asked, agentId: 'ana' }), SolveRequested('t-web', { ...asked, agentId: 'ana' }));
    await company.tell(SolveRequested('t-web', { ...asked, agentId: 'ana' }));
    expect(company.typesSaid('t-web')).toEqual([
      'TicketAssigned',
      'ReplyReleased',
      'StatusChanged',
      'StatusChanged',
      'StatusChanged',
      'StatusChanged',
      'TicketSolved',
      'RequestRefused',
    ]);
    const [, released, pending] = company.said('t-web');
    expect(released!.causationId).toBe('signalbox.console/t-web/1');
    expect(pending!.causationId).toBe('signalbox.console/t-web/1');
    expect(company.said('t-web').at(-1)!.data).toMatchObject({ why: 'already-in-that-status', requestId: 'signalbox.console/t-web/5' });
    expect(company.stack.eventsAbout('t-web', TicketsTopic).at(-1)!.data).toMatchObject({
      status: 'solved',
      category: 'parcel',
      queueId: 'general',
      language: 'de',
    });
    await company.tell(customerWrites('t-web'));
    expect(company.said('t-web').at(-1)).toMatchObject({
      type: 'TicketReopened',
      data: { reopenings: 1, ticket: { agentId: 'ana', status: 'open' } },
    });
    await company.tell(SolveRequested('t-web', { ...asked, agentId: 'ana' }));
  });

  it('asks before it assigns a chat; the second acceptance of one offer is refused', async () => {
    await company.tell(received('t-chat', 'chat'));
    await company.tell(proposed('t-chat', 'ben'));
    const { offerId } = offerOf('t-chat');
    expect(stateOf('ben').data).toMatchObject({ unitsUsed: 2, holds: [{ ticketId: 't-chat', state: 'offered' }] });
    await company.tell(
      AcceptRequested('t-chat', { ...asked, agentId: 'cem', offerId }),
      AcceptRequested('t-chat', { ...asked, agentId: 'ben', offerId }),
      AcceptRequested('t-chat', { ...asked, agentId: 'ben', offerId }),
    );
    expect(company.said('t-chat')).toMatchObject([
      { type: 'OfferMade' },
      { type: 'RequestRefused', data: { why: 'offer-over', agentId: 'cem' } },
      { type: 'TicketAssigned', data: { how: 'accepted', load: { unitsBefore: 2, units: 2 } }, causationId: 'signalbox.console/t-chat/2' },
      { type: 'RequestRefused', data: { why: 'offer-over', agentId: 'ben' } },
    ]);
    await company.tell(SolveRequested('t-chat', { ...asked, agentId: 'ana' }), SolveRequested('t-chat', { ...asked, agentId: 'ben' }));
    expect(company.said('t-chat').slice(-2)).toMatchObject([
      { type: 'RequestRefused', data: { why: 'not-your-ticket' } },
      { type: 'TicketSolved' },
    ]);
  });

  it('does not ask an agent twice who declined, and keeps the age of the ticket', async () => {
    await company.tell(received('t-declined', 'chat'));
    await company.tell(proposed('t-declined', 'ben'));
    await company.tell(
      DeclineRequested('t-declined', { ...asked, agentId: 'ben', offerId: offerOf('t-declined').offerId, reason: 'not my field' }),
    );
    await company.tell(proposed('t-declined', 'ben'));
    expect(company.said('t-declined').slice(-2)).toMatchObject([
      { type: 'OfferDeclined', data: { ticket: { excludedAgentIds: ['ben'], firstQueuedAt: '2026-11-24T09:00:00.000Z' } } },
      { type: 'ProposalRejected', data: { why: 'excluded' } },
    ]);
    expect(stateOf('ben').data.unitsUsed).toBe(0);
  });

  it('grants no more than an agent has room for, though 30 proposals arrive at once', async () => {
    const tickets = Array.from({ length: 30 }, (_, index) => `t-crowd-${index}`);
    await company.tell(...tickets.map((id) => received(id)));
    await company.tell(...tickets.map((id) => proposed(id, 'dora')));
    const [counted] = await company.stack.query<{ units: number }>(
      'assignment',
      `select sum(units)::int as units from hold where agent_id = 'dora'`,
    );
    expect(counted!.units).toBe(6);
    expect(tickets.filter((id) => company.typesSaid(id).includes('TicketAssigned'))).toHaveLength(6);
    expect(
      tickets
        .flatMap((id) => company.said(id))
        .filter((event) => event.type === 'ProposalRejected')
        .map((event) => (event.data as { why: string }).why),
    ).toEqual(Array.from({ length: 24 }, () => 'no-room'));
  });

  it('releases an answer only while nobody has the ticket and no human was asked for', async () => {
    await company.tell(enriched('t-human', { wantsHuman: true }));
    await company.tell(answerProposed('t-human'), answerProposed('t-early'));
    await company.tell(received('t-human'), received('t-early'), received('t-answer'), received('t-owned'));
    await company.tell(proposed('t-owned', 'eva'));
    await company.tell(answerProposed('t-answer'), answerProposed('t-owned'));
    expect(company.said('t-human')).toMatchObject([{ type: 'AnswerRefused', data: { why: 'wants-human' } }]);
    expect(company.said('t-owned').at(-1)).toMatchObject({ type: 'AnswerRefused', data: { why: 'owned' } });
    for (const id of ['t-early', 't-answer'])
      expect(company.said(id)).toMatchObject([{ type: 'AnswerReleased', data: { ticket: { status: 'pending', epoch: 2 } } }]);
    await company.tell(proposed('t-answer', 'eva'));
    await company.tell(
      DeflectionFailed('t-answer', { ...deflection, failedAt: '2026-11-24T09:05:00.000Z' }),
      DeflectionConfirmed('t-early', { ...deflection, how: 'confirmed', confirmedAt: '2026-11-24T09:05:00.000Z' }),
    );
    await company.tell(proposed('t-answer', 'eva'));
    await company.tell(proposed('t-answer', 'eva', { epoch: 3 }));
    expect(company.said('t-answer').slice(1)).toMatchObject([
      { type: 'ProposalRejected', data: { why: 'not-open' } },
      { type: 'StatusChanged', data: { cause: 'deflection-failed', ticket: { status: 'open', epoch: 3 } } },
      { type: 'ProposalRejected', data: { why: 'stale-epoch' } },
      { type: 'TicketAssigned' },
    ]);
    expect(company.said('t-early').at(-1)).toMatchObject({ type: 'TicketSolved', data: { how: 'deflected', agentId: null } });
  });

  it('raises priority and demanded skills by an escalation, never lowers them', async () => {
    const escalated = (raisePriorityTo: 'high' | 'low', level: number): Draft =>
      TicketEscalated('t-escalated', {
        level: 1,
        cause: 'due',
        explanation: 'nearly due',
        raisePriorityTo,
        addSkills: { returns: level },
        notify: [],
        escalatedAt: '2026-11-24T09:30:00.000Z',
      });
    await company.tell(received('t-escalated'));
    await company.tell(escalated('high', 4));
    await company.tell(escalated('low', 2));
    expect(company.said('t-escalated')).toMatchObject([
      { type: 'StatusChanged', data: { cause: 'escalation', ticket: { priorityOverride: 'high', extraSkills: { returns: 4 } } } },
    ]);
    expect(company.stack.eventsAbout('t-escalated', TicketsTopic).at(-1)!.data).toMatchObject({ priority: 'high' });
  });

  it('takes an offer back at once when the agent goes offline', async () => {
    await company.tell(received('t-rescinded', 'chat'));
    await company.tell(proposed('t-rescinded', 'finn'));
    await company.tell(presence('finn', 'offline'));
    expect(company.said('t-rescinded').at(-1)).toMatchObject({
      type: 'OfferRescinded',
      data: { why: 'agent-offline', ticket: { offer: null } },
    });
    await company.tell(proposed('t-rescinded', 'finn'), proposed('t-rescinded', 'nobody'), proposed('t-never', 'ana'));
    expect(company.said('t-rescinded').slice(-2)).toMatchObject([
      { data: { why: 'agent-not-online' } },
      { data: { why: 'agent-unknown' } },
    ]);
    expect(company.said('t-never')).toMatchObject([{ type: 'ProposalRejected', data: { why: 'not-open' } }]);
  });

  it('follows the configuration: new limits at once, tickets of a removed agent back to the queue', async () => {
    await company.apply([anAgent('eva', { unitsMax: 9 }), { kind: 'agent', name: 'dora', content: null }]);
    await company.tell(received('t-after-config'));
    expect(stateOf('eva').data.unitsMax).toBe(9);
    expect(stateOf('dora').data).toMatchObject({ removed: true, unitsUsed: 0, holds: [] });
    const released = company.stack.events(AssignmentTopic).filter((event) => event.type === 'TicketReleased');
    expect(released).toHaveLength(6);
    expect(released[0]!.data).toMatchObject({ why: 'agent-removed', ticket: { status: 'open', agentId: null } });
    expect(stateOf('ana').data.unitsMax).toBe(6);
  });

  it('publishes every version of an agent once, and each load begins where the one before ended', async () => {
    const loads = new Map<string, LoadChange[]>();
    for (const { data } of company.stack.events(AssignmentTopic)) {
      const { load } = data as { load?: LoadChange };
      if (load) loads.set(load.agentId, [...(loads.get(load.agentId) ?? []), load]);
    }
    expect(loads.size).toBeGreaterThan(3);
    for (const [agentId, changes] of loads) {
      let units = 0;
      for (const change of changes.sort((a, b) => a.agentVersion - b.agentVersion)) {
        expect(change.unitsBefore).toBe(units);
        units = change.units;
      }
      expect(stateOf(agentId).data.unitsUsed).toBe(units);
    }
    for (const event of company.stack.events(AgentsTopic))
      expect((event.data as { agentVersion: number }).agentVersion).toBe(event.version);
  });

  it('lets offers expire, and releases what an agent held whose presence ran out', async () => {
    await company.tell(received('t-expired', 'chat'), received('t-lost'));
    await company.tell(proposed('t-expired', 'ben'), proposed('t-lost', 'cem'));
    expect(company.typesSaid('t-lost')).toEqual(['TicketAssigned']);
    await company.tell(presence('cem', 'online', 0));
    await company.service.close();
    await company.start(DAY_MS);
    await company.service.app.get(OfferExpiryTimer).expireDue();
    await company.service.app.get(PresenceLeaseTimer).endLeases();
    await company.stack.settled();
    expect(company.said('t-expired').at(-1)).toMatchObject({ type: 'OfferExpired', data: { consecutive: 1, outOfRotation: false } });
    expect(company.said('t-lost').at(-1)).toMatchObject({
      type: 'TicketReleased',
      data: { why: 'agent-offline', ticket: { epoch: 3, firstQueuedAt: '2026-11-24T09:00:00.000Z' }, load: { units: 0 } },
    });
    expect(stateOf('cem').data.presence).toBe('offline');
    await company.tell(proposed('t-expired', 'ben'));
    await company.service.close();
    await company.start(2 * DAY_MS);
    await company.service.app.get(OfferExpiryTimer).expireDue();
    await company.tell(proposed('t-expired', 'ben'));
    expect(company.said('t-expired').slice(-2)).toMatchObject([
      { type: 'OfferExpired', data: { consecutive: 2, outOfRotation: true } },
      { type: 'ProposalRejected', data: { why: 'out-of-rotation' } },
    ]);
    await company.tell(presence('ben', 'offline'), presence('ben', 'online'));
    await company.tell(proposed('t-expired', 'ben'));
    expect(company.said('t-expired').at(-1)).toMatchObject({ type: 'ProposalRejected', data: { why: 'out-of-rotation' } });
    const [leaseUntil, reportedAt] = [new Date(Date.now() + 10 * DAY_MS).toISOString(), asked.askedAt];
    await company.tell(PresenceReported('ben', { presence: 'online', leaseUntil, reportedAt, chosen: true }));
    await company.tell(proposed('t-expired', 'ben'));
    expect(company.typesSaid('t-expired').at(-1)).toBe('OfferMade');
    await company.service.close();
    await company.start();
    expect(stateOf('ben').data.inRotation).toBe(true);
  });

  it('changes no row and says nothing when rewound to offset 0', async () => {
    const everything = () =>
      company.stack.query(
        'assignment',
        `select (select json_agg(t order by ticket_id) from ticket t) as tickets, (select json_agg(a order by agent_id) from agent a) as agents,
                (select json_agg(h order by ticket_id) from hold h) as holds, (select json_agg(v order by topic, subject) from messaging.subject_version v) as versions`,
      );
    await company.stack.settled();
    await company.service.close();
    const before = await everything();
    const said = company.stack.events().length;
    await company.stack.rewind('assignment');
    await company.start();
    await company.stack.settled();
    expect(await everything()).toEqual(before);
    expect(company.stack.events()).toHaveLength(said);
  });
});
