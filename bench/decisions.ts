import { RoutingPolicy } from '@signalbox/contracts';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { MatchPolicy } from '../services/routing/src/domain/match.ts';
import type { CandidateAgent, WaitingTicket } from '../services/routing/src/domain/waiting-ticket.ts';
import { NODE_FLAGS } from '../tools/stack/processes.ts';
import { Company, numbersFrom } from './company.ts';
import { grantsAtSeveralInstances } from './grants.ts';
import { machine, median, percentile } from './measure.ts';
import { restartOfRouting } from './restart.ts';
import { decide, evaluate, Learned } from './routing-domain.ts';

/**
 * `npm run bench -- decisions`: what deciding alone costs, on one core and without Kafka or a database: rounds of services/routing's `match`,
 * one round of 200 × 400, the choice of a policy's weights. Then with real databases and topics: what assignment grants, and how soon routing
 * decides again after a restart.
 */
const FLOORS = {
  perSecondAt: { 1_000: 25_000, 10_000: 10_000 } as Record<number, number>,
  roundMs: 20,
  policiesPerSecond: 100_000,
  restartMs: 10_000,
};
const AIMS = {
  perSecondAt: { 1_000: 50_000, 10_000: 20_000 } as Record<number, number>,
  roundMs: 10,
  policiesPerSecond: 500_000,
  restartMs: 3_000,
};
const ROUND_MAX = 200;
const WARM_UP_MS = 1_000;
const MEASURE_MS = 3_000;
const ROUNDS_MIN = 10;
/** Of an agent's units that tickets of earlier rounds keep: some agents are full, and no round finds the company empty. */
const BUSY_SHARE = 0.7;
const UNITS_MAX = 4;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    parts: { type: 'string', default: 'rounds,round,policies,grants,restart' },
    /** One of the cases, in a process of its own; the result is its output. */
    case: { type: 'string' },
  },
});

interface Rounds {
  readonly agents: number;
  readonly waiting: number;
  readonly ticketsPerRound: number;
  /** Agents who could ever take a ticket: gate's requirements met, whether they have room or not. */
  readonly eligibleMean: number;
  readonly eligibleMax: number;
  readonly rounds: number;
  /** Tickets that were decided (agent found) and looked at, per second of this thread's CPU time; and decided per second of the clock. */
  readonly decidedPerSecond: number;
  readonly lookedAtPerSecond: number;
  readonly decidedPerSecondByClock: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The whole process at its largest, with agents, what was learned of them, and the waiting tickets. */
  readonly rssMaxMiB: number;
}

/** Rounds as a busy day has them: the oldest tickets' units come back while new ones are given out, and each round finds other agents free. */
function roundsWith(agentCount: number, waiting: number): Rounds {
  const company = new Company(agentCount, UNITS_MAX);
  const now = Date.UTC(2026, 10, 24, 9);
  const by: MatchPolicy = { policy: company.policy, categories: company.categories, learned: new Learned(company.observed(), 8) };
  const agents = new Map(company.agents.map((agent) => [agent.agentId, agent]));
  const perRound = waiting === 0 ? 1 : ROUND_MAX;
  const queue: WaitingTicket[] = Array.from({ length: Math.max(waiting, perRound) }, () => company.ticket(now));
  const held: string[] = [];
  const use = (agentId: string, units: number): void => {
    const agent = agents.get(agentId)!;
    agents.set(agentId, { ...agent, agentVersion: agent.agentVersion + 1, unitsUsed: agent.unitsUsed + units });
  };
  const heldMax = Math.floor(agentCount * UNITS_MAX * BUSY_SHARE);
  const next = numbersFrom(7);
  while (held.length < heldMax) {
    const agentId = company.agents[Math.floor(next() * agentCount)]!.agentId;
    if (agents.get(agentId)!.unitsUsed >= UNITS_MAX) continue;
    use(agentId, 1);
    held.push(agentId);
  }

  const eligible: number[] = [];
  const roundMs: number[] = [];
  let [decided, lookedAt, cpuMicroseconds, clockMs] = [0, 0, 0, 0];
  const startedAt = performance.now();
  for (let nth = 0; ; nth += 1) {
    const elapsed = performance.now() - startedAt;
    const measuring = elapsed >= WARM_UP_MS && nth >= ROUNDS_MIN;
    if (elapsed >= WARM_UP_MS + MEASURE_MS && roundMs.length >= ROUNDS_MIN) break;
    const tickets = queue.splice(0, perRound);
    const list: CandidateAgent[] = [...agents.values()];
    const cpu = process.threadCpuUsage();
    const from = performance.now();
    const { proposals, waiting: left } = decide(tickets, list, by, new Date(now + nth));
    const took = performance.now() - from;
    const used = process.threadCpuUsage(cpu);
    if (measuring) {
      roundMs.push(took);
      clockMs += took;
      cpuMicroseconds += used.user + used.system;
      decided += proposals.length;
      lookedAt += tickets.length;
      if (eligible.length < 2_000)
        for (const ticket of tickets) eligible.push(company.agents.filter((agent) => company.fits(ticket, agent)).length);
    }
    for (const { agentId } of proposals) {
      use(agentId, 1);
      held.push(agentId);
    }
    for (const agentId of held.splice(0, Math.max(0, held.length - heldMax))) use(agentId, -1);
    queue.push(...left.map(({ ticket }) => ticket), ...proposals.map(() => company.ticket(now)));
  }
  roundMs.sort((a, b) => a - b);
  return {
    agents: agentCount,
    waiting,
    ticketsPerRound: perRound,
    eligibleMean: Math.round(eligible.reduce((sum, one) => sum + one, 0) / eligible.length),
    eligibleMax: Math.max(...eligible),
    rounds: roundMs.length,
    decidedPerSecond: Math.round(decided / (cpuMicroseconds / 1e6)),
    lookedAtPerSecond: Math.round(lookedAt / (cpuMicroseconds / 1e6)),
    decidedPerSecondByClock: Math.round(decided / (clockMs / 1000)),
    p50Ms: round3(percentile(roundMs, 0.5)),
    p99Ms: round3(percentile(roundMs, 0.99)),
    rssMaxMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}
/** 200 tickets that ask for nothing, 400 agents with one unit each: every pair is possible. */
function fullRound(): { p50Ms: number; p99Ms: number; rounds: number } {
  const company = new Company(400, 1);
  const now = Date.UTC(2026, 10, 24, 9);
  const learned = new Learned(company.observed(), 8);
  const queueIds = ['queue-00'];
  const languages = { en: 5, de: 5, fr: 5 };
  const agents = company.agents.map((agent) => ({ ...agent, languages, queueIds }));
  // Same skills liked, none required: only scores tell agents apart.
  const categories = new Map([...company.categories].map(([name, category]) => [name, { ...category, requiredSkills: {} }]));
  const tookMs: number[] = [];
  for (const until = performance.now() + WARM_UP_MS + MEASURE_MS; performance.now() < until || tookMs.length < 2 * ROUNDS_MIN;) {
    const tickets = Array.from({ length: ROUND_MAX }, () => ({ ...company.ticket(now), queueId: 'queue-00' }));
    const from = performance.now();
    const { proposals } = decide(tickets, agents, { policy: company.policy, categories, learned }, new Date(now));
    tookMs.push(performance.now() - from);
    if (proposals.length !== ROUND_MAX) throw new Error(`a round of ${ROUND_MAX} with room for all gave ${proposals.length} proposals`);
  }
  const measured = tookMs.slice(ROUNDS_MIN).sort((a, b) => a - b);
  return { p50Ms: round3(percentile(measured, 0.5)), p99Ms: round3(percentile(measured, 0.99)), rounds: measured.length };
}

/** 200 rules of which each ticket meets one, anywhere among them. */
function policies(): { perSecond: number } {
  const company = new Company(100, 1);
  const now = Date.UTC(2026, 10, 24, 9);
  const categories = [...company.categories.keys()];
  const rules = Array.from({ length: 200 }, (_, nth) => ({
    when: {
      category: [categories[nth % categories.length]!],
      priority: [(['low', 'normal', 'high', 'urgent', 'urgent'] as const)[Math.floor(nth / categories.length)]!],
      channel: ['web', 'email'],
    },
    use: nth % 2 === 0 ? 'urgent' : 'standard',
  }));
  const policy = RoutingPolicy.parse({ ...company.policy, rules });
  const tickets = Array.from({ length: 1_000 }, () => company.ticket(now));
  const rates: number[] = [];
  let urgent = 0;
  for (const until = performance.now() + MEASURE_MS; performance.now() < until || rates.length < ROUNDS_MIN;) {
    const cpu = process.threadCpuUsage();
    for (let turn = 0; turn < 20; turn += 1) for (const ticket of tickets) if (evaluate(ticket, policy) === 'urgent') urgent += 1;
    const { user, system } = process.threadCpuUsage(cpu);
    rates.push((20 * tickets.length) / ((user + system) / 1e6));
  }
  if (urgent === 0) throw new Error('no rule fitted any ticket');
  return { perSecond: Math.round(median(rates)) };
}
const round3 = (value: number): number => Number(value.toFixed(3));

const CASES: Record<string, (...sizes: number[]) => unknown> = {
  rounds: (agents, waiting) => roundsWith(agents!, waiting!),
  round: fullRound,
  policies,
};
if (values.case !== undefined) {
  const [name, ...sizes] = values.case.split(',');
  console.log(JSON.stringify(CASES[name!]!(...sizes.map(Number))));
  process.exit(0);
}

/** Each case in a new process: its compiled code and its memory are its own. */
function inNewProcess<Result>(name: string): Result {
  const { stdout, status } = spawnSync(process.execPath, [...NODE_FLAGS, import.meta.filename, '--case', name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`the case ${name} ended with ${status}`);
  console.error(`${name}: ${stdout.trim()}`);
  return JSON.parse(stdout) as Result;
}

const parts = values.parts.split(',');
const result = {
  machine: machine(),
  rounds: parts.includes('rounds')
    ? [100, 1_000, 10_000].flatMap((agents) => [0, 1_000, 100_000].map((waiting) => inNewProcess<Rounds>(`rounds,${agents},${waiting}`)))
    : [],
  roundOf200And400: parts.includes('round') ? inNewProcess<ReturnType<typeof fullRound>>('round') : undefined,
  policiesOf200Rules: parts.includes('policies') ? inNewProcess<ReturnType<typeof policies>>('policies') : undefined,
  grants: parts.includes('grants') ? await grantsAtSeveralInstances((line) => console.error(line)) : [],
  restart: parts.includes('restart') ? await restartOfRouting((line) => console.error(line)) : [],
  floors: FLOORS,
  aims: AIMS,
};

const cell = (value: number | string, width: number): string =>
  (typeof value === 'number' ? value.toLocaleString('en') : value).padStart(width);
if (result.rounds.length > 0) {
  console.log(
    '\n agents  waiting  a round  eligible  decided/s of a core  by the clock    p50 ms    p99 ms  memory MiB    floor/s      aim/s',
  );
  for (const one of result.rounds) {
    const [floor, aim] = one.waiting > 0 ? [FLOORS.perSecondAt[one.agents], AIMS.perSecondAt[one.agents]] : [];
    console.log(
      `${cell(one.agents, 7)}${cell(one.waiting, 9)}${cell(one.ticketsPerRound, 9)}${cell(one.eligibleMean, 10)}${cell(one.decidedPerSecond, 21)}${cell(one.decidedPerSecondByClock, 14)}${cell(one.p50Ms, 10)}${cell(one.p99Ms, 10)}${cell(one.rssMaxMiB, 12)}${cell(floor ?? '–', 11)}${cell(aim ?? '–', 11)}`,
    );
  }
}
if (result.roundOf200And400) {
  const { p50Ms, p99Ms } = result.roundOf200And400;
  console.log(
    `\na round of 200 tickets × 400 free agents: p50 ${p50Ms} ms, p99 ${p99Ms} ms (floor ${FLOORS.roundMs}, aim ${AIMS.roundMs})`,
  );
}
if (result.policiesOf200Rules) {
  const { perSecond } = result.policiesOf200Rules;
  console.log(
    `policies of 200 rules evaluated: ${cell(perSecond, 0)}/s of a core (floor ${cell(FLOORS.policiesPerSecond, 0)}, aim ${cell(AIMS.policiesPerSecond, 0)})`,
  );
}
if (result.grants.length > 0) {
  console.log('\nassignment: agents  instances  grants/s  rejected  deadlocks  CPU ms a grant: assignment  PostgreSQL  Kafka');
  for (const one of result.grants)
    console.log(
      `${cell(one.agents, 18)}${cell(one.instances, 11)}${cell(one.grantsPerSecond, 10)}${cell(`${(one.rejectedShare * 100).toFixed(2)} %`, 10)}${cell(one.deadlocks, 11)}${cell(one.cpuMsPerGrant['assignment'] ?? NaN, 28)}${cell(one.cpuMsPerGrant['PostgreSQL'] ?? NaN, 12)}${cell(one.cpuMsPerGrant['Kafka'] ?? NaN, 7)}`,
    );
}
for (const { how, agents, waiting, firstProposalMs, mostProposalsMs } of result.restart)
  console.log(
    `routing ${how}, started with ${cell(agents, 0)} agents and ${cell(waiting, 0)} waiting: first proposal after ${firstProposalMs} ms, nine tenths of those there is room for after ${mostProposalsMs} (floor ${FLOORS.restartMs}, aim ${AIMS.restartMs})`,
  );
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);

const tooSlow = result.rounds.filter(
  ({ agents, waiting, decidedPerSecond }) => waiting > 0 && decidedPerSecond < (FLOORS.perSecondAt[agents] ?? 0),
);
const below =
  tooSlow.length > 0 ||
  (result.roundOf200And400?.p50Ms ?? 0) > FLOORS.roundMs ||
  (result.policiesOf200Rules?.perSecond ?? Infinity) < FLOORS.policiesPerSecond ||
  result.restart.some(({ firstProposalMs }) => firstProposalMs > FLOORS.restartMs);
if (values.check && below) console.error('below the floor');
process.exit(values.check && below ? 1 : 0);
