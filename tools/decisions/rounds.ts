import { RoutingRoundsTopic, type PerformanceRecorded, type RoundRecorded } from '@signalbox/contracts';
import type { KafkaOptions } from '@signalbox/messaging';
import { RoundLog, type RecordedRound, type UntoldRound } from '@signalbox/routing/domain';
import { readEvents } from './topics.ts';

/** First so many records before the first wanted round, then ever more of them, until what it builds on is among them. */
const RECORDS_BEFORE = [4_000, 32_000, Number.MAX_SAFE_INTEGER];
/** A record is written after its round was decided, by another clock. */
const CLOCKS_DIFFER_MS = 10 * 60_000;

/** Tells rounds of any domain: a log for each. */
export class RoundLogs {
  readonly #logs = new Map<string, RoundLog>();

  take(record: Parameters<RoundLog['take']>[0]): RecordedRound | UntoldRound | undefined {
    let log = this.#logs.get(record.domain);
    if (!log) this.#logs.set(record.domain, (log = new RoundLog()));
    return log.take(record);
  }
}

/**
 * Feeds the rounds decided from an instant on, each once, until enough is seen; of one domain in their order, but domains one after the
 * other or mixed. Reads from the checkpoints before them.
 * @returns the first round that cannot be told because what it builds on is not on the topic any more
 */
export async function readRounds(
  kafka: KafkaOptions,
  from: Date,
  onRound: (round: RecordedRound) => boolean | void,
  windows: readonly number[] = RECORDS_BEFORE,
): Promise<UntoldRound | undefined> {
  let untold: UntoldRound | undefined;
  /** By domain, the last one fed: another look further back must not tell it again. */
  const fed = new Map<string, number>();
  for (const recordsBefore of windows) {
    untold = undefined;
    const logs = new RoundLogs();
    const isLast = recordsBefore === windows.at(-1);
    await readEvents<RoundRecorded | PerformanceRecorded>(
      kafka,
      [RoutingRoundsTopic],
      ['RoundRecorded', 'PerformanceRecorded'],
      (event) => {
        const round = logs.take(event);
        if (!round || round.now < from) return false;
        if (!('missing' in round)) {
          if (round.round <= (fed.get(round.domain) ?? 0)) return false;
          fed.set(round.domain, round.round);
          return onRound(round);
        }
        untold ??= round;
        return !isLast;
      },
      { since: new Date(from.getTime() - CLOCKS_DIFFER_MS), recordsBefore },
    );
    if (!untold) break;
  }
  return untold;
}

/** Logs that can tell whatever round is recorded next, as far as what it builds on is still there. */
export async function readLogs(kafka: KafkaOptions, now = new Date(), windows: readonly number[] = RECORDS_BEFORE): Promise<RoundLogs> {
  let logs = new RoundLogs();
  for (const recordsBefore of windows) {
    logs = new RoundLogs();
    const latest = new Map<string, RecordedRound | UntoldRound>();
    await readEvents<RoundRecorded | PerformanceRecorded>(
      kafka,
      [RoutingRoundsTopic],
      ['RoundRecorded', 'PerformanceRecorded'],
      (event) => {
        const round = logs.take(event);
        if (round) latest.set(event.domain, round);
      },
      { since: now, recordsBefore },
    );
    if (latest.size > 0 && [...latest.values()].every((round) => !('missing' in round))) break;
  }
  return logs;
}
