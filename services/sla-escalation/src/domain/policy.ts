import { Target, type Calendar, type SlaPolicy } from '@signalbox/contracts';
import type { About } from './sla-ticket.js';

/** Twenty years; a target beyond that is a slip of the keyboard. */
const WEEKS_MAX = 20 * 52;

/**
 * What a policy and its calendar get wrong together, one sentence each; empty when nothing. To be asked when configuration is applied:
 * with a calendar that never opens a deadline is Infinity, which no event can carry. The hours that hold for ever decide, those of the
 * last change: before it a calendar may be closed, for a team that has yet to begin.
 */
export function problemsOf(policy: Pick<SlaPolicy, 'hours' | 'targets'>, calendar: Pick<Calendar, 'week' | 'changes'>): string[] {
  if (policy.hours === 'calendar') return [];
  const change = calendar.changes?.at(-1);
  const weekMinutes = Object.values((change ?? calendar).week)
    .flat()
    .reduce((sum, [from, to]) => sum + minuteOfDay(to) - minuteOfDay(from), 0);
  if (weekMinutes === 0) {
    const week = change ? `week from ${change.from} on` : 'week';
    return [`the calendar's ${week} has no opening hours, and the policy's hours are 'business'`];
  }
  return Target.options.flatMap((target) =>
    Object.entries(policy.targets[target] ?? {})
      .filter(([, minutes]) => minutes > weekMinutes * WEEKS_MAX)
      .map(
        ([priority, minutes]) => `${target} of ${minutes} minutes for '${priority}' takes over 20 years of ${weekMinutes} minutes a week`,
      ),
  );
}

function minuteOfDay(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

const STANDARD = 'standard';
/**
 * Whose rules a ticket has: of the policies that list something and fit in all they list, the one that lists most, of equals the first by
 * name; else the one named `standard`. Undefined: none.
 */
export function fits(
  policies: readonly (readonly [string, Pick<SlaPolicy, 'tiers' | 'channels' | 'categories'>])[],
  about: About,
): string | undefined {
  const fitting = policies.flatMap(([name, { tiers, channels = [], categories = [] }]) => {
    const lists: [readonly string[], string | null][] = [[tiers, about.tier], [channels, about.channel], [categories, about.category]]; // prettier-ignore
    const asked = lists.filter(([list]) => list.length > 0);
    return asked.length > 0 && asked.every(([list, value]) => value !== null && list.includes(value))
      ? [{ name, lists: asked.length }]
      : [];
  });
  const [first] = fitting.sort((a, b) => b.lists - a.lists || (a.name < b.name ? -1 : 1));
  return first?.name ?? policies.find(([name]) => name === STANDARD)?.[0];
}
