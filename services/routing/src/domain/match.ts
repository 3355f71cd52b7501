import type { CategoryConfig, Exclusion, Priority, RoutingPolicy, ScoredAgent } from '@signalbox/contracts';
import { assignInOrder, type Row } from './assignment-problem.js';
import { isHeldOut } from './chance.js';
import { NO_CHANNEL_ROOM, NO_ROOM, NOT_NOW, OFFLINE, whyNeverFits } from './gate.js';
import type { Learned, LearnedView } from './learning.js';
import { Pool } from './pool.js';
import { helpingQueues, nextStepAt, priorityDeltaOf, requirementsAt, skillsKey, stepByTime } from './requirements.js';
import { compareIds, inIdOrder, rosterOf, type Fit, type Roster } from './roster.js';
import {
  explainScore,
  familiaritySignal,
  minutesLeft,
  minutesToSolve,
  resolutionSignal,
  rounded,
  shiftedMinutes,
  shiftedShare,
  slackSignal,
  teamMinutesToSolve,
  weightingOf,
  weightsNameFor,
  workloadSignal,
  type Exploration,
  type Weighting,
} from './score.js';
import type { CandidateAgent, Passing, WaitingTicket } from './waiting-ticket.js';

/** What a round decides by, beside tickets and agents. */
export interface MatchPolicy {
  readonly policy: RoutingPolicy;
  readonly categories: ReadonlyMap<string, CategoryConfig>;
  readonly learned: Learned;
}

export interface Proposed {
  readonly ticket: WaitingTicket;
  readonly agentId: string;
  readonly step: number;
  readonly skipped: boolean;
  readonly weightsName: string;
  /** The five best when the round looked, best first; the chosen one is always among them. */
  readonly top: ScoredAgent[];
  readonly excluded: Exclusion[];
  /** The ticket that got this one's best agent, or is kept for them, because it is more urgent or worth more to the two together. */
  readonly yieldedTo: string | undefined;
  /** Decided without what was learned of single agents, to measure what that is worth. */
  readonly heldOut: boolean;
  /** How likely the chosen one was to be the best of `top`, given what was not known; 1 = nothing was tried out. */
  readonly propensity: number;
}
export interface StillWaiting {
  readonly ticket: WaitingTicket;
  readonly step: number;
  readonly skipped: boolean;
  readonly reasons: Exclusion[];
  readonly nextStepAt: number | undefined;
}
export interface Matched {
  readonly proposals: Proposed[];
  readonly waiting: StillWaiting[];
}

const RANK: Record<Priority, number> = { urgent: 0, high: 1, normal: 2, low: 3 };
const TOP_MAX = 5;
const REASONS_MAX = 30;
/** Beyond so many looks at what is left the rest waits for the next round; one look is enough unless tickets of different units meet. */
const LOOKS_MAX = 20;
const PROPENSITY_DRAWS = 32;
/** Far below the grain of a score (1e-9): decides between equals only. */
const TIE = 1e-14;
const STICKY = 'kept for who knows the customer';
const NOT_SOONER = 'no sooner than its owner';
const BUSY = 'other work first';
const HELD = 'kept for a better agent';

/** Past its priority's maximum age a ticket stands before all that are not, whatever their priority. */
export const isOverAge = (ticket: WaitingTicket, policy: RoutingPolicy, now: Date): boolean =>
  now.getTime() - ticket.firstQueuedAt >= policy.maximumAgeMinutes[ticket.priority] * 60_000;

/** The order in which tickets choose: over age (oldest first), then priority (raised by its steps), deadline, age, id. A total order. */
export function inOrder(tickets: readonly WaitingTicket[], policy: RoutingPolicy, now: Date): WaitingTicket[] {
  const overAge = new Set(tickets.filter((ticket) => isOverAge(ticket, policy, now)));
  const raises = policy.relaxation.some((step) => step.priorityDelta > 0);
  const rankOf = (ticket: WaitingTicket): number =>
    raises ? Math.max(0, RANK[ticket.priority] - priorityDeltaOf(ticket, policy, now)) : RANK[ticket.priority];
  return [...tickets].sort((a, b) => {
    const [aOver, bOver] = [overAge.has(a), overAge.has(b)];
    if (aOver !== bOver) return aOver ? -1 : 1;
    const byRank = aOver ? 0 : rankOf(a) - rankOf(b);
    if (byRank !== 0) return byRank;
    if (!aOver && a.dueAt !== b.dueAt) return (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity);
    return a.firstQueuedAt - b.firstQueuedAt || compareIds(a.ticketId, b.ticketId);
  });
}

/** One ticket of the round: what it needs and how it is scored, whoever has room. */
interface Wish {
  readonly ticket: WaitingTicket;
  readonly fit: Fit;
  readonly byTime: number;
  readonly skills: string;
  readonly weighting: Weighting;
  readonly barred: readonly number[];
  /** The only one who may take it now; −1 = everybody. */
  readonly only: number;
  readonly view: LearnedView;
  readonly heldOut: boolean;
  readonly explorationShare: number;
  /** Past its maximum age, it waits for nobody. */
  readonly overAge: boolean;
}
interface Placed {
  readonly index: number;
  readonly score: number;
}
/** Room for the looks of one round: hundreds of small arrays would be most of what a round costs. */
class Arena {
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
interface Look {
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
}

/**
 * One round. Gate → score → the best assignment of the whole round: no ticket is placed at the cost of one before it in the order, and no
 * other way of placing the same tickets gives more score in sum. Ties: idle longest, then id. Pure and deterministic, whatever the order
 * of the inputs. A ticket that found nobody stays, with the counted reasons; none of the later ones got a place it could have had.
 *
 * Measured (docs/performance.md, "Routing").
 * @param seed of what is tried out: the same seed, the same draws
 * @param passing what holds of agents for this round alone, by agentId
 * @param onlyAgentId nobody else is given anything; who is staffed and fits is asked of all
 */
export function match(
  tickets: readonly WaitingTicket[],
  agents: readonly CandidateAgent[],
  { policy, categories, learned }: MatchPolicy,
  now: Date,
  seed = 0,
  passing: ReadonlyMap<string, Passing> = new Map(),
  onlyAgentId?: string,
): Matched {
  const sorted = inIdOrder(agents);
  const roster = rosterOf(sorted, policy, categories);
  const pool = new Pool(sorted, passing, { policy, learned, now: now.getTime() }, seed);
  const ordered = inOrder(tickets, policy, now);
  const wishes = wishesOf(ordered, roster, pool, categories, now, onlyAgentId);
  const outcomes = new Map<Wish, Proposed | StillWaiting>();
  const unitsEach = Math.max(0, ...ordered.map((ticket) => ticket.units));
  let open = wishes;
  for (let looks = 0; open.length > 0; looks += 1) {
    const placed = placeAll(open, pool, unitsEach, now, outcomes);
    if (placed === 0 || looks >= LOOKS_MAX) break;
    // Whoever waits for somebody better has had every agent to choose from already.
    open = open.filter((wish) => !('agentId' in outcomes.get(wish)!) && !mayWait(wish, pool));
  }
  const matched: Matched = { proposals: [], waiting: [] };
  for (const wish of wishes) {
    const outcome = outcomes.get(wish)!;
    if ('agentId' in outcome) matched.proposals.push(outcome);
    else matched.waiting.push(outcome);
  }
  return matched;
}

/**
 * "Next for me": the first ticket in order that this agent could take, at the step at which it waits. Nothing is kept for somebody better
 * or for who knows the customer: whoever asks is ready to begin. Undefined = nothing for them.
 */
export function matchNext(
  tickets: readonly WaitingTicket[],
  agents: readonly CandidateAgent[],
  by: MatchPolicy,
  now: Date,
  seed: number,
  passing: ReadonlyMap<string, Passing>,
  agentId: string,
): Proposed | undefined {
  const policy = { ...by.policy, startWithinMinutes: null, stickySeconds: 0 };
  return match(tickets, agents, { ...by, policy }, now, seed, passing, agentId).proposals[0];
}

/** Why none of these tickets is for an agent now, most frequent first: the answer to "why am I idle?". Each ticket counts once. */
export function whyNothingFor(
  tickets: readonly WaitingTicket[],
  agents: readonly CandidateAgent[],
  { policy, categories, learned }: MatchPolicy,
  now: Date,
  passing: ReadonlyMap<string, Passing>,
  agentId: string,
): { reason: string; tickets: number }[] {
  const sorted = inIdOrder(agents);
  const pool = new Pool(sorted, passing, { policy, learned, now: now.getTime() }, 0);
  const index = pool.indexOf(agentId);
  if (index < 0) return [];
  const counts = new Map<string, number>();
  const roster = rosterOf(sorted, policy, categories);
  for (const { ticket, fit, barred } of wishesOf(inOrder(tickets, policy, now), roster, pool, categories, now, agentId)) {
    const code = pool.whyNotNow(index, ticket);
    const reason = barred.includes(index)
      ? 'excluded for this ticket'
      : (whyNeverFits(pool.agents[index]!, fit.needs) ?? (code === NO_CHANNEL_ROOM ? `no room for ${ticket.channel}` : NOT_NOW[code]));
    if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts]
    .map(([reason, count]) => ({ reason, tickets: count }))
    .sort((a, b) => b.tickets - a.tickets || compareIds(a.reason, b.reason))
    .slice(0, REASONS_MAX);
}

function wishesOf(
  ordered: readonly WaitingTicket[],
  roster: Roster,
  pool: Pool,
  categories: ReadonlyMap<string, CategoryConfig>,
  now: Date,
  onlyAgentId: string | undefined,
): Wish[] {
  const { policy, learned } = pool.context;
  const weightings = new Map<string, Weighting>();
  const weightingNamed = (name: string): Weighting => {
    let weighting = weightings.get(name);
    if (!weighting) weightings.set(name, (weighting = weightingOf(name, policy)));
    return weighting;
  };
  const longestWaitMs = new Map<string, number>();
  if (policy.overflow.length > 0)
    for (const { queueId, firstQueuedAt } of ordered)
      longestWaitMs.set(queueId, Math.max(longestWaitMs.get(queueId) ?? 0, now.getTime() - firstQueuedAt));
  return ordered.map((ticket) => {
    const category = ticket.category === null ? undefined : categories.get(ticket.category);
    const byTime = stepByTime(ticket, policy, now);
    const skills = skillsKey(ticket, category);
    const barred = [...new Set([...ticket.excludedAgentIds, ...(ticket.ownerAgentId === null ? [] : [ticket.ownerAgentId])])]
      .map((agentId) => pool.indexOf(agentId))
      .filter((index) => index >= 0);
    const helping = helpingQueues(ticket, policy, longestWaitMs, now);
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
      only: onlyAgentId === undefined ? stickyAgent(ticket, fit, pool, barred, now) : pool.indexOf(onlyAgentId),
      view,
      heldOut,
      explorationShare: view === learned && !overAge ? explorationShareFor(ticket, pool) : 0,
      overAge,
    };
  });
}

/** The less time is left, the less is tried out; with urgent tickets nothing. */
function explorationShareFor(ticket: WaitingTicket, { context: { policy, learned, now } }: Pool): number {
  if (ticket.priority === 'urgent') return 0;
  const left = minutesLeft(ticket, now);
  const { explorationShare } = policy.learning;
  return left === undefined ? explorationShare : explorationShare * slackSignal(left, learned.teamHandleMinutes(ticket.category));
}

/** Who solved this customer's last ticket, as long as the policy keeps the ticket for them and they are there; −1 = nobody. */
function stickyAgent(ticket: WaitingTicket, fit: Fit, pool: Pool, barred: readonly number[], now: Date): number {
  const { stickySeconds } = pool.context.policy;
  const [latest] = ticket.recentAgentIds;
  if (latest === undefined || now.getTime() - ticket.relaxFrom >= stickySeconds * 1000) return -1;
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
      return (onlineOnly ? pool.agents[index]!.presence === 'online' : pool.absence[index] !== OFFLINE) && !barred.includes(index);
    });
    if (there) return fit;
  }
  return atTime!;
}

/** One look at all of these tickets, in their order; gives how many were placed, and writes what became of each. */
function placeAll(wishes: readonly Wish[], pool: Pool, unitsEach: number, now: Date, outcomes: Map<Wish, Proposed | StillWaiting>): number {
  const arena = new Arena(wishes.reduce((sum, { fit }) => sum + fit.places.length, 0));
  const looks = wishes.map((wish) => look(pool, wish, arena));
  const { chosen, takenBy } = chooseAgents(wishes, looks, pool, unitsEach);
  // Explained by what the round saw when it looked, before anybody's room is taken.
  const proposed = wishes.map((wish, nth) => (chosen[nth]! < 0 ? undefined : propose(pool, wish, looks[nth]!, chosen[nth]!, takenBy)));
  let placed = 0;
  let passedOver = false;
  for (const [nth, wish] of wishes.entries()) {
    const index = chosen[nth]!;
    const { ticket, fit, view, weighting } = wish;
    // Sums of fractions come out differently in another order: then this one and those after it are looked at again.
    passedOver ||= index >= 0 && pool.whyNotNow(index, ticket) !== 0;
    if (index < 0 || passedOver) {
      const { step } = fit.needs;
      const reasons = reasonsOf(pool, wish, looks[nth]!, looks[nth]!.able);
      outcomes.set(wish, { ticket, step, skipped: step > wish.byTime, reasons, nextStepAt: nextTryAt(wish, pool) });
      continue;
    }
    outcomes.set(wish, proposed[nth]!);
    pool.take(index, ticket, weighting.resolution > 0 ? view.handleMinutes(pool.agents[index]!.agentId, ticket.category) : 0);
    placed += 1;
  }
  return placed;

  function nextTryAt(wish: Wish, { context: { policy } }: Pool): number | undefined {
    const next = nextStepAt(wish.ticket, policy, wish.byTime);
    const stickyEnds = wish.only < 0 ? Infinity : Math.ceil(wish.ticket.relaxFrom + policy.stickySeconds * 1000);
    const overflows = policy.overflow
      .filter(({ from }) => from === wish.ticket.queueId)
      .map(({ afterSeconds }) => Math.ceil(wish.ticket.relaxFrom + afterSeconds * 1000))
      .filter((at) => at > now.getTime());
    const first = Math.min(next ?? Infinity, stickyEnds, ...overflows);
    return first === Infinity ? undefined : first;
  }
}

interface Choice {
  /** For each ticket the agent it gets now, −1 = none. */
  readonly chosen: Int32Array;
  /** For each agent the first ticket that gets them, or that is kept for them. */
  readonly takenBy: ReadonlyMap<number, string>;
}

function chooseAgents(wishes: readonly Wish[], looks: readonly Look[], pool: Pool, unitsEach: number): Choice {
  const chosen = new Int32Array(wishes.length).fill(-1);
  const takenBy = new Map<number, string>();
  const [only] = looks;
  if (looks.length === 1 && only!.indexes.length === only!.able) {
    const best = only!.best[0];
    if (best) chosen[0] = best.index;
    return { chosen, takenBy };
  }
  // Agents as columns, in the order of the tie-break: of equal costs the column named first wins.
  const known = new Uint8Array(pool.agents.length);
  const candidates: number[] = [];
  let pairs = 0;
  for (const { indexes } of looks) {
    pairs += indexes.length;
    for (let at = 0; at < indexes.length; at += 1) {
      const index = indexes[at]!;
      if (known[index] === 1) continue;
      known[index] = 1;
      candidates.push(index);
    }
  }
  candidates.sort((a, b) => pool.idleSince[a]! - pool.idleSince[b]! || a - b);
  const most = Math.min(wishes.length, 1 + Math.ceil((2 * wishes.length) / Math.max(1, candidates.length)));
  const rankOf = new Int32Array(pool.agents.length);
  for (let rank = 0; rank < candidates.length; rank += 1) rankOf[candidates[rank]!] = rank;
  const placesOf = new Map<string, Int32Array>();
  // One allocation for all rows: a round has hundreds of them.
  const columns = new Int32Array(pairs * most);
  const costs = new Float64Array(pairs * most);
  const flags = new Uint8Array(pairs * most);
  const starts = new Int32Array(wishes.length + 1);
  let count = 0;
  const rows = wishes.map((wish, nth): Row => {
    const { ticket } = wish;
    const { indexes, scores, later } = looks[nth]!;
    const waits = mayWait(wish, pool);
    const kind = `${ticket.channel} ${ticket.interruptible}`;
    let places = placesOf.get(kind);
    if (!places) placesOf.set(kind, (places = new Int32Array(pool.agents.length)));
    for (let at = 0; at < indexes.length; at += 1) {
      const index = indexes[at]!;
      const rank = rankOf[index]!;
      if (!waits && places[index] === 0) places[index] = most === 1 ? 1 : pool.placesFor(index, ticket, unitsEach, most);
      const tie = TIE * rank;
      const placeCount = waits ? 1 : places[index]!;
      for (let place = 0; place < placeCount; place += 1) {
        columns[count] = rank * most + place;
        costs[count] = tie - (place === 0 ? scores[at]! : scoreBehind(pool, wish, index, scores[at]!, place));
        flags[count] = later[at]!;
        count += 1;
      }
    }
    starts[nth + 1] = count;
    return { columns: columns.subarray(starts[nth], count), costs: costs.subarray(starts[nth], count) };
  });
  const columnOf = assignInOrder(rows, candidates.length * most);
  for (const [nth, column] of columnOf.entries()) {
    if (column < 0) continue;
    const index = candidates[Math.floor(column / most)]!;
    if (!takenBy.has(index)) takenBy.set(index, wishes[nth]!.ticket.ticketId);
    if (flags[starts[nth]! + rows[nth]!.columns.indexOf(column)] === 0) chosen[nth] = index;
  }
  return { chosen, takenBy };
}

/** True when the ticket may wait for somebody better than who could begin it now. */
const mayWait = ({ weighting, overAge }: Wish, { context: { policy } }: Pool): boolean =>
  policy.startWithinMinutes !== null && weighting.resolution > 0 && !overAge;

/** What is left of a score when the agent takes so many other tickets like this one first. */
function scoreBehind(pool: Pool, wish: Wish, index: number, score: number, others: number): number {
  const { ticket, weighting, view } = wish;
  const { agentId } = pool.agents[index]!;
  const max = pool.unitsMax(index, ticket.interruptible);
  const taken = pool.unitsTaken(index, ticket.interruptible);
  let less =
    weighting.workload * (workloadSignal(max, taken, ticket.units) - workloadSignal(max, taken + others * ticket.units, ticket.units));
  if (weighting.resolution > 0) {
    const { learned } = pool.context;
    const means = { minutes: view.handleMinutes(agentId, ticket.category), resolved: view.resolvedShare(agentId, ticket.category) };
    const all = { ...means, timePrice: view.timePrice(agentId) };
    const team = teamMinutesToSolve(learned, ticket.category);
    const ahead = pool.aheadMinutes(index);
    const now = resolutionSignal(team, minutesToSolve(ahead, all, learned.returnMinutes));
    const behind = resolutionSignal(team, minutesToSolve(ahead + others * means.minutes, all, learned.returnMinutes));
    less += weighting.resolution * (now - behind);
  }
  return rounded(score - less / weighting.total);
}

/** The hot loop: who can take the ticket now or is worth waiting for, the five best of those who can now, and why the others cannot. */
function look(pool: Pool, wish: Wish, arena: Arena): Look {
  const { ticket, fit, skills, weighting, barred, only, view } = wish;
  const { needs, group, places } = fit;
  const { units, category, interruptible } = ticket;
  const { members } = group;
  const { policy, learned } = pool.context;
  const { idleSince } = pool;
  const room = pool.roomOn(ticket.channel);
  const whyNotNow = new Int32Array(NO_CHANNEL_ROOM + 1);
  const lasting = pool.lastingScore(group, skills, needs, category, weighting, view);
  const left = weighting.slaSlack > 0 ? minutesLeft(ticket, pool.context.now) : undefined;
  const history = left !== undefined || weighting.resolution > 0 ? pool.history(group, view, category) : undefined;
  const noise = wish.explorationShare > 0 && weighting.resolution > 0 ? pool.noise(category) : undefined;
  const prices = weighting.resolution > 0 ? pool.timePrices(group, view) : undefined;
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
  const ownerAhead = owner < 0 ? Infinity : pool.aheadMinutes(owner);
  const best: Placed[] = [];
  for (let nth = 0; nth < places.length; nth += 1) {
    const place = places[nth]!;
    const index = members[place]!;
    if (barred.length > 0 && barred.includes(index)) continue;
    if (only >= 0 && index !== only) continue;
    const why = pool.whyNotNow(index, ticket, room);
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
    let sum =
      lasting[place]! +
      weighting.workload * workloadSignal(pool.unitsMax(index, interruptible), pool.unitsTaken(index, interruptible), units);
    if (weighting.slaSlack > 0) sum += weighting.slaSlack * (left === undefined ? 0.5 : slackSignal(left, history!.minutes[place]!));
    if (weighting.resolution > 0) {
      let minutes = history!.minutes[place]!;
      let resolved = history!.resolved[place]!;
      if (noise) {
        if (Number.isNaN(noise.minutes[index]!)) pool.draw(noise, index, category);
        minutes = shiftedMinutes(minutes, wish.explorationShare * history!.logMinutesDoubt[place]! * noise.minutes[index]!);
        resolved = shiftedShare(resolved, wish.explorationShare * history!.resolvedDoubt[place]! * noise.resolved[index]!);
      }
      const toSolve = minutesToSolve(ahead, { minutes, resolved, timePrice: prices![place]! }, learned.returnMinutes);
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
    if (worst && (score < worst.score || (score === worst.score && idleSince[index]! >= idleSince[worst.index]!))) continue;
    let at = worst ? TOP_MAX - 1 : best.length;
    // Members come in the order of their ids, so that of equals the earlier one stays in front.
    for (; at > 0; at -= 1) {
      const before = best[at - 1]!;
      if (before.score > score || (before.score === score && idleSince[before.index]! <= idleSince[index]!)) break;
      best[at] = before;
    }
    best[at] = { index, score };
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
  };
}

function propose(
  pool: Pool,
  wish: Wish,
  { best, whyNotNow, busy, notSooner, indexes, scores }: Look,
  index: number,
  takenBy: ReadonlyMap<number, string>,
): Proposed {
  const { ticket, fit, weighting, view } = wish;
  const { step } = fit.needs;
  const shown = best.some((one) => one.index === index)
    ? best
    : [...best.slice(0, TOP_MAX - 1), { index, score: scores[indexes.indexOf(index)]! }];
  const top = shown.map((one) => {
    const load = {
      unitsMax: pool.unitsMax(one.index, ticket.interruptible),
      unitsTaken: pool.unitsTaken(one.index, ticket.interruptible),
      ticketsNearBreach: pool.ticketsNearBreach[one.index]!,
      aheadMinutes: weighting.resolution > 0 ? pool.aheadMinutes(one.index) : 0,
    };
    const exploration: Exploration = {
      share: wish.explorationShare,
      noiseOf: (agentId) => pool.noiseOf(agentId, ticket.category, 0),
    };
    return {
      ...explainScore(pool.agents[one.index]!, ticket, fit.needs, load, weighting, pool.context, view, exploration),
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
    excluded: reasonsOf(pool, wish, { whyNotNow, busy, notSooner }, 0),
    yieldedTo: first.index === index ? undefined : takenBy.get(first.index),
    heldOut: wish.heldOut,
    propensity: propensityOf(pool, wish, shown, index),
  };
}

/** Share of so many draws in which the chosen one is the best of those shown; at least one, since it was chosen. */
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

/** Why the others were left out, most frequent first. Each agent is counted once, by the first reason. */
function reasonsOf(
  pool: Pool,
  { fit, ticket, barred, only }: Wish,
  { whyNotNow, busy, notSooner }: Pick<Look, 'whyNotNow' | 'busy' | 'notSooner'>,
  heldFrom: number,
): Exclusion[] {
  const counts = new Map(fit.whyNever);
  for (const index of barred) {
    const reason = whyNeverFits(pool.agents[index]!, fit.needs);
    if (reason !== undefined) counts.set(reason, counts.get(reason)! - 1);
  }
  counts.set('excluded for this ticket', barred.length);
  for (const [code, reason] of NOT_NOW.entries()) counts.set(reason, whyNotNow[code]!);
  counts.set(`no room for ${ticket.channel}`, whyNotNow[NO_CHANNEL_ROOM]!);
  if (only >= 0) counts.set(STICKY, fit.places.filter((place) => !barred.includes(fit.group.members[place]!)).length - 1);
  counts.set(BUSY, busy);
  counts.set(NOT_SOONER, notSooner);
  counts.set(HELD, heldFrom);
  const reasons: Exclusion[] = [];
  for (const [reason, count] of counts) if (count > 0) reasons.push({ reason, agents: count });
  return reasons.sort((a, b) => b.agents - a.agents || compareIds(a.reason, b.reason)).slice(0, REASONS_MAX);
}
