import { RoundRecorded } from '@signalbox/contracts';
import type { Projected } from './gate.js';
import type { CandidateAgent, WaitingTicket } from './waiting-ticket.js';

/** What one round decided by and decided. */
export interface RoundOutcome extends Pick<
  RoundRecorded['data'],
  'round' | 'now' | 'checkpoint' | 'policy' | 'configuration' | 'performanceSnapshot' | 'proposals' | 'removedAgentIds'
> {
  readonly tickets: readonly WaitingTicket[];
  /** All of them in a checkpoint, else those that changed since the last record. */
  readonly agents: readonly CandidateAgent[];
  readonly inFlight: ReadonlyMap<string, Projected>;
  readonly nearBreach: ReadonlyMap<string, number>;
}

/** Bytes of agents and tickets in one event. With at most 250 proposals (50 KB) it stays far below the 900 KB an event may have. */
const PART_BYTES_MAX = 400_000;

/**
 * The record of one round, in as many events as its size needs: a checkpoint of 10,000 agents takes about twelve. All have the same round
 * number and come in order; the proposals are in the last one, so a reader collects until it sees them.
 * In `agents` stand agents whole, and for this round alone `{ agentId, thisRound: { units, channels, ticketsNearBreach } }`: proposals in
 * flight and deadlines, which change without the agent's record.
 */
export function recordRound(domain: string, outcome: RoundOutcome): RoundRecorded[] {
  const { tickets, agents, inFlight, nearBreach, removedAgentIds, proposals, ...same } = outcome;
  const passing = [...new Set([...inFlight.keys(), ...nearBreach.keys()])].map((agentId) => ({
    agentId,
    thisRound: { ...(inFlight.get(agentId) ?? { units: 0, channels: {} }), ticketsNearBreach: nearBreach.get(agentId) ?? 0 },
  }));
  const empty = () => ({ tickets: [] as Entry[], agents: [] as Entry[], removedAgentIds: [] as string[] });
  const parts = [empty()];
  let bytes = 0;
  const partFor = (entry: unknown) => {
    const size = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (bytes + size > PART_BYTES_MAX) {
      parts.push(empty());
      bytes = 0;
    }
    bytes += size;
    return parts.at(-1)!;
  };
  for (const agentId of removedAgentIds) partFor(agentId).removedAgentIds.push(agentId);
  for (const agent of [...agents, ...passing]) partFor(agent).agents.push({ ...agent });
  for (const ticket of tickets) partFor(ticket).tickets.push({ ...ticket });
  return parts.map((part, index) =>
    RoundRecorded(domain, {
      ...same,
      ...part,
      seed: same.round,
      removedTicketIds: [],
      proposals: index === parts.length - 1 ? proposals : [],
    }),
  );
}
type Entry = Record<string, unknown>;
