import {
  ClocksChanged,
  ClocksExplained,
  ConsoleTopic,
  EscalationCanceled,
  NotificationFailed,
  NotificationSent,
  QueueOutlook,
  SlaOutlook,
  TicketEscalated,
  type Clock,
  type Draft,
} from '@signalbox/contracts';
import { COMPANY } from './company.js';
import { assigned, caused, enriched, nine, offered, proposed, received, type TicketFields } from './the-story.js';
import { TheConsole, tokenFor } from './the-console.js';

let console_: TheConsole;
let admin: string;
let ana: string;
let ben: string;
let sue: string;
const twice = async (...events: Draft[]) => {
  await console_.stack.publish(...events, ...events);
  await console_.stack.settled();
};
const get = (path: string, token: string) => console_.call('GET', path, token);
const post = (path: string, token: string, body: object = {}, headers = {}) => console_.call('POST', path, token, body, headers);
const asked = (type: string) => console_.stack.eventsAbout('late', ConsoleTopic).filter((event) => event.type === type);
const late: TicketFields = { ticketId: 'late', number: 6001 };
const ten = '2026-11-20T10:00:00.000Z';

const versions = { policy: { name: 'standard', version: 3 }, calendar: { name: 'office', version: 2 } };
const clock = {
  target: 'internal',
  instance: 1,
  status: 'paused',
  startedAt: nine,
  dueAt: null,
  targetMinutes: 60,
  breachedAt: null,
  stoppedAt: null,
  queueId: 'billing',
} satisfies Clock;

beforeAll(async () => {
  console_ = await TheConsole.start();
  [admin, ana, ben, sue] = (await Promise.all([
    tokenFor('the-first-admin', 'admin'),
    tokenFor('ana', 'agent'),
    tokenFor('ben', 'agent'),
    tokenFor('sue', 'supervisor'),
  ])) as [string, string, string, string];
  await post('/configuration', admin, { documents: COMPANY });
  await twice(received(late), enriched(late), proposed(late), offered(late), assigned(late));
});
afterAll(() => console_.stop());

describe('a clock', () => {
  it('is told with its queue, the versions it follows, and since when it is paused', async () => {
    await twice(ClocksChanged('late', { clocks: [clock], ...versions }));
    const [paused] = (await get('/tickets/late', ana)).body.clocks;
    await twice(ClocksChanged('late', { clocks: [{ ...clock, targetMinutes: 30 }], ...versions }));
    expect((await get('/tickets/late', ana)).body).toMatchObject({
      clocks: [{ target: 'internal', queueTitle: 'Billing', pausedSince: paused.pausedSince, targetMinutes: 30 }],
      slaVersions: { policy: 'standard@3', calendar: 'office@2' },
    });
    await twice(ClocksChanged('late', { clocks: [{ ...clock, status: 'running', dueAt: ten }], ...versions }));
    expect((await get('/tickets/late', ana)).body.clocks[0].pausedSince).toBeUndefined();
  });
});

describe('whoever sees a ticket', () => {
  const explain = (token: string, headers = {}) => post('/tickets/late/explain-clocks', token, {}, headers);

  it('is told how its clocks come about, and nobody else is', async () => {
    expect(await explain(ben)).toMatchObject({ status: 404 });
    const [{ status, body }, again] = await Promise.all([
      explain(ana, { 'idempotency-key': 'k' }),
      explain(ana, { 'idempotency-key': 'k' }),
    ]);
    expect(status).toBe(202);
    expect(again.body).toEqual(body);
    await console_.stack.settled();
    expect(asked('ExplainClocksRequested')).toMatchObject([{ id: body.requestId, data: { agentId: 'ana' } }]);
    const segments = [{ from: nine, to: ten, counted: true, why: 'open hours' as const }];
    const explained = {
      clocks: [{ ...clock, spentMinutes: 60, segments, segmentsLeftOut: 0, ...versions }],
      upcoming: [{ at: ten, what: 'breach' as const, words: 'internal breaches' }],
      explainedAt: ten,
    };
    await twice(caused(body.requestId, ClocksExplained('late', { requestId: body.requestId, ...explained })));
    expect(await get(`/requests/${body.requestId}`, ana)).toMatchObject({
      body: { state: 'done', outcome: { type: 'ClocksExplained', explained } },
    });
    expect(await get(`/requests/${body.requestId}`, ben)).toMatchObject({ status: 404 });
    const { history } = (await get('/tickets/late', ana)).body as { history: { type: string }[] };
    expect(history.map(({ type }) => type)).not.toContain('ClocksExplained');
  });
});

describe('an escalation', () => {
  const level = { level: 2, cause: 'due' as const, target: 'resolution' as const };
  const told = (notificationId: string, via: 'console' | 'mail' | 'webhook', to: string) => ({ notificationId, ...level, via, to });
  const history = async () => ((await get('/tickets/late', ana)).body.history as { words: string }[]).map(({ words }) => words);

  it('is told with who heard of it, who did not, and what it asked for', async () => {
    await twice(
      TicketEscalated('late', {
        ...level,
        explanation: 'level 2: 60 min before the resolution deadline',
        raisePriorityTo: 'urgent',
        requeue: true,
        notify: ['role:supervisor', 'webhook:pager'],
        recipients: [
          { via: 'console', to: 'sue', because: 'role supervisor' },
          { via: 'webhook', to: 'pager', because: 'policy' },
        ],
        heldUntil: ten,
        escalatedAt: nine,
        lateMs: 4_000,
      }),
      NotificationFailed('late', { ...told('n2', 'webhook', 'pager'), reason: 'HTTP 503', final: false, failedAt: ten }),
      NotificationSent('late', { ...told('n1', 'console', 'sue'), sentAt: ten }),
      NotificationFailed('late', { ...told('n2', 'webhook', 'pager'), reason: 'HTTP 503', final: true, failedAt: ten }),
    );
    expect((await get('/tickets/late', ana)).body).toMatchObject({
      escalationLevel: 2,
      escalations: [
        {
          ...level,
          raisePriorityTo: 'urgent',
          requeue: true,
          heldUntil: ten,
          lateMs: 4_000,
          recipients: [
            { via: 'console', to: 'sue', name: 'Sue' },
            { via: 'webhook', to: 'pager', name: 'pager' },
          ],
        },
      ],
      notifications: [
        { notificationId: 'n1', name: 'Sue', at: ten },
        { notificationId: 'n2', via: 'webhook', failed: 'HTTP 503' },
      ],
      escalationCanceled: null,
    });
    expect(await history()).toEqual(
      expect.arrayContaining([
        `escalated to level 2: 60 min before the resolution deadline; asks for: priority urgent; back to its queue; told at ${ten}, after the quiet hours`,
        'level 2: Sue was told',
        'level 2: webhook pager could not be told: HTTP 503',
        'level 2: webhook pager could not be told, given up: HTTP 503',
      ]),
    );
  });

  it('is stopped by a supervisor alone, with a reason', async () => {
    const reason = 'I am on the phone with them';
    const stop = (token: string, body: object) => post('/tickets/late/cancel-escalation', token, body);
    expect(await stop(ana, { reason })).toMatchObject({ status: 403 });
    expect(await stop(sue, { reason: ' ' })).toMatchObject({ status: 400 });
    const { status, body } = await stop(sue, { reason });
    expect(status).toBe(202);
    await console_.stack.settled();
    expect(asked('EscalationCancelRequested')).toMatchObject([
      { id: body.requestId, data: { agentId: 'sue', role: 'supervisor', reason } },
    ]);
    await twice(caused(body.requestId, EscalationCanceled('late', { byAgentId: 'sue', reason, canceledAt: ten })));
    expect(await get(`/requests/${body.requestId}`, sue)).toMatchObject({
      body: { state: 'done', outcome: { type: 'EscalationCanceled' } },
    });
    expect((await get('/tickets/late', ana)).body).toMatchObject({ escalationCanceled: { name: 'Sue', reason, canceledAt: ten } });
    expect(await history()).toContain(`Sue stopped the escalation: ${reason}`);
  });
});

describe('what is going to be late', () => {
  const waits: TicketFields = { ticketId: 'waits', number: 6002 };
  const queue = { waiting: 3, agents: 2, arrivalsPerHour: 4, beginningsPerHour: 2.5, workMinutes: 20, horizonMinutes: 480 };
  const basis = { minutes: 40, tickets: 12, of: 'category' as const };
  const outlook = {
    target: 'resolution' as const,
    instance: 1,
    dueAt: ten,
    willBreach: true,
    expectedAt: '2026-11-20T10:30:00.000Z',
    basis,
    asOf: nine,
  };
  const running = { ...clock, target: 'resolution' as const, status: 'running' as const, dueAt: ten, queueId: undefined };
  const board = async () => (await get('/board', sue)).body;
  const waiting = async () =>
    ((await board()).waiting as { ticketId: string; cannotMake: unknown }[]).find(({ ticketId }) => ticketId === 'waits');

  it('is said on the board of every queue, as it was said last', async () => {
    const ofBilling = async () =>
      ((await board()).queues as { queueId: string; outlook: unknown }[]).find(({ queueId }) => queueId === 'billing');
    expect(await ofBilling()).toMatchObject({ outlook: null });
    await twice(
      QueueOutlook('billing', { ...queue, breachInMinutes: 40, asOf: nine }),
      QueueOutlook('billing', { ...queue, breachInMinutes: 12, asOf: ten }),
    );
    expect(await ofBilling()).toMatchObject({ outlook: { ...queue, breachInMinutes: 12, asOf: ten } });
  });

  it('is said of a ticket as long as that clock runs and nothing else was said', async () => {
    await twice(received(waits), enriched(waits), ClocksChanged('waits', { clocks: [running], ...versions }), SlaOutlook('waits', outlook));
    expect(await waiting()).toMatchObject({
      cannotMake: { target: 'resolution', dueAt: ten, expectedAt: outlook.expectedAt, basis, asOf: nine },
    });
    const { history } = (await get('/tickets/waits', sue)).body as { history: { words: string }[] };
    expect(history.map(({ words }) => words)).toContain(`resolution cannot be kept even if begun now: expected ${outlook.expectedAt}`);
    await twice(ClocksChanged('waits', { clocks: [{ ...running, status: 'breached', breachedAt: ten }], ...versions }));
    expect(await waiting()).toMatchObject({ cannotMake: null });
    await twice(ClocksChanged('waits', { clocks: [running], ...versions }), SlaOutlook('waits', { ...outlook, willBreach: false }));
    expect(await waiting()).toMatchObject({ cannotMake: null });
  });
});
