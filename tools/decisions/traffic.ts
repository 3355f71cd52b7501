import type {
  AgentState,
  AssignmentProposed,
  ClocksChanged,
  Received,
  TicketEnriched,
  TicketQueued,
  TicketReceived,
  TicketReopened,
  TicketSolved,
} from '@signalbox/contracts';
import type { ConfigurationSnapshot } from '@signalbox/messaging';
import {
  domainOfAgent,
  waitingTicketOf,
  type CandidateAgent,
  type RecordedRound,
  type TicketFacts,
  type WaitingTicket,
} from '@signalbox/routing/domain';

/** What real traffic is read from. */
export type TrafficEvent =
  TicketReceived | TicketEnriched | ClocksChanged | AssignmentProposed | TicketQueued | TicketSolved | TicketReopened | AgentState;

/** A ticket that wanted an agent within the window. Instants in ms. */
export interface TrafficTicket {
  readonly seen: WaitingTicket;
  /** When routing first looked for somebody. */
  readonly arrivesAt: number;
  readonly responseDueAt: number | null;
  /** Each time an agent really solved it: who, the minutes of work it took, and after how many it came back, if it did. */
  readonly solutions: readonly { readonly agentId: string; readonly minutes: number; readonly reopenedAfterMinutes: number | undefined }[];
}
/** How an agent stood from an instant on; what the agent had in hand then is not part of it. */
export interface AgentChange {
  readonly at: number;
  readonly agent: CandidateAgent;
  /** Missing from a round's agents: removed, or another domain's by then. */
  readonly gone?: boolean;
}
export interface Traffic {
  readonly tickets: readonly TrafficTicket[];
  /** In the order of their instants. */
  readonly agents: readonly AgentChange[];
  /** The matching domain of queues, as configured now. */
  readonly domainOf: (queueIds: readonly string[]) => string;
  readonly from: number;
  readonly to: number;
  /** Received in the window, and never routed: answered by the knowledge base, or still new. */
  readonly neverRouted: number;
  /** How many of the agents' changes come from rounds, and how many from the records still on signalbox.agents. */
  readonly agentChanges: { readonly fromRounds: number; readonly fromStates: number };
}

interface TicketHistory {
  facts: TicketFacts;
  enrichedAt?: number;
  wantedAt?: number;
  responseDueAt?: number;
  readonly solutions: { agentId: string | null; assignedAt: number; solvedAt: number }[];
  readonly reopenedAt: number[];
}

/** Gathers what happened in a window, in whatever order its topics are read. */
export class TrafficGatherer {
  readonly #from: Date;
  readonly #to: Date;
  readonly #tickets = new Map<string, TicketHistory>();
  /** By agent and domain: domains may be read one after the other. */
  readonly #agents = new Map<string, Map<string, AgentChange[]>>();
  readonly #states: AgentChange[] = [];
  /** By domain. */
  readonly #lastAgents = new Map<string, ReadonlyMap<string, CandidateAgent>>();

  constructor(from: Date, to: Date) {
    this.#from = from;
    this.#to = to;
  }

  /** Those of one domain in their order. */
  takeRound({ domain, now, agents }: RecordedRound): void {
    const at = now.getTime();
    const current = new Map(agents.map((agent) => [agent.agentId, agent]));
    const last = this.#lastAgents.get(domain) ?? new Map<string, CandidateAgent>();
    for (const agent of agents) if (last.get(agent.agentId) !== agent) this.#changed(domain, { at, agent });
    for (const [agentId, agent] of last)
      if (!current.has(agentId)) this.#changed(domain, { at, agent: { ...agent, presence: 'offline', inRotation: false }, gone: true });
    this.#lastAgents.set(domain, current);
  }
  /** Only what matters to the gate; the rest changes with every ticket. */
  #changed(domain: string, change: AgentChange): void {
    const { agentId } = change.agent;
    const byDomain = this.#agents.get(agentId) ?? new Map<string, AgentChange[]>();
    this.#agents.set(agentId, byDomain);
    const changes = byDomain.get(domain) ?? [];
    byDomain.set(domain, changes);
    const before = changes.at(-1)?.agent;
    if (before && standingOf(before) === standingOf(change.agent)) return;
    changes.push(change);
  }

  take(event: Received<TrafficEvent>): void {
    if (event.at > this.#to) return;
    if (event.type === 'AgentState') return this.#takeState(event);
    const history = this.#historyOf(event.ticketId);
    const { facts } = history;
    switch (event.type) {
      case 'TicketReceived':
        facts.received = { at: Date.parse(event.data.receivedAt), channel: event.data.channel, automatic: event.data.automatic ?? false };
        break;
      case 'TicketEnriched':
        this.#takeEnriched(history, event);
        break;
      case 'ClocksChanged':
        history.responseDueAt ??= dueAtOf(event.data);
        break;
      case 'AssignmentProposed':
        history.wantedAt = Math.min(history.wantedAt ?? Infinity, Date.parse(event.data.proposedAt));
        break;
      case 'TicketQueued':
        history.wantedAt = Math.min(history.wantedAt ?? Infinity, Date.parse(event.data.queuedAt));
        break;
      case 'TicketSolved': {
        const { agentId, assignedAt, solvedAt, how } = event.data;
        const assigned = assignedAt === null ? Date.parse(solvedAt) : Date.parse(assignedAt);
        history.solutions.push({ agentId: how === 'agent' ? agentId : null, assignedAt: assigned, solvedAt: Date.parse(solvedAt) });
        break;
      }
      case 'TicketReopened':
        history.reopenedAt.push(event.at.getTime());
        break;
    }
  }

  #historyOf(ticketId: string): TicketHistory {
    let history = this.#tickets.get(ticketId);
    if (!history) this.#tickets.set(ticketId, (history = { facts: {}, solutions: [], reopenedAt: [] }));
    return history;
  }

  /** As it was known first: what came later may be a consequence of what was decided. */
  #takeEnriched(history: TicketHistory, { at, data }: Received<TicketEnriched>): void {
    if (history.enrichedAt !== undefined && history.enrichedAt <= at.getTime()) return;
    history.enrichedAt = at.getTime();
    history.facts.enriched = {
      category: data.category.value,
      complexity: data.complexity.value,
      priority: data.priority.value,
      language: data.language.value,
      tier: data.customer.tier ?? null,
      wantsHuman: data.wantsHuman.value,
      recentAgentIds: data.customer.recentAgentIds,
      unclassified: data.missing.includes('classifier'),
    };
  }

  #takeState({ at, agentId, data }: Received<AgentState>): void {
    const { presence, inRotation, skills, languages, queueIds, unitsMax, channelUnitsMax, onShift, shiftEndsAt, agentVersion } = data;
    const agent: CandidateAgent = {
      agentId,
      agentVersion,
      presence: data.removed ? 'offline' : presence,
      inRotation,
      skills,
      languages,
      queueIds,
      unitsMax,
      channelUnitsMax,
      unitsUsed: 0,
      interruptibleUnitsMax: data.interruptibleUnitsMax ?? null,
      interruptibleUnitsUsed: 0,
      channelUnitsUsed: {},
      idleSince: null,
      lastAssignedAt: null,
      onShift,
      shiftEndsAt: shiftEndsAt === null ? null : Date.parse(shiftEndsAt),
      work: [],
    };
    this.#states.push({ at: at.getTime(), agent });
  }

  /** @param config gives tickets their queue and units, and queues their domain */
  traffic(config: ConfigurationSnapshot): Traffic {
    const [from, to] = [this.#from.getTime(), this.#to.getTime()];
    const minutesOf = this.#minutesOfWork();
    const tickets: TrafficTicket[] = [];
    let neverRouted = 0;
    for (const [ticketId, history] of this.#tickets) {
      const { facts, wantedAt, responseDueAt, solutions, reopenedAt } = history;
      if (!facts.received || facts.received.at < from || facts.received.at > to) continue;
      if (wantedAt === undefined) {
        neverRouted += 1;
        continue;
      }
      const dueAt = responseDueAt ?? null;
      solutions.sort((a, b) => a.solvedAt - b.solvedAt);
      reopenedAt.sort((a, b) => a - b);
      tickets.push({
        seen: waitingTicketOf(ticketId, { ...facts, dueAt }, config),
        arrivesAt: wantedAt,
        responseDueAt: dueAt,
        solutions: solutions.flatMap((one, nth) => {
          if (one.agentId === null) return [];
          const until = solutions[nth + 1]?.solvedAt ?? Infinity;
          const back = reopenedAt.find((at) => at >= one.solvedAt && at < until);
          const reopenedAfterMinutes = back === undefined ? undefined : (back - one.solvedAt) / 60_000;
          return [{ agentId: one.agentId, minutes: minutesOf.get(one)!, reopenedAfterMinutes }];
        }),
      });
    }
    tickets.sort((a, b) => a.arrivesAt - b.arrivesAt || (a.seen.ticketId < b.seen.ticketId ? -1 : 1));
    // Who was seen in two domains went from one to the other.
    const agents = [...this.#agents.values()].flatMap((byDomain) =>
      [...byDomain.values()].flat().filter(({ gone }) => !gone || byDomain.size === 1),
    );
    agents.sort(byInstant);
    const known = agents.length;
    const lastOf = new Map(agents.map((change) => [change.agent.agentId, change]));
    for (const { at, agent } of this.#states) {
      const last = lastOf.get(agent.agentId);
      // Known from rounds until its last one: the record that is left says what came after it. Of others it is all there is.
      if (!last) agents.push({ at: Math.min(at, from), agent });
      else if (at > last.at && standingOf(last.agent) !== standingOf(agent)) agents.push({ at, agent });
    }
    agents.sort(byInstant);
    const domainOf = (queueIds: readonly string[]): string => domainOfAgent(queueIds, config);
    return { tickets, agents, domainOf, from, to, neverRouted, agentChanges: { fromRounds: known, fromStates: agents.length - known } };
  }

  /** As routing learns them: from the assignment, or the agent's solution before, to the solution. */
  #minutesOfWork(): Map<TicketHistory['solutions'][number], number> {
    const minutesOf = new Map<TicketHistory['solutions'][number], number>();
    const lastSolvedAt = new Map<string, number>();
    const all = [...this.#tickets.values()].flatMap(({ solutions }) => solutions).sort((a, b) => a.solvedAt - b.solvedAt);
    for (const solution of all) {
      if (solution.agentId === null) continue;
      const began = Math.max(solution.assignedAt, lastSolvedAt.get(solution.agentId) ?? 0);
      minutesOf.set(solution, Math.max(0, solution.solvedAt - began) / 60_000);
      lastSolvedAt.set(solution.agentId, solution.solvedAt);
    }
    return minutesOf;
  }
}

const byInstant = (a: AgentChange, b: AgentChange): number => a.at - b.at || (a.agent.agentId < b.agent.agentId ? -1 : 1);
const standingOf = ({
  presence,
  inRotation,
  skills,
  languages,
  queueIds,
  unitsMax,
  channelUnitsMax,
  onShift,
  shiftEndsAt,
}: CandidateAgent): string =>
  JSON.stringify([presence, inRotation, skills, languages, queueIds, unitsMax, channelUnitsMax, onShift, shiftEndsAt]);

function dueAtOf({ clocks }: ClocksChanged['data']): number | undefined {
  const clock = clocks.find(({ target, dueAt }) => target === 'firstResponse' && dueAt !== null);
  return clock && Date.parse(clock.dueAt!);
}
