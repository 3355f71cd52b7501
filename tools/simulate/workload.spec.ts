import { aWorkload } from './a-workload.ts';
import { routeBench } from './routebench.ts';
import { parseWorkload, type Workload } from './workload.ts';

const complaint = (change: (workload: Workload & Record<string, unknown>) => void): string => {
  const workload = structuredClone(aWorkload()) as Workload & Record<string, unknown>;
  change(workload);
  try {
    parseWorkload(JSON.stringify(workload), 'world.json');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a workload file', () => {
  it('is read as the generator writes it', () => {
    const all = { drift: true, bursts: true, shifts: true, patienceHours: 8 };
    const workload = routeBench({ seed: 1, load: 0.85, agents: 60, tickets: 1000, ...all });
    expect(parseWorkload(JSON.stringify(workload), 'world.json')).toEqual(workload);
  });

  it('is refused with field, value and what is allowed', () => {
    expect(complaint(() => undefined)).toBe('');
    expect(complaint((w) => (w.agents[0]!.skills['c0'] = 6))).toContain('agents.0.skills.c0 is 6: ');
    expect(complaint((w) => (w.agents[0]!.skills['c9'] = 3))).toContain("agents.0.skills.c9 is 3: 'c9' is unknown; known: c0");
    expect(complaint((w) => (w.tickets = 0))).toContain('tickets is 0: ');
    expect(complaint((w) => (w['speed'] = 1))).toContain('speed');
    expect(complaint((w) => (w.mix.category = { c0: 0.7 }))).toContain('mix.category: the shares add up to 0.7; they must add up to 1');
    expect(complaint((w) => (w.mix.priority = { low: 1 }))).toContain("'low' is unknown; known: urgent, high, normal");
    expect(complaint((w) => (w.truth.handleMinutes = {}))).toContain("truth.handleMinutes.a0.c0 is missing: agent 'a0' has this skill");
    expect(complaint((w) => (w.truth.handleMinutes['a9'] = {}))).toContain("truth.handleMinutes.a9: 'a9' is unknown; known: a0");
    expect(complaint((w) => (w.truth.resolvedShare['a0']!['c0'] = 0))).toContain('truth.resolvedShare.a0.c0 is 0: at least 0.01');
    expect(complaint((w) => (w.agents[0]!.shifts = [{ fromMinute: 9, toMinute: 3 }]))).toContain('agents.0.shifts.0: 9 to 3; ');
    expect(complaint((w) => (w.arrivals.profile = [0, 0]))).toContain('arrivals.profile: all 0');
    expect(complaint((w) => w.agents.push(w.agents[0]!))).toContain("agents.1: 'a0' is there twice");
    expect(() => parseWorkload('{', 'world.json')).toThrow('world.json is not JSON');
  });
});
