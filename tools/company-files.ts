import { configKinds, inertIn, neverInForce, unfollowableIn, type ConfigKind } from '@signalbox/contracts';
import { parse as parseCsv } from 'csv-parse/sync';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { isMap, isNode, isPair, isScalar, LineCounter, parse as parseYaml, parseDocument, type Document } from 'yaml';
import { z } from 'zod';

/** One record of configuration, as the console's API takes it. */
export interface ConfigDocument {
  readonly kind: string;
  readonly name: string;
  readonly content: unknown;
  readonly file: string;
  /** The line (from 1) of a field of the content, or of what it should be in. Where the file has lines. */
  readonly lineOf?: (path: readonly PropertyKey[]) => number | undefined;
}

/** One event holds at most so many labelled tickets. */
const TICKETS_PER_RECORD = 100;
/** What lies beside configuration in a company's folder and is none. */
const NOT_CONFIGURATION = new Set(['messages', 'demo-script.yaml', 'README.md']);

interface Reading {
  readonly documents: readonly ConfigDocument[];
  readonly mistakes: readonly string[];
}

/**
 * Reads configuration from files and folders: YAML (kind → name → content), Markdown articles with front matter, labelled tickets as CSV.
 * @throws Error naming each file that is no configuration, and what is wrong with it.
 */
export function readCompanyFiles(paths: readonly string[]): ConfigDocument[] {
  const { documents, mistakes } = readAll(paths);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return [...documents];
}

/**
 * Reads configuration and holds it against its contracts, before anybody else sees it.
 * @throws Error with a line for each mistake: file, line, record and field, what is wrong and what is allowed.
 */
export function readCheckedFiles(paths: readonly string[]): ConfigDocument[] {
  const { documents, mistakes } = readAll(paths);
  const all = [...mistakes, ...documents.flatMap(mistakesIn), ...unusedIn(documents)];
  if (all.length > 0) throw new Error(refusal(all));
  return [...documents];
}

function readAll(paths: readonly string[]): Reading {
  const readings = paths.map((path): Reading => {
    if (statSync(path).isDirectory())
      return readAll(
        readdirSync(path)
          .filter((name) => !NOT_CONFIGURATION.has(name))
          .sort()
          .map((name) => join(path, name)),
      );
    try {
      if (extname(path) === '.md') return { documents: [articleFrom(path)], mistakes: [] };
      if (extname(path) === '.csv') return { documents: labelledTicketsFrom(path), mistakes: [] };
      if (['.yaml', '.yml', '.json'].includes(extname(path))) return recordsFrom(path);
    } catch (error) {
      return { documents: [], mistakes: [`${path}: ${(error as Error).message}`] };
    }
    const known = '.yaml, .yml, .json (kind → name → content), .md (article), .csv (labelled tickets)';
    return { documents: [], mistakes: [`${path}: unknown kind of file; allowed: ${known}`] };
  });
  return { documents: readings.flatMap(({ documents }) => documents), mistakes: readings.flatMap(({ mistakes }) => mistakes) };
}

function recordsFrom(file: string): Reading {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { merge: true, lineCounter: lines });
  const at = (line: number | undefined): string => (line === undefined ? file : `${file}:${line}`);
  if (document.errors.length > 0) {
    // What follows the first line draws the place.
    const mistakes = document.errors.map(({ message, linePos }) => `${at(linePos?.[0].line)}: ${message.replace(/\s*\n[\s\S]*/, '')}`);
    return { documents: [], mistakes };
  }
  const content: unknown = document.toJS();
  if (!isRecord(content)) throw new Error('it holds no configuration; expected kind → name → content');
  const documents: ConfigDocument[] = [];
  const mistakes: string[] = [];
  for (const [kind, records] of Object.entries(content)) {
    if (kind === 'channelAccounts') continue;
    const place = at(lineIn(document, lines, [kind]));
    if (!Object.hasOwn(configKinds, kind))
      mistakes.push(`${place}: '${kind}' is no kind of configuration; allowed: ${Object.keys(configKinds).join(', ')}`);
    else if (!isRecord(records))
      mistakes.push(`${place}: ${kind}: ${records === null ? 'there is nothing in it' : 'it holds no records'}; expected name → content`);
    else
      for (const [name, record] of Object.entries(records))
        documents.push({
          kind,
          name,
          content: record,
          file,
          lineOf: (path: readonly PropertyKey[]) => lineIn(document, lines, [kind, name, ...path]),
        });
  }
  return { documents, mistakes };
}
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function lineIn(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent: unknown = document.getIn(path.slice(0, depth - 1), true);
    const last = path[depth - 1];
    const key = isMap(parent) ? parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last)?.key : undefined;
    const node: unknown = key ?? document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

/** At most so many mistakes are named; the rest is counted. */
const MISTAKES_MAX = 20;

const refusal = (mistakes: readonly string[]): string => {
  const more = mistakes.length > MISTAKES_MAX ? [`and ${mistakes.length - MISTAKES_MAX} more`] : [];
  return ['refused whole; what was active stays', ...mistakes.slice(0, MISTAKES_MAX), ...more].join('\n  ');
};

/** What is wrong with a field of a document, and where that stands. */
function mistakeAt({ kind, name, file, lineOf }: ConfigDocument, path: readonly PropertyKey[], what: string): string {
  const line = lineOf?.(path);
  return `${file}${line === undefined ? '' : `:${line}`}: ${kind}/${name}${fieldText(path)}: ${what}`;
}
function fieldText(path: readonly PropertyKey[]): string {
  const field = path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
  return field === '' ? '' : `, field ${field}`;
}

/** What its contract says of a document. */
function mistakesIn(document: ConfigDocument): string[] {
  const schema: z.ZodType = configKinds[document.kind as ConfigKind];
  const parsed = schema.safeParse(document.content);
  if (parsed.success) {
    const { kind, content } = document;
    const faults = kind === 'routing-policy' ? inertIn(content as never) : kind === 'sla-policy' ? unfollowableIn(content as never) : [];
    return faults.map(({ path, message }) => mistakeAt(document, path, message));
  }
  return parsed.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [mistakeAt(document, issue.path, issue.message)];
    const allowed = fieldsAt(schema, issue.path);
    const what = `there is no such field; allowed: ${allowed.join(', ') || 'none'}`;
    return issue.keys.map((key) => mistakeAt(document, [...issue.path, key], what));
  });
}

/** Files that are applied or tried together hold one routing policy. */
function unusedIn(documents: readonly ConfigDocument[]): string[] {
  const policies = new Map(documents.filter(({ kind }) => kind === 'routing-policy').map((document) => [document.name, document]));
  return neverInForce([...policies.keys()]).map(({ name, message }) => mistakeAt(policies.get(name)!, [], message));
}

/** One entry of `problems` in a refusal of the console's API: of a document (`kind/name`), or of a place in the request. */
export interface ApplyProblem {
  readonly document?: string;
  readonly field: string;
  readonly message: string;
  readonly allowed?: readonly string[];
}

/** What the console says of documents taken together, told by the files they came from. */
export function refusalBy(problems: readonly ApplyProblem[], documents: readonly ConfigDocument[]): string {
  return refusal(problems.map((problem) => told(problem, documents)));
}
function told({ document, field, message, allowed }: ApplyProblem, documents: readonly ConfigDocument[]): string {
  const names = allowed?.join(', ') ?? '';
  const what = names === '' || message.includes(names) ? message : `${message}; allowed: ${names}`;
  const [, nth, rest = ''] = /^documents\.(\d+)\.?(.*)$/.exec(document === undefined ? field : '') ?? [];
  const own = nth === undefined ? documents.findLast(({ kind, name }) => `${kind}/${name}` === document) : documents[Number(nth)];
  if (own && rest === 'name') return mistakeAt(own, [], `its name: ${what}`);
  const keys = (nth === undefined ? field : rest).split('.').filter((key) => key !== '');
  const path = keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  if (own) return mistakeAt(own, path, what);
  return `${document === undefined ? 'the request' : `${document} (active, in none of these files)`}${fieldText(path)}: ${what}`;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}
/** The names of the fields that may stand at a place. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let places: JsonSchema[] = [z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema];
  const branches = (place: JsonSchema): JsonSchema[] => [place, ...[...(place.anyOf ?? []), ...(place.oneOf ?? [])].flatMap(branches)];
  for (const key of path) {
    places = places.flatMap(branches).flatMap(({ properties, additionalProperties, items }) => {
      const next = typeof key === 'number' ? items : (properties?.[String(key)] ?? additionalProperties);
      return typeof next === 'object' ? [next] : [];
    });
  }
  const names = places
    .flatMap(branches)
    .flatMap(({ properties, propertyNames }) => [...Object.keys(properties ?? {}), ...(propertyNames?.enum ?? [])]);
  return [...new Set(names)];
}

function articleFrom(file: string): ConfigDocument {
  const [, frontMatter, text] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(readFileSync(file, 'utf8')) ?? [];
  if (frontMatter === undefined || text === undefined) throw new Error('an article begins with front matter between two lines of ---');
  const { id, ...more } = parseYaml(frontMatter) as { id: string; locale: string };
  return { kind: 'article', name: `${id}.${more.locale}`, content: { articleId: id, ...more, text: text.trim() }, file };
}

function labelledTicketsFrom(file: string): ConfigDocument[] {
  const rows = parseCsv(readFileSync(file), { columns: true, skip_empty_lines: true, bom: true }) as Record<string, string>[];
  const tickets = rows.map(({ category, language, subject, body }) => ({ category, language, subject, body }));
  const name = basename(file, '.csv');
  return Array.from({ length: Math.ceil(tickets.length / TICKETS_PER_RECORD) }, (_, index) => ({
    kind: 'labelled-tickets',
    name: `${name}-${String(index + 1).padStart(3, '0')}`,
    content: { tickets: tickets.slice(index * TICKETS_PER_RECORD, (index + 1) * TICKETS_PER_RECORD) },
    file,
  }));
}
