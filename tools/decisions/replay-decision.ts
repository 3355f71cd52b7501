import { RoutingTopic, type AssignmentProposed } from '@signalbox/contracts';
import type { KafkaOptions } from '@signalbox/messaging';
import { firstDifference, placedIn, proposalOf, RoundReplay, type RecordedRound } from '@signalbox/routing/domain';
import { WrongUse, type Findings } from './findings.ts';
import { readRounds } from './rounds.ts';
import { readConfigurations, readEvents } from './topics.ts';

export interface ReplayedDecision {
  readonly proposalId: string;
  readonly ticketId: string;
  readonly agentId: string;
  readonly domain: string;
  readonly round: number;
  readonly proposedAt: string;
  readonly policy: RecordedRound['policy'];
  readonly performanceSnapshot: number;
  readonly tickets: number;
  readonly agents: number;
  readonly bytes: number;
  readonly identical: boolean;
  readonly difference?: {
    readonly in: 'AssignmentProposed' | 'RoundRecorded';
    readonly path: string;
    readonly recorded: string;
    readonly again: string;
  };
}

/** Earlier releases did not say what the ticket was treated as: that is no difference in what was decided. */
function asSaid(said: AssignmentProposed['data'], again: AssignmentProposed['data']): Partial<AssignmentProposed['data']> {
  if (said.priority !== undefined) return again;
  const { priority: _priority, extraSkills: _extraSkills, ...earlier } = again;
  return earlier;
}

/** Compares what was said of a decision with what its round, decided again, says. Pure. */
export function compareDecision(
  ticketId: string,
  said: AssignmentProposed['data'],
  round: RecordedRound,
  replay: RoundReplay,
): ReplayedDecision {
  const again = replay.again(round);
  const proposed = again.proposals.find(({ ticket }) => ticket.ticketId === ticketId);
  const inProposal = firstDifference(said, proposed && asSaid(said, proposalOf(proposed, said.proposalId, round)));
  const inRound = firstDifference(round.proposals, placedIn(again));
  const difference = inProposal
    ? { in: 'AssignmentProposed' as const, ...inProposal }
    : inRound && { in: 'RoundRecorded' as const, ...inRound };
  return {
    proposalId: said.proposalId,
    ticketId,
    agentId: said.agentId,
    domain: round.domain,
    round: round.round,
    proposedAt: said.proposedAt,
    policy: round.policy,
    performanceSnapshot: round.performance.snapshot,
    tickets: round.tickets.length,
    agents: round.agents.length,
    bytes: Buffer.byteLength(JSON.stringify(said)),
    identical: difference === undefined,
    ...(difference && { difference }),
  };
}

/**
 * Decides a recorded decision again, from the topics alone.
 * @param id of a proposal, or of a ticket: its latest proposal
 * @throws WrongUse when there is no such proposal, or its round is not on the topics any more
 */
export async function replayDecision(kafka: KafkaOptions, id: string | undefined): Promise<Findings<ReplayedDecision>> {
  if (id === undefined)
    throw new WrongUse('replay-decision needs the id of a proposal or of a ticket: npm run signalbox -- replay-decision ID');
  let said: AssignmentProposed | undefined;
  await readEvents<AssignmentProposed>(kafka, [RoutingTopic], ['AssignmentProposed'], (event) => {
    if (event.ticketId === id || event.data.proposalId === id) said = event;
  });
  if (!said) throw new WrongUse(`no proposal and no ticket with a proposal is called '${id}' on signalbox.routing (it keeps 30 days)`);
  const round = await recordedRound(kafka, said.data);
  const { contents } = await readConfigurations(kafka);
  const found = compareDecision(said.ticketId, said.data, round, new RoundReplay((key) => contents.get(key)));
  const { policy, difference } = found;
  return {
    found,
    exitCode: found.identical ? 0 : 1,
    words: [
      `proposal ${found.proposalId}: ticket ${found.ticketId} to agent ${found.agentId}`,
      `round ${found.round} of ${found.proposedAt}: ${found.tickets} tickets, ${found.agents} agents, policy ${policy.name}@${policy.version}, performance snapshot ${found.performanceSnapshot}`,
      ...(difference
        ? [
            `DIFFERENT: decided again, ${difference.in} differs first in ${difference.path}`,
            `  recorded  ${difference.recorded}`,
            `  again     ${difference.again}`,
          ]
        : [
            `identical: decided again, all ${found.bytes} bytes of the proposal and all ${round.proposals.length} placements of the round are the same`,
          ]),
    ],
  };
}

async function recordedRound(kafka: KafkaOptions, { domain, round, proposedAt }: AssignmentProposed['data']): Promise<RecordedRound> {
  let found: RecordedRound | undefined;
  const untold = await readRounds(kafka, new Date(proposedAt), (one) => {
    if (one.round !== round || one.domain !== domain) return false;
    found = one;
    return true;
  });
  if (found) return found;
  const what = untold ? `the ${untold.missing} it builds on` : 'its record';
  throw new WrongUse(
    `round ${round} of ${proposedAt} cannot be decided again: ${what} is not on signalbox.routing-rounds any more (it keeps 30 days)`,
  );
}
