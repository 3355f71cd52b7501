import type { BreachReason, Clock, Target } from '@signalbox/contracts';
import type { Summary, Ticket } from './ticket.js';

/** What became of one promise to a customer or a colleague: a clock, as reports count it. */
export interface SlaResult {
  readonly ticketId: string;
  readonly target: Target;
  readonly instance: number;
  readonly outcome: 'running' | 'met' | 'met-late' | 'breached' | 'canceled';
  readonly dueAt: string | null;
  readonly stoppedAt: string | null;
  /** When it was breached or met, whichever was first; null while nothing is decided. */
  readonly decidedAt: string | null;
  readonly reason: BreachReason | null;
  readonly minutes: Partial<Record<BreachReason, number>> | null;
  /** Whose it was when that was decided. */
  readonly agentId: string | null;
  /** Of an internal clock the queue that owed it. */
  readonly queueId: string | null;
  readonly tier: string | null;
  readonly category: string | null;
  readonly channel: string | null;
}

/** When a ticket was first answered by a person, or how it ended before that. */
export interface FirstReply {
  readonly ticketId: string;
  readonly receivedAt: string | null;
  readonly repliedAt: string | null;
  readonly endedAt: string | null;
  readonly ended: 'deflected' | 'solved' | 'abandoned' | null;
  readonly queueId: string | null;
}

export function slaResultsOf(ticket: Ticket, { queueId, category }: Summary): SlaResult[] {
  const tier = ticket.enrichment?.customer.tier ?? null;
  const channel = ticket.intake?.received?.channel ?? null;
  return (ticket.sla?.clocks ?? []).map((clock) => {
    const { target, instance, dueAt, stoppedAt, breachedAt } = clock;
    const outcome = outcomeOf(clock);
    const late = outcome === 'breached' || outcome === 'met-late';
    const decidedAt = late ? (breachedAt ?? dueAt) : outcome === 'met' ? stoppedAt : null;
    const breach = late ? ticket.sla?.breaches?.find((one) => one.target === target && one.instance === instance) : undefined;
    return {
      ticketId: ticket.ticketId,
      target,
      instance,
      outcome,
      dueAt,
      stoppedAt,
      decidedAt,
      reason: breach?.reason ?? null,
      minutes: breach?.minutes ?? null,
      agentId: decidedAt === null ? null : ownerBefore(ticket, decidedAt),
      queueId: clock.queueId ?? queueId,
      tier,
      category,
      channel,
    };
  });
}

/** A clock that waits is as undecided as one that runs. */
function outcomeOf({ status, breachedAt }: Clock): SlaResult['outcome'] {
  if (status !== 'paused') return status;
  return breachedAt === null ? 'running' : 'breached';
}

/** What ends a clock may end the ownership at the same instant: whoever had it until then is credited. */
function ownerBefore({ assignment }: Ticket, at: string): string | null {
  return assignment?.owners?.findLast(({ since }) => Date.parse(since) < Date.parse(at))?.agentId ?? null;
}

/** Null until somebody has replied or the ticket has ended. */
export function firstReplyOf({ ticketId, intake, assignment }: Ticket, { queueId }: Summary): FirstReply | null {
  const { firstReplyAt: repliedAt = null, ended } = assignment ?? {};
  if (repliedAt === null && !ended) return null;
  const receivedAt = intake?.received?.receivedAt ?? null;
  return { ticketId, receivedAt, repliedAt, endedAt: ended?.at ?? null, ended: ended?.how ?? null, queueId };
}
