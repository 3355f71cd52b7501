import { Stream } from './random.ts';
import type { Workload } from './workload.ts';

/** RouteBench: the standard worlds, one per seed. All numbers are the law's, except where the comment says otherwise. */
export interface RouteBenchOptions {
  readonly seed: number;
  /** Utilisation under random eligible assignment: what is asked of the team, reopened tickets included, over what it can give. */
  readonly load: number;
  readonly agents: number;
  readonly tickets: number;
  readonly drift: boolean;
  readonly bursts: boolean;
  readonly shifts: boolean;
  readonly patienceHours: number | null;
}

const CATEGORIES = 10;
const SKILLS_PER_AGENT = 4;
const AGENTS_PER_SKILL_MIN = 8;
const LANGUAGES = { l0: 0.75, l1: 0.15, l2: 0.1 };
const SPEAKS = { l0: 1, l1: 0.35, l2: 0.25 };
const PRIORITIES = { urgent: 0.15, high: 0.35, normal: 0.5 };
const BASE_MINUTES = 22;
const BASE_SIGMA = 0.45;
const SPEED_SIGMA = 0.22;
const AFFINITY_SIGMA = 0.33;
const RESOLVED_LOGIT = 1.25;
const RESOLVED_SIGMA = 0.75;
const SATISFACTION_SIGMA = 0.6;
/**
 * A declared level is 3 + 1.2 × a standard normal, rounded: half of the pair's resolved share, half of its low handle time, and noise. So
 * its correlation to either truth is about .5, and to both together about .7.
 */
const LEVEL_CORRELATION = 0.5;
const LEVEL_NOISE = Math.sqrt(1 - 2 * LEVEL_CORRELATION ** 2);
const LEVEL_SPREAD = 1.2;
const DAY_MINUTES = 1440;
const PROFILE_SLICES = 48;
const SHIFTS_PER_DAY = 3;
const BURST = { minutes: 10, times: 5 };

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

export function routeBench(options: RouteBenchOptions): Workload {
  const { seed, load, agents: count, tickets, patienceHours } = options;
  const chance = (purpose: string): Stream => new Stream(seed, `routebench ${purpose}`);
  const categories = Array.from({ length: CATEGORIES }, (_, nth) => `c${nth}`);
  const agentIds = Array.from({ length: count }, (_, nth) => `a${nth}`);
  const mix = dirichlet(categories, 4, chance('mix'));
  const skills = skillSets(count, chance('skills'));
  const speaks = languageSets(skills, chance('languages'));

  const ability = chance('ability');
  const base = categories.map(() => BASE_MINUTES * Math.exp(BASE_SIGMA * ability.normal()));
  const handleMinutes: Record<string, Record<string, number>> = {};
  const resolvedShare: Record<string, Record<string, number>> = {};
  const affinity: Record<string, Record<string, number>> = {};
  const declared: Record<string, number>[] = [];
  agentIds.forEach((agentId, agent) => {
    const speed = Math.exp(SPEED_SIGMA * ability.normal());
    const [minutes, shares, liking, levels]: Record<string, number>[] = [{}, {}, {}, {}];
    for (const category of skills[agent]!) {
      const slowness = ability.normal();
      const resolving = ability.normal();
      minutes![`c${category}`] = digits(base[category]! * speed * Math.exp(AFFINITY_SIGMA * slowness));
      shares![`c${category}`] = digits(logistic(RESOLVED_LOGIT + RESOLVED_SIGMA * resolving));
      liking![`c${category}`] = digits(SATISFACTION_SIGMA * ability.normal());
      levels![`c${category}`] = levelOf(LEVEL_CORRELATION * (resolving - slowness) + LEVEL_NOISE * ability.normal());
    }
    handleMinutes[agentId] = minutes!;
    resolvedShare[agentId] = shares!;
    affinity[agentId] = liking!;
    declared.push(levels!);
  });

  const profile = Array.from({ length: PROFILE_SLICES }, (_, slice) => {
    const t = (2 * Math.PI * (slice + 0.5)) / PROFILE_SLICES;
    return digits(1 + 0.55 * Math.sin(t - 1.2) + 0.25 * Math.sin(2 * t));
  });
  const shifts = options.shifts ? dailyShifts(count, profile, tickets) : undefined;
  const minutesPerTicket = expectedMinutes({ mix, skills, speaks, handleMinutes, resolvedShare });
  const onDuty = options.shifts ? count / SHIFTS_PER_DAY : count;
  const perMinute = digits((load * onDuty) / minutesPerTicket);
  const days = Math.ceil(tickets / perMinute / DAY_MINUTES);
  const when = chance('bursts');
  return {
    name: `routebench-${seed}-${load}`,
    seed,
    tickets,
    countFromShare: 0.33,
    categories,
    languages: Object.keys(LANGUAGES),
    agents: agentIds.map((id, agent) => ({
      id,
      skills: declared[agent]!,
      languages: Object.fromEntries(speaks[agent]!.map((language) => [language, 5])),
      ticketsMax: 4,
      shifts: shifts?.[agent] ?? [{ fromMinute: 0, toMinute: 1e9 }],
    })),
    arrivals: {
      perMinute,
      profile,
      bursts: options.bursts
        ? Array.from({ length: days }, (_, day) => ({ atMinute: day * DAY_MINUTES + when.below(DAY_MINUTES), ...BURST }))
        : [],
    },
    mix: { category: mix, language: LANGUAGES, priority: PRIORITIES },
    slaMinutes: { urgent: 30, high: 120, normal: 480 },
    truth: {
      handleMinutes,
      handleCv: 1,
      resolvedShare,
      reopenAfterMinutes: 240,
      satisfaction: { base: 1.15, affinity, perLog2WaitOverSla: -0.45, perReopening: -0.9 },
      surveyReturnedShare: 0.25,
      surveyDelayHours: 24,
      patienceHours,
      drift: options.drift ? { atShare: 0.5, pairShare: 0.25, sigma: 0.5, seed } : null,
    },
  };
}

/** Ten digits are enough for anybody, and make the file readable. */
const digits = (value: number): number => Number(value.toPrecision(10));

const levelOf = (standardised: number): number => Math.min(5, Math.max(1, Math.round(3 + LEVEL_SPREAD * standardised)));

function dirichlet(names: readonly string[], concentration: number, chance: Stream): Record<string, number> {
  const draws = names.map(() => chance.gamma(concentration));
  const sum = draws.reduce((total, one) => total + one, 0);
  return Object.fromEntries(names.map((name, nth) => [name, digits(draws[nth]! / sum)]));
}

/**
 * Four skills each at random. A skill with too few agents takes over one from the skill that has the most; with less than 20 agents there
 * are not 8 for each, and as many as can be shared out evenly are asked.
 */
function skillSets(count: number, chance: Stream): number[][] {
  const all = [...Array(CATEGORIES).keys()];
  const sets = Array.from({ length: count }, () => chance.shuffle([...all]).slice(0, SKILLS_PER_AGENT));
  const least = Math.min(AGENTS_PER_SKILL_MIN, Math.floor((count * SKILLS_PER_AGENT) / CATEGORIES));
  const holders = (skill: number): number => sets.filter((set) => set.includes(skill)).length;
  for (;;) {
    const rare = all.find((skill) => holders(skill) < least);
    if (rare === undefined) break;
    const common = all.reduce((most, skill) => (holders(skill) > holders(most) ? skill : most));
    const willing = sets.filter((set) => set.includes(common) && !set.includes(rare));
    const set = willing[chance.below(willing.length)]!;
    set[set.indexOf(common)] = rare;
  }
  return sets.map((set) => set.sort((a, b) => a - b));
}

/** Nobody may be left without an agent: where no agent with a skill speaks a language, one of them at random does (not in the law). */
function languageSets(skills: readonly number[][], chance: Stream): string[][] {
  const speaks = skills.map(() => Object.entries(SPEAKS).flatMap(([language, share]) => (chance.uniform() < share ? [language] : [])));
  for (let category = 0; category < CATEGORIES; category += 1)
    for (const language of Object.keys(SPEAKS)) {
      const able = [...skills.keys()].filter((agent) => skills[agent]!.includes(category));
      if (able.some((agent) => speaks[agent]!.includes(language))) continue;
      speaks[able[chance.below(able.length)]!]!.push(language);
    }
  return speaks.map((languages) => languages.sort());
}

/** Expected minutes of work per ticket, reopenings included, when every attempt goes to one of the eligible agents at random: M̄ / P̄. */
function expectedMinutes({
  mix,
  skills,
  speaks,
  handleMinutes,
  resolvedShare,
}: {
  mix: Record<string, number>;
  skills: readonly number[][];
  speaks: readonly string[][];
  handleMinutes: Record<string, Record<string, number>>;
  resolvedShare: Record<string, Record<string, number>>;
}): number {
  let sum = 0;
  for (const [nth, [category, share]] of Object.entries(mix).entries())
    for (const [language, languageShare] of Object.entries(LANGUAGES)) {
      const able = [...skills.keys()].filter((agent) => skills[agent]!.includes(nth) && speaks[agent]!.includes(language));
      const total = (table: Record<string, Record<string, number>>): number =>
        able.reduce((all, agent) => all + table[`a${agent}`]![category]!, 0);
      sum += (share * languageShare * total(handleMinutes)) / total(resolvedShare);
    }
  return sum;
}

/**
 * Three shifts of eight hours a day, each agent in one of them every day; as many agents in a shift as its share of the arrivals. Not in the
 * law: our choice.
 */
function dailyShifts(count: number, profile: readonly number[], tickets: number): Workload['agents'][number]['shifts'][] {
  const perShift = PROFILE_SLICES / SHIFTS_PER_DAY;
  const weights = Array.from({ length: SHIFTS_PER_DAY }, (_, nth) =>
    profile.slice(nth * perShift, (nth + 1) * perShift).reduce((sum, rate) => sum + rate, 0),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const minutes = DAY_MINUTES / SHIFTS_PER_DAY;
  // Long enough for the slowest world: a ticket in an hour of each agent, and two days to finish.
  const days = Math.ceil(tickets / count / 8) + 10;
  return Array.from({ length: count }, (_, agent) => {
    const place = ((agent + 0.5) / count) * total;
    let nth = 0;
    let sum = weights[0]!;
    while (place > sum) sum += weights[(nth += 1)]!;
    return Array.from({ length: days }, (__, day) => ({
      fromMinute: day * DAY_MINUTES + nth * minutes,
      toMinute: day * DAY_MINUTES + (nth + 1) * minutes,
    }));
  });
}
