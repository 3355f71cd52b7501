import type { DonorLevel, RoutingPolicy } from '@signalbox/contracts';
import type { WaitingTicket } from './waiting-ticket.js';

/** Of fewer tickets a share says little: what is missing to so many counts as in time, so that one or two late ones close nothing. */
const TICKETS_MIN = 10;

/** The service levels that a policy's overflow looks at, each once. */
export function levelsAsked(policy: RoutingPolicy): Pick<DonorLevel, 'queueId' | 'withinMinutes' | 'overMinutes'>[] {
  const asked = policy.overflow.flatMap(({ to, donorServiceLevel: level }) =>
    level ? to.map((queueId) => ({ queueId, withinMinutes: level.withinMinutes, overMinutes: level.overMinutes })) : [],
  );
  return [...new Map(asked.map((one) => [JSON.stringify(one), one])).values()];
}

/** (Given to an agent in time) ÷ (given to an agent + still waiting longer than that). Without the latter a queue that forgets its oldest would look good. */
export function shareInTime({ assigned, assignedWithin, waitingLonger }: DonorLevel): number {
  const tickets = assigned + waitingLonger;
  return (assignedWithin + Math.max(0, TICKETS_MIN - tickets)) / Math.max(TICKETS_MIN, tickets);
}

/**
 * For each overflow rule, the donors that keep their agents, and why.
 * @param tickets of the round
 * @param levels what is not in it was not counted, and is taken to hold
 */
export function keepingDonors(
  tickets: readonly WaitingTicket[],
  policy: RoutingPolicy,
  levels: readonly DonorLevel[],
  now: Date,
): readonly ReadonlyMap<string, string>[] {
  if (policy.overflow.length === 0) return [];
  const longestWaitMs = new Map<string, number>();
  for (const { queueId, firstQueuedAt, ownerAgentId } of tickets)
    if (ownerAgentId === null) longestWaitMs.set(queueId, Math.max(longestWaitMs.get(queueId) ?? 0, now.getTime() - firstQueuedAt));
  return policy.overflow.map(({ to, donorWaitMinutesMax, donorServiceLevel: asked }) => {
    const why = (queueId: string): string | undefined => {
      if ((longestWaitMs.get(queueId) ?? 0) > donorWaitMinutesMax * 60_000) return `a ticket has waited ${donorWaitMinutesMax} min`;
      if (!asked) return undefined;
      const level = levels.find(
        (one) => one.queueId === queueId && one.withinMinutes === asked.withinMinutes && one.overMinutes === asked.overMinutes,
      );
      const holds = level === undefined || shareInTime(level) >= asked.share;
      return holds ? undefined : `service level below ${Number((100 * asked.share).toFixed(1))} %`;
    };
    return new Map(
      to.flatMap((queueId) => {
        const reason = why(queueId);
        return reason === undefined ? [] : [[queueId, `queue ${queueId} keeps its agents: ${reason}`.slice(0, 120)]];
      }),
    );
  });
}

export interface Overflow {
  /** Queues whose agents may take the ticket beside its own queue's. */
  readonly helping: readonly string[];
  /** Those that would, but keep their agents, and why. Both in the order of their names. */
  readonly keeping: readonly (readonly [queueId: string, reason: string])[];
}
const NO_OVERFLOW: Overflow = { helping: [], keeping: [] };

/** What every overflow rule whose time has come gives a ticket. A donor helps if it does by any of them. */
export function overflowOf(
  ticket: WaitingTicket,
  policy: RoutingPolicy,
  keepingByRule: readonly ReadonlyMap<string, string>[],
  now: Date,
): Overflow {
  const helping = new Set<string>();
  const keeping = new Map<string, string>();
  for (const [nth, { from, to, afterSeconds }] of policy.overflow.entries()) {
    if (from !== ticket.queueId || now.getTime() - ticket.relaxFrom < afterSeconds * 1000) continue;
    for (const queueId of to) {
      if (queueId === from) continue;
      const reason = keepingByRule[nth]!.get(queueId);
      if (reason === undefined) helping.add(queueId);
      else keeping.set(queueId, reason);
    }
  }
  if (helping.size + keeping.size === 0) return NO_OVERFLOW;
  for (const queueId of helping) keeping.delete(queueId);
  return { helping: [...helping].sort(), keeping: [...keeping].sort(([a], [b]) => (a < b ? -1 : 1)) };
}
