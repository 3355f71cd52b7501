/**
 * What became of tickets that were decided in one way, older ones fading: minutes since they came in until they were solved, for good as far as
 * is known. Not since they were assigned: to wait for a better agent must pay for the wait, and to be quick but wrong for what comes back.
 */
export interface Arm {
  readonly tickets: number;
  readonly minutesSum: number;
  readonly squaresSum: number;
}
export const noTickets: Arm = { tickets: 0, minutesSum: 0, squaresSum: 0 };

/** Beyond so many, each further ticket leaves a little less of what was seen before. */
const ARM_MEMORY = 2_000;
/** Before both arms have so many, nothing is concluded. */
const ARM_TICKETS_MIN = 100;
/** One-sided 97.5 %. */
const NORMAL_QUANTILE = 1.96;

/** @param insteadOf minutes to the ticket's solution before, which did not last and is counted no longer */
export function withTicket({ tickets, minutesSum, squaresSum }: Arm, minutes: number, insteadOf: number | null = null): Arm {
  if (insteadOf !== null)
    return { tickets, minutesSum: minutesSum + minutes - insteadOf, squaresSum: squaresSum + minutes ** 2 - insteadOf ** 2 };
  const left = tickets >= ARM_MEMORY ? ARM_MEMORY / (ARM_MEMORY + 1) : 1;
  return { tickets: tickets * left + 1, minutesSum: minutesSum * left + minutes, squaresSum: squaresSum * left + minutes * minutes };
}

export interface Gain {
  /** Minutes that learning saves a ticket: held out − others; with the half width of its 95 % interval. */
  readonly minutes: number;
  readonly halfWidth: number;
}
/** Undefined while there are too few of either. Tickets share agents, so the arms are not independent: the interval is a little too narrow. */
export function gainOf(learned: Arm, heldOut: Arm): Gain | undefined {
  if (learned.tickets < ARM_TICKETS_MIN || heldOut.tickets < ARM_TICKETS_MIN) return undefined;
  const meanOf = (arm: Arm): number => arm.minutesSum / arm.tickets;
  const varianceOfMean = (arm: Arm): number => Math.max(0, arm.squaresSum / arm.tickets - meanOf(arm) ** 2) / arm.tickets;
  return {
    minutes: meanOf(heldOut) - meanOf(learned),
    halfWidth: NORMAL_QUANTILE * Math.sqrt(varianceOfMean(learned) + varianceOfMean(heldOut)),
  };
}

/** Six seconds a ticket: less is nothing anybody feels. */
const HARM_MINUTES_MIN = 0.1;
/**
 * Whether learning is to be left alone: it surely costs time (the whole interval lies below 0, and not by a hair). It comes back once that is no longer sure:
 * while nobody learns the arms are decided alike, and what was seen before fades.
 */
export const doesHarm = (gain: Gain | undefined): boolean => gain !== undefined && gain.minutes + gain.halfWidth < -HARM_MINUTES_MIN;
