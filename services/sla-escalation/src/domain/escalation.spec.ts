import { Calendar, SlaPolicy } from '@signalbox/contracts';
import * as fc from 'fast-check';
import { businessTime } from './calendar.js';
import { clocksOf } from './clock.js';
import { escalate, type EscalationFacts, type EscalationState } from './escalation.js';
import type { Happening, TicketFact } from './ticket-fact.js';

const MINUTE_MS = 60_000;
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, [['09:00', '18:00']]]);
const time = businessTime(Calendar.parse({ timeZone: 'Europe/Berlin', week: Object.fromEntries(weekdays) }));
const nothing: EscalationState = { said: [] };
const at = (instant: string): number => Date.parse(`2026-12-${instant}Z`);
const policyWith = (part: object): SlaPolicy =>
  SlaPolicy.parse({
    calendar: 'office',
    hours: 'business',
    targets: { resolution: { normal: 480, high: 120 } },
    warnAtShares: [],
    ...part,
  });

const ticket = (...events: (Happening & { on: string })[]): TicketFact[] =>
  events.map(({ on, ...fact }, version) => ({ ...fact, at: at(on), topic: 'x', version }));
/** Monday 10:00 in Berlin; due Tuesday 09:00 after eight of the nine hours a day: Monday 18:00 exactly. */
const received = { on: '07T09:00:00', type: 'received', priority: 'normal' } as const;

function escalateAt(
  now: number,
  policy: SlaPolicy,
  facts: TicketFact[],
  known: Partial<EscalationFacts> & { state?: EscalationState } = {},
) {
  const { state = nothing, ...more } = known;
  const usual = { ticketId: 't1', status: 'open', priority: 'normal', complexity: null, unacceptedSince: null } as const;
  return escalate(state, { ...usual, clocks: clocksOf(facts, policy, time, now), ...more }, policy, time, now);
}
const iso = (instant: number | null): string | null => (instant === null ? null : new Date(instant).toISOString());

describe('warnings and levels count in the clock’s own time', () => {
  it('warns when the share of counted minutes is spent', () => {
    const policy = policyWith({ warnAtShares: [0.5, 0.75] });
    expect(iso(escalateAt(at('07T09:00:00'), policy, ticket(received)).nextCheckAt)).toBe('2026-12-07T13:00:00.000Z');
    const warned = escalateAt(at('07T13:00:00'), policy, ticket(received));
    expect(warned.events).toMatchObject([
      { type: 'SlaWarned', data: { target: 'resolution', spentShare: 0.5, dueAt: '2026-12-07T17:00:00.000Z' } },
    ]);
    expect(iso(warned.nextCheckAt)).toBe('2026-12-07T15:00:00.000Z');
  });

  it('B13: fires a level an hour before a Tuesday 09:30 deadline on Monday at 17:30, not at midnight or 08:30', () => {
    const policy = policyWith({ levels: [{ offsetMinutes: -60, notify: ['lead'] }] });
    const late = ticket({ ...received, on: '07T09:30:00' });
    expect(iso(escalateAt(at('07T09:30:00'), policy, late).nextCheckAt)).toBe('2026-12-07T16:30:00.000Z');
    expect(escalateAt(at('07T16:29:59'), policy, late).events).toEqual([]);
    expect(escalateAt(at('07T16:30:00'), policy, late).events).toMatchObject([
      { type: 'TicketEscalated', data: { level: 1, cause: 'due', notify: ['lead'] } },
    ]);
  });

  it('fires a level after the deadline when so much more has been counted', () => {
    const policy = policyWith({ levels: [{ offsetMinutes: 30 }] });
    expect(iso(escalateAt(at('07T17:00:00'), policy, ticket(received)).nextCheckAt)).toBe('2026-12-08T08:30:00.000Z');
  });

  it('is due at once when the offset lies before the receipt', () => {
    const policy = policyWith({ levels: [{ offsetMinutes: -500 }] });
    expect(escalateAt(at('07T09:00:00'), policy, ticket(received)).events).toMatchObject([{ type: 'TicketEscalated', data: { level: 1 } }]);
  });
});

describe('the chain upwards', () => {
  const policy = policyWith({ levels: [{ offsetMinutes: 60, notify: ['head'], raisePriorityTo: 'high' }, { offsetMinutes: -60, notify: ['lead'], addSkills: { billing: 3 } }] }); // prettier-ignore

  it('B16: a breach does something, each level once, in order of their offsets', () => {
    const first = escalateAt(at('07T16:00:00'), policy, ticket(received));
    expect(first.events).toMatchObject([{ data: { level: 1, notify: ['lead'], addSkills: { billing: 3 } } }]);
    const breach = escalateAt(first.nextCheckAt!, policy, ticket(received), { state: first.state });
    expect(breach.events).toMatchObject([{ type: 'SlaBreached', data: { breachedAt: '2026-12-07T17:00:00.000Z' } }]);
    const second = escalateAt(breach.nextCheckAt!, policy, ticket(received), { state: breach.state });
    expect(second.events).toMatchObject([{ data: { level: 2, notify: ['head'], raisePriorityTo: 'high' } }]);
    expect(escalateAt(second.nextCheckAt ?? at('20T00:00:00'), policy, ticket(received), { state: second.state }).events).toEqual([]);
  });

  it('says everything that became due during an outage, in the order of the deadlines', () => {
    const after = escalateAt(at('09T09:00:00'), policy, ticket(received));
    expect(after.events.map(({ type, data }) => [type, 'level' in data ? data.level : 0])).toEqual([
      ['TicketEscalated', 1],
      ['SlaBreached', 0],
      ['TicketEscalated', 2],
    ]);
    expect(after.nextCheckAt).toBeNull();
  });

  it('never lowers a priority', () => {
    const event = escalateAt(at('09T09:00:00'), policy, ticket(received), { priority: 'urgent' }).events.at(-1);
    expect(event?.data).not.toHaveProperty('raisePriorityTo');
  });

  it('ends with solving, though a late stop is still a breach', () => {
    const solved = ticket(received, { on: '08T08:10:00', type: 'status', value: 'solved' });
    const ended = escalateAt(at('09T09:00:00'), policy, solved, { status: 'solved' });
    expect(ended.events.map(({ type }) => type)).toEqual(['SlaBreached']);
    expect(ended.nextCheckAt).toBeNull();
  });

  it('halts while the customer is waited for, before and after the breach', () => {
    const pending = ticket(received, { on: '07T15:00:00', type: 'status', value: 'pending' });
    expect(escalateAt(at('09T09:00:00'), policy, pending)).toEqual({ state: nothing, events: [], nextCheckAt: null });
    const pendingLate = ticket(received, { on: '08T08:30:00', type: 'status', value: 'pending' });
    expect(escalateAt(at('09T09:00:00'), policy, pendingLate).events.at(-1)?.type).toBe('SlaBreached');
  });

  it('goes on when a pause with a maximum has been used up', () => {
    const capped = policyWith({ levels: [{ offsetMinutes: -60 }], pauseMinutesMax: 60 });
    const pending = ticket(received, { on: '07T15:00:00', type: 'status', value: 'pending' });
    // The clock itself resumes at 16:00 and has one counted hour to go until the level.
    const paused = escalateAt(at('07T15:30:00'), capped, pending);
    expect(iso(paused.nextCheckAt)).toBe('2026-12-07T16:00:00.000Z');
    expect(iso(escalateAt(at('07T16:00:00'), capped, pending).nextCheckAt)).toBe('2026-12-07T17:00:00.000Z');
  });
});

describe('breaches', () => {
  it('are withdrawn when a late fact disproves them, and said again when they come true', () => {
    const policy = policyWith({});
    const breached = escalateAt(at('07T17:00:00'), policy, ticket(received));
    expect(breached.events).toMatchObject([{ type: 'SlaBreached' }]);
    const pause = { on: '07T10:00:00', type: 'status', value: 'pending' } as const;
    const back = { on: '07T12:00:00', type: 'status', value: 'open' } as const;
    const withdrawn = escalateAt(at('07T17:00:10'), policy, ticket(received, pause, back), { state: breached.state });
    expect(withdrawn.events).toMatchObject([{ type: 'SlaBreachWithdrawn', data: { target: 'resolution', instance: 1 } }]);
    const again = escalateAt(withdrawn.nextCheckAt!, policy, ticket(received, pause, back), { state: withdrawn.state });
    expect(again.events).toMatchObject([{ type: 'SlaBreached', data: { breachedAt: '2026-12-08T10:00:00.000Z' } }]);
  });

  it('come without a warning that is too late to help', () => {
    const policy = policyWith({ warnAtShares: [0.8] });
    expect(escalateAt(at('09T09:00:00'), policy, ticket(received)).events.map(({ type }) => type)).toEqual(['SlaBreached']);
  });
});

describe('escalation that asks no clock', () => {
  it('is immediate for complexity, once', () => {
    const policy = policyWith({ onComplexity: { atLeast: 4, addSkills: { billing: 4 } } });
    const complex = escalateAt(at('07T09:00:00'), policy, ticket(received), { complexity: 4 });
    expect(complex.events).toMatchObject([{ data: { cause: 'complexity', level: 1, addSkills: { billing: 4 } } }]);
    expect(escalateAt(at('07T09:01:00'), policy, ticket(received), { complexity: 5, state: complex.state }).events).toEqual([]);
    expect(escalateAt(at('07T09:00:00'), policy, ticket(received), { complexity: 3 }).events).toEqual([]);
  });

  it('is over with solving', () => {
    const policy = policyWith({ onComplexity: { atLeast: 4 } });
    const solved = ticket(received, { on: '07T09:00:10', type: 'status', value: 'solved' });
    expect(escalateAt(at('07T09:01:00'), policy, solved, { status: 'solved', complexity: 5 }).events).toEqual([]);
  });

  it('counts minutes without acceptance around the clock, for the policy’s priorities', () => {
    const policy = policyWith({ onUnaccepted: { priorities: ['high'], minutes: 10, notify: ['desk'] } });
    const night = { unacceptedSince: at('07T23:00:00'), priority: 'high' } as const;
    expect(iso(escalateAt(at('07T23:00:00'), policy, ticket(received), night).nextCheckAt)).toBe('2026-12-07T23:10:00.000Z');
    const late = escalateAt(at('07T23:10:00'), policy, ticket(received), night).events.at(-1);
    expect(late).toMatchObject({ type: 'TicketEscalated', data: { cause: 'not-accepted', notify: ['desk'] } });
    const normal = escalateAt(at('07T23:10:00'), policy, ticket(received), { ...night, priority: 'normal' });
    expect(normal.events.filter(({ type }) => type === 'TicketEscalated')).toEqual([]);
  });
});

describe('escalation on what people do', () => {
  const policy: SlaPolicy = {
    ...policyWith({}),
    onDeclines: { atLeast: 3, notify: ['lead'] },
    onReopenings: { atLeast: 2, notify: [], raisePriorityTo: 'high' },
    onSentiment: { atMost: -0.6, notify: ['head'] },
  };
  const now = at('07T09:00:00');

  it.each([
    ['declines', { declines: 3 }, { declines: 2 }],
    ['reopenings', { reopenings: 2 }, { reopenings: 1 }],
    ['sentiment', { sentiment: -0.6 }, { sentiment: -0.5 }],
  ] as const)('fires on %s when the policy says so, once', (cause, enough, tooLittle) => {
    const fired = escalateAt(now, policy, ticket(received), enough);
    expect(fired.events).toMatchObject([{ type: 'TicketEscalated', data: { cause, level: 1 } }]);
    expect(escalateAt(now + MINUTE_MS, policy, ticket(received), { ...enough, state: fired.state }).events).toEqual([]);
    expect(escalateAt(now, policy, ticket(received), tooLittle).events).toEqual([]);
    expect(escalateAt(now, policyWith({}), ticket(received), enough).events).toEqual([]);
  });
});

describe('warnings by time left', () => {
  it('come when so many counted minutes are left', () => {
    const policy = { ...policyWith({}), warnAtMinutesLeft: [90] };
    const late = ticket({ ...received, on: '07T09:30:00' });
    // Due Tuesday 09:30 in Berlin, so 90 counted minutes before is Monday 17:00.
    expect(iso(escalateAt(at('07T09:30:00'), policy, late).nextCheckAt)).toBe('2026-12-07T16:00:00.000Z');
    expect(escalateAt(at('07T16:00:00'), policy, late).events).toMatchObject([{ type: 'SlaWarned', data: { spentShare: 390 / 480 } }]);
  });

  it('do not come for a target that is no longer than that', () => {
    const policy = { ...policyWith({}), warnAtMinutesLeft: [480, 500] };
    expect(escalateAt(at('07T09:00:00'), policy, ticket(received)).events).toEqual([]);
    expect(iso(escalateAt(at('07T09:00:00'), policy, ticket(received)).nextCheckAt)).toBe('2026-12-07T17:00:00.000Z');
  });
});

describe('the next instant to check', () => {
  it('is none where the calendar never opens long enough', () => {
    const never = businessTime(Calendar.parse({ timeZone: 'Europe/Berlin', week: {}, extraOpen: { '2026-12-07': [['09:00', '11:00']] } }));
    const policy = policyWith({ warnAtShares: [0.1, 0.9] });
    const now = at('07T10:00:00');
    const clocks = clocksOf(ticket(received), policy, never, now);
    const facts = { ticketId: 't1', clocks, status: 'open', priority: 'normal', complexity: null, unacceptedSince: null } as const;
    // A tenth was spent when it closed for ever; without a deadline there is nothing to warn of.
    expect(escalate(nothing, facts, policy, never, now)).toEqual({ state: nothing, events: [], nextCheckAt: null });
  });

  it('says everything exactly when it is due: looking more often finds nothing earlier or more', () => {
    const aMinute = fc.integer({ min: 1, max: 4000 });
    const aCase = fc.record({
      shares: fc.uniqueArray(fc.constantFrom(0.1, 0.5, 0.8, 0.95), { maxLength: 3 }),
      offsets: fc.uniqueArray(fc.integer({ min: -600, max: 600 }), { maxLength: 4 }),
      pauseMinutesMax: fc.option(fc.integer({ min: 1, max: 500 })),
      target: fc.integer({ min: 1, max: 900 }),
      statuses: fc.array(fc.tuple(aMinute, fc.constantFrom('pending', 'open', 'on-hold', 'solved')), { maxLength: 4 }),
      step: fc.integer({ min: 1, max: 97 }),
    });
    fc.assert(
      fc.property(aCase, ({ shares, offsets, pauseMinutesMax, target, statuses, step }) => {
        const levels = offsets.map((offsetMinutes) => ({ offsetMinutes }));
        const policy = policyWith({ warnAtShares: shares, levels, pauseMinutesMax, targets: { resolution: { normal: target } } });
        const origin = at('07T07:00:00');
        const facts: TicketFact[] = [
          { at: origin, topic: 'x', version: 0, type: 'received', priority: 'normal' },
          ...statuses.map(([minute, value], index) => ({
            at: origin + minute * MINUTE_MS,
            topic: 'x',
            version: index + 1,
            type: 'status' as const,
            value,
          })),
        ];
        const horizon = origin + 6000 * MINUTE_MS;
        // Every fact wakes it, as in the service; beside that the timer it asked for, or a look every few minutes.
        const run = (next: (asked: number | null, now: number) => number): [string, number][] => {
          const heard: [string, number][] = [];
          let state = nothing;
          for (let now = origin, asked: number | null = null; now <= horizon; now = Math.min(next(asked, now), nextFact(facts, now))) {
            const status = clocksStatus(facts, now);
            const outcome = escalateAt(now, policy, facts, { state, status });
            for (const key of outcome.state.said.filter((said) => !state.said.includes(said))) heard.push([key, now]);
            state = outcome.state;
            asked = outcome.nextCheckAt;
            if (asked !== null) expect(asked).toBeGreaterThan(now);
          }
          return heard;
        };
        const byTimer = run((asked) => asked ?? Infinity);
        const byLooking = run((asked, now) => Math.min(asked ?? Infinity, now + step * MINUTE_MS));
        expect(byLooking).toEqual(byTimer);
      }),
      { numRuns: 500 },
    );
  });
});

function nextFact(facts: TicketFact[], now: number): number {
  return Math.min(...facts.map((fact) => fact.at).filter((instant) => instant > now), Infinity);
}

function clocksStatus(facts: TicketFact[], now: number): EscalationFacts['status'] {
  const known = facts.filter((fact) => fact.at <= now).sort((a, b) => a.at - b.at || a.version - b.version);
  const last = known.findLast((fact) => fact.type === 'status');
  return last?.type === 'status' ? last.value : 'new';
}
