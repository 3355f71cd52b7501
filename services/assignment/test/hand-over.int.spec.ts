import {
  AcceptRequested,
  AgentsTopic,
  AssignRequested,
  AssignmentTopic,
  ConsultEndRequested,
  ConsultRequested,
  DeclineRequested,
  HoldRequested,
  OfferDelivered,
  OverrideRequested,
  ReleaseRequested,
  ReplyWritten,
  ResumeRequested,
  SolveRequested,
  TicketsTopic,
  TransferRequested,
  WrapUpEndRequested,
  type AgentState,
  type Draft,
  type LoadChange,
  type OfferMade,
  type TransferTarget,
} from '@signalbox/contracts';
import type { RunningService } from '@signalbox/service-defaults';
import { OfferExpiryTimer } from '../src/offer-expiry.timer.js';
import { OwnerSilenceTimer } from '../src/owner-silence.timer.js';
import { ShiftEndTimer } from '../src/shift-end.timer.js';
import { WrapUpTimer } from '../src/wrap-up.timer.js';
import { aCompany, anAgent, aQueue, Company, enriched, presence, proposed, received } from './company.js';

const askedAt = '2026-11-24T09:00:05.000Z';
const names = ['ana', 'ben', 'cem', 'dora', 'eva', 'finn', 'gwen'];
const offers = {
  web: { mode: 'automatic' },
  email: { mode: 'automatic' },
  social: { mode: 'automatic' },
  chat: { mode: 'ask', seconds: 900, acknowledgeSeconds: 300, attemptsMax: 2 },
};
const rules = {
  offers,
  expiredOffersMax: 10,
  unitsByComplexity: { '2': 1 },
  interruptible: ['email'],
  wrapUpSeconds: { chat: 3600 },
  ownerSilentMinutes: 30,
  ownerSilentReleaseMinutes: 45,
  atShiftEnd: { web: 'hand-over', chat: 'release' },
};
const declineReasons = [{ name: 'no-time', title: 'No time now', reassignable: true }];
let company: Company;
let second: RunningService;

beforeAll(async () => {
  company = await Company.open();
  second = await company.startInstance();
  await company.apply([
    aCompany({ declineReasons, supervisorQueue: 'supervisors', transfersMax: 1, retryAgentSeconds: 3600 }),
    aQueue(rules),
    { ...aQueue(rules), name: 'supervisors' },
    ...names.map((name) => anAgent(name, name === 'gwen' ? { unitsMax: 2, interruptibleUnitsMax: 1 } : {})),
  ]);
  await company.tell(...names.map((name) => presence(name)));
});
afterAll(async () => {
  await second?.close();
  await company?.close();
});

const stateOf = (agentId: string) => company.stack.eventsAbout(agentId, AgentsTopic).at(-1)!.data as AgentState['data'];
const offerOf = (ticketId: string) => company.said(ticketId).findLast((event) => event.type === 'OfferMade')!.data as OfferMade['data'];
const holdsOf = (ticketId: string) =>
  company.stack.query('assignment', `select agent_id, state, units from hold where ticket_id = '${ticketId}' order by state, agent_id`);
const since = (ticketId: string, type: string) =>
  company.said(ticketId).slice(company.said(ticketId).findLastIndex((event) => event.type === type));
const transfer = (ticketId: string, agentId: string, to: TransferTarget, role: 'agent' | 'supervisor' = 'agent'): Draft =>
  TransferRequested(ticketId, { agentId, askedAt, role, to, noteId: `note-${ticketId}` });
const accept = (ticketId: string, agentId: string): Draft =>
  AcceptRequested(ticketId, { agentId, askedAt, offerId: offerOf(ticketId).offerId });
const assignedTo = async (ticketId: string, agentId: string, channel: 'web' | 'chat' = 'web', fields = {}): Promise<void> => {
  await company.tell(received(ticketId, channel, fields));
  await company.tell(proposed(ticketId, agentId));
  if (channel === 'chat') await company.tell(accept(ticketId, agentId));
};
const bySupervisor = { agentId: 'sue', askedAt, role: 'supervisor', reason: 'a good reason' } as const;

it('hands a ticket to a colleague in one step, with its note, and refuses to do so for ever', async () => {
  await assignedTo('t-transfer', 'ana');
  await company.tell(transfer('t-transfer', 'ana', { agentId: 'ben' }));
  expect(since('t-transfer', 'TicketTransferred')).toMatchObject([
    {
      type: 'TicketTransferred',
      data: {
        from: { agentId: 'ana', queueId: 'general' },
        to: { agentId: 'ben', queueId: 'general' },
        noteId: 'note-t-transfer',
        transfers: 1,
        load: { agentId: 'ana', unitsBefore: 1, units: 0, cause: 'transferred' },
        ticket: { agentId: 'ben', epoch: 3, firstQueuedAt: '2026-11-24T09:00:00.000Z' },
      },
      causationId: 'signalbox.console/t-transfer/1',
    },
    {
      type: 'TicketAssigned',
      data: { agentId: 'ben', how: 'transferred', load: { agentId: 'ben', units: 1, cause: 'transferred' } },
      causationId: 'signalbox.console/t-transfer/1',
    },
  ]);
  expect(await holdsOf('t-transfer')).toEqual([{ agent_id: 'ben', state: 'assigned', units: 1 }]);
  await company.tell(transfer('t-transfer', 'ana', { agentId: 'cem' }), transfer('t-transfer', 'ben', { queueId: 'general' }));
  expect(since('t-transfer', 'TicketAssigned').slice(1)).toMatchObject([
    { type: 'RequestRefused', data: { why: 'not-your-ticket' } },
    { type: 'RequestRefused', data: { why: 'transfers-exhausted' } },
  ]);
  await company.tell(transfer('t-transfer', 'sue', { skills: { returns: 4 } }, 'supervisor'));
  expect(company.said('t-transfer').at(-1)).toMatchObject({
    type: 'TicketTransferred',
    data: { ticket: { agentId: null, epoch: 4, extraSkills: { returns: 4 }, excludedAgentIds: ['ben'] } },
  });
  await company.tell(transfer('t-transfer', 'sue', { queueId: 'general' }, 'supervisor'));
  expect((company.said('t-transfer').at(-1)!.data as { ticket: { extraSkills: object } }).ticket.extraSkills).toEqual({});
  expect(await holdsOf('t-transfer')).toEqual([]);
});

it('hands a chat over as an offer, and never beyond the room of who gets it', async () => {
  await assignedTo('t-warm', 'ana', 'chat');
  await company.tell(transfer('t-warm', 'ana', { agentId: 'ben' }));
  expect(since('t-warm', 'TicketTransferred')).toMatchObject([
    { data: { ticket: { agentId: null, offer: { agentId: 'ben' } }, load: { agentId: 'ana', units: 0 } } },
    { type: 'OfferMade', data: { agentId: 'ben', load: { cause: 'transferred', units: 2 } } },
  ]);
  await company.tell(accept('t-warm', 'ben'));
  await assignedTo('t-full', 'gwen', 'chat');
  await company.tell(
    transfer('t-warm', 'sue', { agentId: 'gwen' }, 'supervisor'),
    transfer('t-warm', 'sue', { agentId: 'nobody' }, 'supervisor'),
    transfer('t-warm', 'sue', { queueId: 'nowhere' }, 'supervisor'),
  );
  expect(since('t-warm', 'TicketAssigned').slice(1)).toMatchObject([
    { data: { why: 'no-room' } },
    { data: { why: 'unknown-agent' } },
    { data: { why: 'unknown-queue' } },
  ]);
  await company.tell(SolveRequested('t-warm', { agentId: 'ben', askedAt }), SolveRequested('t-full', { agentId: 'gwen', askedAt }));
  await company.tell(WrapUpEndRequested('t-warm', { agentId: 'ben', askedAt }), WrapUpEndRequested('t-full', { agentId: 'gwen', askedAt }));
});

it('keeps the owner of a ticket to be rescued until the other one has accepted', async () => {
  await assignedTo('t-rescue', 'ana');
  const rescue = { rescue: true, epoch: 2 };
  await company.tell(proposed('t-rescue', 'ana', rescue), proposed('t-rescue', 'ben', rescue), proposed('t-rescue', 'cem', rescue));
  expect(since('t-rescue', 'TicketAssigned').slice(1)).toMatchObject([
    { type: 'ProposalRejected', data: { why: 'owned' } },
    {
      type: 'OfferMade',
      data: { rescue: true, agentId: 'ben', ticket: { agentId: 'ana', offer: { agentId: 'ben', acknowledgeBy: expect.any(String) } } },
    },
    { type: 'ProposalRejected', data: { why: 'offered' } },
  ]);
  expect(await holdsOf('t-rescue')).toEqual([
    { agent_id: 'ana', state: 'assigned', units: 1 },
    { agent_id: 'ben', state: 'offered', units: 1 },
  ]);
  await company.tell(DeclineRequested('t-rescue', { agentId: 'ben', askedAt, offerId: offerOf('t-rescue').offerId, reason: 'no' }));
  expect(company.said('t-rescue').at(-1)).toMatchObject({ type: 'OfferDeclined', data: { ticket: { agentId: 'ana', offer: null } } });
  await company.tell(proposed('t-rescue', 'cem', rescue));
  await company.tell(accept('t-rescue', 'cem'));
  expect(since('t-rescue', 'TicketReleased')).toMatchObject([
    { data: { agentId: 'ana', why: 'rescue', ticket: { agentId: 'cem', epoch: 3 }, load: { agentId: 'ana', units: 0 } } },
    { type: 'TicketAssigned', data: { agentId: 'cem', how: 'accepted', load: { agentId: 'cem', units: 1 }, ticket: { agentId: 'cem' } } },
  ]);
  expect(await holdsOf('t-rescue')).toEqual([{ agent_id: 'cem', state: 'assigned', units: 1 }]);
  await company.tell(proposed('t-rescue', 'eva', { rescue: true, epoch: 3 }));
  await company.tell(ReplyWritten('t-rescue', { agentId: 'cem', askedAt, messageId: 'm-rescue', text: 'Here I am.' }));
  expect(company.said('t-rescue').slice(-2)).toMatchObject([
    { type: 'ReplyReleased' },
    { type: 'OfferRescinded', data: { agentId: 'eva', why: 'superseded', ticket: { agentId: 'cem' } } },
  ]);
  expect(stateOf('eva').unitsUsed).toBe(0);
  await company.tell(proposed('t-waiting', 'eva', { rescue: true }));
  expect(company.said('t-waiting')).toMatchObject([{ data: { why: 'not-owned' } }]);
});

it('lets a supervisor assign, beyond the capacity only when asked to, release, and set queue and priority', async () => {
  await assignedTo('t-forced', 'dora');
  await company.tell(...Array.from({ length: 5 }, (_, nth) => received(`t-busy-${nth}`)));
  await company.tell(...Array.from({ length: 5 }, (_, nth) => proposed(`t-busy-${nth}`, 'finn')));
  await assignedTo('t-busy', 'finn');
  const force = (overAssign: boolean): Draft => AssignRequested('t-forced', { ...bySupervisor, toAgentId: 'finn', overAssign });
  await company.tell(force(false), force(true));
  await company.tell(force(true), AssignRequested('t-forced', { ...bySupervisor, role: 'agent', toAgentId: 'ben', overAssign: true }));
  expect(since('t-forced', 'TicketAssigned')).toMatchObject([
    { data: { how: 'forced', overAssigned: true, byAgentId: 'sue', load: { units: 7, unitsMax: 6, cause: 'forced' } } },
    { type: 'RequestRefused', data: { why: 'already-theirs' } },
    { type: 'RequestRefused', data: { why: 'not-allowed' } },
  ]);
  expect(since('t-forced', 'TicketReleased')[0]).toMatchObject({
    data: { agentId: 'dora', why: 'reassigned', ticket: { agentId: 'finn' } },
  });
  await company.tell(ReleaseRequested('t-forced', bySupervisor));
  await company.tell(proposed('t-forced', 'finn', { epoch: 4 }));
  await company.tell(OverrideRequested('t-forced', { ...bySupervisor, priority: 'urgent', queueId: 'supervisors' }));
  await company.tell(OverrideRequested('t-forced', { ...bySupervisor, priority: 'urgent' }));
  await company.tell(proposed('t-forced', 'ben', { epoch: 4 }));
  expect(since('t-forced', 'TicketReleased')).toMatchObject([
    { data: { why: 'supervisor', byAgentId: 'sue', ticket: { agentId: null, epoch: 4, excludedAgentIds: ['finn'] } } },
    { type: 'ProposalRejected', data: { why: 'excluded' } },
    {
      type: 'StatusChanged',
      data: { cause: 'supervisor', ticket: { priorityOverride: 'urgent', queueOverride: 'supervisors', epoch: 5 } },
    },
    { type: 'RequestRefused', data: { why: 'nothing-to-change' } },
    { type: 'ProposalRejected', data: { why: 'stale-epoch' } },
  ]);
  expect(company.stack.eventsAbout('t-forced', TicketsTopic).at(-1)!.data).toMatchObject({ queueId: 'supervisors', priority: 'urgent' });
});

it('gives a pulled chat to who asked for it at once, without an offer', async () => {
  await company.tell(received('t-pulled', 'chat'));
  await company.tell(proposed('t-pulled', 'cem', { pulled: true, proposalId: 'pulled' }));
  expect(company.said('t-pulled')).toMatchObject([
    { type: 'TicketAssigned', data: { agentId: 'cem', how: 'pulled', proposalId: 'pulled', ticket: { agentId: 'cem', offer: null } } },
  ]);
  expect(await holdsOf('t-pulled')).toEqual([{ agent_id: 'cem', state: 'assigned', units: 2 }]);
  await company.tell(SolveRequested('t-pulled', { agentId: 'cem', askedAt }), WrapUpEndRequested('t-pulled', { agentId: 'cem', askedAt }));
});

it('rescinds an offer no console has confirmed, and lets a confirmed one stand', async () => {
  await company.tell(received('t-lost', 'chat'), received('t-shown', 'chat'));
  await company.tell(proposed('t-lost', 'dora'), proposed('t-shown', 'eva'));
  expect(offerOf('t-lost').ticket.offer!.acknowledgeBy).toBeDefined();
  await company.tell(OfferDelivered('t-shown', { agentId: 'eva', offerId: offerOf('t-shown').offerId, deliveredAt: askedAt }));
  await company.stack.query(
    'assignment',
    `update ticket set offer_acknowledge_by = clock_timestamp() - interval '1 second'
    where offer_acknowledge_by is not null`,
  );
  await company.service.app.get(OfferExpiryTimer).expireDue();
  await company.stack.settled();
  expect(company.said('t-lost').at(-1)).toMatchObject({
    type: 'OfferRescinded',
    data: { why: 'not-delivered', ticket: { offer: null, excludedAgentIds: ['dora'] }, load: { units: 0 } },
  });
  expect(stateOf('dora').inRotation).toBe(true);
  expect(company.typesSaid('t-shown')).toEqual(['OfferMade']);
  await company.tell(accept('t-shown', 'eva'));
  await company.tell(SolveRequested('t-shown', { agentId: 'eva', askedAt }));
});

it('asks again after a reason that passes, and the supervisors after too many attempts', async () => {
  await company.tell(received('t-declined', 'chat'));
  const decline = (agentId: string, fields: object): Draft =>
    DeclineRequested('t-declined', { agentId, askedAt, offerId: offerOf('t-declined').offerId, reason: 'no time', ...fields });
  await company.tell(proposed('t-declined', 'dora'));
  await company.tell(decline('dora', { reasonName: 'no-time' }));
  expect(company.said('t-declined').at(-1)).toMatchObject({ data: { reassignable: true, ticket: { excludedAgentIds: ['dora'] } } });
  await company.stack.query(
    'assignment',
    `update ticket set exclusion_lapses_at = '2026-01-01', exclusion_ends = '{"dora":"2026-01-01T00:00:00Z"}'
    where ticket_id = 't-declined'`,
  );
  await company.service.app.get(OfferExpiryTimer).expireDue();
  await company.stack.settled();
  expect(company.said('t-declined').at(-1)).toMatchObject({
    type: 'StatusChanged',
    data: { cause: 'exclusion-ended', ticket: { excludedAgentIds: [] } },
  });
  await company.tell(proposed('t-declined', 'dora'));
  await company.tell(decline('dora', {}));
  expect(company.said('t-declined').slice(-2)).toMatchObject([
    { type: 'OfferDeclined', data: { ticket: { excludedAgentIds: ['dora'], queueOverride: null } } },
    {
      type: 'TicketTransferred',
      data: {
        why: 'attempts-exhausted',
        to: { queueId: 'supervisors' },
        ticket: { queueOverride: 'supervisors', epoch: 2, excludedAgentIds: [] },
      },
    },
  ]);
  await company.tell(proposed('t-declined', 'dora', { epoch: 2 }));
  expect(company.said('t-declined').at(-1)).toMatchObject({ type: 'OfferMade', data: { agentId: 'dora' } });
  await company.tell(accept('t-declined', 'dora'));
  await company.tell(
    SolveRequested('t-declined', { agentId: 'dora', askedAt }),
    WrapUpEndRequested('t-declined', { agentId: 'dora', askedAt }),
  );
});

it('holds the units of a solved chat until it is wrapped up, by the agent or by time', async () => {
  await assignedTo('t-wrap', 'dora', 'chat');
  await company.tell(SolveRequested('t-wrap', { agentId: 'dora', askedAt }));
  expect(company.said('t-wrap').at(-1)).toMatchObject({ type: 'TicketSolved', data: { load: { unitsBefore: 2, units: 2 } } });
  expect(stateOf('dora')).toMatchObject({ unitsUsed: 2, holds: [{ ticketId: 't-wrap', state: 'wrap-up' }] });
  await company.tell(WrapUpEndRequested('t-wrap', { agentId: 'dora', askedAt }));
  await company.tell(WrapUpEndRequested('t-wrap', { agentId: 'dora', askedAt }));
  expect(company.said('t-wrap').slice(-2)).toMatchObject([
    { type: 'WrapUpEnded', data: { how: 'agent', load: { units: 0, cause: 'wrap-up-ended' } } },
    { type: 'RequestRefused', data: { why: 'no-wrap-up' } },
  ]);
  await assignedTo('t-timed', 'dora', 'chat');
  await company.tell(SolveRequested('t-timed', { agentId: 'dora', askedAt }));
  await company.service.app.get(WrapUpTimer).endDue();
  await company.stack.query('assignment', `update hold set due_at = clock_timestamp() - interval '1 second' where state = 'wrap-up'`);
  await Promise.all([company.service, second].map((instance) => instance.app.get(WrapUpTimer).endDue()));
  await company.stack.settled();
  expect(company.typesSaid('t-timed').slice(-2)).toEqual(['TicketSolved', 'WrapUpEnded']);
  expect(stateOf('dora').unitsUsed).toBe(0);
});

it('reminds a silent owner, then takes the ticket back; a reply ends it', async () => {
  await assignedTo('t-silent', 'dora');
  await assignedTo('t-answered', 'dora');
  await company.tell(ReplyWritten('t-answered', { agentId: 'dora', askedAt, messageId: 'm-answered', text: 'Tomorrow.' }));
  const silentFor = async (minutes: number): Promise<void> => {
    await company.stack.query(
      'assignment',
      `update ticket set silent_due_at = '2026-01-01', silent_since = clock_timestamp() - interval '${minutes} minutes'
      where silent_since is not null and ticket_id in ('t-silent', 't-answered')`,
    );
    await Promise.all([company.service, second].map((instance) => instance.app.get(OwnerSilenceTimer).breakDue()));
    await company.stack.settled();
  };
  await silentFor(29);
  expect(company.typesSaid('t-silent')).toEqual(['TicketAssigned']);
  await silentFor(31);
  await silentFor(44);
  expect(company.said('t-silent').slice(1)).toMatchObject([{ type: 'OwnerSilent', data: { agentId: 'dora', minutes: 30 } }]);
  await silentFor(46);
  expect(company.said('t-silent').slice(2)).toMatchObject([
    { type: 'TicketReleased', data: { why: 'owner-silent', ticket: { agentId: null, epoch: 3, excludedAgentIds: ['dora'] } } },
  ]);
  expect(company.typesSaid('t-answered')).toEqual(['TicketAssigned', 'ReplyReleased']);
  await company.tell(SolveRequested('t-answered', { agentId: 'dora', askedAt }));
});

it('lists an open web ticket for hand-over when the shift is over, and takes a chat back', async () => {
  await assignedTo('t-evening', 'eva');
  await assignedTo('t-night', 'eva', 'chat');
  await company.stack.query(
    'assignment',
    `update agent set shift_ends_at = clock_timestamp() - interval '16 minutes' where agent_id = 'eva'`,
  );
  await Promise.all([company.service, second].map((instance) => instance.app.get(ShiftEndTimer).endDue()));
  await company.stack.settled();
  expect(company.said('t-evening').slice(1)).toMatchObject([
    { type: 'HandOverListed', data: { agentId: 'eva', ticket: { agentId: 'eva', handOverSince: expect.any(String) } } },
  ]);
  expect(company.said('t-night').at(-1)).toMatchObject({ type: 'TicketReleased', data: { why: 'end-of-shift' } });
  await company.tell(transfer('t-evening', 'sue', { agentId: 'ben' }, 'supervisor'));
  expect(company.said('t-evening').at(-1)!.data).toMatchObject({ ticket: { agentId: 'ben' } });
  expect((company.said('t-evening').at(-1)!.data as { ticket: object }).ticket).not.toHaveProperty('handOverSince');
});

it('lets an owner ask a colleague, who gets nothing but the sight of it', async () => {
  await assignedTo('t-consult', 'ben');
  const consult = ConsultRequested('t-consult', { agentId: 'ben', askedAt, withAgentId: 'cem', noteId: 'note-consult' });
  const before = stateOf('cem').unitsUsed;
  await company.tell(consult);
  await company.tell(ConsultRequested('t-consult', { agentId: 'cem', askedAt, withAgentId: 'ana' }));
  await company.tell(ConsultEndRequested('t-consult', { agentId: 'cem', askedAt, withAgentId: 'cem' }));
  expect(company.said('t-consult').slice(1)).toMatchObject([
    { type: 'ConsultStarted', data: { withAgentId: 'cem', noteId: 'note-consult', ticket: { agentId: 'ben', consultAgentIds: ['cem'] } } },
    { type: 'RequestRefused', data: { why: 'not-your-ticket' } },
    { type: 'ConsultEnded', data: { ticket: { agentId: 'ben' } } },
  ]);
  expect(stateOf('cem').unitsUsed).toBe(before);
});

it('fills the second pool with what may be interrupted, and takes more units for what is complex', async () => {
  await company.tell(enriched('t-mail'), enriched('t-mail-2'), received('t-mail', 'email'), received('t-mail-2', 'email'));
  await company.tell(proposed('t-mail', 'gwen'));
  expect(company.said('t-mail').at(-1)).toMatchObject({ data: { why: 'no-room' } });
  await company.apply([anAgent('gwen', { unitsMax: 2, interruptibleUnitsMax: 3 })]);
  await company.tell(proposed('t-mail', 'gwen'));
  expect(company.said('t-mail').at(-1)).toMatchObject({
    type: 'TicketAssigned',
    data: { units: 2, load: { unitsBefore: 0, units: 0, unitsMax: 2, interruptible: { unitsBefore: 0, units: 2, unitsMax: 3 } } },
  });
  await company.tell(proposed('t-mail-2', 'gwen'), received('t-call', 'chat'));
  await company.tell(proposed('t-call', 'gwen'));
  expect(company.said('t-mail-2').at(-1)).toMatchObject({ data: { why: 'no-room' } });
  expect(company.typesSaid('t-call')).toEqual(['OfferMade']);
  expect(stateOf('gwen')).toMatchObject({ unitsUsed: 2, interruptibleUnitsMax: 3, interruptibleUnitsUsed: 2 });
});

it('gives the tickets of an agent who is gone back in the order of their age', async () => {
  await company.apply([anAgent('hugo')]);
  await company.tell(presence('hugo'));
  const ages = { 't-z': '08:00', 't-y': '06:00', 't-x': '07:00' };
  for (const [id, at] of Object.entries(ages)) await assignedTo(id, 'hugo', 'web', { receivedAt: `2026-11-24T${at}:00.000Z` });
  await company.apply([{ kind: 'agent', name: 'hugo', content: null }]);
  await company.tell(received('t-after-config'));
  const [rows] = await company.stack.query<{ wrong: number }>(
    'assignment',
    `select count(*)::int as wrong from hold where agent_id = 'hugo'`,
  );
  expect(rows!.wrong).toBe(0);
  const versions = Object.keys(ages).map((id) => company.said(id).at(-1)!.data as { why: string; load: LoadChange });
  expect(versions.map(({ why }) => why)).toEqual(['agent-removed', 'agent-removed', 'agent-removed']);
  // The load falls by one ticket after the other: the oldest goes first.
  expect(versions.map(({ load }) => load.units)).toEqual([0, 2, 1]);
});

it('is kept by the database: a second owner or a second offer cannot be written', async () => {
  const insert = (agentId: string, state: string) =>
    company.stack.query(
      'assignment',
      `insert into hold (ticket_id, agent_id, units, channel, state) values ('t-twice', '${agentId}', 1, 'web', '${state}')`,
    );
  await insert('ana', 'assigned');
  await insert('ben', 'offered');
  await expect(insert('cem', 'assigned')).rejects.toThrow('hold_one_owner');
  await expect(insert('cem', 'offered')).rejects.toThrow('hold_one_offer');
  await company.stack.query('assignment', `delete from hold where ticket_id = 't-twice'`);
});

it('is kept by the database: nothing is granted beyond a limit, in either pool or on a channel, unless it is marked', async () => {
  const hold = (id: string, units: number, { channel = 'web', interruptible = false, beyond = false } = {}): string =>
    `('t-limit-${id}', 'limited', ${units}, '${channel}', 'assigned', ${interruptible}, ${beyond ? 'pg_current_xact_id()' : 'null'})`;
  const insert = (...rows: string[]) =>
    company.stack.query(
      'assignment',
      `insert into hold (ticket_id, agent_id, units, channel, state, interruptible, beyond_in) values ${rows.join(', ')}`,
    );
  const take = (id: string) => company.stack.query('assignment', `delete from hold where ticket_id = 't-limit-${id}'`);
  const limits = (interruptible: number | null) =>
    company.stack.query('assignment', `update agent set interruptible_units_max = ${interruptible} where agent_id = 'limited'`);
  await company.stack.query(
    'assignment',
    `insert into agent (agent_id, units_max, channel_units_max) values ('limited', 3, '{"chat": 0.3}')`,
  );
  await expect(insert(hold('web', 3.1))).rejects.toThrow('hold_within_limits');
  await expect(insert(hold('web', 2), hold('email', 1.1, { channel: 'email' }))).rejects.toThrow('hold_within_limits');
  await insert(hold('web', 2), hold('chat', 0.1, { channel: 'chat' }));
  await expect(insert(hold('email', 1, { interruptible: true }))).rejects.toThrow('hold_within_limits');
  await limits(1);
  await insert(hold('email', 0.7, { interruptible: true }), hold('email-2', 0.3, { interruptible: true }));
  await expect(insert(hold('email-3', 0.1, { interruptible: true }))).rejects.toThrow('hold_within_limits');
  await limits(null);
  await take('web');
  await expect(insert(hold('chat-2', 0.3, { channel: 'chat' }))).rejects.toThrow('hold_within_limits');
  // 0.1 + 0.2 is a little more than 0.3 in binary.
  await insert(hold('chat-2', 0.2, { channel: 'chat' }));
  await insert(hold('more', 0.5), hold('beyond', 9, { beyond: true }));
  await expect(insert(hold('web', 0.1))).rejects.toThrow('hold_within_limits');
  await company.stack.query('assignment', `delete from hold where agent_id = 'limited'`);
  await company.stack.query('assignment', `delete from agent where agent_id = 'limited'`);
});

it('takes back beyond the limit what comes back, and lets an offer be accepted though the limit was lowered meanwhile', async () => {
  const ivan = (unitsMax: number) => company.apply([anAgent('ivan', { unitsMax })]);
  const mine = { agentId: 'ivan', askedAt };
  await ivan(3);
  await company.tell(presence('ivan'), received('t-first'), received('t-asked', 'chat'));
  await company.tell(proposed('t-first', 'ivan'));
  await company.tell(HoldRequested('t-first', { ...mine, status: 'pending' }));
  await company.tell(proposed('t-asked', 'ivan'));
  await ivan(1);
  await company.tell(ResumeRequested('t-first', mine));
  expect(company.said('t-first').at(-1)).toMatchObject({ data: { load: { units: 3, unitsMax: 1, cause: 'reopened' } } });
  await company.tell(accept('t-asked', 'ivan'));
  expect(company.said('t-asked').at(-1)).toMatchObject({ type: 'TicketAssigned', data: { load: { unitsBefore: 3, units: 3 } } });
  await company.tell(SolveRequested('t-asked', mine), SolveRequested('t-first', mine));
  expect(stateOf('ivan')).toMatchObject({ unitsUsed: 2, holds: [{ ticketId: 't-asked', state: 'wrap-up' }] });
  await company.tell(WrapUpEndRequested('t-asked', mine));
  expect(stateOf('ivan').unitsUsed).toBe(0);
});

it('changes nothing when all is read again from the start, and its loads add up', async () => {
  const everything = () =>
    company.stack.query(
      'assignment',
      `select (select json_agg(t order by ticket_id) from ticket t) as tickets, (select json_agg(a order by agent_id) from agent a) as agents,
              (select json_agg(h order by ticket_id, agent_id) from hold h) as holds`,
    );
  await second.close();
  await company.service.close();
  const before = await everything();
  const said = company.stack.events().length;
  await company.stack.rewind('assignment');
  await company.start();
  second = await company.startInstance();
  await company.stack.settled();
  expect(await everything()).toEqual(before);
  expect(company.stack.events()).toHaveLength(said);
  const loads = company.stack.events(AssignmentTopic).flatMap(({ data }) => (data as { load?: LoadChange }).load ?? []);
  for (const name of names) {
    let units = 0;
    for (const load of loads.filter(({ agentId }) => agentId === name).sort((a, b) => a.agentVersion - b.agentVersion)) {
      expect(load.unitsBefore).toBe(units);
      units = load.units;
    }
    expect(stateOf(name).unitsUsed).toBe(units);
  }
});
