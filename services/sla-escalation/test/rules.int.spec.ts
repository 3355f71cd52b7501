import {
  ExplainClocksRequested,
  RecomputePreviewRequested,
  SlaEscalationTopic,
  type ClocksChanged,
  type ClocksExplained,
  type ClocksRecomputed,
  type Target,
  type TicketEscalated,
} from '@signalbox/contracts';
import type { SeenEvent } from '@signalbox/test-stack';
import { RunningSla } from './running-sla.js';
import { assigned, changed, declined, enriched, merged, mergedIn, message, received, replied, silent, solved } from './sample.js';

const MINUTE_MS = 60_000;
const around = { calendar: 'open', hours: 'calendar', warnAtShares: [] };
const allDay = [['00:00', '24:00']];
const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, allDay]));
const standard = { ...around, targets: { firstResponse: { normal: 240 }, resolution: { normal: 1440 } } };
const policies: Record<string, object> = {
  standard,
  chat: { ...around, channels: ['chat'], targets: { firstResponse: { normal: 5 } } },
  'chat-billing': { ...around, channels: ['chat'], categories: ['billing'], targets: { firstResponse: { normal: 2 } } },
  owed: { ...around, tiers: ['owed'], targets: { periodicUpdate: { normal: 60 }, internal: { normal: 120 } } },
  touchy: {
    ...around,
    tiers: ['touchy'],
    targets: {},
    onDeclines: { atLeast: 2, notify: [], reassignToRole: 'supervisor' },
    onSentiment: { atMost: -0.5, notify: [], offerRescue: true },
    onOwnerSilent: { notify: ['owner'], requeue: true },
  },
  // 0.6 s.
  prompt: {
    ...around,
    tiers: ['prompt'],
    targets: { firstResponse: { normal: 0.01 } },
    levels: [{ offsetMinutes: 0, target: 'firstResponse', notify: [] }],
  },
};
const documents = (sla: Record<string, object> = policies) => [
  { kind: 'company', name: 'company', content: company },
  { kind: 'queue', name: 'general', content: queue },
  { kind: 'queue', name: 'billing', content: queue },
  { kind: 'category', name: 'billing', content: { title: 'Billing', queue: 'billing' } },
  { kind: 'calendar', name: 'open', content: { timeZone: 'Europe/Berlin', week } },
  ...Object.entries(sla).map(([name, content]) => ({ kind: 'sla-policy', name, content })),
];
const company = {
  title: 'A company',
  timeZone: 'Europe/Berlin',
  defaultLanguage: 'en',
  defaultQueue: 'general',
  supportAddress: 'support@example.com',
};
const automatic = { mode: 'automatic' };
const queue = {
  title: 'A queue',
  units: { web: 1, email: 1, chat: 1, social: 1 },
  offers: { web: automatic, email: automatic, chat: automatic, social: automatic },
};

let sla: RunningSla;
const saidNow = (id: string) => sla.stack.eventsAbout(id, SlaEscalationTopic);
const clocksOf = (id: string) =>
  (saidNow(id).findLast(({ type }) => type === 'ClocksChanged')?.data as ClocksChanged['data'] | undefined)?.clocks ?? [];
const clockOf = (id: string, target: Target) => clocksOf(id).findLast((clock) => clock.target === target);
const escalationsOf = (id: string) => saidNow(id).filter(({ type }) => type === 'TicketEscalated');
const reportOf = (id: string) => saidNow(id).at(-1)?.data as ClocksRecomputed['data'] | undefined;
const iso = (at: number): string => new Date(at).toISOString();
const isReplied = (id: string) => () => clockOf(id, 'firstResponse')?.status === 'met';

beforeAll(async () => {
  sla = await RunningSla.start();
  await sla.configure(documents());
});
afterAll(() => sla.stop());

describe('the policy of a ticket', () => {
  it('is the one that fits in most of tier, channel and category', async () => {
    await sla.twice(received('chatted', Date.now(), 'chat'), received('chatted-billing', Date.now(), 'chat'));
    await sla.twice(enriched('chatted', { category: 'general' }), enriched('chatted-billing', { category: 'billing' }));
    await sla.said('chatted-billing', () => clockOf('chatted-billing', 'firstResponse')?.targetMinutes === 2);
    await sla.said('chatted', () => clockOf('chatted', 'firstResponse')?.targetMinutes === 5);
  });
});

describe('what is owed beside response and resolution', () => {
  it('is an update after each reply, and what each queue owes since it has the ticket', async () => {
    await sla.twice(
      received('owed', Date.now()),
      enriched('owed', { tier: 'owed', category: 'billing' }),
      assigned('owed'),
      replied('owed'),
    );
    await sla.said('owed', () => clockOf('owed', 'periodicUpdate')?.status === 'running');
    expect(clockOf('owed', 'internal')).toMatchObject({ queueId: 'billing', instance: 1, status: 'running' });
    await sla.twice(changed('owed', { queueOverride: 'general' }));
    await sla.said('owed', () => clockOf('owed', 'internal')?.instance === 2);
    expect(clocksOf('owed').filter(({ target }) => target === 'internal')).toMatchObject([
      { queueId: 'billing', status: 'met' },
      { queueId: 'general', status: 'running' },
    ]);
    await sla.twice(solved('owed'));
    await sla.said('owed', () => clockOf('owed', 'internal')?.status === 'met');
    expect(clockOf('owed', 'periodicUpdate')).toMatchObject({ status: 'canceled' });
  });

  it('is as old as the elder of two tickets that were merged; the other one owes nothing any more', async () => {
    const at = Date.now();
    const earlier = at - 30 * MINUTE_MS;
    await sla.twice(received('survivor', at), received('gone', earlier));
    await sla.twice(merged('gone', 'survivor'), mergedIn('survivor', 'gone', earlier));
    await sla.said('survivor', () => clockOf('survivor', 'resolution')?.startedAt === iso(earlier));
    expect(clockOf('survivor', 'resolution')!.dueAt).toBe(iso(earlier + 1440 * MINUTE_MS));
    await sla.said('gone', () => clockOf('gone', 'resolution')?.status === 'canceled');
    expect(clocksOf('gone').map(({ status }) => status)).toEqual(['canceled', 'canceled']);
  });
});

describe('escalation on what people do', () => {
  it('comes with the second decline, with angry words and with a silent owner, once each', async () => {
    await sla.twice(received('touchy', Date.now()), enriched('touchy', { tier: 'touchy', sentiment: -0.8 }));
    await sla.twice(declined('touchy'));
    await sla.twice(declined('touchy'));
    await sla.twice(assigned('touchy'), silent('touchy'));
    await sla.said('touchy', () => escalationsOf('touchy').length === 3);
    await sla.stack.settled();
    const said = escalationsOf('touchy').map(({ data }) => data as TicketEscalated['data']);
    expect(said.toSorted((a, b) => (a.cause < b.cause ? -1 : 1))).toMatchObject([
      { cause: 'declines', reassignToRole: 'supervisor' },
      { cause: 'sentiment', offerRescue: true },
      { cause: 'silent-owner', requeue: true, notify: ['owner'] },
    ]);
  });

  it('has levels for any target, and says why a deadline was missed', async () => {
    await sla.twice(received('prompt', Date.now()), enriched('prompt', { tier: 'prompt' }));
    const events = await sla.said('prompt', () => escalationsOf('prompt').length === 1);
    expect(escalationsOf('prompt')).toMatchObject([{ data: { level: 1, target: 'firstResponse', cause: 'due' } }]);
    expect(events.find(({ type }) => type === 'SlaBreached')).toMatchObject({
      data: { target: 'firstResponse', reason: 'no-staff', minutes: { 'no-staff': 0.01 }, lateMs: expect.any(Number) },
    });
  });
});

describe('an explanation', () => {
  it('is given to whoever asks: segments, versions, and what comes next', async () => {
    const at = Date.now() - 5 * MINUTE_MS;
    await sla.twice(received('explained', at), enriched('explained'), assigned('explained'), changed('explained', { status: 'pending' }));
    await sla.said('explained', () => clockOf('explained', 'resolution')?.status === 'paused');
    await sla.twice(changed('explained', { status: 'open' }), message('explained', Date.now()));
    await sla.said('explained', () => clockOf('explained', 'resolution')?.status === 'running');
    await sla.twice(ExplainClocksRequested('explained', { agentId: 'ana', askedAt: iso(Date.now()) }));
    const events = await sla.said('explained', (seen) => seen.some(({ type }) => type === 'ClocksExplained'));
    await sla.stack.settled();
    expect(saidNow('explained').filter(({ type }) => type === 'ClocksExplained')).toHaveLength(1);
    const { causationId, data } = events.find(({ type }) => type === 'ClocksExplained')!;
    const { clocks, upcoming, requestId } = data as ClocksExplained['data'];
    expect(causationId).toBe(requestId);
    const resolution = clocks.find(({ target }) => target === 'resolution')!;
    expect(resolution).toMatchObject({
      policy: { name: 'standard', version: 1 },
      calendar: { name: 'open', version: 1 },
      segmentsLeftOut: 0,
    });
    expect(resolution.segments.map(({ why }) => why)).toEqual(['around the clock', 'pending', 'around the clock']);
    expect(upcoming).toMatchObject([
      { what: 'breach', words: 'firstResponse is breached', at: iso(at + 240 * MINUTE_MS) },
      { what: 'breach', words: 'resolution is breached' },
    ]);
  });

  it('of a ticket nobody knows is that it has no clocks', async () => {
    await sla.twice(ExplainClocksRequested('nobody', { agentId: 'ana', askedAt: iso(Date.now()) }));
    const events = await sla.said('nobody', (seen) => seen.length > 0);
    expect(events).toMatchObject([{ type: 'ClocksExplained', data: { clocks: [], upcoming: [] } }]);
  });
});

describe('other rules', () => {
  const stricter = { ...policies, standard: { ...standard, targets: { firstResponse: { normal: 1 }, resolution: { normal: 600 } } } };

  it('can be tried before they hold, and change nothing then', async () => {
    const at = Date.now() - 10 * MINUTE_MS;
    await sla.twice(received('answered', at), received('open', at));
    await sla.publishDated({ draft: replied('answered'), version: 1, at: at + 4 * MINUTE_MS });
    await sla.said('answered', isReplied('answered'));
    await sla.stack.settled();
    const before = await sla.rows();
    const asked = [{ kind: 'sla-policy' as const, name: 'standard', content: stricter.standard }];
    await sla.twice(RecomputePreviewRequested('preview-1', { agentId: 'admin', askedAt: iso(Date.now()), documents: asked }));
    await sla.said('preview-1', () => reportOf('preview-1')?.done === true);
    await sla.stack.settled();
    expect(await sla.rows()).toEqual(before);
    const report = reportOf('preview-1')!;
    expect(report).toMatchObject({ preview: true, problems: [] });
    expect(report.checked).toBe(report.tickets);
    expect(report.breachesAdded).toBeGreaterThan(0);
    expect(report.examples).toContainEqual(
      expect.objectContaining({ ticketId: 'open', target: 'resolution', to: iso(at + 600 * MINUTE_MS) }),
    );
    expect(report.examples.filter(({ ticketId, target }) => ticketId === 'answered' && target === 'firstResponse')).toEqual([]);
  });

  it('are reported with what they moved, and leave what had stopped as it was judged', async () => {
    await sla.configure(documents(stricter));
    await sla.said('bundle-2', () => reportOf('bundle-2')?.done === true);
    await sla.said('open', () => clockOf('open', 'resolution')?.targetMinutes === 600);
    await sla.stack.settled();
    expect(saidNow('bundle-2').filter(({ data }) => (data as ClocksRecomputed['data']).done)).toHaveLength(1);
    expect(reportOf('bundle-2')).toMatchObject({ preview: false, bundle: 2, problems: [] });
    expect(reportOf('bundle-2')!.earlier).toBeGreaterThan(0);
    expect(clockOf('answered', 'firstResponse')).toMatchObject({ status: 'met', targetMinutes: 240 });
    expect(clockOf('answered', 'resolution')).toMatchObject({ targetMinutes: 600 });
    const breach = saidNow('open').find(({ type }) => type === 'SlaBreached');
    expect(breach).toMatchObject({ data: { target: 'firstResponse', reason: 'changed' } });
  });

  it('that no clock depends on recompute nothing', async () => {
    await sla.configure([...documents(stricter), { kind: 'queue', name: 'another', content: queue }]);
    await sla.stack.settled();
    expect(saidNow('bundle-3')).toEqual([]);
    expect(await sla.rows('bundle = 3')).toEqual([]);
  });

  it('with mistakes are previewed with what is wrong', async () => {
    const documentsAsked = [
      { kind: 'sla-policy' as const, name: 'standard', content: { ...standard, hours: 'business', calendar: 'nowhere' } },
    ];
    await sla.twice(RecomputePreviewRequested('preview-2', { agentId: 'admin', askedAt: iso(Date.now()), documents: documentsAsked }));
    const isDone = (seen: readonly SeenEvent[]): boolean => (seen.at(-1)?.data as ClocksRecomputed['data'] | undefined)?.done === true;
    await sla.said('preview-2', isDone);
    expect(reportOf('preview-2')!.problems).toEqual([`sla-policy 'standard': calendar 'nowhere' does not exist`]);
  });
});
