import type { Workload } from './workload.ts';

/** What everybody may know of a workload: agents by position, categories and languages by position. */
export interface Team {
  readonly agentIds: readonly string[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  readonly priorities: readonly string[];
  /** By position in `priorities`. */
  readonly slaMinutes: readonly number[];
  /** Declared level 1–5 by `agent × categories + category`; 0 = cannot. */
  readonly levels: Uint8Array;
  /** Declared proficiency 1–5 by `agent × languages + language`; 0 = does not speak it. */
  readonly proficiencies: Uint8Array;
  readonly ticketsMax: Int32Array;
  readonly shifts: Workload['agents'][number]['shifts'][];
  /** Who can take it, by `category × languages + language`: has the skill and speaks the language. */
  readonly eligible: readonly Int32Array[];
}

/** The number of a kind of ticket: what decides who can take it. */
export const kindOf = (team: Team, category: number, language: number): number => category * team.languages.length + language;

export function teamOf({ agents, categories, languages, mix, slaMinutes }: Workload): Team {
  const priorities = Object.keys(mix.priority) as (keyof typeof slaMinutes)[];
  const levels = new Uint8Array(agents.length * categories.length);
  const proficiencies = new Uint8Array(agents.length * languages.length);
  agents.forEach((agent, nth) => {
    categories.forEach((category, place) => (levels[nth * categories.length + place] = agent.skills[category] ?? 0));
    languages.forEach((language, place) => (proficiencies[nth * languages.length + place] = agent.languages[language] ?? 0));
  });
  const eligible = categories.flatMap((_, category) =>
    languages.map((__, language) =>
      Int32Array.from(
        [...agents.keys()].filter(
          (agent) => levels[agent * categories.length + category]! > 0 && proficiencies[agent * languages.length + language]! > 0,
        ),
      ),
    ),
  );
  return {
    agentIds: agents.map(({ id }) => id),
    categories,
    languages,
    priorities,
    slaMinutes: priorities.map((priority) => slaMinutes[priority]!),
    levels,
    proficiencies,
    ticketsMax: Int32Array.from(agents, ({ ticketsMax }) => ticketsMax),
    shifts: agents.map(({ shifts }) => joined(shifts)),
    eligible,
  };
}

/** Shifts that touch are one: nobody hands work back to begin again at the same minute. */
function joined(shifts: Workload['agents'][number]['shifts']): Workload['agents'][number]['shifts'] {
  const merged: Workload['agents'][number]['shifts'] = [];
  for (const shift of shifts) {
    const last = merged.at(-1);
    if (last && last.toMinute === shift.fromMinute) last.toMinute = shift.toMinute;
    else merged.push({ ...shift });
  }
  return merged;
}

/** Share of the minutes until `untilMinute` that each agent is on duty. */
export const onDutyShares = ({ shifts }: Team, untilMinute: number): Float64Array =>
  Float64Array.from(shifts, (own) =>
    own.reduce((sum, { fromMinute, toMinute }) => sum + Math.max(0, Math.min(toMinute, untilMinute) - fromMinute) / untilMinute, 0),
  );
