import { arrivalsOf, type Arrivals } from './arrivals.ts';
import { COMPLETES, EventQueue, GIVES_UP, NEVER, REOPENS, SHIFT_BEGINS, SHIFT_ENDS, SURVEY_RETURNS, WAKES } from './event-queue.ts';
import { Draws } from './random.ts';
import type { Desk, Router, Ticket } from './router.ts';
import { kindOf, type Team } from './team.ts';
import type { Truth } from './truth.ts';
import type { Workload } from './workload.ts';

// Taken from the global object once: these are asked for every ticket.
const { exp, log2, max, min } = Math;
const clock = performance;

/** One run's world: arrivals and all chance, shared by the policies that are compared. */
export interface World {
  readonly workload: Workload;
  readonly team: Team;
  readonly truth: Truth;
  readonly arrivals: Arrivals;
  readonly seed: number;
  /** Instant of the drift; NEVER = there is none. */
  readonly driftAt: number;
}

export function worldOf(workload: Workload, team: Team, truth: Truth, seed: number): World {
  const arrivals = arrivalsOf(workload, team, seed);
  return { workload, team, truth, arrivals, seed, driftAt: arrivals.at[truth.driftTicket] ?? NEVER };
}

/** What became of every ticket, by number; NaN = it never did. */
export interface Outcome {
  readonly firstResponseAt: Float64Array;
  readonly resolvedAt: Float64Array;
  readonly abandonedAt: Float64Array;
  readonly reopenings: Uint16Array;
  /** 1 satisfied, 0 not, of resolved tickets. */
  readonly satisfied: Uint8Array;
  /** Minutes each agent worked between the arrival of the first counted ticket and the last arrival. */
  readonly busyMinutes: Float64Array;
  readonly decisions: number;
  /** Milliseconds of real time the router took for them. */
  readonly decidingMs: number;
  /** Ticket, agent and instant of every assignment. */
  readonly trace: Float64Array;
}

/** Minutes of work on one attempt at a ticket, from their mean. */
export type WorkLaw = (meanMinutes: number, ticket: number, attempt: number) => number;

/** Lognormal with the given mean and coefficient of variation. */
export function lognormalWork(cv: number, seed: number): WorkLaw {
  const draws = new Draws(seed, 'work');
  const sigma = Math.sqrt(Math.log(1 + cv * cv));
  return (mean, ticket, attempt) => mean * exp(sigma * draws.normal(ticket, attempt) - (sigma * sigma) / 2);
}

/** Where a ticket is. Solved: it may yet come back. */
const WAITING = 1;
const HELD = 2;
const IN_WORK = 3;
const SOLVED = 4;
const RESOLVED = 5;
const ABANDONED = 6;

const HOUR_MINUTES = 60;
/** A router that asks to be asked again and again must not run for ever: events per ticket, far above what any world needs. */
const EVENTS_PER_TICKET_MAX = 1000;

type Writable = { -readonly [Key in keyof Ticket]: Ticket[Key] };

export class Simulation implements Desk {
  readonly team: Team;
  readonly seed: number;
  readonly #world: World;
  readonly #workOf: WorkLaw;
  readonly #events = new EventQueue();
  readonly #tickets: Writable[] = [];
  readonly #place: Uint8Array;
  readonly #owner: Int32Array;
  readonly #held: Ticket[][];
  readonly #inWork: (Ticket | undefined)[];
  readonly #beganAt: Float64Array;
  readonly #onDuty: Uint8Array;
  /** Agents who may have something new to begin. */
  readonly #stirred: number[] = [];
  readonly #outcome;
  readonly #countFrom: number;
  readonly #draws;
  #unfinished: number;
  #trace = new Float64Array(3 * 1024);
  #decisions = 0;

  constructor(world: World, workLaw?: WorkLaw) {
    const { workload, team, seed, arrivals } = world;
    this.#world = world;
    this.team = team;
    this.seed = seed;
    this.#workOf = workLaw ?? lognormalWork(workload.truth.handleCv, seed);
    const { tickets } = workload;
    const agents = team.agentIds.length;
    this.#place = new Uint8Array(tickets);
    this.#owner = new Int32Array(tickets).fill(-1);
    this.#held = Array.from({ length: agents }, () => []);
    this.#inWork = Array.from({ length: agents });
    this.#beganAt = new Float64Array(agents);
    this.#onDuty = new Uint8Array(agents);
    this.#unfinished = tickets;
    this.#countFrom = arrivals.at[firstCounted(workload)]!;
    this.#draws = {
      outcome: new Draws(seed, 'outcome'),
      reopening: new Draws(seed, 'reopening'),
      satisfaction: new Draws(seed, 'satisfaction'),
      survey: new Draws(seed, 'survey'),
      patience: new Draws(seed, 'patience'),
    };
    this.#outcome = {
      firstResponseAt: new Float64Array(tickets).fill(NaN),
      resolvedAt: new Float64Array(tickets).fill(NaN),
      abandonedAt: new Float64Array(tickets).fill(NaN),
      reopenings: new Uint16Array(tickets),
      satisfied: new Uint8Array(tickets),
      busyMinutes: new Float64Array(agents),
    };
  }

  held(agent: number): readonly Ticket[] {
    return this.#held[agent]!;
  }

  hasRoom(agent: number): boolean {
    return this.#onDuty[agent] === 1 && this.#held[agent]!.length < this.team.ticketsMax[agent]!;
  }

  /** Runs until every ticket is resolved or abandoned, or nothing can happen any more. */
  run(router: Router): Outcome {
    const { workload, team, arrivals } = this.#world;
    const { tickets } = workload;
    team.shifts.forEach((shifts, agent) => {
      for (const { fromMinute, toMinute } of shifts) {
        this.#events.push(fromMinute, SHIFT_BEGINS, agent);
        this.#events.push(toMinute, SHIFT_ENDS, agent);
      }
    });
    let arrived = 0;
    let decidingMs = 0;
    let wakeAt = NEVER;
    let eventsLeft = EVENTS_PER_TICKET_MAX * (tickets + 100);
    const assign = (ticket: Ticket, agent: number): void => this.#assign(ticket, agent, at);
    let at = 0;
    while (this.#unfinished > 0 && eventsLeft > 0) {
      const arrivesAt = arrived < tickets ? arrivals.at[arrived]! : NEVER;
      at = min(arrivesAt, this.#events.nextAt);
      if (at === NEVER) break;
      while (this.#events.nextAt === at) {
        const kind = this.#events.nextKind;
        const subject = this.#events.nextSubject;
        this.#events.pop();
        this.#happens(kind, subject, at, router);
        eventsLeft -= 1;
      }
      while (arrived < tickets && arrivals.at[arrived] === at) {
        this.#arrives(arrived, at, router);
        arrived += 1;
      }
      const askedAt = clock.now();
      const again = router.decide(at, assign);
      decidingMs += clock.now() - askedAt;
      this.#beginWork(at);
      if (wakeAt <= at) wakeAt = NEVER;
      if (again !== undefined && again > at && again < wakeAt) {
        wakeAt = again;
        this.#events.push(again, WAKES, 0);
      }
    }
    const trace = this.#trace.slice(0, 3 * this.#decisions);
    return { ...this.#outcome, decisions: this.#decisions, decidingMs, trace };
  }

  #happens(kind: number, subject: number, at: number, router: Router): void {
    switch (kind) {
      case SHIFT_BEGINS:
        this.#onDuty[subject] = 1;
        router.shiftBegan?.(subject, at);
        break;
      case SHIFT_ENDS:
        this.#endShift(subject, at, router);
        break;
      case COMPLETES:
        this.#completes(subject, at, router);
        break;
      case REOPENS: {
        const ticket = this.#tickets[subject]!;
        ticket.reopenings += 1;
        this.#outcome.reopenings[subject]! += 1;
        ticket.deadline = at + this.team.slaMinutes[ticket.priority]!;
        this.#place[subject] = WAITING;
        router.waits(ticket, 'reopened', at);
        break;
      }
      case SURVEY_RETURNS:
        router.surveyReturned?.(this.#tickets[subject]!, this.#outcome.satisfied[subject] === 1, at);
        break;
      case GIVES_UP:
        this.#givesUp(subject, at, router);
        break;
      case WAKES:
        break;
    }
  }

  #arrives(number: number, at: number, router: Router): void {
    const { arrivals, workload } = this.#world;
    const category = arrivals.category[number]!;
    const language = arrivals.language[number]!;
    const priority = arrivals.priority[number]!;
    const deadline = at + this.team.slaMinutes[priority]!;
    const kind = kindOf(this.team, category, language);
    const ticket = { number, category, language, priority, kind, arrivedAt: at, deadline, reopenings: 0 };
    this.#tickets.push(ticket);
    this.#place[number] = WAITING;
    const { patienceHours } = workload.truth;
    if (patienceHours !== null)
      this.#events.push(at + patienceHours * HOUR_MINUTES * this.#draws.patience.exponential(number), GIVES_UP, number);
    router.waits(ticket, 'arrived', at);
  }

  #assign(ticket: Ticket, agent: number, at: number): void {
    const { number, category, language, kind } = ticket;
    const refuse = (why: string): never => {
      throw new Error(`ticket ${number} cannot go to agent '${this.team.agentIds[agent] ?? agent}' at minute ${at}: ${why}`);
    };
    if (this.#place[number] !== WAITING) refuse('it does not wait');
    if (this.#onDuty[agent] !== 1) refuse('the agent is off duty');
    if (!this.hasRoom(agent)) refuse(`the agent holds ${this.#held[agent]!.length} of at most ${this.team.ticketsMax[agent]} tickets`);
    if (!this.team.levels[agent * this.team.categories.length + category])
      refuse(`the agent has no skill '${this.team.categories[category]}'`);
    if (!this.team.proficiencies[agent * this.team.languages.length + language])
      refuse(`the agent does not speak '${this.team.languages[language]}' (kind ${kind})`);
    this.#place[number] = HELD;
    this.#owner[number] = agent;
    this.#held[agent]!.push(ticket);
    this.#stirred.push(agent);
    if (3 * (this.#decisions + 1) > this.#trace.length) {
      const longer = new Float64Array(2 * this.#trace.length);
      longer.set(this.#trace);
      this.#trace = longer;
    }
    const row = 3 * this.#decisions;
    this.#trace[row] = number;
    this.#trace[row + 1] = agent;
    this.#trace[row + 2] = at;
    this.#decisions += 1;
  }

  /** Whoever is idle and on duty begins the held ticket with the earliest deadline (of equals the one that came first). */
  #beginWork(at: number): void {
    for (const agent of this.#stirred) {
      const held = this.#held[agent]!;
      if (this.#inWork[agent] !== undefined || this.#onDuty[agent] !== 1 || held.length === 0) continue;
      let next = held[0]!;
      for (const ticket of held)
        if (ticket.deadline < next.deadline || (ticket.deadline === next.deadline && ticket.number < next.number)) next = ticket;
      const { number, category, reopenings } = next;
      this.#place[number] = IN_WORK;
      this.#inWork[agent] = next;
      this.#beganAt[agent] = at;
      if (reopenings === 0) this.#outcome.firstResponseAt[number] = at;
      const { truth, driftAt } = this.#world;
      const means = at >= driftAt ? truth.handleMinutesLater : truth.handleMinutes;
      const minutes = this.#workOf(means[agent * this.team.categories.length + category]!, number, reopenings);
      this.#events.push(at + minutes, COMPLETES, agent);
    }
    this.#stirred.length = 0;
  }

  #completes(agent: number, at: number, router: Router): void {
    const { truth, workload, arrivals } = this.#world;
    const ticket = this.#inWork[agent]!;
    const { number, category, reopenings } = ticket;
    const beganAt = this.#beganAt[agent]!;
    this.#inWork[agent] = undefined;
    this.#release(agent, ticket);
    const counted = min(at, arrivals.at[workload.tickets - 1]!) - max(beganAt, this.#countFrom);
    if (counted > 0) this.#outcome.busyMinutes[agent]! += counted;
    const pair = agent * this.team.categories.length + category;
    if (this.#draws.outcome.uniform(number, reopenings) < truth.resolvedShare[pair]!) {
      this.#place[number] = RESOLVED;
      this.#outcome.resolvedAt[number] = at;
      this.#unfinished -= 1;
      this.#survey(ticket, pair, at);
    } else {
      this.#place[number] = SOLVED;
      this.#events.push(at + truth.reopenAfterMinutes * this.#draws.reopening.exponential(number, reopenings), REOPENS, number);
    }
    router.completed?.(ticket, agent, at, beganAt);
  }

  #survey({ number, priority, arrivedAt, reopenings }: Ticket, pair: number, at: number): void {
    const { truth, workload } = this.#world;
    const { base, perLog2WaitOverSla, perReopening } = workload.truth.satisfaction;
    const wait = this.#outcome.firstResponseAt[number]! - arrivedAt;
    const logit =
      base + truth.affinity[pair]! + perLog2WaitOverSla * log2(1 + wait / this.team.slaMinutes[priority]!) + perReopening * reopenings;
    this.#outcome.satisfied[number] = this.#draws.satisfaction.uniform(number) < 1 / (1 + exp(-logit)) ? 1 : 0;
    if (this.#draws.survey.uniform(number) < workload.truth.surveyReturnedShare)
      this.#events.push(at + workload.truth.surveyDelayHours * HOUR_MINUTES, SURVEY_RETURNS, number);
  }

  #givesUp(number: number, at: number, router: Router): void {
    const place = this.#place[number];
    const ticket = this.#tickets[number]!;
    if (ticket.reopenings > 0 || (place !== WAITING && place !== HELD)) return;
    const agent = place === HELD ? this.#owner[number]! : undefined;
    if (agent !== undefined) this.#release(agent, ticket);
    this.#place[number] = ABANDONED;
    this.#outcome.abandonedAt[number] = at;
    this.#unfinished -= 1;
    router.abandoned?.(ticket, agent, at);
  }

  #endShift(agent: number, at: number, router: Router): void {
    this.#onDuty[agent] = 0;
    router.shiftEnded?.(agent, at);
    for (const ticket of this.#held[agent]!.filter((one) => one !== this.#inWork[agent])) {
      this.#release(agent, ticket);
      this.#place[ticket.number] = WAITING;
      router.waits(ticket, 'handed-back', at);
    }
  }

  #release(agent: number, ticket: Ticket): void {
    const held = this.#held[agent]!;
    held.splice(held.indexOf(ticket), 1);
    this.#owner[ticket.number] = -1;
    this.#stirred.push(agent);
  }
}

/** The number of the first ticket that counts. */
export const firstCounted = ({ countFromShare, tickets }: Workload): number => Math.min(tickets - 1, Math.ceil(countFromShare * tickets));
