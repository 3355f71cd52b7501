import { Logger } from '@nestjs/common';
import {
  AssignmentProposed,
  causedBy,
  IdleExplained,
  NextAnswered,
  RequirementsRelaxed,
  TicketQueued,
  type DonorLevel,
  type Draft,
  type PolicyRef,
  type RoutingPolicy,
} from '@signalbox/contracts';
import type { ConfigurationSnapshot, Delivery } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { AgentStore, type AgentCache } from './agent.store.js';
import { DonorStore } from './donor.store.js';
import { ExperienceStore, type ExperienceCache } from './experience.store.js';
import { Learned, loadAt } from './domain/learning.js';
import { asking, match, matchNext, type Matched } from './domain/match.js';
import { domainOfQueue, domainOfTicket, domainsOf, mayLeave } from './domain/matching-domain.js';
import { levelsAsked } from './domain/overflow.js';
import { placedIn, proposalOf } from './domain/proposal.js';
import { Idleness } from './domain/idle.js';
import { doesHarm } from './domain/learning-gain.js';
import { isBusy } from './domain/explaining.js';
import { describeRelaxation } from './domain/requirements.js';
import { recordPerformance, recordRound } from './domain/round-record.js';
import { rescueBecause, waitingTicketOf } from './domain/ticket-facts.js';
import type { UnknownNames } from './domain/unknown-names.js';
import { NOTHING_PASSING, type CandidateAgent, type Passing } from './domain/waiting-ticket.js';
import { NextRequestStore, type NextRequest } from './next-request.store.js';
import { ProposalStore, type InFlight } from './proposal.store.js';
import { activePolicy, TicketStore, type TicketRow } from './ticket.store.js';

const TICKETS_MAX = 200;
/** Of them to be rescued. */
const RESCUES_MAX = 40;
const CHECKPOINT_ROUNDS = 500;
export const RESEND_MS = 10_000;
/** Nothing should need it: a ticket that found nobody is tried again when an agent or the configuration changes, or at its next step. */
const TRY_AGAIN_MS = 5 * 60_000;
/** A donor's service level also recovers by time alone: what waits for its agents is tried again. */
const OVERFLOW_AGAIN_MS = 30_000;
const TOLD_AGAIN_MS = 30_000;
const LEARN_MS = 2_000;
const LEVELS_MS = 2_000;

/** The row that is locked for the whole round; kept up to date while it goes on. */
interface MatchingDomain {
  round: string;
  recorded_xmin: string | null;
  rounds_since_checkpoint: number;
  snapshot: string;
  snapshot_xmin: string | null;
  snapshots_since_checkpoint: number;
  left_alone: boolean;
}
interface RoundContext extends Pick<Delivery, 'tx' | 'now' | 'config'> {
  /** Agents who are to be another domain's, and are nobody's until they can go. */
  readonly held: ReadonlySet<string>;
  readonly active: NonNullable<ReturnType<typeof activePolicy>>;
  readonly domain: MatchingDomain;
}
/** Said within a transaction: it holds for that one, and for others once it is committed. */
interface Recorded {
  readonly tx: EntityManager;
  committed: boolean;
}
const stands = (recorded: Recorded | undefined, tx: EntityManager): boolean =>
  recorded !== undefined && (recorded.committed || recorded.tx === tx);

export interface RoundResult {
  /** Another round is wanted: at once, or when the one under way in another instance is over. */
  readonly again: 'now' | 'when-free' | undefined;
  /** Domains that tickets or agents went to. */
  readonly alsoIn: readonly string[];
}
interface Round extends RoundResult {
  readonly events: Draft[];
}

type NextAnswer = Pick<NextAnswered['data'], 'proposalId' | 'ticketId' | 'why' | 'reasons' | 'waiting' | 'bounded'>;

/** What the rounds of all domains have in common in one process, where only one runs at a time. */
export interface Memory {
  readonly agents: AgentCache;
  readonly experience: ExperienceCache;
  readonly unknown: UnknownNames;
  readonly decided: (ticketId: string) => void;
}

/** The keys of the configuration that decisions use. */
function membersOf(active: { name: string; version: number }, config: ConfigurationSnapshot): string[] {
  const categories = [...config.all('category').keys()].map((name) => `category/${name}@${config.versionOf('category', name)}`);
  return [`routing-policy/${active.name}@${active.version}`, ...categories];
}

const refOf = ({ name, version }: RoundContext['active']): PolicyRef => ({ name, version });

const NOBODY: ReadonlySet<string> = new Set();
/** What rounds know while learning does harm. */
const NOTHING_SEEN: Pick<ExperienceCache, 'cells' | 'loads'> = { cells: new Map(), loads: new Map() };

export function learnedAt({ cells: seen, loads: standing, returns, gain }: ExperienceCache, strength: number, now: Date): Learned {
  const { cells, loads } = doesHarm(gain) ? NOTHING_SEEN : { cells: seen, loads: standing };
  const faded = [...loads.values()].map((load) => loadAt(load, now.getTime()));
  return new Learned(cells.values(), strength, faded, returns);
}

/**
 * Owners' tickets that somebody else might still make in time, or that an escalation wants rescued.
 * @param domain null = of all
 */
export async function toRescue(
  { tx, now, active }: Pick<RoundContext, 'tx' | 'now' | 'active'>,
  domain: string | null,
  max = TICKETS_MAX,
): Promise<TicketRow[]> {
  const until = new Date(now.getTime() + active.policy.rescueWithinMinutes * 60_000);
  return max <= 0 ? [] : new TicketStore(tx).takeToRescue(domain, now, until, max);
}

/** The rounds of one domain: one at a time over all instances, because the domain's row is locked for the whole transaction. */
export class Rounds {
  readonly #logger = new Logger('Rounds');
  /** What rounds of this process decide by, under the number it was recorded with. */
  #learned:
    | (Recorded & {
        readonly learned: Learned;
        readonly snapshot: number;
        readonly strength: number;
        readonly at: number;
        /** Of the experience it was computed from. */
        readonly edition: number;
      })
    | undefined;
  #donors: { readonly policy: RoutingPolicy; readonly at: number; readonly levels: DonorLevel[] } | undefined;
  /** The bundle whose members this process has named in a record. By its number readers know them, whoever of us writes next. */
  #members: (Recorded & { readonly bundle: number }) | undefined;
  /** The domain's row has been seen. */
  #isKnown = false;

  constructor(
    readonly domain: string,
    private readonly memory: Memory,
  ) {}

  /** Of what this process decides by. */
  get snapshot(): number {
    return this.#learned?.snapshot ?? 0;
  }

  /** What was done last is committed. */
  committed(): void {
    for (const recorded of [this.#learned, this.#members]) if (recorded) recorded.committed = true;
  }

  async round({ tx, now, config }: Delivery, whenTaken: 'wait' | 'skip locked'): Promise<Round> {
    const active = activePolicy(config);
    if (!active) return { events: [], again: undefined, alsoIn: [] };
    const [domain] = await tx.query<MatchingDomain[]>(
      `select round, recorded_xmin, rounds_since_checkpoint, snapshot, snapshot_xmin, snapshots_since_checkpoint, left_alone from matching_domain where domain = $1 for update${whenTaken === 'wait' ? '' : ' skip locked'}`,
      [this.domain],
    );
    if (!domain) {
      if (!this.#isKnown) await tx.query('insert into matching_domain (domain) values ($1) on conflict do nothing', [this.domain]);
      // With one domain alone, the next one waits for its turn.
      return { events: [], again: domainsOf(config).length === 1 ? 'now' : 'when-free', alsoIn: [] };
    }
    this.#isKnown = true;
    const alsoIn = new Set<string>();
    const held = mayLeave(this.domain, config) ? await this.#letAgentsLeave({ tx, config, domain }, alsoIn) : NOBODY;
    const proposals = new ProposalStore(tx);
    const resent = await proposals.takeUnanswered(this.domain, new Date(now.getTime() - RESEND_MS), now, TICKETS_MAX);
    const events: Draft[] = resent.map(({ ticketId, data }) => AssignmentProposed(ticketId, data));

    const tickets = new TicketStore(tx);
    const context: RoundContext = { tx, now, config, active, domain, held };
    const asked = await new NextRequestStore(tx).take(this.domain);
    const answers = new Map<string, NextAnswer>();
    for (const request of asked) if (request.kind === 'next') events.push(...(await this.#next(context, request, answers)));
    // First: behind a long queue there would never be a place left for them.
    const rescues = await toRescue(context, this.domain, RESCUES_MAX);
    const readyMax = TICKETS_MAX - rescues.length;
    const ready = await tickets.takeReady(this.domain, now, active.policy, config.bundle, readyMax);
    const rows = await this.#letTicketsLeave(context, [...ready, ...rescues], alsoIn);
    if (rows.length > 0) events.push(...(await this.#decide(context, rows)));
    const unexplained = asked.filter(({ kind }) => kind === 'why-idle');
    if (unexplained.length > 0) events.push(...(await this.#explainIdle(context, unexplained)));
    return { events, again: ready.length >= readyMax ? 'now' : undefined, alsoIn: [...alsoIn] };
  }

  /** After a change of configuration, agents may be another domain's. @returns who is, and cannot go yet */
  async #letAgentsLeave({ tx, config, domain }: Pick<RoundContext, 'tx' | 'config' | 'domain'>, alsoIn: Set<string>) {
    const leaving = await new AgentStore(tx).leave(this.domain, config);
    if (!leaving) return NOBODY;
    for (const other of leaving.domains) alsoIn.add(other);
    // Whoever left, was held or came back is not told by the agents' own changes: the next record says all.
    domain.recorded_xmin = null;
    await tx.query('update matching_domain set recorded_xmin = null where domain = $1', [this.domain]);
    return leaving.held;
  }

  /** Tickets whose queue is another domain's by now are decided there. @returns those that stay */
  async #letTicketsLeave({ tx, now, config }: RoundContext, rows: readonly TicketRow[], alsoIn: Set<string>): Promise<TicketRow[]> {
    const { stays = [], leaves = [] } = Object.groupBy(rows, ({ facts }) =>
      domainOfTicket(facts, config) === this.domain ? 'stays' : 'leaves',
    );
    for (const row of leaves) {
      row.nextTryAt = null;
      alsoIn.add(domainOfTicket(row.facts, config));
    }
    await new TicketStore(tx).save(leaves, config, now);
    return stays;
  }

  /**
   * One agent asks for the next ticket: exactly one answer.
   * @param answers of this round: who asks again before it gets the same one
   */
  async #next(context: RoundContext, { requestId, agentId, cause }: NextRequest, answers: Map<string, NextAnswer>): Promise<Draft[]> {
    const { tx, now, config, active } = context;
    const answer = (said: NextAnswer): Draft[] => {
      answers.set(agentId, said);
      return causedBy(cause, [NextAnswered(agentId, { requestId, ...said, policy: refOf(active), answeredAt: now.toISOString() })]);
    };
    const before = answers.get(agentId);
    if (before) return answer(before);
    await this.memory.agents.renew(tx);
    const agents = this.#agents(context);
    const agent = agents.find((one) => one.agentId === agentId);
    if (agent?.presence !== 'online') return answer({ why: 'agent-not-online' });
    if (!agent.inRotation) return answer({ why: 'out-of-rotation' });
    const waits = await new TicketStore(tx).takeWaiting(this.domain, now, active.policy, TICKETS_MAX);
    const rows = waits.filter(({ facts }) => domainOfTicket(facts, config) === this.domain);
    if (rows.length === 0) return answer({ why: 'nothing-waits' });
    const events = await this.#decide(context, rows, agentId);
    const proposed = events.find((event) => event.type === AssignmentProposed.type) as AssignmentProposed | undefined;
    if (proposed) return [...events, ...answer({ proposalId: proposed.data.proposalId, ticketId: proposed.ticketId })];
    const isFull = agent.unitsUsed >= agent.unitsMax && agent.interruptibleUnitsUsed >= (agent.interruptibleUnitsMax ?? 0);
    if (isFull) return [...events, ...answer({ why: 'no-room' })];
    const { learned } = this.#learned!;
    const passing = await this.#passing(tx, await new ProposalStore(tx).inFlight(), active.policy, learned, now);
    const donors = await this.#donorLevels(context);
    const by = { policy: active.policy, categories: config.all('category'), learned, donors };
    const waiting = rows.map((row) => waitingTicketOf(row.ticketId, row.facts, config));
    const reasons = new Idleness(waiting, asking(agents, agentId), by, now, passing).whyNothingFor(agentId);
    return [...events, ...answer({ why: 'nothing-fits', reasons, waiting: rows.length, bounded: waits.length === TICKETS_MAX })];
  }

  /** Why agents have no work, by what this round has left waiting: exactly one answer each, and no decision. */
  async #explainIdle(context: RoundContext, requests: readonly NextRequest[]): Promise<Draft[]> {
    const {
      tx,
      now,
      config,
      active: { policy },
    } = context;
    const proposals = new ProposalStore(tx);
    const inFlight = await proposals.inFlight();
    const { agents: cache, experience } = this.memory;
    await cache.renew(tx);
    await experience.renew(tx);
    const learned = learnedAt(experience, policy.shrinkageTickets, now);
    const passing = await this.#passing(tx, inFlight, policy, learned, now);
    const onTheWay = await proposals.onTheWay(requests.map((request) => request.agentId));
    const rows = await new TicketStore(tx).readWaiting(this.domain, now, policy, TICKETS_MAX);
    const waiting = rows.map((row) => waitingTicketOf(row.ticketId, row.facts, config));
    const donors = await this.#donorLevels(context);
    const by = { policy, categories: config.all('category'), learned, donors };
    const idleness = new Idleness(waiting, this.#agents(context), by, now, passing);
    return requests.flatMap(({ requestId, agentId, cause }) => {
      const explained = IdleExplained(agentId, {
        requestId,
        ...idleness.explain(agentId),
        waiting: waiting.length,
        bounded: waiting.length === TICKETS_MAX,
        onTheWay: onTheWay.get(agentId) ?? 0,
        explainedAt: now.toISOString(),
      });
      return causedBy(cause, [explained]);
    });
  }

  /** Matches these tickets, writes what becomes of them, and records the round. */
  async #decide(context: RoundContext, rows: readonly TicketRow[], onlyAgentId?: string): Promise<Draft[]> {
    const { tx, now, config, active, domain } = context;
    const proposals = new ProposalStore(tx);
    // Before the agents: a record that another instance stores in between takes its proposal out of flight, and would be seen in neither.
    const inFlight = await proposals.inFlight();
    const xmin = await this.memory.agents.renew(tx);
    const { learned, snapshot, records } = await this.#learn(tx, domain, active.policy, now);
    const passing = await this.#passing(tx, inFlight, active.policy, learned, now);
    const waiting = rows.map((row) => waitingTicketOf(row.ticketId, row.facts, config));
    const donors = await this.#donorLevels(context);
    const decideBy = { policy: active.policy, categories: config.all('category'), learned, donors };
    for (const line of this.memory.unknown.newIn(waiting, decideBy.categories)) this.#logger.warn(line);
    const round = Number(domain.round) + 1;
    const agents = this.#agents(context);
    const next = onlyAgentId === undefined ? undefined : matchNext(waiting, agents, decideBy, now, round, passing, onlyAgentId);
    const matched: Matched =
      onlyAgentId === undefined ? match(waiting, agents, decideBy, now, round, passing) : { proposals: next ? [next] : [], waiting: [] };

    const policy = refOf(active);
    const made = matched.proposals.map((proposed) => ({
      channel: proposed.ticket.channel,
      interruptible: proposed.ticket.interruptible,
      event: AssignmentProposed(
        proposed.ticket.ticketId,
        proposalOf(proposed, randomUUID(), { domain: this.domain, round, policy, now, onlyAgentId }),
      ),
    }));
    await proposals.insert(made, now);
    const byId = new Map(rows.map((row) => [row.ticketId, row]));
    for (const { event } of made) byId.get(event.ticketId)!.proposalId = event.data.proposalId;
    for (const row of rows) {
      const { assignment, rescue } = row.facts;
      const because = rescueBecause(row.facts);
      if (!assignment?.agentId || because === undefined) continue;
      const proposed = (rescue?.because === because ? rescue.proposed : 0) + (row.proposalId === null ? 0 : 1);
      row.facts = { ...row.facts, rescue: { because, proposed, triedAt: now.getTime() } };
    }
    const events = [...records, ...this.#tell(matched, byId, active.policy, policy, now), ...made.map(({ event }) => event)];
    // In a round for one agent the others were not asked: their tickets stay as they were.
    const decided = onlyAgentId === undefined ? rows : rows.filter((row) => row.proposalId !== null);
    for (const row of decided) this.memory.decided(row.ticketId);
    await new TicketStore(tx).save(decided, config, now, xmin);
    if (made.length === 0) return events;
    const checkpoint = domain.recorded_xmin === null || domain.rounds_since_checkpoint >= CHECKPOINT_ROUNDS;
    const isNamed = stands(this.#members, tx) && this.#members?.bundle === config.bundle;
    const changed = checkpoint ? undefined : new Set(await new AgentStore(tx).changedSince(this.domain, domain.recorded_xmin!));
    events.push(
      ...recordRound(this.domain, {
        round,
        now: now.toISOString(),
        seed: round,
        checkpoint,
        tickets: waiting,
        agents: changed ? agents.filter((agent) => changed.has(agent.agentId)) : agents,
        removedAgentIds: [...(changed ?? [])].filter(
          (agentId) => this.memory.agents.domainOf(agentId) !== this.domain || context.held.has(agentId),
        ),
        passing,
        policy,
        configuration: config.bundle,
        onlyAgentId,
        members: checkpoint || !isNamed ? membersOf(active, config) : undefined,
        performanceSnapshot: snapshot,
        donors,
        proposals: placedIn(matched),
      }),
    );
    this.#members = { bundle: config.bundle, tx, committed: false };
    const given = made.map(({ event }) => event.data.agentId);
    if (active.policy.fairness) await new AgentStore(tx).given(given, now);
    Object.assign(domain, {
      round: String(round),
      recorded_xmin: xmin,
      rounds_since_checkpoint: checkpoint ? 0 : domain.rounds_since_checkpoint + 1,
    });
    await tx.query('update matching_domain set round = $2, recorded_xmin = $3::xid8, rounds_since_checkpoint = $4 where domain = $1', [
      this.domain,
      round,
      xmin,
      domain.rounds_since_checkpoint,
    ]);
    return events;
  }

  /** In the order of their ids. */
  #agents({ held }: RoundContext): readonly CandidateAgent[] {
    const agents = this.memory.agents.of(this.domain);
    return held.size === 0 ? agents : agents.filter(({ agentId }) => !held.has(agentId));
  }

  /** What holds of agents for this round alone. */
  async #passing(
    tx: EntityManager,
    inFlight: ReadonlyMap<string, InFlight>,
    policy: RoutingPolicy,
    learned: Learned,
    now: Date,
  ): Promise<Map<string, Passing>> {
    const agents = new AgentStore(tx);
    const [nearBreach, given] = await Promise.all([
      agents.nearBreach(now, new Date(now.getTime() + policy.nearBreachMinutes * 60_000)),
      policy.fairness ? agents.givenSince(new Date(now.getTime() - policy.fairness.windowMinutes * 60_000)) : new Map<string, number>(),
    ]);
    const passing = new Map<string, Passing>();
    for (const agentId of [...new Set([...inFlight.keys(), ...nearBreach.keys(), ...given.keys()])].sort()) {
      if (this.memory.agents.domainOf(agentId) !== this.domain) continue;
      const { units, interruptibleUnits, channels, categories } = inFlight.get(agentId) ?? { ...NOTHING_PASSING, categories: [] };
      const aheadMinutes = categories.reduce((sum, category) => sum + learned.handleMinutes(agentId, category), 0);
      const ticketsNearBreach = nearBreach.get(agentId) ?? 0;
      const ticketsInWindow = given.get(agentId) ?? 0;
      passing.set(agentId, { units, interruptibleUnits, channels, aheadMinutes, ticketsNearBreach, ticketsInWindow });
    }
    return passing;
  }

  /** At most two seconds old: rounds come faster than such figures change. Undefined = no rule of overflow looks at any. */
  async #donorLevels({ tx, now, config, active: { policy } }: RoundContext): Promise<DonorLevel[] | undefined> {
    // A rule's queues are of one domain.
    const asked = levelsAsked(policy).filter(({ queueId }) => domainOfQueue(queueId, config) === this.domain);
    if (asked.length === 0) return undefined;
    if (this.#donors?.policy !== policy || now.getTime() - this.#donors.at >= LEVELS_MS)
      this.#donors = { policy, at: now.getTime(), levels: await new DonorStore(tx).levels(asked, now) };
    return this.#donors.levels;
  }

  #logLearning(leftAlone: boolean): void {
    const { minutes, halfWidth } = this.memory.experience.gain ?? { minutes: 0, halfWidth: 0 };
    const measured = `${minutes.toFixed(1)} ± ${halfWidth.toFixed(1)} minutes saved a ticket against held-out ones`;
    if (leftAlone)
      this.#logger.error(`alarm: learning does harm (${measured}); nothing learned of single agents decides until that is over`);
    else this.#logger.log(`what was learned decides again (${measured})`);
  }

  /** What was observed, at most two seconds old: to compute it takes tens of milliseconds with 10,000 agents. What is new is recorded. */
  async #learn(
    tx: EntityManager,
    domain: MatchingDomain,
    { shrinkageTickets: strength }: RoutingPolicy,
    now: Date,
  ): Promise<{ learned: Learned; snapshot: number; records: Draft[] }> {
    const { experience } = this.memory;
    const before = stands(this.#learned, tx) ? this.#learned : undefined;
    if (before && before.strength === strength && now.getTime() - before.at < LEARN_MS) return { ...before, records: [] };
    const { xmin } = await experience.renew(tx);
    const { edition } = experience;
    if (before && before.strength === strength && before.edition === edition) {
      this.#learned = { ...before, at: now.getTime() };
      return { ...this.#learned, records: [] };
    }
    const leftAlone = doesHarm(experience.gain);
    const checkpoint =
      domain.snapshot_xmin === null ||
      domain.snapshots_since_checkpoint >= CHECKPOINT_ROUNDS ||
      // Nothing of single agents, or all of it again.
      leftAlone ||
      domain.left_alone;
    const snapshot = Number(domain.snapshot) + 1;
    const learned = learnedAt(experience, strength, now);
    const since = checkpoint ? undefined : await new ExperienceStore(tx).changedSince(domain.snapshot_xmin!);
    const { returns } = experience;
    const { cells, loads } = leftAlone ? NOTHING_SEEN : experience;
    if (leftAlone !== domain.left_alone) this.#logLearning(leftAlone);
    const records = recordPerformance(this.domain, {
      snapshot,
      asOf: now.toISOString(),
      checkpoint,
      cells: [...cells].flatMap(([key, cell]) => (!since || since.cells.has(key) ? [cell] : [])),
      loads: [...loads].flatMap(([agentId, load]) => (!since || since.agents.has(agentId) ? [load] : [])),
      returns,
    });
    await tx.query(
      'update matching_domain set snapshot = $2, snapshot_xmin = $3::xid8, snapshots_since_checkpoint = $4, left_alone = $5 where domain = $1',
      [this.domain, snapshot, xmin, checkpoint ? 0 : domain.snapshots_since_checkpoint + 1, leftAlone],
    );
    domain.left_alone = leftAlone;
    domain.snapshot = String(snapshot);
    domain.snapshot_xmin = xmin;
    this.#learned = { learned, snapshot, strength, at: now.getTime(), edition, tx, committed: false };
    return { learned, snapshot, records };
  }

  /** Writes what became of each ticket into its row, and says what readers do not know yet: a new step, changed reasons. */
  #tell(matched: Matched, rows: ReadonlyMap<string, TicketRow>, policy: RoutingPolicy, by: PolicyRef, now: Date): Draft[] {
    const events: Draft[] = [];
    const relaxed = (row: TicketRow, step: number, skipped: boolean): void => {
      if (step <= (row.facts.told?.step ?? 0)) return;
      events.push(
        RequirementsRelaxed(row.ticketId, {
          step,
          relaxed: describeRelaxation(policy, step, row.facts.told?.step ?? 0),
          why: skipped ? policy.relaxation[step - 1]!.skipIf : 'waited',
          policy: by,
          relaxedAt: now.toISOString(),
        }),
      );
    };
    for (const { ticket, step, skipped } of matched.proposals) {
      const row = rows.get(ticket.ticketId)!;
      relaxed(row, step, skipped);
      row.facts = { ...row.facts, told: { step, reasons: '', kind: '', at: now.getTime() } };
    }
    for (const { ticket, step, skipped, reasons, nextStepAt: next } of matched.waiting) {
      // One to be rescued waits for nothing: it has an owner.
      if (ticket.ownerAgentId !== null) continue;
      const row = rows.get(ticket.ticketId)!;
      relaxed(row, step, skipped);
      // The counts change with every agent who comes or goes; the reasons are news, the numbers alone are not. Which of the ways of being
      // busy it is changes with every ticket given and solved: said anew at most twice a minute.
      const names = reasons.map((one) => one.reason).sort();
      const said = names.join('|');
      const kind = [...new Set(names.map((name) => (isBusy(name) ? 'busy' : name)))].join('|');
      const { told } = row.facts;
      const isStale = told?.reasons !== said && now.getTime() - (told?.at ?? 0) >= TOLD_AGAIN_MS;
      if (told?.kind !== kind || told.step !== step || isStale) {
        row.facts = { ...row.facts, told: { step, reasons: said, kind, at: now.getTime() } };
        events.push(
          TicketQueued(ticket.ticketId, {
            queueId: ticket.queueId,
            step,
            reasons,
            nextStepAt: next === undefined ? undefined : new Date(next).toISOString(),
            policy: by,
            queuedAt: now.toISOString(),
          }),
        );
      }
      const overflows = policy.overflow.some(({ from, donorServiceLevel }) => donorServiceLevel && from === ticket.queueId);
      row.nextTryAt = new Date(Math.min(next ?? Infinity, now.getTime() + (overflows ? OVERFLOW_AGAIN_MS : TRY_AGAIN_MS)));
    }
    return events;
  }
}
