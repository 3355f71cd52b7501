import type { Rule } from './baseline-router.ts';
import { Experience } from './experience.ts';
import { minutesAhead } from './oracles.ts';
import { Stream } from './random.ts';
import type { Desk } from './router.ts';

/** Minutes until a ticket that was not resolved comes back: a parameter of these baselines, not something they learn. */
export interface LearningParameters {
  readonly reopenAfterMinutes: number;
}

/** oracle-greedy's formula by posterior means instead of the true ones. */
export const greedyMean = (desk: Desk, parameters: LearningParameters): Rule =>
  learner(desk, parameters, (experience, pair) => ({
    minutes: experience.meanMinutes(pair),
    resolved: experience.resolvedShare(pair),
  }));

/**
 * Thompson sampling: the same formula with M and P drawn anew for every ticket and agent from their posteriors, inverse gamma (as if handle
 * times were exponential) and Beta.
 */
export function thompson(desk: Desk, parameters: LearningParameters): Rule {
  const chance = new Stream(desk.seed, 'thompson');
  return learner(desk, parameters, (experience, pair) => {
    const { sum, count } = experience.minutes(pair);
    const { yes, no } = experience.resolved(pair);
    return { minutes: sum / chance.gamma(count), resolved: Math.max(RESOLVED_SHARE_MIN, chance.beta(yes, no)) };
  });
}

/** A sampled share of 0 would be a cost without bound. */
const RESOLVED_SHARE_MIN = 0.01;

type Guess = (experience: Experience, pair: number) => { minutes: number; resolved: number };

function learner(desk: Desk, { reopenAfterMinutes }: LearningParameters, guess: Guess): Rule {
  const experience = new Experience(desk.team);
  const count = desk.team.categories.length;
  const meanOf = (pair: number): number => experience.meanMinutes(pair);
  return {
    cost({ category }, agent) {
      const { minutes, resolved } = guess(experience, agent * count + category);
      return (minutesAhead(desk, agent, meanOf) + minutes + (1 - resolved) * reopenAfterMinutes) / resolved;
    },
    waits(ticket, why) {
      if (why === 'reopened') experience.reopened(ticket);
    },
    completed: (ticket, agent, at, beganAt) => experience.completed(ticket, agent, at - beganAt),
  };
}
