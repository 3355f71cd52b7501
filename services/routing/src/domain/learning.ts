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

/** Before anybody has solved anything. */
const PRIOR_MINUTES = 20;
const PRIOR_SATISFIED_SHARE = 0.75;
const MINUTES_MIN = 0.05;

/** Minutes from assignment to solution on the log scale; at least 3 s, so that one mistake cannot weigh without bound. */
export const logMinutes = (minutes: number): number => Math.log(Math.max(MINUTES_MIN, minutes));

/** A mean pulled towards a broader one as if that had been observed `strength` times (empirical Bayes, James–Stein form). */
const shrunk = (sum: number, count: number, broader: number, strength: number): number => (sum + strength * broader) / (count + strength);

/**
 * Running shrunk means: pair (agent, category) → agent over all categories, relative to the team → team.
 * Plain sums underneath, so a round can be recomputed from the cells alone.
 */
export class Learned {
  readonly #pairs = new Map<string, Observed>();
  readonly #agents = new Map<string, { relative: number; tickets: number; satisfied: number; rated: number }>();
  readonly #teams = new Map<string, number>();
  readonly #teamMean: number;
  readonly #teamSatisfied: number;

  constructor(
    cells: Iterable<ObservedCell>,
    private readonly strength: number,
  ) {
    const byCategory = new Map<string, { sum: number; count: number }>();
    const all = { sum: 0, count: 0, satisfied: 0, rated: 0 };
    const list = [...cells].sort((a, b) => (a.agentId < b.agentId ? -1 : a.agentId > b.agentId ? 1 : a.category < b.category ? -1 : 1));
    for (const cell of list) {
      this.#pairs.set(`${cell.agentId} ${cell.category}`, cell);
      const team = byCategory.get(cell.category) ?? { sum: 0, count: 0 };
      byCategory.set(cell.category, { sum: team.sum + cell.logMinutesSum, count: team.count + cell.tickets });
      all.sum += cell.logMinutesSum;
      all.count += cell.tickets;
      all.satisfied += cell.satisfied;
      all.rated += cell.rated;
    }
    this.#teamMean = shrunk(all.sum, all.count, Math.log(PRIOR_MINUTES), strength);
    this.#teamSatisfied = shrunk(all.satisfied, all.rated, PRIOR_SATISFIED_SHARE, strength);
    for (const [category, team] of byCategory) this.#teams.set(category, shrunk(team.sum, team.count, this.#teamMean, strength));
    for (const cell of list) {
      const agent = this.#agents.get(cell.agentId) ?? { relative: 0, tickets: 0, satisfied: 0, rated: 0 };
      this.#agents.set(cell.agentId, {
        relative: agent.relative + cell.logMinutesSum - cell.tickets * (this.#teams.get(cell.category) ?? this.#teamMean),
        tickets: agent.tickets + cell.tickets,
        satisfied: agent.satisfied + cell.satisfied,
        rated: agent.rated + cell.rated,
      });
    }
  }

  teamHandleMinutes(category: string | null): number {
    return Math.exp(this.#team(category));
  }

  handleMinutes(agentId: string, category: string | null): number {
    const agent = this.#agents.get(agentId);
    const relative = agent ? shrunk(agent.relative, agent.tickets, 0, this.strength) : 0;
    const expected = this.#team(category) + relative;
    const pair = this.#pairs.get(`${agentId} ${category ?? ''}`);
    return Math.exp(pair ? shrunk(pair.logMinutesSum, pair.tickets, expected, this.strength) : expected);
  }

  satisfactionShare(agentId: string, category: string | null): number {
    const agent = this.#agents.get(agentId);
    const broader = agent ? shrunk(agent.satisfied, agent.rated, this.#teamSatisfied, this.strength) : this.#teamSatisfied;
    const pair = this.#pairs.get(`${agentId} ${category ?? ''}`);
    return pair ? shrunk(pair.satisfied, pair.rated, broader, this.strength) : broader;
  }

  #team(category: string | null): number {
    return this.#teams.get(category ?? '') ?? this.#teamMean;
  }
}
