import type { CategoryConfig, RoutingPolicy } from '@signalbox/contracts';
import type { WaitingTicket } from './waiting-ticket.js';

/** What an agent must have for a ticket at one step of relaxation, and what is liked beside it. */
export interface Requirements {
  readonly step: number;
  readonly skills: ReadonlyMap<string, number>;
  readonly preferredSkills: ReadonlyMap<string, number>;
  readonly language: string | null;
  /** 0 = any. */
  readonly languageLevelMin: number;
  /** Its own, and those that help it out; null = any. */
  readonly queueIds: readonly string[] | null;
}

/** Steps that have come by time alone, in the order declared: 0 = none. One declared to come before its predecessor comes with it. */
export function stepByTime(ticket: Pick<WaitingTicket, 'relaxFrom'>, policy: RoutingPolicy, now: Date): number {
  const next = policy.relaxation.findIndex((step) => ticket.relaxFrom + step.afterSeconds * 1000 > now.getTime());
  return next < 0 ? policy.relaxation.length : next;
}

/** How much higher the ticket stands in the order of its round, from the steps that have come by time. */
export function priorityDeltaOf(ticket: Pick<WaitingTicket, 'relaxFrom'>, policy: RoutingPolicy, now: Date): number {
  return policy.relaxation.slice(0, stepByTime(ticket, policy, now)).reduce((most, step) => Math.max(most, step.priorityDelta), 0);
}

/** The instant (ms) of the next step by time, if there is one. After `now` whenever `step` is the step by time. */
export function nextStepAt(ticket: WaitingTicket, policy: RoutingPolicy, step: number): number | undefined {
  const next = policy.relaxation[step];
  return next && Math.ceil(ticket.relaxFrom + next.afterSeconds * 1000);
}

/** The instant (ms) of the ticket's maximum age. */
export const overAgeFrom = (
  { firstQueuedAt, priority }: Pick<WaitingTicket, 'firstQueuedAt' | 'priority'>,
  policy: RoutingPolicy,
): number => firstQueuedAt + policy.maximumAgeMinutes[priority] * 60_000;

/** From the category's complexity on, every level it requires is one higher. */
const raiseFor = (ticket: Pick<WaitingTicket, 'complexity'>, category: CategoryConfig | undefined): 0 | 1 =>
  category?.raiseLevelFromComplexity !== undefined && ticket.complexity >= category.raiseLevelFromComplexity ? 1 : 0;

/** Names the skills `requirementsAt` gives: tickets with the same key at the same step ask for the same ones. */
export function skillsKey(ticket: WaitingTicket, category: CategoryConfig | undefined): string {
  const raise = raiseFor(ticket, category);
  return Object.keys(ticket.extraSkills).length === 0 && ticket.unknownSkills === undefined
    ? `${raise} ${ticket.category ?? ''}`
    : JSON.stringify([raise, ticket.category, ticket.extraSkills, ticket.unknownSkills]);
}

/** What a ticket asks of an agent, by skill, before any step of relaxation. */
export function skillsAsked(
  ticket: Pick<WaitingTicket, 'complexity' | 'extraSkills'>,
  category: CategoryConfig | undefined,
): Map<string, number> {
  const raise = raiseFor(ticket, category);
  const asked = new Map<string, number>();
  for (const [skill, level] of Object.entries(category?.requiredSkills ?? {})) asked.set(skill, Math.min(5, level + raise));
  for (const [skill, level] of Object.entries(ticket.extraSkills)) asked.set(skill, Math.max(level, asked.get(skill) ?? 0));
  return asked;
}

/** Agents are counted by the first skill they lack, and sums of fractions depend on their order: databases keep none of a record's fields. */
export const byName = <E extends readonly [string, unknown]>(entries: readonly E[]): E[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/**
 * The category's skills (one level higher from its complexity on) and what escalations and transfers added, lowered by the step.
 * A level lowered to 0 or less is no requirement any more. Values of the steps are absolute and never shrink.
 */
export function requirementsAt(
  ticket: WaitingTicket,
  category: CategoryConfig | undefined,
  policy: RoutingPolicy,
  step: number,
  helping: readonly string[] = [],
): Requirements {
  const given = policy.relaxation.slice(0, step);
  const lowerSkillsBy = Math.max(0, ...given.map((one) => one.lowerSkillsBy));
  const lowerLanguageBy = Math.max(0, ...given.map((one) => one.lowerLanguageBy));
  const asked = skillsAsked(ticket, category);
  for (const skill of ticket.unknownSkills ?? []) asked.delete(skill);
  const lowered = [...asked].map(([skill, level]) => [skill, level - lowerSkillsBy] as const);
  return {
    step,
    skills: new Map(byName(lowered.filter(([, level]) => level > 0))),
    preferredSkills: new Map(byName(Object.entries(category?.preferredSkills ?? {}))),
    language: ticket.language,
    languageLevelMin: ticket.language === null ? 0 : Math.max(0, policy.languageLevelMin - lowerLanguageBy),
    queueIds: given.some((one) => one.anyQueue) ? null : [ticket.queueId, ...helping],
  };
}

/** What the steps after `from` up to this one gave up together, in words. Their values are absolute: the largest holds. */
export function describeRelaxation(policy: RoutingPolicy, step: number, from = step - 1): string {
  const given = policy.relaxation.slice(from, step);
  const most = (of: (one: RoutingPolicy['relaxation'][number]) => number): number => Math.max(0, ...given.map(of));
  const skills = most((one) => one.lowerSkillsBy);
  const language = most((one) => one.lowerLanguageBy);
  const higher = most((one) => one.priorityDelta);
  const parts = [
    skills > 0 && `skills ${skills} lower`,
    language > 0 && `language ${language} lower`,
    given.some((one) => one.anyQueue) && 'any queue',
    higher > 0 && `${higher} higher in the order`,
  ];
  return parts.filter(Boolean).join(', ') || 'nothing';
}
