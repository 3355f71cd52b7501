import { configKinds, type ConfigKind } from '@signalbox/contracts';
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

/**
 * Reads configuration from files and folders: YAML (kind → name → content), Markdown articles with front matter, labelled tickets as CSV.
 * @throws Error naming the file and what is wrong with it.
 */
export function readCompanyFiles(paths: readonly string[]): ConfigDocument[] {
  return paths.flatMap((path) => {
    if (statSync(path).isDirectory())
      return readCompanyFiles(
        readdirSync(path)
          .filter((name) => !NOT_CONFIGURATION.has(name))
          .sort()
          .map((name) => join(path, name)),
      );
    try {
      if (extname(path) === '.md') return [articleFrom(path)];
      if (extname(path) === '.csv') return labelledTicketsFrom(path);
      if (['.yaml', '.yml', '.json'].includes(extname(path))) return recordsFrom(path);
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
    }
    throw new Error(
      `${path}: unknown kind of file; known: .yaml, .yml, .json (kind → name → content), .md (article), .csv (labelled tickets)`,
    );
  });
}

function recordsFrom(file: string): ConfigDocument[] {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { merge: true, lineCounter: lines });
  if (document.errors.length > 0) throw new Error(document.errors[0]!.message.replace(/\s*\n[\s\S]*/, ''));
  const content: unknown = document.toJS();
  if (typeof content !== 'object' || content === null) throw new Error('it holds no configuration; expected kind → name → content');
  return Object.entries(content)
    .filter(([kind]) => kind !== 'channelAccounts')
    .flatMap(([kind, records]) => {
      if (!(kind in configKinds)) throw new Error(`'${kind}' is no kind of configuration; known: ${Object.keys(configKinds).join(', ')}`);
      return Object.entries(records as Record<string, unknown>).map(([name, record]) => ({
        kind,
        name,
        content: record,
        file,
        lineOf: (path: readonly PropertyKey[]) => lineIn(document, lines, [kind, name, ...path]),
      }));
    });
}

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

/**
 * Holds documents against their contracts, before anybody else sees them.
 * @throws Error with a line for each mistake: file, line, record and field, what is wrong and what is allowed.
 */
export function checkCompanyFiles(documents: readonly ConfigDocument[]): void {
  const mistakes = documents.flatMap((document) => {
    const schema = configKinds[document.kind as ConfigKind];
    const parsed = schema.safeParse(document.content);
    return parsed.success ? [] : parsed.error.issues.flatMap((issue) => mistakesIn(document, schema, issue));
  });
  if (mistakes.length === 0) return;
  const more = mistakes.length > MISTAKES_MAX ? [`and ${mistakes.length - MISTAKES_MAX} more`] : [];
  throw new Error(['refused whole; what was active stays', ...mistakes.slice(0, MISTAKES_MAX), ...more].join('\n  '));
}

function mistakesIn({ kind, name, file, lineOf }: ConfigDocument, schema: z.ZodType, issue: z.core.$ZodIssue): string[] {
  const at = (path: readonly PropertyKey[], what: string): string => {
    const line = lineOf?.(path);
    const field = path.reduce<string>(
      (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
      '',
    );
    return `${file}${line === undefined ? '' : `:${line}`}: ${kind}/${name}${field === '' ? '' : `, field ${field}`}: ${what}`;
  };
  if (issue.code !== 'unrecognized_keys') return [at(issue.path, issue.message)];
  const allowed = fieldsAt(schema, issue.path);
  return issue.keys.map((key) => at([...issue.path, key], `there is no such field; allowed: ${allowed.join(', ') || 'none'}`));
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
