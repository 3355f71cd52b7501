import { aWorkload } from './a-workload.ts';
import { solveRelaxed, solveStaticProgram } from './static-program.ts';
import { teamOf } from './team.ts';
import { truthOf } from './truth.ts';

/** A fast agent who resolves everything, and a slow one: the fast one is used up first. */
const workload = (perMinute: number) =>
  aWorkload({ perMinute, agents: [{ id: 'fast' }, { id: 'slow' }], handleMinutes: { fast: 10, slow: 30 } });
const solved = (perMinute: number) => {
  const team = teamOf(workload(perMinute));
  const input = { ...truthOf(workload(perMinute), team), capacity: 0.97 };
  return { exact: solveStaticProgram(team, input), relaxed: solveRelaxed(team, input) };
};

describe('the static program', () => {
  it('costs nobody’s time while the best agent has some left', () => {
    const { exact } = solved(0.05);
    expect(exact!.objective).toBeCloseTo(10, 6);
    expect([...exact!.prices]).toEqual([0, 0]);
    expect([...exact!.flows[0]!]).toEqual([1, 0]);
  });

  it('prices the time of who is used up: a minute of it saves two minutes of the slow one’s, whatever the arrival rate', () => {
    const { exact } = solved(0.11);
    const byFast = 0.097 / 0.11;
    expect(exact!.objective).toBeCloseTo(byFast * 10 + (1 - byFast) * 30, 6);
    expect(exact!.prices[0]).toBeCloseTo(2, 6);
    expect(exact!.prices[1]).toBeCloseTo(0, 6);
  });

  it('has no solution for more work than the team can do; relaxed it has, with the least capacity that is enough', () => {
    const { exact, relaxed } = solved(0.2);
    expect(exact).toBeUndefined();
    // capacity k: k / 10 + k / 30 = 0.2
    expect(relaxed.flows[0]![0]! * 0.2 * 10).toBeCloseTo(1.5, 2);
  });
});
