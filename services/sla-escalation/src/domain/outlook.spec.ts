import fc from 'fast-check';
import { aroundTheClock, businessTime } from './calendar.js';
import {
  beginningsPerHour,
  expectation,
  HORIZON_MINUTES,
  isNews,
  leftMs,
  observed,
  perHour,
  queueOutlook,
  ticketOutlook,
  weightOf,
  type QueueLoad,
  type QueueSaid,
} from './outlook.js';

const MINUTE_MS = 60_000;
const now = Date.parse('2026-12-07T09:00:00Z');
const waitingFor = (ticketId: string, dueInMinutes: number, workMinutes = 10) => ({
  ticketId,
  clocks: [{ dueAt: now + dueInMinutes * MINUTE_MS, workMs: workMinutes * MINUTE_MS }],
  time: aroundTheClock,
});
const load = (more: Partial<QueueLoad> = {}): QueueLoad => {
  const tickets = more.tickets ?? [];
  return {
    tickets,
    waiting: tickets.length,
    agents: 2,
    slots: 2,
    freeSlots: 0,
    arrivalsPerHour: 0,
    begunPerHour: null,
    workMinutes: 10,
    typical: { targetMinutes: 60, workMinutes: 10 },
    ...more,
  };
};

describe('what is expected of the work', () => {
  it('is the mean of the narrowest circle with five tickets, and a quarter of the target when there is none', () => {
    const enough = { tickets: 5, minutes: 50 };
    const few = { tickets: 4, minutes: 400 };
    expect(expectation({ category: enough, queue: few }, 240)).toEqual({ minutes: 10, tickets: 5, of: 'category' });
    expect(expectation({ category: few, queue: enough }, 240)).toEqual({ minutes: 10, tickets: 5, of: 'queue' });
    expect(expectation({ category: few, company: enough }, 240)).toEqual({ minutes: 10, tickets: 5, of: 'company' });
    expect(expectation({ category: few }, 240)).toEqual({ minutes: 60, tickets: 0, of: 'assumed' });
  });
  it('is not moved far by a ticket that was left lying', () => {
    expect(observed(10_000, { tickets: 10, minutes: 100 })).toBe(50);
    expect(observed(10_000, { tickets: 2, minutes: 20 })).toBe(10_000);
  });
  it('leaves a fifth to an owner who has spent it all', () => {
    expect(leftMs(10, 4 * MINUTE_MS)).toBe(6 * MINUTE_MS);
    expect(leftMs(10, 60 * MINUTE_MS)).toBe(2 * MINUTE_MS);
  });
  it('finds a steady rate again', () => {
    const halfLifeMs = 30 * MINUTE_MS;
    let weight = 0;
    for (let minute = 0; minute < 600; minute += 2) weight += weightOf(now - minute * MINUTE_MS, now, halfLifeMs);
    expect(perHour(weight, halfLifeMs)).toBeGreaterThan(29);
    expect(perHour(weight, halfLifeMs)).toBeLessThan(31.5);
  });
});

describe("a ticket's outlook", () => {
  const asked = (dueInMinutes: number, told: boolean, minutes = 30) =>
    ticketOutlook({ dueAt: now + dueInMinutes * MINUTE_MS }, { minutes, workMs: minutes * MINUTE_MS, time: aroundTheClock, now, told });

  it('is late when the work would end at the deadline or after', () => {
    expect(asked(30, false)).toEqual({ willBreach: true, expectedAt: now + 30 * MINUTE_MS });
    expect(asked(31, false).willBreach).toBe(false);
  });
  it('is taken back with a margin of a tenth only', () => {
    expect(asked(33, true).willBreach).toBe(true);
    expect(asked(34, true).willBreach).toBe(false);
  });
  it("goes on in the policy's own counted time", () => {
    const time = businessTime({
      timeZone: 'UTC',
      week: { mon: [['09:00', '18:00']], tue: [['09:00', '18:00']] },
      holidays: [],
      extraOpen: {},
    });
    const evening = Date.parse('2026-12-07T17:50:00Z');
    const outlook = ticketOutlook(
      { dueAt: Date.parse('2026-12-08T10:00:00Z') },
      { minutes: 30, workMs: 30 * MINUTE_MS, time, now: evening, told: false },
    );
    expect(outlook).toEqual({ willBreach: false, expectedAt: Date.parse('2026-12-08T09:20:00Z') });
  });
});

describe("a queue's outlook", () => {
  it('names the first ticket that is begun too late, in the order of the deadlines', () => {
    // 12 an hour: begun after 5, 10, 15 minutes, done ten minutes later.
    const tickets = [waitingFor('c', 24), waitingFor('a', 16), waitingFor('b', 21)];
    expect(queueOutlook(load({ tickets }), now)).toEqual({ breachInMinutes: 24, ticketId: 'c' });
  });
  it('begins at once what agents have room for', () => {
    const tickets = [waitingFor('c', 24), waitingFor('a', 16), waitingFor('b', 21)];
    expect(queueOutlook(load({ tickets, freeSlots: 2 }), now)).toEqual({ breachInMinutes: null });
  });
  it('is 0 when one is late already', () => {
    expect(queueOutlook(load({ tickets: [waitingFor('a', -5)] }), now)).toEqual({ breachInMinutes: 0, ticketId: 'a' });
  });
  it('expects nobody to begin anything when nobody is there', () => {
    expect(queueOutlook(load({ tickets: [waitingFor('a', 120)], agents: 0, freeSlots: 9 }), now)).toEqual({
      breachInMinutes: 120,
      ticketId: 'a',
    });
    expect(queueOutlook(load({ agents: 0, arrivalsPerHour: 30 }), now)).toEqual({ breachInMinutes: 62 });
  });
  it('sees the line grow until a new ticket would be late', () => {
    // 18 come, 12 are begun: after s minutes 0.1 s wait, which take 0.5 s; late when that exceeds 50.
    expect(queueOutlook(load({ arrivalsPerHour: 18 }), now)).toEqual({ breachInMinutes: 160 });
    expect(queueOutlook(load({ arrivalsPerHour: 12 }), now)).toEqual({ breachInMinutes: null });
  });
  it('expects work that takes longer than its target to be late, whoever is free', () => {
    const typical = { targetMinutes: 10, workMinutes: 15 };
    expect(queueOutlook(load({ freeSlots: 2, arrivalsPerHour: 6, typical }), now)).toEqual({ breachInMinutes: 20 });
  });
  it('stays a number at rates next to nothing', () => {
    const hardly = { begunPerHour: Number.MIN_VALUE, workMinutes: null, typical: { targetMinutes: 2, workMinutes: 1 } };
    expect(queueOutlook(load({ ...hardly, freeSlots: 1, arrivalsPerHour: 1e-15 }), now)).toEqual({ breachInMinutes: null });
  });
  it('looks no further than its horizon', () => {
    expect(queueOutlook(load({ tickets: [waitingFor('a', HORIZON_MINUTES + 1)], agents: 0 }), now)).toEqual({ breachInMinutes: null });
  });
  it('trusts what full agents have begun, but no more than they can', () => {
    expect(beginningsPerHour(load())).toBe(12);
    expect(beginningsPerHour(load({ begunPerHour: 7 }))).toBe(7);
    expect(beginningsPerHour(load({ begunPerHour: 7, freeSlots: 1 }))).toBe(12);
    expect(beginningsPerHour(load({ begunPerHour: 70 }))).toBe(12);
    expect(beginningsPerHour(load({ begunPerHour: 7, agents: 0 }))).toBe(0);
  });
});

describe('over all loads', () => {
  const tickets = fc
    .array(fc.tuple(fc.integer({ min: -30, max: 300 }), fc.integer({ min: 1, max: 60 })), { maxLength: 30 })
    .map((all) => all.map(([due, work], nth) => waitingFor(`t${nth}`, due, work)));
  const loads = fc
    .record({
      tickets,
      more: fc.nat({ max: 50 }),
      agents: fc.nat({ max: 9 }),
      free: fc.nat({ max: 9 }),
      arrivalsPerHour: fc.double({ min: 0, max: 200, noNaN: true }),
      begunPerHour: fc.option(fc.double({ min: 0, max: 200, noNaN: true })),
      workMinutes: fc.option(fc.integer({ min: 1, max: 90 })),
      typical: fc.option(fc.record({ targetMinutes: fc.integer({ min: 1, max: 300 }), workMinutes: fc.integer({ min: 1, max: 90 }) })),
    })
    .map(({ more, free, ...rest }) =>
      load({ ...rest, waiting: rest.tickets.length + more, slots: rest.agents, freeSlots: Math.min(free, rest.agents) }),
    );
  const ALMOST = 1e-6;
  /** What lies on the horizon to a rounding error is beyond it. */
  const breachIn = (one: QueueLoad) => {
    const { breachInMinutes } = queueOutlook(one, now);
    return breachInMinutes === null || breachInMinutes > HORIZON_MINUTES - ALMOST ? Infinity : breachInMinutes;
  };

  it('an agent more never brings the breach nearer', () => {
    fc.assert(
      fc.property(loads, ({ ...one }) => {
        const more = { ...one, agents: one.agents + 1, slots: one.slots + 1, freeSlots: one.freeSlots + 1 };
        expect(breachIn(more)).toBeGreaterThanOrEqual(breachIn(one) - ALMOST);
      }),
      { numRuns: 2_000 },
    );
  });
  it('a ticket more, or more that come, never move it further away', () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: -30, max: 300 }), fc.double({ min: 0, max: 100, noNaN: true }), (one, due, arrivals) => {
        const more = { ...one, tickets: [...one.tickets, waitingFor('x', due)], waiting: one.waiting + 1 };
        expect(breachIn(more)).toBeLessThanOrEqual(breachIn(one) + ALMOST);
        expect(breachIn({ ...one, arrivalsPerHour: one.arrivalsPerHour + arrivals })).toBeLessThanOrEqual(breachIn(one) + ALMOST);
      }),
      { numRuns: 2_000 },
    );
  });
  it('longer work never moves it further away', () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 60 }), (one, longer) => {
        fc.pre(one.workMinutes !== null);
        expect(breachIn({ ...one, workMinutes: one.workMinutes! + longer })).toBeLessThanOrEqual(breachIn(one) + ALMOST);
      }),
      { numRuns: 2_000 },
    );
  });
  it('rates that have all but faded are none', () => {
    const faded = { tickets: [], waiting: 0, agents: 1, slots: 1, freeSlots: 1, arrivalsPerHour: 1e-15, begunPerHour: 5e-324, workMinutes: null }; // prettier-ignore
    expect(queueOutlook({ ...faded, typical: { targetMinutes: 1, workMinutes: 1 } }, now)).toEqual({ breachInMinutes: null });
  });
  it('the instant is within the horizon, and a named ticket is one that waits', () => {
    fc.assert(
      fc.property(loads, (one) => {
        const { breachInMinutes, ticketId } = queueOutlook(one, now);
        if (breachInMinutes !== null) expect(breachInMinutes).toBeGreaterThanOrEqual(0);
        if (breachInMinutes !== null) expect(breachInMinutes).toBeLessThanOrEqual(HORIZON_MINUTES);
        if (ticketId !== undefined) expect(one.tickets.map((ticket) => ticket.ticketId)).toContain(ticketId);
      }),
      { numRuns: 2_000 },
    );
  });
  it("a ticket's outlook is never better with more work or less time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 500 }),
        fc.nat({ max: 100 }),
        fc.boolean(),
        (due, work, more, before) => {
          const late = (dueIn: number, minutes: number) =>
            ticketOutlook(
              { dueAt: now + dueIn * MINUTE_MS },
              { minutes, workMs: minutes * MINUTE_MS, time: aroundTheClock, now, told: before },
            ).willBreach;
          if (late(due, work)) expect(late(due - more, work + more)).toBe(true);
        },
      ),
    );
  });
});

describe('is said again', () => {
  const said = (more: Partial<QueueSaid> = {}, minutesLater = 0): QueueSaid => ({
    waiting: 3,
    agents: 2,
    arrivalsPerHour: 10,
    beginningsPerHour: 12,
    workMinutes: 10,
    breachInMinutes: 30,
    horizonMinutes: HORIZON_MINUTES,
    asOf: new Date(now + minutesLater * MINUTE_MS).toISOString(),
    ...more,
  });
  it('when the breach comes into sight or goes, and not while it merely comes nearer', () => {
    expect(isNews(said(), said({ breachInMinutes: null }, 1))).toBe(true);
    expect(isNews(said({ breachInMinutes: null }), said({}, 1))).toBe(true);
    expect(isNews(said(), said({ breachInMinutes: 26 }, 4))).toBe(false);
    expect(isNews(said(), said({ breachInMinutes: 23.5 }, 4))).toBe(false);
    expect(isNews(said(), said({ breachInMinutes: 23 }, 4))).toBe(true);
    expect(isNews(said({ breachInMinutes: 0 }), said({ breachInMinutes: 0 }, 4))).toBe(false);
  });
  it('after five minutes, if anything has changed', () => {
    expect(isNews(said({ breachInMinutes: null }), said({ breachInMinutes: null }, 6))).toBe(false);
    expect(isNews(said({ breachInMinutes: null }), said({ breachInMinutes: null, waiting: 4 }, 4))).toBe(false);
    expect(isNews(said({ breachInMinutes: null }), said({ breachInMinutes: null, waiting: 4 }, 5))).toBe(true);
  });
  it('for the first time when anybody waits or works', () => {
    expect(isNews(null, said({ waiting: 0, agents: 0 }))).toBe(false);
    expect(isNews(null, said({ waiting: 0, agents: 1 }))).toBe(true);
  });
});
