import {
  AgentsTopic,
  AssignmentTopic,
  BUNDLE_KEY,
  ConfigBundle,
  ConfigRecord,
  ConfigTopic,
  EnrichmentTopic,
  IntakeTopic,
  SlaEscalationTopic,
  type ClocksRecomputed,
} from '@signalbox/contracts';
import { KafkaInspector, tailTopics } from '@signalbox/messaging';
import { startInfrastructure, Stack } from '@signalbox/test-stack';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { Company, factsOf } from './company.ts';
import { cpuByProcess, endOf, machine, peer, percentile, throughput } from './measure.ts';

/**
 * `npm run bench -- sla`: services/sla-escalation on its real topics and database.
 *
 * Clocks started: tickets received and enriched before the service begins, so that it is never short of them. Two clocks each.
 * Lateness: so many clocks are open, deadlines fall due at a steady rate, and each breach's instant is compared with the one at which its
 * event is read from Kafka. Catching up: deadlines that fell due during ten minutes in which the service was away. Recomputing: a new
 * version of the policy moves a clock of every open ticket, and deadlines fall due meanwhile.
 *
 * The open tickets are copies of a row that the service itself wrote for a real ticket, with every instant in it moved by the same time
 * and an id of their own; sending a million through the topics would take the better part of an hour.
 */
const LATENESS_P99_MAX_MS = 1_000;
const FIRST_RESPONSE_MINUTES = 240;
const CLOCKS_OF_TICKET = 2;
const AGENTS = 100;
const LOADED_AT_ONCE = 50_000;
const READY_WITHIN_MS = 120_000;
/** The rows that fall due are loaded by then. */
const BEGIN_AFTER_MS = 10_000;
const ALL_SAID_WITHIN_MS = 120_000;
const OUTAGE_MS = 600_000;
const RECOMPUTED_WITHIN_MS = 1_800_000;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
    clocks: { type: 'string', default: '10000,100000,1000000' },
    tickets: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    backlog: { type: 'string', default: '20000' },
    profile: { type: 'string' },
  },
});
const root = resolve(import.meta.dirname, '..');
const progress = (line: string): void => console.error(line);

/** The service's own tables in which a ticket has a row, and the column that says when it is to be looked at. */
const TABLES = ['sla_ticket', 'outlook_ticket'];
/** From a deadline to the instant its breach was decided at, and to the one at which it was read from Kafka. */
interface Late {
  readonly dueAt: number;
  readonly decidedMs: number;
  readonly readMs: number;
}
type Template = {
  readonly table: string;
  readonly ticketId: string;
  readonly pieces: readonly string[];
  readonly instants: readonly string[];
};

class Measured {
  readonly #stack: Stack;
  readonly #database: pg.Client;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #late = new Map<string, Late[]>();
  #service: ChildProcess | undefined;
  #templates: readonly Template[] = [];
  #templateDueAt = 0;
  #bundle: ConfigBundle['data'] = { bundle: 0, members: [], appliedAt: '' };
  readonly #recomputed = new Map<number, (tickets: number) => void>();

  private constructor(stack: Stack, database: pg.Client, environment: NodeJS.ProcessEnv) {
    this.#stack = stack;
    this.#database = database;
    this.#environment = environment;
  }

  static async open(stack: Stack): Promise<Measured> {
    const environment = { ...(await stack.environmentFor('sla-escalation')), SIGNALBOX_END_WITH_STDIN: 'true' };
    const database = new pg.Client({ connectionString: stack.databaseUrlOf('sla-escalation') });
    await database.connect();
    return new Measured(stack, database, environment);
  }
  async close(): Promise<void> {
    await this.#stop();
    await this.#database.end();
  }

  #start(): void {
    const profiling = values.profile ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(values.profile)}` } : {};
    this.#service = peer(join(root, 'services/sla-escalation/dist/main.js'), [], { ...this.#environment, ...profiling });
  }
  async #stop(): Promise<void> {
    if (this.#service) await endOf(this.#service);
    this.#service = undefined;
  }

  async started(tickets: number) {
    const company = new Company(AGENTS, 4);
    const configuration = company.configuration({ withAgents: false });
    const [bundle] = configuration.splice(-1) as ConfigBundle[];
    const records = [
      ConfigRecord('calendar/open@1', { kind: 'calendar', name: 'open', recordVersion: 1, content: CALENDAR }),
      ConfigRecord('sla-policy/standard@1', { kind: 'sla-policy', name: 'standard', recordVersion: 1, content: POLICY }),
    ];
    const members = [...bundle!.data.members, ...records.map(({ key }) => key)];
    this.#bundle = { ...bundle!.data, members };
    await this.#stack.publish(...configuration, ...records, ConfigBundle(BUNDLE_KEY, this.#bundle));
    let ticketId = '';
    for (let sent = 0; sent < tickets; sent += 1_000) {
      const some = Array.from({ length: Math.min(1_000, tickets - sent) }, () => ({
        ...company.ticket(Date.now()),
        priority: 'normal' as const,
      }));
      ticketId = some[0]!.ticketId;
      await this.#stack.publish(...some.flatMap((ticket) => factsOf(ticket).slice(0, 2)));
    }
    progress(`${tickets} tickets received and enriched; starting the service`);
    this.#start();
    const { perSecond, cpuMicroseconds } = await throughput(this.#stack.kafka, SlaEscalationTopic.name, tickets, this.#service!.pid!);
    await this.#caughtUp();
    await this.#stop();
    this.#templates = await this.#templatesOf(ticketId);
    return {
      tickets,
      clocksPerSecond: Math.round(perSecond * CLOCKS_OF_TICKET),
      cpuMsPerClock: Number((cpuMicroseconds / CLOCKS_OF_TICKET / 1000).toFixed(3)),
    };
  }
  async #caughtUp(): Promise<void> {
    const inspector = new KafkaInspector(this.#stack.kafka);
    await inspector.connect();
    const topics = [IntakeTopic, EnrichmentTopic, AssignmentTopic, AgentsTopic, ConfigTopic].map(({ name }) => name);
    try {
      for (const deadline = Date.now() + READY_WITHIN_MS; (await inspector.lag('signalbox.sla-escalation', topics)) > 0n; await sleep(200))
        if (Date.now() > deadline) throw new Error(`sla-escalation has not read all within ${READY_WITHIN_MS} ms`);
    } finally {
      await inspector.disconnect();
    }
  }

  /** The rows of a ticket as text, cut at its id and at every instant. */
  async #templatesOf(ticketId: string): Promise<Template[]> {
    await this.#database.query(`set time zone 'UTC'`);
    const due = await this.#database.query<{ at: Date }>('select next_check_at as at from sla_ticket where ticket_id = $1', [ticketId]);
    this.#templateDueAt = due.rows[0]!.at.getTime();
    const templates: Template[] = [];
    for (const table of TABLES) {
      const { rows } = await this.#database.query<{ row: string }>(
        `select row_to_json(t)::text as row from ${table} t where ticket_id = $1`,
        [ticketId],
      );
      const cut = rows[0]!.row.split(
        new RegExp(`(${ticketId}|\\b\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|\\+00:00)|\\b1[0-9]{12}\\b)`),
      );
      templates.push({
        table,
        ticketId,
        pieces: cut.filter((_, index) => index % 2 === 0),
        instants: cut.filter((_, index) => index % 2 === 1),
      });
    }
    return templates;
  }

  async empty(): Promise<void> {
    await this.#database.query(`truncate ${TABLES.join(', ')}`);
  }
  /** Copies whose deadlines fall due from `firstDueAt` on, one every `everyMs`. */
  async load(prefix: string, count: number, firstDueAt: number, everyMs: number): Promise<void> {
    for (let from = 0; from < count; from += LOADED_AT_ONCE) {
      for (const { table, ticketId, pieces, instants } of this.#templates) {
        const moved = `(n * ${everyMs} + ${Math.round(firstDueAt - this.#templateDueAt)})`;
        const parameters: string[] = [];
        const literal = (text: string): string => `$${parameters.push(text)}::text`;
        const parts = pieces.flatMap((text, index) => {
          // Checked under the rules of today.
          const piece = text.replace(/"bundle":\d+/, `"bundle":${this.#bundle.bundle}`);
          const instant = instants[index];
          if (instant === undefined) return [literal(piece)];
          if (instant === ticketId) return [literal(piece), `'${prefix}-' || n`];
          const ms = /^\d{13}$/.test(instant) ? Number(instant) : Date.parse(instant);
          if (/^\d{13}$/.test(instant)) return [literal(piece), `trunc(${ms} + ${moved})::bigint`];
          return [literal(piece), `to_char(to_timestamp((${ms} + ${moved}) / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`];
        });
        await this.#database.query(
          `insert into ${table} select r.* from generate_series(${from}, ${Math.min(count, from + LOADED_AT_ONCE) - 1}) n
           cross join lateral json_populate_record(null::${table}, concat(${parts.join(', ')})::json) r`,
          parameters,
        );
      }
      if (count > LOADED_AT_ONCE) progress(`  ${Math.min(count, from + LOADED_AT_ONCE)} of ${count} tickets loaded`);
    }
  }

  /** So many open clocks, and a deadline every so often. */
  async lateness(clocks: number) {
    const [rate, seconds] = [Number(values.rate), Number(values.seconds)];
    const open = Math.max(0, clocks / CLOCKS_OF_TICKET - rate * seconds);
    const prefix = `due-${clocks}`;
    await this.empty();
    const loadingFrom = Date.now();
    // None of these falls due while it is measured.
    const [from, until] = [loadingFrom + 3_600_000, loadingFrom + 3 * 3_600_000];
    await this.load(`open-${clocks}`, open, from, (until - from) / Math.max(1, open));
    await this.#database.query(`vacuum analyze ${TABLES.join(', ')}`);
    // The service is there when it has said a breach of its own.
    await this.load(`first-${clocks}`, 1, Date.now(), 1);
    this.#start();
    await this.#allSaid(`first-${clocks}`, 1);
    const firstDueAt = Date.now() + BEGIN_AFTER_MS;
    await this.load(prefix, rate * seconds, firstDueAt, 1_000 / rate);
    progress(`${clocks} clocks open; ${rate} deadlines a second for ${seconds} s`);
    await sleep(Math.max(0, firstDueAt - Date.now()));
    const names = new Map([[this.#service!.pid!, 'sla-escalation']]);
    const [cpuBefore, began] = [cpuByProcess(process.pid, names), performance.now()];
    await sleep(seconds * 1_000);
    const [cpu, elapsed] = [cpuByProcess(process.pid, names), (performance.now() - began) / 1_000];
    const rssMiB = this.#rssMiB();
    const late = await this.#allSaid(prefix, rate * seconds);
    await this.#stop();
    const { rows } = await this.#database.query<{ size: string }>(
      `select sum(pg_total_relation_size(name::regclass))::text as size from unnest($1::text[]) as name`,
      [TABLES],
    );
    return {
      clocks,
      due: rate * seconds,
      said: late.length,
      latenessMs: spread(late.map(({ readMs }) => readMs)),
      decidedMs: spread(late.map(({ decidedMs }) => decidedMs)),
      cpuShare: Object.fromEntries(
        [...cpu].map(([name, used]) => [name, Number(((used - (cpuBefore.get(name) ?? 0)) / elapsed).toFixed(3))]),
      ),
      rssMiB,
      tablesMiB: Math.round(Number(rows[0]!.size) / 2 ** 20),
    };
  }

  /** Beside the same open clocks: what fell due while the service was away. */
  async catchingUp(clocks: number, backlog: number) {
    const prefix = `away-${clocks}`;
    await this.load(prefix, backlog, Date.now() - OUTAGE_MS, OUTAGE_MS / backlog);
    let from: number | undefined;
    this.#onFirst = (at) => (from ??= at);
    this.#start();
    const late = await this.#allSaid(prefix, backlog);
    const seconds = (Date.now() - from!) / 1_000;
    await this.#stop();
    return { backlog, caughtUp: late.length, firedPerSecond: Math.round(backlog / seconds) };
  }

  /** Beside the same open clocks: a policy that moves one clock of each ticket, and deadlines while they are looked at again. */
  async recomputing(clocks: number) {
    const [rate, seconds] = [Number(values.rate), Number(values.seconds)];
    const prefix = `moved-${clocks}`;
    await this.load(`again-${clocks}`, 1, Date.now(), 1);
    this.#start();
    await this.#allSaid(`again-${clocks}`, 1);
    const firstDueAt = Date.now() + BEGIN_AFTER_MS;
    await this.load(prefix, rate * seconds, firstDueAt, 1_000 / rate);
    await sleep(Math.max(0, firstDueAt - Date.now()));
    const bundle = this.#bundle.bundle + 1;
    const targets = { ...POLICY.targets, resolution: { normal: POLICY.targets.resolution.normal + bundle } };
    const record = { kind: 'sla-policy', name: 'standard', recordVersion: bundle, content: { ...POLICY, targets } } as const;
    const members = [...this.#bundle.members.filter((key) => !key.startsWith('sla-policy/')), `sla-policy/standard@${bundle}`];
    this.#bundle = { bundle, members, appliedAt: new Date().toISOString() };
    const appliedAt = Date.now();
    const done = new Promise<number>((isDone) => this.#recomputed.set(bundle, isDone));
    await this.#stack.publish(ConfigRecord(`sla-policy/standard@${bundle}`, record), ConfigBundle(BUNDLE_KEY, this.#bundle));
    const tooLong = sleep(RECOMPUTED_WITHIN_MS, undefined, { ref: false }).then(() => {
      throw new Error(`${clocks} clocks were not recomputed within ${RECOMPUTED_WITHIN_MS} ms`);
    });
    const tickets = await Promise.race([done, tooLong]);
    const doneAt = Date.now();
    const late = (await this.#allSaid(prefix, rate * seconds)).filter(({ dueAt }) => dueAt >= appliedAt && dueAt <= doneAt);
    await this.#stop();
    return {
      recomputed: tickets,
      recomputedPerSecond: Math.round(tickets / ((doneAt - appliedAt) / 1_000)),
      dueMeanwhile: late.length,
      latenessRecomputingMs: spread(late.map(({ readMs }) => readMs)),
    };
  }
  recomputed({ bundle, checked, moved }: ClocksRecomputed['data']): void {
    progress(`  ${checked} tickets recomputed, ${moved} moved`);
    this.#recomputed.get(bundle)?.(checked);
  }

  #onFirst: (at: number) => void = () => undefined;

  async #allSaid(prefix: string, wanted: number): Promise<readonly Late[]> {
    for (const deadline = Date.now() + ALL_SAID_WITHIN_MS; ; await sleep(20)) {
      const late = this.#late.get(prefix) ?? [];
      if (late.length >= wanted) return late;
      if (Date.now() > deadline) throw new Error(`${late.length} of ${wanted} breaches were said within ${ALL_SAID_WITHIN_MS} ms`);
    }
  }

  /** Every breach, once. */
  seen(ticketId: string, breachedAt: number, decidedAt: number): void {
    const now = Date.now();
    const prefix = ticketId.slice(0, ticketId.lastIndexOf('-'));
    this.#onFirst(now);
    const late = this.#late.get(prefix) ?? [];
    if (late.length === 0) this.#late.set(prefix, late);
    late.push({ dueAt: breachedAt, decidedMs: decidedAt - breachedAt, readMs: now - breachedAt });
  }

  #rssMiB(): number {
    const status = readFileSync(`/proc/${this.#service!.pid!}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024);
  }
}
function spread(measuredMs: readonly number[]) {
  const sorted = measuredMs.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(percentile(sorted, share));
  return { p50: at(0.5), p99: at(0.99), max: Math.round(sorted.at(-1) ?? NaN) };
}
const CALENDAR = {
  timeZone: 'Europe/Berlin',
  week: Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [['00:00', '24:00']]])),
};
const POLICY = {
  calendar: 'open',
  hours: 'business',
  warnAtShares: [],
  targets: { firstResponse: { normal: FIRST_RESPONSE_MINUTES }, resolution: { normal: 6 * FIRST_RESPONSE_MINUTES } },
};

const infrastructure = await startInfrastructure({ stateDir: join(root, '.signalbox', 'bench'), progress });
const stack = await Stack.start({ ...infrastructure, listen: false });
const measured = await Measured.open(stack);
const seenIds = new Set<string>();
const stopTail = await tailTopics({
  ...stack.kafka,
  topics: [SlaEscalationTopic.name],
  fromBeginning: true,
  onRecord: ({ value, headers }) => {
    if (String(headers['ce_type']) === 'ClocksRecomputed') {
      const { data } = JSON.parse(value!.toString()) as { data: ClocksRecomputed['data'] };
      if (data.done) measured.recomputed(data);
      return;
    }
    if (String(headers['ce_type']) !== 'SlaBreached') return;
    const { subject, time, data } = JSON.parse(value!.toString()) as { subject: string; time: string; data: { breachedAt: string } };
    if (seenIds.has(subject)) throw new Error(`${subject} was said to be breached twice`);
    seenIds.add(subject);
    measured.seen(subject, Date.parse(data.breachedAt), Date.parse(time));
  },
});
const result: { machine: unknown; started?: unknown; sizes: unknown[] } = { machine: machine(), sizes: [] };
let latest = 0;
try {
  const started = await measured.started(Number(values.tickets));
  result.started = started;
  console.log(`clocks started: ${started.clocksPerSecond} a second, ${started.cpuMsPerClock} ms of CPU each`);
  console.log(
    '\n    clocks   due/s  late ms p50     p99     max  fired/s  CPU: service, PostgreSQL  RSS MiB  tables MiB  recomp./s  then p50    p99    max',
  );
  for (const clocks of values.clocks.split(',').map(Number)) {
    const lateness = await measured.lateness(clocks);
    const catchingUp = await measured.catchingUp(clocks, Number(values.backlog));
    const recomputing = await measured.recomputing(clocks);
    result.sizes.push({ ...lateness, ...catchingUp, ...recomputing });
    latest = Math.max(latest, lateness.latenessMs.p99, recomputing.latenessRecomputingMs.p99);
    const { p50, p99, max } = lateness.latenessMs;
    const share = (name: string): string => `${((lateness.cpuShare[name] ?? 0) * 100).toFixed(0)} %`;
    console.log(
      `${String(clocks).padStart(10)}${values.rate.padStart(8)}${String(p50).padStart(13)}${String(p99).padStart(8)}${String(max).padStart(8)}${String(catchingUp.firedPerSecond).padStart(9)}  ${`${share('sla-escalation')}, ${share('PostgreSQL')}`.padEnd(24)}${String(lateness.rssMiB).padStart(9)}${String(lateness.tablesMiB).padStart(12)}${String(recomputing.recomputedPerSecond).padStart(11)}${[recomputing.latenessRecomputingMs.p50, recomputing.latenessRecomputingMs.p99, recomputing.latenessRecomputingMs.max].map((ms) => String(ms).padStart(7)).join('')}`,
    );
  }
} finally {
  await measured.close();
  await stopTail();
  await stack.stop();
  await infrastructure.stop();
}
console.log(`(allowed: 99 % at most ${LATENESS_P99_MAX_MS} ms late)`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
process.exit(values.check && latest > LATENESS_P99_MAX_MS ? 1 : 0);
