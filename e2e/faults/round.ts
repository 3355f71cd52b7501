import type { ServiceName } from '@signalbox/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, onceEach } from './checker.ts';
import {
  differences,
  endOffsets,
  fingerprint,
  lagPerService,
  readDatabases,
  readMails,
  readTopics,
  settled,
  ticketsByState,
  type Fingerprint,
} from './evidence.ts';
import type { Facts } from './facts.ts';
import { handOversIn } from './happened.ts';
import { kill, type Killing } from './havoc.ts';
import { Agents, Senders, type AgentCounts } from './load.ts';
import { randomFrom, scheduleOf } from './schedule.ts';
import { FaultySystem, type Death } from './system.ts';

/** Bounds of the waits, so that a stuck system ends a run instead of hanging it. */
const ALL_DONE_MS_MAX = 180_000;
const SETTLE_MS_MAX = 120_000;
const QUIET_MS_MAX = 60_000;
const SOME = 40;
/** Fewer when there is little time: each ticket costs all services some. */
const MORE_EACH_MS = { short: 1_000, long: 500 };

export interface RoundOptions {
  readonly root: string;
  readonly stateDir: string;
  readonly services: readonly ServiceName[];
  readonly seed: number;
  readonly tickets: number;
  readonly form: 'short' | 'long';
  readonly keep: boolean;
  readonly say: (line: string) => void;
  readonly stopping: AbortSignal;
}

export interface RoundReport {
  readonly seed: number;
  readonly seconds: number;
  readonly killed: readonly Killing[];
  /** Processes that ended without our doing, and were started again. */
  readonly endedByThemselves: readonly Death[];
  readonly sent: { readonly tickets: number; readonly acknowledged: number; readonly attempts: number };
  readonly agents: AgentCounts | undefined;
  readonly topics:
    { readonly records: number; readonly publishedTwice: number; readonly events: Readonly<Record<string, number>> } | undefined;
  /** What went between people, by the topics. */
  readonly handOvers: Readonly<Record<string, number>> | undefined;
  readonly databases: { readonly tickets: Readonly<Record<string, number>>; readonly rows: number } | undefined;
  readonly rewind: { readonly recordsReadAgain: number; readonly changedTables: number; readonly newRecords: number } | undefined;
  /** Violations, and what kept the run from being one. Empty: every promise was kept. */
  readonly problems: readonly string[];
}

/** What a round has found out so far, also when it ends early. */
type Findings = { -readonly [K in keyof RoundReport]: RoundReport[K] } & {
  killed: Killing[];
  endedByThemselves: Death[];
  problems: string[];
};

/** A fresh system, tickets and killings, the check of what became of them, and everything read once more from offset 0. */
export async function runRound(options: RoundOptions): Promise<RoundReport> {
  const { seed, say, keep } = options;
  const startedAt = Date.now();
  const found: Findings = {
    seed,
    seconds: 0,
    killed: [],
    endedByThemselves: [],
    sent: { tickets: 0, acknowledged: 0, attempts: 0 },
    agents: undefined,
    topics: undefined,
    handOvers: undefined,
    databases: undefined,
    rewind: undefined,
    problems: [],
  };
  let system: FaultySystem | undefined;
  try {
    const onDeath = (death: Death): void => {
      // SIGKILL is ours; the others are services that were asked to leave in order to come back armed.
      if (['SIGKILL', 'SIGTERM', 'code 0'].includes(death.how)) return;
      found.endedByThemselves.push(death);
      say(`${death.service} ended by itself (${death.how})`);
    };
    system = await FaultySystem.start({ ...options, progress: say, onDeath });
    await underFire(system, options, found);
    await readAgain(system, options, found);
  } catch (error) {
    found.problems.push(`the run could not be finished: ${(error as Error).message}`);
  } finally {
    await system?.stop({ keep }).catch((error: Error) => found.problems.push(`not everything could be stopped: ${error.message}`));
  }
  found.seconds = Math.round((Date.now() - startedAt) / 1000);
  return found;
}

/** Tickets flow and parts die; then everything that was acknowledged must be in its place. */
async function underFire(system: FaultySystem, options: RoundOptions, found: Findings): Promise<void> {
  const { services, seed, form, tickets, say, stopping } = options;
  const random = randomFrom(seed);
  const steps = scheduleOf(services, form, random);
  const ended = new AbortController();
  const senders = new Senders(system, random, ended.signal);
  const agents = await Agents.signIn(system, random);
  agents.start();
  say(`${agents.size} agents are at work; ${steps.length} killings while ${tickets} tickets come in`);
  const firstAt = Date.now();
  try {
    for (const [index, step] of steps.entries()) {
      stopping.throwIfAborted();
      // The last tickets come in while the last part is being killed.
      const share = Math.round((tickets * (index + 1)) / steps.length) - Math.round((tickets * index) / steps.length);
      const over = new AbortController();
      const flowing = flow(share, form, () => senders.send(), over.signal);
      const killing = await kill(system, step).finally(() => over.abort());
      await flowing;
      const atSeconds = Math.round((Date.now() - firstAt) / 100) / 10;
      found.killed.push({ ...killing, atSeconds, ticketsSent: senders.submissions.length });
      const done = (await ticketsByState(system).catch(() => [])).map(({ state, tickets: count }) => `${count} ${state}`).join(', ');
      say(`killed ${killing.what.padEnd(14)} ${killing.where}${killing.happened ? '' : ': NOT HAPPENED'}; tickets: ${done}`);
    }
    await system.ready(90_000);
    say('nothing is killed any more; waiting for the rest to be done');
    await withTimeout(senders.whenAllSent(), ALL_DONE_MS_MAX, () => `not every ticket was acknowledged: ${senders.waiting()}`);
    await allDone(system, senders, stopping);
    await agents.leave();
  } finally {
    ended.abort();
    await agents.stop();
    found.sent = { tickets: senders.submissions.length, acknowledged: senders.acknowledged, attempts: senders.attempts };
    found.agents = agents.counts;
  }
  found.problems.push(...found.killed.filter(({ happened }) => !happened).map(({ what, where }) => `${what} was not killed ${where}`));
  found.problems.push(...agents.undone.map((what) => `nothing was ${what}`));
  await settled(system, SETTLE_MS_MAX);
  await judge(system, senders, agents, found, say);
}

async function judge(system: FaultySystem, senders: Senders, agents: Agents, found: Findings, say: (line: string) => void): Promise<void> {
  const { records, ...seen } = await readTopics(system);
  const facts: Facts = {
    ...seen,
    ...(await readDatabases(system)),
    submissions: senders.submissions,
    requests: [...agents.taken],
    unitsMax: system.unitsMax,
    transfersMax: system.transfersMax,
    mails: await readMails(system),
  };
  const once = onceEach(facts.events).events;
  const events: Record<string, number> = {};
  for (const event of once) events[event.type] = (events[event.type] ?? 0) + 1;
  found.topics = { records, publishedTwice: facts.events.length - once.length, events };
  found.handOvers = handOversIn(once);
  const states = await ticketsByState(system);
  const tickets = Object.fromEntries(states.map(({ state, tickets: count }) => [state, count]));
  found.databases = { tickets, rows: [...(await fingerprint(system)).values()].reduce((sum, rows) => sum + rows.length, 0) };
  say(`sent ${found.sent.tickets} tickets in ${found.sent.attempts} attempts, ${found.sent.acknowledged} acknowledged`);
  say(`topics: ${records} records, ${found.topics.publishedTwice} of them published twice`);
  say(
    `  ${Object.entries(events)
      .map(([type, count]) => `${type} ${count}`)
      .join(', ')}`,
  );
  say(`databases: ${found.databases.rows} rows; tickets: ${states.map(({ state, tickets: count }) => `${count} ${state}`).join(', ')}`);
  say(
    `agents: ${Object.entries(found.agents ?? {})
      .map(([what, count]) => `${count} ${what}`)
      .join(', ')}`,
  );
  say(
    `between people: ${Object.entries(found.handOvers)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ')}`,
  );
  for (const [what, count] of Object.entries(found.handOvers)) if (count === 0) found.problems.push(`none of the round was: ${what}`);
  const { alarms } = await system.admin.call<{ alarms: object[] }>('GET', '/board');
  found.problems.push(...alarms.map((alarm) => `the console's auditor: ${JSON.stringify(alarm)}`));
  const violations = check(facts).map(({ kind, about, detail }) => `${kind}: ${about}: ${detail}`);
  found.problems.push(...violations.slice(0, SOME));
  if (violations.length > SOME) found.problems.push(`… and ${violations.length - SOME} more violations`);
  for (const state of ['expected', 'new', 'open', 'offered', 'in work'])
    if ((tickets[state] ?? 0) > 0) found.problems.push(`${tickets[state]} tickets ended '${state}' although everybody was at work`);
}

/** Every group from offset 0: readers must recognise all of it. Nobody is online and every ticket has ended, so no timer has anything to say. */
async function readAgain(system: FaultySystem, { say, stopping }: RoundOptions, found: Findings): Promise<void> {
  stopping.throwIfAborted();
  const before = await quiet(system);
  const endsBefore = await endOffsets(system);
  say('stopping the services, setting every group back to offset 0, starting them again');
  await system.stopServices();
  await system.rewind();
  const lags = await lagPerService(system);
  const recordsReadAgain = lags.reduce((sum, { lag }) => sum + lag, 0);
  await system.startServices();
  await settled(system, SETTLE_MS_MAX);
  const changed = differences(before, await quiet(system));
  const emitted = await emittedSince(endsBefore, system);
  const newRecords = [...emitted.values()].reduce((sum, records) => sum + records, 0);
  found.rewind = { recordsReadAgain, changedTables: changed.length, newRecords };
  say(`${recordsReadAgain} deliveries read again from offset 0: ${changed.length} tables changed, ${newRecords} records emitted`);
  for (const { service, lag, records } of lags)
    if (records === 0 || lag !== records) found.problems.push(`${service} had ${lag} of ${records} records to read again`);
  found.problems.push(...changed.map((what) => `changed by a rewind: ${what}`));
  found.problems.push(...[...emitted].map(([what, records]) => `emitted by a rewind: ${records} × ${what}`));
}

/** How many records each topic got beyond these ends, by topic and type; of a dead letter the type is its reason. */
async function emittedSince(ends: ReadonlyMap<string, bigint>, system: FaultySystem): Promise<Map<string, number>> {
  const { events, deadLetters } = await readTopics(system);
  const emitted = new Map<string, number>();
  for (const { topic, partition, offset, ...record } of [...events, ...deadLetters]) {
    if (BigInt(offset) < (ends.get(`${topic}/${partition}`) ?? 0n)) continue;
    const what = `${'type' in record ? record.type : record.reason} on ${topic}`;
    emitted.set(what, (emitted.get(what) ?? 0) + 1);
  }
  return emitted;
}

/** The rows once they have stood still for 3 s: what timers had to do after the last event is done then. */
async function quiet(system: FaultySystem): Promise<Fingerprint> {
  let before = await fingerprint(system);
  for (const deadline = Date.now() + QUIET_MS_MAX; ;) {
    await sleep(3_000);
    const now = await fingerprint(system);
    const moving = differences(before, now);
    if (moving.length === 0) return now;
    if (Date.now() > deadline) throw new Error(`rows keep changing though nothing happens: ${moving.join('; ')}`);
    before = now;
  }
}

/** Every acknowledged ticket is solved or answered, by assignment's rows. Gives up quietly: the checker says what is missing. */
async function allDone(system: FaultySystem, senders: Senders, stopping: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + ALL_DONE_MS_MAX; Date.now() < deadline && !stopping.aborted; await sleep(500)) {
    const states = await ticketsByState(system).catch(() => []);
    const done = states.reduce((sum, { state, tickets }) => sum + (['solved', 'answered', 'closed'].includes(state) ? tickets : 0), 0);
    const all = states.reduce((sum, { tickets }) => sum + tickets, 0);
    if (done === all && done >= senders.acknowledged) return;
  }
}

/** The step's own share at ten a second; then, so that work goes on until somebody has died of it, a few more. */
async function flow(share: number, form: RoundOptions['form'], send: () => void, over: AbortSignal): Promise<void> {
  for (let sent = 0; sent < share || !over.aborted; sent += 1) {
    send();
    await sleep(sent < share ? 100 : MORE_EACH_MS[form]);
  }
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number, otherwise: () => string): Promise<T> {
  const timer = new AbortController();
  try {
    const tooLong = sleep(timeoutMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`after ${timeoutMs / 1000} s ${otherwise()}`);
    });
    return await Promise.race([work, tooLong]);
  } finally {
    timer.abort();
  }
}
