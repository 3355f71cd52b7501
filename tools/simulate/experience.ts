import type { Ticket } from './router.ts';
import type { Team } from './team.ts';

/** Observations a pair, and a category, needs before it counts as much as the broader mean. */
const STRENGTH = 5;
/** Before anything was seen. */
const PRIOR_MINUTES = 20;
const PRIOR_RESOLVED_SHARE = 0.75;

/**
 * Running means of a learning baseline, per pair (agent, category), shrunk towards the category's mean over the team, and that towards the
 * mean over everything. A completed ticket counts as resolved until it comes back.
 */
export class Experience {
  /** By `agent × categories + category`: completed attempts, their minutes, and how many of them did not come back. */
  readonly count: Float64Array;
  readonly #minutes: Float64Array;
  readonly #resolved: Float64Array;
  readonly #ofCategory: { count: number; minutes: number; resolved: number }[];
  readonly #all = { count: 0, minutes: 0, resolved: 0 };
  readonly #categories: number;
  readonly #completedBy = new Map<number, number>();

  constructor(team: Team) {
    this.#categories = team.categories.length;
    const pairs = team.agentIds.length * this.#categories;
    this.count = new Float64Array(pairs);
    this.#minutes = new Float64Array(pairs);
    this.#resolved = new Float64Array(pairs);
    this.#ofCategory = team.categories.map(() => ({ count: 0, minutes: 0, resolved: 0 }));
  }

  completed({ number, category }: Ticket, agent: number, minutes: number): void {
    const pair = agent * this.#categories + category;
    this.#completedBy.set(number, pair);
    this.count[pair]! += 1;
    this.#minutes[pair]! += minutes;
    this.#resolved[pair]! += 1;
    for (const sums of [this.#ofCategory[category]!, this.#all]) {
      sums.count += 1;
      sums.minutes += minutes;
      sums.resolved += 1;
    }
  }

  reopened({ number, category }: Ticket): void {
    const pair = this.#completedBy.get(number)!;
    this.#resolved[pair]! -= 1;
    this.#ofCategory[category]!.resolved -= 1;
    this.#all.resolved -= 1;
  }

  /** Sum of minutes and number of attempts with the prior's added: their quotient is the posterior mean. */
  minutes(pair: number): { sum: number; count: number } {
    const team = this.#ofCategory[pair % this.#categories]!;
    const everywhere = (this.#all.minutes + STRENGTH * PRIOR_MINUTES) / (this.#all.count + STRENGTH);
    const broader = (team.minutes + STRENGTH * everywhere) / (team.count + STRENGTH);
    return { sum: this.#minutes[pair]! + STRENGTH * broader, count: this.count[pair]! + STRENGTH };
  }

  meanMinutes(pair: number): number {
    const { sum, count } = this.minutes(pair);
    return sum / count;
  }

  /** Resolved and not resolved attempts with the prior's added: a Beta posterior. */
  resolved(pair: number): { yes: number; no: number } {
    const team = this.#ofCategory[pair % this.#categories]!;
    const everywhere = (this.#all.resolved + STRENGTH * PRIOR_RESOLVED_SHARE) / (this.#all.count + STRENGTH);
    const broader = (team.resolved + STRENGTH * everywhere) / (team.count + STRENGTH);
    const yes = this.#resolved[pair]! + STRENGTH * broader;
    return { yes, no: this.count[pair]! + STRENGTH - yes };
  }

  resolvedShare(pair: number): number {
    const { yes, no } = this.resolved(pair);
    return yes / (yes + no);
  }
}
