import { Calendar, Clock, Priority, SlaPolicy, TicketStatus } from '@signalbox/contracts';
import { z } from 'zod';
import { aroundTheClock, businessTime, type WorkingTime } from './calendar.js';
import { clocksOf, type ClockState } from './clock.js';
import { until } from './span.js';
import type { Happening, TicketFact } from './ticket-fact.js';

const MINUTE_MS = 60_000;
const EVENTS_MAX = 10_000;
const REASONS_MAX = 100;
const LAST_INSTANT = Date.UTC(9999, 11, 31);

const instant = z.iso.datetime({ offset: true, error: "an instant such as '2026-11-27T16:10:00Z'" });
const BY = "'human', or what else replied, such as 'bot'";
const event = z.discriminatedUnion(
  'type',
  [
    z.object({ at: instant, type: z.literal('received'), priority: Priority.default('normal') }),
    z.object({ at: instant, type: z.literal('priority'), value: Priority }),
    z.object({ at: instant, type: z.literal('agent-replied'), by: z.string(BY).min(1, BY) }),
    z.object({ at: instant, type: z.literal('status'), value: TicketStatus }),
    z.object({ at: instant, type: z.literal('note') }),
    z.object({ at: instant, type: z.literal('reopened') }),
    z.object({ at: instant, type: z.literal('customer-replied') }),
    z.object({ at: instant, type: z.literal('handed-over'), to: z.string().min(1).max(80) }),
    z.object({ at: instant, type: z.literal('merged-in'), receivedAt: instant }),
    z.object({ at: instant, type: z.literal('merged-away') }),
  ],
  {
    error:
      "a type of event: 'received', 'priority', 'status', 'customer-replied', 'agent-replied', 'note', 'reopened', 'handed-over', 'merged-in' or 'merged-away'",
  },
);

/** A case calculated by hand: calendar, policy (its calendar's name and its escalation may be left out), events in any order, now. */
export const DeadlineCase = z
  .object({
    calendar: Calendar.optional(),
    policy: SlaPolicy.partial({ calendar: true }),
    events: z.array(event).max(EVENTS_MAX),
    now: instant,
  })
  .refine(({ calendar, policy }) => calendar !== undefined || policy.hours === 'calendar', {
    path: ['calendar'],
    error: "a calendar, because the policy's hours are 'business'",
  })
  .refine(({ events }) => events.filter(({ type }) => type === 'received').length === 1, {
    path: ['events'],
    error: "exactly one event of the type 'received'",
  });
export type DeadlineCase = z.infer<typeof DeadlineCase>;
type CaseEvent = DeadlineCase['events'][number];

/** A stretch of a clock's life, and whether it counts. */
export interface Segment {
  readonly from: string;
  readonly to: string;
  readonly counted: boolean;
  readonly why: 'open hours' | 'around the clock' | 'closed' | 'pending' | 'on-hold';
}

export type ExplainedClock = Clock & { readonly spentMinutes: number; readonly segments: readonly Segment[] };

/** A case that cannot be calculated, with every reason on a line of its own. */
export class InvalidCase extends Error {}

/**
 * The clocks of a case, each with the segments that were counted or not, without gaps from its start to its end or `now`.
 * Events after `now` are left out: the clocks are shown as they stood then. Throws InvalidCase.
 */
export function explainDeadline(input: unknown): { clocks: ExplainedClock[] } {
  const parsed = DeadlineCase.safeParse(input, { error: wordsFor });
  if (!parsed.success) throw new InvalidCase(firstOf(parsed.error.issues.map((issue) => reasonOf(issue, input))).join('\n'));
  const { calendar, policy, events, now: until_ } = parsed.data;
  const now = Date.parse(until_);
  const time = calendar && policy.hours === 'business' ? businessTime(calendar) : aroundTheClock;
  const clocks = withinYears(() => clocksOf(events.map(toFact), policy, time, now));
  return { clocks: clocks.map((clock) => explainClock(clock, time, now)) };
}

/**
 * Fields that stand where any may stand, and mean nothing: a misspelt one would otherwise be missed. Each with what there is.
 * @param valid a case that `explainDeadline` has taken
 */
export function fieldsPassedOver(valid: object): string[] {
  const { events } = valid as { events: { type: string }[] };
  const places: [string, object, object][] = [
    ['the case', valid, DeadlineCase.shape],
    ...events.map((given, index): [string, object, object] => [
      `events.${index}`,
      given,
      event.options.find(({ shape }) => shape.type.value === given.type)!.shape,
    ]),
  ];
  const lines = places.flatMap(([place, given, shape]) => {
    const known = Object.keys(shape);
    const unknown = Object.keys(given).filter((name) => !known.includes(name));
    return unknown.map((name) => `${place}: '${name}' means nothing; there are ${known.join(', ')}`);
  });
  return firstOf(lines);
}

const firstOf = (lines: readonly string[]): string[] =>
  lines.length > REASONS_MAX ? [...lines.slice(0, REASONS_MAX), `and ${lines.length - REASONS_MAX} more`] : [...lines];

/** What zod alone does not say: which names there are. */
function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const { def } = (issue.inst as z.core.$ZodType)._zod as unknown as { def: { shape?: object; keyType?: { options?: string[] } } };
  return `known: ${(def.shape ? Object.keys(def.shape) : (def.keyType?.options ?? [])).join(', ')}`;
}

/** What was expected, in zod's words without their preamble, and what stands there. */
function reasonOf(issue: z.core.$ZodIssue, input: unknown): string {
  const place = issue.path.join('.') || 'the case';
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${place}: has no field '${key}'; ${issue.message}`).join('\n');
  if (issue.code === 'invalid_key') return `${place}: its name: expected ${issue.issues[0]?.message.replace(/^Invalid /, 'a valid ')}`;
  const expected = issue.message.replace(/^(Invalid|Too) [^:]*: expected |, received \w+$/g, '').replace(/^Invalid /, 'a valid ');
  const given = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input);
  return `${place}: ${expected.includes(' must ') ? '' : 'expected '}${expected}${shown(given)}`;
}

/** What is short enough to be told; an interval is. */
function shown(value: unknown): string {
  if (value === undefined) return ', not nothing';
  const isFlat = !Array.isArray(value) || (value.length <= 2 && value.every((item) => typeof item !== 'object'));
  const text =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? 'an object' : isFlat ? JSON.stringify(value) : 'this list';
  return text.length > 60 ? '' : `, not ${text}`;
}

/** One clock as people and tests read it. Throws InvalidCase when its deadline lies beyond the calendar. */
export function explainClock(clock: ClockState, time: WorkingTime, now: number): ExplainedClock {
  const { target, instance, status, startedAt, dueAt, breachedAt, stoppedAt, targetMinutes, queueId, spentMs } = clock;
  if (dueAt === Infinity) {
    throw new InvalidCase(
      `calendar: opens for less than the ${targetMinutes} minutes of ${target} between ${iso(startedAt)} and the year 2200`,
    );
  }
  if (dueAt !== null && dueAt > LAST_INSTANT) {
    throw new InvalidCase(`policy: the ${targetMinutes} minutes of ${target} from ${iso(startedAt)} on end after the year 9999`);
  }
  return {
    target,
    instance,
    status,
    startedAt: iso(startedAt),
    dueAt: dueAt === null ? null : iso(dueAt),
    breachedAt: breachedAt === null ? null : iso(breachedAt),
    stoppedAt: stoppedAt === null ? null : iso(stoppedAt),
    targetMinutes,
    ...(queueId === undefined ? {} : { queueId }),
    spentMinutes: spentMs / MINUTE_MS,
    segments: segmentsOf(clock, time, stoppedAt ?? now),
  };
}

function segmentsOf(clock: ClockState, time: WorkingTime, end: number): Segment[] {
  const segments: Segment[] = [];
  const add = (from: number, to: number, why: Segment['why']): void => {
    if (from < to) segments.push({ from: iso(from), to: iso(to), counted: why === 'open hours' || why === 'around the clock', why });
  };
  for (const { from, to, why } of until(clock.spans, end)) {
    if (why !== 'running') add(from, to!, why);
    else {
      let at = from;
      for (const open of time.intervals(from, to!)) {
        add(at, open.from, 'closed');
        add(open.from, open.to, time === aroundTheClock ? 'around the clock' : 'open hours');
        at = open.to;
      }
      add(at, to!, 'closed');
    }
  }
  return segments;
}

/** Events of a case have no topic and version: those at one instant happened in the order in which they stand. */
function toFact({ at, ...rest }: CaseEvent, place: number): TicketFact {
  const happening: Happening = rest.type === 'merged-in' ? { ...rest, receivedAt: Date.parse(rest.receivedAt) } : rest;
  return { ...happening, at: Date.parse(at), topic: '', version: place };
}

function withinYears<T>(calculate: () => T): T {
  try {
    return calculate();
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidCase(`events, now: ${error.message}`, { cause: error });
    throw error;
  }
}

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
