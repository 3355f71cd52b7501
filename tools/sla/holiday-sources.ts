import Holidays, { type HolidaysTypes } from 'date-holidays';
import ICAL from 'ical.js';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
// oxlint-disable-next-line import/default -- it is CommonJS, of which lint reads the other half
import rrule, { type RRule as Rule } from 'rrule';
import { WrongUse } from '../decisions/findings.ts';

const { RRule } = rrule;

/** Dates a source says are holidays. */
export interface HolidaySource {
  /** The source with its exact version, as a calendar's `holidaySources` names it. */
  readonly source: string;
  /** Date to its name, in order. */
  readonly dates: ReadonlyMap<string, string>;
  /** What it says that a calendar of whole days cannot. */
  readonly notes: readonly string[];
}
export interface Years {
  readonly from: number;
  readonly to: number;
}

/** As many as a calendar may have. */
export const DATES_MAX = 1000;
const YEARS_MAX = 20;
const ICAL_MB_MAX = 5;
/** A source and its version fit into the 200 characters a calendar gives them. */
const NAME_MAX = 100;
const TYPES = ['public', 'bank', 'optional', 'school', 'observance'] as const;
const DAY_MS = 86_400_000;

/** @throws WrongUse when it is not `2026` or `2026-2028`, at most 20 years between 1970 and 2100 */
export function yearsIn(text: string | undefined): Years {
  const [, from, to = from] = /^(\d{4})(?:-(\d{4}))?$/.exec(text ?? '') ?? [];
  const years = { from: Number(from), to: Number(to) };
  if (!(years.from >= 1970 && years.to <= 2100 && years.from <= years.to && years.to - years.from < YEARS_MAX))
    throw new WrongUse(
      `--years is '${text ?? ''}'; allowed: a year or two such as 2026-2028, from 1970 to 2100, at most ${YEARS_MAX} of them`,
    );
  return years;
}

/**
 * The holidays of a country, or of a region of it (`BY`, or `BY.A` for a part of that), as the holiday library knows them.
 * @throws WrongUse naming what is unknown and what there is
 */
export function holidaysOf(country: string, region: string | undefined, types: string, years: Years): HolidaySource {
  const place = placeOf(country, region);
  const wanted = types.split(',');
  const unknown = wanted.filter((type) => !TYPES.some((known) => known === type));
  if (unknown.length > 0) throw new WrongUse(`--types: '${unknown.join(', ')}' is unknown; known: ${TYPES.join(', ')}`);
  const library = new Holidays(place);
  const dates = new Map<string, string>();
  const notes: string[] = [];
  for (let year = years.from; year <= years.to; year++)
    for (const holiday of library.getHolidays(year).filter(({ type }) => wanted.includes(type))) {
      const whole = wholeDays(holiday);
      if (whole.length === 0) notes.push(`${holiday.date.slice(0, 16)} ${holiday.name}: is a part of a day, and not taken`);
      for (const date of whole) add(dates, date, holiday.name, years);
    }
  return {
    source: `date-holidays@${versionOfLibrary()} ${Object.values(place).join('-')} ${wanted.join(',')} ${spanOf(years)}`,
    dates: inOrder(dates),
    notes,
  };
}

/** The library answers an unknown country with none, and an unknown region with the whole country's: silently wrong. */
function placeOf(country: string, region = ''): HolidaysTypes.Country {
  const library = new Holidays();
  const listed = (known: Record<string, string>): string =>
    Object.entries(known)
      .map(([code, name]) => `${code} (${name})`)
      .join(', ');
  const countries = library.getCountries('en');
  if (!Object.hasOwn(countries, country)) throw new WrongUse(`country '${country}' is unknown; known: ${listed(countries)}`);
  const [state, part, ...more] = region === '' ? [] : region.split('.');
  if (state === undefined) return { country };
  const states = library.getStates(country, 'en') ?? {};
  if (!Object.hasOwn(states, state))
    throw new WrongUse(
      `region '${state}' of ${country} is unknown; ${Object.keys(states).length === 0 ? 'it has none' : `known: ${listed(states)}`}`,
    );
  if (part === undefined) return { country, state };
  const parts = library.getRegions(country, state, 'en') ?? {};
  if (more.length > 0 || !Object.hasOwn(parts, part)) {
    const known = listed(Object.fromEntries(Object.entries(parts).map(([code, name]) => [`${state}.${code}`, name])));
    throw new WrongUse(`region '${region}' of ${country} is unknown; ${known === '' ? `${state} has no parts` : `known: ${known}`}`);
  }
  return { country, state, region: part };
}

/** From `2026-03-20 00:00:00 -0600` on, as many days as it lasts; a day of 23 or 25 hours is one. */
function wholeDays({ date, start, end }: HolidaysTypes.Holiday): string[] {
  if (date.slice(11, 19) !== '00:00:00') return [];
  const days = Math.floor((end.getTime() - start.getTime() + 3_600_000) / DAY_MS);
  return Array.from({ length: days }, (_, index) => dateOf(Date.parse(date.slice(0, 10)) + index * DAY_MS));
}

function versionOfLibrary(): string {
  return (createRequire(import.meta.url)('date-holidays/package.json') as { version: string }).version;
}

/**
 * The dates of an iCalendar file's events: whole days alone, the days of a longer one each, repeated ones within the years.
 * Times are those on the wall where the event takes place; of an instant in UTC, on the wall of `timeZone`.
 * @throws WrongUse naming the file, the event and what is wrong with it
 */
export function holidaysFrom(file: string, years: Years, timeZone: string): HolidaySource {
  const bytes = bytesOf(file);
  const dates = new Map<string, string>();
  const notes: string[] = [];
  for (const event of eventsOf(bytes.toString('utf8'), file))
    for (const at of occurrencesOf(event, years)) {
      const [from, to] = [at, at + event.lastsMs].map((wall) => (event.isUtc ? wallOf(wall, timeZone) : wall)) as [number, number];
      const whole = datesWithin(from, to);
      if (whole.length === 0 && within(years, new Date(from).getUTCFullYear()))
        notes.push(`${dateOf(from)} ${timeOf(from)} ${event.summary}: is a part of a day, and not taken`);
      for (const date of whole) add(dates, date, event.summary, years);
    }
  const hash = createHash('sha256').update(bytes).digest('hex');
  return { source: `ical:${basename(file).slice(0, NAME_MAX)} sha256:${hash} ${spanOf(years)}`, dates: inOrder(dates), notes };
}

function bytesOf(file: string): Buffer {
  try {
    const { size } = statSync(file);
    if (size > ICAL_MB_MAX * 1e6) throw new WrongUse(`${file}: has ${size} bytes; allowed: ${ICAL_MB_MAX} MB`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof WrongUse) throw error;
    throw new WrongUse(`${file}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** An event as it stands in the file. Instants are what its wall clock shows, as if that were UTC, in ms. */
interface FileEvent {
  readonly summary: string;
  readonly from: number;
  readonly lastsMs: number;
  readonly isUtc: boolean;
  readonly rules: readonly Rule[];
  readonly extra: readonly number[];
  /** Dates on which it is not repeated, or is by an event of its own. */
  readonly except: ReadonlySet<string>;
}

function eventsOf(text: string, file: string): FileEvent[] {
  let calendars: ICAL.Component[];
  try {
    const parsed = ICAL.parse(text.replace(/^\uFEFF/, '')) as [string] | [string][];
    calendars = (typeof parsed[0] === 'string' ? [parsed] : parsed).map((calendar) => new ICAL.Component(calendar as never));
  } catch (error) {
    throw new WrongUse(`${file}: is not iCalendar: ${(error as Error).message}`, { cause: error });
  }
  if (calendars.length === 0 || calendars.some(({ name }) => name !== 'vcalendar'))
    throw new WrongUse(`${file}: is not iCalendar: it begins without BEGIN:VCALENDAR`);
  const components = calendars.flatMap((calendar) => calendar.getAllSubcomponents('vevent'));
  const each = <T>(of: (component: ICAL.Component) => T): T[] =>
    components.map((component, index) => {
      try {
        return of(component);
      } catch (error) {
        throw new WrongUse(`${file}: event ${index + 1}${named(component)}: ${(error as Error).message}`, { cause: error });
      }
    });
  const moved = new Map<unknown, Set<string>>();
  each((component) => {
    const date = movedFrom(component);
    const uid = component.getFirstPropertyValue('uid');
    if (date !== null) moved.set(uid, (moved.get(uid) ?? new Set()).add(date));
  });
  return each((component) => eventIn(component, moved)).filter((event) => event !== null);
}

/** An occurrence of a repeated event that is moved or canceled is an event of its own, of the same UID: the date it had. */
function movedFrom(event: ICAL.Component): string | null {
  const had = event.getFirstProperty('recurrence-id');
  if (had === null) return null;
  if (had.getParameter('range') !== undefined) throw new Error('RECURRENCE-ID with a RANGE is not known here');
  return dateOf(timesOf(had)[0]!.at);
}

/** Null when it is canceled. */
function eventIn(event: ICAL.Component, moved: ReadonlyMap<unknown, ReadonlySet<string>>): FileEvent | null {
  const begin = event.getFirstProperty('dtstart');
  if (begin === null) throw new Error('it has no DTSTART');
  const { at: from, isDate, isUtc } = timesOf(begin)[0]!;
  const status = event.getFirstPropertyValue('status');
  if (typeof status === 'string' && status.toUpperCase() === 'CANCELLED') return null;
  if (event.hasProperty('exrule')) throw new Error('EXRULE is not known here');
  const isOne = event.hasProperty('recurrence-id');
  const all = (name: string): number[] => event.getAllProperties(name).flatMap((property) => timesOf(property).map(({ at }) => at));
  const untilIn = wallZoneOf(begin.getParameter('tzid'));
  return {
    summary: summaryOf(event) ?? 'without a name',
    from,
    lastsMs: lastsMs(event, from, isDate),
    isUtc,
    rules: isOne ? [] : event.getAllProperties('rrule').map((property) => ruleIn(String(property.getFirstValue()), from, isUtc, untilIn)),
    extra: isOne ? [] : all('rdate'),
    except: new Set(isOne ? [] : [...all('exdate').map(dateOf), ...(moved.get(event.getFirstPropertyValue('uid')) ?? [])]),
  };
}

function lastsMs(event: ICAL.Component, from: number, isDate: boolean): number {
  const end = event.getFirstProperty('dtend');
  const duration = event.getFirstPropertyValue('duration');
  const ms =
    end !== null ? timesOf(end)[0]!.at - from : duration instanceof ICAL.Duration ? duration.toSeconds() * 1000 : isDate ? DAY_MS : 0;
  if (ms < 0) throw new Error('it ends before it begins');
  if (ms > DATES_MAX * DAY_MS) throw new Error(`it lasts over ${DATES_MAX} days`);
  return ms;
}

/** ical.js reads rules but repeats many of them wrongly (29 February becomes 1 March); rrule agrees with dateutil in all that were tried. */
function ruleIn(text: string, from: number, isUtc: boolean, untilZone: string | undefined): Rule {
  const rule = RRule.parseString(text);
  if (rule.freq === undefined || rule.freq > RRule.DAILY) throw new Error(`RRULE ${text} repeats it more often than daily`);
  // An end in UTC, of what begins on a wall, is told in that wall's time.
  const until = rule.until && !isUtc && untilZone !== undefined && /UNTIL=\w+Z/.test(text) ? wallOf(+rule.until, untilZone) : rule.until;
  return new RRule({ ...rule, dtstart: new Date(from), ...(until ? { until: new Date(until) } : {}) });
}

function wallZoneOf(zone: unknown): string | undefined {
  try {
    return typeof zone === 'string' ? new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone : undefined;
  } catch {
    // A name of the file's own; an end in UTC is then taken as it is.
    return undefined;
  }
}

function occurrencesOf({ from, lastsMs: length, rules, extra, except }: FileEvent, years: Years): number[] {
  const window = [new Date(Date.UTC(years.from, 0, 1) - length - DAY_MS), new Date(Date.UTC(years.to + 1, 0, 2))] as const;
  const repeated = rules.flatMap((rule) => rule.between(...window, true).map(Number));
  return [...new Set([from, ...repeated, ...extra])].filter((at) => !except.has(dateOf(at)));
}

function summaryOf(event: ICAL.Component): string | undefined {
  const summary = event.getFirstPropertyValue('summary');
  return typeof summary === 'string' && summary !== '' ? summary.slice(0, NAME_MAX) : undefined;
}
function named(event: ICAL.Component): string {
  const summary = summaryOf(event);
  return summary === undefined ? '' : ` '${summary}'`;
}

interface Shown {
  readonly at: number;
  readonly isDate: boolean;
  readonly isUtc: boolean;
}
/** The times of a property as they stand in the file: ical.js would make 2 March of 30 February. */
function timesOf(property: ICAL.Property): Shown[] {
  return (property.toJSON() as unknown[]).slice(3).map((value) => {
    const text = String(Array.isArray(value) ? value[0] : value);
    const [, date, time, z] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(Z)?)?$/.exec(text) ?? [];
    const at = Date.parse(`${date}T${time ?? '00:00:00'}Z`);
    if (Number.isNaN(at) || dateOf(at) !== date) throw new Error(`${property.name.toUpperCase()} '${text}' is no time that exists`);
    return { at, isDate: time === undefined, isUtc: z !== undefined };
  });
}

function wallOf(instant: number, timeZone: string): number {
  const wall = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(instant);
  return Date.parse(`${wall.replace(' ', 'T')}Z`);
}

function datesWithin(from: number, to: number): string[] {
  const first = Math.ceil(from / DAY_MS);
  return Array.from({ length: Math.max(0, Math.floor(to / DAY_MS) - first) }, (_, index) => dateOf((first + index) * DAY_MS));
}

const dateOf = (wall: number): string => new Date(wall).toISOString().slice(0, 10);
const timeOf = (wall: number): string => new Date(wall).toISOString().slice(11, 16);
const spanOf = ({ from, to }: Years): string => (from === to ? String(from) : `${from}-${to}`);
const within = ({ from, to }: Years, year: number): boolean => year >= from && year <= to;

function add(dates: Map<string, string>, date: string, name: string, years: Years): void {
  if (!within(years, Number(date.slice(0, 4)))) return;
  const known = dates.get(date);
  dates.set(date, known === undefined || known === name ? name : `${known}, ${name}`);
  if (dates.size > DATES_MAX) throw new WrongUse(`there are over ${DATES_MAX} dates, more than a calendar may have; ask for fewer years`);
}
const inOrder = (dates: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...dates].sort(([a], [b]) => (a < b ? -1 : 1)));
