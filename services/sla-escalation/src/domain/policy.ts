import { Calendar, Priority, SlaPolicy, Target, TicketStatus, Version } from '@signalbox/contracts';
import { z } from 'zod';
import { aroundTheClock, openHours, type Hours } from './calendar.js';

const actions = SlaPolicy.shape.onComplexity.unwrap().omit({ atLeast: true });
const atLeast = actions.extend({ atLeast: z.int().min(1).max(100) });

/** The contract's policy and what escalation knows beyond it. Every addition is optional, so the contract's policies fit as they are. */
export const EscalatingPolicy = SlaPolicy.extend({
  /** Warn when so little counted time is left, beside the shares. */
  warnAtMinutesLeft: z.array(z.number().positive()).max(5).optional(),
  /** `offsetMinutes` counts in the policy's hours, like the target; `target` is the clock it is counted from, resolution if not said. */
  levels: z
    .array(SlaPolicy.shape.levels.unwrap().element.extend({ target: Target.optional() }))
    .max(10)
    .default([]),
  onDeclines: atLeast.optional(),
  onReopenings: atLeast.optional(),
  /** -1 is furious, 1 delighted. */
  onSentiment: actions.extend({ atMost: z.number().min(-1).max(1) }).optional(),
});
export type EscalatingPolicy = z.infer<typeof EscalatingPolicy>;
export type EscalationActions = z.infer<typeof actions>;

/** What of a policy decides a deadline. */
export type ClockPolicy = Pick<SlaPolicy, 'hours' | 'targets' | 'resolution' | 'pauseOn' | 'pauseMinutesMax'>;

/** A policy with its calendar made ready: what a clock is calculated from. Make it once per version; it is what costs time. */
export interface Terms {
  readonly policy: ClockPolicy;
  readonly hours: Hours;
}
export const termsOf = (policy: ClockPolicy, calendar: Calendar): Terms => ({
  policy,
  hours: policy.hours === 'business' ? openHours(calendar) : aroundTheClock,
});

const WEEKS_MAX = 20 * 52;

/**
 * What a policy and its calendar get wrong together, in sentences; empty when nothing. Calculation relies on this:
 * a calendar that never opens, or a target twenty years away, has no deadline.
 */
export function problemsOf(policy: ClockPolicy, calendar: Calendar): string[] {
  if (policy.hours === 'calendar') return [];
  const weekMinutes = Object.values(calendar.week).reduce((sum, hours) => sum + openMinutes(hours), 0);
  if (weekMinutes === 0) return ["the calendar's week has no opening hours; a policy in business hours needs at least one interval"];
  return Target.options.flatMap((target) =>
    Object.entries(policy.targets[target] ?? {})
      .filter(([, minutes]) => minutes > weekMinutes * WEEKS_MAX)
      .map(([priority, minutes]) => `target ${target} of ${minutes} minutes for '${priority}' is over 20 years of this calendar's weeks`),
  );
}

const openMinutes = (hours: readonly (readonly [string, string])[]): number =>
  hours.reduce((sum, [from, to]) => sum + minuteOfDay(to) - minuteOfDay(from), 0);
const minuteOfDay = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

const at = z.iso
  .datetime({ offset: true })
  .refine((instant) => instant >= '1970' && instant < '2200', 'an instant between the years 1970 and 2199, such as 2026-11-27T16:10:00Z');
/** `topic` and `version` order events of the same instant, as they do in the service; without them the file's order holds. */
const sent = { at, topic: z.string().optional(), version: Version.optional() };
const casePolicy = EscalatingPolicy.extend({ calendar: z.string().optional() });

const caseEvent = z.discriminatedUnion('type', [
  z.object({ ...sent, type: z.literal('received'), priority: Priority.default('normal') }),
  z.object({ ...sent, type: z.literal('priority'), value: Priority }),
  z.object({ ...sent, type: z.literal('status'), value: TicketStatus }),
  z.object({ ...sent, type: z.literal('customer-replied') }),
  z.object({ ...sent, type: z.literal('agent-replied'), by: z.string().min(1).default('human') }),
  z.object({ ...sent, type: z.literal('note') }),
  z.object({ ...sent, type: z.literal('reopened') }),
  z.object({ ...sent, type: z.literal('deflected') }),
  z.object({ ...sent, type: z.literal('merged') }),
  z.object({ ...sent, type: z.literal('absorbed'), receivedAt: at }),
  z.object({ ...sent, type: z.literal('policy'), policy: casePolicy, calendar: Calendar.optional() }),
]);

/** One ticket's deadline question, as `explain-deadline` reads it from a file. Instants may carry any offset from UTC. */
export const DeadlineCase = z
  .object({ calendar: Calendar, policy: casePolicy, events: z.array(caseEvent).max(10_000), now: at })
  .superRefine((asked, context) => {
    const problem = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    for (const message of problemsOf(asked.policy, asked.calendar)) problem(['policy'], message);
    if (!asked.events.some(({ type }) => type === 'received')) problem(['events'], "no event of type 'received'; no clock can start");
    for (const [i, event] of asked.events.entries()) {
      if (event.type !== 'policy') continue;
      for (const message of problemsOf(event.policy, event.calendar ?? asked.calendar)) problem(['events', i, 'policy'], message);
    }
  });
export type DeadlineCase = z.infer<typeof DeadlineCase>;
