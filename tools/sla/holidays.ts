import type { Calendar } from '@signalbox/contracts';
import { readFileSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { isSeq, parseDocument, Scalar, type Document, type YAMLSeq } from 'yaml';
import { readCheckedFiles } from '../company-files.ts';
import { WrongUse, type Findings } from '../decisions/findings.ts';
import { DATES_MAX, holidaysFrom, holidaysOf, yearsIn, type HolidaySource, type Years } from './holiday-sources.ts';

export interface HolidaysAsked {
  readonly country?: string | undefined;
  readonly region?: string | undefined;
  readonly types: string;
  readonly years?: string | undefined;
  readonly ical: readonly string[];
  readonly calendar?: string | undefined;
  readonly name?: string | undefined;
  readonly write: boolean;
}
interface NamedDate {
  readonly date: string;
  readonly name: string;
}
export interface FoundHolidays {
  readonly sources: readonly string[];
  readonly dates: readonly NamedDate[];
  readonly notes: readonly string[];
  /** With a calendar: what its record lacks, and what no source says. */
  readonly missing?: readonly NamedDate[];
  readonly onlyInCalendar?: readonly string[];
  readonly written?: number;
}

/**
 * What holiday library and iCalendar files say of some years, and how a calendar's record differs from it; `write` puts what is missing
 * into the record, for a person to review. Nothing else ever reads a source: only dates in the record count.
 * Ends with 0 when they are the same (or no calendar was asked for), 1 when they differ.
 * @throws WrongUse
 */
export function compareHolidays(asked: HolidaysAsked): Findings<FoundHolidays> {
  const years = yearsIn(asked.years);
  if (asked.country === undefined && asked.ical.length === 0)
    throw new WrongUse('holidays needs a source: --country DE [--region BE], --ical FILE, or both');
  if (asked.country === undefined && asked.region !== undefined) throw new WrongUse('--region needs --country');
  if (asked.calendar === undefined && (asked.write || asked.name !== undefined))
    throw new WrongUse(`--${asked.write ? 'write' : 'name'} needs --calendar FILE`);
  const record = asked.calendar === undefined ? undefined : recordIn(asked.calendar, asked.name);
  const sources = [
    ...(asked.country === undefined ? [] : [holidaysOf(asked.country, asked.region, asked.types, years)]),
    ...asked.ical.map((file) => holidaysFrom(file, years, record?.calendar.timeZone ?? 'UTC')),
  ];
  const dates = together(sources);
  if (dates.length > DATES_MAX) throw new WrongUse(`the sources have ${dates.length} dates together; a calendar may have ${DATES_MAX}`);
  const found = { sources: sources.map(({ source }) => source), dates, notes: sources.flatMap(({ notes }) => notes) };
  if (!record) return { found, words: listOf(found) };
  return comparison(record, found, years, asked.write);
}

function together(sources: readonly HolidaySource[]): NamedDate[] {
  const names = new Map<string, Set<string>>();
  for (const { dates } of sources) for (const [date, name] of dates) names.set(date, (names.get(date) ?? new Set()).add(name));
  return [...names].map(([date, all]) => ({ date, name: [...all].join(', ') })).sort((a, b) => (a.date < b.date ? -1 : 1));
}

interface CalendarRecord {
  readonly file: string;
  readonly name: string;
  readonly calendar: Calendar;
}

function recordIn(file: string, name: string | undefined): CalendarRecord {
  let documents;
  try {
    documents = readCheckedFiles([file]).filter(({ kind }) => kind === 'calendar');
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
  const names = documents.map((document) => document.name);
  const chosen = name === undefined && documents.length === 1 ? documents[0] : documents.find((document) => document.name === name);
  if (!chosen)
    throw new WrongUse(
      names.length === 0
        ? `${file}: there is no calendar in it`
        : `${file}: ${name === undefined ? 'there are several calendars' : `there is no calendar '${name}'`}; --name can be: ${names.join(', ')}`,
    );
  const content = chosen.content as Partial<Calendar> & Pick<Calendar, 'timeZone' | 'week'>;
  const withLists = <T extends { holidays?: string[] }>(hours: T): T & { holidays: string[] } => ({ holidays: [], ...hours });
  const calendar = { extraOpen: {}, ...withLists(content), changes: content.changes?.map(withLists) } as Calendar;
  return { file, name: chosen.name, calendar };
}

/** The list of holidays that holds on a date: 0 is the calendar's own, the rest its changes'. */
function listOn(date: string, { changes = [] }: Calendar): number {
  return changes.findLastIndex(({ from }) => from <= date) + 1;
}

function comparison(record: CalendarRecord, found: FoundHolidays, years: Years, write: boolean): Findings<FoundHolidays> {
  const { file, name, calendar } = record;
  const lists = [calendar, ...(calendar.changes ?? [])].map((hours) => new Set(hours.holidays));
  const known = new Set(found.dates.map(({ date }) => date));
  const missing = found.dates.filter(({ date }) => !lists[listOn(date, calendar)]!.has(date));
  const onlyInCalendar = lists
    .flatMap((list, index) => [...list].filter((date) => listOn(date, calendar) === index))
    .filter((date) => Number(date.slice(0, 4)) >= years.from && Number(date.slice(0, 4)) <= years.to && !known.has(date))
    .sort();
  const differs = onlyInCalendar.length > 0 || (missing.length > 0 && !write);
  if (write) writeInto(record, missing, found.sources);
  const words = [
    ...missing.map((date) => `${write ? '+' : 'missing'} ${textOf(date)}`),
    ...onlyInCalendar.map((date) => `only in the calendar ${date}`),
    ...found.notes,
    missing.length === 0 && onlyInCalendar.length === 0
      ? `${file}: ${name} has all ${found.dates.length} dates and no others`
      : `${file}: ${name} ${write ? `got ${missing.length} of` : `lacks ${missing.length} of`} ${found.dates.length} dates, and has ${onlyInCalendar.length} that no source has`,
    ...found.sources.map((source) => `source: ${source}`),
    ...(write ? ['look at what changed, then: npm run signalbox -- apply'] : []),
  ];
  return {
    found: { ...found, missing, onlyInCalendar, ...(write ? { written: missing.length } : {}) },
    words,
    exitCode: differs ? 1 : 0,
  };
}

/** Lines that stay keep their comments; a new date gets its name as one. */
function writeInto({ file, name, calendar }: CalendarRecord, missing: readonly NamedDate[], sources: readonly string[]): void {
  if (extname(file) === '.json')
    throw new WrongUse(`${file}: dates are written with their names as comments, which JSON has not: make it .yaml`);
  const document = parseDocument(readFileSync(file, 'utf8'), { merge: true });
  const lengths = [calendar, ...(calendar.changes ?? [])].map(({ holidays }) => holidays.length);
  for (const added of missing) {
    const index = listOn(added.date, calendar);
    if (++lengths[index]! > DATES_MAX) throw new WrongUse(`${file}: ${name} would have over ${DATES_MAX} holidays`);
    insert(listAt(document, ['calendar', name, ...(index === 0 ? [] : ['changes', index - 1]), 'holidays'], file), added);
  }
  const kept = (calendar.holidaySources ?? []).filter((old) => !sources.some((source) => takesPlaceOf(source, old)));
  const all = [...kept, ...sources];
  if (all.length > 20) throw new WrongUse(`${file}: ${name} would have ${all.length} holidaySources; allowed: 20`);
  document.setIn(['calendar', name, 'holidaySources'], all.map(quoted));
  writeFileSync(file, document.toString({ lineWidth: 0, singleQuote: true, flowCollectionPadding: false }));
}

/** The same source asked again, for the same years or more, in whatever version. */
function takesPlaceOf(source: string, old: string): boolean {
  const [now, before] = [source, old].map((text) => /^(?:ical:|date-holidays)(.*?) ?(\d{4})(?:-(\d{4}))?$/.exec(text));
  if (!now || !before) return source === old;
  const subject = (found: RegExpExecArray): string => found[1]!.replace(/^@\S+|sha256:\S+$/, '');
  const to = (found: RegExpExecArray): string => found[3] ?? found[2]!;
  return subject(now) === subject(before) && now[2]! <= before[2]! && to(now) >= to(before);
}

function listAt(document: Document, path: readonly (string | number)[], file: string): YAMLSeq {
  const node = document.getIn(path, true);
  if (node === undefined || node === null) document.setIn(path, document.createNode([]));
  const list: unknown = document.getIn(path, true);
  if (!isSeq(list)) throw new WrongUse(`${file}: ${path.join('.')} is written elsewhere (an alias): add to it there`);
  return list;
}

function insert(list: YAMLSeq, { date, name }: NamedDate): void {
  const dates = list.toJSON() as string[];
  const at = dates.findIndex((other) => other > date);
  const node = quoted(date);
  node.comment = ` ${name.replaceAll(/\s+/g, ' ')}`;
  list.flow = false;
  list.items.splice(at < 0 ? dates.length : at, 0, node);
}

function quoted(text: string): Scalar {
  const node = new Scalar(text);
  node.type = 'QUOTE_SINGLE';
  return node;
}

function listOf({ sources, dates, notes }: FoundHolidays): string[] {
  return [
    ...dates.map(textOf),
    ...notes,
    `${dates.length} dates`,
    ...sources.map((source) => `source: ${source}`),
    ...(sources.some((source) => source.startsWith('date-holidays@')) ? [ATTRIBUTION] : []),
  ];
}

const ATTRIBUTION =
  'date-holidays: © commenthol and contributors, ISC; its data CC BY-SA 3.0, after Wikipedia (node_modules/date-holidays/LICENSE)';
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' });
const textOf = ({ date, name }: NamedDate): string => `${date} ${WEEKDAY.format(Date.parse(date))} ${name}`;
