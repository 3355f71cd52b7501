import type { Exclusion } from '@signalbox/contracts';
import { NO_CHANNEL_ROOM, NO_ROOM, NOT_NOW, queueReason, whyNeverFits } from './gate.js';
import { TOP_MAX, type Look, type Placed } from './look.js';
import type { Proposed } from './match.js';
import type { Pool } from './pool.js';
import { compareIds } from './roster.js';
import {
  explainScore,
  minutesToSolve,
  resolutionSignal,
  shiftedMinutes,
  shiftedShare,
  teamMinutesToSolve,
  type Exploration,
} from './score.js';
import { mayWait, type Wish } from './wish.js';

const REASONS_MAX = 30;
const PROPENSITY_DRAWS = 32;
const STICKY = 'kept for who knows the customer';
const ASKED = 'did not ask for it';
const EXCLUDED = 'excluded for this ticket';
const OWNS_IT = 'owns it';
const NOT_SOONER = 'no sooner than its owner';
const BUSY = 'other work first';
export const HELD = 'kept for a better agent';
export const TAKEN = 'got a more urgent ticket';
/** Whether a reason says no more than that somebody has other things to do now. */
export const isBusy = (reason: string): boolean =>
  [BUSY, HELD, TAKEN, NOT_NOW[NO_ROOM]].includes(reason as typeof BUSY) || reason.startsWith('no room for ');
const NOT_YET = 'for the next round to decide';

export function propose(
  pool: Pool,
  wish: Wish,
  { best, whyNotNow, busy, notSooner, indexes, scores, lasting }: Look,
  index: number,
  takenBy: ReadonlyMap<number, string>,
): Proposed {
  const { ticket, fit, weighting, view } = wish;
  const { step } = fit.needs;
  const shown = best.some((one) => one.index === index)
    ? best
    : [...best.slice(0, TOP_MAX - 1), { index, place: fit.group.members.indexOf(index), score: scores[indexes.indexOf(index)]! }];
  const exploration: Exploration = {
    share: wish.explorationShare,
    noiseOf: (agentId) => pool.noiseOf(agentId, ticket.category, 0),
  };
  const top = shown.map((one) => {
    const load = {
      unitsMax: pool.unitsMax(one.index, ticket.interruptible),
      unitsTaken: pool.unitsTaken(one.index, ticket.interruptible),
      ticketsNearBreach: pool.ticketsNearBreach[one.index]!,
      aheadMinutes: weighting.resolution > 0 ? pool.aheadMinutes(one.index) : 0,
    };
    const known = lasting.map((column) => column[one.place]!);
    return {
      ...explainScore(pool.agents[one.index]!, ticket, fit.needs, load, weighting, pool.context, view, exploration, known),
      score: one.score,
    };
  });
  const first = best[0]!;
  return {
    ticket,
    agentId: pool.agents[index]!.agentId,
    step,
    skipped: step > wish.byTime,
    weightsName: weighting.name,
    top,
    excluded: reasonsOf(pool, wish, { whyNotNow, busy, notSooner, able: 0 }, TAKEN),
    yieldedTo: first.index === index ? undefined : takenBy.get(first.index),
    heldOut: wish.heldOut,
    propensity: propensityOf(pool, wish, shown, index),
  };
}

/**
 * Share of so many draws in which the chosen one is the best of those shown for this ticket alone; at least one, since it was chosen. The
 * propensity of the whole round would need its assignment solved again for every draw.
 */
function propensityOf(pool: Pool, wish: Wish, shown: readonly Placed[], chosen: number): number {
  const { ticket, weighting, view, explorationShare: share } = wish;
  if (share === 0 || weighting.resolution === 0 || shown.length < 2) return 1;
  const { learned } = pool.context;
  const team = teamMinutesToSolve(learned, ticket.category);
  const places = shown.map(({ index, score }) => {
    const { agentId } = pool.agents[index]!;
    const minutes = view.handleMinutes(agentId, ticket.category);
    const resolved = view.resolvedShare(agentId, ticket.category);
    const doubt = view.doubt(agentId, ticket.category);
    const timePrice = view.timePrice(agentId);
    const valueAt = (draw: number): number => {
      const noise = pool.noiseOf(agentId, ticket.category, draw);
      const drawn = {
        minutes: shiftedMinutes(minutes, share * doubt.logMinutes * noise.minutes),
        resolved: shiftedShare(resolved, share * doubt.resolved * noise.resolved),
        timePrice,
      };
      return (
        (weighting.resolution * resolutionSignal(team, minutesToSolve(pool.aheadMinutes(index), drawn, learned.returnMinutes))) /
        weighting.total
      );
    };
    // The other signals are the same in every draw.
    return { index, rest: score - valueAt(0), valueAt };
  });
  let wins = 0;
  for (let draw = 1; draw <= PROPENSITY_DRAWS; draw += 1) {
    let bestIndex = -1;
    let bestScore = -Infinity;
    for (const { index, rest, valueAt } of places) {
      const score = rest + valueAt(draw);
      if (score <= bestScore) continue;
      bestScore = score;
      bestIndex = index;
    }
    if (bestIndex === chosen) wins += 1;
  }
  return Math.max(1, wins) / PROPENSITY_DRAWS;
}

/**
 * Why the others were left out, most frequent first. Each agent is counted once, by the first reason.
 * @param whyNotAble what is said of those who could begin the ticket
 */
export function reasonsOf(
  pool: Pool,
  { fit, ticket, barred, keeping, only, onlyAsked }: Wish,
  { whyNotNow, busy, notSooner, able }: Pick<Look, 'whyNotNow' | 'busy' | 'notSooner' | 'able'>,
  whyNotAble: string,
): Exclusion[] {
  const counts = new Map(fit.whyNever);
  for (const { reason, agents } of keeping) {
    const notIn = queueReason(fit.needs.queueIds!);
    counts.set(notIn, counts.get(notIn)! - agents);
    counts.set(reason, (counts.get(reason) ?? 0) + agents);
  }
  for (const index of barred) {
    const reason = whyNeverFits(pool.agents[index]!, fit.needs, keeping);
    if (reason !== undefined) counts.set(reason, counts.get(reason)! - 1);
  }
  const owner = ticket.ownerAgentId === null ? -1 : pool.indexOf(ticket.ownerAgentId);
  counts.set(EXCLUDED, barred.filter((index) => index !== owner).length);
  counts.set(OWNS_IT, owner < 0 ? 0 : 1);
  for (const [code, reason] of NOT_NOW.entries()) counts.set(reason, whyNotNow[code]!);
  counts.set(`no room for ${ticket.channel}`, whyNotNow[NO_CHANNEL_ROOM]!);
  if (only >= 0)
    counts.set(onlyAsked ? ASKED : STICKY, fit.places.filter((place) => !barred.includes(fit.group.members[place]!)).length - 1);
  counts.set(BUSY, busy);
  counts.set(NOT_SOONER, notSooner);
  counts.set(whyNotAble, able);
  return byCount(counts).map(([reason, agents]) => ({ reason, agents }));
}

/** What was counted at all, most frequent first. */
export const byCount = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts]
    .filter(([, count]) => count > 0)
    .sort(([a, one], [b, other]) => other - one || compareIds(a, b))
    .slice(0, REASONS_MAX);

/** Why this one agent does not have a ticket: cannot have it now, or it waits for somebody else. */
export function whyNotFor(pool: Pool, wish: Wish, index: number): string {
  const { ticket, fit, barred, keeping, only } = wish;
  if (barred.includes(index)) return ticket.ownerAgentId === pool.agents[index]!.agentId ? OWNS_IT : EXCLUDED;
  const never = whyNeverFits(pool.agents[index]!, fit.needs, keeping);
  if (never !== undefined) return never;
  const code = pool.whyNotNow(index, ticket);
  if (code !== 0) return code === NO_CHANNEL_ROOM ? `no room for ${ticket.channel}` : NOT_NOW[code]!;
  if (only >= 0 && only !== index) return STICKY;
  if (!mayWait(wish, pool)) return NOT_YET;
  return pool.aheadMinutes(index) > pool.context.policy.startWithinMinutes! ? BUSY : HELD;
}
