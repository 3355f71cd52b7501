import {
  AgentsTopic,
  AssignmentProposed,
  AssignmentTopic,
  ConfigTopic,
  ConsoleTopic,
  IntakeTopic,
  PresenceReported,
  SolveRequested,
  type AgentState,
  type Draft,
  type ProposalRejected,
  type TicketAssigned,
} from '@signalbox/contracts';
import { KafkaInspector, tailTopics, type RawRecord } from '@signalbox/messaging';
import { startInfrastructure, Stack } from '@signalbox/test-stack';
import type { ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Company, receivedOf } from './company.ts';
import { cpuByProcess, endOf, peer } from './measure.ts';

export interface Grants {
  readonly agents: number;
  readonly instances: number;
  readonly grantsPerSecond: number;
  /** Of all proposals answered. */
  readonly rejectedShare: number;
  readonly rejectedWhy: Readonly<Record<string, number>>;
  /** Units of work that PostgreSQL ended because two instances waited for each other's rows; each costs a second. */
  readonly deadlocks: number;
  /** By process; it includes the solving that gives each grant's units back. */
  readonly cpuMsPerGrant: Readonly<Record<string, number>>;
}

const INSTANCES = [1, 2, 4];
const AGENTS = [12, 1_000];
const UNITS_MAX = 6;
const IN_FLIGHT_MAX = 1_000;
const WARM_UP_MS = 4_000;
const MEASURE_MS = 10_000;
const CAUGHT_UP_MS = 60_000;
/** Received before the clock runs. The measurement ends early when they are used up. */
const TICKETS_PER_SECOND_MAX: Record<number, number> = { 12: 400, 1_000: 1_200 };
const LEASE_MS = 3_600_000;

const root = resolve(import.meta.dirname, '..');

/**
 * Grants of services/assignment, with its real database and topics, at several instances of it: proposals are made for waiting tickets to
 * agents with room, and each ticket is solved as soon as it is assigned, so that its units come back. A grant here is thus two decisions.
 */
export async function grantsAtSeveralInstances(progress: (line: string) => void): Promise<Grants[]> {
  const infrastructure = await startInfrastructure({ stateDir: join(root, '.signalbox', 'bench'), progress });
  const all: Grants[] = [];
  try {
    for (const agents of AGENTS) {
      const stack = await Stack.start({ ...infrastructure, listen: false });
      const running: ChildProcess[] = [];
      try {
        const company = new Company(agents, UNITS_MAX);
        const load = await ProposingLoad.open(stack, company);
        await stack.publish(...company.configuration({ withAgents: true }));
        for (const instances of INSTANCES) {
          while (running.length < instances)
            running.push(
              peer(join(root, 'services/assignment/dist/main.js'), [], {
                ...(await stack.environmentFor('assignment')),
                SIGNALBOX_END_WITH_STDIN: 'true',
              }),
            );
          await load.waitForTickets(Math.ceil((TICKETS_PER_SECOND_MAX[agents]! * (WARM_UP_MS + MEASURE_MS)) / 1000));
          const one = { agents, instances, ...(await load.measure()) };
          all.push(one);
          progress(`grants: ${JSON.stringify(one)}`);
        }
        await load.close();
      } finally {
        await Promise.all(running.map(endOf));
        await stack.stop();
      }
    }
  } finally {
    await infrastructure.stop();
  }
  return all;
}

/** Since the database was made. */
export async function deadlocksOf(stack: Stack, service: 'assignment' | 'routing'): Promise<number> {
  const [row] = await stack.query<{ deadlocks: number }>(
    service,
    'select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()',
  );
  return row!.deadlocks;
}

interface Seat {
  unitsUsed: number;
  version: number;
  /** Proposals by ticket, until the agent's record shows them; the version that does is known from their answers. */
  readonly inFlight: Map<string, number>;
}
type Said = Pick<AgentState | TicketAssigned | ProposalRejected, 'type' | 'data'> & { subject: string };

/** Plays routing and the agents: it keeps the same account of an agent's room as routing does. */
class ProposingLoad {
  readonly #stack: Stack;
  readonly #company: Company;
  readonly #inspector: KafkaInspector;
  readonly #seats: Map<string, Seat>;
  readonly #waiting: string[] = [];
  /** By ticket: who was proposed. */
  readonly #proposed = new Map<string, string>();
  #granted = 0;
  readonly #rejected: string[] = [];
  #running = false;
  #said: Draft[] = [];
  #publishing: Promise<void> | undefined;
  #stopTail: () => Promise<void> = async () => undefined;
  #proposals = 0;
  #turn = 0;
  #ready = false;

  private constructor(stack: Stack, company: Company) {
    this.#stack = stack;
    this.#company = company;
    this.#inspector = new KafkaInspector(stack.kafka);
    this.#seats = new Map(company.agents.map(({ agentId }) => [agentId, { unitsUsed: 0, version: 0, inFlight: new Map() }]));
  }

  static async open(stack: Stack, company: Company): Promise<ProposingLoad> {
    const load = new ProposingLoad(stack, company);
    await load.#inspector.connect();
    load.#stopTail = await tailTopics({
      ...stack.kafka,
      topics: [AssignmentTopic.name, AgentsTopic.name],
      fromBeginning: true,
      onRecord: (record) => load.#onRecord(record),
    });
    return load;
  }
  async close(): Promise<void> {
    await this.#stopTail();
    await this.#publishing;
    await this.#inspector.disconnect();
  }

  /** So many tickets received, agents present, everything applied by the service. */
  async waitForTickets(tickets: number): Promise<void> {
    const leaseUntil = new Date(Date.now() + LEASE_MS).toISOString();
    const reportedAt = new Date().toISOString();
    // Presence is for agents who are known: the configuration comes first.
    if (!this.#ready) await this.#caughtUp();
    this.#ready = true;
    await this.#stack.publish(
      ...this.#company.agents.map(({ agentId }) => PresenceReported(agentId, { presence: 'online', leaseUntil, reportedAt })),
    );
    while (this.#waiting.length < tickets) {
      const some = Array.from({ length: 1_000 }, () => this.#company.ticket(Date.now()));
      await this.#stack.publish(...some.map(receivedOf));
      this.#waiting.push(...some.map(({ ticketId }) => ticketId));
    }
    await this.#caughtUp();
  }
  async #caughtUp(): Promise<void> {
    const topics = [IntakeTopic.name, ConsoleTopic.name, ConfigTopic.name];
    for (const deadline = Date.now() + CAUGHT_UP_MS; ; await sleep(200)) {
      if ((await this.#inspector.lag('signalbox.assignment', topics)) === 0n) return;
      if (Date.now() > deadline) throw new Error(`assignment has not read all within ${CAUGHT_UP_MS} ms`);
    }
  }

  async measure(): Promise<Omit<Grants, 'agents' | 'instances'>> {
    this.#running = true;
    for (const agentId of this.#seats.keys()) this.#proposeTo(agentId);
    this.#send();
    await this.#for(WARM_UP_MS);
    const [granted, rejected, deadlocks] = [this.#granted, this.#rejected.length, await deadlocksOf(this.#stack, 'assignment')];
    const [cpuFrom, from] = [cpuByProcess(process.pid), performance.now()];
    await this.#for(MEASURE_MS);
    const seconds = (performance.now() - from) / 1000;
    const cpu = cpuByProcess(process.pid);
    const grants = this.#granted - granted;
    const reasons = this.#rejected.slice(rejected);
    this.#running = false;
    for (const deadline = Date.now() + CAUGHT_UP_MS; this.#proposed.size > 0 && Date.now() < deadline;) await sleep(50);
    return {
      grantsPerSecond: Number((grants / seconds).toFixed(1)),
      rejectedShare: Number((reasons.length / Math.max(1, grants + reasons.length)).toFixed(5)),
      rejectedWhy: Object.fromEntries([...Map.groupBy(reasons, (why) => why)].map(([why, all]) => [why, all.length])),
      deadlocks: (await deadlocksOf(this.#stack, 'assignment')) - deadlocks,
      cpuMsPerGrant: Object.fromEntries(
        [...cpu].map(([name, used]) => [name, Number((((used - (cpuFrom.get(name) ?? 0)) * 1000) / grants).toFixed(3))]),
      ),
    };
  }
  /** Until the time is over or no ticket waits any more. */
  async #for(ms: number): Promise<void> {
    for (const until = Date.now() + ms; Date.now() < until && this.#waiting.length > 0;) await sleep(20);
  }

  #onRecord({ value }: RawRecord): void {
    const event = JSON.parse(value!.toString()) as Said;
    switch (event.type) {
      case 'AgentState':
        this.#onState(event.subject, event.data as AgentState['data']);
        break;
      case 'TicketAssigned': {
        const { agentId, load } = event.data as TicketAssigned['data'];
        this.#granted += 1;
        this.#proposed.delete(event.subject);
        const seat = this.#seats.get(agentId)!;
        if (seat.version >= load!.agentVersion) seat.inFlight.delete(event.subject);
        else seat.inFlight.set(event.subject, load!.agentVersion);
        this.#said.push(SolveRequested(event.subject, { agentId, askedAt: new Date().toISOString() }));
        break;
      }
      case 'ProposalRejected': {
        const { agentId, why } = event.data as ProposalRejected['data'];
        this.#rejected.push(why);
        this.#proposed.delete(event.subject);
        this.#seats.get(agentId)!.inFlight.delete(event.subject);
        this.#waiting.push(event.subject);
      }
    }
    this.#send();
  }

  #onState(agentId: string, { agentVersion, unitsUsed }: AgentState['data']): void {
    const seat = this.#seats.get(agentId);
    if (!seat || seat.version >= agentVersion) return;
    seat.version = agentVersion;
    seat.unitsUsed = unitsUsed;
    for (const [ticketId, shownAt] of seat.inFlight) if (shownAt > 0 && shownAt <= agentVersion) seat.inFlight.delete(ticketId);
    this.#proposeTo(agentId);
  }

  #proposeTo(agentId: string): void {
    const seat = this.#seats.get(agentId)!;
    while (this.#running && this.#proposed.size < IN_FLIGHT_MAX && seat.unitsUsed + seat.inFlight.size < UNITS_MAX) {
      const ticketId = this.#waiting.shift();
      if (ticketId === undefined) return;
      this.#proposals += 1;
      this.#proposed.set(ticketId, agentId);
      seat.inFlight.set(ticketId, 0);
      this.#said.push(
        AssignmentProposed(ticketId, {
          proposalId: `proposal-${this.#proposals}`,
          agentId,
          epoch: 1,
          queueId: 'queue-00',
          units: 1,
          domain: 'default',
          round: 1,
          step: 0,
          policy: { name: 'standard', version: 1 },
          weights: 'standard',
          top: [],
          excluded: [],
          unenriched: false,
          proposedAt: new Date().toISOString(),
        }),
      );
    }
  }

  /** What comes while a batch is on its way goes with the next one. */
  #send(): void {
    this.#publishing ??= this.#publish().finally(() => (this.#publishing = undefined));
  }
  async #publish(): Promise<void> {
    await sleep(0);
    do {
      // Agents whose turn was missed because too many proposals were on their way.
      const agentIds = [...this.#seats.keys()];
      for (let nth = 0; nth < agentIds.length && this.#proposed.size < IN_FLIGHT_MAX; nth += 1, this.#turn += 1)
        this.#proposeTo(agentIds[this.#turn % agentIds.length]!);
      if (this.#said.length > 0) await this.#stack.publish(...this.#said.splice(0));
    } while (this.#said.length > 0);
  }
}
