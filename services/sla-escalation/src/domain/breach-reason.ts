import type { BreachReason, TicketStatus } from '@signalbox/contracts';
import type { Interval, WorkingTime } from './calendar.js';
import type { ClockState } from './clock.js';
import type { SlaTicket, Stay } from './sla-ticket.js';

const MINUTE_MS = 60_000;
/** Of equally long ones the first is the reason: what the company could have helped stands before what people did. */
const ORDER: readonly BreachReason[] = ['no-staff', 'waited-in-queue', 'silent-owner', 'in-work', 'customer-pause'];

const WORKED_ON: readonly TicketStatus[] = ['new', 'open'];

export interface Breach {
  readonly reason: BreachReason;
  /** Counted minutes from the clock's start to the breach, by what they went to; together they are its target. */
  readonly minutes: Partial<Record<BreachReason, number>>;
}

/**
 * Where the time of a breached clock went. Waiting for an owner is `no-staff` while nobody of its queue was online, else `waited-in-queue`;
 * an owner who owes a reply and gave none is silent, an owner who owes a solution is at work until assignment has reminded them; what counts
 * although it waits for the customer or was solved (first response, a pause beyond its maximum) is `customer-pause`. The longest is the reason, unless the
 * deadline was moved to before `changedAt` (epoch ms): then `changed`.
 */
export function reasonOf(
  clock: Pick<ClockState, 'target' | 'startedAt' | 'breachedAt' | 'spans'>,
  { stays }: Pick<SlaTicket, 'stays'>,
  time: WorkingTime,
  unstaffed: (queueId: string) => readonly Interval[],
  changedAt: number,
): Breach {
  const end = clock.breachedAt!;
  const spent: Partial<Record<BreachReason, number>> = {};
  const add = (reason: BreachReason, ms: number): void => {
    if (ms > 0) spent[reason] = (spent[reason] ?? 0) + ms;
  };
  for (const [index, stay] of stays.entries()) {
    const next = stays[index + 1]?.from ?? end;
    const from = index === 0 ? clock.startedAt : Math.max(clock.startedAt, stay.from);
    const countedIn = (part: Interval): number =>
      countedMs(clock, { from: Math.max(from, part.from), to: Math.min(end, next, part.to) }, time);
    const whole = countedIn({ from, to: next });
    if (stay.agentId !== null || !WORKED_ON.includes(stay.status)) {
      add(ofOwner(stay, clock.target), whole);
      continue;
    }
    // Before its queue is known it waits in the first one, as internal clocks have it.
    const queueId = stay.queueId ?? stays.slice(index).find((later) => later.queueId !== null)?.queueId;
    const without = queueId == null ? 0 : unstaffed(queueId).reduce((sum, gap) => sum + countedIn(gap), 0);
    add('no-staff', without);
    add('waited-in-queue', whole - without);
  }
  const longest = ORDER.toSorted((a, b) => (spent[b] ?? 0) - (spent[a] ?? 0))[0]!;
  const minutes = Object.fromEntries(Object.entries(spent).map(([reason, ms]) => [reason, ms / MINUTE_MS]));
  return { reason: end < changedAt ? 'changed' : longest, minutes };
}

function ofOwner({ status, silent }: Stay, target: ClockState['target']): BreachReason {
  if (!WORKED_ON.includes(status)) return 'customer-pause';
  return target === 'resolution' || target === 'internal' ? (silent ? 'silent-owner' : 'in-work') : 'silent-owner';
}

function countedMs({ spans }: Pick<ClockState, 'spans'>, { from, to }: Interval, time: WorkingTime): number {
  let sum = 0;
  for (const span of spans) {
    if (span.why === 'running') sum += time.msBetween(Math.max(from, span.from), Math.min(to, span.to ?? to));
  }
  return sum;
}
