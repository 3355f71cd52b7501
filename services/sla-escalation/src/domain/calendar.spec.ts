import { Calendar } from '@signalbox/contracts';
import { businessTime, type WorkingTime } from './calendar.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const at = (instant: string): number => Date.parse(instant);
const iso = (instant: number): string => new Date(instant).toISOString();
const hours = (calendar: object): WorkingTime => businessTime(Calendar.parse({ timeZone: 'Europe/Berlin', week: {}, ...calendar }));
const nineToFive = ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, [['09:00', '17:00']]]);
const office = hours({ week: Object.fromEntries(nineToFive), holidays: ['2026-12-25'], extraOpen: { '2026-12-27': [['10:00', '14:00']] } });

describe('business time', () => {
  it('leaves a deadline that falls on closing time there', () => {
    expect(iso(office.after(at('2026-12-07T08:00:00Z'), 8 * HOUR_MS))).toBe('2026-12-07T16:00:00.000Z');
    expect(iso(office.after(at('2026-12-07T08:00:00Z'), 8 * HOUR_MS + 1))).toBe('2026-12-08T08:00:00.001Z');
  });

  it('gives the starting instant for nothing to count, open or closed', () => {
    expect(iso(office.after(at('2026-12-06T03:00:00Z'), 0))).toBe('2026-12-06T03:00:00.000Z');
  });

  it('leaves out holidays and counts extra-open days', () => {
    // From Thursday 16:00 one hour, Friday is Christmas, Sunday is open for four hours, the rest is Monday.
    expect(iso(office.after(at('2026-12-24T15:00:00Z'), 6 * HOUR_MS))).toBe('2026-12-28T09:00:00.000Z');
    expect(office.msBetween(at('2026-12-24T15:00:00Z'), at('2026-12-28T09:00:00Z'))).toBe(6 * HOUR_MS);
  });

  it('counts across the end of the year, also to the last closing of it', () => {
    const allDay = hours({ timeZone: 'UTC', week: { thu: [['00:00', '24:00']], fri: [['00:00', '24:00']] } });
    expect(iso(allDay.after(at('2026-12-31T12:00:00Z'), 12 * HOUR_MS))).toBe('2027-01-01T00:00:00.000Z');
    expect(iso(allDay.after(at('2026-12-31T12:00:00Z'), 13 * HOUR_MS))).toBe('2027-01-01T01:00:00.000Z');
    expect(allDay.intervals(at('2026-12-31T12:00:00Z'), at('2027-01-01T02:00:00Z')).map(({ from, to }) => [iso(from), iso(to)])).toEqual([
      ['2026-12-31T12:00:00.000Z', '2027-01-01T02:00:00.000Z'],
    ]);
    // 2027-01-01 00:00 in Berlin is still 2026 in UTC; the office closes its year on Thursday at 16:00 UTC.
    expect(iso(office.after(at('2026-12-31T15:00:00Z'), HOUR_MS))).toBe('2026-12-31T16:00:00.000Z');
  });

  it('finds every open minute of a night that begins twice', () => {
    // In Newfoundland, 2010, the clocks went from 00:01 back to 23:01 of the day before.
    const newfoundland = hours({ timeZone: 'America/St_Johns', week: { sat: [['23:00', '24:00']], sun: [['00:00', '00:30']] } });
    expect(newfoundland.msBetween(at('2010-11-07T00:00:00Z'), at('2010-11-08T00:00:00Z'))).toBe((60 + 1 + 59 + 30) * MINUTE_MS);
  });

  it('knows the offset of a zone that is not a quarter of an hour, and one that moves by half an hour', () => {
    const wednesday = { week: { wed: [['09:00', '10:00']] } };
    expect(hours({ timeZone: 'Asia/Kathmandu', ...wednesday }).intervals(at('2026-07-01T00:00:00Z'), at('2026-07-02T00:00:00Z'))).toEqual([
      { from: at('2026-07-01T03:15:00Z'), to: at('2026-07-01T04:15:00Z') },
    ]);
    const lordHowe = hours({ timeZone: 'Australia/Lord_Howe', week: { sun: [['00:00', '06:00']] } });
    expect(lordHowe.msBetween(at('2026-04-04T00:00:00Z'), at('2026-04-05T12:00:00Z'))).toBe(6.5 * HOUR_MS);
    expect(lordHowe.msBetween(at('2026-10-03T00:00:00Z'), at('2026-10-04T12:00:00Z'))).toBe(5.5 * HOUR_MS);
  });

  it('changes everything from the midnight of a date in its zone on', () => {
    const allDay = [['00:00', '24:00']];
    const changing = hours({
      week: { fri: allDay, sat: allDay },
      holidays: ['2027-01-02', '2027-01-09'],
      extraOpen: { '2027-01-10': allDay },
      changes: [
        { from: '2027-01-02', week: { sat: [['10:00', '12:00']] }, holidays: ['2027-01-16'] },
        { from: '2027-02-01', week: { mon: [['09:00', '10:00']] } },
      ],
    });
    // Friday ends at the midnight of Berlin. Saturday's old holidays and the extra Sunday are no more; the new holiday is one.
    expect(changing.intervals(at('2026-12-31T12:00:00Z'), at('2027-02-08T00:00:00Z')).map(({ from, to }) => [iso(from), iso(to)])).toEqual([
      ['2026-12-31T23:00:00.000Z', '2027-01-01T23:00:00.000Z'],
      ['2027-01-02T09:00:00.000Z', '2027-01-02T11:00:00.000Z'],
      ['2027-01-09T09:00:00.000Z', '2027-01-09T11:00:00.000Z'],
      ['2027-01-23T09:00:00.000Z', '2027-01-23T11:00:00.000Z'],
      ['2027-01-30T09:00:00.000Z', '2027-01-30T11:00:00.000Z'],
      ['2027-02-01T08:00:00.000Z', '2027-02-01T09:00:00.000Z'],
    ]);
    expect(iso(changing.after(at('2026-12-31T23:00:00Z'), 27 * HOUR_MS))).toBe('2027-01-09T10:00:00.000Z');
  });

  it('waits for a change that opens, and says never after one that closes', () => {
    const opening = hours({ changes: [{ from: '2030-06-03', week: { mon: [['09:00', '10:00']] } }] });
    expect(iso(opening.after(at('2026-12-07T08:00:00Z'), HOUR_MS))).toBe('2030-06-03T08:00:00.000Z');
    const closing = hours({ week: { mon: [['09:00', '10:00']] }, changes: [{ from: '2028-01-04', week: {} }] });
    // The last Monday before it.
    expect(iso(closing.after(at('2027-12-27T12:00:00Z'), HOUR_MS))).toBe('2028-01-03T09:00:00.000Z');
    expect(closing.after(at('2027-12-27T12:00:00Z'), HOUR_MS + 1)).toBe(Infinity);
  });

  it('says never for a calendar that does not open long enough', () => {
    expect(hours({}).after(at('2026-12-07T08:00:00Z'), 1)).toBe(Infinity);
    const once = hours({ extraOpen: { '2027-05-03': [['10:00', '11:00']] } });
    expect(iso(once.after(at('2026-12-07T08:00:00Z'), HOUR_MS))).toBe('2027-05-03T09:00:00.000Z');
    expect(once.after(at('2026-12-07T08:00:00Z'), HOUR_MS + 1)).toBe(Infinity);
  });

  it('refuses an instant outside the years it can tell', () => {
    expect(() => office.after(at('1850-01-01T00:00:00Z'), 1)).toThrow('outside the years a calendar can tell: 1900 to 2199');
  });
});
