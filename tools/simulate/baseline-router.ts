import { NEVER } from './event-queue.ts';
import { Stream } from './random.ts';
import type { Assign, Desk, Router, Ticket } from './router.ts';
import { WaitingLine } from './waiting-line.ts';

/** How one baseline chooses. It hears what a router hears, and what was assigned. */
export interface Rule extends Partial<Omit<Router, 'decide'>> {
  /** The agent with the least gets the ticket; only agents are asked about who can take it and have room. */
  cost(ticket: Ticket, agent: number, at: number): number;
  assigned?(ticket: Ticket, agent: number, at: number): void;
}

/**
 * What all baselines and oracles have in common: a ticket that arrives goes at once to the agent with room whom the rule likes best (ties
 * at random); if nobody has room it waits. An agent who gets room pulls, of the waiting tickets they can take, the one with the earliest
 * deadline.
 */
export class BaselineRouter implements Router {
  readonly #desk: Desk;
  readonly #rule: Rule;
  readonly #ties: Stream;
  readonly #lines: WaitingLine[];
  /** The kinds of ticket each agent can take. */
  readonly #kinds: number[][];
  #fresh: Ticket[] = [];
  #freed: number[] = [];

  constructor(desk: Desk, rule: Rule) {
    this.#desk = desk;
    this.#rule = rule;
    this.#ties = new Stream(desk.seed, 'ties');
    this.#lines = desk.team.eligible.map(() => new WaitingLine());
    this.#kinds = desk.team.agentIds.map((_, agent) =>
      desk.team.eligible.flatMap((agents, kind) => (agents.includes(agent) ? [kind] : [])),
    );
  }

  waits(ticket: Ticket, why: 'arrived' | 'reopened' | 'handed-back', at: number): void {
    this.#fresh.push(ticket);
    this.#rule.waits?.(ticket, why, at);
  }

  completed(ticket: Ticket, agent: number, at: number, beganAt: number): void {
    this.#freed.push(agent);
    this.#rule.completed?.(ticket, agent, at, beganAt);
  }

  surveyReturned(ticket: Ticket, satisfied: boolean, at: number): void {
    this.#rule.surveyReturned?.(ticket, satisfied, at);
  }

  abandoned(ticket: Ticket, agent: number | undefined, at: number): void {
    if (agent === undefined) {
      this.#lines[ticket.kind]!.remove(ticket);
      this.#fresh = this.#fresh.filter((one) => one !== ticket);
    } else this.#freed.push(agent);
    this.#rule.abandoned?.(ticket, agent, at);
  }

  shiftBegan(agent: number, at: number): void {
    this.#freed.push(agent);
    this.#rule.shiftBegan?.(agent, at);
  }

  shiftEnded(agent: number, at: number): void {
    this.#rule.shiftEnded?.(agent, at);
  }

  decide(at: number, assign: Assign): void {
    const give = (ticket: Ticket, agent: number): void => {
      assign(ticket, agent);
      this.#rule.assigned?.(ticket, agent, at);
    };
    // One each in turn, so that of several who got room at once nobody takes all of it.
    if (this.#freed.length > 1) this.#ties.shuffle(this.#freed);
    while (this.#freed.length > 0)
      this.#freed = this.#freed.filter((agent) => {
        const line = this.#desk.hasRoom(agent) ? this.#earliest(agent) : undefined;
        const ticket = line?.shift();
        if (ticket) give(ticket, agent);
        return ticket !== undefined;
      });
    for (const ticket of this.#fresh) {
      const agent = this.#best(ticket, at);
      if (agent < 0) this.#lines[ticket.kind]!.push(ticket);
      else give(ticket, agent);
    }
    this.#fresh.length = 0;
  }

  /** Of the lines the agent can take from, the one whose first deadline is the earliest (ties at random). */
  #earliest(agent: number): WaitingLine | undefined {
    let best: WaitingLine | undefined;
    let least = NEVER;
    let ties = 1;
    for (const kind of this.#kinds[agent]!) {
      const line = this.#lines[kind]!;
      const deadline = line.firstDeadline;
      if (deadline > least || deadline === NEVER) continue;
      ties = deadline === least ? ties + 1 : 1;
      if (ties > 1 && this.#ties.below(ties) !== 0) continue;
      least = deadline;
      best = line;
    }
    return best;
  }

  #best(ticket: Ticket, at: number): number {
    let best = -1;
    let least = NEVER;
    let ties = 1;
    for (const agent of this.#desk.team.eligible[ticket.kind]!) {
      if (!this.#desk.hasRoom(agent)) continue;
      const cost = this.#rule.cost(ticket, agent, at);
      if (cost > least) continue;
      ties = cost === least ? ties + 1 : 1;
      if (ties > 1 && this.#ties.below(ties) !== 0) continue;
      least = cost;
      best = agent;
    }
    return best;
  }
}
