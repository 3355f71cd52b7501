import { mean } from './measures.ts';
import { routeBench } from './routebench.ts';
import { teamOf } from './team.ts';

const STANDARD = {
  seed: 1,
  load: 0.85,
  agents: 60,
  tickets: 15_000,
  drift: false,
  bursts: false,
  shifts: false,
  patienceHours: null,
};
const world = (changes: Partial<Parameters<typeof routeBench>[0]> = {}) => routeBench({ ...STANDARD, ...changes });
const seeds = Array.from({ length: 30 }, (_, nth) => nth + 1);

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const [x, y] = [mean(pairs.map(([one]) => one)), mean(pairs.map(([, other]) => other))];
  const sum = (term: (a: number, b: number) => number): number => pairs.reduce((total, [a, b]) => total + term(a - x, b - y), 0);
  return sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
}

describe('the RouteBench law', () => {
  it('is the same for the same seed and another for another', () => {
    expect(world()).toEqual(world());
    expect(world()).not.toEqual(world({ seed: 2 }));
  });

  it('gives each agent 4 skills and the first language, each skill at least 8 agents, and each kind of ticket somebody', () => {
    for (const seed of seeds) {
      const team = teamOf(world({ seed }));
      const { agents, categories } = world({ seed });
      for (const { skills, languages } of agents) expect([Object.keys(skills).length, languages['l0']]).toEqual([4, 5]);
      for (const category of categories) expect(agents.filter(({ skills }) => category in skills).length).toBeGreaterThanOrEqual(8);
      for (const eligible of team.eligible) expect(eligible.length).toBeGreaterThan(0);
    }
    for (const agents of [5, 12]) for (const eligible of teamOf(world({ agents })).eligible) expect(eligible.length).toBeGreaterThan(0);
  });

  it('draws handle times, resolved shares and languages by the law', () => {
    const worlds = seeds.map((seed) => world({ seed }));
    const handle = worlds.flatMap(({ truth }) => Object.values(truth.handleMinutes).flatMap((one) => Object.values(one).map(Math.log)));
    const resolved = worlds.flatMap(({ truth }) =>
      Object.values(truth.resolvedShare).flatMap((one) => Object.values(one).map((p) => Math.log(p / (1 - p)))),
    );
    const sd = (values: number[]): number => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    expect(Math.exp(mean(handle))).toBeCloseTo(22, -0.5);
    expect(sd(handle)).toBeCloseTo(Math.hypot(0.45, 0.22, 0.33), 1);
    expect(mean(resolved)).toBeCloseTo(1.25, 1);
    expect(sd(resolved)).toBeCloseTo(0.75, 1);
    const speakers = (language: string): number =>
      mean(worlds.flatMap(({ agents }) => agents.map(({ languages }) => (language in languages ? 1 : 0))));
    expect(speakers('l1')).toBeCloseTo(0.35, 1);
    expect(speakers('l2')).toBeCloseTo(0.25, 1);
  });

  it('declares levels that correlate about .5 with how fast and how well a pair really is', () => {
    const [fast, well]: [number, number][][] = [[], []];
    for (const seed of seeds) {
      const { agents, truth, categories } = world({ seed });
      for (const category of categories) {
        const able = agents.filter(({ skills }) => category in skills);
        const average = mean(able.map(({ id }) => Math.log(truth.handleMinutes[id]![category]!)));
        for (const { id, skills } of able) {
          const p = truth.resolvedShare[id]![category]!;
          fast!.push([skills[category]!, average - Math.log(truth.handleMinutes[id]![category]!)]);
          well!.push([skills[category]!, Math.log(p / (1 - p))]);
        }
      }
    }
    expect(correlation(fast!)).toBeCloseTo(0.45, 0.7);
    expect(correlation(well!)).toBeCloseTo(0.5, 1);
  });

  it('follows the day’s profile, whose mean is 1', () => {
    const { profile } = world().arrivals;
    expect(mean(profile)).toBeCloseTo(1, 9);
    const noon = (2 * Math.PI * (profile.length / 2 + 0.5)) / profile.length;
    expect(profile[profile.length / 2]).toBeCloseTo(1 + 0.55 * Math.sin(noon - 1.2) + 0.25 * Math.sin(2 * noon), 6);
  });

  it('has arrivals in proportion to the load, and a third of them where a third of the team is on duty', () => {
    const { perMinute } = world().arrivals;
    expect(world({ load: 0.425 }).arrivals.perMinute).toBeCloseTo(perMinute / 2, 6);
    expect(world({ shifts: true }).arrivals.perMinute).toBeCloseTo(perMinute / 3, 6);
  });
});
