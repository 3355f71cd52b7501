import { firstCounted, type Outcome, type World } from './simulation.ts';

/** What is reported of one policy in one run. Times in minutes; only tickets that count. NaN = nothing to measure. */
export interface Measures {
  readonly meanResolutionMinutes: number;
  readonly p95ResolutionMinutes: number;
  readonly meanFirstResponseMinutes: number;
  readonly p95FirstResponseMinutes: number;
  readonly slaShare: number;
  readonly slaShareByPriority: Readonly<Record<string, number>>;
  readonly satisfiedShare: number;
  readonly reopenedShare: number;
  readonly abandonedShare: number;
  readonly giniBusyTime: number;
  readonly longestWaitMinutesByPriority: Readonly<Record<string, number>>;
  readonly decisionsPerSecond: number;
  /** Neither resolved nor abandoned when nothing could happen any more. */
  readonly unfinished: number;
}

/** Tickets per point of the series over time. */
export const WINDOW_TICKETS = 1000;

export function measuresOf(world: World, outcome: Outcome): Measures {
  const { workload, team, arrivals } = world;
  const resolution: number[] = [];
  const firstResponse: number[] = [];
  const byPriority = team.priorities.map(() => ({ tickets: 0, met: 0, longest: 0 }));
  let [satisfied, reopened, abandoned, unfinished] = [0, 0, 0, 0];
  const from = firstCounted(workload);
  for (let ticket = from; ticket < workload.tickets; ticket += 1) {
    const at = arrivals.at[ticket]!;
    const priority = byPriority[arrivals.priority[ticket]!]!;
    const respondedAfter = outcome.firstResponseAt[ticket]! - at;
    const resolvedAfter = outcome.resolvedAt[ticket]! - at;
    const abandonedAfter = outcome.abandonedAt[ticket]! - at;
    priority.tickets += 1;
    if (!Number.isNaN(respondedAfter)) {
      firstResponse.push(respondedAfter);
      if (respondedAfter <= team.slaMinutes[arrivals.priority[ticket]!]!) priority.met += 1;
    }
    const waited = Number.isNaN(respondedAfter) ? abandonedAfter : respondedAfter;
    if (waited > priority.longest) priority.longest = waited;
    if (outcome.reopenings[ticket]! > 0) reopened += 1;
    if (!Number.isNaN(resolvedAfter)) {
      resolution.push(resolvedAfter);
      satisfied += outcome.satisfied[ticket]!;
    } else if (!Number.isNaN(abandonedAfter)) abandoned += 1;
    else unfinished += 1;
  }
  const counted = workload.tickets - from;
  const perPriority = (value: (one: (typeof byPriority)[number]) => number): Record<string, number> =>
    Object.fromEntries(team.priorities.map((priority, nth) => [priority, value(byPriority[nth]!)]));
  return {
    meanResolutionMinutes: mean(resolution),
    p95ResolutionMinutes: quantile(resolution, 0.95),
    meanFirstResponseMinutes: mean(firstResponse),
    p95FirstResponseMinutes: quantile(firstResponse, 0.95),
    slaShare: byPriority.reduce((sum, { met }) => sum + met, 0) / counted,
    slaShareByPriority: perPriority(({ met, tickets }) => met / tickets),
    satisfiedShare: satisfied / resolution.length,
    reopenedShare: reopened / counted,
    abandonedShare: abandoned / counted,
    giniBusyTime: gini(outcome.busyMinutes),
    longestWaitMinutesByPriority: perPriority(({ longest }) => longest),
    decisionsPerSecond: outcome.decisions / (outcome.decidingMs / 1000),
    unfinished,
  };
}

/** Mean resolution minutes of each thousand tickets in the order of arrival, from the very first on. */
export function resolutionOverTime({ workload, arrivals }: World, { resolvedAt }: Outcome): number[] {
  return Array.from({ length: Math.ceil(workload.tickets / WINDOW_TICKETS) }, (_, window) => {
    const minutes: number[] = [];
    for (let ticket = window * WINDOW_TICKETS; ticket < Math.min(workload.tickets, (window + 1) * WINDOW_TICKETS); ticket += 1)
      if (!Number.isNaN(resolvedAt[ticket]!)) minutes.push(resolvedAt[ticket]! - arrivals.at[ticket]!);
    return mean(minutes);
  });
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Between the two nearest ranks in proportion. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below]! + (place - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!);
}

/** 0 = everybody the same, towards 1 = one has everything. */
export function gini(values: Float64Array): number {
  const sorted = values.toSorted();
  let [sum, ranked] = [0, 0];
  sorted.forEach((value, rank) => {
    sum += value;
    ranked += (rank + 1) * value;
  });
  return sum === 0 ? 0 : (2 * ranked) / (sorted.length * sum) - (sorted.length + 1) / sorted.length;
}
