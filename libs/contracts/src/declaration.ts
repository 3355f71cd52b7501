import { z } from 'zod';

/** The seven services, and the systems outside that may write one topic each. */
export const ServiceName = z.enum(['intake', 'enrichment', 'routing', 'assignment', 'sla-escalation', 'knowledge-base', 'console']);
export type ServiceName = z.infer<typeof ServiceName>;
export type Writer = ServiceName | 'upstream';

/** Fixed for life: a key must stay on its partition, because order holds only there. */
export const PARTITIONS = 12;

export interface Topic {
  readonly name: `signalbox.${string}`;
  readonly writer: Writer;
  /** Compacted topics keep the latest record of each subject for ever; the others keep 30 days. */
  readonly compacted: boolean;
  readonly says: string;
}

const declaredTopics = new Map<string, Topic>();
const declaredEvents = new Map<string, EventDescription>();

/** Declares a topic once. Its provisioning, ACLs, documentation and the README's picture all come from here. */
export function topic(name: Topic['name'], options: { writer: Writer; compacted?: boolean; says: string }): Topic {
  if (declaredTopics.has(name)) throw new Error(`topic '${name}' is declared twice`);
  const declared: Topic = { name, writer: options.writer, compacted: options.compacted ?? false, says: options.says };
  declaredTopics.set(name, declared);
  return declared;
}

/** What an event can be about: the name of the id that is its key. */
export const by = {
  ticketId: 'ticketId',
  agentId: 'agentId',
  customerId: 'customerId',
  queueId: 'queueId',
  domain: 'domain',
  key: 'key',
} as const;
export type SubjectName = keyof typeof by;

/** What a later event remembers of the one that caused it. */
export interface Cause {
  readonly id: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
}

// Distributes over a union of names, so that a list of different events is a list of Drafts.
type SubjectOf<S extends SubjectName> = S extends SubjectName ? { readonly [K in S]: string } : never;

/** An event as the domain writes it: its subject under the subject's own name, the rest under `data`. */
export type Draft<T extends string = string, S extends SubjectName = SubjectName, D = unknown> = {
  readonly type: T;
  readonly data: D;
  /** Set only where somebody must know the id before the commit (a request that is answered 202 with it). */
  readonly id?: string | undefined;
  readonly cause?: Cause | undefined;
} & SubjectOf<S>;

/** What `libs/messaging` adds to an event that has been read from its topic. */
export interface ReceivedFields {
  readonly id: string;
  /** With `id` the duplicate key of what upstream systems send (CloudEvents 1.0, 3.1.1). */
  readonly source: string;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** When its writer decided it, by that writer's database clock. */
  readonly at: Date;
  /** 1, 2, 3 … per subject within its topic. For upstream topics: the offset + 1. */
  readonly version: number;
}
export type Received<E> = E & ReceivedFields;

/** What is known of a declared event, whatever its fields. */
export interface EventDescription {
  readonly type: string;
  readonly topic: Topic;
  readonly subjectName: SubjectName;
  readonly schema: z.ZodType;
}

export interface EventDeclaration<T extends string, S extends SubjectName, D extends z.ZodType> extends EventDescription {
  /** Makes the event. It is checked against the schema when it is written to the outbox, not here. */
  (subject: string, data: z.input<D>): Draft<T, S, z.output<D>>;
  readonly type: T;
  readonly subjectName: S;
  readonly schema: D;
}

/** The event's TypeScript type, from its one declaration. */
export type EventOf<E> = E extends EventDeclaration<infer T, infer S, infer D> ? Draft<T, S, z.output<D>> : never;

/** Declares an event once: wire type, topic, what its key names, and the fields of its data. */
export function event<T extends string, S extends SubjectName, Shape extends z.ZodRawShape>(
  on: Topic,
  type: T,
  subjectName: S,
  shape: Shape,
): EventDeclaration<T, S, z.ZodObject<Shape>> {
  if (declaredEvents.has(type)) throw new Error(`event type '${type}' is declared twice; wire types are unique over all topics`);
  const schema = z.object(shape);
  const make = (subject: string, data: unknown): Draft => ({ type, [subjectName]: subject, data }) as unknown as Draft;
  const declared = Object.assign(make, { type, topic: on, subjectName, schema }) as unknown as EventDeclaration<T, S, z.ZodObject<Shape>>;
  declaredEvents.set(type, declared);
  return declared;
}

/** Every topic declared so far, in the order of the declarations (which is the order of the flow). */
export const allTopics = (): Topic[] => [...declaredTopics.values()];
export const allEvents = (): EventDescription[] => [...declaredEvents.values()];
export const eventsOn = (on: Topic): EventDescription[] => allEvents().filter((declared) => declared.topic === on);
export const eventOfType = (type: string): EventDescription | undefined => declaredEvents.get(type);

/** The reader's own topic for records it could not process. Its writer is that reader. */
export const deadLettersOf = (reader: ServiceName): Topic => ({
  name: `signalbox.${reader}.dead-letters`,
  writer: reader,
  compacted: false,
  says: `records ${reader} could not process: untouched, with the reason in their headers`,
});

/** The subject's id, whatever it is called in this event. */
export function subjectOf(draft: Draft): string {
  const declared = declaredEvents.get(draft.type);
  if (!declared) throw new Error(`event type '${draft.type}' is not declared in libs/contracts`);
  return (draft as unknown as Record<string, string>)[declared.subjectName]!;
}

/** Marks drafts as the consequence of an event, so that causation, correlation and the trace go on. Drafts that already have a cause keep it. */
export function causedBy<E extends Draft>(cause: Cause, drafts: readonly E[]): E[] {
  const { id, correlationId, traceparent } = cause;
  return drafts.map((draft) => (draft.cause ? draft : { ...draft, cause: { id, correlationId, traceparent } }));
}
