import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckedFiles } from '../company-files.ts';
import { compareHolidays, type HolidaysAsked } from './holidays.ts';

const folder = mkdtempSync(join(tmpdir(), 'holidays-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const ask = (asked: Partial<HolidaysAsked>) =>
  compareHolidays({
    country: 'DE',
    region: 'BE',
    types: 'public',
    years: '2026-2027',
    ical: [],
    calendar: undefined,
    name: undefined,
    write: false,
    ...asked,
  });
const sample = 'config/sample/calendars.yaml';

describe('npm run signalbox -- holidays', () => {
  it('finds in the sample calendar what the sources it names say, and nothing else', () => {
    const { found, words, exitCode } = ask({ calendar: sample, name: 'berlin-office' });
    expect(found).toMatchObject({ missing: [], onlyInCalendar: [] });
    expect([exitCode, words[0]]).toEqual([0, `${sample}: berlin-office has all 20 dates and no others`]);
    const { content } = readCheckedFiles([sample]).find(({ name }) => name === 'berlin-office')!;
    expect(content).toMatchObject({ holidaySources: found.sources });
  });

  it('lists the dates with their names, the source with its version, and whose work it is', () => {
    const { words, exitCode } = ask({ years: '2026' });
    expect(exitCode).toBeUndefined();
    expect(words[0]).toBe('2026-01-01 Thu Neujahr');
    expect(words.slice(-3).join('\n')).toMatch(/^10 dates\nsource: date-holidays@\S+ DE-BE public 2026\n.*ISC; its data CC BY-SA 3\.0/);
  });

  it('is a command that ends with 1 when the two differ', () => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const asked = ['--country', 'DE', '--years', '2026', '--calendar', sample, '--name', 'berlin-office', '--json'];
    const parameters = ['--no-warnings', 'tools/cli.ts', 'holidays', ...asked];
    const { status, stdout } = spawnSync(process.execPath, parameters, { encoding: 'utf8', env });
    expect({ status, found: JSON.parse(stdout) as unknown }).toMatchObject({
      status: 1,
      found: { missing: [], onlyInCalendar: ['2026-03-08'] },
    });
  });

  const YAML = `# The desk's hours.
calendar:
  office:
    timeZone: Europe/Berlin
    week: { mon: [['09:00', '17:00']] } # only Mondays
    holidays:
      - '2026-01-01' # written by hand
      # Agreed with the works council.
      - '2026-02-16' # Rose Monday
      - '2026-12-25'
    changes:
      - from: '2026-06-01'
        week: { tue: [['09:00', '17:00']] }
        holidays:
          - '2026-12-24'
  other:
    timeZone: UTC
    week: {}
`;

  it('names what the list in force on a date lacks, and what no source says', () => {
    const { found, words, exitCode } = ask({ years: '2026', calendar: write('office.yaml', YAML), name: 'office' });
    expect(exitCode).toBe(1);
    // Christmas stands in the list that no longer holds in December.
    expect(found.missing?.map(({ date }) => date.slice(5))).toEqual(
      ['03-08', '04-03', '04-06', '05-01', '05-14', '05-25', '10-03', '12-25', '12-26'], // prettier-ignore
    );
    expect(found.onlyInCalendar).toEqual(['2026-02-16', '2026-12-24']);
    expect(words).toContain('missing 2026-10-03 Sat Tag der Deutschen Einheit');
    expect(words).toContain('only in the calendar 2026-12-24');
  });

  it('writes what is missing, with its name; what was there stays as it was', () => {
    const file = write('written.yaml', YAML);
    expect(ask({ years: '2026', calendar: file, name: 'office', write: true })).toMatchObject({ exitCode: 1, found: { written: 9 } });
    const { sources } = ask({ years: '2026' }).found;
    expect(readFileSync(file, 'utf8')).toBe(`# The desk's hours.
calendar:
  office:
    timeZone: Europe/Berlin
    week: {mon: [['09:00', '17:00']]} # only Mondays
    holidays:
      - '2026-01-01' # written by hand
      # Agreed with the works council.
      - '2026-02-16' # Rose Monday
      - '2026-03-08' # Internationaler Frauentag
      - '2026-04-03' # Karfreitag
      - '2026-04-06' # Ostermontag
      - '2026-05-01' # Maifeiertag
      - '2026-05-14' # Christi Himmelfahrt
      - '2026-05-25' # Pfingstmontag
      - '2026-12-25'
    changes:
      - from: '2026-06-01'
        week: {tue: [['09:00', '17:00']]}
        holidays:
          - '2026-10-03' # Tag der Deutschen Einheit
          - '2026-12-24'
          - '2026-12-25' # 1. Weihnachtstag
          - '2026-12-26' # 2. Weihnachtstag
    holidaySources:
      - '${sources[0]}'
  other:
    timeZone: UTC
    week: {}
`);
    expect(ask({ years: '2026', calendar: file, name: 'office' }).found.missing).toEqual([]);
    expect(readCheckedFiles([file])).toHaveLength(2);
  });

  it('writes the sample without touching anything else in it', () => {
    const before = readFileSync(sample, 'utf8');
    const file = write('sample.yaml', before);
    expect(ask({ years: '2026-2028', calendar: file, name: 'berlin-office', write: true })).toMatchObject({ exitCode: 0 });
    const after = readFileSync(file, 'utf8').split('\n');
    const lost = before.split('\n').filter((line) => !after.includes(line));
    // Ten every year, and 17 June once. The source's years took the place of the fewer before.
    expect(lost).toEqual([expect.stringMatching(/ DE-BE public 2026-2027'$/)]);
    expect(after.length - before.split('\n').length).toBe(11);
  });

  it('makes the lists where there are none, from a library and a file together', () => {
    const file = write('bare.yaml', 'calendar:\n  bare:\n    timeZone: Europe/Berlin\n    week: {}\n    holidays: []\n');
    const ical = write(
      'days.ics',
      'BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nSUMMARY:Party\nEND:VEVENT\nEND:VCALENDAR\n',
    );
    const asked = { years: '2026', ical: [ical], calendar: file };
    expect(ask({ ...asked, write: true })).toMatchObject({ exitCode: 0, found: { written: 11 } });
    expect(ask(asked)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(file, 'utf8')).toContain("      - '2026-12-24' # Party\n");
    expect(readCheckedFiles([file])[0]!.content).toMatchObject({
      holidaySources: [expect.stringMatching(/^date-holidays@/), expect.stringMatching(/^ical:days\.ics sha256:[0-9a-f]{64} 2026$/)],
    });
  });

  it.each([
    [{ years: undefined }, /^--years is ''/],
    [{ country: undefined, region: undefined }, /^holidays needs a source/],
    [{ country: undefined, ical: ['x.ics'] }, /^--region needs --country/],
    [{ write: true }, /^--write needs --calendar FILE/],
    [{ name: 'x' }, /^--name needs --calendar FILE/],
    [{ calendar: sample }, /there are several calendars; --name can be: berlin-office, 24x7$/],
    [{ calendar: sample, name: 'x' }, /there is no calendar 'x'; --name can be: berlin-office, 24x7$/],
    [{ calendar: 'missing.yaml' }, /missing\.yaml/],
    [{ ical: ['missing.ics'] }, /^missing\.ics: cannot be read: ENOENT/],
  ])('refuses %j', (asked, words) => {
    expect(() => ask(asked)).toThrow(words);
  });

  it('changes no list that stands somewhere else, and no JSON', () => {
    const shared =
      'calendar:\n  a:\n    timeZone: UTC\n    week: {}\n    holidays: &days []\n  b:\n    timeZone: UTC\n    week: {}\n    holidays: *days\n';
    const file = write('shared.yaml', shared);
    expect(() => ask({ calendar: file, name: 'b', write: true })).toThrow(/calendar\.b\.holidays is written elsewhere \(an alias\)/);
    expect(readFileSync(file, 'utf8')).toBe(shared);
    const json = write('one.json', '{"calendar": {"a": {"timeZone": "UTC", "week": {}}}}');
    expect(() => ask({ calendar: json, write: true })).toThrow(/which JSON has not: make it \.yaml/);
  });
});
