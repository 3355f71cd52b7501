import type { Rule } from './baseline-router.ts';
import { NEVER } from './event-queue.ts';
import type { Desk } from './router.ts';
import { solveRelaxed, solveStaticProgram } from './static-program.ts';
import type { Team } from './team.ts';
import type { Truth } from './truth.ts';

/** The oracles leave so much of everybody's time to chance. */
const PRICED_CAPACITY = 0.97;

/** Expected minutes of the agent's open tickets, the one in work in full. */
export function minutesAhead(desk: Desk, agent: number, handleMinutes: (pair: number) => number): number {
  const count = desk.team.categories.length;
  let sum = 0;
  for (const { category } of desk.held(agent)) sum += handleMinutes(agent * count + category);
  return sum;
}

/** Least (ahead + M + (1 − P) · 240) / P, by the true means. */
export const oracleGreedy = (desk: Desk, truth: Truth, driftAt: number): Rule => oracle(desk, truth, driftAt, () => undefined);

/** Least (ahead + M + (1 − P) · 240 + price · M) / P, with the prices of agents' time from the static program. */
export const oracleLp = (desk: Desk, truth: Truth, driftAt: number): Rule =>
  oracle(desk, truth, driftAt, (handleMinutes) => pricesOf(desk.team, truth, handleMinutes));

function oracle(desk: Desk, truth: Truth, driftAt: number, pricesFor: (handleMinutes: Float64Array) => Float64Array | undefined): Rule {
  const count = desk.team.categories.length;
  const phaseOf = (handleMinutes: Float64Array) => ({
    handleMinutes,
    meanOf: (pair: number) => handleMinutes[pair]!,
    prices: pricesFor(handleMinutes),
  });
  const first = phaseOf(truth.handleMinutes);
  const later = driftAt === NEVER ? first : phaseOf(truth.handleMinutesLater);
  return {
    cost({ category }, agent, at) {
      const { handleMinutes, meanOf, prices } = at >= driftAt ? later : first;
      const pair = agent * count + category;
      const minutes = handleMinutes[pair]!;
      const resolved = truth.resolvedShare[pair]!;
      const price = prices ? prices[agent]! * minutes : 0;
      return (minutesAhead(desk, agent, meanOf) + minutes + (1 - resolved) * truth.reopenAfterMinutes + price) / resolved;
    },
  };
}

const pricesOf = (team: Team, truth: Truth, handleMinutes: Float64Array): Float64Array =>
  solveRelaxed(team, { ...truth, handleMinutes, capacity: PRICED_CAPACITY }).prices;

/**
 * Minutes that no policy's mean resolution time can be below in a stationary world where nobody gives up: the static program with
 * capacity 1. With a drift, both phases by the share of counted tickets that arrive in each. Undefined = more work than the agents can do.
 * @param countedFrom number of the first ticket that counts
 */
export function boundOf(team: Team, truth: Truth, countedFrom: number, tickets: number): number | undefined {
  const bound = (handleMinutes: Float64Array): number | undefined =>
    solveStaticProgram(team, { ...truth, handleMinutes, capacity: 1 })?.objective;
  const driftFrom = Math.min(tickets, Math.max(countedFrom, truth.driftTicket));
  const laterShare = (tickets - driftFrom) / (tickets - countedFrom);
  const first = laterShare < 1 ? bound(truth.handleMinutes) : 0;
  const later = laterShare > 0 ? bound(truth.handleMinutesLater) : 0;
  return first === undefined || later === undefined ? undefined : (1 - laterShare) * first + laterShare * later;
}
