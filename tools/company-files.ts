import { configKinds } from '@signalbox/contracts';
import { parse as parseCsv } from 'csv-parse/sync';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { parse as parseYaml } from 'yaml';

/** One record of configuration, as the console's API takes it. */
export interface ConfigDocument {
  readonly kind: string;
  readonly name: string;
  readonly content: unknown;
  readonly file: string;
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
  const content: unknown = parseYaml(readFileSync(file, 'utf8'), { merge: true });
  if (typeof content !== 'object' || content === null) throw new Error('it holds no configuration; expected kind → name → content');
  return Object.entries(content)
    .filter(([kind]) => kind !== 'channelAccounts')
    .flatMap(([kind, records]) => {
      if (!(kind in configKinds)) throw new Error(`'${kind}' is no kind of configuration; known: ${Object.keys(configKinds).join(', ')}`);
      return Object.entries(records as Record<string, unknown>).map(([name, record]) => ({ kind, name, content: record, file }));
    });
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
