import loadHighs from 'highs';
import type { Team } from './team.ts';

/**
 * The static linear program of a team: how much of each kind of ticket each agent should take, were there no chance and no queue.
 *
 *   min Σ x_ak (M_ac + (1 − P_ac) · reopenAfter) / λ   s.t.   Σ_a P_ac x_ak = λ_k per kind k (category and language),
 *                                                            Σ_k M_ac x_ak ≤ capacity · share on duty, per agent,   x ≥ 0
 *
 * It is solved in attempts per ticket (x / λ), so that rates of any size look the same to the solver.
 * x_ak: attempts a minute of agent a at kind k. M: mean handle minutes, P: resolved share, by `agent × categories + category`.
 */
export interface ProgramInput {
  readonly handleMinutes: Float64Array;
  readonly resolvedShare: Float64Array;
  /** Tickets a minute by kind; kinds that nobody can take are left out. */
  readonly arrivalRates: Float64Array;
  readonly reopenAfterMinutes: number;
  /** Minutes of work that an agent may do in a minute on duty. */
  readonly capacity: number;
  /** By agent. */
  readonly onDutyShares: Float64Array;
}

export interface ProgramSolution {
  /** Minutes per ticket. */
  readonly objective: number;
  /** Minutes of waiting that a minute of this agent's time costs: −dual of the agent's row, for the objective without its division by λ. */
  readonly prices: Float64Array;
  /** x / λ by `kind`, in the order of `team.eligible[kind]`. */
  readonly flows: readonly Float64Array[];
}

// The package's types describe its CommonJS file, where the loader is a property; an ES module gets the loader itself.
const highs = await (loadHighs as unknown as typeof loadHighs.default)();

/** Undefined = the work is more than the agents can do. */
export function solveStaticProgram(team: Team, input: ProgramInput): ProgramSolution | undefined {
  const solved = highs.solve(programText(team, input, undefined), { output_flag: false });
  if (solved.Status !== 'Optimal') return undefined;
  const prices = new Float64Array(team.agentIds.length);
  for (const row of solved.Rows) {
    if (!('Dual' in row)) continue;
    const agent = /^u(\d+)$/.exec(row.Name)?.[1];
    if (agent !== undefined) prices[Number(agent)] = Math.max(0, -row.Dual);
  }
  const columns = solved.Columns as Record<string, { Primal: number } | undefined>;
  const flows = team.eligible.map((agents, kind) => Float64Array.from(agents, (agent) => columns[`x${agent}_${kind}`]?.Primal ?? 0));
  return { objective: solved.ObjectiveValue, prices, flows };
}

/** The same, with the least capacity above `capacity` at which the work can be done, where it is more than the agents can do. */
export function solveRelaxed(team: Team, input: ProgramInput): ProgramSolution {
  const solution = solveStaticProgram(team, input);
  if (solution) return solution;
  const least = highs.solve(programText(team, input, 'overload'), { output_flag: false }).ObjectiveValue;
  const rate = takenRates(team, input).reduce((sum, one) => sum + one, 0);
  // A little more than the least, so that rounding does not make it infeasible again.
  return solveStaticProgram(team, { ...input, capacity: (input.capacity + least * rate) * 1.0001 })!;
}

const takenRates = (team: Team, { arrivalRates }: ProgramInput): Float64Array =>
  arrivalRates.map((rate, kind) => (team.eligible[kind]!.length > 0 ? rate : 0));

/** In CPLEX LP format. With `overload` its objective is the least capacity beyond `capacity`. The order of terms is fixed: same text, same answer. */
function programText(team: Team, input: ProgramInput, minimise: 'overload' | undefined): string {
  const { handleMinutes, resolvedShare, reopenAfterMinutes, capacity, onDutyShares } = input;
  const count = team.categories.length;
  const rates = takenRates(team, input);
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  const objective: string[] = [];
  const demands: string[] = [];
  const loads: string[][] = team.agentIds.map(() => []);
  rates.forEach((rate, kind) => {
    if (rate <= 0) return;
    const category = Math.floor(kind / team.languages.length);
    const demand: string[] = [];
    for (const agent of team.eligible[kind]!) {
      const x = `x${agent}_${kind}`;
      const minutes = handleMinutes[agent * count + category]!;
      const resolved = resolvedShare[agent * count + category]!;
      objective.push(`+ ${minutes + (1 - resolved) * reopenAfterMinutes} ${x}`);
      demand.push(`+ ${resolved} ${x}`);
      loads[agent]!.push(`+ ${minutes} ${x}`);
    }
    demands.push(`d${kind}: ${demand.join('\n ')} = ${rate / total}`);
  });
  const mayDo = onDutyShares.map((share) => (capacity * share) / total);
  const capacities = loads.flatMap((terms, agent) =>
    terms.length > 0 ? [`u${agent}: ${terms.join('\n ')}${minimise ? ` - ${onDutyShares[agent]} overload` : ''} <= ${mayDo[agent]}`] : [],
  );
  return `Minimize\nobj: ${minimise ?? objective.join('\n ')}\nSubject To\n${demands.join('\n')}\n${capacities.join('\n')}\nEnd\n`;
}
