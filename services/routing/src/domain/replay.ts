import { CategoryConfig, RoutingPolicy } from '@signalbox/contracts';
import { Learned, loadAt } from './learning.js';
import { match, matchNext, type Matched, type MatchPolicy } from './match.js';
import type { PerformanceSnapshot, RecordedRound } from './round-log.js';

interface Configuration {
  readonly policy: RoutingPolicy;
  readonly categories: ReadonlyMap<string, CategoryConfig>;
}

/** Decides recorded rounds anew, by what they decided by or by another policy. Keeps what rounds have in common. */
export class RoundReplay {
  readonly #configurations = new Map<readonly string[], Configuration>();
  readonly #learned = new WeakMap<PerformanceSnapshot, Map<number, Learned>>();

  /** @param contentOf a record of configuration by its key `kind/name@version`; undefined = nobody has it any more */
  constructor(private readonly contentOf: (key: string) => unknown) {}

  /** @throws Error naming the record of configuration that is gone */
  again(recorded: RecordedRound, other?: RoutingPolicy): Matched {
    const { tickets, agents, now, seed, passing, onlyAgentId } = recorded;
    const by = this.decidedBy(recorded, other);
    if (onlyAgentId === undefined) return match(tickets, agents, by, now, seed, passing);
    const next = matchNext(tickets, agents, by, now, seed, passing, onlyAgentId);
    return { proposals: next ? [next] : [], waiting: [] };
  }

  decidedBy({ members, policy: ref, performance, donors }: RecordedRound, other?: RoutingPolicy): MatchPolicy {
    const { categories, policy: own } = this.#configurationOf(members, ref);
    const policy = other ?? own;
    let byStrength = this.#learned.get(performance);
    if (!byStrength) this.#learned.set(performance, (byStrength = new Map()));
    let learned = byStrength.get(policy.shrinkageTickets);
    if (!learned) {
      const loads = performance.loads.map((load) => loadAt(load, performance.asOf.getTime()));
      learned = new Learned(performance.cells, policy.shrinkageTickets, loads, performance.returns);
      byStrength.set(policy.shrinkageTickets, learned);
    }
    return { policy, categories, learned, donors };
  }

  #configurationOf(members: readonly string[], { name, version }: RecordedRound['policy']): Configuration {
    let configuration = this.#configurations.get(members);
    if (!configuration) {
      const categories = new Map<string, CategoryConfig>();
      for (const key of members) {
        const [, category] = /^category\/(.+)@\d+$/.exec(key) ?? [];
        if (category !== undefined) categories.set(category, CategoryConfig.parse(this.#content(key)));
      }
      const policy = RoutingPolicy.parse(this.#content(`routing-policy/${name}@${version}`));
      this.#configurations.set(members, (configuration = { policy, categories }));
    }
    return configuration;
  }

  #content(key: string): unknown {
    const content = this.contentOf(key);
    if (content === undefined) throw new Error(`configuration '${key}', by which the round decided, is not in signalbox.config`);
    return content;
  }
}

/**
 * Where two values that are said to be the same first differ, as JSON writes them: a path such as `top[1].score`, or undefined when their
 * bytes are equal.
 */
export function firstDifference(
  recorded: unknown,
  again: unknown,
  path = '',
): { path: string; recorded: string; again: string } | undefined {
  const [before, after] = [JSON.stringify(recorded), JSON.stringify(again)];
  if (before === after) return undefined;
  if (isNode(recorded) && isNode(again) && Array.isArray(recorded) === Array.isArray(again)) {
    const [mine, theirs] = [entriesOf(recorded), entriesOf(again)];
    for (const [key, value] of mine) {
      const there = theirs.find(([other]) => other === key);
      const found = firstDifference(value, there?.[1], Array.isArray(recorded) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
      if (found) return found;
    }
    const more = theirs.find(([key]) => !mine.some(([own]) => own === key));
    if (more) return { path: path === '' ? more[0] : `${path}.${more[0]}`, recorded: '(absent)', again: JSON.stringify(more[1]) };
  }
  return { path: path === '' ? '(whole)' : path, recorded: before ?? '(absent)', again: after ?? '(absent)' };
}
const isNode = (value: unknown): value is object => typeof value === 'object' && value !== null;
const entriesOf = (value: object): [string, unknown][] => Object.entries(value).filter(([, one]) => one !== undefined);
