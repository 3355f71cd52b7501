import type { DonorLevel } from '@signalbox/contracts';
import {
  inOrder,
  levelsAsked,
  match,
  mixed,
  NOTHING_PASSING,
  type CandidateAgent,
  type Learned,
  type MatchPolicy,
  type Passing,
  type WaitingTicket,
} from '@signalbox/routing/domain';
import { COMPLETES, EventQueue, REOPENS, WAKES } from '../simulate/event-queue.ts';
import { lognormalWork } from '../simulate/simulation.ts';
import type { Traffic, TrafficTicket } from './traffic.ts';

const ARRIVES = 10;
const AGENT_CHANGES = 11;
/** As in the service. */
const TICKETS_MAX = 200;
/** Of handle times, as large as their mean: what routing counts with, too. */
const HANDLE_CV = 1;
/** A policy that asks to be woken again and again must not run for ever. */
const EVENTS_PER_TICKET_MAX = 1_000;
const MINUTE_MS = 60_000;

/** What became of the traffic's tickets, by their position. */
export interface Resimulated {
  /** Who was given it first; undefined = nobody. */
  readonly firstAgent: readonly (string | undefined)[];
  /** When work on it first began (ms); NaN = never. */
  readonly beganAt: Float64Array;
  readonly busyMinutes: ReadonlyMap<string, number>;
  readonly solved: ReadonlyMap<string, number>;
  /** It came to more events than a run may have: what would have happened after them is missing. */
  readonly cut: boolean;
}

interface Work {
  readonly nth: number;
  readonly ticket: TrafficTicket;
  readonly seen: WaitingTicket;
  readonly attempt: number;
}
interface Desk {
  agent: CandidateAgent;
  domain: string;
  readonly held: Work[];
  inWork: Work | undefined;
  idleSince: number | null;
  lastAssignedAt: number | null;
  givenAt: number[];
}

/**
 * Runs real traffic through a policy. An agent works on one ticket at a time, in the order they were given; a ticket keeps its real
 * minutes with who really solved it, with anybody else they are drawn around the pair's learned mean: the same draw whatever the policy.
 * @param model gives the learned means
 */
export function resimulate(traffic: Traffic, decideBy: MatchPolicy, model: Learned, seed: number): Resimulated {
  const { tickets, agents } = traffic;
  const { fairness, nearBreachMinutes } = decideBy.policy;
  const queue = new EventQueue();
  const workOf = lognormalWork(HANDLE_CV, seed);
  /** By domain. */
  const waiting = new Map<string, Map<number, Work>>();
  const desks = new Map<string, Desk>();
  const firstAgent: (string | undefined)[] = tickets.map(() => undefined);
  const attempts = new Int32Array(tickets.length);
  const beganAt = new Float64Array(tickets.length).fill(NaN);
  const busyMinutes = new Map<string, number>();
  const solved = new Map<string, number>();
  const asked = levelsAsked(decideBy.policy);
  const waits: { readonly queueId: string; readonly at: number; readonly minutes: number }[] = [];
  /** By ticket, attempts whose wait has ended once: an agent who goes away and leaves it waiting begins no other. */
  const waited = new Int32Array(tickets.length);
  const agentIds = [...new Set(agents.map(({ agent }) => agent.agentId))].sort();
  let rounds = 0;
  let wakeAt = Infinity;

  agents.forEach(({ at }, nth) => queue.push(at, AGENT_CHANGES, nth));
  tickets.forEach(({ arrivesAt }, nth) => queue.push(arrivesAt, ARRIVES, nth));
  let left = EVENTS_PER_TICKET_MAX * (tickets.length + 100);
  while (queue.nextAt < Infinity && left > 0) {
    const now = queue.nextAt;
    while (queue.nextAt === now) {
      const [kind, subject] = [queue.nextKind, queue.nextSubject];
      queue.pop();
      left -= 1;
      happens(kind, subject, now);
    }
    if (wakeAt <= now) wakeAt = Infinity;
    decide(now);
  }
  return { firstAgent, beganAt, busyMinutes, solved, cut: queue.nextAt < Infinity };

  function happens(kind: number, subject: number, now: number): void {
    if (kind === AGENT_CHANGES) changeAgent(agents[subject]!.agent, now);
    else if (kind === COMPLETES) complete(desks.get(agentIds[subject]!)!, now);
    else if (kind === ARRIVES) wait(subject, tickets[subject]!.seen, now);
    else if (kind === REOPENS)
      wait(subject, { ...tickets[subject]!.seen, relaxFrom: now, firstQueuedAt: now, dueAt: null, epoch: attempts[subject]! + 1 }, now);
  }

  function wait(nth: number, seen: WaitingTicket, now: number): void {
    const relaxFrom = attempts[nth] === 0 ? now : seen.relaxFrom;
    queueUp({ nth, ticket: tickets[nth]!, seen: { ...seen, relaxFrom }, attempt: attempts[nth]! });
  }
  function queueUp(work: Work): void {
    const domain = traffic.domainOf([work.seen.queueId]);
    const works = waiting.get(domain) ?? new Map<number, Work>();
    waiting.set(domain, works.set(work.nth, work));
  }

  function changeAgent(agent: CandidateAgent, now: number): void {
    const domain = traffic.domainOf(agent.queueIds);
    const nothing = { held: [], inWork: undefined, idleSince: now, lastAssignedAt: null, givenAt: [] };
    const desk = desks.get(agent.agentId) ?? { agent, domain, ...nothing };
    desks.set(agent.agentId, desk);
    desk.agent = agent;
    desk.domain = domain;
    if (agent.presence !== 'offline') return begin(desk, now);
    for (const work of desk.held.filter((one) => one !== desk.inWork)) {
      desk.held.splice(desk.held.indexOf(work), 1);
      queueUp(work);
    }
  }

  function begin(desk: Desk, now: number): void {
    const [next] = desk.held;
    if (desk.inWork || !next || desk.agent.presence === 'offline') return;
    const { agentId } = desk.agent;
    desk.inWork = next;
    if (Number.isNaN(beganAt[next.nth]!)) beganAt[next.nth] = now;
    const real = next.ticket.solutions[next.attempt];
    const minutes =
      real?.agentId === agentId ? real.minutes : workOf(model.handleMinutes(agentId, next.seen.category), next.nth, next.attempt);
    busyMinutes.set(agentId, (busyMinutes.get(agentId) ?? 0) + minutes);
    queue.push(now + minutes * MINUTE_MS, COMPLETES, agentIds.indexOf(agentId));
  }

  function complete(desk: Desk, now: number): void {
    const { nth, ticket, attempt } = desk.inWork!;
    desk.held.splice(desk.held.indexOf(desk.inWork!), 1);
    desk.inWork = undefined;
    solved.set(desk.agent.agentId, (solved.get(desk.agent.agentId) ?? 0) + 1);
    attempts[nth] = attempt + 1;
    const after = ticket.solutions[attempt]?.reopenedAfterMinutes;
    if (after !== undefined) queue.push(now + after * MINUTE_MS, REOPENS, nth);
    if (desk.held.length === 0) desk.idleSince = now;
    begin(desk, now);
  }

  function decide(now: number): void {
    for (const [domain, works] of waiting)
      decideFor(
        works,
        [...desks.values()].filter((desk) => desk.domain === domain),
        now,
      );
  }
  function decideFor(works: Map<number, Work>, team: readonly Desk[], now: number): void {
    // Under overload most events change nothing: the next one who has room finds all that wait.
    if (!team.some(hasRoom)) return;
    for (let placed = 1; placed > 0 && works.size > 0;) {
      rounds += 1;
      const round = firstOf([...works.values()], now);
      const passing = new Map<string, Passing>();
      const candidates = team.map((desk) => candidateOf(desk, now, passing));
      const matched = match(
        round.map(({ seen }) => seen),
        candidates,
        { ...decideBy, donors: donorsAt(now) },
        new Date(now),
        mixed(rounds, seed),
        passing,
      );
      const byId = new Map(round.map((work) => [work.seen.ticketId, work]));
      for (const { ticket, agentId } of matched.proposals) {
        const work = byId.get(ticket.ticketId)!;
        works.delete(work.nth);
        give(work, desks.get(agentId)!, now);
      }
      const next = Math.min(...matched.waiting.map(({ nextStepAt }) => nextStepAt ?? Infinity));
      if (next > now && next < wakeAt) {
        wakeAt = next;
        queue.push(next, WAKES, 0);
      }
      placed = works.size > 0 && round.length === TICKETS_MAX ? matched.proposals.length : 0;
    }
  }

  /** As many as a round takes, the most urgent. */
  function firstOf(works: readonly Work[], now: number): readonly Work[] {
    if (works.length <= TICKETS_MAX) return works;
    const byId = new Map(works.map((work) => [work.seen.ticketId, work]));
    const ordered = inOrder(
      works.map(({ seen }) => seen),
      decideBy.policy,
      new Date(now),
    );
    return ordered.slice(0, TICKETS_MAX).map(({ ticketId }) => byId.get(ticketId)!);
  }

  function hasRoom({ agent, held }: Desk): boolean {
    return (
      agent.presence === 'online' &&
      held.reduce((sum, { seen }) => sum + seen.units, 0) < agent.unitsMax + (agent.interruptibleUnitsMax ?? 0)
    );
  }

  /** Of what this run has done so far. */
  function donorsAt(now: number): DonorLevel[] {
    const longestMs = Math.max(...asked.map(({ overMinutes }) => overMinutes)) * MINUTE_MS;
    while (waits.length > 0 && waits[0]!.at <= now - longestMs) waits.shift();
    return asked.map((one) => {
      const ended = waits.filter(({ queueId, at }) => queueId === one.queueId && at > now - one.overMinutes * MINUTE_MS);
      const late = [...waiting.values()]
        .flatMap((works) => [...works.values()])
        .filter(
          ({ nth, attempt, seen }) =>
            seen.queueId === one.queueId && waited[nth]! <= attempt && seen.relaxFrom < now - one.withinMinutes * MINUTE_MS,
        );
      const assignedWithin = ended.filter(({ minutes }) => minutes <= one.withinMinutes).length;
      return { ...one, assigned: ended.length, assignedWithin, waitingLonger: late.length };
    });
  }

  function give(work: Work, desk: Desk, now: number): void {
    if (asked.length > 0 && waited[work.nth]! <= work.attempt) {
      waits.push({ queueId: work.seen.queueId, at: now, minutes: (now - work.seen.relaxFrom) / MINUTE_MS });
      waited[work.nth] = work.attempt + 1;
    }
    firstAgent[work.nth] ??= desk.agent.agentId;
    desk.held.push(work);
    desk.idleSince = null;
    desk.lastAssignedAt = now;
    if (fairness) desk.givenAt.push(now);
    begin(desk, now);
  }

  function candidateOf(desk: Desk, now: number, passing: Map<string, Passing>): CandidateAgent {
    const channelUnitsUsed: Partial<Record<WaitingTicket['channel'], number>> = {};
    const { interruptibleUnitsMax } = desk.agent;
    let unitsUsed = 0;
    let interruptibleUnitsUsed = 0;
    let ticketsNearBreach = 0;
    for (const { seen } of desk.held) {
      if (seen.interruptible && interruptibleUnitsMax !== null) interruptibleUnitsUsed += seen.units;
      else unitsUsed += seen.units;
      channelUnitsUsed[seen.channel] = (channelUnitsUsed[seen.channel] ?? 0) + seen.units;
      // As the service counts: all an agent owns, begun or not, whose deadline can still be kept.
      if (seen.dueAt !== null && seen.dueAt > now && seen.dueAt < now + nearBreachMinutes * MINUTE_MS) ticketsNearBreach += 1;
    }
    if (fairness) desk.givenAt = desk.givenAt.filter((at) => at > now - fairness.windowMinutes * MINUTE_MS);
    const ticketsInWindow = desk.givenAt.length;
    if (ticketsNearBreach > 0 || ticketsInWindow > 0)
      passing.set(desk.agent.agentId, { ...NOTHING_PASSING, ticketsNearBreach, ticketsInWindow });
    const { idleSince, lastAssignedAt } = desk;
    const units = { unitsUsed, interruptibleUnitsUsed, channelUnitsUsed };
    return { ...desk.agent, ...units, idleSince, lastAssignedAt, work: desk.held.map(({ seen }) => seen.category) };
  }
}
