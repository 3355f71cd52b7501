import * as fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holidaysFrom, holidaysOf, yearsIn } from './holiday-sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'holiday-sources-'));
afterAll(() => rmSync(folder, { recursive: true }));
const datesOf = (country: string, region: string | undefined, years: string): string[] => [
  ...holidaysOf(country, region, 'public', yearsIn(years)).dates.keys(),
];

/** As governments have published them. */
describe('the holiday library', () => {
  it('knows Berlin', () => {
    // Feiertagsgesetz Berlin, with the Women's Day since 2019.
    expect(datesOf('DE', 'BE', '2026')).toEqual(
      ['01-01', '03-08', '04-03', '04-06', '05-01', '05-14', '05-25', '10-03', '12-25', '12-26'].map((date) => `2026-${date}`),
    );
    // 80 years since the end of the war: once.
    expect(datesOf('DE', 'BE', '2025')).toContain('2025-05-08');
    expect(datesOf('DE', undefined, '2026')).not.toContain('2026-03-08');
    expect(datesOf('DE', 'BY.A', '2026')).toContain('2026-08-08');
  });

  it('knows England with its substitute days', () => {
    // gov.uk/bank-holidays, and the weekend days they stand for.
    expect(datesOf('GB', 'ENG', '2026-2028')).toEqual([
      ...['01-01', '04-03', '04-06', '05-04', '05-25', '08-31', '12-25', '12-26', '12-28'].map((date) => `2026-${date}`),
      ...['01-01', '03-26', '03-29', '05-03', '05-31', '08-30', '12-25', '12-26', '12-27', '12-28'].map((date) => `2027-${date}`),
      ...['01-01', '01-03', '04-14', '04-17', '05-01', '05-29', '08-28', '12-25', '12-26'].map((date) => `2028-${date}`),
    ]);
  });

  it('knows the United States with the days observed instead', () => {
    // opm.gov: Independence Day 2026 is a Saturday; in 2027 Juneteenth, Christmas and the next New Year are, Independence Day is a Sunday.
    expect(datesOf('US', undefined, '2026-2027')).toEqual([
      ...['01-01', '01-19', '02-16', '05-25', '06-19', '07-03', '07-04', '09-07', '10-12', '11-11', '11-26', '12-25'].map(
        (date) => `2026-${date}`,
      ),
      ...['01-01', '01-18', '02-15', '05-31', '06-18', '06-19', '07-04', '07-05', '09-06', '10-11', '11-11', '11-25'].map(
        (date) => `2027-${date}`,
      ),
      ...['12-24', '12-25', '12-31'].map((date) => `2027-${date}`),
    ]);
  });

  it('knows Japan with the days between and instead', () => {
    // cao.go.jp: 6 May instead of Sunday 3 May; 22 September lies between two holidays.
    expect(datesOf('JP', undefined, '2026')).toEqual(
      (
        '01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23'
      ).split(' ').map((date) => `2026-${date}`), // prettier-ignore
    );
  });

  it('gives each day of a longer holiday, and no part of a day', () => {
    // Kurban Bayramı: half of the eve, then four days.
    expect(datesOf('TR', undefined, '2026')).toEqual(
      expect.arrayContaining(['05-27', '05-28', '05-29', '05-30'].map((day) => `2026-${day}`)),
    );
    const iceland = holidaysOf('IS', undefined, 'public', yearsIn('2026'));
    expect(iceland.dates.has('2026-12-24')).toBe(false);
    expect(iceland.notes).toContain('2026-12-24 13:00 Aðfangadagur: is a part of a day, and not taken');
    // The day the clocks go back has 25 hours.
    expect(datesOf('HT', undefined, '2026')).toContain('2026-11-01');
  });

  it('says which version it is', () => {
    expect(holidaysOf('DE', 'BE', 'public,bank', yearsIn('2026-2027')).source).toMatch(
      /^date-holidays@\d+\.\d+\.\d+ DE-BE public,bank 2026-2027$/,
    );
  });

  it.each([
    ['XX', undefined, 'public', /^country 'XX' is unknown; known: AD \(Andorra\), .*DE \(Germany\)/],
    ['de', undefined, 'public', /^country 'de' is unknown/],
    ['DE', 'QQ', 'public', /^region 'QQ' of DE is unknown; known: BB \(Brandenburg\), BE \(Berlin\)/],
    ['JP', 'TK', 'public', /^region 'TK' of JP is unknown; it has none$/],
    ['DE', 'BY.X', 'public', /^region 'BY.X' of DE is unknown; known: BY\.A \(Stadt Augsburg\)/],
    ['DE', 'BE.X', 'public', /^region 'BE.X' of DE is unknown; BE has no parts$/],
    ['DE', 'BE', 'public,pub', /^--types: 'pub' is unknown; known: public, bank, optional, school, observance$/],
  ])('refuses %s %s %s', (country, region, types, words) => {
    expect(() => holidaysOf(country, region, types, yearsIn('2026'))).toThrow(words);
  });

  it.each(['', '26', '2026-', '2028-2026', '1960', '2026-2050', '2026,2027'])('refuses the years %j', (years) => {
    expect(() => yearsIn(years)).toThrow(`--years is '${years}'; allowed: a year or two such as 2026-2028`);
  });
});

const event = (...lines: string[]): string => ['BEGIN:VEVENT', 'UID:1', 'SUMMARY:Closed', ...lines, 'END:VEVENT'].join('\r\n');
const calendarOf = (...events: string[]): string => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...events, 'END:VCALENDAR', ''].join('\r\n');
let files = 0;
const read = (text: string, years = '2026-2028', timeZone = 'Europe/Berlin') => {
  const file = join(folder, `calendar-${++files}.ics`);
  writeFileSync(file, text);
  return holidaysFrom(file, yearsIn(years), timeZone);
};
const datesIn = (...lines: string[]): string[] => [...read(calendarOf(event(...lines))).dates.keys()];

describe('an iCal file', () => {
  it('gives its whole days, the end of several excluded', () => {
    expect(datesIn('DTSTART;VALUE=DATE:20261224')).toEqual(['2026-12-24']);
    expect(datesIn('DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227')).toEqual(['2026-12-24', '2026-12-25', '2026-12-26']);
    expect(datesIn('DTSTART;VALUE=DATE:20261224', 'DURATION:P2D')).toEqual(['2026-12-24', '2026-12-25']);
    // What lies outside the years is left out, also of an event that reaches into them.
    expect(datesIn('DTSTART;VALUE=DATE:20251230', 'DTEND;VALUE=DATE:20260102')).toEqual(['2026-01-01']);
  });

  it('takes a time only where it covers the whole of a day, on the wall where it takes place', () => {
    expect(datesIn('DTSTART;TZID=America/New_York:20261224T000000', 'DTEND;TZID=America/New_York:20261225T000000')).toEqual(['2026-12-24']);
    expect(datesIn('DTSTART:20261223T120000', 'DTEND:20261226T120000')).toEqual(['2026-12-24', '2026-12-25']);
    expect(datesIn('DTSTART:20261223T230000Z', 'DTEND:20261224T230000Z')).toEqual(['2026-12-24']);
    const afternoon = read(calendarOf(event('DTSTART:20261224T140000', 'DTEND:20261224T180000')));
    expect([...afternoon.dates]).toEqual([]);
    expect(afternoon.notes).toEqual(['2026-12-24 14:00 Closed: is a part of a day, and not taken']);
  });

  it('repeats what is repeated, within the years', () => {
    expect(datesIn('DTSTART;VALUE=DATE:19900501', 'RRULE:FREQ=YEARLY')).toEqual(['2026-05-01', '2027-05-01', '2028-05-01']);
    expect(datesIn('DTSTART;VALUE=DATE:20240229', 'RRULE:FREQ=YEARLY')).toEqual(['2028-02-29']);
    expect(datesIn('DTSTART;VALUE=DATE:20260131', 'RRULE:FREQ=MONTHLY;COUNT=4')).toEqual([
      '2026-01-31',
      '2026-03-31',
      '2026-05-31',
      '2026-07-31',
    ]);
    // Never.
    expect(datesIn('DTSTART;VALUE=DATE:20200101', 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30')).toEqual([]);
    const inBerlin = ['DTSTART;TZID=Europe/Berlin:20260501T000000', 'DURATION:P1D'];
    expect(datesIn(...inBerlin, 'RRULE:FREQ=YEARLY;UNTIL=20270430T220000Z')).toEqual(['2026-05-01', '2027-05-01']);
    // The third Monday of January.
    expect(datesIn('DTSTART;VALUE=DATE:20200120', 'RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=3MO')).toEqual([
      '2026-01-19',
      '2027-01-18',
      '2028-01-17',
    ]);
    expect(datesIn('DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=WEEKLY;COUNT=3', 'EXDATE;VALUE=DATE:20260112')).toEqual([
      '2026-01-05',
      '2026-01-19',
    ]);
    expect(datesIn('DTSTART;VALUE=DATE:20260105', 'RDATE;VALUE=DATE:20260107,20270108')).toEqual([
      '2026-01-05',
      '2026-01-07',
      '2027-01-08',
    ]);
    expect(datesIn('DTSTART;VALUE=DATE:20261230', 'DTEND;VALUE=DATE:20270102', 'RRULE:FREQ=YEARLY;UNTIL=20271231')).toHaveLength(6);
  });

  it('follows an occurrence that is moved, and leaves out what is canceled', () => {
    const yearly = event('DTSTART;VALUE=DATE:20260501', 'RRULE:FREQ=YEARLY');
    const moved = event('RECURRENCE-ID;VALUE=DATE:20270501', 'DTSTART;VALUE=DATE:20270503');
    const canceled = event('RECURRENCE-ID;VALUE=DATE:20280501', 'DTSTART;VALUE=DATE:20280501', 'STATUS:CANCELLED');
    expect([...read(calendarOf(yearly, moved, canceled)).dates.keys()]).toEqual(['2026-05-01', '2027-05-03']);
    expect(datesIn('DTSTART;VALUE=DATE:20260501', 'STATUS:CANCELLED')).toEqual([]);
  });

  it('is read with folded lines, escaped text, a byte order mark and bare line feeds', () => {
    const folded = calendarOf(
      ['BEGIN:VEVENT', 'UID:2', 'DTSTART;VALUE=DATE:2026', ' 1224', 'SUMMARY:Weihnachten\\, ', ' früh', 'END:VEVENT'].join('\r\n'),
    );
    expect([...read(`\uFEFF${folded}`).dates]).toEqual([['2026-12-24', 'Weihnachten, früh']]);
    expect([...read(folded.replaceAll('\r\n', '\n')).dates.keys()]).toEqual(['2026-12-24']);
  });

  it('joins the names of one date, and is named by its hash', () => {
    const two = calendarOf(event('DTSTART;VALUE=DATE:20261224'), event('DTSTART;VALUE=DATE:20261224').replace('Closed', 'Inventory'));
    const { dates, source } = read(two);
    expect([...dates]).toEqual([['2026-12-24', 'Closed, Inventory']]);
    expect(source).toMatch(/^ical:calendar-\d+\.ics sha256:[0-9a-f]{64} 2026-2028$/);
  });

  it.each([
    ['nothing', '', /is not iCalendar/],
    ['a page', '<html><body>Not found</body></html>', /is not iCalendar/],
    ['a card', 'BEGIN:VCARD\r\nFN:Ana\r\nEND:VCARD\r\n', /it begins without BEGIN:VCALENDAR/],
    ['half a file', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\n', /is not iCalendar/],
    ['no start', calendarOf(event('DTEND;VALUE=DATE:20261224')), /event 1 'Closed': it has no DTSTART/],
    ['no date', calendarOf(event('DTSTART;VALUE=DATE:20261')), /event 1 'Closed': /],
    ['an unknown rule', calendarOf(event('DTSTART;VALUE=DATE:20260101', 'RRULE:FREQ=SOMETIMES')), /iCalendar/],
    [
      'every second',
      calendarOf(event('DTSTART:20260101T000000', 'RRULE:FREQ=SECONDLY')),
      /event 1 'Closed': RRULE FREQ=SECONDLY repeats it more often than daily/,
    ],
    [
      'three years',
      calendarOf(event('DTSTART;VALUE=DATE:20260101', 'DTEND;VALUE=DATE:20290101')),
      /event 1 'Closed': it lasts over 1000 days/,
    ],
    ['every day', calendarOf(event('DTSTART;VALUE=DATE:20260101', 'RRULE:FREQ=DAILY')), /there are over 1000 dates/],
    [
      'a date that does not exist',
      calendarOf(event('DTSTART;VALUE=DATE:20260230')),
      /event 1 'Closed': DTSTART '2026-02-30' is no time that exists/,
    ],
    ['an end before the start', calendarOf(event('DTSTART:20260102T000000', 'DTEND:20260101T000000')), /it ends before it begins/],
    ['too large', ' '.repeat(5_000_001), /has 5000001 bytes; allowed: 5 MB/],
  ])('is refused when it is %s', (_what, text, words) => {
    expect(() => read(text)).toThrow(words);
  });

  it('never ends in another error than a refusal, whatever is broken in it', () => {
    const whole = calendarOf(
      event('DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=1MO', 'EXDATE;VALUE=DATE:20270104'),
      event('DTSTART:20261224T000000Z', 'DURATION:P1D', 'STATUS:CONFIRMED'),
    );
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(12), fc.string({ maxLength: 12 }), (at, length, other) => {
        try {
          read(whole.slice(0, at) + other + whole.slice(at + length));
        } catch (error) {
          expect((error as Error).message).toMatch(/^\S+\.ics: |^there are over 1000 dates/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
