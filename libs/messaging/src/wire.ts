import { eventOfType, eventsOn, subjectOf, type Draft, type EventDescription, type Received, type Topic } from '@signalbox/contracts';
import { randomFillSync } from 'node:crypto';
import { checkRead, checkUpstream, checkWritten } from './contract-check.js';
import { Unprocessable } from './unprocessable.js';

/** A Kafka record as it arrived, before anybody looked inside. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
}

/** Kafka's own default is 1 MiB per record; the rest is room for headers and the dead letter's reason. */
export const EVENT_BYTES_MAX = 900_000;
const SPEC_VERSION = '1.0';

export function headerText(record: RawRecord, name: string): string | undefined {
  const value = record.headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined ? undefined : first.toString();
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function jsonOf(bytes: Buffer): unknown {
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    throw new Unprocessable('the record is not valid UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unprocessable(`the record is not valid JSON: ${(error as Error).message}`);
  }
}

interface Envelope {
  [attribute: string]: unknown;
  data?: unknown;
}

/** Attributes and data of a CloudEvent, in structured mode (all in the value) or binary mode (attributes as `ce_` headers). */
function envelopeOf(record: RawRecord): Envelope {
  if (record.value === null) throw new Unprocessable('the record is a tombstone (no value); a removal is a state with `removed: true`');
  const contentType = headerText(record, 'content-type') ?? '';
  if (headerText(record, 'ce_specversion') !== undefined && !contentType.startsWith('application/cloudevents')) {
    const envelope: Envelope = {};
    for (const name of Object.keys(record.headers)) if (name.startsWith('ce_')) envelope[name.slice(3)] = headerText(record, name);
    return { ...envelope, data: jsonOf(record.value) };
  }
  const parsed = jsonOf(record.value);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Unprocessable('the record is not a JSON object');
  return parsed as Envelope;
}

const text = (envelope: Envelope, attribute: string): string => {
  const value = envelope[attribute];
  if (typeof value !== 'string' || value === '') throw new Unprocessable(`CloudEvents attribute '${attribute}' is missing`);
  return value;
};

/** U+0000 cannot be stored in PostgreSQL text; half a surrogate pair cannot be encoded as UTF-8. */
// oxlint-disable-next-line no-control-regex
const unstorable = /\\u0000|\u0000/;

/**
 * Turns a record into the event its declaration promises.
 * @throws Unprocessable naming what is wrong, which value and what is allowed. Retrying never helps.
 */
export function readEvent(record: RawRecord, topic: Topic): Received<Draft> & { declaration: EventDescription } {
  const envelope = envelopeOf(record);
  const specVersion = text(envelope, 'specversion');
  if (specVersion !== SPEC_VERSION) throw new Unprocessable(`specversion '${specVersion}' is not understood; known: '${SPEC_VERSION}'`);
  const type = text(envelope, 'type');
  const declaration = eventOfType(type);
  if (!declaration || declaration.topic.name !== topic.name) {
    const known = eventsOn(topic).map((event) => event.type);
    throw new Unprocessable(`event type '${type}' is unknown on topic '${topic.name}'; known: ${known.join(', ')}`);
  }
  const upstream = topic.writer === 'upstream';
  const id = text(envelope, 'id');
  const subject = upstream ? String(envelope['subject'] ?? record.key?.toString() ?? id) : text(envelope, 'subject');
  const version = upstream ? Number(record.offset) + 1 : Number(envelope['subjectversion']);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new Unprocessable(`subjectversion '${String(envelope['subjectversion'])}' is not a whole number from 1`);
  }
  const checked = (upstream ? checkUpstream : checkRead)(declaration, envelope.data);
  if (checked.problem !== undefined) throw new Unprocessable(`${type} does not fit its contract: ${checked.problem}`);
  const { data } = checked;
  if (upstream && unstorable.test(JSON.stringify(data)))
    throw new Unprocessable(`${type} contains a NUL character, which no text field may hold`);
  const at = new Date(upstream && typeof envelope['time'] !== 'string' ? Date.now() : String(envelope['time']));
  if (Number.isNaN(at.getTime())) throw new Unprocessable(`time '${String(envelope['time'])}' is not an ISO 8601 instant`);
  const optional = (attribute: string) => (typeof envelope[attribute] === 'string' ? (envelope[attribute] as string) : undefined);
  return {
    type,
    [declaration.subjectName]: subject,
    data,
    id,
    source: optional('source') ?? '',
    at,
    version,
    correlationId: optional('correlationid') ?? subject,
    causationId: optional('causationid'),
    traceparent: optional('traceparent'),
    declaration,
  } as unknown as Received<Draft> & { declaration: EventDescription };
}

/** A draft ready for the outbox. `body` still lacks the version, which the database gives when the row is written. */
export interface Outgoing {
  readonly topic: string;
  readonly subject: string;
  readonly type: string;
  readonly id: string | null;
  readonly body: string;
}

/**
 * Checks a draft against its contract and writes all of its CloudEvent that is known before its version.
 * @throws Error when the draft breaks its contract or is too large: a bug in its writer, found before anybody reads it.
 */
export function writeEvent(draft: Draft, writer: string, now: Date): Outgoing {
  const declaration = eventOfType(draft.type);
  if (!declaration) throw new Error(`event type '${draft.type}' is not declared in libs/contracts`);
  if (declaration.topic.writer !== writer) {
    throw new Error(
      `'${writer}' may not publish ${draft.type}: the writer of '${declaration.topic.name}' is '${declaration.topic.writer}'`,
    );
  }
  const subject = subjectOf(draft);
  const checked = checkWritten(declaration, draft.data);
  if (checked.problem !== undefined) throw new Error(`${draft.type} about '${subject}' breaks its contract: ${checked.problem}`);
  const body = JSON.stringify({
    specversion: SPEC_VERSION,
    source: `/signalbox/${writer}`,
    type: draft.type,
    subject,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    causationid: draft.cause?.id,
    correlationid: draft.cause?.correlationId ?? subject,
    traceparent: nextTraceparent(draft.cause?.traceparent),
    data: checked.data,
  });
  if (body.length * 3 > EVENT_BYTES_MAX && Buffer.byteLength(body) > EVENT_BYTES_MAX) {
    throw new Unprocessable(
      `${draft.type} about '${subject}' has ${Buffer.byteLength(body)} bytes; at most ${EVENT_BYTES_MAX} are allowed`,
    );
  }
  return { topic: declaration.topic.name, subject, type: draft.type, id: draft.id ?? null, body };
}

/** The complete structured CloudEvent. The id follows from topic, subject and version: one writer numbers them, so it is unique. */
export function completeEvent(row: { topic: string; subject: string; version: number; eventId: string | null; body: string }): string {
  const id = row.eventId ?? `${row.topic}/${row.subject}/${row.version}`;
  return `{"id":${JSON.stringify(id)},"subjectversion":${row.version},${row.body.slice(1)}`;
}

const random = Buffer.alloc(4_096);
let randomUsed = random.length;
/** Asking the system for each event's few bytes was 4 % of a service's CPU. */
function randomHex(bytes: number): string {
  if (randomUsed + bytes > random.length) {
    randomFillSync(random);
    randomUsed = 0;
  }
  randomUsed += bytes;
  return random.toString('hex', randomUsed - bytes, randomUsed);
}

/** W3C Trace Context: the same trace, a new span; a new trace where none came in. */
export function nextTraceparent(parent: string | undefined): string {
  const trace = parent !== undefined && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(parent) ? parent.slice(3, 35) : randomHex(16);
  return `00-${trace}-${randomHex(8)}-01`;
}
