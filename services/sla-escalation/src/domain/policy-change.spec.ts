import { Calendar, type SlaPolicy } from '@signalbox/contracts';
import { aroundTheClock, businessTime } from './calendar.js';
import { clocksOf, type ClockRules, type ClockState } from './clock.js';
import { clocksUnder, type PolicyVersion } from './policy-change.js';
import type { Happening, TicketFact } from './ticket-fact.js';

const at = (instant: string): number => Date.parse(`2026-12-${instant}Z`);
const iso = (instant: number | null): string | null => (instant === null ? null : new Date(instant).toISOString());
const facts = (...events: (Happening & { on: string })[]): TicketFact[] =>
  events.map(({ on, ...fact }, version) => ({ ...fact, at: at(on), topic: 'x', version }));
const rulesWith = (targets: SlaPolicy['targets'], part: Partial<ClockRules> = {}): ClockRules => ({ targets, resolution: 'total', pauseOn: ['pending', 'on-hold'], pauseMinutesMax: null, ...part }); // prettier-ignore
const since = (instant: string, rules: ClockRules, time = aroundTheClock): PolicyVersion => ({ from: at(instant), rules, time });
const brief = ({ target, instance, status, dueAt }: ClockState): unknown[] => [target, instance, status, iso(dueAt)];

const received = { on: '07T09:00:00', type: 'received', priority: 'normal' } as const;
const slow = rulesWith({ firstResponse: { normal: 240 }, resolution: { normal: 600 } });
const fast = rulesWith({ firstResponse: { normal: 60 }, resolution: { normal: 120 } });

describe('a policy that was edited', () => {
  it('recomputes what runs from its start', () => {
    const clocks = clocksUnder([since('01T00:00:00', slow), since('07T09:30:00', fast)], facts(received), at('07T09:40:00'));
    expect(clocks.map(brief)).toEqual([
      ['firstResponse', 1, 'running', '2026-12-07T10:00:00.000Z'],
      ['resolution', 1, 'running', '2026-12-07T11:00:00.000Z'],
    ]);
  });

  it('leaves what had stopped as it was', () => {
    const answered = facts(received, { on: '07T11:00:00', type: 'agent-replied', by: 'human' });
    const clocks = clocksUnder([since('01T00:00:00', slow), since('07T12:00:00', fast)], answered, at('07T12:00:00'));
    expect(clocks.map(brief)).toEqual([
      ['firstResponse', 1, 'met', '2026-12-07T13:00:00.000Z'],
      ['resolution', 1, 'breached', '2026-12-07T11:00:00.000Z'],
    ]);
  });

  it('is not yet in force before its instant', () => {
    const versions = [since('01T00:00:00', slow), since('07T12:00:00', fast)];
    expect(clocksUnder(versions, facts(received), at('07T11:59:59'))).toMatchObject(
      clocksOf(facts(received), slow, aroundTheClock, at('07T11:59:59')),
    );
  });

  it('takes back the breach that a forgotten holiday made', () => {
    const week = { mon: [['09:00', '17:00']], tue: [['09:00', '17:00']] };
    const office = businessTime(Calendar.parse({ timeZone: 'UTC', week }));
    const corrected = businessTime(Calendar.parse({ timeZone: 'UTC', week, holidays: ['2026-12-07'] }));
    const versions = [since('01T00:00:00', slow, office), since('07T15:00:00', slow, corrected)];
    expect(clocksUnder(versions, facts(received), at('07T14:00:00')).map(brief)[0]).toEqual([
      'firstResponse',
      1,
      'breached',
      '2026-12-07T13:00:00.000Z',
    ]);
    expect(clocksUnder(versions, facts(received), at('07T15:00:00')).map(brief)[0]).toEqual([
      'firstResponse',
      1,
      'running',
      '2026-12-08T13:00:00.000Z',
    ]);
  });

  it('does not owe again what an earlier version had seen solved for good', () => {
    const reopened = facts(received, { on: '07T10:00:00', type: 'status', value: 'solved' }, { on: '08T10:00:00', type: 'reopened' });
    const first = rulesWith({ resolution: { normal: 600 } }, { resolution: 'first' });
    const total = rulesWith({ resolution: { normal: 600 } });
    const clocks = clocksUnder([since('01T00:00:00', first), since('07T20:00:00', total)], reopened, at('08T11:00:00'));
    expect(clocks.map(brief)).toEqual([['resolution', 1, 'met', '2026-12-07T19:00:00.000Z']]);
  });

  it('starts the clock of a target that is new in it from the receipt', () => {
    const versions = [since('01T00:00:00', rulesWith({ firstResponse: { normal: 240 } })), since('07T10:00:00', slow)];
    expect(clocksUnder(versions, facts(received), at('07T10:00:00')).map(brief)).toEqual([
      ['firstResponse', 1, 'running', '2026-12-07T13:00:00.000Z'],
      ['resolution', 1, 'running', '2026-12-07T19:00:00.000Z'],
    ]);
  });

  it('counts instances over all versions', () => {
    const talk = facts(
      received,
      { on: '07T09:10:00', type: 'agent-replied', by: 'human' },
      { on: '07T10:00:00', type: 'customer-replied' },
      { on: '07T10:20:00', type: 'agent-replied', by: 'human' },
      { on: '07T13:00:00', type: 'customer-replied' },
    );
    const versions = [
      since('01T00:00:00', rulesWith({ nextReply: { normal: 240 } })),
      since('07T12:00:00', rulesWith({ nextReply: { normal: 60 } })),
    ];
    expect(clocksUnder(versions, talk, at('07T13:10:00')).map(brief)).toEqual([
      ['nextReply', 1, 'met', '2026-12-07T14:00:00.000Z'],
      ['nextReply', 2, 'running', '2026-12-07T14:00:00.000Z'],
    ]);
  });
});
