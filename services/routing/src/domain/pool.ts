import type { Channel } from '@signalbox/contracts';
import { hashOf, mixed, twoNormals } from './chance.js';
import { absenceOf, NO_CHANNEL_ROOM, NO_ROOM } from './gate.js';
import type { LearnedView } from './learning.js';
import type { Requirements } from './requirements.js';
import type { Group, History } from './roster.js';
import {
  idleSignal,
  pressureSignal,
  rotationSignal,
  workloadSignal,
  type Exploration,
  type LastingSignal,
  type ScoringContext,
} from './score.js';
import { NOTHING_PASSING, type CandidateAgent, type Passing, type WaitingTicket } from './waiting-ticket.js';
import type { Wish } from './wish.js';

/** Room on one channel, by position in the roster. */
export interface ChannelRoom {
  /** NaN = nobody has looked at this agent yet. */
  readonly taken: Float64Array;
  /** Infinity = no cap of its own. */
  readonly max: Float64Array;
}

/** How agents stand towards tickets of one kind (channel, units, pool), by position in the roster. */
export interface Standing {
  /** A code of the gate, 0 = can take one; NOT_SEEN = nobody has looked. */
  readonly why: Uint8Array;
  /** The workload signal of those who have been looked at. */
  readonly workload: Float64Array;
}
export const NOT_SEEN = 255;

/** For each agent a draw of what is not known of them in a category, the same for the whole round; NaN = not drawn yet. */
export interface Noise {
  readonly minutes: Float64Array;
  readonly resolved: Float64Array;
}

/** Who has room in one round, by position in the roster. Room the round itself takes counts at once. */
export class Pool {
  /** Position in NOT_NOW; 0 = takes tickets. */
  readonly absence: Uint8Array;
  readonly #unitsMax: Float64Array;
  /** The second pool; NaN = none. */
  readonly #secondMax: Float64Array;
  readonly #secondTaken: Float64Array;
  /** Used, in flight, and proposed by this round. */
  readonly #unitsTaken: Float64Array;
  readonly #idleSince: Float64Array;
  readonly #lastAssignedAt: Float64Array;
  /** How many of the agent's own tickets are near their deadline. */
  readonly ticketsNearBreach: Float64Array;
  /** NaN = nobody has asked yet. */
  readonly #aheadMinutes: Float64Array;
  readonly ticketsInWindow: Float64Array;
  readonly #channels = new Map<Channel, ChannelRoom>();
  readonly #ownColumns = new Map<Group, Map<OwnColumn, Float64Array>>();
  readonly #noises = new Map<string | null, Noise>();
  readonly #standings = new Map<string, Standing>();

  /** @param agents in the order of their ids */
  constructor(
    readonly agents: readonly CandidateAgent[],
    private readonly passing: ReadonlyMap<string, Passing>,
    readonly context: ScoringContext,
    private readonly seed: number,
  ) {
    const count = agents.length;
    this.absence = new Uint8Array(count);
    this.#unitsMax = new Float64Array(count);
    this.#unitsTaken = new Float64Array(count);
    this.#secondMax = new Float64Array(count);
    this.#secondTaken = new Float64Array(count);
    this.#idleSince = new Float64Array(count);
    this.#lastAssignedAt = new Float64Array(count);
    this.ticketsNearBreach = new Float64Array(count);
    this.#aheadMinutes = new Float64Array(count).fill(NaN);
    this.ticketsInWindow = new Float64Array(count);
    const { policy, now } = context;
    for (let index = 0; index < count; index += 1) {
      const agent = agents[index]!;
      this.absence[index] = absenceOf(agent, NOTHING_PASSING, policy, now);
      this.#unitsMax[index] = agent.unitsMax;
      this.#unitsTaken[index] = agent.unitsUsed;
      this.#secondMax[index] = agent.interruptibleUnitsMax ?? NaN;
      this.#secondTaken[index] = agent.interruptibleUnitsUsed;
      this.#idleSince[index] = agent.idleSince ?? Infinity;
      this.#lastAssignedAt[index] = agent.lastAssignedAt ?? -Infinity;
    }
    for (const [agentId, mine] of passing) {
      const index = this.indexOf(agentId);
      if (index < 0) continue;
      const second = !Number.isNaN(this.#secondMax[index]!);
      this.#unitsTaken[index]! += mine.units + (second ? 0 : mine.interruptibleUnits);
      if (second) this.#secondTaken[index]! += mine.interruptibleUnits;
      this.ticketsNearBreach[index] = mine.ticketsNearBreach;
      this.ticketsInWindow[index] = mine.ticketsInWindow;
      this.absence[index] = absenceOf(agents[index]!, mine, policy, now);
    }
  }

  /** The agent's position; −1 = not in this round. */
  indexOf(agentId: string): number {
    let low = 0;
    let high = this.agents.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const id = this.agents[middle]!.agentId;
      if (id === agentId) return middle;
      if (id < agentId) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** The tie-break: who has been idle longest, then who was last given a ticket longest ago, then the first id. Below 0 = one comes first. */
  inTurn(one: number, other: number): number {
    const idle = this.#idleSince;
    if (idle[one] !== idle[other]) return idle[one]! < idle[other]! ? -1 : 1;
    const last = this.#lastAssignedAt;
    return last[one] === last[other] ? one - other : last[one]! < last[other]! ? -1 : 1;
  }

  #isSecond(index: number, interruptible: boolean): boolean {
    return interruptible && !Number.isNaN(this.#secondMax[index]!);
  }
  /** Of the pool that a ticket of this kind would fill. */
  unitsTaken(index: number, interruptible: boolean): number {
    return (this.#isSecond(index, interruptible) ? this.#secondTaken : this.#unitsTaken)[index]!;
  }
  unitsMax(index: number, interruptible: boolean): number {
    return (this.#isSecond(index, interruptible) ? this.#secondMax : this.#unitsMax)[index]!;
  }

  /** Minutes of work before the agent could begin another ticket, by what is known of the tickets in hand. */
  aheadMinutes(index: number): number {
    let minutes = this.#aheadMinutes[index]!;
    if (!Number.isNaN(minutes)) return minutes;
    const { agentId, work } = this.agents[index]!;
    minutes = this.passing.get(agentId)?.aheadMinutes ?? 0;
    for (const category of work) minutes += this.context.learned.handleMinutes(agentId, category);
    this.#aheadMinutes[index] = minutes;
    return minutes;
  }

  roomOn(channel: Channel): ChannelRoom {
    const count = this.agents.length;
    return getOrMake(this.#channels, channel, () => ({ taken: new Float64Array(count).fill(NaN), max: new Float64Array(count) }));
  }

  /** An agent is asked per channel only when a ticket of it looks: most agents of a round are never looked at. */
  #look(index: number, channel: Channel, room: ChannelRoom): void {
    const { agentId, channelUnitsUsed, channelUnitsMax } = this.agents[index]!;
    room.taken[index] = (channelUnitsUsed[channel] ?? 0) + (this.passing.get(agentId)?.channels[channel] ?? 0);
    room.max[index] = channelUnitsMax[channel] ?? Infinity;
  }

  /** Why this agent cannot take so many units now: a code of the gate; 0 = can. `used + units ≤ max`, as assignment checks it. */
  whyNotNow(index: number, { units, channel, interruptible }: Weighty, room = this.roomOn(channel)): number {
    const absence = this.absence[index]!;
    if (absence !== 0) return absence;
    if (this.unitsTaken(index, interruptible) + units > this.unitsMax(index, interruptible)) return NO_ROOM;
    if (Number.isNaN(room.taken[index]!)) this.#look(index, channel, room);
    return room.taken[index]! + units > room.max[index]! ? NO_CHANNEL_ROOM : 0;
  }

  /** Looked at one by one: most agents of a round are never asked about. */
  standingTowards({ channel, units, interruptible }: Weighty): Standing {
    const count = this.agents.length;
    return getOrMake(this.#standings, `${channel} ${units} ${interruptible}`, () => ({
      why: new Uint8Array(count).fill(NOT_SEEN),
      workload: new Float64Array(count),
    }));
  }
  see(index: number, ticket: Weighty, { why, workload }: Standing, room: ChannelRoom): number {
    const { interruptible, units } = ticket;
    workload[index] = workloadSignal(this.unitsMax(index, interruptible), this.unitsTaken(index, interruptible), units);
    return (why[index] = this.whyNotNow(index, ticket, room));
  }

  /**
   * How many tickets of at most so many units each an agent whom `whyNotNow` has called free can take, of this channel and whatever else
   * comes; at least 1, at most `most`. Added up one by one, as assignment will.
   */
  placesFor(index: number, { channel, interruptible }: Weighty, unitsEach: number, most: number): number {
    const { fairness } = this.context.policy;
    const limit = fairness ? Math.min(most, fairness.ticketsMax - this.ticketsInWindow[index]!) : most;
    const room = this.roomOn(channel);
    const max = this.unitsMax(index, interruptible);
    let units = this.unitsTaken(index, interruptible) + unitsEach;
    let ofChannel = room.taken[index]! + unitsEach;
    let places = 1;
    for (; places < limit; places += 1) {
      units += unitsEach;
      ofChannel += unitsEach;
      if (units > max || ofChannel > room.max[index]!) break;
    }
    return places;
  }

  /** Of an agent whom `whyNotNow` has just called free. */
  take(index: number, { units, channel, interruptible }: Weighty, minutes: number): void {
    (this.#isSecond(index, interruptible) ? this.#secondTaken : this.#unitsTaken)[index]! += units;
    this.roomOn(channel).taken[index]! += units;
    for (const { why } of this.#standings.values()) why[index] = NOT_SEEN;
    this.#idleSince[index] = Infinity;
    this.#lastAssignedAt[index] = this.context.now;
    this.#ownColumns.clear();
    if (minutes > 0) this.#aheadMinutes[index] = this.aheadMinutes(index) + minutes;
    this.ticketsInWindow[index]! += 1;
    const { fairness } = this.context.policy;
    if (fairness) {
      const mine = { ...NOTHING_PASSING, ticketsInWindow: this.ticketsInWindow[index]! };
      this.absence[index] = absenceOf(this.agents[index]!, mine, this.context.policy, this.context.now);
    }
  }

  /** Per member of a group each signal that tickets of one kind share in a round, in the order of the weighting. */
  lastingSignals({ fit: { group, needs }, skills, weighting, view, ticket: { category } }: Wish): Float64Array[] {
    return weighting.lasting.map((name) => this.#signal(group, name, skills, needs, category, view));
  }

  history(group: Group, view: LearnedView, category: string | null): History {
    return group.history(view, category, this.context.learned.teamHandleMinutes(category));
  }

  #signal(
    group: Group,
    name: LastingSignal,
    skillsKey: string,
    needs: Requirements,
    category: string | null,
    view: LearnedView,
  ): Float64Array {
    const { now, policy } = this.context;
    switch (name) {
      case 'skill':
        return group.skill(skillsKey, needs);
      case 'language':
        return group.language(needs.language);
      case 'speed':
        return this.history(group, view, category).speed;
      case 'satisfaction':
        return this.history(group, view, category).satisfaction;
      case 'idle':
        return this.#own(group, name, (index) => idleSignal(this.#idleSince[index]!, now));
      case 'rotation':
        return this.#own(group, name, (index) => rotationSignal(this.#lastAssignedAt[index]!, now));
      case 'slaPressure':
        return this.#own(group, name, (index) => pressureSignal(policy.agentSlaPressure, this.ticketsNearBreach[index]!));
    }
  }

  noise(category: string | null): Noise {
    const count = this.agents.length;
    const make = (): Noise => ({ minutes: new Float64Array(count).fill(NaN), resolved: new Float64Array(count) });
    return getOrMake(this.#noises, category, make);
  }
  draw(noise: Noise, index: number, category: string | null): void {
    const own = this.noiseOf(this.agents[index]!.agentId, category, 0);
    noise.minutes[index] = own.minutes;
    noise.resolved[index] = own.resolved;
  }

  /** Nth draw (0 = the one the round decides by) of what is not known of an agent in a category. */
  noiseOf(agentId: string, category: string | null, draw: number): ReturnType<Exploration['noiseOf']> {
    const [minutes, resolved] = twoNormals(mixed(mixed(this.seed, hashOf(agentId)), mixed(hashOf(category ?? ''), draw)));
    return { minutes, resolved };
  }

  #own(group: Group, name: OwnColumn, valueOf: (index: number) => number): Float64Array {
    const columns = getOrMake(this.#ownColumns, group, () => new Map<OwnColumn, Float64Array>());
    return getOrMake(columns, name, () => {
      const column = new Float64Array(group.members.length);
      for (let place = 0; place < column.length; place += 1) column[place] = valueOf(group.members[place]!);
      return column;
    });
  }
}
type Weighty = Pick<WaitingTicket, 'units' | 'channel' | 'interruptible'>;
type OwnColumn = 'idle' | 'rotation' | 'slaPressure';

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
