import {
  configKinds,
  DEFAULT_DOMAIN,
  DOMAINS_MAX,
  inertIn,
  namesIn,
  namesInSlaPolicy,
  neverInForce,
  unfollowableIn,
  type ConfigContent,
  type ConfigKind,
} from '@signalbox/contracts';
import { z } from 'zod';

/** One document of an apply. `remove` takes it out of the next bundle; its versions stay, and a later return goes on counting. */
const Document = z.strictObject({
  kind: z.enum(Object.keys(configKinds) as [ConfigKind, ...ConfigKind[]]),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,118}$/, "letters, digits, '.', '_' and '-', at most 119 characters"),
  content: z.json().optional(),
  remove: z.boolean().optional(),
});
export type Document = z.infer<typeof Document>;
/** 20,000 is what one bundle may name. */
export const Documents = z.strictObject({ documents: z.array(Document).min(1).max(20_000) });

export interface ActiveRecord {
  readonly kind: ConfigKind;
  readonly name: string;
  readonly version: number;
  readonly content: unknown;
}
export interface Problem {
  /** `kind/name` */
  readonly document: string;
  readonly field: string;
  readonly message: string;
  /** What exists instead, where something is named that does not. */
  readonly allowed?: readonly string[];
}
export type Plan =
  | { readonly problems: readonly Problem[] }
  | {
      readonly problems: readonly [];
      /** New versions only. */
      readonly changed: readonly ActiveRecord[];
      readonly removed: readonly string[];
      /** All that will be active together. */
      readonly active: readonly ActiveRecord[];
    };

export const keyOf = (record: { kind: string; name: string; version: number }): string => `${record.kind}/${record.name}@${record.version}`;
const nameOf = (record: { kind: string; name: string }): string => `${record.kind}/${record.name}`;
const PROBLEMS_MAX = 100;
/** A NUL character, which PostgreSQL stores in no text. */
const NUL = '\\u0000';

/**
 * What an apply would make of the active configuration: the whole next bundle, or everything that is wrong with it.
 * @param highest the highest version ever given, per `kind/name`; versions never restart
 */
export function planApply(active: readonly ActiveRecord[], highest: ReadonlyMap<string, number>, documents: readonly Document[]): Plan {
  const problems: Problem[] = [];
  const next = new Map(active.map((record) => [nameOf(record), record]));
  const changed: ActiveRecord[] = [];
  const removed: string[] = [];
  const seen = new Set<string>();
  for (const document of documents) {
    const name = nameOf(document);
    if (seen.has(name)) problems.push({ document: name, field: '', message: 'is given twice in one apply' });
    seen.add(name);
    if (document.remove === true) {
      if (next.delete(name)) removed.push(name);
      continue;
    }
    const faults = faultsOf(document);
    problems.push(...faults);
    const known = next.get(name);
    if (faults.length > 0 || (known && canonical(known.content) === canonical(document.content))) continue;
    const record = { kind: document.kind, name: document.name, version: (highest.get(name) ?? 0) + 1, content: document.content };
    next.set(name, record);
    changed.push(record);
  }
  if (problems.length === 0) problems.push(...danglingReferences([...next.values()]));
  if (problems.length === 0) problems.push(...crossedDomains([...next.values()]));
  return problems.length > 0
    ? { problems: problems.slice(0, PROBLEMS_MAX) }
    : { problems: [], changed, removed, active: [...next.values()] };
}

type ClockKind = 'sla-policy' | 'calendar';
/** What a plan changes of all that clocks follow; without content: taken away. */
export function clockDocumentsOf({
  changed,
  removed,
}: Extract<Plan, { problems: readonly [] }>): { kind: ClockKind; name: string; content?: unknown }[] {
  const isOfClocks = (kind: string): kind is ClockKind => kind === 'sla-policy' || kind === 'calendar';
  return [
    ...changed.flatMap(({ kind, name, content }) => (isOfClocks(kind) ? [{ kind, name, content }] : [])),
    ...removed.flatMap((key) => {
      const [kind = '', name = ''] = key.split('/', 2);
      return isOfClocks(kind) ? [{ kind, name }] : [];
    }),
  ];
}

function faultsOf({ kind, name, content }: Document): Problem[] {
  const document = `${kind}/${name}`;
  if (content === undefined) return [{ document, field: 'content', message: 'is missing (to take the document away: remove: true)' }];
  const parsed = configKinds[kind].safeParse(content);
  if (!parsed.success)
    return parsed.error.issues.map((issue) => ({ document, field: issue.path.join('.'), message: issue.message, ...allowedBy(issue) }));
  if (JSON.stringify(content).includes(NUL)) return [{ document, field: '', message: 'contains a NUL character' }];
  const faults = kind === 'routing-policy' ? inertIn(content as never) : kind === 'sla-policy' ? unfollowableIn(content as never) : [];
  return faults.map(({ path, message }) => ({ document, field: path.join('.'), message }));
}

const allowedBy = (issue: z.core.$ZodIssue): { allowed?: string[] } =>
  issue.code === 'invalid_value' ? { allowed: issue.values.map(String) } : {};

/** Every name that a document uses must exist in the same bundle. */
function danglingReferences(records: readonly ActiveRecord[]): Problem[] {
  const namesOf = (kind: ConfigKind): Set<string> => new Set(records.filter((record) => record.kind === kind).map((record) => record.name));
  const companyRecords = records.filter(({ kind }) => kind === 'company');
  const companies = companyRecords.map(({ content }) => configKinds.company.parse(content));
  const known = {
    queue: namesOf('queue'),
    calendar: namesOf('calendar'),
    category: namesOf('category'),
    agent: namesOf('agent'),
    webhook: new Set(companies.flatMap(({ webhooks = {} }) => Object.keys(webhooks))),
  };
  const problems: Problem[] = [];
  const check = (document: string, field: string, kind: keyof typeof known, name: string | undefined): void => {
    if (name === undefined || known[kind].has(name)) return;
    const allowed = [...known[kind]].sort().slice(0, 50);
    problems.push({
      document,
      field,
      message: `${kind} '${name}' does not exist; allowed: ${allowed.join(', ') || 'none'}`,
      allowed,
    });
  };
  const hasSupervisorQueue = companies.some(({ supervisorQueue }) => supervisorQueue !== undefined);
  for (const record of records) {
    const document = nameOf(record);
    const content = configKinds[record.kind].parse(record.content);
    switch (record.kind) {
      case 'company': {
        const { defaultQueue, supervisorQueue } = content as ConfigContent<'company'>;
        check(document, 'defaultQueue', 'queue', defaultQueue);
        check(document, 'supervisorQueue', 'queue', supervisorQueue);
        break;
      }
      case 'agent':
        for (const [at, queue] of (content as ConfigContent<'agent'>).queues.entries()) check(document, `queues.${at}`, 'queue', queue);
        break;
      case 'category':
        check(document, 'queue', 'queue', (content as ConfigContent<'category'>).queue);
        break;
      case 'sla-policy':
        for (const { kind, name, path } of namesInSlaPolicy(content as ConfigContent<'sla-policy'>))
          check(document, path.join('.'), kind, name);
        break;
      case 'article':
        check(document, 'category', 'category', (content as ConfigContent<'article'>).category);
        break;
      case 'labelled-tickets':
        for (const category of new Set((content as ConfigContent<'labelled-tickets'>).tickets.map((ticket) => ticket.category)))
          check(document, 'tickets', 'category', category);
        break;
      case 'routing-policy':
        for (const { kind, name, path } of namesIn(content as ConfigContent<'routing-policy'>)) check(document, path.join('.'), kind, name);
        break;
      case 'queue':
        for (const [channel, offer] of Object.entries((content as ConfigContent<'queue'>).offers)) {
          if (offer.mode === 'automatic' || offer.attemptsMax === undefined || hasSupervisorQueue) continue;
          const message = "has nowhere to send the ticket: the company names no 'supervisorQueue'";
          problems.push({ document, field: `offers.${channel}.attemptsMax`, message });
        }
        break;
      case 'calendar':
        break;
    }
  }
  if (companies.length > 1) {
    const [first, second] = companyRecords.map(nameOf);
    problems.push({ document: second!, field: '', message: `there can be one company only; active: ${first}` });
  }
  const policies = records.filter((record) => record.kind === 'routing-policy').map(({ name }) => name);
  for (const { name, message } of neverInForce(policies)) problems.push({ document: `routing-policy/${name}`, field: '', message });
  return problems;
}

/** An agent is in the rounds of one matching domain, and so is a ticket with whoever helps its queue out. */
function crossedDomains(records: readonly ActiveRecord[]): Problem[] {
  const contentsOf = <K extends ConfigKind>(kind: K): [string, ConfigContent<K>][] =>
    records
      .filter((record) => record.kind === kind)
      .map((record) => [nameOf(record), configKinds[kind].parse(record.content) as ConfigContent<K>]);
  const domainOf = new Map(
    contentsOf('queue').map(([document, queue]) => [document.slice('queue/'.length), queue.domain ?? DEFAULT_DOMAIN]),
  );
  const problems: Problem[] = [];
  const together = (document: string, fieldOf: (at: number) => string, queues: readonly string[], what: string): void => {
    const [first] = queues;
    const domain = domainOf.get(first!);
    const at = queues.findIndex((queue) => domainOf.get(queue) !== domain);
    if (at < 0) return;
    const other = queues[at]!;
    const allowed = [...domainOf.keys()]
      .filter((queue) => domainOf.get(queue) === domain)
      .sort()
      .slice(0, 50);
    problems.push({
      document,
      field: fieldOf(at),
      message: `queue '${other}' is of matching domain '${domainOf.get(other)}', queue '${first}' of '${domain}'; ${what}; allowed beside '${first}': ${allowed.join(', ')}`,
      allowed,
    });
  };
  for (const [document, { queues }] of contentsOf('agent'))
    together(document, (at) => `queues.${at}`, queues, "an agent's queues are of one domain");
  for (const [document, { overflow }] of contentsOf('routing-policy'))
    for (const [rule, { from, to }] of overflow.entries())
      together(document, (at) => `overflow.${rule}.to.${at - 1}`, [from, ...to], 'queues help out within their domain');
  const domains = [...new Set(domainOf.values())].sort();
  if (domains.length > DOMAINS_MAX) {
    const allowed = domains.slice(0, DOMAINS_MAX);
    const beyond = [...domainOf].find(([, domain]) => !allowed.includes(domain))!;
    problems.push({
      document: `queue/${beyond[0]}`,
      field: 'domain',
      message: `there would be ${domains.length} matching domains; at most ${DOMAINS_MAX}`,
    });
  }
  return problems;
}

/** The same text for the same content, whatever the order of its keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, content]) => content !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => `${JSON.stringify(name)}:${canonical(content)}`)
    .join(',')}}`;
}
