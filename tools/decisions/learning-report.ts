import {
  AssignmentTopic,
  IntakeTopic,
  RoutingTopic,
  type AssignmentProposed,
  type Received,
  type SatisfactionRated,
  type TicketReceived,
  type TicketReopened,
  type TicketSolved,
} from '@signalbox/contracts';
import type { KafkaOptions } from '@signalbox/messaging';
import { interval95, type Interval } from '../simulate/interval.ts';
import { mean } from '../simulate/measures.ts';
import type { Findings } from './findings.ts';
import { readEvents } from './topics.ts';

/** Below so many in either arm an interval says nothing worth reading. */
const TICKETS_MIN = 30;
/** As routing counts a rating. */
const SATISFIED_FROM = 4;

export interface Arm {
  readonly solved: number;
  readonly meanMinutes: number;
  readonly minutes95: Interval | null;
  readonly reopenedShare: number;
  readonly reopened95: Interval | null;
  readonly rated: number;
  /** Null = nobody has rated. */
  readonly satisfiedShare: number | null;
  readonly satisfied95: Interval | null;
}
/** Learned − held out, with the 95 % interval (Welch). */
export interface Gain {
  readonly mean: number;
  readonly interval95: Interval;
}
export type LearningReport =
  | {
      readonly enough: false;
      readonly solved: { readonly learned: number; readonly heldOut: number };
      readonly missing: { readonly learned: number; readonly heldOut: number };
    }
  | {
      readonly enough: true;
      readonly learned: Arm;
      readonly heldOut: Arm;
      readonly minutes: Gain;
      readonly reopenedShare: Gain;
      readonly satisfiedShare: Gain | null;
      readonly triedOut: { readonly decisions: number; readonly effectiveTickets: number };
      readonly notes: readonly string[];
    };

const NOTES = [
  'The two arms share their agents: whoever gets more of the learned tickets has less room for the held-out ones, so what one arm gains may come from the other, and the difference is not what the team would gain as a whole (interference). With a small holdout this error is small.',
  'Held out are the same tickets for ever, chosen by their id alone: the difference needs no weighting by propensity. Propensities are logged for questions about single agents; each such decision then counts 1 ÷ propensity, and the effective number above says how much that leaves. They are of one ticket alone: those that yielded to another ticket of their round are to be left out.',
  "Held-out tickets are decided with the team's means for everybody; only when an agent could begin them is estimated from what was learned of that agent, as for all. So this is the gain of knowing who does a ticket how, not of knowing when they will be free.",
  'A ticket solved lately may yet come back, in both arms alike; one that did counts until its last solution. Tickets that were never solved, or came in before the topics begin, are not in it.',
];

export type LearningEvent = TicketReceived | AssignmentProposed | TicketSolved | TicketReopened | SatisfactionRated;

interface TicketOutcome {
  heldOut?: boolean;
  propensity: number;
  receivedAt?: number;
  solvedAt?: number;
  reopened: boolean;
  satisfied?: boolean;
}

/** Gathers what became of tickets, by the arm they were in. */
export class LearningGatherer {
  readonly #tickets = new Map<string, TicketOutcome>();

  take(event: Received<LearningEvent>): void {
    const ticket = this.#tickets.get(event.ticketId) ?? { propensity: 1, reopened: false };
    this.#tickets.set(event.ticketId, ticket);
    switch (event.type) {
      case 'TicketReceived':
        ticket.receivedAt = Date.parse(event.data.receivedAt);
        break;
      case 'AssignmentProposed':
        ticket.heldOut = event.data.heldOut ?? false;
        ticket.propensity = event.data.propensity ?? 1;
        break;
      case 'TicketSolved':
        if (event.data.how === 'agent') ticket.solvedAt = Date.parse(event.data.solvedAt);
        break;
      case 'TicketReopened':
        ticket.reopened = true;
        break;
      case 'SatisfactionRated':
        ticket.satisfied = event.data.score >= SATISFIED_FROM;
        break;
    }
  }

  report(): LearningReport {
    const solved = [...this.#tickets.values()].filter((one) => one.heldOut !== undefined && minutesOf([one]).length > 0);
    const [learned, heldOut] = [solved.filter((one) => !one.heldOut), solved.filter((one) => one.heldOut)];
    if (learned.length < TICKETS_MIN || heldOut.length < TICKETS_MIN) {
      const missing = (arm: readonly TicketOutcome[]): number => Math.max(0, TICKETS_MIN - arm.length);
      return {
        enough: false,
        solved: { learned: learned.length, heldOut: heldOut.length },
        missing: { learned: missing(learned), heldOut: missing(heldOut) },
      };
    }
    const gain = (valuesOf: (arm: readonly TicketOutcome[]) => number[]): Gain => difference(valuesOf(learned), valuesOf(heldOut));
    const weights = learned.map(({ propensity }) => 1 / propensity);
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const areRated = [learned, heldOut].every((arm) => satisfactionOf(arm).length > 1);
    return {
      enough: true,
      learned: armOf(learned),
      heldOut: armOf(heldOut),
      minutes: gain(minutesOf),
      reopenedShare: gain(returnsOf),
      satisfiedShare: areRated ? gain(satisfactionOf) : null,
      triedOut: {
        decisions: learned.filter(({ propensity }) => propensity < 1).length,
        effectiveTickets: sum(weights) ** 2 / sum(weights.map((weight) => weight ** 2)),
      },
      notes: NOTES,
    };
  }
}

/** As rounds measure whether learning does harm: since a ticket came in until it was solved, for good as far as is known. */
const minutesOf = (arm: readonly TicketOutcome[]): number[] =>
  arm.flatMap(({ receivedAt, solvedAt }) => (receivedAt === undefined || solvedAt === undefined ? [] : [(solvedAt - receivedAt) / 60_000]));
const returnsOf = (arm: readonly TicketOutcome[]): number[] => arm.map(({ reopened }) => (reopened ? 1 : 0));
const satisfactionOf = (arm: readonly TicketOutcome[]): number[] =>
  arm.flatMap(({ satisfied }) => (satisfied === undefined ? [] : [satisfied ? 1 : 0]));

function armOf(arm: readonly TicketOutcome[]): Arm {
  const [minutes, returns, satisfaction] = [minutesOf(arm), returnsOf(arm), satisfactionOf(arm)];
  return {
    solved: arm.length,
    meanMinutes: mean(minutes),
    minutes95: interval95(minutes),
    reopenedShare: mean(returns),
    reopened95: interval95(returns),
    rated: satisfaction.length,
    satisfiedShare: satisfaction.length === 0 ? null : mean(satisfaction),
    satisfied95: interval95(satisfaction),
  };
}

/** Difference of two means with Welch's 95 % interval; t by the normal quantile with the first correction for its degrees of freedom. */
export function difference(one: readonly number[], other: readonly number[]): Gain {
  const spread = (values: readonly number[]): number => {
    const centre = mean(values);
    return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1) / values.length;
  };
  const [a, b] = [spread(one), spread(other)];
  const freedom = a + b === 0 ? Infinity : (a + b) ** 2 / (a ** 2 / (one.length - 1) + b ** 2 / (other.length - 1));
  const half = (1.96 + 2.4 / freedom) * Math.sqrt(a + b);
  const centre = mean(one) - mean(other);
  return { mean: centre, interval95: [centre - half, centre + half] };
}

export async function learningReport(kafka: KafkaOptions): Promise<Findings<LearningReport>> {
  const gatherer = new LearningGatherer();
  const types = ['TicketReceived', 'AssignmentProposed', 'TicketSolved', 'TicketReopened', 'SatisfactionRated'] as const;
  await readEvents<LearningEvent>(kafka, [RoutingTopic, AssignmentTopic, IntakeTopic], types, (event) => gatherer.take(event));
  const found = gatherer.report();
  return { found, words: wordsOf(found) };
}

function wordsOf(report: LearningReport): string[] {
  if (!report.enough) {
    const { solved, missing } = report;
    return [
      `not enough tickets yet to say what learning is worth: each arm needs ${TICKETS_MIN} solved ones`,
      `with learning: ${solved.learned} (${missing.learned} missing); held out: ${solved.heldOut} (${missing.heldOut} missing)`,
    ];
  }
  const { learned, heldOut, minutes, reopenedShare, satisfiedShare, triedOut, notes } = report;
  const range = (interval: Interval | null, digits: number): string =>
    interval ? ` [${interval.map((value) => value.toFixed(digits)).join(', ')}]` : '';
  const line = (name: string, of: (arm: Arm) => string, gain: Gain | null): string =>
    `${name.padEnd(30)}  with learning ${of(learned)}, held out ${of(heldOut)}, difference ${gain ? gain.mean.toFixed(3) + range(gain.interval95, 3) : '–'}`;
  return [
    `${learned.solved} tickets solved with learning, ${heldOut.solved} held out; in brackets the 95 % interval`,
    line('minutes, received to solved', (arm) => arm.meanMinutes.toFixed(1) + range(arm.minutes95, 1), minutes),
    line('share reopened at any time', (arm) => arm.reopenedShare.toFixed(3) + range(arm.reopened95, 3), reopenedShare),
    line('share satisfied (of the rated)', (arm) => (arm.satisfiedShare?.toFixed(3) ?? '–') + range(arm.satisfied95, 3), satisfiedShare),
    `something was tried out in ${triedOut.decisions} decisions; weighted by 1 ÷ propensity they count as ${triedOut.effectiveTickets.toFixed(0)} tickets`,
    ...notes.map((note) => `- ${note}`),
  ];
}
