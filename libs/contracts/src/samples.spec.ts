import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { allEvents, BUNDLE_KEY, configKinds, eventOfType, type ConfigKind, type EventDescription } from './index.js';

/**
 * `samples/<Event>/<what is special>.json` is the event as it is on the wire. Records outlive the release that wrote them (compacted topics
 * keep theirs for ever), so no sample is changed or removed: whoever changes a contract adds one, and the old ones go on parsing.
 */
const folder = new URL('../samples/', import.meta.url);
const SAMPLE_BYTES_MAX = 6_000;

interface Sample {
  readonly name: string;
  readonly event: EventDescription;
  readonly text: string;
  readonly envelope: Readonly<Record<string, unknown>>;
  readonly data: Record<string, unknown>;
}

/** Structured mode has everything in the value; binary mode, `{ headers, value }` here, its attributes as `ce_` headers. */
function attributesOf(record: Record<string, unknown>): Record<string, unknown> {
  if (!('headers' in record)) return record;
  const headers = Object.entries(record['headers'] as Record<string, string>).filter(([name]) => name.startsWith('ce_'));
  return { ...Object.fromEntries(headers.map(([name, value]) => [name.slice('ce_'.length), value])), data: record['value'] };
}

function samplesOf(event: EventDescription): Sample[] {
  const own = new URL(`${event.type}/`, folder);
  if (!existsSync(own)) return [];
  return readdirSync(own).map((file) => {
    const text = readFileSync(new URL(file, own), 'utf8');
    const { data, ...envelope } = attributesOf(JSON.parse(text) as Record<string, unknown>);
    return { name: `${event.type}/${file}`, event, text, envelope, data: data as Record<string, unknown> };
  });
}

const samples = allEvents().flatMap(samplesOf);
const ours = samples.filter(({ event }) => event.topic.writer !== 'upstream');
const theirs = samples.filter(({ event }) => event.topic.writer === 'upstream');
const named = (list: readonly Sample[]): [string, Sample][] => list.map((sample) => [sample.name, sample]);

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** What a subject looks like, by what the event is about. */
const subjects: Record<EventDescription['subjectName'], RegExp> = {
  ticketId: new RegExp(`^${UUID}$`),
  agentId: /^(agent|sup|admin)-[a-z]+$/,
  customerId: /^K-\d+$/,
  queueId: /^[a-z-]+$/,
  domain: /^[a-z]+$/,
  key: /^\S+$/,
};

describe('the samples', () => {
  it('show every declared event, and nothing else', () => {
    expect(readdirSync(folder).sort()).toEqual(
      allEvents()
        .map(({ type }) => type)
        .sort(),
    );
    expect(allEvents().filter((event) => samplesOf(event).length === 0)).toEqual([]);
  });

  it('have names that say what is special, and stay readable', () => {
    for (const { name, text } of samples) {
      expect(name).toMatch(/^[A-Z]\w+\/[a-z]+(-[a-z]+)*\.json$/);
      expect({ name, tooLarge: Buffer.byteLength(text) > SAMPLE_BYTES_MAX }).toEqual({ name, tooLarge: false });
    }
  });

  it('show every kind of configuration, as its readers parse it', () => {
    const records = samples.filter(({ event }) => event.type === 'ConfigRecord');
    for (const { name, data } of records) {
      const parsed = configKinds[data['kind'] as ConfigKind].safeParse(data['content']);
      // A later default may add to what was written then, never change it.
      expect({ name, ...parsed }).toMatchObject({ name, success: true, data: data['content'] });
    }
    expect(new Set(records.map(({ data }) => data['kind']))).toEqual(new Set(Object.keys(configKinds)));
  });

  it('show what upstream systems send in both modes of CloudEvents', () => {
    const modes = samples.filter(({ event }) => event.type === 'TicketSubmitted').map(({ text }) => 'headers' in JSON.parse(text));
    expect(new Set(modes)).toEqual(new Set([true, false]));
  });

  it.each(named(samples))('%s fits its contract, without a field the contract does not know', (_, { event, envelope, data }) => {
    expect(eventOfType(envelope['type'] as string)).toBe(event);
    // Parsing drops unknown fields, at any depth: what comes out equals what went in only where there are none.
    expect(event.schema.safeParse(data)).toStrictEqual({ success: true, data });
  });

  it.each(named(ours))('%s is in the envelope of its writer', (_, { event, envelope }) => {
    const { causationid, ...attributes } = envelope;
    const { topic, subjectName, type } = event;
    const { subject, subjectversion } = envelope as { subject: string; subjectversion: number };
    expect(attributes).toStrictEqual({
      // Given by the database from topic, subject and version, except where somebody had to know it before the commit.
      id: expect.stringMatching(new RegExp(`^(${topic.name}/${subject}/${subjectversion}|${UUID})$`)),
      subjectversion: expect.any(Number),
      specversion: '1.0',
      source: `/signalbox/${topic.writer}`,
      type,
      subject: expect.stringMatching(subjects[subjectName]),
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/),
      datacontenttype: 'application/json',
      correlationid: expect.stringMatching(/^\S+$/),
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    });
    expect(Number.isSafeInteger(subjectversion) && subjectversion >= 1).toBe(true);
    expect(causationid ?? 'nothing').toMatch(/^\S+$/);
  });

  it.each(named(theirs))('%s has what an upstream system must send', (_, { event, envelope }) => {
    const { id, source, specversion, type, subject, ...optional } = envelope;
    expect({ specversion, type }).toEqual({ specversion: '1.0', type: event.type });
    expect(id).toMatch(/^\S+$/);
    // An upstream system may be anybody but one of us.
    expect(source).toMatch(/^\/\/[\w.-]+\.example(\/\S*)?$/);
    expect(subject ?? id).toMatch(subjects[event.subjectName]);
    expect(['time', 'datacontenttype', 'traceparent']).toEqual(expect.arrayContaining(Object.keys(optional)));
  });

  it.each(named(samples.filter(({ event }) => event.topic.name === 'signalbox.config' || event.type === 'AgentState')))(
    '%s repeats in its data what its key and version say',
    (_, { event, envelope, data }) => {
      const { kind, name, recordVersion, agentVersion } = data;
      if (event.type === 'AgentState') expect(envelope['subjectversion']).toBe(agentVersion);
      else expect(envelope['subject']).toBe(event.type === 'ConfigBundle' ? BUNDLE_KEY : `${kind}/${name}@${recordVersion}`);
    },
  );

  it('name nobody who could exist: addresses and links lead to example domains', () => {
    const found = samples.flatMap(({ name, text }) =>
      [...text.matchAll(/@((?:[\p{L}\d-]+\.)+\p{L}{2,})|https?:\/\/([^/\s"\\]+)/gu)].map((match) => ({
        name,
        host: match[1] ?? match[2]!,
      })),
    );
    expect(found.filter(({ host }) => !/(^|\.)example(\.(com|org|net))?$/.test(host))).toEqual([]);
    expect(found.length).toBeGreaterThan(samples.length / 8);
  });
});

describe('a reader of today', () => {
  it.each(named(samples))('reads %s with a field its writer added later', (_, { event, data }) => {
    expect(event.schema.safeParse({ ...data, addedLater: { by: 'a newer writer' } })).toStrictEqual({ success: true, data });
  });

  it('closes no object of a contract to later fields', () => {
    const closed = allEvents().filter(({ schema }) => {
      const described = JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
      return described.includes('"additionalProperties":false');
    });
    expect(closed.map(({ type }) => type)).toEqual([]);
  });
});
