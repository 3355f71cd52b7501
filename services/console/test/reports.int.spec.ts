import {
  ClocksChanged,
  ReplyReleased,
  SlaBreached,
  SlaBreachWithdrawn,
  TicketClosed,
  TicketReopened,
  TicketSolved,
  type BreachReason,
  type Clock,
  type Draft,
} from '@signalbox/contracts';
import { COMPANY } from './company.js';
import { arrived, assignedTo, inMinutes, repliedBy } from './the-desk.js';
import { snapshot } from './the-story.js';
import { TheConsole, tokenFor } from './the-console.js';

let console_: TheConsole;
let sue: string;
let number = 7000;
const twice = async (...events: Draft[]) => {
  await console_.stack.publish(...events, ...events);
  await console_.stack.settled();
};
const report = (query: string, token = sue) => console_.call('GET', `/reports/sla?${query}`, token);
const window = () => `from=${inMinutes(-24 * 60)}&to=${inMinutes(60)}`;

const ticket = (ticketId: string, minutesAgo: number, category = 'refund'): Draft[] =>
  arrived({ ticketId, number: (number += 1), subject: 'x', text: 'x', minutesAgo, category });
const clocks = (ticketId: string, fields: Partial<Clock>): Draft =>
  ClocksChanged(ticketId, {
    clocks: [
      {
        target: 'firstResponse',
        instance: 1,
        status: 'met',
        startedAt: inMinutes(-300),
        dueAt: inMinutes(30),
        targetMinutes: 60,
        breachedAt: null,
        stoppedAt: null,
        ...fields,
      },
    ],
    policy: { name: 'standard', version: 1 },
    calendar: { name: 'office', version: 1 },
  });
const breached = (ticketId: string, reason?: BreachReason): Draft =>
  SlaBreached(ticketId, {
    target: 'firstResponse',
    instance: 1,
    dueAt: inMinutes(-60),
    breachedAt: inMinutes(-60),
    ...(reason && { reason, minutes: { [reason]: 60 } }),
  });
const late = (dueMinutesAgo: number, stoppedMinutesAgo: number): Partial<Clock> => ({
  status: 'met-late',
  dueAt: inMinutes(-dueMinutesAgo),
  breachedAt: inMinutes(-dueMinutesAgo),
  stoppedAt: inMinutes(-stoppedMinutesAgo),
});

beforeAll(async () => {
  console_ = await TheConsole.start();
  sue = await tokenFor('sue', 'supervisor');
  await console_.call('POST', '/configuration', await tokenFor('the-first-admin', 'admin'), { documents: COMPANY });
});
afterAll(() => console_.stop());

it('counts what was promised and kept, with the reasons of what was not', async () => {
  const started = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9'].flatMap((id) => ticket(id, 300));
  await twice(...started, assignedTo('r1', 'ana'));
  await twice(
    clocks('r1', { stoppedAt: inMinutes(5) }),
    clocks('r2', { stoppedAt: inMinutes(-5) }),
    // The reason may be said before the clock, or after it.
    breached('r3', 'waited-in-queue'),
    clocks('r3', late(60, 30)),
    clocks('r4', late(50, 40)),
    breached('r4', 'no-staff'),
    clocks('r5', late(200, 100)),
    breached('r5', 'waited-in-queue'),
    clocks('r6', { target: 'resolution', status: 'breached', dueAt: inMinutes(-60), breachedAt: inMinutes(-60) }),
    // Taken back: it was answered in time after all.
    breached('r7', 'silent-owner'),
    clocks('r7', late(60, 30)),
    SlaBreachWithdrawn('r7', { target: 'firstResponse', instance: 1, withdrawnAt: inMinutes(0) }),
    clocks('r7', { stoppedAt: inMinutes(-70) }),
    clocks('r8', { status: 'canceled', stoppedAt: inMinutes(-10) }),
    clocks('r9', { status: 'running' }),
  );
  // By hand: late by 30, 10 and 100 minutes: the median is 30, the 90th percentile 30 + 0.8 × 70 = 86.
  const { status, body } = await report(`${window()}&by=queue`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    by: 'queue',
    withinMinutes: 60,
    leftOut: 0,
    groups: [
      {
        key: 'billing',
        title: 'Billing',
        target: 'firstResponse',
        total: 6,
        met: 3,
        metLate: 3,
        breached: 0,
        metShare: 0.5,
        reasons: { 'waited-in-queue': 2, 'no-staff': 1 },
      },
      { key: 'billing', target: 'resolution', total: 1, met: 0, metLate: 0, breached: 1, metShare: 0, reasons: { unknown: 1 } },
    ],
  });
  const [group] = body.groups as [{ lateMinutesMedian: number; lateMinutesP90: number }];
  // The drafts were made some ms apart.
  expect(group.lateMinutesMedian).toBeCloseTo(30, 1);
  expect(group.lateMinutesP90).toBeCloseTo(86, 1);
  expect((await report(`${window()}&by=agent`)).body.groups).toMatchObject([
    { title: 'nobody', target: 'firstResponse', total: 5 },
    { title: 'nobody', target: 'resolution', total: 1 },
    { title: 'Ana', target: 'firstResponse', total: 1, met: 1 },
  ]);
  expect((await report(`${window()}&by=tier`)).body.groups).toMatchObject([{ title: 'vip', total: 6 }, { title: 'vip' }]);
  expect((await report(`${window()}&by=category`)).body.groups).toMatchObject([
    { key: 'refund', title: 'Refund', total: 6 },
    { title: 'Refund' },
  ]);
  expect((await report(`from=${inMinutes(-8 * 60)}&to=${inMinutes(-2 * 60)}`)).body.groups).toMatchObject([{ total: 1, metLate: 1 }]);
});

it('forgets a clock that another policy has done away with', async () => {
  const versions = { policy: { name: 'standard', version: 2 }, calendar: { name: 'office', version: 1 } };
  await twice(ClocksChanged('r6', { clocks: [], ...versions }));
  expect((await report(window())).body.groups).toMatchObject([{ target: 'firstResponse' }]);
});

it('computes both service levels of telephony, and counts the answers apart', async () => {
  const general = (ticketId: string, minutesAgo: number): Draft[] => ticket(ticketId, minutesAgo, 'none');
  const closed = (ticketId: string): Draft => TicketClosed(ticketId, { ticket: snapshot({ status: 'closed' }) });
  const solved = (ticketId: string, how: 'agent' | 'deflected'): Draft =>
    TicketSolved(ticketId, {
      ticket: snapshot({ status: 'solved' }),
      agentId: how === 'agent' ? 'ben' : null,
      how,
      assignedAt: null,
      solvedAt: inMinutes(0),
    });
  await twice(
    ...general('s1', 30),
    ...general('s2', 90),
    ...general('s3', 10),
    ...general('s4', 30),
    ...general('s5', 120),
    ...general('s6', 5),
    ...general('s7', 5),
    ...general('s8', 5),
    repliedBy('s1', 'ben', 's1-m', 'x'),
    repliedBy('s2', 'ben', 's2-m', 'x'),
    repliedBy('s3', 'ben', 's3-m', 'x'),
    closed('s4'),
    closed('s5'),
    solved('s6', 'deflected'),
    solved('s7', 'agent'),
    // Nobody has answered it yet, and it is not over.
    solved('s8', 'deflected'),
    TicketReopened('s8', { ticket: snapshot(), solvedByAgentId: null, cause: 'customer-replied', reopenings: 1 }),
    solved('s1', 'agent'),
  );
  // By hand: 2 of 3 replies within the hour; with one of two that gave up within it: (2 + 1) of (3 + 2).
  const { serviceLevels } = (await report(window())).body;
  expect(serviceLevels).toMatchObject([
    {
      queueId: 'general',
      title: 'General',
      replied: 3,
      repliedWithin: 2,
      abandoned: 2,
      abandonedWithin: 1,
      deflected: 1,
      solvedUnanswered: 1,
      serviceLevel: 2 / 3,
      serviceLevel2: 3 / 5,
    },
  ]);
  const strict = (await report(`${window()}&withinMinutes=20`)).body.serviceLevels;
  expect(strict).toMatchObject([{ repliedWithin: 1, abandonedWithin: 0, serviceLevel: 1 / 3, serviceLevel2: 1 / 5 }]);
  await twice(ReplyReleased('s4', { ticket: snapshot({ status: 'closed' }), messageId: 's4-m', agentId: 'ben', text: 'x' }));
  expect((await report(window())).body.serviceLevels).toMatchObject([{ replied: 4, abandoned: 1 }]);
});

it('is for supervisors, and says which windows there are', async () => {
  expect(await report(window(), await tokenFor('ana', 'agent'))).toMatchObject({ status: 403 });
  for (const [query, detail] of [
    ['by=shoe', /by: .*queue.*agent.*tier.*category/],
    ['from=yesterday', /from: /],
    ['withinMinutes=0', /withinMinutes: /],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', /is not before to/],
    ['from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z', /151 days before to; at most 92/],
    ['until=now', /until/],
  ] as const) {
    const { status, body } = await report(query);
    expect({ query, status }).toEqual({ query, status: 400 });
    expect(body.detail).toMatch(detail);
  }
  expect((await report('')).body).toMatchObject({ by: 'queue', withinMinutes: 60 });
});
