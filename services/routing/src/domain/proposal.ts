import type { AssignmentProposed, RoundRecorded } from '@signalbox/contracts';
import type { Matched, Proposed } from './match.js';

/** What a decision's round was: the same for all of its proposals. */
export interface DecidedIn extends Pick<AssignmentProposed['data'], 'domain' | 'round' | 'policy'> {
  readonly now: Date;
  /** Of a round for the one agent who asked for their next ticket. */
  readonly onlyAgentId?: string | undefined;
}

/** What AssignmentProposed says of a ticket that a round has placed. */
export function proposalOf(
  proposed: Proposed,
  proposalId: string,
  { domain, round, policy, now, onlyAgentId }: DecidedIn,
): AssignmentProposed['data'] {
  const { ticket } = proposed;
  return {
    proposalId,
    agentId: proposed.agentId,
    epoch: ticket.epoch,
    queueId: ticket.queueId,
    units: ticket.units,
    priority: ticket.priority,
    extraSkills: Object.keys(ticket.extraSkills).length === 0 ? undefined : ticket.extraSkills,
    domain,
    round,
    step: proposed.step,
    policy,
    weights: proposed.weightsName,
    top: proposed.top,
    excluded: proposed.excluded,
    unenriched: ticket.unenriched,
    unknownSkills: ticket.unknownSkills && [...ticket.unknownSkills],
    yieldedTo: proposed.yieldedTo,
    heldOut: proposed.heldOut || undefined,
    propensity: proposed.propensity === 1 ? undefined : proposed.propensity,
    rescue: ticket.ownerAgentId === null ? undefined : true,
    pulled: onlyAgentId === undefined ? undefined : true,
    proposedAt: now.toISOString(),
  };
}

/** What RoundRecorded says was decided. */
export const placedIn = ({ proposals }: Matched): RoundRecorded['data']['proposals'] =>
  proposals.map(({ ticket, agentId, top }) => ({
    ticketId: ticket.ticketId,
    agentId,
    score: top.find((scored) => scored.agentId === agentId)!.score,
  }));
