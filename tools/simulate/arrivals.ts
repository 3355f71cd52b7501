import { NEVER } from './event-queue.ts';
import { Stream } from './random.ts';
import type { Team } from './team.ts';
import type { Workload } from './workload.ts';

/** The tickets of one run, in the order of their arrival: what they are does not depend on any policy. */
export interface Arrivals {
  readonly at: Float64Array;
  readonly category: Uint16Array;
  readonly language: Uint16Array;
  readonly priority: Uint8Array;
}

const { min } = Math;
const DAY_MINUTES = 1440;

export function arrivalsOf(workload: Workload, team: Team, seed: number): Arrivals {
  const { tickets, mix } = workload;
  const attributes = new Stream(seed, 'attributes');
  const pick = (names: readonly string[], record: Record<string, number>): (() => number) => {
    const shares = names.map((name) => record[name] ?? 0);
    const sum = shares.reduce((total, share) => total + share, 0);
    return () => {
      let left = attributes.uniform() * sum;
      let place = 0;
      while (place < shares.length - 1 && (left -= shares[place]!) >= 0) place += 1;
      return place;
    };
  };
  const [category, language, priority] = [
    pick(team.categories, mix.category),
    pick(team.languages, mix.language),
    pick(team.priorities, mix.priority),
  ];
  const arrivals = {
    at: instants(workload, tickets, new Stream(seed, 'arrivals')),
    category: new Uint16Array(tickets),
    language: new Uint16Array(tickets),
    priority: new Uint8Array(tickets),
  };
  for (let ticket = 0; ticket < tickets; ticket += 1) {
    arrivals.category[ticket] = category();
    arrivals.language[ticket] = language();
    arrivals.priority[ticket] = priority();
  }
  return arrivals;
}

/** A Poisson process whose rate is constant between two instants at which slice or burst change: exact, nothing is thinned. */
function instants({ arrivals: { perMinute, profile, bursts } }: Workload, count: number, chance: Stream): Float64Array {
  const edges = [...new Set(bursts.flatMap(({ atMinute, minutes }) => [atMinute, atMinute + minutes]))].sort((a, b) => a - b);
  const sliceMinutes = DAY_MINUTES / profile.length;
  const at = new Float64Array(count);
  let from = 0;
  let slice = 0;
  let edge = 0;
  let toGo = chance.exponential();
  for (let arrived = 0; arrived < count;) {
    while (edge < edges.length && edges[edge]! <= from) edge += 1;
    const until = min((slice + 1) * sliceMinutes, edges[edge] ?? NEVER);
    let rate = perMinute * profile[slice % profile.length]!;
    for (const burst of bursts) if (burst.atMinute <= from && from < burst.atMinute + burst.minutes) rate *= burst.times;
    if (toGo < (until - from) * rate) {
      from += toGo / rate;
      at[arrived] = from;
      arrived += 1;
      toGo = chance.exponential();
    } else {
      toGo -= (until - from) * rate;
      from = until;
      if (until >= (slice + 1) * sliceMinutes) slice += 1;
    }
  }
  return at;
}
