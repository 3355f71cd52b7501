import { RoutingPolicy } from '@signalbox/contracts';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { experiment } from './experiment.ts';
import { POLICIES, signalbox } from './policies.ts';
import { routeBench, type RouteBenchOptions } from './routebench.ts';
import type { Workload } from './workload.ts';

const { 'routing-policy': policies } = parse(readFileSync('config/policies/just-in-time.yaml', 'utf8')) as {
  'routing-policy': { standard: unknown };
};
const justInTime = RoutingPolicy.parse(policies.standard);
const compared = { 'least-loaded': POLICIES['least-loaded'], 'oracle-lp': POLICIES['oracle-lp'], signalbox: signalbox(justInTime) };

const world = (seed: number, load: number, changes: Partial<RouteBenchOptions>): Workload =>
  routeBench({ seed, load, agents: 60, tickets: 15_000, drift: false, bursts: false, shifts: false, patienceHours: null, ...changes });

describe('the service’s own matching in simulated time', () => {
  it('closes most of the gap between least-loaded and an oracle, from a cold start, and lets nobody wait beyond the maximum age', () => {
    const { policies: reports } = experiment(world(4, 0.85, { tickets: 2_000 }), compared, 1);
    const own = reports['signalbox']!;
    expect(own.gapClosure).toBeGreaterThan(0.6);
    expect(own.slaShare!).toBeGreaterThanOrEqual(reports['least-loaded']!.slaShare!);
    for (const [priority, minutes] of Object.entries(own.longestWaitMinutesByPriority))
      expect({ priority, minutes, late: minutes! > justInTime.maximumAgeMinutes[priority as 'urgent'] + 30 }).toMatchObject({
        late: false,
      });
    expect(own.unfinished).toBe(0);
  });

  it('goes on beside tickets nobody can do, and so do its rivals, however many of them wait', () => {
    const covered = world(1, 0.85, { tickets: 2_000 });
    const [gone] = Object.entries(covered.mix.category).reduce((most, one) => (one[1] > most[1] ? one : most));
    const agents = covered.agents.map((agent) => ({
      ...agent,
      skills: Object.fromEntries(Object.entries(agent.skills).filter(([category]) => category !== gone)),
    }));
    const { policies: reports } = experiment({ ...covered, agents }, { ...compared, 'ucb-lp': POLICIES['ucb-lp'] }, 1);
    const left = reports['least-loaded']!.unfinished;
    expect(left).toBeGreaterThan(200);
    for (const name of ['signalbox', 'ucb-lp', 'oracle-lp'])
      expect({ name, unfinished: reports[name]!.unfinished }).toEqual({ name, unfinished: left });
  });

  it('decides the same again, to the last ticket', () => {
    const own = { signalbox: signalbox(justInTime) };
    const small = world(2, 0.95, { tickets: 500 });
    expect(experiment(small, own, 1).traceHash).toBe(experiment(small, own, 1).traceHash);
  });

  it('keeps going through shifts, bursts, drift and customers who give up, whatever the policy', () => {
    const simple = RoutingPolicy.parse({
      weights: { standard: { workload: 1, skill: 0.3 } },
      languageLevelMin: 1,
      maximumAgeMinutes: { urgent: 30, high: 120, normal: 480, low: 1440 },
    });
    for (const policy of [justInTime, simple]) {
      const hard = world(3, 0.9, { tickets: 800, shifts: true, bursts: true, drift: true, patienceHours: 3 });
      const report = experiment(hard, { signalbox: signalbox(policy) }, 1).policies['signalbox']!;
      expect(report.unfinished).toBe(0);
      expect(report.abandonedShare!).toBeLessThan(0.5);
    }
  });
});
