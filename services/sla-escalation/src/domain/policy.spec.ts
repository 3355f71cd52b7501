import { Calendar, SlaPolicy } from '@signalbox/contracts';
import { problemsOf } from './policy.js';

const week = { mon: [['09:00', '12:00'], ['13:00', '17:00']] }; // prettier-ignore
const policy = { calendar: 'office', hours: 'business', targets: { resolution: { normal: 480 } } };
const calendarOf = (part: object): Calendar => Calendar.parse({ timeZone: 'Europe/Berlin', week, ...part });
const policyOf = (part: object): SlaPolicy => SlaPolicy.parse({ ...policy, ...part });

describe('a policy with escalation', () => {
  it.each([
    [{ warnAtMinutesLeft: [0] }, 'warnAtMinutesLeft'],
    [{ onDeclines: { atLeast: 0 } }, 'onDeclines'],
    [{ onReopenings: {} }, 'onReopenings'],
    [{ onSentiment: { atMost: -2 } }, 'onSentiment'],
    [{ onDeclines: { atLeast: 1, notfy: ['lead'] } }, 'onDeclines'],
  ])('refuses %j and names the field', (part, field) => {
    const parsed = SlaPolicy.safeParse({ ...policy, ...part });
    expect(parsed.error?.issues[0]?.path[0]).toBe(field);
  });
});

describe('a policy and a calendar that do not fit', () => {
  it('is one that never opens', () => {
    expect(problemsOf(policyOf({}), calendarOf({ week: { mon: [] } }))).toEqual([
      "the calendar's week has no opening hours, and the policy's hours are 'business'",
    ]);
    expect(problemsOf(policyOf({ hours: 'calendar' }), calendarOf({ week: {} }))).toEqual([]);
  });

  it('is one that never opens again after its last change, whatever was before', () => {
    const closed = { from: '2027-01-01', week: {}, extraOpen: { '2027-05-03': [['10:00', '11:00']] } };
    expect(problemsOf(policyOf({}), calendarOf({ changes: [closed] }))).toEqual([
      "the calendar's week from 2027-01-01 on has no opening hours, and the policy's hours are 'business'",
    ]);
    expect(problemsOf(policyOf({}), calendarOf({ week: {}, changes: [closed, { from: '2027-02-01', week }] }))).toEqual([]);
    const short = { from: '2027-02-01', week: { mon: [['09:00', '09:01']] } };
    expect(problemsOf(policyOf({ targets: { resolution: { normal: 1041 } } }), calendarOf({ changes: [short] }))).toEqual([
      "resolution of 1041 minutes for 'normal' takes over 20 years of 1 minutes a week",
    ]);
  });

  it('is a target that takes over twenty years', () => {
    const targets = { resolution: { normal: 420 * 1040 }, nextReply: { low: 420 * 1040 + 1 } };
    expect(problemsOf(policyOf({ targets }), calendarOf({}))).toEqual([
      "nextReply of 436801 minutes for 'low' takes over 20 years of 420 minutes a week",
    ]);
  });
});
