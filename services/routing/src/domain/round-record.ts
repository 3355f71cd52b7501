import { PerformanceRecorded, RoundRecorded } from '@signalbox/contracts';
import type { ObservedCell, ObservedLoad } from './learning.js';
import type { CandidateAgent, Passing, WaitingTicket } from './waiting-ticket.js';

/** What one round decided by and decided. */
export interface RoundOutcome extends Pick<
  RoundRecorded['data'],
  | 'round'
  | 'now'
  | 'seed'
  | 'checkpoint'
  | 'policy'
  | 'configuration'
  | 'members'
  | 'onlyAgentId'
  | 'performanceSnapshot'
  | 'donors'
  | 'proposals'
  | 'removedAgentIds'
> {
  readonly tickets: readonly WaitingTicket[];
  /** All of them in a checkpoint, else those that changed since the last record. */
  readonly agents: readonly CandidateAgent[];
  readonly passing: ReadonlyMap<string, Passing>;
}

/** Bytes of agents and tickets in one event. With at most 250 proposals (50 KB) it stays far below the 900 KB an event may have. */
const PART_BYTES_MAX = 400_000;

/** Splits a list so that each part stays below the size of one event; there is always one. */
class Parts<P> {
  readonly all: P[];
  #bytes = 0;
  constructor(private readonly empty: () => P) {
    this.all = [empty()];
  }
  /** The part an entry goes into. */
  for(entry: unknown): P {
    const size = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (this.#bytes + size > PART_BYTES_MAX) {
      this.all.push(this.empty());
      this.#bytes = 0;
    }
    this.#bytes += size;
    return this.all.at(-1)!;
  }
}

/**
 * The record of one round, in as many events as its size needs: a checkpoint of 10,000 agents takes about twelve. All have the same round
 * number and come in order; the proposals are in the last one, so a reader collects until it sees them.
 * In `agents` stand agents whole, and for this round alone `{ agentId, thisRound }`: what changes without the agent's record.
 */
export function recordRound(domain: string, outcome: RoundOutcome): RoundRecorded[] {
  const { tickets, agents, passing, removedAgentIds, proposals, ...same } = outcome;
  const parts = new Parts(() => ({ tickets: [] as Entry[], agents: [] as Entry[], removedAgentIds: [] as string[] }));
  for (const agentId of removedAgentIds) parts.for(agentId).removedAgentIds.push(agentId);
  for (const agent of agents) parts.for(agent).agents.push({ ...agent });
  for (const [agentId, thisRound] of passing) parts.for([agentId, thisRound]).agents.push({ agentId, thisRound });
  for (const ticket of tickets) parts.for(ticket).tickets.push({ ...ticket });
  return parts.all.map((part, index) =>
    RoundRecorded(domain, { ...same, ...part, removedTicketIds: [], proposals: index === parts.all.length - 1 ? proposals : [] }),
  );
}
type Entry = Record<string, unknown>;

export interface PerformanceOutcome extends Pick<PerformanceRecorded['data'], 'snapshot' | 'asOf' | 'checkpoint' | 'returns'> {
  readonly cells: readonly ObservedCell[];
  readonly loads: readonly (ObservedLoad & { readonly atMs: number })[];
}

/** What is known from now on, in as many events of one number as its size needs. */
export function recordPerformance(domain: string, { cells, loads, ...same }: PerformanceOutcome): PerformanceRecorded[] {
  const parts = new Parts(() => ({ cells: [] as ObservedCell[], loads: [] as PerformanceRecorded['data']['loads'] }));
  for (const cell of cells) parts.for(cell).cells.push(cell);
  for (const load of loads) parts.for(load).loads.push(load);
  return parts.all.map((part, index) => PerformanceRecorded(domain, { ...same, ...part, complete: index === parts.all.length - 1 }));
}
