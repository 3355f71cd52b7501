import { CategoryConfig, type Priority, type RoutingPolicy } from '@signalbox/contracts';
import {
  fadedLoad,
  inOrder,
  Learned,
  loadAt,
  match,
  mixed,
  nothingObserved,
  withRated,
  withReturn,
  withReturned,
  withSolved,
  type CandidateAgent,
  type ObservedCell,
  type ObservedLoad,
  type WaitingTicket,
} from '@signalbox/routing/domain';
import type { Assign, Desk, Router, Ticket } from './router.ts';

const QUEUE = 'general';
/** Minute 0: any instant would do. */
const EPOCH_MS = Date.parse('2026-01-05T00:00:00Z');
const MINUTE_MS = 60_000;
/** A round takes as many as in the service. */
const TICKETS_MAX = 200;
/** In the service two seconds; here what was learned is summed up anew after so many completed tickets. */
const LEARN_EVERY = 10;

interface Solution {
  readonly agent: number;
  readonly at: number;
}

/** The service's own matching function and learning, told what the service would be told. */
export class SignalboxRouter implements Router {
  readonly #waiting = new Map<number, { readonly ticket: Ticket; readonly seen: WaitingTicket }>();
  readonly #agents: CandidateAgent[];
  readonly #cells: (ObservedCell | undefined)[];
  readonly #loads: (ObservedLoad & { readonly atMs: number })[];
  readonly #solutions = new Map<number, Solution>();
  readonly #categories: ReadonlyMap<string, CategoryConfig>;
  readonly #onDuty: boolean[];
  readonly #numbers = new Map<string, number>();
  #returns = { tickets: 0, minutes: 0 };
  #learned: Learned | undefined;
  #completedSince = 0;
  #rounds = 0;
  /** The earliest instant (ms) at which time alone may bring somebody for a ticket of the latest rounds. */
  #nextStepAt = Infinity;
  /** Agents whose record has to be written anew. */
  readonly #changed = new Set<number>();

  readonly desk: Desk;
  readonly policy: RoutingPolicy;

  constructor(desk: Desk, policy: RoutingPolicy) {
    this.desk = desk;
    this.policy = policy;
    const { agentIds, categories, languages, levels, proficiencies } = desk.team;
    this.#categories = new Map(
      categories.map((name) => [name, CategoryConfig.parse({ title: name, queue: QUEUE, requiredSkills: { [name]: 1 } })]),
    );
    this.#onDuty = agentIds.map(() => false);
    this.#cells = Array.from({ length: agentIds.length * categories.length });
    this.#loads = agentIds.map((agentId) => ({ agentId, perMinute: 0, busyShare: 0, atMs: EPOCH_MS }));
    this.#agents = agentIds.map((agentId, nth) => {
      this.#numbers.set(agentId, nth);
      const levelsOf = (names: readonly string[], given: Uint8Array): Record<string, number> =>
        Object.fromEntries(
          names.flatMap((name, at) => (given[nth * names.length + at]! > 0 ? [[name, given[nth * names.length + at]!]] : [])),
        );
      return {
        agentId,
        agentVersion: 1,
        presence: 'offline',
        inRotation: true,
        skills: levelsOf(categories, levels),
        languages: levelsOf(languages, proficiencies),
        queueIds: [QUEUE],
        unitsMax: desk.team.ticketsMax[nth]!,
        channelUnitsMax: {},
        unitsUsed: 0,
        interruptibleUnitsMax: null,
        interruptibleUnitsUsed: 0,
        channelUnitsUsed: {},
        idleSince: EPOCH_MS,
        lastAssignedAt: null,
        shiftEndsAt: null,
        work: [],
      };
    });
  }

  waits(ticket: Ticket, why: 'arrived' | 'reopened' | 'handed-back', at: number): void {
    const { team } = this.desk;
    const solution = this.#solutions.get(ticket.number);
    if (why === 'reopened' && solution) {
      this.#see(solution.agent, ticket.category, withReturned);
      this.#returns = withReturn(this.#returns, at - solution.at, this.policy.learning.memoryTickets);
    }
    this.#waiting.set(ticket.number, {
      ticket,
      seen: {
        ticketId: `t${String(ticket.number).padStart(9, '0')}`,
        category: team.categories[ticket.category]!,
        complexity: 1,
        priority: team.priorities[ticket.priority] as Priority,
        language: team.languages[ticket.language]!,
        channel: 'web',
        tier: null,
        queueId: QUEUE,
        units: 1,
        epoch: 1,
        firstQueuedAt: EPOCH_MS + (ticket.deadline - team.slaMinutes[ticket.priority]!) * MINUTE_MS,
        relaxFrom: EPOCH_MS + at * MINUTE_MS,
        excludedAgentIds: [],
        extraSkills: {},
        recentAgentIds: [],
        dueAt: EPOCH_MS + ticket.deadline * MINUTE_MS,
        unenriched: false,
        interruptible: false,
        ownerAgentId: null,
      },
    });
  }

  completed(ticket: Ticket, agent: number, at: number, beganAt: number): void {
    this.#see(agent, ticket.category, (cell) => withSolved(cell, at - beganAt, this.policy.learning.memoryTickets));
    this.#loads[agent] = fadedLoad(this.#loads[agent]!, EPOCH_MS + at * MINUTE_MS, at - beganAt);
    this.#solutions.set(ticket.number, { agent, at });
    this.#completedSince += 1;
    this.#changed.add(agent);
  }

  surveyReturned(ticket: Ticket, satisfied: boolean): void {
    const solution = this.#solutions.get(ticket.number);
    if (solution) this.#see(solution.agent, ticket.category, (cell) => withRated(cell, satisfied, this.policy.learning.memoryTickets));
  }

  abandoned(ticket: Ticket, agent: number | undefined): void {
    this.#waiting.delete(ticket.number);
    if (agent !== undefined) this.#changed.add(agent);
  }

  shiftBegan(agent: number): void {
    this.#onDuty[agent] = true;
    this.#changed.add(agent);
  }

  shiftEnded(agent: number): void {
    this.#onDuty[agent] = false;
    this.#changed.add(agent);
  }

  decide(at: number, assign: Assign): number | void {
    const now = EPOCH_MS + at * MINUTE_MS;
    this.#renewChanged(now);
    this.#nextStepAt = Infinity;
    if (this.#waiting.size === 0) return;
    if (!this.#learned || this.#completedSince >= LEARN_EVERY) {
      const cells = this.#cells.filter((cell) => cell !== undefined);
      const loads = this.#loads.map((load) => loadAt(load, now));
      this.#learned = new Learned(cells, this.policy.shrinkageTickets, loads, this.#returns);
      this.#completedSince = 0;
    }
    const staffed = this.#waitingFor(this.#onDuty);
    const tickets = inOrder(staffed, this.policy, new Date(now));
    this.#round(tickets.slice(0, TICKETS_MAX), now, assign);
    // What stands behind so many is tried too, as in the service; here only where somebody has room for it, or it would take hours.
    if (tickets.length > TICKETS_MAX) {
      const possible = new Set(this.#waitingFor(this.#onDuty.map((onDuty, agent) => onDuty && this.desk.hasRoom(agent))));
      const behind = tickets.slice(TICKETS_MAX).filter((ticket) => possible.has(ticket));
      for (let from = 0; from < behind.length; from += TICKETS_MAX) this.#round(behind.slice(from, from + TICKETS_MAX), now, assign);
    }
    if (this.#nextStepAt < Infinity) return (this.#nextStepAt - EPOCH_MS) / MINUTE_MS;
  }

  /** Those that one of these agents has the skill and the language for: nobody else's hold up a round. */
  #waitingFor(agents: readonly boolean[]): WaitingTicket[] {
    const kinds = this.desk.team.eligible.map((able) => able.some((agent) => agents[agent]));
    return [...this.#waiting.values()].flatMap(({ ticket, seen }) => (kinds[ticket.kind] ? [seen] : []));
  }

  #round(tickets: readonly WaitingTicket[], now: number, assign: Assign): void {
    this.#renewChanged(now);
    this.#rounds += 1;
    const by = { policy: this.policy, categories: this.#categories, learned: this.#learned! };
    const seed = mixed(this.#rounds, this.desk.seed);
    const { proposals, waiting } = match(tickets, this.#agents, by, new Date(now), seed);
    for (const { nextStepAt = Infinity } of waiting) this.#nextStepAt = Math.min(this.#nextStepAt, nextStepAt);
    for (const { ticket, agentId } of proposals) {
      const number = Number(ticket.ticketId.slice(1));
      const agent = this.#numbers.get(agentId)!;
      assign(this.#waiting.get(number)!.ticket, agent);
      this.#waiting.delete(number);
      this.#agents[agent] = { ...this.#agents[agent]!, lastAssignedAt: now };
      this.#changed.add(agent);
    }
  }

  #see(agent: number, category: number, change: (cell: ObservedCell) => ObservedCell): void {
    const { agentIds, categories } = this.desk.team;
    const at = agent * categories.length + category;
    this.#cells[at] = change(this.#cells[at] ?? nothingObserved(agentIds[agent]!, categories[category]!));
  }

  #renewChanged(now: number): void {
    for (const agent of this.#changed) this.#renew(agent, now);
    this.#changed.clear();
  }
  #renew(agent: number, now: number): void {
    const held = this.desk.held(agent);
    const before = this.#agents[agent]!;
    const idle = held.length === 0;
    this.#agents[agent] = {
      ...before,
      presence: this.#onDuty[agent] ? 'online' : 'offline',
      unitsUsed: held.length,
      channelUnitsUsed: { web: held.length },
      idleSince: idle ? (before.idleSince ?? now) : null,
      work: held.map(({ category }) => this.desk.team.categories[category]!),
    };
  }
}
