import type { CategoryConfig, RoutingPolicy } from '@signalbox/contracts';
import { languageReason, queueReason, skillReason, unmetSkill } from './gate.js';
import type { LearnedView } from './learning.js';
import type { Requirements } from './requirements.js';
import { languageSignal, skillSignal, speedSignal } from './score.js';
import type { CandidateAgent } from './waiting-ticket.js';

/** A group's columns and fits are forgotten together beyond so many; a company asks for some hundred kinds of tickets. */
const REMEMBERED_MAX = 1_000;

export const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** The same array when it is in order already: a round's agents are, except in tests. */
export const inIdOrder = (agents: readonly CandidateAgent[]): readonly CandidateAgent[] =>
  agents.every((agent, index) => index === 0 || agents[index - 1]!.agentId < agent.agentId)
    ? agents
    : [...agents].sort((a, b) => compareIds(a.agentId, b.agentId));

/** Those of a group who meet one set of requirements, and why the others never will. */
export interface Fit {
  readonly needs: Requirements;
  readonly group: Group;
  /** Positions within the group, ascending. */
  readonly places: Int32Array;
  readonly whyNever: ReadonlyMap<string, number>;
}

/**
 * What is known of a group's members for one category, as columns by position in the group. Filled where somebody looks: a round looks at
 * those who have room, and what was learned changes every few seconds.
 */
export class History {
  /** Minutes each is expected to need; NaN = nobody has looked, and the other columns say nothing either. */
  readonly minutes: Float64Array;
  readonly resolved: Float64Array;
  /** Standard deviations of what is believed of both. */
  readonly logMinutesDoubt: Float64Array;
  readonly resolvedDoubt: Float64Array;
  /** What a minute of each one's time costs the tickets after it. */
  readonly timePrice: Float64Array;
  readonly speed: Float64Array;
  readonly satisfaction: Float64Array;

  constructor(
    private readonly idOf: (place: number) => string,
    count: number,
    private readonly view: LearnedView,
    private readonly category: string | null,
    private readonly teamMinutes: number,
  ) {
    this.minutes = new Float64Array(count).fill(NaN);
    this.resolved = new Float64Array(count);
    this.logMinutesDoubt = new Float64Array(count);
    this.resolvedDoubt = new Float64Array(count);
    this.timePrice = new Float64Array(count);
    this.speed = new Float64Array(count);
    this.satisfaction = new Float64Array(count);
  }

  lookAt(place: number): void {
    const agentId = this.idOf(place);
    const { view, category } = this;
    const minutes = view.handleMinutes(agentId, category);
    const doubt = view.doubt(agentId, category);
    this.minutes[place] = minutes;
    this.resolved[place] = view.resolvedShare(agentId, category);
    this.logMinutesDoubt[place] = doubt.logMinutes;
    this.resolvedDoubt[place] = doubt.resolved;
    this.timePrice[place] = view.timePrice(agentId);
    this.speed[place] = speedSignal(this.teamMinutes, minutes);
    this.satisfaction[place] = view.satisfactionShare(agentId, category);
  }
}

/**
 * What agents can do, as columns; position = rank of the agent's id. Holds from round to round while nobody's skills, languages and queues
 * change: a round then only reads who has room. A function of its inputs alone, so that a round with a remembered one ends the same.
 */
export class Roster {
  readonly #members = new Map<string, number[]>();
  readonly #groups = new Map<string, Group>();

  /** @param agents in the order of their ids */
  constructor(
    readonly agents: readonly CandidateAgent[],
    readonly categories: ReadonlyMap<string, CategoryConfig>,
  ) {
    for (const [index, agent] of agents.entries()) {
      for (const queueId of agent.queueIds) {
        const members = this.#members.get(queueId);
        if (members) members.push(index);
        else this.#members.set(queueId, [index]);
      }
    }
  }

  /** By reference: whoever makes the agents keeps these three objects while they say the same. */
  isOf(agents: readonly CandidateAgent[], categories: ReadonlyMap<string, CategoryConfig>): boolean {
    if (categories !== this.categories || agents.length !== this.agents.length) return false;
    return agents.every((agent, index) => {
      const own = this.agents[index]!;
      return (
        agent === own ||
        (agent.agentId === own.agentId &&
          agent.skills === own.skills &&
          agent.languages === own.languages &&
          agent.queueIds === own.queueIds)
      );
    });
  }

  /** Everybody in one of the queues; null = everybody. */
  group(queueIds: readonly string[] | null): Group {
    const key = queueIds === null ? '*' : queueIds.join('\n');
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= REMEMBERED_MAX) this.#groups.clear();
      this.#groups.set(key, (group = new Group(this.agents, Int32Array.from(this.#membersOf(queueIds)))));
    }
    return group;
  }
  #membersOf(queueIds: readonly string[] | null): Iterable<number> {
    if (queueIds === null) return this.agents.keys();
    if (queueIds.length === 1) return this.#members.get(queueIds[0]!) ?? [];
    return [...new Set(queueIds.flatMap((queueId) => this.#members.get(queueId) ?? []))].sort((a, b) => a - b);
  }
}

/** The members of one queue, or of some. A kind of tickets is named by its `skillsKey`, step and language. */
export class Group {
  readonly #columns = new Map<string, Float64Array>();
  readonly #fits = new Map<string, Fit>();
  readonly #histories = new WeakMap<LearnedView, Map<string | null, History>>();

  constructor(
    private readonly agents: readonly CandidateAgent[],
    /** Positions in the roster, ascending. */
    readonly members: Int32Array,
  ) {}

  #remembered(key: string, valueOf: (agent: CandidateAgent) => number): Float64Array {
    let column = this.#columns.get(key);
    if (!column) {
      if (this.#columns.size >= REMEMBERED_MAX) this.#columns.clear();
      this.#columns.set(key, (column = new Float64Array(this.members.length)));
      for (let place = 0; place < column.length; place += 1) column[place] = valueOf(this.agents[this.members[place]!]!);
    }
    return column;
  }

  fit(skillsKey: string, step: number, language: string | null, makeNeeds: () => Requirements): Fit {
    const key = `${step} ${language ?? ''} ${skillsKey}`;
    let fit = this.#fits.get(key);
    if (!fit) {
      if (this.#fits.size >= REMEMBERED_MAX) this.#fits.clear();
      this.#fits.set(key, (fit = this.#makeFit(`${step} ${skillsKey}`, makeNeeds())));
    }
    return fit;
  }

  #makeFit(skillsKey: string, needs: Requirements): Fit {
    const unmet = this.#remembered(`unmet ${skillsKey}`, (agent) => unmetSkill(agent, needs.skills));
    const { language, languageLevelMin } = needs;
    const level =
      language !== null && languageLevelMin > 0
        ? this.#remembered(`level ${language}`, (agent) => agent.languages[language] ?? 0)
        : undefined;
    const unmetCounts = new Int32Array(needs.skills.size + 1);
    let wrongLanguage = 0;
    const places: number[] = [];
    for (let place = 0; place < unmet.length; place += 1) {
      if (unmet[place] !== 0) unmetCounts[unmet[place]!]! += 1;
      else if (level !== undefined && level[place]! < languageLevelMin) wrongLanguage += 1;
      else places.push(place);
    }
    const whyNever = new Map<string, number>();
    if (needs.queueIds !== null) whyNever.set(queueReason(needs.queueIds), this.agents.length - this.members.length);
    for (const [index, [skill, least]] of [...needs.skills].entries()) whyNever.set(skillReason(skill, least), unmetCounts[index + 1]!);
    if (level) whyNever.set(languageReason(needs), wrongLanguage);
    return { needs, group: this, places: Int32Array.from(places), whyNever };
  }

  skill(skillsKey: string, needs: Requirements): Float64Array {
    return this.#remembered(`skill ${needs.step} ${skillsKey}`, (agent) => skillSignal(agent, needs));
  }
  language(language: string | null): Float64Array {
    return this.#remembered(`language ${language ?? ''}`, (agent) => languageSignal(agent, language));
  }

  /** @param teamMinutes of the category: what speed is measured against */
  history(view: LearnedView, category: string | null, teamMinutes: number): History {
    let histories = this.#histories.get(view);
    if (!histories) this.#histories.set(view, (histories = new Map()));
    let history = histories.get(category);
    if (!history) {
      const idOf = (place: number): string => this.agents[this.members[place]!]!.agentId;
      histories.set(category, (history = new History(idOf, this.members.length, view, category, teamMinutes)));
    }
    return history;
  }
}

const latest = new WeakMap<RoutingPolicy, Roster>();

/**
 * The last roster made under this policy if it still holds, else a new one.
 * @param agents in the order of their ids
 */
export function rosterOf(
  agents: readonly CandidateAgent[],
  policy: RoutingPolicy,
  categories: ReadonlyMap<string, CategoryConfig>,
): Roster {
  const before = latest.get(policy);
  if (before?.isOf(agents, categories)) return before;
  const roster = new Roster(agents, categories);
  latest.set(policy, roster);
  return roster;
}
