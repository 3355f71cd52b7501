import { ClocksChanged, TicketEscalated, type Clock, type SlaPolicy } from '@signalbox/contracts';
import { isDeepStrictEqual } from 'node:util';
import type { WorkingTime } from './calendar.js';
import { clocksOf, type ClockState } from './clock.js';
import { escalate, type EscalationEvent } from './escalation.js';
import { ticketOf, type StoredFacts } from './sla-ticket.js';

/** The contract's limits. */
const CLOCKS_MAX = 200;
const NOTIFIED_MAX = 20;

/** The rules for one ticket, with the versions they were read from. */
export interface ActivePolicy {
  readonly policy: SlaPolicy;
  readonly time: WorkingTime;
  readonly named: Pick<Published, 'policy' | 'calendar'>;
}
export type Published = ClocksChanged['data'];

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
  readonly unreachable: ActivePolicy['named'] | null;
}

const without: Pick<Published, 'policy' | 'calendar'> = { policy: { name: 'none', version: 0 }, calendar: { name: 'none', version: 0 } };

/**
 * Recomputes a ticket's clocks from its facts and says what is new at `now`: ClocksChanged at most once, then what is due.
 * Nothing is said before the receipt is known. `policyFor` gives the rules for a customer's tier, undefined: no clocks.
 * Throws RangeError for instants outside the years a calendar can tell.
 */
export function checkTicket(
  ticketId: string,
  stored: StoredFacts,
  before: CheckedState,
  policyFor: (tier: string | null) => ActivePolicy | undefined,
  now: number,
): Check {
  const ticket = ticketOf(stored);
  const active = ticket.received ? policyFor(ticket.tier) : undefined;
  const open = ticket.status !== 'closed';
  // Writers' clocks may be ahead of ours: such a fact counts from its own instant.
  const ahead = ticket.facts.map(({ at }) => at).filter((at) => at > now);
  const clocks = active ? clocksOf(ticket.facts, active.policy, active.time, now) : [];
  const reachable = clocks.filter(({ dueAt }) => dueAt !== Infinity);
  const published: Published = { clocks: newest(reachable).map(toWire), ...(active?.named ?? without) };
  const isNews = before.published === null ? published.clocks.length > 0 : !isDeepStrictEqual(published, before.published);
  const escalation = active
    ? escalate({ said: before.said }, { ...ticket, ticketId, clocks }, active.policy, active.time, now)
    : { state: { said: before.said }, events: [], nextCheckAt: null };
  const nextAt = Math.min(escalation.nextCheckAt ?? Infinity, ...ahead);
  return {
    state: { published: isNews ? published : before.published, said: escalation.state.said },
    events: [...(isNews ? [ClocksChanged(ticketId, published)] : []), ...escalation.events.map(bounded)],
    nextCheckAt: nextAt === Infinity ? null : nextAt,
    open,
    unreachable: reachable.length < clocks.length ? active!.named : null,
  };
}

/** Whatever still runs, then the newest of what has stopped; in their own order. */
function newest(clocks: readonly ClockState[]): readonly ClockState[] {
  if (clocks.length <= CLOCKS_MAX) return clocks;
  const startedFrom = clocks
    .toSorted((a, b) => Number(a.stoppedAt !== null) - Number(b.stoppedAt !== null) || b.startedAt - a.startedAt)
    .slice(0, CLOCKS_MAX);
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
