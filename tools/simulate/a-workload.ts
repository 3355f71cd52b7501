import type { Priority } from './workload.ts';
import { Workload } from './workload.ts';

type Agent = Workload['agents'][number];

/** A small world for tests: one category, one language, everybody alike, work always exactly 10 minutes, everything resolved. */
export function aWorkload(
  changes: {
    tickets?: number;
    perMinute?: number;
    agents?: (Partial<Agent> & { id: string })[];
    handleMinutes?: Record<string, number>;
    resolvedShare?: number;
    priority?: Partial<Record<Priority, number>>;
    truth?: Partial<Workload['truth']>;
    countFromShare?: number;
  } = {},
): Workload {
  const agents = (changes.agents ?? [{ id: 'a0' }]).map((agent) => ({
    skills: { c0: 3 },
    languages: { l0: 5 },
    ticketsMax: 4,
    shifts: [{ fromMinute: 0, toMinute: 1e9 }],
    ...agent,
  }));
  const perAgent = (value: (id: string) => number): Record<string, Record<string, number>> =>
    Object.fromEntries(agents.map(({ id }) => [id, { c0: value(id) }]));
  return Workload.parse({
    name: 'small',
    seed: 1,
    tickets: changes.tickets ?? 100,
    countFromShare: changes.countFromShare ?? 0,
    categories: ['c0'],
    languages: ['l0'],
    agents,
    arrivals: { perMinute: changes.perMinute ?? 0.05 },
    mix: { category: { c0: 1 }, language: { l0: 1 }, priority: changes.priority ?? { normal: 1 } },
    slaMinutes: { urgent: 30, high: 120, normal: 480 },
    truth: {
      handleMinutes: perAgent((id) => changes.handleMinutes?.[id] ?? 10),
      handleCv: 0,
      resolvedShare: perAgent(() => changes.resolvedShare ?? 1),
      reopenAfterMinutes: 240,
      satisfaction: { base: 1, affinity: perAgent(() => 0), perLog2WaitOverSla: 0, perReopening: 0 },
      surveyReturnedShare: 0,
      surveyDelayHours: 24,
      ...changes.truth,
    },
  });
}
