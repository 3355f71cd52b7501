import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AssignmentProposed, RequirementsRelaxed, RoundRecorded, TicketQueued, type AgentState, type Draft } from '@signalbox/contracts';
import { UnitOfWork, type Delivery, type Outcome } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { AgentCache, AgentStore } from './agent.store.js';
import { Learned } from './domain/learning.js';
import { match, type Matched } from './domain/match.js';
import { describeRelaxation } from './domain/requirements.js';
import { waitingTicketOf } from './domain/ticket-facts.js';
import type { CandidateAgent } from './domain/waiting-ticket.js';
import { ProposalStore } from './proposal.store.js';
import { activePolicy, TicketStore, type TicketRow } from './ticket.store.js';

const DOMAIN = 'default';
const TICKETS_MAX = 200;
const CHECKPOINT_ROUNDS = 500;
const RESEND_MS = 10_000;
/** The safety net; ordinarily a round is asked for by what happened. One indexed query. */
const SWEEP_MS = 500;
/** An agent's own tickets count as near breach from so long before. */
const NEAR_BREACH_MS = 15 * 60_000;
/** When more wait than a round takes, those that found nobody stand back for the next ones. */
const STAND_BACK_MS = 250;

interface RoundResult {
  readonly more: boolean;
}

/** Runs rounds: one at a time per matching domain over all instances, because the domain's row is locked for the whole transaction. */
@Injectable()
export class Rounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #cache = new AgentCache();
  readonly #logger = new Logger('Rounds');
  #learned: Learned | undefined;
  #learnedStrength = 0;
  #asked = false;
  #stopped = false;
  #sweep: NodeJS.Timeout | undefined;
  readonly #alarms = new Set<NodeJS.Timeout>();

  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
  ) {}

  onApplicationBootstrap(): void {
    this.#sweep = setInterval(() => void this.#sweepOnce(), SWEEP_MS);
  }
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearInterval(this.#sweep);
    for (const alarm of this.#alarms) clearTimeout(alarm);
  }

  /** Something made a ticket ready or an agent free: a round follows in the next unit of work. Asking again meanwhile is free. */
  ask(): void {
    if (this.#asked || this.#stopped) return;
    this.#asked = true;
    // After the unit that asked has committed: what it wrote must be visible.
    setImmediate(() => {
      this.unit.submit(this.#runRounds, undefined).then(
        ({ more }) => {
          if (more) this.ask();
        },
        (error: Error) => this.#logger.warn(`round: ${error.message}`),
      );
    });
  }

  /** A ticket becomes ready by the passing of time. */
  askAt(instant: number, now: Date): void {
    const waitMs = instant - now.getTime();
    if (waitMs <= 0) return this.ask();
    if (waitMs > 10_000 || this.#alarms.size > 5_000) return; // The sweep will see it.
    const alarm = setTimeout(() => {
      this.#alarms.delete(alarm);
      this.ask();
    }, waitMs + 1);
    this.#alarms.add(alarm);
  }

  async #sweepOnce(): Promise<void> {
    if (this.#asked || this.#stopped) return;
    const [row] = await this.database
      .query<{ due: boolean }[]>(
        `select exists (select from routing_ticket where state = 'waiting' and next_try_at <= clock_timestamp())
             or exists (select from proposal where agent_version is null and sent_at < clock_timestamp() - interval '${RESEND_MS} ms') as due`,
      )
      .catch(() => []);
    if (row?.due) this.ask();
  }

  readonly #runRounds = async (asked: readonly undefined[], delivery: Delivery): Promise<Outcome<RoundResult>[]> => {
    this.#asked = false;
    const { events, more } = await this.#round(delivery);
    return asked.map((_, index) => ({ events: index === 0 ? events : [], answer: { more } }));
  };

  async #round({ tx, now, config }: Delivery): Promise<{ events: Draft[]; more: boolean }> {
    const active = activePolicy(config);
    if (!active) return { events: [], more: false };
    const [domain] = (await tx.query(
      'select round, recorded_xmin, rounds_since_checkpoint from matching_domain where domain = $1 for update',
      [DOMAIN],
    )) as {
      round: string;
      recorded_xmin: string | null;
      rounds_since_checkpoint: number;
    }[];
    const proposals = new ProposalStore(tx);
    const resent = await proposals.takeUnanswered(new Date(now.getTime() - RESEND_MS), now, TICKETS_MAX);
    const events: Draft[] = resent.map(({ ticketId, data }) => AssignmentProposed(ticketId, data));

    const tickets = new TicketStore(tx);
    const rows = await tickets.takeReady(now, TICKETS_MAX);
    if (rows.length === 0) return { events, more: false };
    const { observedChanged } = await this.#cache.renew(tx);
    if (observedChanged || !this.#learned || this.#learnedStrength !== active.policy.shrinkageTickets) {
      this.#learnedStrength = active.policy.shrinkageTickets;
      this.#learned = new Learned(this.#cache.observed.values(), this.#learnedStrength);
    }
    const nearBreach = await new AgentStore(tx).nearBreach(new Date(now.getTime() + NEAR_BREACH_MS));
    const candidates = [...this.#cache.agents].map(([agentId, state]) => candidateOf(agentId, state, nearBreach.get(agentId) ?? 0));
    const inFlight = await proposals.inFlight();
    const waiting = rows.map((row) => waitingTicketOf(row.ticketId, row.facts, config));
    const projectedBefore = [...inFlight].map(([agentId, { units }]) => ({ agentId, units }));
    const matched = match(
      waiting,
      candidates,
      { policy: active.policy, categories: config.all('category'), learned: this.#learned },
      now,
      inFlight,
    );

    const round = Number(domain!.round) + 1;
    const made = matched.proposals.map((proposed) => ({
      channel: proposed.ticket.channel,
      event: AssignmentProposed(proposed.ticket.ticketId, {
        proposalId: randomUUID(),
        agentId: proposed.agentId,
        epoch: proposed.ticket.epoch,
        queueId: proposed.ticket.queueId,
        units: proposed.ticket.units,
        domain: DOMAIN,
        round,
        step: proposed.step,
        policy: { name: active.name, version: active.version },
        weights: proposed.weightsName,
        top: proposed.top,
        excluded: proposed.excluded,
        unenriched: proposed.ticket.unenriched,
        proposedAt: now.toISOString(),
      }),
    }));
    await proposals.insert(made, now);
    const byId = new Map(rows.map((row) => [row.ticketId, row]));
    const crowded = rows.length >= TICKETS_MAX;
    events.push(...this.#tell(matched, byId, active.policy, now, crowded), ...made.map(({ event }) => event));
    await tickets.save(rows, config);
    if (made.length > 0) {
      const checkpoint = domain!.recorded_xmin === null || domain!.rounds_since_checkpoint >= CHECKPOINT_ROUNDS;
      const [horizon] = await tx.query<{ xmin: string }[]>('select pg_snapshot_xmin(pg_current_snapshot())::text as xmin');
      const changed = checkpoint
        ? candidates.map((agent) => agent.agentId)
        : (
            (await tx.query('select agent_id from routing_agent where changed_xid >= $1::xid8', [domain!.recorded_xmin])) as {
              agent_id: string;
            }[]
          ).map((row) => row.agent_id);
      const changedIds = new Set(changed);
      events.push(
        RoundRecorded(DOMAIN, {
          round,
          now: now.toISOString(),
          seed: round,
          checkpoint,
          tickets: waiting.map((ticket) => ({ ...ticket })),
          agents: [...candidates.filter((agent) => changedIds.has(agent.agentId)).map((agent) => ({ ...agent })), { inFlight: projectedBefore }],
          removedTicketIds: [],
          removedAgentIds: changed.filter((id) => !this.#cache.agents.has(id)),
          policy: { name: active.name, version: active.version },
          configuration: config.bundle,
          performanceSnapshot: [...this.#cache.observed.values()].reduce((sum, cell) => sum + cell.tickets + cell.rated, 0),
          proposals: made.map(({ event }, index) => ({
            ticketId: event.ticketId,
            agentId: event.data.agentId,
            score: matched.proposals[index]!.top[0]!.score,
          })),
        }),
      );
      await tx.query('update matching_domain set round = $2, recorded_xmin = $3::xid8, rounds_since_checkpoint = $4 where domain = $1', [
        DOMAIN,
        round,
        horizon!.xmin,
        checkpoint ? 0 : domain!.rounds_since_checkpoint + 1,
      ]);
    }
    return { events, more: crowded };
  }

  /** Writes what became of each ticket into its row, and says what readers do not know yet: a new step, changed reasons. */
  #tell(
    matched: Matched,
    rows: ReadonlyMap<string, TicketRow>,
    policy: NonNullable<ReturnType<typeof activePolicy>>['policy'],
    now: Date,
    crowded: boolean,
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
      row.proposed = true;
      row.facts = { ...row.facts, told: { step, reasons: '' } };
    }
    for (const { ticket, step, skipped, reasons, nextStepAt: next } of matched.waiting) {
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
      row.facts = { ...row.facts, told: { step, reasons: said }, ...(crowded ? { notBefore: now.getTime() + STAND_BACK_MS } : {}) };
      row.nextTryAt = new Date(Math.min(next ?? Infinity, now.getTime() + 30_000));
    }
    return events;
  }
}

function candidateOf(agentId: string, state: AgentState['data'], ticketsNearBreach: number): CandidateAgent {
  const channelUnitsUsed: Partial<Record<string, number>> = {};
  for (const hold of state.holds) channelUnitsUsed[hold.channel] = (channelUnitsUsed[hold.channel] ?? 0) + hold.units;
  return {
    agentId,
    agentVersion: state.agentVersion,
    presence: state.presence,
    inRotation: state.inRotation,
    skills: state.skills,
    languages: state.languages,
    queueIds: state.queueIds,
    unitsMax: state.unitsMax,
    channelUnitsMax: state.channelUnitsMax,
    unitsUsed: state.unitsUsed,
    channelUnitsUsed,
    idleSince: state.idleSince === null ? null : Date.parse(state.idleSince),
    ticketsNearBreach,
  };
}
