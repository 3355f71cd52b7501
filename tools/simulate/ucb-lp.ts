import type { Rule } from './baseline-router.ts';
import { Experience } from './experience.ts';
import type { LearningParameters } from './learning-rules.ts';
import type { Desk } from './router.ts';
import { solveRelaxed } from './static-program.ts';

/** Minutes between two solutions of the program. */
const RENEW_MINUTES = 240;
const CAPACITY = 0.97;
/** Width of the confidence bounds. */
const CONFIDENCE = 0.5;
/** A handle time is never believed to be less than this share of its mean. */
const MINUTES_SHARE_MIN = 0.3;
const RESOLVED_SHARE_MAX = 0.99;

/**
 * Upper confidence over basic solutions of the static linear program, after van Kempen et al. 2025 in its plain form: every 4 hours the
 * program is solved with optimistic estimates (M low, P high, by √(log t / n) of each pair) and the arrival rates seen so far, and tickets
 * of a kind are spread over agents in the proportions of that basic solution. Where none of its agents has room, the least loaded gets it.
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
    renewAt = at + RENEW_MINUTES;
    const spread = (pair: number): number => CONFIDENCE * Math.sqrt(Math.log(1 + completions) / (1 + experience.count[pair]!));
    const handleMinutes = new Float64Array(agents * team.categories.length);
    const resolvedShare = new Float64Array(handleMinutes.length);
    for (let pair = 0; pair < handleMinutes.length; pair += 1) {
      handleMinutes[pair] = experience.meanMinutes(pair) * Math.max(MINUTES_SHARE_MIN, 1 - spread(pair));
      resolvedShare[pair] = Math.min(RESOLVED_SHARE_MAX, experience.resolvedShare(pair) + spread(pair));
    }
    const arrivalRates = arrived.map((count) => count / at);
    const { flows } = solveRelaxed(team, { handleMinutes, resolvedShare, arrivalRates, reopenAfterMinutes, capacity: CAPACITY });
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
      return shares[place]! > 0 ? -1000 - owed[place]! : desk.held(agent).length;
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
