import { aWorkload } from './a-workload.ts';
import { BaselineRouter, type Rule } from './baseline-router.ts';
import { mean } from './measures.ts';
import { Draws, seedOfRun } from './random.ts';
import type { Desk, Router } from './router.ts';
import { longestIdle, random } from './rules.ts';
import { Simulation, worldOf, type Outcome, type World } from './simulation.ts';
import { teamOf } from './team.ts';
import { truthOf } from './truth.ts';
import type { Workload } from './workload.ts';

/** What queueing theory knows exactly: exponential handle times, one ticket in hand, none held. */
const team = (handleMinutes: readonly number[]) => ({
  agents: handleMinutes.map((_, nth) => ({ id: `a${nth}`, ticketsMax: 1 })),
  handleMinutes: Object.fromEntries(handleMinutes.map((minutes, nth) => [`a${nth}`, minutes])),
});

interface Ran {
  world: World;
  outcome: Outcome;
}

function runs(workload: Workload, count: number, rule: (desk: Desk) => Rule, around: (router: Router) => Router = (one) => one): Ran[] {
  const known = teamOf(workload);
  return Array.from({ length: count }, (_, run) => {
    const world = worldOf(workload, known, truthOf(workload, known), seedOfRun(workload.seed, run));
    const draws = new Draws(world.seed, 'exponential work');
    const simulation = new Simulation(world, (minutes, ticket, attempt) => minutes * draws.exponential(ticket, attempt));
    return { world, outcome: simulation.run(around(new BaselineRouter(simulation, rule(simulation)))) };
  });
}

/** Mean minutes until the first response or until the customer gave up. */
function meanWait({ world: { arrivals }, outcome: { firstResponseAt, abandonedAt } }: Ran): number {
  let sum = 0;
  arrivals.at.forEach(
    (at, ticket) => (sum += (Number.isNaN(firstResponseAt[ticket]) ? abandonedAt[ticket]! : firstResponseAt[ticket]!) - at),
  );
  return sum / arrivals.at.length;
}

/** Mean wait in M/M/n from Erlang's delay formula. */
function erlangC(servers: number, perMinute: number, handleMinutes: number): number {
  const offered = perMinute * handleMinutes;
  let blocked = 1;
  for (let n = 1; n <= servers; n += 1) blocked = (offered * blocked) / (n + offered * blocked);
  const delayed = blocked / (1 - (offered / servers) * (1 - blocked));
  return (delayed * handleMinutes) / (servers - offered);
}

/** Mean wait and abandoned share in M/M/n+M, from the stationary distribution of its birth-and-death process. */
function erlangA(servers: number, perMinute: number, handleMinutes: number, patienceMinutes: number): { wait: number; abandoned: number } {
  let weight = 1;
  let total = 1;
  let queue = 0;
  for (let n = 1; n < 2000; n += 1) {
    const waiting = Math.max(0, n - servers);
    weight *= perMinute / (Math.min(n, servers) / handleMinutes + waiting / patienceMinutes);
    total += weight;
    queue += weight * waiting;
  }
  return { wait: queue / total / perMinute, abandoned: queue / total / patienceMinutes / perMinute };
}

/** How far the simulated value is from the theory's for the very arrivals and handle times that were drawn, on average over runs. */
function offBy(ran: readonly Ran[], simulated: (one: Ran) => number, theory: (perMinute: number, handleMinutes: number) => number): number {
  const ratios = ran.map((one) => {
    const { resolvedAt, firstResponseAt } = one.outcome;
    const { at } = one.world.arrivals;
    let [worked, minutes] = [0, 0];
    resolvedAt.forEach((end, ticket) => {
      if (!(end > 0)) return;
      worked += 1;
      minutes += end - firstResponseAt[ticket]!;
    });
    return simulated(one) / theory(at.length / at.at(-1)!, minutes / worked);
  });
  return Math.abs(mean(ratios) - 1);
}

describe('the simulator', () => {
  // The standard error is about 0.4 %.
  it('waits as Erlang C says, within 1 %', () => {
    const ran = runs(aWorkload({ tickets: 200_000, perMinute: 0.1, ...team([10, 10]) }), 6, random);
    expect(offBy(ran, meanWait, (perMinute, handleMinutes) => erlangC(2, perMinute, handleMinutes))).toBeLessThan(0.01);
  });

  it('waits and gives up as Erlang A says, within 1 %', () => {
    const ran = runs(
      aWorkload({ tickets: 100_000, perMinute: 0.5, ...team([10, 10, 10, 10, 10]), truth: { patienceHours: 0.25 } }),
      4,
      random,
    );
    const theory = (perMinute: number, handleMinutes: number) => erlangA(5, perMinute, handleMinutes, 15);
    const abandonedShare = ({ outcome: { abandonedAt } }: Ran) => abandonedAt.filter((at) => at > 0).length / abandonedAt.length;
    expect(offBy(ran, meanWait, (...drawn) => theory(...drawn).wait)).toBeLessThan(0.01);
    expect(offBy(ran, abandonedShare, (...drawn) => theory(...drawn).abandoned)).toBeLessThan(0.01);
  });

  it('has the same wait for longest idle and random with unequal agents (arXiv 1305.6249), and a shorter one for fastest first', () => {
    const workload = aWorkload({ tickets: 20_000, perMinute: 0.35, ...team([4, 8, 16, 24, 40]) });
    const wait = (rule: (desk: Desk) => Rule): number => mean(runs(workload, 20, rule).map(meanWait));
    const atRandom = wait(random);
    // Three standard errors of the difference on the same arrivals are about 2 %.
    expect(Math.abs(wait(longestIdle) / atRandom - 1)).toBeLessThan(0.02);
    expect(wait(() => ({ cost: (_, agent) => agent })) / atRandom).toBeLessThan(0.9);
  });

  it('obeys Little’s law: tickets in the queue on average = arrivals a minute × mean wait', () => {
    let inQueue = 0;
    let area = 0;
    let since = 0;
    const changes = (at: number, by: number): void => {
      area += inQueue * (at - since);
      since = at;
      inQueue += by;
    };
    const counting = (inner: Router): Router => ({
      waits: (ticket, why, at) => (changes(at, 1), inner.waits(ticket, why, at)),
      completed: (ticket, agent, at, beganAt) => inner.completed?.(ticket, agent, at, beganAt),
      decide: (at, assign) => inner.decide(at, (ticket, agent) => (changes(at, -1), assign(ticket, agent))),
    });
    const workload = aWorkload({ tickets: 20_000, perMinute: 0.45, ...team([10, 10, 10, 10, 10]) });
    const [ran] = runs(workload, 1, random, counting) as [Ran];
    const lastArrival = ran.world.arrivals.at.at(-1)!;
    expect(inQueue).toBe(0);
    expect(area / lastArrival / ((20_000 / lastArrival) * meanWait(ran))).toBeCloseTo(1, 9);
    expect(area / lastArrival).toBeGreaterThan(1);
  });
});
