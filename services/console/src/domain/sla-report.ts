import type { BreachReason, Target } from '@signalbox/contracts';

/** What the database counts of one group and target, within a window. */
export interface CountedResults {
  readonly key: string | null;
  readonly target: Target;
  readonly met: number;
  readonly metLate: number;
  readonly breached: number;
  readonly lateMinutesMedian: number | null;
  readonly lateMinutesP90: number | null;
  readonly reasons: Partial<Record<BreachReason | 'unknown', number>>;
}
/** What it counts of one queue's first replies. */
export interface CountedReplies {
  readonly queueId: string | null;
  readonly replied: number;
  readonly repliedWithin: number;
  readonly abandoned: number;
  readonly abandonedWithin: number;
  readonly deflected: number;
  readonly solvedUnanswered: number;
}

/** Of all that was decided, the share that was met. Null where nothing was. */
export function figuresOf(counted: CountedResults) {
  const { met, metLate, breached } = counted;
  const total = met + metLate + breached;
  return { ...counted, total, metShare: shareOf(met, total) };
}

/**
 * Both definitions of telephony, as Asterisk's app_queue computes them: SL = answered within ÷ answered; SL2 = (answered within + abandoned
 * within) ÷ (answered + abandoned). Who gave up early did not wait too long; who gave up late did. Null where nobody was answered or gave up.
 */
export function serviceLevelsOf(counted: CountedReplies) {
  const { replied, repliedWithin, abandoned, abandonedWithin } = counted;
  return {
    ...counted,
    serviceLevel: shareOf(repliedWithin, replied),
    serviceLevel2: shareOf(repliedWithin + abandonedWithin, replied + abandoned),
  };
}

const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
