import {
  ConfigTopic,
  DEFAULT_DOMAIN,
  policyInForce,
  RoutingRoundsTopic,
  type ConfigRecord,
  type PerformanceRecorded,
  type Received,
  type RoundRecorded,
  type RoutingPolicy,
  type ScoredAgent,
} from '@signalbox/contracts';
import { tailTopics, type KafkaOptions } from '@signalbox/messaging';
import { levelsAsked, placedIn, RoundReplay, type Matched, type RecordedRound } from '@signalbox/routing/domain';
import type { Findings } from './findings.ts';
import { policyWithin, type PolicyFile } from './policy-file.ts';
import { readLogs } from './rounds.ts';
import { eventIn, readConfigurations, snapshotOf } from './topics.ts';

/** What both would say of one ticket of one round. Undefined = it would wait. */
export interface ShadowDifference {
  readonly domain: string;
  readonly round: number;
  readonly ticketId: string;
  readonly now: ScoredAgent | undefined;
  readonly other: ScoredAgent | undefined;
}
export interface Shadow {
  readonly rounds: number;
  /** Rounds that, decided again by their own policy, did not come out as recorded. Always 0 with the same build. */
  readonly roundsNotReproduced: number;
  /** Rounds that build on records which are not on the topic any more; the next checkpoint ends that. */
  readonly roundsNotTold: number;
  readonly placed: number;
  readonly toAnotherAgent: number;
  readonly onlyNow: number;
  readonly onlyOther: number;
  /** Of who was chosen, by each policy's own weights; null = nobody was. */
  readonly meanScore: { readonly now: number | null; readonly other: number | null };
  readonly examples: readonly ShadowDifference[];
  /** What these rounds cannot say of the other policy. */
  readonly notes: readonly string[];
}

const EXAMPLES_MAX = 10;

/** Adds up how another policy would have decided the rounds that really happened: each of them alone, for what it decides is never done. */
export class ShadowCounter {
  #rounds = 0;
  #notReproduced = 0;
  #notTold = 0;
  #placed = 0;
  #toAnother = 0;
  #onlyNow = 0;
  #onlyOther = 0;
  readonly #scores = { now: { sum: 0, count: 0 }, other: { sum: 0, count: 0 } };
  readonly #examples: ShadowDifference[] = [];

  /**
   * @param now decided again by the round's own policy, for the reasons
   * @returns where the two differ
   */
  take({ domain, round, proposals }: RecordedRound, now: Matched, other: Matched): ShadowDifference[] {
    this.#rounds += 1;
    if (JSON.stringify(placedIn(now)) !== JSON.stringify(proposals)) this.#notReproduced += 1;
    const [chosenNow, chosenOther] = [chosenIn(now), chosenIn(other)];
    const differences: ShadowDifference[] = [];
    for (const ticketId of new Set([...chosenNow.keys(), ...chosenOther.keys()])) {
      const [mine, theirs] = [chosenNow.get(ticketId), chosenOther.get(ticketId)];
      this.#score('now', mine);
      this.#score('other', theirs);
      if (mine) this.#placed += 1;
      if (mine?.agentId === theirs?.agentId) continue;
      if (!theirs) this.#onlyNow += 1;
      else if (!mine) this.#onlyOther += 1;
      else this.#toAnother += 1;
      differences.push({ domain, round, ticketId, now: mine, other: theirs });
    }
    this.#examples.push(...differences.slice(0, EXAMPLES_MAX - this.#examples.length));
    return differences;
  }

  skip(): void {
    this.#notTold += 1;
  }

  #score(whose: 'now' | 'other', chosen: ScoredAgent | undefined): void {
    if (!chosen) return;
    this.#scores[whose].sum += chosen.score;
    this.#scores[whose].count += 1;
  }

  get shadow(): Omit<Shadow, 'notes'> {
    const meanOf = ({ sum, count }: { sum: number; count: number }): number | null => (count === 0 ? null : sum / count);
    return {
      rounds: this.#rounds,
      roundsNotReproduced: this.#notReproduced,
      roundsNotTold: this.#notTold,
      placed: this.#placed,
      toAnotherAgent: this.#toAnother,
      onlyNow: this.#onlyNow,
      onlyOther: this.#onlyOther,
      meanScore: { now: meanOf(this.#scores.now), other: meanOf(this.#scores.other) },
      examples: this.#examples,
    };
  }
}

const chosenIn = ({ proposals }: Matched): Map<string, ScoredAgent> =>
  new Map(proposals.map(({ ticket, agentId, top }) => [ticket.ticketId, top.find((one) => one.agentId === agentId)!]));

/**
 * What cannot be compared: another policy is judged by the counts that rounds record, and those are of what the live policy asks for. Pure.
 * @param live undefined = not known
 */
export function notComparable(live: RoutingPolicy | undefined, other: RoutingPolicy): string[] {
  const unseen =
    'rounds that gave nobody anything are not recorded: what the other policy would have given somebody in them is not seen, nor counted';
  if (!live) return [unseen];
  const notes: string[] = [];
  if (other.fairness && !live.fairness)
    notes.push(
      'fairness cap: the live policy has none, so rounds do not record what agents were given before; only what one round gives counts against it',
    );
  else if (other.fairness && live.fairness && other.fairness.windowMinutes !== live.fairness.windowMinutes)
    notes.push(
      `fairness cap: judged by what agents were given within the live policy's ${live.fairness.windowMinutes} minutes, not the other's ${other.fairness.windowMinutes}`,
    );
  const weighsPressure = Object.values(other.weights).some(({ slaPressure = 0 }) => slaPressure > 0);
  if (weighsPressure && other.agentSlaPressure !== 'ignore' && other.nearBreachMinutes !== live.nearBreachMinutes)
    notes.push(
      `slaPressure: an agent's own tickets near breach are those within the live policy's ${live.nearBreachMinutes} minutes, not the other's ${other.nearBreachMinutes}`,
    );
  const known = new Set(levelsAsked(live).map(levelText));
  for (const level of new Set(levelsAsked(other).map(levelText)))
    if (!known.has(level)) notes.push(`overflow: the live policy does not ask for the service level ${level}; it is taken to hold`);
  for (const field of ['memoryTickets', 'returnsWithinDays'] as const)
    if (other.learning[field] !== live.learning[field])
      notes.push(`learning: what is known of agents was learned with the live policy's ${field} ${live.learning[field]}`);
  return [...notes, unseen];
}
const levelText = ({ queueId, withinMinutes, overMinutes }: ReturnType<typeof levelsAsked>[number]): string =>
  `of ${queueId} within ${withinMinutes} over ${overMinutes} minutes`;

export interface ShadowOptions {
  readonly policy: PolicyFile;
  readonly minutes: number;
  /** Ends it earlier. */
  readonly stop: AbortSignal;
  /** @param notes what cannot be compared */
  readonly onFollowing: (notes: readonly string[]) => void;
  readonly onDifference: (line: string) => void;
}

/** Follows the live rounds and decides each of them by another policy, too. Reads in a group of its own and writes nothing. */
export async function shadow(
  kafka: KafkaOptions,
  { policy: file, minutes, stop, onFollowing, onDifference }: ShadowOptions,
): Promise<Findings<Shadow>> {
  const counter = new ShadowCounter();
  const early: Received<RoundRecorded | PerformanceRecorded>[] = [];
  const contents = new Map<string, unknown>();
  let notes: readonly string[] = [];
  let take = (event: Received<RoundRecorded | PerformanceRecorded>): void => void early.push(event);
  const stopTail = await tailTopics({
    ...kafka,
    topics: [RoutingRoundsTopic.name, ConfigTopic.name],
    fromBeginning: false,
    onRecord: (record) => {
      const event = eventIn(record) as unknown as Received<ConfigRecord | RoundRecorded | PerformanceRecorded> | undefined;
      if (event?.type === 'ConfigRecord') contents.set(event.key, event.data.content);
      else if (event?.type === 'RoundRecorded' || event?.type === 'PerformanceRecorded') take(event);
    },
  });
  try {
    // What came before the first live record: agents, experience and configuration that live rounds build on.
    const configurations = await readConfigurations(kafka);
    for (const [key, content] of configurations.contents) contents.set(key, content);
    const config = snapshotOf(configurations);
    const policy = policyWithin(file, config);
    const live = config.all('routing-policy');
    notes = notComparable(live.get(policyInForce([...live.keys()]) ?? ''), policy);
    const logs = await readLogs(kafka);
    const replay = new RoundReplay((key) => contents.get(key));
    take = (event) => {
      const round = logs.take(event);
      if (!round) return;
      if ('missing' in round) return counter.skip();
      for (const difference of counter.take(round, replay.again(round), replay.again(round, policy))) onDifference(lineOf(difference));
    };
    early.forEach((event) => take(event));
    onFollowing(notes);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, minutes * 60_000);
      stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      if (stop.aborted) resolve();
    });
  } finally {
    await stopTail();
  }
  return { found: { ...counter.shadow, notes }, words: wordsOf(counter.shadow) };
}

/** Rounds are counted in each domain. */
const roundOf = ({ domain, round }: ShadowDifference): string =>
  domain === DEFAULT_DOMAIN ? `round ${round}` : `round ${round} of ${domain}`;
const lineOf = (difference: ShadowDifference): string => {
  const { ticketId, now, other } = difference;
  return `${roundOf(difference)}  ticket ${ticketId}  now ${now?.agentId ?? 'waits'}  other ${other?.agentId ?? 'waits'}`;
};

function wordsOf({
  rounds,
  roundsNotReproduced,
  roundsNotTold,
  placed,
  toAnotherAgent,
  onlyNow,
  onlyOther,
  meanScore,
  examples,
}: Omit<Shadow, 'notes'>): string[] {
  const share = (count: number): string => `${count} (${placed === 0 ? '–' : ((100 * count) / placed).toFixed(1)} %)`;
  const reasons = (one: ScoredAgent | undefined): string =>
    one === undefined
      ? 'waits'
      : `${one.agentId} ${one.score.toFixed(3)}: ${one.factors.map(({ signal, contribution }) => `${signal} ${contribution.toFixed(3)}`).join(', ')}`;
  return [
    `${rounds} rounds, ${placed} tickets given to somebody; every round compared by itself, on the same inputs`,
    `to another agent: ${share(toAnotherAgent)}; would have waited: ${share(onlyNow)}; waited, would have been given: ${onlyOther}`,
    `mean score of the chosen, by each policy's own weights: now ${meanScore.now?.toFixed(3) ?? '–'}, other ${meanScore.other?.toFixed(3) ?? '–'}`,
    ...(roundsNotTold > 0 ? [`${roundsNotTold} rounds could not be compared: what they build on is not on the topic any more`] : []),
    ...(roundsNotReproduced > 0
      ? [`${roundsNotReproduced} rounds did not come out as recorded: this build decides otherwise than the service`]
      : []),
    ...examples.flatMap((example) => [
      `ticket ${example.ticketId}, ${roundOf(example)}`,
      `  now    ${reasons(example.now)}`,
      `  other  ${reasons(example.other)}`,
    ]),
  ];
}
