import {
  AssignmentTopic,
  ConfigTopic,
  ConsoleTopic,
  PresenceReported,
  RoutingTopic,
  SolveRequested,
  type AssignmentProposed,
  type Draft,
  type Presence,
  type ProposalRejected,
  type TicketAssigned,
} from '@signalbox/contracts';
import { KafkaInspector, tailTopics, type RawRecord } from '@signalbox/messaging';
import { startInfrastructure, Stack } from '@signalbox/test-stack';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Company, factsOf, numbersFrom } from './company.ts';
import { deadlocksOf } from './grants.ts';
import { cpuByProcess, endOf, machine, peer } from './measure.ts';

/**
 * `npm run bench -- rejections`: what share of routing's proposals assignment refuses, with three instances of routing and one of assignment
 * on their real databases and topics, as many tickets as they take, and agents nearly full all the time: then a proposal that counts an
 * agent's room wrongly is one that is refused.
 *
 * The benchmark plays who comes before and after: each ticket is received, and a moment later enriched and without an answer; so many wait
 * undecided at any time; tickets are solved, any of them, as soon as agents hold more than the share below. Agents come and go.
 */
const FLOORS = { rejectedShare: 0.01 };
const UNITS_MAX = 4;
const BUSY_SHARE = 0.9;
const UNDECIDED = 150;
/** Enrichment and the knowledge base are not as quick as to overtake the ticket itself on its way to assignment. */
const ENRICHED_AFTER_MS = 50;
/** On average each agent goes away once in so long, for so long. */
const AWAY_EVERY_MS = 300_000;
const AWAY_MS = 20_000;
const WARM_UP_MS = 8_000;
const LEASE_MS = 3_600_000;
const READY_MS = 60_000;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    agents: { type: 'string', default: '100,300,1000' },
    instances: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
  },
});
const root = resolve(import.meta.dirname, '..');
const infrastructure = await startInfrastructure({
  stateDir: join(root, '.signalbox', 'bench'),
  progress: (line) => console.error(line),
});

interface Counted {
  readonly proposals: number;
  readonly sentAgain: number;
  readonly assigned: number;
  readonly rejected: readonly string[];
}

/** Customers, enrichment, the knowledge base and the agents. */
class BusyDay {
  readonly #proposals = new Set<string>();
  #sentAgain = 0;
  #assigned = 0;
  readonly #rejected: string[] = [];
  #submitted = 0;
  readonly #coming: { readonly at: number; readonly facts: Draft[] }[] = [];
  readonly #held: { ticketId: string; agentId: string }[] = [];
  readonly #away = new Map<string, number>();
  readonly #next = numbersFrom(3);
  #stopping = false;
  #living: Promise<void> = Promise.resolve();
  #stopTail: () => Promise<void> = async () => undefined;
  readonly #stack: Stack;
  readonly #company: Company;

  private constructor(stack: Stack, company: Company) {
    this.#stack = stack;
    this.#company = company;
  }

  static async begin(stack: Stack, company: Company): Promise<BusyDay> {
    const day = new BusyDay(stack, company);
    day.#stopTail = await tailTopics({
      ...stack.kafka,
      topics: [RoutingTopic.name, AssignmentTopic.name],
      fromBeginning: true,
      onRecord: (record) => day.#onRecord(record),
    });
    await stack.publish(...company.configuration({ withAgents: true }));
    await caughtUp(stack);
    await stack.publish(...company.agents.map(({ agentId }) => presence(agentId, 'online')));
    await caughtUp(stack);
    day.#living = day.#live();
    return day;
  }
  async end(): Promise<void> {
    this.#stopping = true;
    await this.#living;
    await this.#stopTail();
  }

  counted(): Counted {
    return { proposals: this.#proposals.size, sentAgain: this.#sentAgain, assigned: this.#assigned, rejected: [...this.#rejected] };
  }

  #onRecord({ value }: RawRecord): void {
    const { type, subject, data } = JSON.parse(value!.toString()) as { type: string; subject: string; data: unknown };
    if (type === 'AssignmentProposed') {
      const { proposalId } = data as AssignmentProposed['data'];
      if (this.#proposals.has(proposalId)) this.#sentAgain += 1;
      this.#proposals.add(proposalId);
    } else if (type === 'TicketAssigned') {
      this.#assigned += 1;
      this.#held.push({ ticketId: subject, agentId: (data as TicketAssigned['data']).agentId });
    } else if (type === 'ProposalRejected') this.#rejected.push((data as ProposalRejected['data']).why);
  }

  async #live(): Promise<void> {
    const heldMax = Math.floor(this.#company.agents.length * UNITS_MAX * BUSY_SHARE);
    for (let before = performance.now(); !this.#stopping; await sleep(5)) {
      const now = performance.now();
      const said = [...this.#solve(heldMax), ...this.#comeAndGo(now - before), ...this.#submit()];
      before = now;
      if (said.length > 0) await this.#stack.publish(...said);
    }
  }
  #solve(heldMax: number): SolveRequested[] {
    const askedAt = new Date().toISOString();
    return Array.from({ length: Math.max(0, this.#held.length - heldMax) }, () => {
      const [one] = this.#held.splice(Math.floor(this.#next() * this.#held.length), 1);
      return SolveRequested(one!.ticketId, { agentId: one!.agentId, askedAt });
    });
  }
  #submit(): Draft[] {
    const now = performance.now();
    const due: Draft[] = [];
    while (this.#coming[0] && this.#coming[0].at <= now) due.push(...this.#coming.shift()!.facts);
    while (this.#submitted - this.#assigned < UNDECIDED) {
      this.#submitted += 1;
      const [received, ...facts] = factsOf(this.#company.ticket(Date.now()));
      due.push(received);
      this.#coming.push({ at: now + ENRICHED_AFTER_MS, facts });
    }
    return due;
  }
  #comeAndGo(elapsedMs: number): PresenceReported[] {
    const back = [...this.#away].filter(([, until]) => until <= Date.now()).map(([agentId]) => agentId);
    for (const agentId of back) this.#away.delete(agentId);
    const leaving = this.#company.agents.filter(({ agentId }) => !this.#away.has(agentId) && this.#next() < elapsedMs / AWAY_EVERY_MS);
    for (const { agentId } of leaving) this.#away.set(agentId, Date.now() + AWAY_MS);
    return [...back.map((agentId) => presence(agentId, 'online')), ...leaving.map(({ agentId }) => presence(agentId, 'away'))];
  }
}
const presence = (agentId: string, value: Presence): PresenceReported =>
  PresenceReported(agentId, {
    presence: value,
    leaseUntil: new Date(Date.now() + LEASE_MS).toISOString(),
    reportedAt: new Date().toISOString(),
  });

async function caughtUp(stack: Stack): Promise<void> {
  const inspector = new KafkaInspector(stack.kafka);
  await inspector.connect();
  try {
    for (const deadline = Date.now() + READY_MS; ; await sleep(200)) {
      const lags = [
        await inspector.lag('signalbox.assignment', [ConfigTopic.name, ConsoleTopic.name]),
        await inspector.lag('signalbox.routing', [ConfigTopic.name]),
      ];
      if (lags.every((lag) => lag === 0n)) return;
      if (Date.now() > deadline) throw new Error(`assignment and routing have not read all within ${READY_MS} ms`);
    }
  } finally {
    await inspector.disconnect();
  }
}

async function dayWith(agents: number) {
  const stack = await Stack.start({ ...infrastructure, listen: false });
  const running: ChildProcess[] = [];
  const start = async (service: 'assignment' | 'routing'): Promise<void> => {
    const env = { ...(await stack.environmentFor(service)), SIGNALBOX_END_WITH_STDIN: 'true' };
    running.push(peer(join(root, `services/${service}/dist/main.js`), [], env));
  };
  try {
    await start('assignment');
    for (let nth = 0; nth < Number(values.instances); nth += 1) await start('routing');
    const day = await BusyDay.begin(stack, new Company(agents, UNITS_MAX));
    await sleep(WARM_UP_MS);
    const [before, cpuBefore, from] = [day.counted(), cpuByProcess(process.pid), performance.now()];
    await sleep(Number(values.seconds) * 1000);
    const [after, cpu, seconds] = [day.counted(), cpuByProcess(process.pid), (performance.now() - from) / 1000];
    await day.end();
    const proposals = after.proposals - before.proposals;
    const assigned = after.assigned - before.assigned;
    const rejected = after.rejected.slice(before.rejected.length);
    const result = {
      agents,
      routingInstances: Number(values.instances),
      assignedPerSecond: Number((assigned / seconds).toFixed(1)),
      proposals,
      sentAgain: after.sentAgain - before.sentAgain,
      rejected: rejected.length,
      rejectedShare: Number((rejected.length / Math.max(1, proposals)).toFixed(5)),
      rejectedWhy: Object.fromEntries([...Map.groupBy(rejected, (why) => why)].map(([why, all]) => [why, all.length])),
      /** Since the services began. */
      deadlocks: { routing: await deadlocksOf(stack, 'routing'), assignment: await deadlocksOf(stack, 'assignment') },
      cpuMsPerTicket: Object.fromEntries(
        [...cpu].map(([name, used]) => [name, Number((((used - (cpuBefore.get(name) ?? 0)) * 1000) / Math.max(1, assigned)).toFixed(2))]),
      ),
    };
    console.error(JSON.stringify(result));
    return result;
  } finally {
    await Promise.all(running.map(endOf));
    await stack.stop();
  }
}

const days: Awaited<ReturnType<typeof dayWith>>[] = [];
for (const agents of values.agents.split(',').map(Number)) days.push(await dayWith(agents));
await infrastructure.stop();
const result = { machine: machine(), busyShare: BUSY_SHARE, undecided: UNDECIDED, days, floors: FLOORS };

console.log('\n agents  assigned/s  proposals  sent again  rejected    share  why');
for (const day of days) {
  const why = Object.entries(day.rejectedWhy).map(([reason, count]) => `${reason} ${count}`);
  console.log(
    `${String(day.agents).padStart(7)}${day.assignedPerSecond.toFixed(0).padStart(12)}${String(day.proposals).padStart(11)}${String(day.sentAgain).padStart(12)}${String(day.rejected).padStart(10)}${`${(day.rejectedShare * 100).toFixed(2)} %`.padStart(9)}  ${why.join(', ') || '–'}`,
  );
}
console.log(`(allowed: below ${FLOORS.rejectedShare * 100} %)`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
const below = days.some(({ rejectedShare, proposals }) => proposals === 0 || rejectedShare >= FLOORS.rejectedShare);
if (values.check && below) console.error('not below what is allowed');
process.exit(values.check && below ? 1 : 0);
