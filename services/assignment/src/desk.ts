import {
  AgentState,
  causedBy,
  TicketState,
  type AgentConfig,
  type AgentRole,
  type Cause,
  type Draft,
  type QueueConfig,
} from '@signalbox/contracts';
import type { ConfigurationSnapshot, Delivery, LockAll } from '@signalbox/messaging';
import type { DataSource, EntityManager } from 'typeorm';
import { AgentStore } from './agent.store.js';
import { agentStateOf, configureAgent, followShift, unknownAgent, type Agent } from './domain/agent.js';
import { rescindOffer, withoutLeftOffer } from './domain/offering.js';
import { priorityOf, release } from './domain/oversight.js';
import { timeSilence } from './domain/silence.js';
import { termsOf, type Terms } from './domain/terms.js';
import { agentIdOf, offerOf, statusOf, type Decision, type Ticket } from './domain/ticket.js';
import { endWrapUp } from './domain/working.js';
import { TicketStore } from './ticket.store.js';

/** How long a ticket may be reopened and an agent be offline where no company is configured yet. */
const REOPEN_DAYS_MAX = 14;
const OFFLINE_GRACE_SECONDS = 60;
const SHIFT_END_GRACE_MINUTES = 15;

/** A bundle that was found applied stays so; what a transaction has applied itself may yet be rolled back. */
const appliedAtLeast = new WeakMap<DataSource, number>();
const applying = new WeakSet<EntityManager>();

/** Where an event or a request names an agent. */
interface Named {
  readonly agentId?: string | null;
  readonly withAgentId?: string;
  readonly toAgentId?: string;
  readonly to?: { readonly agentId?: string };
  /** Whoever has that role. */
  readonly reassignToRole?: AgentRole;
  readonly intoTicketId?: string;
}

/** The tickets and agents one handler call works on, all locked: tickets before agents, each in id order. */
export class Desk {
  readonly now: Date;
  readonly config: ConfigurationSnapshot;
  readonly agentStore: AgentStore;
  readonly #ticketStore: TicketStore;
  readonly #tx: EntityManager;
  readonly #tickets = new Map<string, { readonly before: Ticket; ticket: Ticket; cause?: Cause | undefined }>();
  readonly #agents = new Map<string, { readonly before: Agent; agent: Agent }>();
  readonly #said: Draft[] = [];
  readonly #agentStates: Draft[] = [];
  readonly #repeated: Draft[] = [];

  private constructor({ tx, now, config }: Delivery) {
    this.#tx = tx;
    this.now = now;
    this.config = config;
    this.#ticketStore = new TicketStore(tx);
    this.agentStore = new AgentStore(tx);
  }

  /** A desk without tickets. Whoever first sees a new bundle of configuration applies it, before anything else is decided. */
  static async open(delivery: Delivery): Promise<Desk> {
    const desk = new Desk(delivery);
    await desk.#applyConfiguration();
    return desk;
  }

  /** For a unit of several handler calls: all they will lock, in one order. Each of them loads what it needs again, from rows it has. */
  static readonly lockAll: LockAll = async (events, delivery) => {
    const desk = new Desk(delivery);
    const agentIds = events.flatMap((event) => {
      const { agentId, withAgentId, toAgentId, to } = event.data as Named;
      return [(event as unknown as Named).agentId, agentId, withAgentId, toAgentId, to?.agentId].filter(
        (id) => id !== undefined && id !== null,
      );
    });
    const ticketIds = events.flatMap((event) =>
      [(event as unknown as { ticketId?: string }).ticketId, (event.data as Named).intoTicketId].filter((id) => id !== undefined),
    );
    const roles = events.flatMap((event) => (event.data as Named).reassignToRole ?? []);
    await desk.load(ticketIds, [...agentIds, ...(await desk.idsOf(roles))]);
  };

  /** Locks these tickets, these agents, and whoever owns, is offered or solved the tickets. */
  async load(ticketIds: readonly string[], agentIds: readonly string[] = []): Promise<void> {
    const tickets = await this.#ticketStore.lock(
      ticketIds.filter((id) => !this.#tickets.has(id)),
      this.now,
    );
    for (const ticket of tickets) this.#tickets.set(ticket.ticketId, { before: ticket, ticket });
    const concerned = [...agentIds, ...tickets.flatMap((ticket) => agentsOf(ticket))];
    for (const agent of await this.agentStore.lock(concerned.filter((id) => !this.#agents.has(id))))
      this.#agents.set(agent.agentId, { before: agent, agent });
  }

  /** Who has one of these roles and takes tickets now, by what can be seen without a lock. */
  idsOf(roles: readonly AgentRole[]): Promise<string[]> {
    const configured = [...this.config.all('agent')].filter(([, { role }]) => roles.includes(role));
    return this.agentStore.onlineAmong(
      configured.map(([agentId]) => agentId),
      this.now,
    );
  }
  /** Of those that are loaded. */
  ofRole(role: AgentRole): Agent[] {
    return [...this.#agents.values()].map(({ agent }) => agent).filter(({ agentId }) => this.roleOf(agentId) === role);
  }
  roleOf(agentId: string): AgentRole | undefined {
    return this.config.find('agent', agentId)?.role;
  }

  /** Locks these agents with their tickets; what was granted to them before they were locked is fetched after. */
  async loadAgents(agentIds: readonly string[], which: 'offered' | 'held' | 'owned'): Promise<void> {
    await this.load(await this.agentStore.ticketIdsOf(agentIds, which), agentIds);
    // Out of lock order, but rare; should it ever deadlock, the unit is simply done again.
    await this.load(await this.agentStore.ticketIdsOf(agentIds, which));
  }

  ticket(ticketId: string): Ticket {
    const row = this.#tickets.get(ticketId);
    if (!row) throw new Error(`ticket '${ticketId}' was not loaded`);
    return row.ticket;
  }
  /** Loads where merged tickets go on: each of them once more, until one goes on. Out of lock order, but rare; a deadlock is done again. */
  async loadSurvivors(ticketIds: readonly string[]): Promise<void> {
    let next = ticketIds;
    while (next.length > 0) {
      const into = next.flatMap((id) => this.ticket(id).mergedInto ?? []);
      await this.load(into);
      next = into;
    }
  }
  /** Where the ticket goes on; itself, unless it was merged. */
  survivorOf(ticket: Ticket): Ticket {
    return ticket.mergedInto === null ? ticket : this.survivorOf(this.ticket(ticket.mergedInto));
  }
  tickets(): Ticket[] {
    return [...this.#tickets.values()].map(({ ticket }) => ticket);
  }
  /** An agent nobody has told us about is one that is not configured. */
  agent(agentId: string): Agent {
    return this.#agents.get(agentId)?.agent ?? unknownAgent(agentId);
  }
  /** The owner, or whoever solved the ticket. */
  ownerOf(ticket: Ticket): Agent | undefined {
    const agentId = agentIdOf(ticket);
    return agentId === null ? undefined : this.agent(agentId);
  }

  queue(queueId: string): QueueConfig | undefined {
    return this.config.find('queue', queueId);
  }
  /** A person's or an escalation's word, then the category's queue, then the company's default. */
  queueIdOf(ticket: Ticket): string {
    const category = ticket.enriched?.category;
    const byCategory = typeof category === 'string' ? this.config.find('category', category)?.queue : undefined;
    return ticket.queueOverride ?? byCategory ?? this.#company()?.defaultQueue ?? 'default';
  }
  /** What holds for the ticket in its queue, or in the one a proposal names. */
  termsFor(ticket: Ticket, queueId = this.queueIdOf(ticket)): Terms {
    return termsOf(ticket, queueId, this.queue(queueId), this.#company());
  }
  shiftOf(agentId: string): AgentConfig['shift'] {
    return this.config.find('agent', agentId)?.shift;
  }
  get reopenDaysMax(): number {
    return this.#company()?.reopenDaysMax ?? REOPEN_DAYS_MAX;
  }
  get offlineGraceSeconds(): number {
    return this.#company()?.offlineGraceSeconds ?? OFFLINE_GRACE_SECONDS;
  }
  get shiftEndGraceMinutes(): number {
    return this.#company()?.shiftEndGraceMinutes ?? SHIFT_END_GRACE_MINUTES;
  }
  #company() {
    return this.config.all('company').values().next().value;
  }

  /** Takes over what was decided; `cause` is the event or request it was decided about. */
  apply(decision: Decision, cause?: Cause): void {
    const row = this.#tickets.get(decision.ticket.ticketId)!;
    const { ticket, agent, others = [], events } = withoutLeftOffer(row.ticket, decision, (agentId) => this.agent(agentId), this.now);
    row.ticket = this.#timed(ticket);
    row.cause = cause ?? row.cause;
    this.#said.push(...(cause ? causedBy(cause, events) : events));
    for (const other of others) this.change(other, cause);
    if (agent) this.change(agent, cause);
  }

  #timed(ticket: Ticket): Ticket {
    const { stage } = ticket;
    if (stage.at !== 'owned' || !stage.silence || stage.silence.dueAt) return ticket;
    return timeSilence(ticket, this.termsFor(ticket), this.shiftOf(stage.agentId));
  }

  /** Each version of an agent is published once, so that an auditor sees every step of the load. */
  change(agent: Agent, cause?: Cause): void {
    const row = this.#agents.get(agent.agentId);
    if (!row) throw new Error(`agent '${agent.agentId}' was not loaded`);
    const published = row.agent.version;
    if (agent.version === published) {
      row.agent = agent;
      return;
    }
    row.agent = agent;
    const state = AgentState(agent.agentId, agentStateOf(agent));
    this.#agentStates.push(...(cause ? causedBy(cause, [state]) : [state]));
  }

  /** Says again what these agents' states are; they are locked, so that nothing newer can have been said before. */
  async repeatAgents(agentIds: readonly string[]): Promise<void> {
    await this.load([], agentIds);
    for (const agent of agentIds.map((agentId) => this.agent(agentId)))
      this.#agentStates.push(AgentState(agent.agentId, agentStateOf(agent)));
  }
  /** Says again what these tickets' states are, unless they have ended meanwhile. Only the tickets are locked, not who works on them. */
  async repeatTickets(ticketIds: readonly string[]): Promise<void> {
    for (const ticket of await this.#ticketStore.lock(ticketIds, this.now)) {
      const { ticketId, stage } = ticket;
      // A new configuration may have changed it in this very transaction; then its state is said anyway.
      if (this.#tickets.has(ticketId) || stage.at === 'solved' || stage.at === 'closed') continue;
      const state = this.#stateOf(ticket);
      if (state) this.#repeated.push(TicketState(ticketId, { ...state, updatedAt: this.now.toISOString() }));
    }
  }

  /** Saves what changed and gives all that is to be said: facts, then agents, then tickets. */
  async save(): Promise<Draft[]> {
    const tickets = [...this.#tickets.values()].filter(({ before, ticket }) => before !== ticket);
    const agents = [...this.#agents.values()].filter(({ before, agent }) => before !== agent);
    await Promise.all([
      this.#ticketStore.save(tickets.map(({ ticket }) => ticket)),
      this.agentStore.save(agents.map(({ before, agent }) => ({ before, after: agent }))),
    ]);
    const states = tickets.flatMap(({ before, ticket, cause }) => {
      const state = this.#stateOf(ticket);
      if (!state || JSON.stringify(state) === JSON.stringify(this.#stateOf(before))) return [];
      const draft = TicketState(ticket.ticketId, { ...state, updatedAt: this.now.toISOString() });
      return cause ? causedBy(cause, [draft]) : [draft];
    });
    return [...this.#said, ...this.#agentStates, ...states, ...this.#repeated];
  }

  #stateOf(ticket: Ticket): Omit<TicketState['data'], 'updatedAt'> | undefined {
    const { received, enriched, epoch, firstQueuedAt } = ticket;
    if (!received) return undefined;
    return {
      number: received.number,
      channel: received.channel,
      customerId: received.customerId,
      status: statusOf(ticket),
      agentId: agentIdOf(ticket),
      queueId: this.queueIdOf(ticket),
      priority: priorityOf(ticket),
      category: enriched?.category ?? null,
      language: enriched?.language ?? null,
      epoch,
      firstQueuedAt: firstQueuedAt.toISOString(),
    };
  }

  /** Agents' skills and limits follow the configuration; who is no longer in it gives everything back. */
  async #applyConfiguration(): Promise<void> {
    const { bundle } = this.config;
    if (bundle <= (appliedAtLeast.get(this.#tx.dataSource) ?? 0)) return;
    const read = async (lock: string) =>
      ((await this.#tx.query(`select bundle from applied_bundle ${lock}`)) as { bundle: number }[])[0]!.bundle;
    // Looked at without a lock first: almost always there is nothing to do.
    if (bundle <= (await read(''))) {
      if (!applying.has(this.#tx)) appliedAtLeast.set(this.#tx.dataSource, bundle);
      return;
    }
    if (bundle <= (await read('for update'))) return;
    applying.add(this.#tx);
    await this.#tx.query('update applied_bundle set bundle = $1', [bundle]);
    const configured = new Map([...this.config.all('agent')].filter(([, agent]) => takesTickets(agent)));
    const rows = (await this.#tx.query('select agent_id from agent where configured')) as { agent_id: string }[];
    const removed = rows.map((row) => row.agent_id).filter((id) => !configured.has(id));
    await this.loadAgents(removed, 'owned');
    const wanted = [...configured.keys()];
    await this.agentStore.insertMissing(wanted);
    await this.load([], wanted);
    for (const agentId of wanted) {
      const config = configured.get(agentId)!;
      this.change(configureAgent(this.agent(agentId), config));
      this.change(followShift(this.agent(agentId), config.shift, this.now));
    }
    for (const agentId of removed) {
      this.change(configureAgent(this.agent(agentId), undefined));
      this.withdraw(agentId, 'agent-removed');
      for (const ticketId of this.agent(agentId).holds.keys())
        this.apply(endWrapUp(this.ticket(ticketId), this.agent(agentId), 'agent-removed', this.now));
      for (const ticket of this.ownedBy(agentId)) this.apply(release(ticket, this.agent(agentId), 'agent-removed', this.now));
    }
  }

  /** Takes back the offers out to an agent. */
  withdraw(agentId: string, why: 'agent-removed' | 'agent-offline', cause?: Cause): void {
    for (const ticketId of this.agent(agentId).holds.keys())
      if (this.#tickets.has(ticketId)) this.apply(rescindOffer(this.ticket(ticketId), this.agent(agentId), why, this.now), cause);
  }
  /** Who has waited longest comes first, here as in the queue. */
  ownedBy(agentId: string): Ticket[] {
    return this.tickets()
      .filter(({ stage }) => stage.at === 'owned' && stage.agentId === agentId)
      .sort((one, other) => Number(one.firstQueuedAt) - Number(other.firstQueuedAt));
  }
}

/** Agents do; a supervisor or an administrator who is given units does, too. */
const takesTickets = ({ role, unitsMax }: AgentConfig): boolean => role === 'agent' || unitsMax > 0;

function agentsOf(ticket: Ticket): string[] {
  const { stage } = ticket;
  const worker = (stage.at === 'owned' || stage.at === 'solved') && stage.agentId !== null ? [stage.agentId] : [];
  const offer = offerOf(ticket);
  return offer ? [...worker, offer.agentId] : worker;
}
