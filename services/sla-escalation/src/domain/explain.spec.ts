import { explainDeadline, InvalidCase } from './explain.js';

const office = {
  timeZone: 'Europe/Berlin',
  week: { mon: [['09:00', '12:30'], ['13:30', '18:00']], tue: [['09:00', '18:00']] }, // prettier-ignore
  holidays: ['2026-12-25'],
  extraOpen: { '2026-12-27': [['10:00', '14:00']] },
};
const policy = {
  hours: 'business',
  targets: {
    firstResponse: { urgent: 30, high: 60, normal: 240, low: 480 },
    nextReply: { normal: 240 },
    resolution: { urgent: 240, high: 480, normal: 1440, low: 2880 },
  },
  resolution: 'total',
  pauseOn: ['pending', 'on-hold'],
  pauseMinutesMax: null,
};
const received = { at: '2026-11-27T16:10:00Z', type: 'received', priority: 'normal' };
const explain = (events: object[], now: string, differing: { calendar?: object; policy?: object } = {}) =>
  explainDeadline({ calendar: { ...office, ...differing.calendar }, policy: { ...policy, ...differing.policy }, events, now }).clocks;
const clock = (clocks: ReturnType<typeof explain>, target: string) => clocks.find((candidate) => candidate.target === target);

/** The complaints of the field notes, one after the other. */
describe('complaints about other systems', () => {
  it('B9: counts no weekend, no holiday of its list, and works for Monday and Thursday alone', () => {
    // Friday 17:10 in a calendar open on Monday and Tuesday only.
    expect(clock(explain([received], received.at), 'firstResponse')?.dueAt).toBe('2026-11-30T13:00:00.000Z');
    const calendar = { week: { mon: [['09:00', '12:00']], thu: [['09:00', '12:00']] }, holidays: ['2026-11-30'] };
    expect(clock(explain([received], received.at, { calendar }), 'firstResponse')?.dueAt).toBe('2026-12-07T09:00:00.000Z');
  });

  it('B9: adds no holiday that nobody has listed', () => {
    const calendar = { week: { wed: [['09:00', '18:00']], thu: [['09:00', '18:00']] } };
    // 11 November, St. Martin, is a working day; so is a New Year that the calendar does not name.
    const martin = explain([{ ...received, at: '2026-11-11T08:00:00Z' }], '2026-11-11T09:00:00Z', { calendar });
    expect(clock(martin, 'firstResponse')?.dueAt).toBe('2026-11-11T12:00:00.000Z');
  });

  it('B10: leaves out the lunch break', () => {
    const clocks = explain([{ ...received, at: '2026-11-30T10:00:00Z' }], '2026-11-30T13:00:00Z');
    expect(clock(clocks, 'firstResponse')).toMatchObject({ dueAt: '2026-11-30T15:00:00.000Z', spentMinutes: 120 });
    expect(clock(clocks, 'firstResponse')?.segments).toEqual([
      { from: '2026-11-30T10:00:00.000Z', to: '2026-11-30T11:30:00.000Z', counted: true, why: 'open hours' },
      { from: '2026-11-30T11:30:00.000Z', to: '2026-11-30T12:30:00.000Z', counted: false, why: 'closed' },
      { from: '2026-11-30T12:30:00.000Z', to: '2026-11-30T13:00:00.000Z', counted: true, why: 'open hours' },
    ]);
  });

  it('B11: keeps the pause when the priority changes while it lasts, in business time', () => {
    const events = [
      { ...received, at: '2026-11-30T08:00:00Z' },
      { at: '2026-11-30T09:00:00Z', type: 'status', value: 'pending' },
      { at: '2026-11-30T16:00:00Z', type: 'priority', value: 'high' },
      { at: '2026-12-01T09:00:00Z', type: 'status', value: 'open' },
    ];
    // One hour spent on Monday, seven are left when the customer is back on Tuesday at 10:00 Berlin time.
    expect(clock(explain(events, '2026-12-01T09:00:00Z'), 'resolution')).toMatchObject({
      dueAt: '2026-12-01T16:00:00.000Z',
      spentMinutes: 60,
    });
  });

  it('B12: does not breach while pending, however long', () => {
    const events = [
      { ...received, at: '2026-11-30T08:00:00Z' },
      { at: '2026-11-30T09:00:00Z', type: 'agent-replied', by: 'human' },
      { at: '2026-11-30T09:00:00Z', type: 'status', value: 'pending' },
    ];
    expect(clock(explain(events, '2027-06-01T09:00:00Z'), 'resolution')).toMatchObject({ status: 'paused', dueAt: null, spentMinutes: 60 });
  });

  it('B12: resumes at the instant the customer replies', () => {
    const events = [
      { ...received, at: '2026-11-30T08:00:00Z' },
      { at: '2026-11-30T09:00:00Z', type: 'status', value: 'pending' },
      { at: '2026-11-30T10:00:00Z', type: 'customer-replied' },
    ];
    expect(clock(explain(events, '2026-11-30T11:00:00Z'), 'resolution')).toMatchObject({ status: 'running', spentMinutes: 120 });
  });

  it('B14: has one response clock at a time, which the reply stops', () => {
    const events = [
      { ...received, at: '2026-11-30T08:00:00Z' },
      { at: '2026-11-30T08:10:00Z', type: 'customer-replied' },
      { at: '2026-11-30T08:30:00Z', type: 'agent-replied', by: 'human' },
    ];
    expect(explain(events, '2026-12-01T09:00:00Z').map(({ target, status }) => [target, status])).toEqual([
      ['firstResponse', 'met'],
      ['resolution', 'running'],
    ]);
  });

  it('B15: sees no first response in a bot or a note, and no breach when the reply was in time', () => {
    const events = [
      received,
      { at: '2026-11-27T16:10:01Z', type: 'agent-replied', by: 'bot' },
      { at: '2026-11-28T10:00:00Z', type: 'note' },
      { at: '2026-11-30T12:59:59Z', type: 'agent-replied', by: 'human' },
    ];
    const reply = { status: 'met', stoppedAt: '2026-11-30T12:59:59.000Z', breachedAt: null, dueAt: '2026-11-30T13:00:00.000Z' };
    expect(clock(explain(events, '2026-12-01T09:00:00Z'), 'firstResponse')).toMatchObject(reply);
  });
});

it('owes no update after replies that come with the solving, however many', () => {
  const at = '2026-11-30T10:00:00Z';
  const reply = { at, type: 'agent-replied', by: 'human' };
  const events = [{ ...received, at: '2026-11-30T09:00:00Z' }, reply, reply, { at, type: 'status', value: 'solved' }];
  const clocks = explain(events, at, { policy: { targets: { periodicUpdate: { normal: 60 } } } });
  expect(clock(clocks, 'periodicUpdate')).toBeUndefined();
});

describe('a case that cannot be calculated', () => {
  // Deeper than what can be written out again.
  const deep = Array.from({ length: 100_000 }).reduce<unknown[]>((inner) => [inner], []);
  const valid = { calendar: office, policy, events: [received], now: '2026-12-01T09:00:00Z' };
  it.each([
    [
      'an unknown event',
      { ...valid, events: [received, { at: received.at, type: 'reopend' }] },
      "events.1.type: expected a type of event: 'received'",
    ],
    ['no receipt', { ...valid, events: [] }, "events: expected exactly one event of the type 'received'"],
    ['an unknown zone', { ...valid, calendar: { ...office, timeZone: 'Europe/Berlinn' } }, 'calendar.timeZone: expected an IANA time zone'],
    ['no calendar', { ...valid, calendar: undefined }, "calendar: expected a calendar, because the policy's hours are 'business'"],
    ['a local instant', { ...valid, now: '2026-12-01 09:00' }, "now: expected an instant such as '2026-11-27T16:10:00Z'"],
    [
      'never open',
      { ...valid, calendar: { ...office, week: {}, extraOpen: {} } },
      'calendar: opens for less than the 240 minutes of firstResponse',
    ],
    [
      'a year too far',
      { ...valid, events: [{ ...received, at: '1850-01-01T00:00:00Z' }] },
      'events, now: 1850-01-01T00:00:00.000Z lies outside the years a calendar can tell',
    ],
    ['no object', 7, 'the case: expected object, not 7'],
    [
      'an interval that ends before it begins',
      { ...valid, calendar: { ...office, week: { mon: [['12:00', '09:00']] } } },
      'calendar.week.mon.0: an interval must end after it begins, not ["12:00","09:00"]',
    ],
    ['a misspelt field', { ...valid, policy: { ...policy, pauseon: [] } }, "policy: has no field 'pauseon'; known: calendar, hours, targets, resolution, pauseOn,"], // prettier-ignore
    [
      'a misspelt day',
      { ...valid, calendar: { ...office, week: { tues: [] } } },
      "calendar.week: has no field 'tues'; known: mon, tue, wed",
    ],
    [
      'an interval without its list, and a time of one digit',
      { ...valid, calendar: { ...office, week: { mon: ['09:00', '18:00'], tue: [['9:00', '18:00']] } } },
      `calendar.week.mon.0: expected an interval such as ["09:00","18:00"], not "09:00"
calendar.week.mon.1: expected an interval such as ["09:00","18:00"], not "18:00"
calendar.week.tue.0.0: expected a time of day such as '09:30', at most '24:00', not "9:00"`,
    ],
    [
      'nobody who replied',
      { ...valid, events: [received, { at: received.at, type: 'agent-replied' }] },
      "events.1.by: expected 'human', or",
    ],
    [
      'a date that does not exist',
      { ...valid, calendar: { ...office, holidays: ['2026-02-30'], extraOpen: { '2026-13-01': [] } } },
      'calendar.holidays.0: expected a date that exists, such as \'2026-12-25\', not "2026-02-30"\ncalendar.extraOpen.2026-13-01: its name: expected a date that exists',
    ],
    [
      'a target that is no number',
      { ...valid, policy: { ...policy, targets: { resolution: { low: '60', high: -1 } } } },
      'policy.targets.resolution.low: expected number, not "60"\npolicy.targets.resolution.high: expected number to be >0, not -1',
    ],
    [
      'a target of ages, around the clock',
      { ...valid, policy: { ...policy, hours: 'calendar', targets: { resolution: { normal: 1e300 } } } },
      'policy: the 1e+300 minutes of resolution from 2026-11-27T16:10:00.000Z on end after the year 9999',
    ],
    ['a list in place of an object, however deep', { ...valid, calendar: deep }, 'calendar: expected object, not this list'],
    ['more than can be named', { ...valid, events: Array.from({ length: 1000 }, () => 7) }, '\nand 900 more'],
  ])('%s is named', (_what, input, words) => {
    expect(() => explainDeadline(input)).toThrow(InvalidCase);
    expect(() => explainDeadline(input)).toThrow(words);
  });
});
