import { z } from 'zod';

/** A workload: the world to be simulated, and in `truth` what no router is told. Instants and durations in minutes. */

const Id = z.string().min(1);
const Positive = z.number().positive();
const NotNegative = z.number().min(0);
const Share = z.number().min(0).max(1);
/** Above 0: a pair that never resolves would reopen its tickets for ever. */
const ResolvedShare = z.number().min(0.01, 'at least 0.01, or a ticket would come back for ever').max(1);
const Level = z.int().min(1).max(5);
const Priority = z.enum(['urgent', 'high', 'normal', 'low']);
export type Priority = z.infer<typeof Priority>;
const Mix = z.record(Id, Share);
const perPair = <Value extends z.ZodType>(value: Value) => z.record(Id, z.record(Id, value));

const Shift = z.strictObject({ fromMinute: NotNegative, toMinute: Positive });
const Agent = z.strictObject({
  id: Id,
  skills: z.record(Id, Level),
  languages: z.record(Id, Level),
  ticketsMax: z.int().min(1).max(1000),
  shifts: z
    .array(Shift)
    .min(1)
    .default([{ fromMinute: 0, toMinute: 1e9 }]),
});
const Burst = z.strictObject({ atMinute: NotNegative, minutes: Positive, times: NotNegative });
const Drift = z.strictObject({ atShare: Share, pairShare: Share, sigma: NotNegative, seed: z.int().min(0) });

const Shape = z.strictObject({
  name: z.string(),
  seed: z.int().min(0),
  tickets: z.int().min(1).max(5_000_000),
  countFromShare: z.number().min(0).lt(1),
  categories: z.array(Id).min(1),
  languages: z.array(Id).min(1),
  agents: z.array(Agent).min(1),
  arrivals: z.strictObject({
    perMinute: Positive,
    profile: z.array(NotNegative).min(1).default([1]),
    bursts: z.array(Burst).default([]),
  }),
  mix: z.strictObject({ category: Mix, language: Mix, priority: z.partialRecord(Priority, Share) }),
  slaMinutes: z.partialRecord(Priority, Positive),
  truth: z.strictObject({
    handleMinutes: perPair(Positive),
    handleCv: NotNegative,
    resolvedShare: perPair(ResolvedShare),
    reopenAfterMinutes: Positive,
    satisfaction: z.strictObject({
      base: z.number(),
      affinity: perPair(z.number()),
      perLog2WaitOverSla: z.number(),
      perReopening: z.number(),
    }),
    surveyReturnedShare: Share,
    surveyDelayHours: NotNegative,
    patienceHours: Positive.nullable().default(null),
    drift: Drift.nullable().default(null),
  }),
});

type Path = (string | number)[];
type Complaint = (path: Path, message: string) => void;

function checkNames(names: readonly string[], path: Path, complain: Complaint): void {
  const seen = new Set<string>();
  names.forEach((name, nth) => {
    if (seen.has(name)) complain([...path, nth], `'${name}' is there twice; each once is allowed`);
    seen.add(name);
  });
}

function checkKeys(record: object, known: readonly string[], path: Path, complain: Complaint): void {
  for (const key of Object.keys(record))
    if (!known.includes(key)) complain([...path, key], `'${key}' is unknown; known: ${known.join(', ')}`);
}

function checkMix(mix: Record<string, number>, known: readonly string[], path: Path, complain: Complaint): void {
  checkKeys(mix, known, path, complain);
  const sum = Object.values(mix).reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 1) > 0.005) complain(path, `the shares add up to ${sum}; they must add up to 1`);
}

export const Workload = Shape.superRefine((workload, context) => {
  const complain: Complaint = (path, message) => context.addIssue({ code: 'custom', path, message });
  const { categories, languages, agents, mix, slaMinutes, truth, arrivals } = workload;
  const tables: [Path, Record<string, Record<string, number>>][] = [
    [['truth', 'handleMinutes'], truth.handleMinutes],
    [['truth', 'resolvedShare'], truth.resolvedShare],
    [['truth', 'satisfaction', 'affinity'], truth.satisfaction.affinity],
  ];
  checkNames(categories, ['categories'], complain);
  checkNames(languages, ['languages'], complain);
  checkNames(
    agents.map(({ id }) => id),
    ['agents'],
    complain,
  );
  checkMix(mix.category, categories, ['mix', 'category'], complain);
  checkMix(mix.language, languages, ['mix', 'language'], complain);
  checkMix(mix.priority, Object.keys(slaMinutes), ['mix', 'priority'], complain);
  if (!arrivals.profile.some((rate) => rate > 0)) complain(['arrivals', 'profile'], 'all 0; at least one must be above 0');
  agents.forEach((agent, nth) => {
    checkKeys(agent.skills, categories, ['agents', nth, 'skills'], complain);
    checkKeys(agent.languages, languages, ['agents', nth, 'languages'], complain);
    agent.shifts.forEach(({ fromMinute, toMinute }, shift) => {
      const from = shift === 0 ? 0 : agent.shifts[shift - 1]!.toMinute;
      if (fromMinute < from || toMinute <= fromMinute)
        complain(['agents', nth, 'shifts', shift], `${fromMinute} to ${toMinute}; shifts follow each other and end after they begin`);
    });
    for (const [path, pairs] of tables)
      for (const category of Object.keys(agent.skills))
        if (pairs[agent.id]?.[category] === undefined)
          complain([...path, agent.id, category], `agent '${agent.id}' has this skill, so a number is needed`);
  });
  const agentIds = agents.map(({ id }) => id);
  for (const [path, pairs] of tables) {
    checkKeys(pairs, agentIds, path, complain);
    for (const [agentId, values] of Object.entries(pairs)) checkKeys(values, categories, [...path, agentId], complain);
  }
});
export type Workload = z.infer<typeof Workload>;

const COMPLAINTS_MAX = 10;

/** The value at a path, as far as it can be followed. */
const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);

/**
 * Reads a workload or throws with every complaint: field, value, what is allowed.
 * @param source named in the complaint
 */
export function parseWorkload(text: string, source: string): Workload {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${source} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = Workload.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.slice(0, COMPLAINTS_MAX).map(({ path, message }) => {
    const found = valueAt(value, path);
    const shown = found === null || typeof found !== 'object' ? ` is ${JSON.stringify(found) ?? 'missing'}` : '';
    return `${path.join('.') || 'workload'}${shown}: ${message}`;
  });
  const more = parsed.error.issues.length - lines.length;
  throw new Error(`${source}:\n  ${[...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n  ')}`);
}
