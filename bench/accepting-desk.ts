import { RoutingTopic, TicketAssigned, type AssignmentProposed, type Draft } from '@signalbox/contracts';
import { tailTopics, type RawRecord } from '@signalbox/messaging';
import type { Stack } from '@signalbox/test-stack';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CandidateAgent, WaitingTicket } from '../services/routing/src/domain/waiting-ticket.ts';
import { stateOf, type Company } from './company.ts';

/** An agent solves the oldest ticket as soon as one more is assigned: the company never fills up. */
const KEPT = 3;

interface Seat {
  readonly agent: CandidateAgent;
  version: number;
  holds: string[];
}
type Proposal = Pick<AssignmentProposed['data'], 'proposalId' | 'agentId' | 'units'>;

/**
 * Plays assignment for a routing stage: accepts every proposal with TicketAssigned and the agent's new state, as fast as they come.
 * It also judges them: none beyond an agent's room, none for a ticket that has an owner, none for an agent who cannot do it.
 */
export class AcceptingDesk {
  readonly #seats: ReadonlyMap<string, Seat>;
  readonly #granted = new Map<string, Proposal>();
  readonly #wrong: string[] = [];
  #said: Draft[] = [];
  #publishing: Promise<void> | undefined;
  #stopTail: () => Promise<void> = async () => undefined;
  readonly #stack: Stack;
  readonly #company: Company;

  private constructor(stack: Stack, company: Company) {
    this.#stack = stack;
    this.#company = company;
    this.#seats = new Map(company.agents.map((agent) => [agent.agentId, { agent, version: 1, holds: [] }]));
  }

  static async open(stack: Stack, company: Company): Promise<AcceptingDesk> {
    const desk = new AcceptingDesk(stack, company);
    desk.#stopTail = await tailTopics({
      ...stack.kafka,
      topics: [RoutingTopic.name],
      fromBeginning: true,
      onRecord: (record) => desk.#onRecord(record),
    });
    return desk;
  }

  #onRecord({ value }: RawRecord): void {
    const event = JSON.parse(value!.toString()) as { type: string; subject: string; data: Proposal };
    if (event.type !== 'AssignmentProposed') return;
    const { subject: ticketId, data } = event;
    const before = this.#granted.get(ticketId);
    if (before?.proposalId === data.proposalId) return; // Sent again.
    if (before !== undefined) this.#wrong.push(`${ticketId} was proposed twice`);
    else this.#grant(ticketId, data);
  }

  #grant(ticketId: string, proposal: Proposal): void {
    const { proposalId, agentId, units } = proposal;
    this.#granted.set(ticketId, proposal);
    const seat = this.#seats.get(agentId)!;
    const { unitsMax } = seat.agent;
    const unitsBefore = seat.holds.length;
    if (unitsBefore + units > unitsMax) this.#wrong.push(`${ticketId} was proposed to ${agentId}, who had no room`);
    seat.holds = [...seat.holds, ticketId].slice(-KEPT);
    seat.version += 1;
    const at = new Date().toISOString();
    this.#said.push(
      TicketAssigned(ticketId, {
        ticket: {
          status: 'open',
          agentId,
          offer: null,
          epoch: 2,
          priorityOverride: null,
          queueOverride: null,
          extraSkills: {},
          firstQueuedAt: at,
          relaxFrom: at,
          excludedAgentIds: [],
        },
        agentId,
        proposalId,
        how: 'automatic',
        units,
        assignedAt: at,
        load: { agentId, agentVersion: seat.version, unitsBefore, units: seat.holds.length, unitsMax, cause: 'assigned' },
      }),
      stateOf(seat.agent, seat.version, seat.holds),
    );
    this.#publishing ??= this.#publish().finally(() => (this.#publishing = undefined));
  }

  /** What comes while a batch is on its way goes with the next one. */
  async #publish(): Promise<void> {
    // What has been read with this record comes in the same turn of the event loop.
    await sleep(0);
    while (this.#said.length > 0) await this.#stack.publish(...this.#said.splice(0));
  }

  /** @throws Error when so many tickets are not decided in time, or the stage has ended */
  async decided(tickets: number, withinMs: number, stage: ChildProcess): Promise<void> {
    for (const deadline = Date.now() + withinMs; this.#granted.size < tickets; await sleep(5)) {
      if (stage.exitCode !== null) throw new Error(`the stage ended with ${stage.exitCode}`);
      if (Date.now() > deadline) throw new Error(`${this.#granted.size} of ${tickets} tickets decided within ${withinMs} ms`);
    }
  }

  /** @throws Error naming the first proposals that should not have been made */
  mustBeRight(tickets: readonly WaitingTicket[]): void {
    for (const ticket of tickets) {
      const { agentId } = this.#granted.get(ticket.ticketId)!;
      if (!this.#company.fits(ticket, this.#seats.get(agentId)!.agent)) this.#wrong.push(`${agentId} cannot do ${ticket.ticketId}`);
    }
    if (this.#wrong.length > 0) throw new Error(`${this.#wrong.length} wrong proposals: ${this.#wrong.slice(0, 3).join('; ')}`);
  }

  async close(): Promise<void> {
    await this.#stopTail();
    await this.#publishing;
  }
}
