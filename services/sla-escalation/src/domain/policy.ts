import { SlaPolicy, Target, type Calendar } from '@signalbox/contracts';
import { z } from 'zod';

const actions = SlaPolicy.shape.onComplexity.unwrap().omit({ atLeast: true });
const onCount = actions.extend({ atLeast: z.int().min(1).max(100) });

/** The contract's policy and what escalation can do beyond it. Every addition is optional: the contract's policies are valid as they are. */
export const EscalatingPolicy = SlaPolicy.extend({
  /** Warn when so many counted minutes are left, beside the shares. */
  warnAtMinutesLeft: z.array(z.number().positive()).max(5).optional(),
  onDeclines: onCount.optional(),
  onReopenings: onCount.optional(),
  /** -1 is furious, 1 delighted. */
  onSentiment: actions.extend({ atMost: z.number().min(-1).max(1) }).optional(),
});
export type EscalatingPolicy = z.infer<typeof EscalatingPolicy>;

/** Twenty years; a target beyond that is a slip of the keyboard. */
const WEEKS_MAX = 20 * 52;

/**
 * What a policy and its calendar get wrong together, one sentence each; empty when nothing. To be asked when configuration is applied:
 * with a calendar that never opens a deadline is Infinity, which no event can carry.
 */
export function problemsOf(policy: Pick<SlaPolicy, 'hours' | 'targets'>, calendar: Pick<Calendar, 'week'>): string[] {
  if (policy.hours === 'calendar') return [];
  const weekMinutes = Object.values(calendar.week)
    .flat()
    .reduce((sum, [from, to]) => sum + minuteOfDay(to) - minuteOfDay(from), 0);
  if (weekMinutes === 0) return ["the calendar's week has no opening hours, and the policy's hours are 'business'"];
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
