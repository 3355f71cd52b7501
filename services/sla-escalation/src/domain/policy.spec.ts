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

  it('is a target that takes over twenty years', () => {
    const targets = { resolution: { normal: 420 * 1040 }, nextReply: { low: 420 * 1040 + 1 } };
    expect(problemsOf(policyOf({ targets }), calendarOf({}))).toEqual([
      "nextReply of 436801 minutes for 'low' takes over 20 years of 420 minutes a week",
    ]);
  });
});
