import type { Team } from './team.ts';

/**
 * The seam between the simulated world and whoever decides. A router is told what a routing service would be told, and nothing of how
 * agents really do. Tickets and agents are numbers: the ticket's is the order of its arrival, the agent's its position in the team.
 */
export interface Router {
  /** The ticket waits for the router from now on. `deadline` and `reopenings` of a reopened ticket are already the new ones. */
  waits(ticket: Ticket, why: 'arrived' | 'reopened' | 'handed-back', at: number): void;
  /**
   * Work ended; whether for good is known only if the ticket comes back. When work began a router could work out for itself (agents do one
   * ticket at a time, in the order of deadlines, without pause), so it is told.
   */
  completed?(ticket: Ticket, agent: number, at: number, beganAt: number): void;
  surveyReturned?(ticket: Ticket, satisfied: boolean, at: number): void;
  /** The customer gave up before the first response. @param agent who held the ticket; undefined = it waited */
  abandoned?(ticket: Ticket, agent: number | undefined, at: number): void;
  /** From now on the agent can be given tickets. Told of everybody on duty at minute 0, too. */
  shiftBegan?(agent: number, at: number): void;
  /** What the agent held and had not begun waits again (told after this). */
  shiftEnded?(agent: number, at: number): void;
  /**
   * Asked once after everything that happened at one instant. `assign` takes effect at once in `desk.held`; work begins when the router has
   * answered. @returns the instant at which to ask again even if nothing happens until then
   */
  decide(at: number, assign: Assign): number | void;
}

/** @throws if the ticket does not wait, or the agent is off duty, has no room, lacks the skill or does not speak the language */
export type Assign = (ticket: Ticket, agent: number) => void;

/** One ticket, the same object from arrival to the end; the simulation writes it. */
export interface Ticket {
  readonly number: number;
  readonly category: number;
  readonly language: number;
  /** Position in `team.priorities`. */
  readonly priority: number;
  /** Index into `team.eligible`. */
  readonly kind: number;
  readonly arrivedAt: number;
  /** Arrival, or the latest reopening, + the priority's SLA minutes. */
  readonly deadline: number;
  readonly reopenings: number;
}

/** What a router may look at whenever it likes. */
export interface Desk {
  readonly team: Team;
  /** Open tickets of an agent: the one in work, if any, and those held. In no particular order; do not keep or change the array. */
  held(agent: number): readonly Ticket[];
  /** On duty, and holds fewer tickets than `ticketsMax`. */
  hasRoom(agent: number): boolean;
  /** For the router's own chance, different in every run. */
  readonly seed: number;
}
