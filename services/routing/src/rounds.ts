import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import {
  AssignmentProposed,
  causedBy,
  IdleExplained,
  NextAnswered,
  RequirementsRelaxed,
  TicketQueued,
  type DonorLevel,
  type Draft,
  type RoutingPolicy,
} from '@signalbox/contracts';
import { UnitOfWork, type ConfigurationSnapshot, type Delivery, type Outcome } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { AgentCache, AgentStore } from './agent.store.js';
import { DonorStore } from './donor.store.js';
import { ExperienceCache, ExperienceStore } from './experience.store.js';
import { Learned, loadAt } from './domain/learning.js';
import { asking, match, matchNext, type Matched } from './domain/match.js';
import { levelsAsked } from './domain/overflow.js';
import { placedIn, proposalOf } from './domain/proposal.js';
import { Idleness } from './domain/idle.js';
import { doesHarm } from './domain/learning-gain.js';
import { describeRelaxation } from './domain/requirements.js';
import { recordPerformance, recordRound } from './domain/round-record.js';
import { mayBeRescued, waitingTicketOf } from './domain/ticket-facts.js';
import { NOTHING_PASSING, type Passing, type WaitingTicket } from './domain/waiting-ticket.js';
import { NextRequestStore, type NextRequest } from './next-request.store.js';
import { ProposalStore, type InFlight } from './proposal.store.js';
import { activePolicy, TicketStore, type TicketRow } from './ticket.store.js';

const DOMAIN = 'default';
const TICKETS_MAX = 200;
const CHECKPOINT_ROUNDS = 500;
const RESEND_MS = 10_000;
/** The safety net, and what notices a new configuration; ordinarily a round is asked for by what happened. A few indexed queries. */
const SWEEP_MS = 500;
/** Nothing should need it: a ticket that found nobody is tried again when an agent or the configuration changes, or at its next step. */
const TRY_AGAIN_MS = 5 * 60_000;
/** A donor's service level also recovers by time alone: what waits for its agents is tried again. */
const OVERFLOW_AGAIN_MS = 30_000;
const LEARN_MS = 2_000;
const LEVELS_MS = 2_000;
/** Names remembered as reported; beyond, nothing more is reported. */
const UNKNOWN_MAX = 1_000;

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

interface RoundResult {
  readonly more: boolean;
}
interface Round extends RoundResult {
  readonly events: Draft[];
}
/** One round answers all who asked for it. */
const once = (asked: readonly undefined[], { events, more }: Round): Outcome<RoundResult>[] =>
  asked.map((_, index) => ({ events: index === 0 ? events : [], answer: { more } }));

/** The keys of the configuration that decisions use. */
function membersOf(active: { name: string; version: number }, config: ConfigurationSnapshot): string[] {
  const categories = [...config.all('category').keys()].map((name) => `category/${name}@${config.versionOf('category', name)}`);
  return [`routing-policy/${active.name}@${active.version}`, ...categories];
}

/** What rounds know while learning does harm. */
const NOTHING_SEEN: Pick<ExperienceCache, 'cells' | 'loads'> = { cells: new Map(), loads: new Map() };

/** Runs rounds: one at a time per matching domain over all instances, because the domain's row is locked for the whole transaction. */
@Injectable()
export class Rounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #cache = new AgentCache();
  readonly #logger = new Logger('Rounds');
  readonly #experience = new ExperienceCache();
  /** What rounds of this process decide by, under the number it was recorded with. */
  #learned:
    (Recorded & { readonly learned: Learned; readonly snapshot: number; readonly strength: number; readonly at: number }) | undefined;
  #experienceChanged = false;
  #donors: { readonly policy: RoutingPolicy; readonly at: number; readonly levels: DonorLevel[] } | undefined;
  readonly #unknown = new Set<string>();
  /** The bundle whose members this process has named in a record. By its number readers know them, whoever of us writes next. */
  #members: (Recorded & { readonly bundle: number }) | undefined;
  #asked = false;
  #sweeping = false;
  #stopped = false;
  #sweep: NodeJS.Timeout | undefined;
  /** By ticket. */
  readonly #alarms = new Map<string, NodeJS.Timeout>();

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#sweep = setInterval(() => void this.#sweepOnce(), SWEEP_MS);
  }
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearInterval(this.#sweep);
    for (const alarm of this.#alarms.values()) clearTimeout(alarm);
  }

  /** Something made a ticket ready or an agent free: a round follows at the end of the same unit of work. Asking again is free. */
  ask(delivery: Delivery): void {
    if (this.#stopped) return;
    delivery.submit(this.#runRoundIfFree, undefined).then(
      ({ more }) => {
        this.#committed();
        if (more) this.#askAlone();
      },
      // What it would have done is still to be seen in the rows, and the sweep asks again.
      (error: Error) => this.#logger.warn(`round: ${error.message}`),
    );
  }

  /** Nothing else has happened: a round by itself. */
  #askAlone(): void {
    if (this.#asked || this.#stopped) return;
    this.#asked = true;
    this.unit.submit(this.#runRounds, undefined).then(
      ({ more }) => {
        this.#committed();
        if (more) this.#askAlone();
      },
      (error: Error) => {
        // Given up before it ran, perhaps.
        this.#asked = false;
        this.#logger.warn(`round: ${error.message}`);
      },
    );
  }

  #committed(): void {
    for (const recorded of [this.#learned, this.#members]) if (recorded) recorded.committed = true;
  }

  /** This ticket becomes ready by the passing of time, unless a round or an event comes before. */
  askAt(ticketId: string, instant: number, now: Date): void {
    this.#disarm(ticketId);
    const waitMs = instant - now.getTime();
    if (waitMs > 10_000 || this.#alarms.size > 5_000) return; // The sweep will see it.
    const ring = (): void => {
      this.#alarms.delete(ticketId);
      this.#askAlone();
    };
    this.#alarms.set(ticketId, setTimeout(ring, waitMs + 1));
  }
  #disarm(ticketId: string): void {
    clearTimeout(this.#alarms.get(ticketId));
    this.#alarms.delete(ticketId);
  }

  async #sweepOnce(): Promise<void> {
    if (this.#asked || this.#sweeping || this.#stopped) return;
    this.#sweeping = true;
    const due = await this.unit.submit(this.#isRoundDue, undefined).catch(() => false);
    this.#sweeping = false;
    if (due) this.#askAlone();
  }

  /** A command, so that it judges by the unit's clock and configuration. Every ticket it counts is one a round takes and moves on. */
  readonly #isRoundDue = async (asked: readonly undefined[], { tx, now, config }: Delivery): Promise<Outcome<boolean>[]> => {
    const due =
      activePolicy(config) !== undefined &&
      ((await new TicketStore(tx).isAnyReady(now, config.bundle)) ||
        (await new ProposalStore(tx).isAnyUnanswered(new Date(now.getTime() - RESEND_MS))) ||
        (await new NextRequestStore(tx).isAny()) ||
        (await this.#isRescueDue(tx, now, config)));
    return asked.map(() => ({ events: [], answer: due }));
  };

  async #isRescueDue(tx: EntityManager, now: Date, config: ConfigurationSnapshot): Promise<boolean> {
    const active = activePolicy(config);
    return active !== undefined && (await this.#toRescue({ tx, now, active }, TICKETS_MAX)).length > 0;
  }

  readonly #runRounds = async (asked: readonly undefined[], delivery: Delivery): Promise<Outcome<RoundResult>[]> => {
    this.#asked = false;
    return once(asked, await this.#round(delivery, 'wait'));
  };
  /** A unit that has written tickets and agents waits for nobody's round: the two would wait for each other's rows. */
  readonly #runRoundIfFree = async (asked: readonly undefined[], delivery: Delivery): Promise<Outcome<RoundResult>[]> =>
    once(asked, await this.#round(delivery, 'skip locked'));

  async #round({ tx, now, config }: Delivery, whenTaken: 'wait' | 'skip locked'): Promise<Round> {
    const active = activePolicy(config);
    if (!active) return { events: [], more: false };
    const [domain] = await tx.query<MatchingDomain[]>(
      `select round, recorded_xmin, rounds_since_checkpoint, snapshot, snapshot_xmin, snapshots_since_checkpoint, left_alone from matching_domain where domain = $1 for update${whenTaken === 'wait' ? '' : ' skip locked'}`,
      [DOMAIN],
    );
    if (!domain) return { events: [], more: true };
    const proposals = new ProposalStore(tx);
    const resent = await proposals.takeUnanswered(new Date(now.getTime() - RESEND_MS), now, TICKETS_MAX);
    const events: Draft[] = resent.map(({ ticketId, data }) => AssignmentProposed(ticketId, data));

    const tickets = new TicketStore(tx);
    const context: RoundContext = { tx, now, config, active, domain };
    const asked = await new NextRequestStore(tx).take();
    for (const request of asked) if (request.kind === 'next') events.push(...(await this.#next(context, request)));
    const rows = await tickets.takeReady(now, active.policy, config.bundle, TICKETS_MAX);
    const rescues = await this.#toRescue(context, TICKETS_MAX - rows.length);
    if (rows.length + rescues.length > 0) events.push(...(await this.#decide(context, [...rows, ...rescues])));
    const unexplained = asked.filter(({ kind }) => kind === 'why-idle');
    if (unexplained.length > 0) events.push(...(await this.#explainIdle(context, unexplained)));
    return { events, more: rows.length >= TICKETS_MAX };
  }

  /** Owners' tickets that somebody else might still make in time. */
  async #toRescue({ tx, now, active }: Pick<RoundContext, 'tx' | 'now' | 'active'>, max: number): Promise<TicketRow[]> {
    const { rescueWithinMinutes } = active.policy;
    if (rescueWithinMinutes === 0 || max <= 0) return [];
    const near = await new TicketStore(tx).takeNearBreach(now, new Date(now.getTime() + rescueWithinMinutes * 60_000), max);
    return near.filter((row) => mayBeRescued(row.facts, row.proposalId !== null, now));
  }

  /** One agent asks for the next ticket: exactly one answer. */
  async #next(context: RoundContext, { requestId, agentId, cause }: NextRequest): Promise<Draft[]> {
    const { tx, now, config, active } = context;
    const answer = (said: Pick<NextAnswered['data'], 'proposalId' | 'ticketId' | 'why' | 'reasons'>) =>
      causedBy(cause, [NextAnswered(agentId, { requestId, ...said, answeredAt: now.toISOString() })]);
    await this.#cache.renew(tx);
    const agent = this.#cache.agents.find((one) => one.agentId === agentId);
    if (agent?.presence !== 'online') return answer({ why: 'agent-not-online' });
    if (!agent.inRotation) return answer({ why: 'out-of-rotation' });
    const rows = await new TicketStore(tx).takeWaiting(now, active.policy, TICKETS_MAX);
    if (rows.length === 0) return answer({ why: 'nothing-waits' });
    const events = await this.#decide(context, rows, agentId);
    const proposed = events.find((event) => event.type === AssignmentProposed.type) as AssignmentProposed | undefined;
    if (proposed) return [...events, ...answer({ proposalId: proposed.data.proposalId, ticketId: proposed.ticketId })];
    const isFull = agent.unitsUsed >= agent.unitsMax && agent.interruptibleUnitsUsed >= (agent.interruptibleUnitsMax ?? 0);
    if (isFull) return [...events, ...answer({ why: 'no-room' })];
    const { learned } = this.#learned!;
    const passing = await this.#passing(tx, await new ProposalStore(tx).inFlight(), active.policy, learned, now);
    const donors = await this.#donorLevels(tx, active.policy, now);
    const by = { policy: active.policy, categories: config.all('category'), learned, donors };
    const waiting = rows.map((row) => waitingTicketOf(row.ticketId, row.facts, config));
    const reasons = new Idleness(waiting, asking(this.#cache.agents, agentId), by, now, passing).whyNothingFor(agentId);
    return [...events, ...answer({ why: 'nothing-fits', reasons })];
  }

  /** Why agents have no work, by what this round has left waiting: exactly one answer each, and no decision. */
  async #explainIdle({ tx, now, config, active: { policy } }: RoundContext, requests: readonly NextRequest[]): Promise<Draft[]> {
    const proposals = new ProposalStore(tx);
    const inFlight = await proposals.inFlight();
    await this.#cache.renew(tx);
    const { learned } = await this.learnedNow(tx, policy.shrinkageTickets, now);
    const passing = await this.#passing(tx, inFlight, policy, learned, now);
    const onTheWay = await proposals.onTheWay(requests.map((request) => request.agentId));
    const rows = await new TicketStore(tx).readWaiting(now, policy, TICKETS_MAX);
    const waiting = rows.map((row) => waitingTicketOf(row.ticketId, row.facts, config));
    const donors = await this.#donorLevels(tx, policy, now);
    const by = { policy, categories: config.all('category'), learned, donors };
    const idleness = new Idleness(waiting, this.#cache.agents, by, now, passing);
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
  async #decide({ tx, now, config, active, domain }: RoundContext, rows: readonly TicketRow[], onlyAgentId?: string): Promise<Draft[]> {
    const proposals = new ProposalStore(tx);
    // Before the agents: a record that another instance stores in between takes its proposal out of flight, and would be seen in neither.
    const inFlight = await proposals.inFlight();
    const xmin = await this.#cache.renew(tx);
    const { learned, snapshot, records } = await this.#learn(tx, domain, active.policy, now);
    const passing = await this.#passing(tx, inFlight, active.policy, learned, now);
    const waiting = rows.map((row) => waitingTicketOf(row.ticketId, row.facts, config));
    const donors = await this.#donorLevels(tx, active.policy, now);
    const decideBy = { policy: active.policy, categories: config.all('category'), learned, donors };
    this.#reportUnknown(waiting, decideBy.categories);
    const round = Number(domain.round) + 1;
    const { agents } = this.#cache;
    const next = onlyAgentId === undefined ? undefined : matchNext(waiting, agents, decideBy, now, round, passing, onlyAgentId);
    const matched: Matched =
      onlyAgentId === undefined ? match(waiting, agents, decideBy, now, round, passing) : { proposals: next ? [next] : [], waiting: [] };

    const policy = { name: active.name, version: active.version };
    const made = matched.proposals.map((proposed) => ({
      channel: proposed.ticket.channel,
      interruptible: proposed.ticket.interruptible,
      event: AssignmentProposed(
        proposed.ticket.ticketId,
        proposalOf(proposed, randomUUID(), { domain: DOMAIN, round, policy, now, onlyAgentId }),
      ),
    }));
    await proposals.insert(made, now);
    const byId = new Map(rows.map((row) => [row.ticketId, row]));
    for (const { event } of made) byId.get(event.ticketId)!.proposalId = event.data.proposalId;
    for (const row of rows) {
      const { assignment, dueAt, rescue } = row.facts;
      if (!assignment?.agentId || !dueAt) continue;
      const proposed = (rescue?.dueAt === dueAt ? rescue.proposed : 0) + (row.proposalId === null ? 0 : 1);
      row.facts = { ...row.facts, rescue: { dueAt, proposed, triedAt: now.getTime() } };
    }
    const events = [...records, ...this.#tell(matched, byId, active.policy, now), ...made.map(({ event }) => event)];
    // In a round for one agent the others were not asked: their tickets stay as they were.
    const decided = onlyAgentId === undefined ? rows : rows.filter((row) => row.proposalId !== null);
    for (const row of decided) this.#disarm(row.ticketId);
    await new TicketStore(tx).save(decided, config, xmin);
    if (made.length === 0) return events;
    const checkpoint = domain.recorded_xmin === null || domain.rounds_since_checkpoint >= CHECKPOINT_ROUNDS;
    const isNamed = stands(this.#members, tx) && this.#members?.bundle === config.bundle;
    const changed = checkpoint ? undefined : new Set(await new AgentStore(tx).changedSince(domain.recorded_xmin!));
    events.push(
      ...recordRound(DOMAIN, {
        round,
        now: now.toISOString(),
        seed: round,
        checkpoint,
        tickets: waiting,
        agents: changed ? agents.filter((agent) => changed.has(agent.agentId)) : agents,
        removedAgentIds: [...(changed ?? [])].filter((agentId) => !this.#cache.has(agentId)),
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
      DOMAIN,
      round,
      xmin,
      domain.rounds_since_checkpoint,
    ]);
    return events;
  }

  /** Each category and skill once per process. What is not known asks for nothing; such a category goes to the company's default queue. */
  #reportUnknown(waiting: readonly WaitingTicket[], categories: ReadonlyMap<string, unknown>): void {
    const report = (name: string, say: () => string): void => {
      if (this.#unknown.has(name) || this.#unknown.size >= UNKNOWN_MAX) return;
      this.#unknown.add(name);
      this.#logger.warn(say());
    };
    for (const { category, ticketId, queueId, unknownSkills = [] } of waiting) {
      if (category !== null && !categories.has(category)) {
        const known = [...categories.keys()].slice(0, 20).join(', ');
        const then = `routed to queue '${queueId}', asking for no skill. Known: ${known}`;
        report(`category ${category}`, () => `ticket ${ticketId}: category '${category}' is not configured; ${then}`);
      }
      for (const skill of unknownSkills)
        report(`skill ${skill}`, () => `ticket ${ticketId}: no configured agent has the skill '${skill}'; routed without asking for it`);
    }
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
      agents.nearBreach(new Date(now.getTime() + policy.nearBreachMinutes * 60_000)),
      policy.fairness ? agents.givenSince(new Date(now.getTime() - policy.fairness.windowMinutes * 60_000)) : new Map<string, number>(),
    ]);
    const passing = new Map<string, Passing>();
    for (const agentId of [...new Set([...inFlight.keys(), ...nearBreach.keys(), ...given.keys()])].sort()) {
      const { units, interruptibleUnits, channels, categories } = inFlight.get(agentId) ?? { ...NOTHING_PASSING, categories: [] };
      const aheadMinutes = categories.reduce((sum, category) => sum + learned.handleMinutes(agentId, category), 0);
      const ticketsNearBreach = nearBreach.get(agentId) ?? 0;
      const ticketsInWindow = given.get(agentId) ?? 0;
      passing.set(agentId, { units, interruptibleUnits, channels, aheadMinutes, ticketsNearBreach, ticketsInWindow });
    }
    return passing;
  }

  /** At most two seconds old: rounds come faster than such figures change. Undefined = no rule of overflow looks at any. */
  async #donorLevels(tx: EntityManager, policy: RoutingPolicy, now: Date): Promise<DonorLevel[] | undefined> {
    const asked = levelsAsked(policy);
    if (asked.length === 0) return undefined;
    if (this.#donors?.policy !== policy || now.getTime() - this.#donors.at >= LEVELS_MS)
      this.#donors = { policy, at: now.getTime(), levels: await new DonorStore(tx).levels(asked, now) };
    return this.#donors.levels;
  }

  /** What is known of everybody at this moment: computed anew, and by no round. */
  async learnedNow(tx: EntityManager, strength: number, now: Date): Promise<{ learned: Learned; snapshot: number }> {
    this.#experienceChanged = (await this.#experience.renew(tx)).changed || this.#experienceChanged;
    return { learned: this.#learnedAt(strength, now), snapshot: this.#learned?.snapshot ?? 0 };
  }
  #learnedAt(strength: number, now: Date): Learned {
    const { returns, gain } = this.#experience;
    const { cells, loads } = doesHarm(gain) ? NOTHING_SEEN : this.#experience;
    const faded = [...loads.values()].map((load) => loadAt(load, now.getTime()));
    return new Learned(cells.values(), strength, faded, returns);
  }

  #logLearning(leftAlone: boolean): void {
    const { minutes, halfWidth } = this.#experience.gain ?? { minutes: 0, halfWidth: 0 };
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
    const before = stands(this.#learned, tx) ? this.#learned : undefined;
    if (before && before.strength === strength && now.getTime() - before.at < LEARN_MS) return { ...before, records: [] };
    const { changed, xmin } = await this.#experience.renew(tx);
    this.#experienceChanged ||= changed;
    if (before && before.strength === strength && !this.#experienceChanged) {
      this.#learned = { ...before, at: now.getTime() };
      return { ...this.#learned, records: [] };
    }
    const leftAlone = doesHarm(this.#experience.gain);
    const checkpoint =
      domain.snapshot_xmin === null ||
      domain.snapshots_since_checkpoint >= CHECKPOINT_ROUNDS ||
      // Nothing of single agents, or all of it again.
      leftAlone ||
      domain.left_alone;
    const snapshot = Number(domain.snapshot) + 1;
    const learned = this.#learnedAt(strength, now);
    const since = checkpoint ? undefined : await new ExperienceStore(tx).changedSince(domain.snapshot_xmin!);
    const { returns } = this.#experience;
    const { cells, loads } = leftAlone ? NOTHING_SEEN : this.#experience;
    if (leftAlone !== domain.left_alone) this.#logLearning(leftAlone);
    const records = recordPerformance(DOMAIN, {
      snapshot,
      asOf: now.toISOString(),
      checkpoint,
      cells: [...cells].flatMap(([key, cell]) => (!since || since.cells.has(key) ? [cell] : [])),
      loads: [...loads].flatMap(([agentId, load]) => (!since || since.agents.has(agentId) ? [load] : [])),
      returns,
    });
    await tx.query(
      'update matching_domain set snapshot = $2, snapshot_xmin = $3::xid8, snapshots_since_checkpoint = $4, left_alone = $5 where domain = $1',
      [DOMAIN, snapshot, xmin, checkpoint ? 0 : domain.snapshots_since_checkpoint + 1, leftAlone],
    );
    domain.left_alone = leftAlone;
    domain.snapshot = String(snapshot);
    domain.snapshot_xmin = xmin;
    this.#learned = { learned, snapshot, strength, at: now.getTime(), tx, committed: false };
    this.#experienceChanged = false;
    return { learned, snapshot, records };
  }

  /** Writes what became of each ticket into its row, and says what readers do not know yet: a new step, changed reasons. */
  #tell(
    matched: Matched,
    rows: ReadonlyMap<string, TicketRow>,
    policy: NonNullable<ReturnType<typeof activePolicy>>['policy'],
    now: Date,
  ): Draft[] {
    const events: Draft[] = [];
    const relaxed = (row: TicketRow, step: number, skipped: boolean): void => {
      if (step <= (row.facts.told?.step ?? 0)) return;
      events.push(
        RequirementsRelaxed(row.ticketId, {
          step,
          relaxed: describeRelaxation(policy, step),
          why: skipped ? 'nobody-staffed' : 'waited',
          relaxedAt: now.toISOString(),
        }),
      );
    };
    for (const { ticket, step, skipped } of matched.proposals) {
      const row = rows.get(ticket.ticketId)!;
      relaxed(row, step, skipped);
      row.facts = { ...row.facts, told: { step, reasons: '' } };
    }
    for (const { ticket, step, skipped, reasons, nextStepAt: next } of matched.waiting) {
      // One to be rescued waits for nothing: it has an owner.
      if (ticket.ownerAgentId !== null) continue;
      const row = rows.get(ticket.ticketId)!;
      relaxed(row, step, skipped);
      // The counts change with every agent who comes or goes; the reasons are news, the numbers alone are not.
      const said = reasons
        .map((one) => one.reason)
        .sort()
        .join('|');
      if (row.facts.told?.reasons !== said || row.facts.told.step !== step) {
        events.push(
          TicketQueued(ticket.ticketId, {
            queueId: ticket.queueId,
            step,
            reasons,
            nextStepAt: next === undefined ? undefined : new Date(next).toISOString(),
            queuedAt: now.toISOString(),
          }),
        );
      }
      row.facts = { ...row.facts, told: { step, reasons: said } };
      const overflows = policy.overflow.some(({ from, donorServiceLevel }) => donorServiceLevel && from === ticket.queueId);
      row.nextTryAt = new Date(Math.min(next ?? Infinity, now.getTime() + (overflows ? OVERFLOW_AGAIN_MS : TRY_AGAIN_MS)));
    }
    return events;
  }
}
