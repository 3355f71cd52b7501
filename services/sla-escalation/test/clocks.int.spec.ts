import { SlaEscalationTopic, type ClocksChanged, type Target } from '@signalbox/contracts';
import type { SeenEvent } from '@signalbox/test-stack';
import { RunningSla, type Dated } from './running-sla.js';
import { assigned, changed, enriched, message, received, replied, solved } from './sample.js';

const MINUTE_MS = 60_000;
const around = { calendar: 'open', hours: 'calendar', warnAtShares: [] };
const usual = {
  ...around,
  targets: { firstResponse: { normal: 240, high: 60 }, nextReply: { normal: 240, high: 120 }, resolution: { normal: 1440, high: 480 } },
};
const policies = {
  standard: { ...usual, onComplexity: { atLeast: 5, notify: ['role:supervisor'], addSkills: { seniority: 3 } } },
  // 1.2 s and 2.4 s.
  quick: {
    ...around,
    tiers: ['quick'],
    targets: { firstResponse: { normal: 0.02 }, resolution: { normal: 0.04 } },
    warnAtShares: [0.5],
    levels: [
      { offsetMinutes: 0, notify: ['owner'], raisePriorityTo: 'high' },
      { offsetMinutes: 0.005, notify: ['role:admin'], addSkills: { seniority: 3 } },
    ],
  },
  waiting: { ...around, tiers: ['waiting'], targets: {}, onUnaccepted: { priorities: ['urgent'], minutes: 0.02, notify: ['lead'] } },
  stuck: { ...usual, tiers: ['stuck'], calendar: 'never', hours: 'business' },
};
const allDay = [['00:00', '24:00']];
const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, allDay]));
const documents = (sla: Record<string, object> = policies) => [
  { kind: 'calendar', name: 'open', content: { timeZone: 'Europe/Berlin', week } },
  { kind: 'calendar', name: 'never', content: { timeZone: 'Europe/Berlin', week: {} } },
  ...Object.entries(sla).map(([name, content]) => ({ kind: 'sla-policy', name, content })),
];

let sla: RunningSla;
const saidNow = (ticketId: string) => sla.stack.eventsAbout(ticketId, SlaEscalationTopic);
const nothing: ClocksChanged['data'] = { clocks: [], policy: { name: '', version: 0 }, calendar: { name: '', version: 0 } };
const clocksIn = (events: readonly SeenEvent[]) =>
  (events.findLast(({ type }) => type === 'ClocksChanged')?.data ?? nothing) as ClocksChanged['data'];
const clockOf = (ticketId: string, target: Target) => clocksIn(saidNow(ticketId)).clocks.findLast((clock) => clock.target === target);
const iso = (at: number): string => new Date(at).toISOString();
const count = (events: readonly SeenEvent[], type: string): number => events.filter((event) => event.type === type).length;

beforeAll(async () => {
  sla = await RunningSla.start();
});
afterAll(() => sla.stop());

describe('without a policy', () => {
  it('says nothing and keeps the facts for the configuration that comes', async () => {
    const at = Date.now();
    await sla.twice(received('early', at), enriched('early'));
    await sla.stack.settled();
    expect(saidNow('early')).toEqual([]);
    await sla.configure(documents());
    const events = await sla.said('early', (seen) => count(seen, 'ClocksChanged') > 0);
    expect(clocksIn(events).clocks).toMatchObject([
      { target: 'firstResponse', status: 'running', dueAt: iso(at + 240 * MINUTE_MS) },
      { target: 'resolution', status: 'running', dueAt: iso(at + 1440 * MINUTE_MS) },
    ]);
  });
});

describe('the clocks of a ticket', () => {
  it('start with the receipt and follow the enriched priority, though Kafka delivers everything twice', async () => {
    const at = Date.now();
    await sla.twice(received('twice', at));
    await sla.said('twice', (seen) => count(seen, 'ClocksChanged') === 1);
    await sla.twice(enriched('twice', { priority: 'high' }));
    const events = await sla.said('twice', (seen) => count(seen, 'ClocksChanged') === 2);
    expect(clocksIn(events)).toMatchObject({ policy: { name: 'standard', version: 1 }, calendar: { name: 'open', version: 1 } });
    expect(clockOf('twice', 'firstResponse')).toMatchObject({ targetMinutes: 60, dueAt: iso(at + 60 * MINUTE_MS) });
    expect(events[1]!.causationId).toBe('signalbox.enrichment/twice/1');
    await sla.stack.settled();
    expect(saidNow('twice')).toHaveLength(2);
  });

  it("stop the first response at the instant of the person's reply, whenever it arrives", async () => {
    const at = Date.now() - 10 * MINUTE_MS;
    const replyAt = at + 4 * MINUTE_MS;
    await sla.publishDated({ draft: received('reply', at), version: 1, at });
    await sla.publishDated({ draft: replied('reply'), version: 1, at: replyAt });
    await sla.said('reply', () => clockIs('reply', 'firstResponse', 'met'));
    expect(clockOf('reply', 'firstResponse')).toMatchObject({ stoppedAt: iso(replyAt), breachedAt: null });
    await sla.twice(message('reply', Date.now(), 'auto-reply'));
    await sla.stack.settled();
    expect(clockOf('reply', 'nextReply')).toBeUndefined();
    await sla.twice(message('reply', Date.now()));
    await sla.said('reply', () => clockIs('reply', 'nextReply', 'running'));
  });

  it('pause while the customer is waited for, and stop when assignment says solved', async () => {
    await sla.twice(received('pause', Date.now()), assigned('pause'));
    await sla.twice(changed('pause', { status: 'pending' }));
    await sla.said('pause', () => clockIs('pause', 'resolution', 'paused'));
    expect(clockOf('pause', 'resolution')!.dueAt).toBeNull();
    await sla.twice(solved('pause'));
    await sla.said('pause', () => clockIs('pause', 'resolution', 'met'));
  });

  it('keep their targets when an escalation raises the priority, not when a person does', async () => {
    await sla.twice(received('raised', Date.now()), changed('raised', { priorityOverride: 'high' }, 'escalation'));
    await sla.said('raised', (seen) => count(seen, 'ClocksChanged') > 0);
    await sla.stack.settled();
    expect(clockOf('raised', 'resolution')!.targetMinutes).toBe(1440);
    await sla.twice(received('corrected', Date.now()), changed('corrected', { priorityOverride: 'high' }, 'agent'));
    await sla.said('corrected', () => clockOf('corrected', 'resolution')?.targetMinutes === 480);
  });

  it('leave out a deadline that the calendar never reaches', async () => {
    await sla.twice(received('stuck', Date.now()), enriched('stuck', { tier: 'stuck' }));
    await sla.stack.settled();
    expect(clocksIn(saidNow('stuck')).clocks).toEqual([]);
    expect(await sla.rows(`ticket_id = 'stuck'`)).toMatchObject([{ next_check_at: null }]);
  });
});

describe('what time brings about', () => {
  it('warns, says a breach and each level once, in the order they were due', async () => {
    const at = Date.now();
    await sla.twice(enriched('late', { tier: 'quick' }), received('late', at));
    const events = await sla.said('late', (seen) => count(seen, 'TicketEscalated') === 2);
    expect(events.filter(({ type }) => type !== 'ClocksChanged').map(({ type, data }) => ({ type, ...(data as object) }))).toMatchObject([
      { type: 'SlaWarned', target: 'firstResponse', dueAt: iso(at + 1_200) },
      // Half of the second deadline is the first one.
      { type: 'SlaBreached', target: 'firstResponse', breachedAt: iso(at + 1_200) },
      { type: 'SlaWarned', target: 'resolution', dueAt: iso(at + 2_400) },
      { type: 'SlaBreached', target: 'resolution', breachedAt: iso(at + 2_400) },
      { type: 'TicketEscalated', level: 1, cause: 'due', raisePriorityTo: 'high', notify: ['owner'] },
      { type: 'TicketEscalated', level: 2, cause: 'due', addSkills: { seniority: 3 }, notify: ['role:admin'] },
    ]);
    expect(clocksIn(events).clocks).toMatchObject([{ status: 'breached' }, { status: 'breached' }]);
    expect(await sla.rows(`ticket_id = 'late'`)).toMatchObject([{ next_check_at: null }]);
  });

  it('withdraws a breach that a late reply shows untrue', async () => {
    const at = Date.now() - MINUTE_MS;
    await sla.twice(enriched('untrue', { tier: 'quick' }), received('untrue', at));
    await sla.said('untrue', (seen) => count(seen, 'SlaBreached') === 2);
    await sla.publishDated({ draft: replied('untrue'), version: 1, at: at + 1_000 });
    const events = await sla.said('untrue', (seen) => count(seen, 'SlaBreachWithdrawn') > 0);
    expect(events.filter(({ type }) => type === 'SlaBreachWithdrawn')).toMatchObject([{ data: { target: 'firstResponse', instance: 1 } }]);
    expect(clockOf('untrue', 'firstResponse')).toMatchObject({ status: 'met', breachedAt: null });
  });

  it('escalates once what is complex, and what nobody accepts', async () => {
    await sla.twice(received('complex', Date.now()), enriched('complex', { complexity: 5 }));
    const complex = await sla.said('complex', (seen) => count(seen, 'TicketEscalated') > 0);
    expect(complex.filter(({ type }) => type === 'TicketEscalated')).toMatchObject([
      { data: { level: 1, cause: 'complexity', addSkills: { seniority: 3 }, notify: ['role:supervisor'] } },
    ]);
    const urgent = { priority: 'urgent', tier: 'waiting' } as const;
    await sla.twice(received('taken', Date.now()), assigned('taken'), enriched('taken', urgent));
    await sla.twice(received('alone', Date.now()), enriched('alone', urgent));
    const alone = await sla.said('alone', (seen) => count(seen, 'TicketEscalated') > 0);
    expect(alone).toMatchObject(
      [{ type: 'ClocksChanged' }, { type: 'ClocksChanged' }, { data: { cause: 'not-accepted' } }].slice(-1 * alone.length),
    );
    await sla.stack.settled();
    expect(count(saidNow('taken'), 'TicketEscalated')).toBe(0);
    expect(count(saidNow('complex'), 'TicketEscalated')).toBe(1);
  });
});

describe('whatever the order', () => {
  it("every interleaving of a ticket's topics ends in the same row", async () => {
    const at = Date.now() - 30 * MINUTE_MS;
    const dated = (version: number, minutes: number, make: (ticketId: string) => Dated['draft']) => (ticketId: string) => ({
      draft: make(ticketId),
      version,
      at: at + minutes * MINUTE_MS,
    });
    const intake = [dated(1, 0, (id) => received(id, at)), dated(2, 9, (id) => message(id, at + 9 * MINUTE_MS))];
    const enrichment = [dated(1, 1, (id) => enriched(id, { priority: 'high' })), dated(2, 7, (id) => enriched(id, { complexity: 5 }))];
    const assignment = [dated(1, 2, assigned), dated(2, 4, (id) => replied(id, 'pending')), dated(3, 10, (id) => changed(id, {}))];
    const orders = interleavings([intake, enrichment, assignment]);
    expect(orders).toHaveLength(210);
    const tickets = orders.map((order, index) => ({ order, ticketId: `order-${index}` }));
    for (let step = 0; step < 7; step++) {
      await sla.publishDated(...tickets.map(({ order, ticketId }) => order[step]!(ticketId)));
      await sla.stack.settled();
    }
    const rows = await sla.rows(`ticket_id like 'order-%'`);
    expect(rows).toHaveLength(210);
    const { ticket_id: _, ...first } = rows[0]!;
    expect(first).toMatchObject({ said: ['complexity'], open: true });
    expect((first['published'] as ClocksChanged['data']).clocks).toMatchObject([
      { target: 'firstResponse', status: 'met', stoppedAt: iso(at + 4 * MINUTE_MS) },
      { target: 'resolution', status: 'running' },
      { target: 'nextReply', status: 'running', startedAt: iso(at + 9 * MINUTE_MS), targetMinutes: 240 },
    ]);
    for (const row of rows) expect(row).toEqual({ ...first, ticket_id: row['ticket_id'] });
  });

  it('changes no row and says nothing when rewound to offset 0', async () => {
    await sla.stack.settled();
    const before = await sla.rows();
    const saidBefore = sla.stack.events(SlaEscalationTopic).length;
    await sla.restart({ rewound: true });
    await sla.stack.settled();
    expect(await sla.rows()).toEqual(before);
    expect(sla.stack.events(SlaEscalationTopic)).toHaveLength(saidBefore);
  });
});

describe('a new configuration', () => {
  it('recomputes every open ticket, in batches, by two instances', async () => {
    const at = Date.now();
    const ids = Array.from({ length: 1_200 }, (_, index) => `many-${index}`);
    const another = await sla.startAnother();
    try {
      await sla.stack.publish(...ids.map((id) => received(id, at)));
      await sla.stack.settled();
      await sla.configure(documents({ ...policies, standard: { ...usual, targets: { resolution: { normal: 60 } } } }));
      for (const id of ids) await sla.said(id, (seen) => seen.some(isSecondVersion));
      await sla.stack.settled();
      for (const id of ids) expect(saidNow(id).map(({ version }) => version)).toEqual([1, 2]);
      expect(clocksIn(saidNow('many-0')).clocks).toMatchObject([{ target: 'resolution', dueAt: iso(at + 60 * MINUTE_MS) }]);
    } finally {
      await another.close();
    }
  });

  it('without policies takes the clocks away', async () => {
    await sla.configure([]);
    const events = await sla.said('many-0', () => clocksIn(saidNow('many-0')).clocks.length === 0);
    expect(clocksIn(events)).toEqual({ clocks: [], policy: { name: 'none', version: 0 }, calendar: { name: 'none', version: 0 } });
  });
});

function clockIs(ticketId: string, target: Target, status: string): boolean {
  return clockOf(ticketId, target)?.status === status;
}

function isSecondVersion({ type, data }: SeenEvent): boolean {
  return type === 'ClocksChanged' && (data as ClocksChanged['data']).policy.version === 2;
}

/** Every order of the pieces that keeps the order within each list. */
function interleavings<T>(lists: readonly (readonly T[])[]): T[][] {
  const rest = lists.filter((list) => list.length > 0);
  if (rest.length === 0) return [[]];
  return rest.flatMap((list) =>
    interleavings(rest.map((other) => (other === list ? list.slice(1) : other))).map((order) => [list[0]!, ...order]),
  );
}
