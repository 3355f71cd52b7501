import type { PerformanceRecorded, Received, RoundRecorded } from '@signalbox/contracts';
import type { ObservedCell, ObservedLoad } from './learning.js';
import type { CandidateAgent, Passing, WaitingTicket } from './waiting-ticket.js';

/** All that was known of agents' performance under one number. */
export interface PerformanceSnapshot {
  readonly snapshot: number;
  /** Loads count as they stood at this instant. */
  readonly asOf: Date;
  readonly cells: readonly ObservedCell[];
  readonly loads: readonly (ObservedLoad & { readonly atMs: number })[];
  readonly returns: { readonly tickets: number; readonly minutes: number };
}

/** One round as it was: what it decided by, and what it decided. */
export interface RecordedRound extends Pick<
  RoundRecorded['data'],
  'round' | 'seed' | 'policy' | 'configuration' | 'onlyAgentId' | 'donors' | 'proposals'
> {
  readonly domain: string;
  readonly now: Date;
  readonly tickets: readonly WaitingTicket[];
  /** In the order of their ids. */
  readonly agents: readonly CandidateAgent[];
  readonly passing: ReadonlyMap<string, Passing>;
  /** Keys `kind/name@version` of the configuration it decided by. */
  readonly members: readonly string[];
  /** The same object for all rounds that decided by it. */
  readonly performance: PerformanceSnapshot;
}
/** A round that cannot be told, because reading began after what it builds on. */
export interface UntoldRound {
  readonly round: number;
  readonly now: Date;
  readonly missing: 'checkpoint' | 'members' | 'performance';
}

type PerformanceData = PerformanceRecorded['data'];
/** Bundles and snapshots an instance may still decide by though another has gone on; beyond so many the oldest are forgotten. */
const REMEMBERED_MAX = 2_000;

/**
 * Reads back what rounds recorded. Fed with one domain's records in their order, from any place: a round is told once a checkpoint of
 * agents, one of performance and its configuration have been seen before it.
 */
export class RoundLog {
  #version = 0;
  /** Where reading began, perhaps in the middle of its parts: its round or snapshot is not to be trusted. */
  #cutOff: { readonly round?: number; readonly snapshot?: number } = {};
  #agents: Map<string, CandidateAgent> | undefined;
  #sorted: readonly CandidateAgent[] | undefined;
  #parts: RoundRecorded['data'][] = [];
  #membersOf = new Map<number, readonly string[]>();
  /** By number, all parts of it. A checkpoint stands for itself; every other one for changes to the one before it in this map. */
  readonly #performance = new Map<number, PerformanceData[]>();
  #latestPerformance: PerformanceSnapshot | undefined;

  /** @returns the round this record completes; of a record that came before, nothing */
  take(record: Received<RoundRecorded | PerformanceRecorded>): RecordedRound | UntoldRound | undefined {
    if (record.version <= this.#version) return undefined;
    if (this.#version === 0 && record.version > 1) this.#cutOff = record.data;
    this.#version = record.version;
    if (record.type === 'PerformanceRecorded') {
      this.#takePerformance(record.data);
      return undefined;
    }
    const { data } = record;
    this.#parts.push(data);
    if (data.proposals.length === 0) return undefined;
    const parts = this.#parts;
    this.#parts = [];
    return this.#complete(record.domain, parts);
  }

  #complete(domain: string, parts: readonly RoundRecorded['data'][]): RecordedRound | UntoldRound {
    const { round, seed, checkpoint, policy, configuration, members, onlyAgentId, performanceSnapshot, donors } = parts[0]!;
    const now = new Date(parts[0]!.now);
    if (round === this.#cutOff.round) return { round, now, missing: 'checkpoint' };
    if (checkpoint) {
      this.#agents = new Map();
      this.#sorted = undefined;
    }
    if (members) remember(this.#membersOf, configuration, members);
    const passing = new Map<string, Passing>();
    for (const { agents, removedAgentIds } of parts) {
      for (const agentId of removedAgentIds) if (this.#agents?.delete(agentId)) this.#sorted = undefined;
      for (const agent of agents) this.#takeAgent(agent as unknown as CandidateAgent | { agentId: string; thisRound: Passing }, passing);
    }
    const known = this.#membersOf.get(configuration);
    if (!this.#agents) return { round, now, missing: 'checkpoint' };
    if (!known) return { round, now, missing: 'members' };
    const performance = this.#performanceAt(performanceSnapshot);
    if (!performance) return { round, now, missing: 'performance' };
    this.#sorted ??= [...this.#agents.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1));
    return {
      domain,
      round,
      now,
      seed,
      policy,
      configuration,
      onlyAgentId,
      members: known,
      tickets: parts.flatMap((part) => part.tickets as unknown as WaitingTicket[]),
      agents: this.#sorted,
      passing,
      performance,
      donors,
      proposals: parts.at(-1)!.proposals,
    };
  }

  #takeAgent(entry: CandidateAgent | { agentId: string; thisRound: Passing }, passing: Map<string, Passing>): void {
    if ('thisRound' in entry) {
      passing.set(entry.agentId, entry.thisRound);
      return;
    }
    this.#agents?.set(entry.agentId, entry);
    this.#sorted = undefined;
  }

  #takePerformance(data: PerformanceData): void {
    if (data.snapshot === this.#cutOff.snapshot) return;
    const before = this.#performance.get(data.snapshot);
    if (before) before.push(data);
    else remember(this.#performance, data.snapshot, [data]);
  }

  /** Whoever decides by an older one than the latest built on what that one says, not on what came after it. */
  #performanceAt(snapshot: number): PerformanceSnapshot | undefined {
    if (this.#latestPerformance?.snapshot === snapshot) return this.#latestPerformance;
    const chain: PerformanceData[] = [];
    for (let number = snapshot; ; number -= 1) {
      const parts = this.#performance.get(number);
      if (!parts?.at(-1)!.complete) return undefined;
      chain.unshift(...parts);
      if (parts[0]!.checkpoint) break;
    }
    const cells = new Map<string, ObservedCell>();
    const loads = new Map<string, PerformanceData['loads'][number]>();
    for (const part of chain) {
      for (const cell of part.cells) cells.set(JSON.stringify([cell.agentId, cell.category]), cell);
      for (const load of part.loads) loads.set(load.agentId, load);
    }
    const { asOf, returns } = chain.at(-1)!;
    this.#latestPerformance = { snapshot, asOf: new Date(asOf), cells: [...cells.values()], loads: [...loads.values()], returns };
    return this.#latestPerformance;
  }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  if (map.size > REMEMBERED_MAX) map.delete(map.keys().next().value!);
}
