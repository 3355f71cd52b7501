import {
  ConfigTopic,
  RoutingRoundsTopic,
  RoutingTopic,
  type AssignmentProposed,
  type ConfigRecord,
  type PerformanceRecorded,
  type Received,
  type RoundRecorded,
} from '@signalbox/contracts';
import type { Stack } from '@signalbox/test-stack';
import { firstDifference, placedIn, proposalOf, RoundLog, RoundReplay, type RecordedRound } from '../src/domain/index.js';

/** Every round that was recorded, each decided again from the topics alone and found the same to the byte. */
export function roundsDecidedAgain(stack: Stack): RecordedRound[] {
  const contents = new Map(
    (stack.events(ConfigTopic) as unknown as Received<ConfigRecord>[]).map(({ key, data }) => [key, data.content as unknown]),
  );
  const replay = new RoundReplay((key) => contents.get(key));
  const proposals = stack
    .events(RoutingTopic)
    .filter(({ type }) => type === 'AssignmentProposed') as unknown as Received<AssignmentProposed>[];
  const said = new Map(proposals.map(({ ticketId, data }) => [`${data.domain} ${data.round} ${ticketId}`, data]));
  const records = stack.events(RoutingRoundsTopic) as unknown as Received<RoundRecorded | PerformanceRecorded>[];
  const logs = new Map(records.map(({ domain }) => [domain, new RoundLog()]));
  const rounds = records.flatMap((record): RecordedRound[] => {
    const told = logs.get(record.domain)!.take(record);
    if (told !== undefined && 'missing' in told) throw new Error(`round ${told.round} lacks its ${told.missing}`);
    return told === undefined ? [] : [told];
  });
  for (const round of rounds) {
    const again = replay.again(round);
    const { domain, round: number } = round;
    expect({ domain, number, difference: firstDifference(round.proposals, placedIn(again)) }).toEqual({ domain, number });
    for (const one of again.proposals) {
      const recorded = said.get(`${domain} ${number} ${one.ticket.ticketId}`)!;
      expect(JSON.stringify(proposalOf(one, recorded.proposalId, round))).toBe(JSON.stringify(recorded));
    }
  }
  return rounds;
}
