import { assignInOrder, type Row } from './assignment-problem.js';
import type { Look } from './look.js';
import type { Pool } from './pool.js';
import { idleSignal, minutesToSolve, resolutionSignal, rotationSignal, rounded, teamMinutesToSolve, workloadSignal } from './score.js';
import { mayWait, type Wish } from './wish.js';

/** Far below the grain of a score (1e-9): decides between equals only. */
const TIE = 1e-14;

interface Choice {
  /** For each ticket the agent it gets now, −1 = none. */
  readonly chosen: Int32Array;
  /** For each ticket 1 = it waits for an agent who is busy now, though others could begin it. */
  readonly held: Uint8Array;
  /** For each agent the first ticket that gets them, or that is kept for them. */
  readonly takenBy: ReadonlyMap<number, string>;
}

export function chooseAgents(wishes: readonly Wish[], looks: readonly Look[], pool: Pool, unitsEach: number): Choice {
  const chosen = new Int32Array(wishes.length).fill(-1);
  const held = new Uint8Array(wishes.length);
  const takenBy = new Map<number, string>();
  const [only] = looks;
  if (looks.length === 1 && only!.indexes.length === only!.able) {
    const best = only!.best[0];
    if (best) chosen[0] = best.index;
    return { chosen, held, takenBy };
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
  candidates.sort((a, b) => pool.inTurn(a, b));
  const most = Math.min(wishes.length, 1 + Math.ceil((2 * wishes.length) / Math.max(1, candidates.length)));
  const rankOf = new Int32Array(pool.agents.length);
  const turns: Turns = { idle: new Float64Array(candidates.length), rotation: new Float64Array(candidates.length) };
  for (let rank = 0; rank < candidates.length; rank += 1) {
    const index = candidates[rank]!;
    rankOf[index] = rank;
    if (most === 1) continue;
    const { idleSince, lastAssignedAt } = pool.agents[index]!;
    turns.idle[rank] = idleSignal(idleSince, pool.context.now);
    turns.rotation[rank] = rotationSignal(lastAssignedAt, pool.context.now);
  }
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
      const placeCount = waits ? 1 : places[index]!;
      for (let place = 0; place < placeCount; place += 1) {
        columns[count] = rank * most + place;
        // Of equals everybody's first place comes before anybody's second.
        const tie = TIE * (place * candidates.length + rank);
        costs[count] = tie - (place === 0 ? scores[at]! : scoreBehind(pool, wish, index, scores[at]!, place, rank, turns));
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
    else held[nth] = 1;
  }
  return { chosen, held, takenBy };
}

/** Signals that are gone once an agent has another ticket, by rank. */
interface Turns {
  readonly idle: Float64Array;
  readonly rotation: Float64Array;
}

/** What is left of a score when the agent takes so many other tickets like this one first: no longer idle, and nobody's turn. */
function scoreBehind(pool: Pool, wish: Wish, index: number, score: number, others: number, rank: number, turns: Turns): number {
  const { ticket, weighting, view } = wish;
  const max = pool.unitsMax(index, ticket.interruptible);
  const taken = pool.unitsTaken(index, ticket.interruptible);
  let less =
    weighting.workload * (workloadSignal(max, taken, ticket.units) - workloadSignal(max, taken + others * ticket.units, ticket.units));
  less += weighting.idle * turns.idle[rank]! + weighting.rotation * turns.rotation[rank]!;
  if (weighting.resolution > 0) {
    const { learned } = pool.context;
    const { agentId } = pool.agents[index]!;
    const means = { minutes: view.handleMinutes(agentId, ticket.category), resolved: view.resolvedShare(agentId, ticket.category) };
    const all = { ...means, timePrice: view.timePrice(agentId) };
    const team = teamMinutesToSolve(learned, ticket.category);
    const ahead = pool.aheadMinutes(index);
    const first = resolutionSignal(team, minutesToSolve(ahead, all, learned.returnMinutes));
    const behind = resolutionSignal(team, minutesToSolve(ahead + others * means.minutes, all, learned.returnMinutes));
    less += weighting.resolution * (first - behind);
  }
  return rounded(score - less / weighting.total);
}
