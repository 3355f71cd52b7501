import {
  AgentState,
  ConsoleTopic,
  ConsultStarted,
  HandOverListed,
  IdleExplained,
  NextAnswered,
  OfferMade,
  RequestRefused,
  TicketAssigned,
  TicketMerged,
  TicketMergedIn,
  TicketReleased,
  TicketTransferred,
  WrapUpEnded,
  type AgentState as State,
  type Channel,
  type Draft,
  type LoadChange,
} from '@signalbox/contracts';
import { COMPANY } from './company.js';
import { assigned, caused, enriched, offered, proposed, received, snapshot, solved, type TicketFields } from './the-story.js';
import { TheConsole, tokenFor } from './the-console.js';

let console_: TheConsole;
let admin: string;
let ana: string;
let ben: string;
let sue: string;
const declineReasons = [{ name: 'no-time', title: 'No time now', reassignable: true }];
const twice = async (...events: Draft[]) => {
  await console_.stack.publish(...events, ...events);
  await console_.stack.settled();
};
const get = (path: string, token: string) => console_.call('GET', path, token);
const post = (path: string, token: string, body: object = {}, headers = {}) => console_.call('POST', path, token, body, headers);
const asked = (subject: string) => console_.stack.eventsAbout(subject, ConsoleTopic);
const ticket: TicketFields = { ticketId: 'handed', number: 5001 };
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();

beforeAll(async () => {
  console_ = await TheConsole.start();
  [admin, ana, ben, sue] = (await Promise.all([
    tokenFor('the-first-admin', 'admin'),
    tokenFor('ana', 'agent'),
    tokenFor('ben', 'agent'),
    tokenFor('sue', 'supervisor'),
  ])) as [string, string, string, string];
  const documents = COMPANY.map((document) =>
    document.kind === 'company' ? { ...document, content: { ...document.content, declineReasons } } : document,
  );
  await post('/configuration', admin, { documents });
  await twice(received(ticket), enriched(ticket), proposed(ticket), offered(ticket), assigned(ticket));
});
afterAll(() => console_.stop());

describe('a wish to hand over', () => {
  it('carries its note by reference: the words stay with the console', async () => {
    const send = () =>
      post('/tickets/handed/transfer', ana, { to: { agentId: 'ben' }, note: 'Ida is angry.' }, { 'idempotency-key': 'one' });
    const [{ status, body }] = await Promise.all([send(), send()]);
    expect(status).toBe(202);
    await console_.stack.settled();
    const [event, ...more] = asked('handed').filter(({ type }) => type === 'TransferRequested');
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      id: body.requestId,
      data: { agentId: 'ana', role: 'agent', to: { agentId: 'ben' }, noteId: body.requestId },
    });
    expect(JSON.stringify(event!.data)).not.toContain('angry');
    const from = { agentId: 'ana', queueId: 'billing' };
    const said = { from, to: { agentId: 'ben', queueId: 'billing' }, why: 'requested' as const, byAgentId: 'ana', transfers: 1 };
    await twice(
      caused(
        body.requestId,
        TicketTransferred('handed', { ticket: snapshot({ agentId: 'ben', epoch: 3 }), ...said, noteId: body.requestId }),
      ),
      caused(
        body.requestId,
        TicketAssigned('handed', {
          ticket: snapshot({ agentId: 'ben', epoch: 3 }),
          agentId: 'ben',
          how: 'transferred',
          units: 1,
          assignedAt: inAnHour,
        }),
      ),
    );
    expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({
      body: { state: 'done', outcome: { type: 'TicketTransferred' } },
    });
    const story = (await get('/tickets/handed', ben)).body;
    expect(story.notes).toMatchObject([{ noteId: body.requestId, agentId: 'ana', text: 'Ida is angry.' }]);
    expect(story.owner).toMatchObject({ agentId: 'ben' });
    expect((story.history as { words: string }[]).map(({ words }) => words)).toEqual(
      expect.arrayContaining(['handed on to Ben by Ana', 'assigned to Ben']),
    );
  });

  it('merges only into a ticket that the person sees, and tells both stories where it goes on', async () => {
    const merging: TicketFields = { ticketId: 'merging', number: 5101 };
    const other: TicketFields = { ticketId: 'goes-on', number: 5102 };
    const hidden: TicketFields = { ticketId: 'hidden', number: 5103, category: null };
    await twice(...[merging, other].flatMap((one) => [received(one), enriched(one), offered(one), assigned(one)]), received(hidden));
    expect(await post('/tickets/merging/merge', ana, { intoTicketId: 'hidden' })).toMatchObject({ status: 404 });
    expect(await post('/tickets/merging/merge', ana, { intoTicketId: '' })).toMatchObject({ status: 400 });
    const { status, body } = await post('/tickets/merging/merge', ana, { intoTicketId: 'goes-on' });
    expect(status).toBe(202);
    await console_.stack.settled();
    expect(asked('merging')).toMatchObject([
      { id: body.requestId, type: 'MergeRequested', data: { agentId: 'ana', role: 'agent', intoTicketId: 'goes-on' } },
    ]);
    const merged = snapshot({ status: 'closed', agentId: 'ana', mergedInto: 'goes-on' });
    const by = { byAgentId: 'ana' };
    await twice(
      caused(body.requestId, TicketMerged('merging', { ticket: merged, intoTicketId: 'goes-on', ...by })),
      caused(
        body.requestId,
        TicketMergedIn('goes-on', { ticket: snapshot({ agentId: 'ana' }), fromTicketId: 'merging', receivedAt: inAnHour, ...by }),
      ),
    );
    expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({ body: { state: 'done' } });
    const words = (story: { history: { words: string }[] }) => story.history.map((entry) => entry.words);
    const [ended, goesOn] = [(await get('/tickets/merging', ana)).body, (await get('/tickets/goes-on', ana)).body];
    expect(ended).toMatchObject({ status: 'closed', mergedInto: { ticketId: 'goes-on', number: 5102, visible: true } });
    expect(words(ended as never)).toContain('merged into #5102 by Ana');
    expect(goesOn).toMatchObject({ mergedInto: null, mergedFrom: [{ ticketId: 'merging', number: 5101, visible: true }] });
    expect(words(goesOn as never)).toContain('#5101 was merged into it by Ana');
  });

  it('is a supervisor’s alone where it goes over somebody’s head', async () => {
    const reason = 'knows the customer';
    const wishes = {
      assign: { agentId: 'ana', overAssign: true, reason },
      release: { reason },
      override: { priority: 'urgent', queueId: null, reason },
    };
    for (const [verb, body] of Object.entries(wishes)) {
      expect(await post(`/tickets/handed/${verb}`, ben, body)).toMatchObject({ status: 403 });
      expect(await post(`/tickets/handed/${verb}`, sue, body)).toMatchObject({ status: 202 });
    }
    await console_.stack.settled();
    expect(asked('handed').slice(1)).toMatchObject([
      { type: 'AssignRequested', data: { agentId: 'sue', role: 'supervisor', toAgentId: 'ana', overAssign: true, reason } },
      { type: 'ReleaseRequested', data: { role: 'supervisor', reason } },
      { type: 'OverrideRequested', data: { priority: 'urgent', queueId: null, reason } },
    ]);
  });

  it.each([
    ['/tickets/handed/transfer', { to: { agentId: 'ben' } }, 'note'],
    ['/tickets/handed/transfer', { to: { skills: {} }, note: 'x' }, 'to'],
    ['/tickets/handed/transfer', { to: { skills: { law: 6 } }, note: 'x' }, 'to'],
    ['/tickets/handed/transfer', { to: { skills: { [`l${'a'.repeat(60)}w`]: 3 } }, note: 'x' }, 'to'],
    [
      '/tickets/handed/transfer',
      { to: { skills: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`s${n}`, 1])) }, note: 'x' },
      'to',
    ],
    ['/tickets/handed/assign', { agentId: 'ben', reason: ' ' }, 'reason'],
    ['/tickets/handed/override', { reason: 'x' }, 'priority or queueId'],
    ['/tickets/handed/decline', { offerId: 'x', reasonName: 'unheard-of' }, 'no-time'],
  ])('%s refuses %j, naming what is wrong', async (path, body, field) => {
    const { status, body: said } = await post(path, sue, body);
    expect({ status, said: JSON.stringify(said) }).toMatchObject({ status: 400, said: expect.stringContaining(field) });
  });
});

it('shows a ticket to a colleague who is asked, though the queue is foreign', async () => {
  const foreign = { ...ticket, ticketId: 'foreign', number: 5002 };
  await twice(received(foreign), enriched(foreign), proposed(foreign), offered(foreign), assigned(foreign));
  expect(await get('/tickets/foreign', ben)).toMatchObject({ status: 404 });
  const { body } = await post('/tickets/foreign/consult', ana, { agentId: 'ben', note: 'Have you seen this before?' });
  const consulted = {
    ticket: snapshot({ agentId: 'ana', consultAgentIds: ['ben'] }),
    agentId: 'ana',
    withAgentId: 'ben',
    noteId: body.requestId,
  };
  await twice(caused(body.requestId, ConsultStarted('foreign', consulted)));
  expect((await get('/inbox', ben)).body.consulted).toMatchObject([{ ticketId: 'foreign', owner: { agentId: 'ana' } }]);
  expect((await get('/tickets/foreign', ben)).body).toMatchObject({ notes: [{ text: 'Have you seen this before?' }] });
  expect(await post('/tickets/foreign/consult-end', ben, { agentId: 'ben' })).toMatchObject({ status: 202 });
});

it('lists on the board what is to be handed over at the end of a shift', async () => {
  await twice(
    HandOverListed('foreign', { ticket: snapshot({ agentId: 'ana', handOverSince: inAnHour }), agentId: 'ana', shiftEndedAt: inAnHour }),
  );
  expect((await get('/board', sue)).body.toHandOver).toMatchObject([{ ticketId: 'foreign', owner: { name: 'Ana' } }]);
});

it('reports an offer as delivered when its agent’s page says so, and only while that matters', async () => {
  const shown = { ...ticket, ticketId: 'shown', number: 5003 };
  const offer = { offerId: 'o1', agentId: 'ana', expiresAt: inAnHour };
  const made = (acknowledgeBy?: string) =>
    OfferMade('shown', { ticket: snapshot({ offer: { ...offer, ...(acknowledgeBy && { acknowledgeBy }) } }), ...offer, units: 1 });
  await twice(received(shown), enriched(shown), made(inAnHour));
  expect((await get('/inbox', ana)).body).toMatchObject({ offers: [{ awaitsDelivery: true }], declineReasons });
  expect(await post('/tickets/shown/delivered', sue, { offerId: 'o1' })).toMatchObject({ status: 204 });
  expect(await post('/tickets/shown/delivered', ana, { offerId: 'o1' })).toMatchObject({ status: 204 });
  await console_.stack.settled();
  expect(asked('shown')).toMatchObject([{ type: 'OfferDelivered', data: { agentId: 'ana', offerId: 'o1' } }]);
  await twice(made());
  await post('/tickets/shown/delivered', ana, { offerId: 'o1' });
  await post('/tickets/shown/decline', ana, { offerId: 'o1', reasonName: 'no-time' });
  await console_.stack.settled();
  expect(asked('shown').slice(1)).toMatchObject([{ type: 'DeclineRequested', data: { reason: 'No time now', reasonName: 'no-time' } }]);
});

describe('a wish to be done with wrapping up', () => {
  const wrapped = { ...ticket, ticketId: 'wrapped', number: 5004 };
  const wish = (token: string, headers = {}) => post('/tickets/wrapped/wrap-up-end', token, {}, headers);
  const ended = () => asked('wrapped').filter(({ type }) => type === 'WrapUpEndRequested');
  beforeAll(() => twice(received(wrapped), enriched(wrapped), proposed(wrapped), offered(wrapped), assigned(wrapped), solved(wrapped)));

  it('is sent once per key, and done when assignment has freed the units', async () => {
    const [{ status, body }, again] = await Promise.all([wish(ana, { 'idempotency-key': 'w' }), wish(ana, { 'idempotency-key': 'w' })]);
    expect(status).toBe(202);
    expect(again.body).toEqual(body);
    await console_.stack.settled();
    expect(ended()).toMatchObject([{ id: body.requestId, data: { agentId: 'ana' } }]);
    expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({ body: { state: 'sending', kind: 'WrapUpEndRequested' } });
    const over = { ticket: snapshot({ status: 'solved' }), agentId: 'ana', how: 'agent' as const };
    await twice(caused(body.requestId, WrapUpEnded('wrapped', over)));
    expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({
      body: { state: 'done', outcome: { type: 'WrapUpEnded', status: 'solved' } },
    });
    expect((await get('/tickets/wrapped', ana)).body.history.at(-1)).toMatchObject({ type: 'WrapUpEnded', words: 'Ana wrapped it up' });
  });

  it('is refused in words when there is nothing to end', async () => {
    const { body } = await wish(ana);
    const said = { ticket: snapshot({ status: 'solved' }), requestId: body.requestId, agentId: 'ana', why: 'no-wrap-up' as const };
    await twice(RequestRefused('wrapped', { ...said, message: 'its units are free already' }));
    expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({
      body: { state: 'refused', outcome: { why: 'no-wrap-up', message: 'its units are free already' } },
    });
  });

  it('is heard from whoever may see the ticket, and from nobody for somebody else', async () => {
    const before = ended().length;
    expect(await wish(ben)).toMatchObject({ status: 404 });
    expect(await post('/tickets/wrapped/wrap-up-end', ana, { agentId: 'ben' })).toMatchObject({ status: 400 });
    await console_.stack.settled();
    expect(ended()).toHaveLength(before);
  });
});

it('asks routing for the next ticket, and tells what came of it', async () => {
  const { status, body } = await post('/next', ana);
  expect(status).toBe(202);
  await console_.stack.settled();
  expect(asked('ana')).toMatchObject([{ type: 'NextRequested', id: body.requestId }]);
  await twice(NextAnswered('ana', { requestId: body.requestId, proposalId: 'p', ticketId: 'handed', answeredAt: inAnHour }));
  expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({ body: { state: 'done', outcome: { ticketId: 'handed' } } });
});

it.each<[Pick<NextAnswered['data'], 'why' | 'reasons' | 'waiting' | 'bounded'>, string]>([
  [{ why: 'nothing-waits' }, 'Nothing waits in your queues.'],
  [{ why: 'nothing-fits', reasons: [{ reason: 'law below 3', tickets: 4 }] }, 'Nothing that waits is for you: law below 3: 4.'],
  [
    { why: 'nothing-fits', reasons: [{ reason: 'law below 3', tickets: 200 }], waiting: 200, bounded: true },
    'None of the first 200 that wait is for you: law below 3: 200.',
  ],
  [
    { why: 'nothing-fits', waiting: 200, bounded: true },
    'None of the first 200 that wait is for you: routing sees others fit better, or you were excluded.',
  ],
])('tells whoever asks for the next ticket why there is none: %j', async (answer, detail) => {
  const before = asked('ana').length;
  const waiting = post('/next', ana, {}, { prefer: 'wait=2' });
  for (;;) {
    const event = asked('ana')[before];
    if (event) {
      await twice(NextAnswered('ana', { requestId: event.id, ...answer, answeredAt: inAnHour }));
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await waiting).toMatchObject({ status: 409, body: { detail } });
});

describe('whoever asks why somebody has no work', () => {
  const ask = (agentId: string, token: string, headers = {}) => post(`/agents/${agentId}/why-idle`, token, {}, headers);
  const explained = (requestId: string): Draft =>
    IdleExplained('ben', {
      requestId,
      why: 'nothing-fits',
      reasons: [{ reason: 'accounting below 3', tickets: 4 }],
      waiting: 4,
      bounded: false,
      onTheWay: 1,
      explainedAt: inAnHour,
    });

  it('is a supervisor or an admin, and names an agent there is', async () => {
    expect(await ask('ben', ana)).toMatchObject({ status: 403 });
    expect(await ask('ben', ben)).toMatchObject({ status: 403 });
    expect(await ask('nobody', sue)).toMatchObject({ status: 404, body: { detail: "agent 'nobody' does not exist" } });
    await console_.stack.settled();
    expect(asked('ben').filter(({ type }) => type === 'WhyIdleRequested')).toEqual([]);
  });

  it('sends one request per key, and is told what came of it as nobody else is', async () => {
    const [{ status, body }, again] = await Promise.all([
      ask('ben', sue, { 'idempotency-key': 'k' }),
      ask('ben', sue, { 'idempotency-key': 'k' }),
    ]);
    expect(status).toBe(202);
    expect(again.body).toEqual(body);
    await console_.stack.settled();
    const requests = asked('ben').filter(({ type }) => type === 'WhyIdleRequested');
    expect(requests).toMatchObject([{ id: body.requestId, data: { byAgentId: 'sue' } }]);
    await twice(explained(body.requestId));
    expect(await get(`/requests/${body.requestId}`, sue)).toMatchObject({
      body: {
        state: 'done',
        outcome: {
          why: 'nothing-fits',
          message: 'None of the 4 tickets that wait is for them. A ticket is proposed or offered to them just now.',
          reasons: [{ reason: 'accounting below 3', tickets: 4 }],
        },
      },
    });
    expect(await get(`/requests/${body.requestId}`, ben)).toMatchObject({ status: 404 });
  });

  it('may wait for it', async () => {
    const waiting = ask('ben', admin, { prefer: 'wait=2' });
    for (;;) {
      const event = asked('ben').filter(({ type }) => type === 'WhyIdleRequested')[1];
      if (event) {
        await twice(explained(event.id));
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await waiting).toMatchObject({ status: 200, body: { outcome: { type: 'IdleExplained', why: 'nothing-fits' } } });
  });
});

describe('the auditor', () => {
  const state = (agentId: string, agentVersion: number, units: number, fields: Partial<State['data']> = {}): Draft =>
    AgentState(agentId, {
      agentVersion,
      presence: 'online',
      inRotation: true,
      skills: {},
      languages: {},
      queueIds: [],
      unitsMax: 2,
      channelUnitsMax: {},
      unitsUsed: units,
      holds: units === 0 ? [] : [{ ticketId: 'x', units, channel: 'web', state: 'assigned', dueAt: null }],
      shiftEndsAt: null,
      idleSince: null,
      ...fields,
    } satisfies State['data']);
  const load = (agentId: string, agentVersion: number, unitsBefore: number, units: number, cause: LoadChange['cause']) => ({
    agentId,
    agentVersion,
    unitsBefore,
    units,
    unitsMax: 2,
    cause,
  });
  const given = (ticketId: string, change: LoadChange, fields: Partial<TicketAssigned['data']> = {}): Draft =>
    TicketAssigned(ticketId, {
      ticket: snapshot({ agentId: change.agentId }),
      load: change,
      agentId: change.agentId,
      how: 'automatic',
      units: 1,
      assignedAt: inAnHour,
      ...fields,
    });
  const alarms = async () =>
    ((await get('/board', sue)).body.alarms as { kind: string; about: string }[]).map(({ kind, about }) => `${kind} ${about}`).sort();

  it('is content with a rescue, a supervisor’s word and records that agree, in whatever order they come', async () => {
    await twice(state('cem', 1, 2), given('quiet', load('cem', 1, 0, 2, 'assigned')));
    const released = { ticket: snapshot({ agentId: 'dora' }), load: load('cem', 2, 2, 0, 'released'), agentId: 'cem' };
    await twice(
      TicketReleased('quiet', { ...released, why: 'rescue' }),
      given('quiet', load('dora', 1, 0, 1, 'accepted'), { how: 'accepted' }),
    );
    await twice(given('forced', load('dora', 2, 1, 3, 'forced'), { how: 'forced', overAssigned: true }));
    await twice(state('cem', 2, 0), state('dora', 2, 3), state('dora', 1, 1));
    expect(await alarms()).toEqual([]);
  });

  it('cries out at two owners, a grant beyond capacity, and a load that does not add up', async () => {
    await twice(given('quiet', load('eva', 1, 0, 1, 'assigned')));
    await twice(given('crowd', load('finn', 1, 0, 3, 'assigned')));
    await twice(given('leap', load('gwen', 5, 0, 1, 'assigned')), state('gwen', 5, 2));
    expect(await alarms()).toEqual(['beyond-capacity finn', 'load-does-not-add-up gwen', 'two-owners quiet']);
    const metrics = await (await fetch(`${console_.service.http}/metrics`)).text();
    expect(metrics).toContain('signalbox_audit_alarms_total{kind="two-owners"} 1');
  });

  it('cries out at a channel filled beyond its limit by the machine, and at nobody else’s decision', async () => {
    const held = (ticketId: string, channel: Channel = 'chat') => ({
      ticketId,
      units: 1,
      channel,
      state: 'assigned' as const,
      dueAt: null,
    });
    const crowd = (...holds: State['data']['holds']) => ({ channelUnitsMax: { chat: 1 }, holds });
    const known = await alarms();
    const forced = { how: 'forced' as const, overAssigned: true };
    await twice(given('h2', load('hans', 1, 1, 2, 'forced'), forced), state('hans', 1, 2, crowd(held('h1'), held('h2'))));
    await twice(state('ivo', 1, 2, crowd(held('i1'), held('i2', 'email'))), given('i2', load('ivo', 1, 1, 2, 'assigned')));
    expect(await alarms()).toEqual(known);
    // Whichever of the two comes first.
    await twice(given('j2', load('jana', 1, 1, 2, 'assigned')));
    await twice(state('jana', 1, 2, crowd(held('j1'), held('j2'))), state('kim', 1, 2, crowd(held('k1'), held('k2'))));
    await twice(given('k2', load('kim', 1, 1, 2, 'offered')));
    expect(await alarms()).toEqual([...known, 'beyond-capacity jana', 'beyond-capacity kim'].sort());
  });

  it('says nothing twice when all is read again from the start', async () => {
    const before = await alarms();
    await console_.restart(true);
    await console_.stack.settled();
    expect(await alarms()).toEqual(before);
  });
});
