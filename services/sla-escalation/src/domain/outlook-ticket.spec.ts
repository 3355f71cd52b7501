import type { Clock } from '@signalbox/contracts';
import { aroundTheClock } from './calendar.js';
import { follow, isWaiting, newTicket, noteClocks, tellOutlook, type OutlookFact, type OutlookTicket } from './outlook-ticket.js';

const MINUTE_MS = 60_000;
const nine = Date.parse('2026-12-07T09:00:00Z');
const at = (minute: number): number => nine + minute * MINUTE_MS;
const iso = (minute: number): string => new Date(at(minute)).toISOString();
const rules = {
  queueOf: ({ category, queueOverride }: { category: string | null; queueOverride: string | null }) =>
    queueOverride ?? (category === 'billing' ? 'money' : 'all'),
  timeOf: () => aroundTheClock,
};
const nothing = { work: {}, reply: {} };

const received = (minute: number): OutlookFact => ({ type: 'received', at: at(minute) });
const enriched = (minute: number, category: string | null = null): OutlookFact => ({ type: 'enriched', at: at(minute), category });
const said = (
  minute: number,
  status: OutlookTicket['status'],
  agentId: string | null,
  more: Partial<OutlookFact & { type: 'assignment' }> & { queueOverride?: string } = {},
): OutlookFact => ({
  type: 'assignment',
  at: at(minute),
  ticket: { status, agentId, queueOverride: more.queueOverride ?? null },
  replied: more.replied ?? false,
  units: more.units ?? null,
});
const assigned = (minute: number, agentId = 'ana'): OutlookFact => said(minute, 'open', agentId, { units: 2 });

function after(...facts: OutlookFact[]) {
  const flows: object[] = [];
  const samples: object[] = [];
  let ticket = newTicket('t', 'all');
  for (const fact of facts) {
    const followed = follow(ticket, fact, rules);
    ({ ticket } = followed);
    flows.push(...followed.flows);
    samples.push(...followed.samples);
  }
  return { ticket, flows, samples };
}

describe('a ticket waits', () => {
  it('from when it is known to exist and to belong somewhere, in whatever order that comes', () => {
    expect(isWaiting(after(received(0)).ticket)).toBe(false);
    expect(isWaiting(after(enriched(0)).ticket)).toBe(false);
    for (const facts of [
      [received(0), enriched(1, 'billing')],
      [enriched(1, 'billing'), received(0)],
    ]) {
      const { ticket, flows } = after(...facts);
      expect(isWaiting(ticket)).toBe(true);
      expect(ticket.queueId).toBe('money');
      expect(flows).toMatchObject([{ type: 'arrived', queueId: 'money', share: 1 }]);
    }
  });
  it('and has come once, though it is offered, enriched again and taken', () => {
    const { flows, ticket } = after(received(0), enriched(1), said(2, 'open', null), enriched(3), assigned(4));
    expect(flows).toEqual([
      { type: 'arrived', queueId: 'all', at: at(1), share: 1 },
      { type: 'begun', queueId: 'all', at: at(4), units: 2 },
    ]);
    expect(isWaiting(ticket)).toBe(false);
  });
  it('in another queue when it is moved, as if it had never come to the first', () => {
    const { flows } = after(received(0), enriched(1), said(5, 'open', null, { queueOverride: 'vip' }));
    expect(flows).toEqual([
      { type: 'arrived', queueId: 'all', at: at(1), share: 1 },
      { type: 'arrived', queueId: 'all', at: at(1), share: -1 },
      { type: 'arrived', queueId: 'vip', at: at(5), share: 1 },
    ]);
  });
  it('and is nothing to begin when it is answered without anybody', () => {
    const { flows } = after(received(0), enriched(1), said(2, 'pending', null), said(9, 'solved', null));
    expect(flows).toMatchObject([{ share: 1 }, { share: -1, at: at(1) }]);
  });
  it('again when its owner goes', () => {
    const { flows, ticket } = after(received(0), enriched(0), assigned(1), said(8, 'open', null));
    expect(flows.slice(2)).toEqual([{ type: 'arrived', queueId: 'all', at: at(8), share: 1 }]);
    expect(ticket.since).toBe(at(8));
  });
});

describe('what work takes', () => {
  it('is the time it was owned and open', () => {
    const { samples } = after(
      received(0),
      enriched(0, 'billing'),
      assigned(10),
      said(15, 'pending', 'ana'),
      said(100, 'open', 'ana'),
      said(107, 'solved', 'ana'),
      said(200, 'closed', 'ana'),
    );
    expect(samples).toEqual([{ what: 'work', category: 'billing', queueId: 'money', minutes: 12 }]);
  });
  it('is that of the owner who solved it', () => {
    const { samples } = after(
      received(0),
      enriched(0),
      assigned(10),
      said(40, 'open', null),
      assigned(50, 'ben'),
      said(57, 'solved', 'ben'),
    );
    expect(samples).toMatchObject([{ what: 'work', minutes: 7 }]);
  });
  it('to a reply is counted for the first one', () => {
    const { samples } = after(
      received(0),
      enriched(0),
      assigned(10),
      said(13, 'open', 'ana', { replied: true }),
      said(20, 'open', 'ana', { replied: true }),
    );
    expect(samples).toMatchObject([{ what: 'reply', minutes: 3 }]);
  });
  it('begins anew when it is reopened, and teaches nothing when nobody had it', () => {
    const { samples } = after(
      received(0),
      enriched(0),
      said(5, 'solved', null),
      said(6, 'open', null),
      assigned(10),
      said(20, 'solved', 'ana'),
      said(300, 'open', 'ana'),
      said(304, 'solved', 'ana'),
    );
    expect(samples).toMatchObject([{ minutes: 10 }, { minutes: 4 }]);
  });
});

describe('what is said of a clock', () => {
  const clock = (more: Partial<Clock> = {}): Clock => ({
    target: 'resolution',
    instance: 1,
    status: 'running',
    startedAt: iso(0),
    dueAt: iso(100),
    targetMinutes: 100,
    breachedAt: null,
    stoppedAt: null,
    ...more,
  });
  const policy = { name: 'standard', version: 1 };
  const noted = (ticket: OutlookTicket, minute: number, more: Partial<Clock> = {}) =>
    noteClocks(ticket, { clocks: [clock(more)], policy }, at(minute));
  const waiting = noted(after(received(0), enriched(0)).ticket, 0).ticket;
  const tell = (ticket: OutlookTicket, minute: number) => {
    const { told, events } = tellOutlook(ticket, nothing, aroundTheClock, at(minute));
    return { ticket: { ...ticket, told }, events };
  };

  it('is said once, when the work no longer fits before the deadline', () => {
    expect(tell(waiting, 74).events).toEqual([]);
    const late = tell(waiting, 75);
    expect(late.events).toMatchObject([
      { ticketId: 't', data: { willBreach: true, dueAt: iso(100), expectedAt: iso(100), basis: { minutes: 25, of: 'assumed' } } },
    ]);
    expect(tell(late.ticket, 76).events).toEqual([]);
  });
  it('is better when its owner is at it already', () => {
    const owned = follow(waiting, assigned(60), rules).ticket;
    expect(tell(owned, 75).events).toEqual([]);
    // A fifth of 25 minutes is left at least.
    expect(tell(owned, 95).events).toMatchObject([{ data: { willBreach: true, expectedAt: iso(100) } }]);
  });
  it.each(['met', 'canceled', 'paused'] as const)('is taken back when the clock is %s', (status) => {
    const late = tell(waiting, 80).ticket;
    const ended = noted(late, 90, status === 'paused' ? { status, dueAt: null } : { status, stoppedAt: iso(89) });
    expect(ended.events).toMatchObject([{ data: { willBreach: false, dueAt: iso(100), expectedAt: iso(status === 'paused' ? 90 : 89) } }]);
    expect(ended.ticket.told).toEqual([]);
  });
  it('has come true with the breach, and is not said again', () => {
    const late = tell(waiting, 80).ticket;
    const breached = noted(late, 100, { status: 'breached', breachedAt: iso(100) });
    expect(breached.events).toEqual([]);
    expect(tell(breached.ticket, 101).events).toEqual([]);
  });
  it('turns when there is more time', () => {
    const late = tell(waiting, 80).ticket;
    const eased = noted(late, 81, { dueAt: iso(200), targetMinutes: 200 });
    expect(eased.events).toEqual([]);
    expect(tell(eased.ticket, 82).events).toMatchObject([{ data: { willBreach: false, dueAt: iso(200) } }]);
  });
});
