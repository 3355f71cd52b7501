import { ClocksChanged, ClocksExplained, SEGMENTS_MAX, TicketEscalated, type Clock, type SlaPolicy } from '@signalbox/contracts';
import { isDeepStrictEqual } from 'node:util';
import { reasonOf, type Breach } from './breach-reason.js';
import { aroundTheClock, type Interval } from './calendar.js';
import type { ClockRules, ClockState } from './clock.js';
import { escalate, upcoming, type EscalationEvent, type EscalationFacts } from './escalation.js';
import { explainClock } from './explain.js';
import { clocksUnder, type JudgedClock } from './policy-change.js';
import { rulesOf, type ActivePolicy, type InForce, type Rulebook } from './rules.js';
import { ticketOf, type SlaTicket, type StoredFacts } from './sla-ticket.js';

/** The contract's limits. */
const CLOCKS_MAX = 200;
const NOTIFIED_MAX = 20;
const EXPLAINED_MAX = 50;
const UPCOMING_MAX = 3;

export type Published = ClocksChanged['data'];
type Named = ActivePolicy['named'];

/** What everything is judged by, beside the ticket's own facts. */
export interface Configured {
  /** Oldest first; empty: nothing was ever applied. */
  readonly books: readonly Rulebook[];
  /** The queue of a category, or of a ticket without one. */
  readonly queueOf: (category: string | null) => string | null;
}

export interface CheckedState {
  readonly published: Published | null;
  readonly said: readonly string[];
}
export interface Check {
  readonly state: CheckedState;
  readonly events: (ClocksChanged | EscalationEvent)[];
  /** Always later than now; null: only a new fact or configuration can change anything. */
  readonly nextCheckAt: number | null;
  /** A closed ticket's clocks are over: a new configuration passes it by. */
  readonly open: boolean;
  /** Rules with a deadline that their calendar never reaches: such clocks are left out. Null: none. */
  readonly unreachable: Named | null;
  /** Why a clock of these was breached, given when nobody of a queue was online. */
  readonly reasonOf: (target: Clock['target'], instance: number, unstaffed: (queueId: string) => readonly Interval[]) => Breach;
  readonly ticket: SlaTicket;
  /** In force at `now`; undefined: none is. */
  readonly policy: SlaPolicy | undefined;
}

const none = { name: 'none', version: 0 };
const without: Named = { policy: none, calendar: none };
/** Where no policy is in force nothing is owed. */
const nothingOwed: ClockRules = { targets: {}, resolution: 'total', pauseOn: [], pauseMinutesMax: null };

interface Judged {
  readonly ticket: SlaTicket;
  readonly rules: readonly InForce[];
  readonly active: ActivePolicy | undefined;
  readonly clocks: readonly JudgedClock[];
  /** Rules with a deadline that their calendar never reaches. */
  readonly unreachable: Named | null;
}

/** A ticket's clocks at `now`, each judged by the versions it is to be judged by. */
function judge(stored: StoredFacts, { books, queueOf }: Configured, now: number): Judged {
  const ticket = ticketOf(stored, queueOf);
  const rules = rulesOf(ticket, books);
  const versions = rules.map(({ from, active }) => ({ from, rules: active?.policy ?? nothingOwed, time: active?.time ?? aroundTheClock }));
  const all = versions.length > 0 ? clocksUnder(versions, ticket.facts, now) : [];
  const unreachable = all.find(({ dueAt }) => dueAt === Infinity);
  const active = rules.findLast(({ from }, index) => index === 0 || from <= now)?.active;
  return {
    ticket,
    rules,
    active,
    clocks: all.filter(({ dueAt }) => dueAt !== Infinity),
    unreachable: unreachable ? (rules[unreachable.by]?.active?.named ?? null) : null,
  };
}

/**
 * Recomputes a ticket's clocks from its facts and says what is new at `now`: ClocksChanged at most once, then what is due.
 * Nothing is said before the receipt is known. Throws RangeError for instants outside the years a calendar can tell.
 */
export function checkTicket(ticketId: string, stored: StoredFacts, before: CheckedState, configured: Configured, now: number): Check {
  const judged = judge(stored, configured, now);
  const { ticket, rules, active, clocks } = judged;
  // Writers' clocks may be ahead of ours: such a fact counts from its own instant. So does a bundle.
  const ahead = [...ticket.facts.map(({ at }) => at), ...rules.map(({ from }) => from)].filter((at) => at > now);
  const published: Published = { clocks: newest(clocks).map(toWire), ...(active?.named ?? without) };
  const isNews = before.published === null ? published.clocks.length > 0 : !isDeepStrictEqual(published, before.published);
  const facts = escalationFacts(ticketId, judged, now);
  const escalation = active
    ? escalate({ said: before.said }, facts, active.policy, active.time, now)
    : { state: { said: before.said }, events: [], nextCheckAt: null };
  const nextAt = Math.min(escalation.nextCheckAt ?? Infinity, ...ahead);
  return {
    state: { published: isNews ? published : before.published, said: escalation.state.said },
    events: [...(isNews ? [ClocksChanged(ticketId, published)] : []), ...escalation.events.map(bounded)],
    nextCheckAt: nextAt === Infinity ? null : nextAt,
    open: ticket.status !== 'closed',
    unreachable: judged.unreachable,
    reasonOf: (target, instance, unstaffed) => {
      const clock = clocks.find((one) => one.target === target && one.instance === instance)!;
      return reasonOf(
        clock,
        ticket,
        rules[clock.by]?.active?.time ?? aroundTheClock,
        unstaffed,
        changedAt(stored, configured, judged, clock, now),
      );
    },
    ticket,
    policy: active?.policy,
  };
}

/** The clocks of a ticket with the segments that were counted or not, by which versions, and the next three things that will happen. */
export function explainTicket(
  ticketId: string,
  requestId: string,
  stored: StoredFacts,
  before: CheckedState,
  configured: Configured,
  now: number,
): ClocksExplained {
  const judged = judge(stored, configured, now);
  const { rules, active, clocks } = judged;
  const next = active ? upcoming({ said: before.said }, escalationFacts(ticketId, judged, now), active.policy, active.time, now) : [];
  return ClocksExplained(ticketId, {
    requestId,
    clocks: newest(clocks, EXPLAINED_MAX).map((clock) => {
      const by = rules[clock.by]?.active;
      const { segments, ...explained } = explainClock(clock, by?.time ?? aroundTheClock, now);
      const shown = segments.slice(-SEGMENTS_MAX);
      return { ...explained, segments: shown, segmentsLeftOut: segments.length - shown.length, ...(by?.named ?? without) };
    }),
    upcoming: next.slice(0, UPCOMING_MAX).map(({ at, what, words }) => ({ at: iso(at), what, words: words.slice(0, 300) })),
    explainedAt: iso(now),
  });
}

function escalationFacts(ticketId: string, { ticket, rules, clocks }: Judged, now: number): EscalationFacts {
  const known = [...ticket.facts.map(({ at }) => at), ...rules.map(({ from }) => from)].filter((at) => at <= now);
  return { ...ticket, ticketId, clocks, knownAt: Math.max(-Infinity, ...known) };
}

/** When a raised priority, a merger or another version made a clock late that was not; -Infinity: it just ran out. */
function changedAt(stored: StoredFacts, configured: Configured, { ticket, rules }: Judged, clock: ClockState, now: number): number {
  const at = Math.max(ticket.retargetedAt, rules.length > 1 ? rules.at(-1)!.from : -Infinity);
  if (at <= clock.breachedAt! || at > now) return -Infinity;
  const just = judge(stored, configured, at - 1).clocks.find(
    ({ target, startedAt }) => target === clock.target && startedAt === clock.startedAt,
  );
  return just?.breachedAt == null ? at : -Infinity;
}

/** Whatever still runs, then the newest of what has stopped; in their own order. */
function newest<C extends ClockState>(clocks: readonly C[], max = CLOCKS_MAX): readonly C[] {
  if (clocks.length <= max) return clocks;
  const startedFrom = clocks
    .toSorted((a, b) => Number(a.stoppedAt !== null) - Number(b.stoppedAt !== null) || b.startedAt - a.startedAt)
    .slice(0, max);
  const kept = new Set(startedFrom);
  return clocks.filter((clock) => kept.has(clock));
}

function bounded(event: EscalationEvent): EscalationEvent {
  if (event.type !== 'TicketEscalated' || event.data.notify.length <= NOTIFIED_MAX) return event;
  return TicketEscalated(event.ticketId, { ...event.data, notify: event.data.notify.slice(0, NOTIFIED_MAX) });
}

function toWire({ target, instance, status, startedAt, dueAt, targetMinutes, breachedAt, stoppedAt, queueId }: ClockState): Clock {
  return {
    target,
    instance,
    status,
    startedAt: iso(startedAt),
    dueAt: dueAt === null ? null : iso(dueAt),
    targetMinutes,
    breachedAt: breachedAt === null ? null : iso(breachedAt),
    stoppedAt: stoppedAt === null ? null : iso(stoppedAt),
    ...(queueId === undefined ? {} : { queueId }),
  };
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
