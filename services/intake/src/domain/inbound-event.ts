import { eventsOn, InboundTopic, MessageSubmitted, TicketSubmitted } from '@signalbox/contracts';
import { z } from 'zod';
import { readJson, rejected, shown, valueAt, type Parsed } from './json.js';

/** A header's value as kafkajs gives it. */
export type RecordHeaders = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;

type Submitted =
  | { type: 'TicketSubmitted'; data: z.output<typeof TicketSubmitted.schema> }
  | { type: 'MessageSubmitted'; data: z.output<typeof MessageSubmitted.schema> };

/** A record of `signalbox.inbound`. `source` and `id` together are the duplicate key (CloudEvents 1.0, 3.1.1). */
export type InboundEvent = Submitted & { id: string; source: string; subject?: string; time?: string; traceparent?: string };

const attribute = z.string().min(1).max(400);
const Attributes = z.object({
  specversion: z.literal('1.0'),
  id: attribute,
  source: attribute,
  type: attribute,
  subject: attribute.optional(),
  time: z.iso.datetime({ offset: true }).optional(),
  datacontenttype: attribute.optional(),
  traceparent: attribute.optional(),
});

/** NUL and lone surrogates, in text or escaped: no database can hold them, and repairing another system's data is not ours. */
// oxlint-disable-next-line no-control-regex
const NUL = /\u0000/;

/**
 * A CloudEvent in structured mode (`application/cloudevents+json`, or no content type at all, as kcat sends it) or binary mode
 * (`ce_` headers, the value is the data). The reason names what is wrong, which value, and what is allowed; retrying never helps.
 */
export function parseInboundCloudEvent(headers: RecordHeaders, value: Uint8Array | null): Parsed<InboundEvent> {
  if (value === null) return rejected('the record has no value (a tombstone); expected a CloudEvent');
  const texts = headerTexts(headers);
  const contentType = (texts.get('content-type') ?? '').toLowerCase();
  if (contentType.startsWith('application/cloudevents') && !/^application\/cloudevents\+json\s*(?:;|$)/.test(contentType)) {
    return rejected(`content-type is ${shown(contentType)}; allowed: 'application/cloudevents+json', or binary mode with JSON data`);
  }
  const binary = texts.has('ce_specversion') && !contentType.startsWith('application/cloudevents');
  const json = readJson(value, 'the record value');
  if (!json.ok) return json;

  const envelope = binary ? attributesOf(texts) : json.value;
  const attributes = Attributes.safeParse(envelope);
  if (!attributes.success) return rejected(explain('CloudEvent', attributes.error, envelope));
  const { type, datacontenttype, specversion: _known, ...rest } = attributes.data;
  const dataType = binary ? contentType : (datacontenttype ?? '');
  if (dataType && !/^(?:application|text)\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(dataType)) {
    return rejected(`the content type of the data is ${shown(dataType)}; allowed: 'application/json'`);
  }
  const data = binary ? json : dataOf(envelope as Record<string, unknown>);
  if (!data.ok) return data;

  const declared = [TicketSubmitted, MessageSubmitted].find((event) => event.type === type);
  if (!declared) {
    const known = eventsOn(InboundTopic).map((event) => `'${event.type}'`);
    return rejected(`type is ${shown(type)}; allowed on ${InboundTopic.name}: ${known.join(', ')}`);
  }
  const parsed = declared.schema.safeParse(data.value);
  if (!parsed.success) return rejected(explain(`data of ${type}`, parsed.error, data.value));
  if (!texty(parsed.data)) return rejected(`data of ${type} has a NUL character or half of a surrogate pair; allowed: text that can be stored`);
  return { ok: true, value: { type: declared.type, data: parsed.data, ...rest } as InboundEvent };
}

function headerTexts(headers: RecordHeaders): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && first !== null) texts.set(name.toLowerCase(), first.toString());
  }
  return texts;
}

const attributesOf = (texts: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...texts].flatMap(([name, value]) => (name.startsWith('ce_') ? [[name.slice(3), value] as const] : [])));

function dataOf(envelope: Record<string, unknown>): Parsed<unknown> {
  const { data, data_base64: base64 } = envelope;
  return typeof base64 === 'string' && data === undefined ? readJson(Buffer.from(base64, 'base64'), 'data_base64') : { ok: true, value: data };
}

/** At most three problems: where, what is expected, what came. */
function explain(what: string, error: z.ZodError, value: unknown): string {
  const problems = error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'it'} is ${shown(valueAt(value, path))}: ${message}`);
  return `${what}: ${problems.join('; ')}`;
}

const texty = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.isWellFormed() && !NUL.test(value)
    : typeof value !== 'object' || value === null || Object.entries(value).flat().every(texty);
