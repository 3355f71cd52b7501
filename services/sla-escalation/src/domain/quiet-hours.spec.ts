import fc from 'fast-check';
import { quietUntil } from './quiet-hours.js';
import { TimeZone } from './time-zone.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
type QuietHours = NonNullable<Parameters<typeof quietUntil>[0]>;
const night: QuietHours = { timeZone: 'Europe/Berlin', from: '20:00', to: '07:00', exceptPriorities: ['urgent'] };
const until = (now: string, more: Partial<QuietHours> = {}) => {
  const at = quietUntil({ ...night, ...more }, 'normal', Date.parse(now));
  return at === null ? null : new Date(at).toISOString();
};

describe('quiet hours', () => {
  it.each([
    ['in the evening until the morning', '2026-11-26T19:00:00Z', '2026-11-27T06:00:00.000Z'],
    ['after midnight until the same morning', '2026-11-27T02:30:00Z', '2026-11-27T06:00:00.000Z'],
    ['from their first instant', '2026-11-26T19:00:00.000Z', '2026-11-27T06:00:00.000Z'],
    ['not at their last one', '2026-11-27T06:00:00Z', null],
    ['not before them', '2026-11-26T18:59:59.999Z', null],
    ['an hour longer in the night the clocks are set back', '2026-10-24T18:00:00Z', '2026-10-25T06:00:00.000Z'],
    ['an hour shorter in the night they are set forward', '2026-03-28T19:00:00Z', '2026-03-29T05:00:00.000Z'],
  ])('hold %s', (_, now, expected) => {
    expect(until(now)).toBe(expected);
  });

  it('end when the clocks skip their end, and begin again with the hour that is repeated', () => {
    expect(until('2026-03-29T00:30:00Z', { from: '01:00', to: '02:30' })).toBe('2026-03-29T01:00:00.000Z');
    const repeated = { from: '02:00', to: '02:30' };
    expect(until('2026-10-25T00:10:00Z', repeated)).toBe('2026-10-25T00:30:00.000Z');
    expect(until('2026-10-25T00:40:00Z', repeated)).toBeNull();
    expect(until('2026-10-25T01:10:00Z', repeated)).toBe('2026-10-25T01:30:00.000Z');
  });

  it('may lie within a day, and end with it', () => {
    expect(until('2026-11-26T12:30:00Z', { from: '13:00', to: '14:00' })).toBe('2026-11-26T13:00:00.000Z');
    expect(until('2026-11-26T19:30:00Z', { to: '24:00' })).toBe('2026-11-26T23:00:00.000Z');
    expect(until('2026-11-26T19:30:00Z', { to: '00:00' })).toBe('2026-11-26T23:00:00.000Z');
  });

  it('hold nothing of a priority that is excepted, without a policy of theirs, and when it is never loud', () => {
    expect(quietUntil(night, 'urgent', Date.parse('2026-11-26T22:00:00Z'))).toBeNull();
    expect(quietUntil(undefined, 'low', Date.parse('2026-11-26T22:00:00Z'))).toBeNull();
    expect(until('2026-11-26T22:00:00Z', { from: '00:00', to: '24:00' })).toBeNull();
    expect(until('2026-11-26T22:00:00Z', { from: '24:00', to: '00:00' })).toBeNull();
  });

  it('end at an instant that is not quiet, at most 25 hours away', () => {
    const zones = ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Casablanca', 'America/Santiago'];
    const minute = fc.integer({ min: 0, max: 1439 });
    const time = (of: number) => `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`;
    const instant = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2028, 0) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), minute, minute, instant, (timeZone, from, to, now) => {
        fc.pre(from !== to);
        const quiet = (at: number): boolean => {
          const wall = Math.floor((((at + TimeZone.named(timeZone).offsetMsAt(at)) / MINUTE_MS) % 1440) + 1440) % 1440;
          return from < to ? wall >= from && wall < to : wall >= from || wall < to;
        };
        const end = quietUntil({ timeZone, from: time(from), to: time(to), exceptPriorities: [] }, 'normal', now);
        expect(end !== null).toBe(quiet(now));
        if (end === null) return;
        expect(quiet(end)).toBe(false);
        expect(quiet(end - 1)).toBe(true);
        expect(end - now).toBeLessThanOrEqual(25 * HOUR_MS);
      }),
      { numRuns: 500 },
    );
  });
});
