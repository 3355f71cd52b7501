import { NEVER } from './event-queue.ts';
import { Stream } from './random.ts';
import { onDutyShares, type Team } from './team.ts';
import type { Workload } from './workload.ts';

/** How agents really do: for the simulation itself, the oracles and the bound. No other router sees it. By `agent × categories + category`. */
export interface Truth {
  readonly handleMinutes: Float64Array;
  /** After the drift; the same array where nothing drifts. */
  readonly handleMinutesLater: Float64Array;
  readonly resolvedShare: Float64Array;
  readonly affinity: Float64Array;
  /** The arrival of this ticket (by number) is the instant of the drift; NEVER = there is none. */
  readonly driftTicket: number;
  readonly reopenAfterMinutes: number;
  /** Tickets a minute by kind (`category × languages + language`), averaged over the day's profile, without bursts. */
  readonly arrivalRates: Float64Array;
  /** Share of the time in which tickets are expected to arrive that each agent is on duty. */
  readonly onDutyShares: Float64Array;
}

export function truthOf(workload: Workload, team: Team): Truth {
  const { truth, agents, categories, tickets } = workload;
  const table = (pairs: Record<string, Record<string, number>>): Float64Array =>
    Float64Array.from(agents.flatMap((agent) => categories.map((category) => pairs[agent.id]?.[category] ?? NaN)));
  const handleMinutes = table(truth.handleMinutes);
  const arrivalRates = arrivalRatesOf(workload);
  return {
    handleMinutes,
    handleMinutesLater: truth.drift ? drifted(handleMinutes, team, truth.drift) : handleMinutes,
    resolvedShare: table(truth.resolvedShare),
    affinity: table(truth.satisfaction.affinity),
    driftTicket: truth.drift ? Math.floor(truth.drift.atShare * tickets) : NEVER,
    reopenAfterMinutes: truth.reopenAfterMinutes,
    arrivalRates,
    onDutyShares: onDutyShares(team, tickets / arrivalRates.reduce((sum, rate) => sum + rate, 0)),
  };
}

/** Exactly `pairShare` of the pairs (rounded), chosen at random, each times a lognormal(0, sigma) of its own. */
function drifted(
  handleMinutes: Float64Array,
  team: Team,
  { pairShare, sigma, seed }: NonNullable<Workload['truth']['drift']>,
): Float64Array {
  const chance = new Stream(seed, 'drift');
  const pairs = chance.shuffle([...team.levels.keys()].filter((pair) => team.levels[pair]! > 0));
  const later = handleMinutes.slice();
  for (const pair of pairs.slice(0, Math.round(pairShare * pairs.length))) later[pair]! *= Math.exp(sigma * chance.normal());
  return later;
}

function arrivalRatesOf({ arrivals, mix, categories, languages }: Workload): Float64Array {
  const perMinute = (arrivals.perMinute * arrivals.profile.reduce((sum, rate) => sum + rate, 0)) / arrivals.profile.length;
  const shares = (names: readonly string[], record: Record<string, number>): number[] => {
    const sum = Object.values(record).reduce((total, share) => total + share, 0);
    return names.map((name) => (record[name] ?? 0) / sum);
  };
  const ofLanguage = shares(languages, mix.language);
  return Float64Array.from(
    shares(categories, mix.category).flatMap((category) => ofLanguage.map((language) => perMinute * category * language)),
  );
}
