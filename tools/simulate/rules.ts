import type { Rule } from './baseline-router.ts';
import type { Desk } from './router.ts';

/** Everyone who can is equally good; ties are broken at random. */
export const random = (): Rule => ({ cost: () => 0 });

/** The next after the one who was given a ticket last, in the order of the team. */
export function roundRobin({ team }: Desk): Rule {
  const count = team.agentIds.length;
  let last = count - 1;
  return {
    cost: (_, agent) => (agent - last - 1 + count) % count,
    assigned: (_, agent) => void (last = agent),
  };
}

/** Fewest open tickets. */
export const leastLoaded = (desk: Desk): Rule => ({ cost: (_, agent) => desk.held(agent).length });

/**
 * Whoever has been without work the longest; only where nobody is, the one among those with room who has been given nothing for longest.
 */
export function longestIdle(desk: Desk): Rule {
  const idleSince = new Float64Array(desk.team.agentIds.length);
  const givenAt = new Float64Array(desk.team.agentIds.length);
  // Every instant of an idle agent comes before every one of a busy agent.
  const BUSY = 1e12;
  return {
    cost: (_, agent) => (desk.held(agent).length === 0 ? idleSince[agent]! : BUSY + givenAt[agent]!),
    assigned: (_, agent, at) => void (givenAt[agent] = at),
    completed: (_, agent, at) => void (idleSince[agent] = at),
    shiftBegan: (agent, at) => void (idleSince[agent] = at),
  };
}

/** Highest declared level, then fewest open tickets. */
export function skillsFirst(desk: Desk): Rule {
  const { levels, categories } = desk.team;
  return { cost: ({ category }, agent) => -1000 * levels[agent * categories.length + category]! + desk.held(agent).length };
}
