import { AWAY, NO_CHANNEL_ROOM, NO_ROOM, OFF_SHIFT, OFFLINE } from './gate.js';
import { NOT_SEEN, type Pool } from './pool.js';
import {
  familiaritySignal,
  minutesLeft,
  minutesToSolve,
  resolutionSignal,
  rounded,
  shiftedMinutes,
  shiftedShare,
  slackSignal,
  teamMinutesToSolve,
} from './score.js';
import type { WaitingTicket } from './waiting-ticket.js';
import { mayWait, type Wish } from './wish.js';

export const TOP_MAX = 5;

export interface Placed {
  /** Position in the roster, and in the group that the ticket looks at. */
  readonly index: number;
  readonly place: number;
  readonly score: number;
}
/** Room for the looks of one round: hundreds of small arrays would be most of what a round costs. */
export class Arena {
  used = 0;
  readonly indexes: Int32Array;
  readonly scores: Float64Array;
  readonly later: Uint8Array;
  constructor(size: number) {
    this.indexes = new Int32Array(size);
    this.scores = new Float64Array(size);
    this.later = new Uint8Array(size);
  }
}

/** One look at who could take a ticket: the five best, a score for everybody, and how many could not, by the gate's codes. */
export interface Look {
  readonly best: Placed[];
  readonly whyNotNow: Int32Array;
  /** How many could begin it now, and how many have room but other work before it. */
  readonly able: number;
  readonly busy: number;
  /** Could not begin a ticket to be rescued before its owner. */
  readonly notSooner: number;
  readonly indexes: Int32Array;
  readonly scores: Float64Array;
  /** 1 = cannot begin it in time; it could only wait for this one. */
  readonly later: Uint8Array;
  /** Of the weighting's lasting signals, by position in the group. */
  readonly lasting: readonly Float64Array[];
}

/** Minutes before a ticket's owner comes to it, its own work left out; Infinity = nobody's, or its owner is not at work. */
function ownerAheadOf(pool: Pool, { ownerAgentId, category }: WaitingTicket, owner: number): number {
  if (ownerAgentId === null || owner < 0 || [AWAY, OFFLINE, OFF_SHIFT].includes(pool.absence[owner]!)) return Infinity;
  return Math.max(0, pool.aheadMinutes(owner) - pool.context.learned.handleMinutes(ownerAgentId, category));
}

/** The hot loop: who can take the ticket now or is worth waiting for, the five best of those who can now, and why the others cannot. */
export function look(pool: Pool, wish: Wish, arena: Arena): Look {
  const { ticket, fit, weighting, barred, only, view } = wish;
  const { group, places } = fit;
  const { category } = ticket;
  const { members } = group;
  const { policy, learned } = pool.context;
  const room = pool.roomOn(ticket.channel);
  const whyNotNow = new Int32Array(NO_CHANNEL_ROOM + 1);
  const standing = pool.standingTowards(ticket);
  const lasting = pool.lastingSignals(wish);
  const weights = weighting.lastingWeights;
  const left = weighting.slaSlack > 0 ? minutesLeft(ticket, pool.context.now) : undefined;
  const history = pool.history(group, view, category);
  const noise = wish.explorationShare > 0 && weighting.resolution > 0 ? pool.noise(category) : undefined;
  const teamMinutes = weighting.resolution > 0 ? teamMinutesToSolve(learned, category) : 0;
  const waits = mayWait(wish, pool);
  const startWithin = waits ? policy.startWithinMinutes! : Infinity;
  // Nobody is waited for beyond the deadline.
  const waitMax = waits ? (minutesLeft(ticket, pool.context.now) ?? Infinity) : 0;
  const known = ticket.recentAgentIds.map((agentId) => pool.indexOf(agentId));
  const { indexes, scores, later, used: from } = arena;
  let count = from;
  let able = 0;
  let busy = 0;
  let notSooner = 0;
  // A rescue is for those who can begin it before its owner can.
  const owner = ticket.ownerAgentId === null ? -1 : pool.indexOf(ticket.ownerAgentId);
  const ownerAhead = ownerAheadOf(pool, ticket, owner);
  const best: Placed[] = [];
  for (let nth = 0; nth < places.length; nth += 1) {
    const place = places[nth]!;
    const index = members[place]!;
    if (barred.length > 0 && barred.includes(index)) continue;
    if (only >= 0 && index !== only) continue;
    const seen = standing.why[index]!;
    const why = seen === NOT_SEEN ? pool.see(index, ticket, standing, room) : seen;
    const ahead = weighting.resolution > 0 || owner >= 0 ? pool.aheadMinutes(index) : 0;
    if (ahead >= ownerAhead) {
      notSooner += 1;
      continue;
    }
    const isLater = why !== 0 || ahead > startWithin;
    if (why !== 0) whyNotNow[why]! += 1;
    else if (isLater) busy += 1;
    else able += 1;
    if (isLater && !(waits && ahead <= waitMax && (why === 0 || why === NO_ROOM || why === NO_CHANNEL_ROOM))) continue;
    if (Number.isNaN(history.minutes[place]!)) history.lookAt(place);
    let sum = 0;
    for (let signal = 0; signal < lasting.length; signal += 1) sum += weights[signal]! * lasting[signal]![place]!;
    sum += weighting.workload * standing.workload[index]!;
    if (weighting.slaSlack > 0) sum += weighting.slaSlack * (left === undefined ? 0.5 : slackSignal(left, history.minutes[place]!));
    if (weighting.resolution > 0) {
      let minutes = history.minutes[place]!;
      let resolved = history.resolved[place]!;
      if (noise) {
        if (Number.isNaN(noise.minutes[index]!)) pool.draw(noise, index, category);
        minutes = shiftedMinutes(minutes, wish.explorationShare * history.logMinutesDoubt[place]! * noise.minutes[index]!);
        resolved = shiftedShare(resolved, wish.explorationShare * history.resolvedDoubt[place]! * noise.resolved[index]!);
      }
      const toSolve = minutesToSolve(ahead, { minutes, resolved, timePrice: history.timePrice[place]! }, learned.returnMinutes);
      sum += weighting.resolution * resolutionSignal(teamMinutes, toSolve);
    }
    if (known.length > 0) sum += weighting.familiarity * familiaritySignal(known.indexOf(index));
    const score = rounded(sum / weighting.total);
    indexes[count] = index;
    scores[count] = score;
    later[count] = isLater ? 1 : 0;
    count += 1;
    if (isLater) continue;
    const worst = best.length < TOP_MAX ? undefined : best[TOP_MAX - 1]!;
    if (worst && (score < worst.score || (score === worst.score && pool.inTurn(worst.index, index) < 0))) continue;
    let at = worst ? TOP_MAX - 1 : best.length;
    for (; at > 0; at -= 1) {
      const before = best[at - 1]!;
      if (before.score > score || (before.score === score && pool.inTurn(before.index, index) < 0)) break;
      best[at] = before;
    }
    best[at] = { index, place, score };
  }
  arena.used = count;
  return {
    best,
    whyNotNow,
    able,
    busy,
    notSooner,
    indexes: indexes.subarray(from, count),
    scores: scores.subarray(from, count),
    later: later.subarray(from, count),
    lasting,
  };
}
