import type { CategoryConfig, DonorLevel, Priority, RoutingPolicy } from '@signalbox/contracts';
import { isHeldOut } from './chance.js';
import { AWAY, OFF_SHIFT, OFFLINE } from './gate.js';
import type { LearnedView } from './learning.js';
import type { Pool } from './pool.js';
import { keepingDonors, overflowOf } from './overflow.js';
import { overAgeFrom, priorityDeltaOf, requirementsAt, skillsKey, stepByTime } from './requirements.js';
import { compareIds, type Fit, type Roster } from './roster.js';
import { minutesLeft, slackSignal, weightingOf, weightsNameFor, type Weighting } from './score.js';
import type { WaitingTicket } from './waiting-ticket.js';

const RANK: Record<Priority, number> = { urgent: 0, high: 1, normal: 2, low: 3 };

/** Past its priority's maximum age a ticket that waits stands before all that are not, whatever their priority; one to be rescued waits for nobody. */
export const isOverAge = (ticket: WaitingTicket, policy: RoutingPolicy, now: Date): boolean =>
  ticket.ownerAgentId === null && now.getTime() >= overAgeFrom(ticket, policy);

/** Its deadline is near and can still be kept: under `protect` it goes before tickets of any priority that have more time. */
const isNearBreach = ({ dueAt }: WaitingTicket, policy: RoutingPolicy, now: Date): boolean =>
  policy.agentSlaPressure === 'protect' &&
  dueAt !== null &&
  dueAt > now.getTime() &&
  dueAt - now.getTime() <= policy.nearBreachMinutes * 60_000;

/**
 * The order in which tickets choose, a total one: over age (oldest first), then near breach, then priority (raised by its steps), deadline,
 * age, id. What is overdue has no lane of its own: it must not keep others from being in time.
 */
export function inOrder(tickets: readonly WaitingTicket[], policy: RoutingPolicy, now: Date): WaitingTicket[] {
  const laneOf = new Map(
    tickets.map((ticket) => [ticket, isOverAge(ticket, policy, now) ? 0 : isNearBreach(ticket, policy, now) ? 1 : 2] as const),
  );
  const raises = policy.relaxation.some((step) => step.priorityDelta > 0);
  const rankOf = (ticket: WaitingTicket): number =>
    raises ? Math.max(0, RANK[ticket.priority] - priorityDeltaOf(ticket, policy, now)) : RANK[ticket.priority];
  return [...tickets].sort((a, b) => {
    const lane = laneOf.get(a)!;
    if (lane !== laneOf.get(b)) return lane - laneOf.get(b)!;
    const byRank = lane === 0 ? 0 : rankOf(a) - rankOf(b);
    if (byRank !== 0) return byRank;
    if (lane !== 0 && a.dueAt !== b.dueAt) return (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity);
    return a.firstQueuedAt - b.firstQueuedAt || compareIds(a.ticketId, b.ticketId);
  });
}

/** One ticket of the round: what it needs and how it is scored, whoever has room. */
export interface Wish {
  readonly ticket: WaitingTicket;
  readonly fit: Fit;
  readonly byTime: number;
  readonly skills: string;
  readonly weighting: Weighting;
  readonly barred: readonly number[];
  /** Queues that keep their agents from it, why, and how many agents those are who are in none of its queues. */
  readonly keeping: readonly { readonly queueId: string; readonly reason: string; readonly agents: number }[];
  /** The only one who may take it now; −1 = everybody. */
  readonly only: number;
  /** They asked for their next ticket. */
  readonly onlyAsked: boolean;
  readonly view: LearnedView;
  readonly heldOut: boolean;
  readonly explorationShare: number;
  /** Past its maximum age, it waits for nobody. */
  readonly overAge: boolean;
}
export function wishesOf(
  ordered: readonly WaitingTicket[],
  roster: Roster,
  pool: Pool,
  categories: ReadonlyMap<string, CategoryConfig>,
  now: Date,
  onlyAgentId: string | undefined,
  donors: readonly DonorLevel[] = [],
): Wish[] {
  const { policy, learned } = pool.context;
  const weightings = new Map<string, Weighting>();
  const weightingNamed = (name: string): Weighting => {
    let weighting = weightings.get(name);
    if (!weighting) weightings.set(name, (weighting = weightingOf(name, policy)));
    return weighting;
  };
  const keepingByRule = keepingDonors(ordered, policy, donors, now);
  return ordered.map((ticket) => {
    const category = ticket.category === null ? undefined : categories.get(ticket.category);
    const byTime = stepByTime(ticket, policy, now);
    const skills = skillsKey(ticket, category);
    const barred = [...new Set([...ticket.excludedAgentIds, ...(ticket.ownerAgentId === null ? [] : [ticket.ownerAgentId])])]
      .map((agentId) => pool.indexOf(agentId))
      .filter((index) => index >= 0);
    const { helping, keeping } = overflowOf(ticket, policy, keepingByRule, now);
    const fit = firstStaffedFit(roster, pool, ticket, category, byTime, skills, barred, helping);
    const isSmall = fit.places.length <= policy.smallPool.agentsMax;
    const heldOut = isHeldOut(ticket.ticketId, policy.learning.holdoutShare);
    const overAge = isOverAge(ticket, policy, now);
    const view = heldOut || isSmall ? learned.blind : learned;
    return {
      ticket,
      fit,
      byTime,
      skills,
      weighting: weightingNamed(isSmall ? policy.smallPool.use : weightsNameFor(ticket, policy)),
      barred,
      keeping: keptFrom(fit, roster, keeping),
      only: onlyAgentId === undefined ? stickyAgent(ticket, fit, pool, barred, now) : pool.indexOf(onlyAgentId),
      onlyAsked: onlyAgentId !== undefined,
      view,
      heldOut,
      explorationShare: view === learned && !overAge ? explorationShareFor(ticket, pool) : 0,
      overAge,
    };
  });
}

/** Each agent is counted once, by the first of their queues. */
function keptFrom({ needs, group }: Fit, roster: Roster, keeping: readonly (readonly [string, string])[]): Wish['keeping'] {
  if (needs.queueIds === null) return [];
  const queueIds = [...needs.queueIds];
  let members = group.members.length;
  return keeping.map(([queueId, reason]) => {
    queueIds.push(queueId);
    const agents = roster.group([...queueIds]).members.length - members;
    members += agents;
    return { queueId, reason, agents };
  });
}

/** The less time is left, the less is tried out; with urgent tickets nothing. */
function explorationShareFor(ticket: WaitingTicket, { context: { policy, learned, now } }: Pool): number {
  if (ticket.priority === 'urgent') return 0;
  const left = minutesLeft(ticket, now);
  const { explorationShare } = policy.learning;
  return left === undefined ? explorationShare : explorationShare * slackSignal(left, learned.teamHandleMinutes(ticket.category));
}

/** Until when (ms) a ticket is kept for who knows its customer: no longer than its maximum age, nor until its deadline is near. */
export function keptUntil(ticket: WaitingTicket, policy: RoutingPolicy): number {
  const nearBreachFrom = ticket.dueAt === null ? Infinity : ticket.dueAt - policy.nearBreachMinutes * 60_000;
  return Math.min(ticket.relaxFrom + policy.stickySeconds * 1000, overAgeFrom(ticket, policy), nearBreachFrom);
}

/** Who solved this customer's last ticket, as long as the policy keeps the ticket for them and they are there; −1 = nobody. */
function stickyAgent(ticket: WaitingTicket, fit: Fit, pool: Pool, barred: readonly number[], now: Date): number {
  const [latest] = ticket.recentAgentIds;
  if (latest === undefined || ticket.ownerAgentId !== null || now.getTime() >= keptUntil(ticket, pool.context.policy)) return -1;
  const index = pool.indexOf(latest);
  if (index < 0 || barred.includes(index) || pool.absence[index] !== 0) return -1;
  return fit.places.some((place) => fit.group.members[place] === index) ? index : -1;
}

/**
 * Who fits at the step by time, or at a later one at once when nobody staffed could ever match before it. Where no step helps, or nobody
 * is staffed at all, time alone decides: giving up requirements would bring no agent.
 */
function firstStaffedFit(
  roster: Roster,
  pool: Pool,
  ticket: WaitingTicket,
  category: CategoryConfig | undefined,
  byTime: number,
  skills: string,
  barred: readonly number[],
  helping: readonly string[],
): Fit {
  const { policy } = pool.context;
  let atTime: Fit | undefined;
  for (let step = byTime; step <= policy.relaxation.length; step += 1) {
    const anyQueue = policy.relaxation.some((one, index) => index < step && one.anyQueue);
    const group = roster.group(anyQueue ? null : [ticket.queueId, ...helping]);
    const fit = group.fit(skills, step, ticket.language, () => requirementsAt(ticket, category, policy, step, helping));
    atTime ??= fit;
    const onlineOnly = policy.relaxation[step]?.skipIf === 'nobody-online';
    const there = fit.places.some((place) => {
      const index = fit.group.members[place]!;
      const absence = pool.absence[index];
      if (absence === OFFLINE || absence === OFF_SHIFT || (onlineOnly && absence === AWAY)) return false;
      return !barred.includes(index);
    });
    if (there) return fit;
  }
  return atTime!;
}

/** True when the ticket may wait for somebody better than who could begin it now. */
export const mayWait = ({ weighting, overAge }: Wish, { context: { policy } }: Pool): boolean =>
  policy.startWithinMinutes !== null && weighting.resolution > 0 && !overAge;
