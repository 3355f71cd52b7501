import { AgentsTopic, AssignmentTopic, EnrichmentTopic, IntakeTopic, RoutingTopic, SlaEscalationTopic } from '@signalbox/contracts';
import type { KafkaOptions } from '@signalbox/messaging';
import { mixed, RoundReplay, type Learned, type MatchPolicy, type RecordedRound } from '@signalbox/routing/domain';
import type { Interval } from '../simulate/interval.ts';
import { gini, mean, quantile } from '../simulate/measures.ts';
import { WrongUse, type Findings } from './findings.ts';
import { policyWithin, type PolicyFile } from './policy-file.ts';
import { resimulate, type Resimulated } from './resimulate.ts';
import { readRounds } from './rounds.ts';
import { readConfigurations, readEvents, snapshotOf } from './topics.ts';
import { TrafficGatherer, type Traffic, type TrafficEvent } from './traffic.ts';

const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
const RESAMPLES = 200;

/** The mean over the runs; 95 % of days like this one, drawn from its tickets, and of the model's chance lie in the interval. */
export interface Figure {
  readonly mean: number;
  readonly interval95: Interval;
}
export interface Compared {
  readonly now: Figure;
  readonly other: Figure;
  /** Other − now, run by run: both met the same chance. */
  readonly difference: Figure;
}
export interface WhatIf {
  readonly from: string;
  readonly to: string;
  readonly tickets: number;
  readonly neverRouted: number;
  readonly agents: number;
  readonly agentChanges: Traffic['agentChanges'];
  readonly policyNow: RecordedRound['policy'];
  readonly runs: number;
  /** Runs with more events than one may have, by policy: their figures are of what came before. */
  readonly runsCut: { readonly now: number; readonly other: number };
  /** Share of tickets whose first agent is another. */
  readonly changedAssignments: Figure;
  readonly overall: Readonly<Record<string, Compared>>;
  readonly byQueue: Readonly<Record<string, Readonly<Record<string, Compared>>>>;
  readonly busyMinutesByAgent: Readonly<Record<string, Compared>>;
  readonly modelled: readonly string[];
}

const MODELLED = [
  'a ticket that keeps its agent keeps its real minutes of work; with another agent they are drawn around what was learned of that agent and category (lognormal, coefficient of variation 1)',
  'an agent works on one ticket at a time, in the order they were given; a wait ends when work begins, and a first response is in time when it begins before its deadline',
  'both policies are run through this model, the one that was active too: differences are between policies, not between model and reality',
  'every proposal is accepted at once; declined and expired offers, transfers and escalations are left out',
  "an agent's tickets near breach are all they own, until they are solved, by the deadline of the first response",
  'a ticket comes back when it really did, so long after its solution, whoever solved it',
  'service levels of queues that help others out are those of the simulated run, which begins with none',
  'agents begin with nothing in hand; what is learned stays as it was at the beginning of the window',
  'what waited already at the beginning, rescues and "next for me" are left out; the age of a ticket that comes back counts anew',
  `intervals are over ${RESAMPLES} days made of this one by drawing its tickets anew, as if they came independently of each other: rather too narrow`,
  'presence, capacity and skills are known at rounds that proposed something, and from the last record of each agent; queues and units as configured now',
];

type Figures = Record<string, number>;
interface Measured {
  readonly overall: Figures;
  readonly byQueue: Record<string, Figures>;
  readonly busyMinutesByAgent: Figures;
}

/**
 * What one run came to. Pure.
 * @param places of the tickets that count, some of them perhaps more than once
 */
export function measure(
  { tickets, to }: Traffic,
  { beganAt, busyMinutes, firstAgent }: Resimulated,
  agentIds: readonly string[],
  places: readonly number[] = [...tickets.keys()],
): Measured {
  const waitOf = (nth: number): number =>
    ((Number.isNaN(beganAt[nth]!) ? Math.max(to, tickets[nth]!.arrivesAt) : beganAt[nth]!) - tickets[nth]!.arrivesAt) / MINUTE_MS;
  const figuresOf = (some: readonly number[]): Figures => {
    const waits = some.map(waitOf);
    const due = some.filter((nth) => tickets[nth]!.responseDueAt !== null);
    const breached = due.filter((nth) => !(beganAt[nth]! <= tickets[nth]!.responseDueAt!));
    return {
      meanWaitMinutes: mean(waits),
      p95WaitMinutes: quantile(waits, 0.95),
      firstResponseBreachedShare: due.length === 0 ? 0 : breached.length / due.length,
      neverPlaced: some.filter((nth) => firstAgent[nth] === undefined).length,
    };
  };
  const busy = agentIds.map((agentId) => busyMinutes.get(agentId) ?? 0);
  return {
    overall: { ...figuresOf(places), giniBusyTime: gini(Float64Array.from(busy)) },
    byQueue: Object.fromEntries(
      [...Map.groupBy(places, (nth) => tickets[nth]!.seen.queueId)]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([queueId, own]) => [queueId, figuresOf(own)]),
    ),
    busyMinutesByAgent: Object.fromEntries(agentIds.map((agentId, nth) => [agentId, busy[nth]!])),
  };
}

/**
 * Both policies over the same traffic, with the same chance in each run. Pure.
 * @param model gives the learned means that work minutes are drawn around
 */
export function compare(traffic: Traffic, now: MatchPolicy, other: MatchPolicy, model: Learned, runs: number) {
  const agentIds = [
    ...new Set(traffic.agents.filter(({ agent }) => agent.presence !== 'offline').map(({ agent }) => agent.agentId)),
  ].sort();
  const { tickets } = traffic;
  const simulated = Array.from(
    { length: runs },
    (_, run) => [now, other].map((policy) => resimulate(traffic, policy, model, run + 1)) as [Resimulated, Resimulated],
  );
  const cutOf = (which: 0 | 1): number => simulated.filter((pair) => pair[which].cut).length;
  const pairOf = (run: number, places: readonly number[]): Pair => {
    const [before, after] = simulated[run]!;
    const changed = places.filter((nth) => before.firstAgent[nth] !== after.firstAgent[nth]).length / places.length;
    return { changed, now: measure(traffic, before, agentIds, places), other: measure(traffic, after, agentIds, places) };
  };
  const all = [...tickets.keys()];
  const pairs = simulated.map((_, run) => pairOf(run, all));
  // Each queue keeps its tickets' number, or a small one would be missing from some days.
  const byQueue = [...Map.groupBy(all, (nth) => tickets[nth]!.seen.queueId).values()];
  const resampled = Array.from({ length: RESAMPLES }, (_, day) =>
    pairOf(
      day % runs,
      byQueue.flatMap((own) => own.map((nth) => own[Math.floor((mixed(day, nth) / 2 ** 32) * own.length)]!)),
    ),
  );
  const figure = (valueOf: (pair: Pair) => number): Figure => {
    const values = resampled.map(valueOf);
    return { mean: mean(pairs.map(valueOf)), interval95: [quantile(values, 0.025), quantile(values, 0.975)] };
  };
  const compared = (figuresOf: (one: Measured) => Figures): Record<string, Compared> =>
    Object.fromEntries(
      Object.keys(figuresOf(pairs[0]!.now)).map((name) => {
        const [before, after] = [(pair: Pair) => figuresOf(pair.now)[name]!, (pair: Pair) => figuresOf(pair.other)[name]!];
        return [name, { now: figure(before), other: figure(after), difference: figure((pair) => after(pair) - before(pair)) }];
      }),
    );
  return {
    agents: agentIds.length,
    runsCut: { now: cutOf(0), other: cutOf(1) },
    changedAssignments: figure(({ changed }) => changed),
    overall: compared(({ overall }) => overall),
    byQueue: Object.fromEntries(Object.keys(pairs[0]!.now.byQueue).map((queueId) => [queueId, compared((one) => one.byQueue[queueId]!)])),
    busyMinutesByAgent: compared(({ busyMinutesByAgent }) => busyMinutesByAgent),
  };
}
interface Pair {
  /** Share of tickets whose first agent is another. */
  readonly changed: number;
  readonly now: Measured;
  readonly other: Measured;
}

export interface WhatIfOptions {
  readonly policy: PolicyFile;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly runs: number;
}

/** @throws WrongUse when the window holds nothing to run, or the policy names what does not exist */
export async function whatIf(
  kafka: KafkaOptions,
  { policy: file, runs, ...window }: WhatIfOptions,
  now = new Date(),
): Promise<Findings<WhatIf>> {
  const to = instantOf('to', window.to, now);
  const from = instantOf('from', window.from, new Date(to.getTime() - DAY_MS));
  if (from >= to) throw new WrongUse(`--from ${from.toISOString()} is not before --to ${to.toISOString()}`);
  const gatherer = new TrafficGatherer(from, to);
  const seen: { first?: RecordedRound; last?: RecordedRound } = {};
  await readRounds(kafka, from, (round) => {
    // Later ones of one domain may be read before earlier ones of another.
    if (round.now > to) return;
    if (!seen.first || round.now < seen.first.now) seen.first = round;
    if (!seen.last || round.now >= seen.last.now) seen.last = round;
    gatherer.takeRound(round);
  });
  const { first, last } = seen;
  if (!first || !last) throw new WrongUse(`no recorded round between ${from.toISOString()} and ${to.toISOString()}`);
  const configurations = await readConfigurations(kafka);
  const config = snapshotOf(configurations);
  const policy = policyWithin(file, config);
  await readEvents<TrafficEvent>(
    kafka,
    [IntakeTopic, EnrichmentTopic, RoutingTopic, AssignmentTopic, SlaEscalationTopic],
    ['TicketReceived', 'TicketEnriched', 'ClocksChanged', 'AssignmentProposed', 'TicketQueued', 'TicketSolved', 'TicketReopened'],
    (event) => gatherer.take(event),
    { since: from },
  );
  await readEvents<TrafficEvent>(kafka, [AgentsTopic], ['AgentState'], (event) => gatherer.take(event));
  const traffic = gatherer.traffic(config);
  if (traffic.tickets.length === 0)
    throw new WrongUse(`no ticket that was received and routed between ${from.toISOString()} and ${to.toISOString()}`);
  const replay = new RoundReplay((key) => configurations.contents.get(key));
  const active = replay.decidedBy(last).policy;
  const model = replay.decidedBy(last).learned;
  const compared = compare(traffic, replay.decidedBy(first, active), replay.decidedBy(first, policy), model, runs);
  const found: WhatIf = {
    from: from.toISOString(),
    to: to.toISOString(),
    tickets: traffic.tickets.length,
    neverRouted: traffic.neverRouted,
    agentChanges: traffic.agentChanges,
    policyNow: last.policy,
    runs,
    ...compared,
    modelled: MODELLED,
  };
  return { found, words: wordsOf(found) };
}

function instantOf(option: string, text: string | undefined, otherwise: Date): Date {
  const instant = text === undefined ? otherwise : new Date(text);
  if (Number.isNaN(instant.getTime())) throw new WrongUse(`--${option} '${text}' is no instant; expected such as 2026-11-24T09:00:00Z`);
  return instant;
}

export function wordsOf(found: WhatIf): string[] {
  const number = (value: number): string => value.toFixed(Math.abs(value) < 1 ? 3 : 1);
  const show = ({ mean: centre, interval95: [low, high] }: Figure): string => `${number(centre)} ±${number((high - low) / 2)}`;
  const rows: string[][] = [['', 'now', 'other', 'difference']];
  const add = (prefix: string, figures: Readonly<Record<string, Compared>>): void => {
    for (const [name, { now, other, difference }] of Object.entries(figures))
      rows.push([prefix + name, show(now), show(other), show(difference)]);
  };
  add('', found.overall);
  for (const [queueId, figures] of Object.entries(found.byQueue)) add(`queue ${queueId}: `, figures);
  add('busy minutes of ', found.busyMinutesByAgent);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    `${found.tickets} tickets and ${found.agents} agents of ${found.from} to ${found.to}; ${found.neverRouted} more tickets never wanted an agent`,
    `now = ${found.policyNow.name}@${found.policyNow.version}, simulated like the other; ${found.runs} runs, ± half of the 95 % interval`,
    ...Object.entries(found.runsCut).flatMap(([which, runs]) =>
      runs === 0
        ? []
        : [`${runs} of ${found.runs} runs by ${which} were cut off after too many events: their figures are of what came before`],
    ),
    `${(100 * found.changedAssignments.mean).toFixed(1)} % of the tickets go to another agent first`,
    '',
    ...rows.map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    ),
    '',
    `agents' changes: ${found.agentChanges.fromRounds} from rounds, ${found.agentChanges.fromStates} from the records still on signalbox.agents`,
    'what is modelled:',
    ...found.modelled.map((one) => `- ${one}`),
  ];
}
