import {
  Priority,
  SlaBreached,
  SlaBreachWithdrawn,
  SlaWarned,
  Target,
  TicketEscalated,
  type Complexity,
  type EscalationCause,
  type SlaPolicy,
  type TicketStatus,
} from '@signalbox/contracts';
import type { z } from 'zod';
import type { WorkingTime } from './calendar.js';
import type { ClockState } from './clock.js';
import { instantAtSpent } from './span.js';

const MINUTE_MS = 60_000;
/** The contract's limit for an explanation. */
const EXPLANATION_LENGTH_MAX = 300;

/** What of a policy warns and escalates. */
export type EscalationRules = Pick<
  SlaPolicy,
  | 'warnAtShares'
  | 'warnAtMinutesLeft'
  | 'levels'
  | 'onComplexity'
  | 'onUnaccepted'
  | 'onDeclines'
  | 'onReopenings'
  | 'onSentiment'
  | 'onOwnerSilent'
>;
type Actions = Omit<SlaPolicy['levels'][number], 'offsetMinutes' | 'target'>;
export type EscalationEvent = SlaWarned | SlaBreached | SlaBreachWithdrawn | TicketEscalated;

/** Beside what was said, kept with it: a person has it in hand, and the chain upwards ends. */
export const CANCELED = 'canceled';
/** What has been said so far: keys such as `warned resolution 1 0.8` or `level 2`. Plain data, to be stored with the ticket. */
export interface EscalationState {
  readonly said: readonly string[];
}

/** What is known of the ticket now. Instants are epoch milliseconds. */
export interface EscalationFacts {
  readonly ticketId: string;
  readonly clocks: readonly ClockState[];
  readonly status: TicketStatus;
  readonly priority: Priority;
  readonly complexity: z.infer<typeof Complexity> | null;
  /** Since when nobody has accepted it; null while somebody has it. */
  readonly unacceptedSince: number | null;
  /** Offers agents declined, and times it was reopened, in its whole life. None when left out. */
  readonly declines?: number;
  readonly reopenings?: number;
  /** Of the customer's latest words, -1 to 1; null or left out while it is not known. */
  readonly sentiment?: number | null;
  /** An owner who was reminded that they are silent, and has not shown a sign since. */
  readonly silentOwner?: { readonly agentId: string; readonly at: number } | null;
  /** Since when all of this could be known: what is due before is not late by it. */
  readonly knownAt?: number;
}

export interface Escalation {
  readonly state: EscalationState;
  /** In the order they were due, however late `now` is. */
  readonly events: EscalationEvent[];
  /** The next instant at which anything can become due, always later than `now`; null: only a new fact can change that. */
  readonly nextCheckAt: number | null;
}

/** Something that is said once: when it is due, and how it is said. Null as an instant: not as things stand. */
interface Step {
  readonly key: string;
  readonly at: number | null;
  readonly kind: 'warning' | 'breach' | 'level';
  readonly words: string;
  readonly event: (lateMs: number) => EscalationEvent;
}

/** What will happen if nothing else does. `at` in epoch milliseconds. */
export interface Upcoming {
  readonly at: number;
  readonly what: Step['kind'] | 'resumes';
  readonly words: string;
}

/**
 * Warnings, breaches and levels that are due at `now` and have not been said, and when to look again.
 * Each is said once per ticket; a breach that a late fact disproves is withdrawn and may be said again when it comes true.
 * Offsets and shares count in the clock's own time, so that nothing fires at night or while the customer is waited for.
 */
export function escalate(
  state: EscalationState,
  facts: EscalationFacts,
  rules: EscalationRules,
  time: WorkingTime,
  now: number,
): Escalation {
  // A clock that a late fact did away with altogether had no breach either.
  const breaches = new Set(facts.clocks.filter((clock) => clock.breachedAt !== null).map(breachKey));
  const disproved = state.said.filter((key) => key.startsWith('breached ') && !breaches.has(key));
  const said = new Set(state.said.filter((key) => !disproved.includes(key)));
  const withdrawn = disproved.map((key) => withdrawal(facts.ticketId, key, now));

  const steps = unsaid(said, facts, rules, time, now);
  const due = steps.filter((step) => step.at !== null && step.at <= now).sort((a, b) => a.at! - b.at! || (a.key < b.key ? -1 : 1));
  for (const step of due) said.add(step.key);

  const ahead = [...steps.map((step) => step.at), ...facts.clocks.map((clock) => clock.resumesAt)];
  const instants = ahead.filter((at): at is number => at !== null && at > now && at < Infinity);
  return {
    state: { said: [...said] },
    events: [...withdrawn, ...due.map((step) => step.event(Math.max(0, Math.round(now - Math.max(step.at!, facts.knownAt ?? -Infinity)))))],
    nextCheckAt: instants.length > 0 ? Math.min(...instants) : null,
  };
}

/** What comes next, soonest first, all of it later than `now`; whatever was said already does not come again. */
export function upcoming(
  state: EscalationState,
  facts: EscalationFacts,
  rules: EscalationRules,
  time: WorkingTime,
  now: number,
): Upcoming[] {
  const steps = unsaid(new Set(state.said), facts, rules, time, now).map(({ at, kind, words }) => ({ at, what: kind, words }));
  const resuming = facts.clocks.map(({ resumesAt, target }) => ({
    at: resumesAt,
    what: 'resumes' as const,
    words: `${target} runs again: its pauses are used up`,
  }));
  return [...steps, ...resuming]
    .filter((next): next is Upcoming => next.at !== null && next.at > now && next.at < Infinity)
    .sort((a, b) => a.at - b.at || (a.words < b.words ? -1 : 1));
}

function unsaid(said: ReadonlySet<string>, facts: EscalationFacts, rules: EscalationRules, time: WorkingTime, now: number): Step[] {
  return stepsOf(facts, rules, time, now).filter(({ key, kind }) => !said.has(key) && !(kind === 'level' && said.has(CANCELED)));
}

function stepsOf(facts: EscalationFacts, rules: EscalationRules, time: WorkingTime, now: number): Step[] {
  const ended = facts.status === 'solved' || facts.status === 'closed';
  const steps = facts.clocks.flatMap((clock) => clockSteps(facts.ticketId, clock, rules, time, now));
  if (ended) return steps;
  return [...steps, ...levelSteps(facts, rules, time, now), ...ruleSteps(facts, rules, now)];
}

/** A warning is for a deadline that can still be kept: none after the clock stopped, none after the breach. */
function clockSteps(ticketId: string, clock: ClockState, rules: EscalationRules, time: WorkingTime, now: number): Step[] {
  const { target, instance, breachedAt, dueAt, stoppedAt } = clock;
  const targetMs = clock.targetMinutes * MINUTE_MS;
  // While paused without an end dueAt is null, and a planned end of the pause still leads to a deadline.
  const deadline = stoppedAt === null ? instantAtSpent(clock.spans, targetMs, time) : breachedAt;
  const breach: Step = {
    key: breachKey(clock),
    at: deadline,
    kind: 'breach',
    words: `${target} is breached`,
    event: (lateMs) => SlaBreached(ticketId, { target, instance, dueAt: iso(deadline!), breachedAt: iso(deadline!), lateMs }),
  };
  if (stoppedAt !== null || breachedAt !== null) return [breach];
  const shares = rules.warnAtShares.map((share) => ({ when: `${share}`, spentMs: targetMs * share }));
  const left = (rules.warnAtMinutesLeft ?? []).map((minutes) => ({ when: `${minutes} min left`, spentMs: targetMs - minutes * MINUTE_MS }));
  // So little time left from the start is the target itself, not a warning.
  const warnings = [...shares, ...left.filter(({ spentMs }) => spentMs > 0)].map(({ when, spentMs }): Step => {
    const at = instantAtSpent(clock.spans, spentMs, time);
    return {
      key: `warned ${target} ${instance} ${when}`,
      kind: 'warning',
      words: `warning: ${target}, ${shareOf(spentMs, targetMs)} of its time spent`,
      // Not while paused, nor for a deadline the calendar never reaches: there is nothing to name. A pause's end asks again.
      at: at !== null && at <= now && (dueAt === null || dueAt === Infinity) ? null : at,
      event: (lateMs) =>
        SlaWarned(ticketId, {
          target,
          instance,
          dueAt: iso(dueAt!),
          spentShare: Math.min(1, clock.spentMs / targetMs),
          warnedAt: iso(now),
          lateMs,
        }),
    };
  });
  return [breach, ...warnings];
}

/**
 * The chain upwards, counted from the deadline of each level's target in its clock's own time; an offset before the receipt is due at once.
 * Levels are numbered per target. Those of the resolution are reached once per ticket, those of other targets once per clock.
 */
function levelSteps(facts: EscalationFacts, rules: EscalationRules, time: WorkingTime, now: number): Step[] {
  return Target.options.flatMap((target) => {
    const clock = facts.clocks.findLast((one) => one.target === target && one.stoppedAt === null);
    if (!clock) return [];
    const levels = rules.levels.filter((level) => (level.target ?? 'resolution') === target);
    return levels
      .toSorted((a, b) => a.offsetMinutes - b.offsetMinutes)
      .map(({ offsetMinutes, ...actions }, index): Step => {
        const spentMs = Math.max(0, (clock.targetMinutes + offsetMinutes) * MINUTE_MS);
        const when = offsetMinutes === 0 ? 'at' : `${Math.abs(offsetMinutes)} min ${offsetMinutes < 0 ? 'before' : 'after'}`;
        const words = `level ${index + 1}: ${when} the ${NAMES[target]} deadline (${clock.targetMinutes} min)`;
        return {
          key: target === 'resolution' ? `level ${index + 1}` : `level ${target} ${clock.instance} ${index + 1}`,
          at: instantAtSpent(clock.spans, spentMs, time),
          kind: 'level',
          words,
          event: (lateMs) => escalated(facts, { level: index + 1, cause: 'due', target, words, actions, now, lateMs }),
        };
      });
  });
}

const NAMES: Readonly<Record<Target, string>> = {
  firstResponse: 'first response',
  nextReply: 'next reply',
  periodicUpdate: 'update',
  resolution: 'resolution',
  internal: 'internal',
};

/** Escalations that ask no clock; minutes are minutes around the clock. */
function ruleSteps(facts: EscalationFacts, rules: EscalationRules, now: number): Step[] {
  const { onComplexity, onUnaccepted, onDeclines, onReopenings, onSentiment, onOwnerSilent } = rules;
  const { complexity, priority, unacceptedSince, declines = 0, reopenings = 0, sentiment = null, silentOwner } = facts;
  const steps: Step[] = [];
  const add = (cause: EscalationCause, at: number, words: string, actions: Actions, key: string = cause): void => {
    const event = (lateMs: number): TicketEscalated => escalated(facts, { level: 1, cause, words, actions, now, lateMs });
    steps.push({ key, at, kind: 'level', words, event });
  };
  if (onComplexity && complexity !== null && complexity >= onComplexity.atLeast) {
    add('complexity', now, `complexity ${complexity}, policy says from ${onComplexity.atLeast}`, onComplexity);
  }
  if (onDeclines && declines >= onDeclines.atLeast) {
    add('declines', now, `declined ${declines} times, policy says from ${onDeclines.atLeast}`, onDeclines);
  }
  if (onReopenings && reopenings >= onReopenings.atLeast) {
    add('reopenings', now, `reopened ${reopenings} times, policy says from ${onReopenings.atLeast}`, onReopenings);
  }
  if (onSentiment && sentiment !== null && sentiment <= onSentiment.atMost) {
    add('sentiment', now, `sentiment ${sentiment}, policy says at most ${onSentiment.atMost}`, onSentiment);
  }
  if (onUnaccepted && unacceptedSince !== null && onUnaccepted.priorities.includes(priority)) {
    const words = `${priority} and accepted by nobody within ${onUnaccepted.minutes} min`;
    add('not-accepted', unacceptedSince + onUnaccepted.minutes * MINUTE_MS, words, onUnaccepted);
  }
  if (onOwnerSilent && silentOwner) {
    const { agentId, at } = silentOwner;
    add('silent-owner', at, `its owner ${agentId} has been silent and was reminded`, onOwnerSilent, `silent-owner ${agentId}`);
  }
  return steps;
}

interface Escalating {
  readonly level: number;
  readonly cause: EscalationCause;
  readonly target?: Target;
  readonly words: string;
  readonly actions: Actions;
  readonly now: number;
  readonly lateMs: number;
}

/** A priority is only ever raised: a policy that says 'high' does not lower an urgent ticket. */
function escalated(facts: EscalationFacts, { level, cause, target, words, actions, now, lateMs }: Escalating): TicketEscalated {
  const { notify, raisePriorityTo, addSkills, requeue, offerRescue, reassignToRole } = actions;
  const raises = raisePriorityTo && rankOf(raisePriorityTo) < rankOf(facts.priority);
  return TicketEscalated(facts.ticketId, {
    level,
    cause,
    ...(target ? { target } : {}),
    explanation: words.slice(0, EXPLANATION_LENGTH_MAX),
    ...(raises ? { raisePriorityTo } : {}),
    ...(addSkills ? { addSkills } : {}),
    ...(requeue ? { requeue } : {}),
    ...(offerRescue ? { offerRescue } : {}),
    ...(reassignToRole ? { reassignToRole } : {}),
    notify,
    escalatedAt: iso(now),
    lateMs,
  });
}

function shareOf(spentMs: number, targetMs: number): string {
  return `${Math.round((spentMs / targetMs) * 100)} %`;
}

function withdrawal(ticketId: string, key: string, now: number): SlaBreachWithdrawn {
  const [, target, instance] = key.split(' ');
  return SlaBreachWithdrawn(ticketId, { target: Target.parse(target), instance: Number(instance), withdrawnAt: iso(now) });
}

function breachKey({ target, instance }: Pick<ClockState, 'target' | 'instance'>): string {
  return `breached ${target} ${instance}`;
}

/** 0 is the most pressing. */
function rankOf(priority: Priority): number {
  return Priority.options.indexOf(priority);
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
