import type { Rule } from './baseline-router.ts';
import { Experience } from './experience.ts';
import type { LearningParameters } from './learning-rules.ts';
import type { Desk } from './router.ts';
import { solveRelaxed } from './static-program.ts';
import { onDutyShares } from './team.ts';

/** Minutes between two solutions of the program. */
const RENEW_MINUTES = 240;
/**
 * Share of an agent's time the program may plan, and width of the confidence bounds: the best of .7, .8, .97 and of .05, .1, .5 on four
 * RouteBench worlds, so that the rival is not held back by our choice of them.
 */
const CAPACITY = 0.7;
const CONFIDENCE = 0.05;
const DAY_MINUTES = 1440;
/** A handle time is never believed to be less than this share of its mean. */
const MINUTES_SHARE_MIN = 0.3;
const RESOLVED_SHARE_MAX = 0.99;
/** More than anybody holds; and so little that what is owed only decides between equal loads. */
const FLOWS_FIRST = 1e4;
const OWED_WEIGHT = 1e-6;

/**
 * Upper confidence over basic solutions of the static linear program, after van Kempen et al. 2025 in its plain form: every 4 hours the
 * program is solved with optimistic estimates (M low, P high, by √(log t / n) of each pair) and the arrival rates seen so far. A ticket goes
 * to the least loaded of the agents to whom that basic solution gives some of its kind; of equals, to the one who is owed the most of them
 * by the solution's proportions. Where none of them has room it goes to the least loaded of all.
 */
export function ucbLp(desk: Desk, { reopenAfterMinutes }: LearningParameters): Rule {
  const { team } = desk;
  const experience = new Experience(team);
  const agents = team.agentIds.length;
  const arrived = new Float64Array(team.eligible.length);
  /** By `kind × agents + agent`: share of the kind's attempts the solution gives this agent, and what it is owed of them so far. */
  const shares = new Float64Array(team.eligible.length * agents);
  const owed = new Float64Array(shares.length);
  let completions = 0;
  let renewAt = 0;

  const renew = (at: number): void => {
    // Nothing anybody could do has come yet: a program without demand has no solution.
    if (!arrived.some((count, kind) => count > 0 && team.eligible[kind]!.length > 0)) return;
    renewAt = at + RENEW_MINUTES;
    const spread = (pair: number): number => CONFIDENCE * Math.sqrt(Math.log(1 + completions) / (1 + experience.count[pair]!));
    const handleMinutes = new Float64Array(agents * team.categories.length);
    const resolvedShare = new Float64Array(handleMinutes.length);
    for (let pair = 0; pair < handleMinutes.length; pair += 1) {
      handleMinutes[pair] = experience.meanMinutes(pair) * Math.max(MINUTES_SHARE_MIN, 1 - spread(pair));
      resolvedShare[pair] = Math.min(RESOLVED_SHARE_MAX, experience.resolvedShare(pair) + spread(pair));
    }
    const arrivalRates = arrived.map((count) => count / at);
    const { flows } = solveRelaxed(team, {
      handleMinutes,
      resolvedShare,
      arrivalRates,
      reopenAfterMinutes,
      capacity: CAPACITY,
      onDutyShares: onDutyShares(team, Math.max(at, DAY_MINUTES)),
    });
    shares.fill(0);
    owed.fill(0);
    flows.forEach((flow, kind) => {
      const total = flow.reduce((sum, x) => sum + x, 0);
      if (total > 0) flow.forEach((x, place) => (shares[kind * agents + team.eligible[kind]![place]!] = x / total));
    });
  };

  return {
    cost({ kind }, agent) {
      const place = kind * agents + agent;
      const load = desk.held(agent).length;
      return shares[place]! > 0 ? load - FLOWS_FIRST - OWED_WEIGHT * owed[place]! : load;
    },
    waits(ticket, why, at) {
      if (why === 'reopened') experience.reopened(ticket);
      if (why === 'arrived') arrived[ticket.kind]! += 1;
      if (why === 'handed-back') return;
      if (at >= renewAt) renew(at);
      for (const agent of team.eligible[ticket.kind]!) owed[ticket.kind * agents + agent]! += shares[ticket.kind * agents + agent]!;
    },
    assigned: ({ kind }, agent) => void (owed[kind * agents + agent]! -= 1),
    completed(ticket, agent, at, beganAt) {
      completions += 1;
      experience.completed(ticket, agent, at - beganAt);
    },
  };
}
