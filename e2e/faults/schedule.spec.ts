import { ServiceName } from '@signalbox/contracts';
import { FAIL_POINTS, randomFrom, scheduleOf, type Step } from './schedule.ts';

const waysOf = (steps: readonly Step[]): string[] => [
  ...new Set(steps.map((step) => (step.kind === 'fail-point' ? step.point : step.kind === 'infrastructure' ? step.part : step.kind))),
];
const targetsOf = (steps: readonly Step[]): string[] =>
  steps.map((step) => (step.kind === 'infrastructure' ? step.part : step.service)).sort();

describe('the schedule of killings', () => {
  const everyWay = ['random', ...FAIL_POINTS, 'kafka', 'postgres'].sort();

  it('is the same for the same seed, and another for another', () => {
    const of = (seed: number) => scheduleOf(ServiceName.options, 'long', randomFrom(seed));
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
  });

  it('kills each part once in its short form, in every way there is', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const steps = scheduleOf(ServiceName.options, 'short', randomFrom(seed));
      expect(targetsOf(steps)).toEqual([...ServiceName.options, 'kafka', 'postgres'].sort());
      expect(waysOf(steps).sort()).toEqual(everyWay);
    }
  });

  it('kills each service in every way in its long form', () => {
    const steps = scheduleOf(ServiceName.options, 'long', randomFrom(1));
    for (const service of ServiceName.options) {
      const own = steps.filter((step) => step.kind !== 'infrastructure' && step.service === service);
      expect(waysOf(own).sort()).toEqual(['random', ...FAIL_POINTS].sort());
    }
  });
});
