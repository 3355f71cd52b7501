import type { Channel } from '@signalbox/contracts';
import { absenceOf, NO_CHANNEL_ROOM, NO_ROOM, type Projected } from './gate.js';
import type { Requirements } from './requirements.js';
import type { Group } from './roster.js';
import { idleSignal, pressureSignal, type LastingSignal, type ScoringContext, type Weighting } from './score.js';
import type { CandidateAgent, WaitingTicket } from './waiting-ticket.js';

interface ChannelRoom {
  /** NaN = nobody has looked at this agent yet. */
  readonly taken: Float64Array;
  /** Infinity = no cap of its own. */
  readonly max: Float64Array;
}

/** Who has room in one round, by position in the roster. Room the round itself takes counts at once. */
export class Pool {
  /** Position in NOT_NOW; 0 = takes tickets. */
  readonly absence: Uint8Array;
  readonly unitsMax: Float64Array;
  /** Used, in flight, and proposed by this round. */
  readonly unitsTaken: Float64Array;
  readonly idleSince: Float64Array;
  /** How many of the agent's own tickets are near their deadline. */
  readonly ticketsNearBreach: Float64Array;
  readonly #channels = new Map<Channel, ChannelRoom>();
  readonly #ownColumns = new Map<Group, Map<'idle' | 'slaPressure', Float64Array>>();
  readonly #scores = new Map<Group, Map<Weighting, Map<string, Float64Array>>>();

  /** @param agents in the order of their ids */
  constructor(
    readonly agents: readonly CandidateAgent[],
    private readonly inFlight: ReadonlyMap<string, Projected>,
    nearBreach: ReadonlyMap<string, number>,
    readonly context: ScoringContext,
  ) {
    const count = agents.length;
    this.absence = new Uint8Array(count);
    this.unitsMax = new Float64Array(count);
    this.unitsTaken = new Float64Array(count);
    this.idleSince = new Float64Array(count);
    this.ticketsNearBreach = new Float64Array(count);
    for (let index = 0; index < count; index += 1) {
      const agent = agents[index]!;
      this.absence[index] = absenceOf(agent);
      this.unitsMax[index] = agent.unitsMax;
      this.unitsTaken[index] = agent.unitsUsed;
      this.idleSince[index] = agent.idleSince ?? Infinity;
    }
    for (const [agentId, { units }] of inFlight) {
      const index = this.indexOf(agentId);
      if (index >= 0) this.unitsTaken[index]! += units;
    }
    for (const [agentId, tickets] of nearBreach) {
      const index = this.indexOf(agentId);
      if (index >= 0) this.ticketsNearBreach[index] = tickets;
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

  #channel(channel: Channel): ChannelRoom {
    const count = this.agents.length;
    return getOrMake(this.#channels, channel, () => ({ taken: new Float64Array(count).fill(NaN), max: new Float64Array(count) }));
  }

  /** An agent is asked per channel only when a ticket of it looks: most agents of a round are never looked at. */
  #look(index: number, channel: Channel, room: ChannelRoom): void {
    const { agentId, channelUnitsUsed, channelUnitsMax } = this.agents[index]!;
    room.taken[index] = (channelUnitsUsed[channel] ?? 0) + (this.inFlight.get(agentId)?.channels[channel] ?? 0);
    room.max[index] = channelUnitsMax[channel] ?? Infinity;
  }

  /** Why this agent cannot take so many units now: a code of the gate; 0 = can. `used + units ≤ max`, as assignment checks it. */
  whyNotNow(index: number, { units, channel }: Pick<WaitingTicket, 'units' | 'channel'>): number {
    const absence = this.absence[index]!;
    if (absence !== 0) return absence;
    if (this.unitsTaken[index]! + units > this.unitsMax[index]!) return NO_ROOM;
    const room = this.#channel(channel);
    if (Number.isNaN(room.taken[index]!)) this.#look(index, channel, room);
    return room.taken[index]! + units > room.max[index]! ? NO_CHANNEL_ROOM : 0;
  }

  /** Of an agent whom `whyNotNow` has just called free. */
  take(index: number, { units, channel }: Pick<WaitingTicket, 'units' | 'channel'>): void {
    this.unitsTaken[index]! += units;
    this.#channel(channel).taken[index]! += units;
  }

  /** Per member: weighted sum of the signals that tickets of one kind share in a round, before the division by the weights' sum. */
  lastingScore(group: Group, skillsKey: string, needs: Requirements, category: string | null, weighting: Weighting): Float64Array {
    const ofGroup = getOrMake(this.#scores, group, () => new Map<Weighting, Map<string, Float64Array>>());
    const scores = getOrMake(ofGroup, weighting, () => new Map<string, Float64Array>());
    return getOrMake(scores, `${needs.step} ${needs.language ?? ''} ${skillsKey}`, () => {
      const score = new Float64Array(group.members.length);
      for (const [name, weight] of weighting.lasting) {
        const signal = this.#signal(group, name, skillsKey, needs, category);
        for (let place = 0; place < score.length; place += 1) score[place]! += weight * signal[place]!;
      }
      return score;
    });
  }

  #signal(group: Group, name: LastingSignal, skillsKey: string, needs: Requirements, category: string | null): Float64Array {
    const { learned, now, policy } = this.context;
    switch (name) {
      case 'skill':
        return group.skill(skillsKey, needs);
      case 'language':
        return group.language(needs.language);
      case 'speed':
        return group.history(learned, category).speed;
      case 'satisfaction':
        return group.history(learned, category).satisfaction;
      case 'idle':
        return this.#own(group, name, (index) => idleSignal(this.agents[index]!.idleSince, now));
      case 'slaPressure':
        return this.#own(group, name, (index) => pressureSignal(policy.agentSlaPressure, this.ticketsNearBreach[index]!));
    }
  }

  #own(group: Group, name: 'idle' | 'slaPressure', valueOf: (index: number) => number): Float64Array {
    const columns = getOrMake(this.#ownColumns, group, () => new Map<'idle' | 'slaPressure', Float64Array>());
    return getOrMake(columns, name, () => {
      const column = new Float64Array(group.members.length);
      for (let place = 0; place < column.length; place += 1) column[place] = valueOf(group.members[place]!);
      return column;
    });
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
