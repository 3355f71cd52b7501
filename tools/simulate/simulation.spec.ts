import { aWorkload } from './a-workload.ts';
import { BaselineRouter } from './baseline-router.ts';
import type { Router, Ticket } from './router.ts';
import { leastLoaded, roundRobin } from './rules.ts';
import { Simulation, worldOf, type Outcome, type World } from './simulation.ts';
import { teamOf } from './team.ts';
import { truthOf } from './truth.ts';
import type { Workload } from './workload.ts';

function worldFor(workload: Workload): World {
  const team = teamOf(workload);
  return worldOf(workload, team, truthOf(workload, team), workload.seed);
}

/** Every call a router hears, in words, and the least-loaded rule. */
function heard(workload: Workload): {
  outcome: Outcome;
  world: World;
  calls: { what: string; at: number; ticket?: number; agent?: number }[];
} {
  const world = worldFor(workload);
  const simulation = new Simulation(world);
  const inner = new BaselineRouter(simulation, leastLoaded(simulation));
  const calls: { what: string; at: number; ticket?: number; agent?: number }[] = [];
  const router: Router = {
    waits: (ticket, why, at) => (calls.push({ what: why, at, ticket: ticket.number }), inner.waits(ticket, why, at)),
    completed: (ticket, agent, at, beganAt) => {
      calls.push({ what: 'completed', at, ticket: ticket.number, agent });
      inner.completed(ticket, agent, at, beganAt);
    },
    surveyReturned: (ticket, satisfied, at) =>
      void calls.push({ what: satisfied ? 'satisfied' : 'unsatisfied', at, ticket: ticket.number }),
    abandoned: (ticket, agent, at) => (calls.push({ what: 'abandoned', at, ticket: ticket.number }), inner.abandoned(ticket, agent, at)),
    shiftBegan: (agent, at) => (calls.push({ what: 'began', at, agent }), inner.shiftBegan(agent, at)),
    shiftEnded: (agent, at) => (calls.push({ what: 'ended', at, agent }), inner.shiftEnded(agent, at)),
    decide: (at, assign) =>
      inner.decide(at, (ticket, agent) => {
        calls.push({ what: 'assigned', at, ticket: ticket.number, agent });
        assign(ticket, agent);
      }),
  };
  const outcome = simulation.run(router);
  return { outcome, world, calls };
}

describe('an agent', () => {
  it('works on one ticket at a time, the earliest deadline next, without pause', () => {
    // Four tickets come while the first is in work; the urgent one among them goes first.
    const workload = aWorkload({ tickets: 5, perMinute: 2, priority: { urgent: 0.5, normal: 0.5 }, agents: [{ id: 'a0', ticketsMax: 9 }] });
    const { outcome, world } = heard(workload);
    const begun = [...outcome.firstResponseAt.keys()].sort((a, b) => outcome.firstResponseAt[a]! - outcome.firstResponseAt[b]!);
    const priorities = begun.map((ticket) => world.team.priorities[world.arrivals.priority[ticket]!]);
    expect(priorities.slice(1)).toEqual(priorities.slice(1).sort().reverse());
    expect(new Set(priorities.slice(1)).size).toBe(2);
    begun.forEach((ticket, nth) => {
      expect(outcome.resolvedAt[ticket]).toBeCloseTo(outcome.firstResponseAt[ticket]! + 10, 9);
      if (nth > 0) expect(outcome.firstResponseAt[ticket]).toBeCloseTo(outcome.resolvedAt[begun[nth - 1]!]!, 9);
    });
  });

  it('never holds more than ticketsMax; what nobody has room for waits, and is pulled by deadline', () => {
    const workload = aWorkload({
      tickets: 12,
      perMinute: 5,
      priority: { urgent: 0.5, normal: 0.5 },
      agents: [{ id: 'a0', ticketsMax: 2 }],
    });
    const { calls, world } = heard(workload);
    let open = 0;
    for (const { what } of calls) {
      if (what === 'assigned') open += 1;
      if (what === 'completed') open -= 1;
      expect(open).toBeLessThanOrEqual(2);
    }
    const pulled = calls.filter(({ what, at }) => what === 'assigned' && at > world.arrivals.at[11]!).map(({ ticket }) => ticket!);
    const deadlines = pulled.map((ticket) => world.arrivals.at[ticket]! + world.team.slaMinutes[world.arrivals.priority[ticket]!]!);
    expect(pulled.length).toBeGreaterThan(5);
    expect(deadlines).toEqual([...deadlines].sort((a, b) => a - b));
  });

  it('outside of the shift starts nothing and takes nothing, finishes what is in hand, and hands back what was not begun', () => {
    const shifts = [
      { fromMinute: 0, toMinute: 15 },
      { fromMinute: 100, toMinute: 1e9 },
    ];
    const { outcome, calls } = heard(aWorkload({ tickets: 6, perMinute: 1, agents: [{ id: 'a0', shifts }] }));
    const begun = [...outcome.firstResponseAt].sort((a, b) => a - b);
    expect(begun[1]).toBeLessThan(15);
    expect(begun[2]).toBe(100);
    const finished = [...outcome.resolvedAt].sort((a, b) => a - b);
    expect(finished[1]).toBeCloseTo(begun[1]! + 10, 9);
    expect(finished[1]).toBeGreaterThan(15);
    const back = calls.filter(({ what }) => what === 'handed-back');
    expect(back.length).toBe(3);
    expect(back.every(({ at }) => at === 15)).toBe(true);
    expect(calls.filter(({ what, at }) => what === 'assigned' && at >= 15 && at < 100)).toEqual([]);
  });
});

describe('a ticket', () => {
  it('that is not resolved comes back after the given mean time, with a new deadline, and may go to anyone', () => {
    const agents = [{ id: 'a0' }, { id: 'a1' }];
    const { outcome, calls, world } = heard(aWorkload({ tickets: 4000, perMinute: 0.01, agents, resolvedShare: 0.5 }));
    const reopenings = outcome.reopenings.reduce((sum, one) => sum + one, 0);
    expect(reopenings / 4000).toBeCloseTo(1, 1);
    const back = calls.filter(({ what }) => what === 'reopened');
    const solvedBefore = (ticket: number, at: number) =>
      calls.findLast((one) => one.what === 'completed' && one.ticket === ticket && one.at < at)!;
    const sample = back.slice(0, 500).map(({ ticket, at }) => ({ at, before: solvedBefore(ticket!, at), ticket: ticket! }));
    expect(sample.reduce((sum, { at, before }) => sum + at - before.at, 0) / 500 / 240).toBeCloseTo(1, 0.7);
    const other = sample.filter(({ before, at, ticket }) => {
      const next = calls.find((one) => one.what === 'assigned' && one.ticket === ticket && one.at >= at)!;
      return next.agent !== before.agent;
    });
    expect(other.length / 500).toBeCloseTo(0.5, 0.7);
    // First response is the first time only; resolution runs from the first arrival to the last completion.
    const { ticket } = sample[0]!;
    const last = calls.findLast((one) => one.what === 'completed' && one.ticket === ticket)!;
    expect(outcome.resolvedAt[ticket]).toBe(last.at);
    expect(outcome.firstResponseAt[ticket]! - world.arrivals.at[ticket]!).toBeLessThan(200);
  });

  it('whose customer gives up before the first response leaves queue and hands, and nobody gives up after it', () => {
    const { outcome, calls, world } = heard(aWorkload({ tickets: 2000, perMinute: 0.3, truth: { patienceHours: 0.5 } }));
    const gone = [...outcome.abandonedAt.keys()].filter((ticket) => !Number.isNaN(outcome.abandonedAt[ticket]!));
    expect(gone.length).toBeGreaterThan(500);
    for (const ticket of gone) expect([outcome.firstResponseAt[ticket], outcome.resolvedAt[ticket]]).toEqual([NaN, NaN]);
    expect(calls.filter(({ what }) => what === 'completed').length).toBe(2000 - gone.length);
    const wasHeld = gone.filter((ticket) => calls.some(({ what, ticket: one }) => what === 'assigned' && one === ticket));
    expect(wasHeld.length).toBeGreaterThan(0);
    expect(wasHeld.length).toBeLessThan(gone.length);
    expect(Math.min(...gone.map((ticket) => outcome.abandonedAt[ticket]! - world.arrivals.at[ticket]!))).toBeGreaterThan(0);
  });

  it('is rated when it is resolved: the returned surveys come a day later, by the logit of wait, reopenings and affinity', () => {
    const truth = {
      surveyReturnedShare: 0.25,
      satisfaction: { base: 0.4, affinity: { a0: { c0: 0.6 } }, perLog2WaitOverSla: 0, perReopening: -0.9 },
    };
    const { outcome, calls } = heard(aWorkload({ tickets: 20_000, perMinute: 0.01, resolvedShare: 0.7, truth }));
    const share = (reopenings: number): number => {
      const of = [...outcome.reopenings.keys()].filter((ticket) => outcome.reopenings[ticket] === reopenings);
      return of.reduce((sum, ticket) => sum + outcome.satisfied[ticket]!, 0) / of.length;
    };
    expect(share(0)).toBeCloseTo(1 / (1 + Math.exp(-1)), 1.5);
    expect(share(1)).toBeCloseTo(1 / (1 + Math.exp(-0.1)), 1.5);
    const surveys = calls.filter(({ what }) => what.endsWith('satisfied'));
    expect(surveys.length / 20_000).toBeCloseTo(0.25, 1.7);
    for (const { ticket, at } of surveys.slice(0, 100)) expect(at).toBeCloseTo(outcome.resolvedAt[ticket!]! + 1440, 6);
  });
});

describe('arrivals', () => {
  it('come at the rate of their slice of the day, and more in a burst', () => {
    const workload = aWorkload({ tickets: 60_000, perMinute: 4 });
    workload.arrivals.profile = [0, 1, 2];
    workload.arrivals.bursts = [{ atMinute: 480, minutes: 480, times: 3 }];
    const { arrivals } = worldFor(workload);
    const within = (from: number, to: number): number => arrivals.at.filter((at) => at >= from && at < to).length / (to - from);
    expect(within(0, 480)).toBe(0);
    expect(within(480, 960)).toBeCloseTo(12, 0);
    expect(within(960, 1440)).toBeCloseTo(8, 0);
    expect(within(1440, 1920)).toBe(0);
    expect(within(1920, 2400)).toBeCloseTo(4, 0);
  });

  it('do not depend on the policy, nor does the work on a ticket', () => {
    const agents = [{ id: 'a0' }, { id: 'a1' }];
    const world = worldFor(aWorkload({ tickets: 500, perMinute: 0.1, agents, resolvedShare: 0.6, truth: { handleCv: 1 } }));
    const minutes = [leastLoaded, roundRobin].map((rule) => {
      const simulation = new Simulation(world);
      const first = new Map<number, number>();
      const router = new BaselineRouter(simulation, {
        ...rule(simulation),
        completed: ({ number }: Ticket, _: number, at: number, beganAt: number) =>
          void (first.has(number) || first.set(number, at - beganAt)),
      });
      const { reopenings } = simulation.run(router);
      return { reopenings, first: [...first].sort(([a], [b]) => a - b).map(([, value]) => value.toFixed(6)) };
    });
    expect(minutes[0]).toEqual(minutes[1]);
  });
});

describe('drift', () => {
  it('changes exactly the given share of the handle means, the same in every run, from the given ticket on', () => {
    const agents = Array.from({ length: 8 }, (_, nth) => ({ id: `a${nth}` }));
    const drift = { atShare: 0.5, pairShare: 0.25, sigma: 0.5, seed: 9 };
    const workload = aWorkload({ tickets: 1000, perMinute: 0.1, agents, truth: { drift } });
    const { outcome, world } = heard(workload);
    const { handleMinutes, handleMinutesLater } = world.truth;
    expect(handleMinutesLater.filter((value, pair) => value !== handleMinutes[pair]).length).toBe(2);
    expect(worldOf(workload, world.team, world.truth, 77).truth.handleMinutesLater).toEqual(handleMinutesLater);
    expect(world.driftAt).toBe(world.arrivals.at[500]);
    const minutes = (ticket: number): number => Number((outcome.resolvedAt[ticket]! - outcome.firstResponseAt[ticket]!).toFixed(6));
    const [before, after] = [new Set<number>(), new Set<number>()];
    for (let ticket = 0; ticket < 1000; ticket += 1)
      (outcome.firstResponseAt[ticket]! < world.driftAt ? before : after).add(minutes(ticket));
    expect([...before]).toEqual([10]);
    expect(after.size).toBe(3);
  });
});

describe('a router', () => {
  const assigning = (workload: Workload, agent: (nth: number) => number): Router => {
    const world = worldFor(workload);
    const simulation = new Simulation(world);
    const fresh: Ticket[] = [];
    let nth = 0;
    const router: Router = {
      waits: (ticket) => void fresh.push(ticket),
      decide: (_, assign) => {
        for (const ticket of fresh) assign(ticket, agent(nth++));
      },
    };
    simulation.run(router);
    return router;
  };

  it('cannot assign what does not wait, beyond room, off duty, or to who cannot', () => {
    const busy = aWorkload({ tickets: 20, perMinute: 100 });
    expect(() => assigning(busy, () => 0)).toThrow("ticket 0 cannot go to agent 'a0' at minute");
    expect(() => assigning(aWorkload({ agents: [{ id: 'a0', skills: {} }] }), () => 0)).toThrow("no skill 'c0'");
    expect(() => assigning(aWorkload({ agents: [{ id: 'a0', languages: {} }] }), () => 0)).toThrow("does not speak 'l0'");
    const later = [{ fromMinute: 1e6, toMinute: 1e9 }];
    expect(() => assigning(aWorkload({ agents: [{ id: 'a0', shifts: later }] }), () => 0)).toThrow('off duty');
  });

  it('that assigns nothing leaves every ticket unfinished, and the simulation ends', () => {
    const world = worldFor(aWorkload({ tickets: 50 }));
    let asked = 0;
    const outcome = new Simulation(world).run({ waits: () => undefined, decide: (at) => ((asked += 1), at < 5000 ? at + 7 : undefined) });
    expect(outcome.resolvedAt.every(Number.isNaN)).toBe(true);
    // It had asked to be asked every 7 minutes, on top of the arrivals.
    expect(asked).toBeGreaterThan(5000 / 7);
  });
});
