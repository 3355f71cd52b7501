/** What was seen of one agent in one category. Times are summed on the log scale: handle times are skewed. */
export interface Observed {
  readonly tickets: number;
  readonly logMinutesSum: number;
  readonly rated: number;
  readonly satisfied: number;
}

export interface ObservedCell extends Observed {
  readonly agentId: string;
  readonly category: string;
}

/** Solved without anybody ever knowing what it was about. */
export const NO_CATEGORY = 'none';
/** Before anybody has solved anything. */
const PRIOR_MINUTES = 20;
const PRIOR_SATISFIED_SHARE = 0.75;
const MINUTES_MIN = 0.05;

/** Minutes from assignment to solution on the log scale; at least 3 s, so that one mistake cannot weigh without bound. */
export const logMinutes = (minutes: number): number => Math.log(Math.max(MINUTES_MIN, minutes));

/** A mean pulled towards a broader one as if that had been observed `strength` times (empirical Bayes, James–Stein form). */
const shrunk = (sum: number, count: number, broader: number, strength: number): number => (sum + strength * broader) / (count + strength);

/** Multiples of 2^-20 add up without rounding (below 2^33), so that no mean depends on the order of the cells. */
const exact = (value: number): number => Math.round(value * 2 ** 20) / 2 ** 20;

interface AgentHistory {
  readonly cells: Map<string, Observed>;
  /** Log minutes above the team's, over all categories. */
  relative: number;
  tickets: number;
  satisfied: number;
  rated: number;
}

/**
 * Running shrunk means: pair (agent, category) → agent over all categories, relative to the team → team.
 * Plain sums underneath, so a round can be recomputed from the cells alone, in whatever order they come.
 * Made from 10,000 cells in about 10 ms, from 100,000 in about 60 ms (one core).
 */
export class Learned {
  readonly #agents = new Map<string, AgentHistory>();
  readonly #teams = new Map<string, number>();
  readonly #teamMean: number;
  readonly #teamSatisfied: number;

  /** @param strength observations a pair needs before they count as much as the broader mean */
  constructor(
    cells: Iterable<ObservedCell>,
    private readonly strength: number,
  ) {
    const byCategory = new Map<string, { sum: number; count: number }>();
    const all = { sum: 0, count: 0, satisfied: 0, rated: 0 };
    for (const cell of cells) {
      const sum = exact(cell.logMinutesSum);
      let agent = this.#agents.get(cell.agentId);
      if (!agent) this.#agents.set(cell.agentId, (agent = { cells: new Map(), relative: 0, tickets: 0, satisfied: 0, rated: 0 }));
      agent.cells.set(cell.category, cell);
      agent.relative += sum;
      agent.tickets += cell.tickets;
      agent.satisfied += cell.satisfied;
      agent.rated += cell.rated;
      let team = byCategory.get(cell.category);
      if (!team) byCategory.set(cell.category, (team = { sum: 0, count: 0 }));
      team.sum += sum;
      team.count += cell.tickets;
      all.sum += sum;
      all.count += cell.tickets;
      all.satisfied += cell.satisfied;
      all.rated += cell.rated;
    }
    this.#teamMean = exact(shrunk(all.sum, all.count, Math.log(PRIOR_MINUTES), strength));
    this.#teamSatisfied = shrunk(all.satisfied, all.rated, PRIOR_SATISFIED_SHARE, strength);
    for (const [category, team] of byCategory) this.#teams.set(category, exact(shrunk(team.sum, team.count, this.#teamMean, strength)));
    for (const agent of this.#agents.values())
      for (const [category, cell] of agent.cells) agent.relative -= cell.tickets * this.#team(category);
  }

  /** Minutes the team's average agent needs for a ticket of this category. */
  teamHandleMinutes(category: string | null): number {
    return Math.exp(this.#team(category));
  }

  /** Minutes this agent is expected to need for a ticket of this category. */
  handleMinutes(agentId: string, category: string | null): number {
    const agent = this.#agents.get(agentId);
    const team = this.#team(category);
    if (!agent) return Math.exp(team);
    const expected = team + shrunk(agent.relative, agent.tickets, 0, this.strength);
    const pair = agent.cells.get(category ?? NO_CATEGORY);
    return Math.exp(pair ? shrunk(pair.logMinutesSum, pair.tickets, expected, this.strength) : expected);
  }

  /** Share of customers expected to be satisfied with this agent in this category. */
  satisfactionShare(agentId: string, category: string | null): number {
    const agent = this.#agents.get(agentId);
    if (!agent) return this.#teamSatisfied;
    const broader = shrunk(agent.satisfied, agent.rated, this.#teamSatisfied, this.strength);
    const pair = agent.cells.get(category ?? NO_CATEGORY);
    return pair ? shrunk(pair.satisfied, pair.rated, broader, this.strength) : broader;
  }

  #team(category: string | null): number {
    return this.#teams.get(category ?? NO_CATEGORY) ?? this.#teamMean;
  }
}
