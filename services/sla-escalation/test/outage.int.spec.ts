import { SlaEscalationTopic, type SlaBreached } from '@signalbox/contracts';
import type { SeenEvent } from '@signalbox/test-stack';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningSla } from './running-sla.js';
import { message, received } from './sample.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Deadlines that fall into ten minutes in which nobody is there. */
const DEADLINES = 50_000;
const OUTAGE_MS = 10 * MINUTE_MS;
const CHUNK = 2_000;
/** How many come twice. */
const TWICE = 6_000;
const LONG_MS = 180_000;
const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [['00:00', '24:00']]]));
const documents = [
  { kind: 'calendar', name: 'open', content: { timeZone: 'Europe/Berlin', week } },
  {
    kind: 'sla-policy',
    name: 'standard',
    content: { calendar: 'open', hours: 'business', warnAtShares: [], targets: { firstResponse: { normal: 60 } } },
  },
];

let sla: RunningSla;
beforeAll(async () => {
  sla = await RunningSla.start();
  await sla.configure(documents);
});
afterAll(() => sla.stop());

type Said = Omit<SeenEvent, 'data'> & { readonly data: SlaBreached['data'] };
const breaches = (prefix: string): Said[] =>
  sla.stack
    .events(SlaEscalationTopic)
    .filter((event) => event.type === 'SlaBreached' && (event as unknown as { ticketId: string }).ticketId.startsWith(prefix)) as Said[];
const ticketOf = (event: SeenEvent | Said): string => (event as unknown as { ticketId: string }).ticketId;

/** The service as a process of its own, so that it can be killed. */
async function startProcess(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const main = createRequire(import.meta.url).resolve('../dist/main.js');
  const child = spawn(process.execPath, ['--no-warnings', main], {
    env: { ...sla.environment, PATH: process.env['PATH'], PORT: '0', SIGNALBOX_END_WITH_STDIN: 'true', ...env },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  await once(child, 'spawn');
  return child;
}
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
async function until(isSo: () => boolean, what: string, everyMs = 50): Promise<void> {
  for (const giveUpAt = Date.now() + LONG_MS; !isSo(); await sleep(everyMs))
    if (Date.now() > giveUpAt) throw new Error(`still not: ${what}`);
}

describe('an outage of ten minutes with 50,000 deadlines inside', () => {
  it('is caught up with in the order of the deadlines, each said once with how late it is, though two processes are killed', async () => {
    const from = Date.now() + 2 * MINUTE_MS;
    const dueAt = Array.from({ length: DEADLINES }, (_, nth) => from + Math.floor((nth * OUTAGE_MS) / DEADLINES));
    const order = dueAt.map((_, nth) => (nth * 7_919) % DEADLINES);
    const receipts = (at: number) => order.slice(at, at + CHUNK).map((nth) => received(`out-${nth}`, dueAt[nth]! - HOUR_MS));
    for (let at = 0; at < DEADLINES; at += CHUNK) await (at < TWICE ? sla.twice(...receipts(at)) : sla.stack.publish(...receipts(at)));
    await sla.stack.settled(LONG_MS);
    await sla.service.close();

    const ahead = { SIGNALBOX_CLOCK_OFFSET_MS: String(12 * MINUTE_MS) };
    // Dies with its work committed and not yet published, then another one between publishing and saying so to its database.
    const first = await startProcess({ ...ahead, SIGNALBOX_FAIL_POINT: 'after-commit:20' });
    await ended(first);
    const alone = breaches('out-').length;
    const second = await startProcess({ ...ahead, SIGNALBOX_FAIL_POINT: 'published:20' });
    await ended(second);
    expect([first.signalCode, second.signalCode]).toEqual(['SIGKILL', 'SIGKILL']);
    const inOrder = breaches('out-');
    expect(inOrder.length).toBeGreaterThan(alone);
    const latest = new Map<number, number>();
    const told = new Set<string>();
    for (const { id, partition, data } of inOrder) {
      if (told.has(id)) continue;
      told.add(id);
      const due = Date.parse(data.dueAt);
      expect(due).toBeGreaterThanOrEqual(latest.get(partition) ?? 0);
      latest.set(partition, due);
    }

    const pair = [await startProcess(ahead), await startProcess(ahead)];
    await until(() => new Set(breaches('out-').map(ticketOf)).size === DEADLINES, `${DEADLINES} breaches said`, 1_000);
    await sla.stack.settled(LONG_MS);
    const once_ = new Map(breaches('out-').map((event) => [event.id, event]));
    expect(once_.size).toBe(DEADLINES);
    for (const event of once_.values()) {
      expect(event.data.dueAt).toBe(new Date(dueAt[Number(ticketOf(event).slice('out-'.length))]!).toISOString());
      expect(event.data.lateMs).toBe(event.at.getTime() - Date.parse(event.data.dueAt));
    }
    expect(await sla.rows(`ticket_id like 'out-%' and next_check_at is not null`)).toEqual([]);
    for (const child of pair) child.kill('SIGTERM');
    await Promise.all(pair.map(ended));
    await sla.restart();
  }, 300_000);
});

describe('a clock that is set an hour wrong', () => {
  const at = Date.now();
  /** Half an hour left, half an hour late. */
  const tickets = () => sla.twice(received('step-future', at - HOUR_MS / 2), received('step-past', at - 1.5 * HOUR_MS));
  const said = (): string[] => breaches('step-').map(ticketOf);

  it('back says nothing twice, and nothing is lost when it is right again', async () => {
    await sla.restart({ more: { SIGNALBOX_CLOCK_OFFSET_MS: String(-HOUR_MS) } });
    await tickets();
    await sla.stack.settled();
    expect(said()).toEqual([]);
    await sla.restart();
    await until(() => said().length === 1, 'the breach of half an hour ago');
    await sla.stack.settled();
    expect(said()).toEqual(['step-past']);
  });

  it('forward believes the clock, and takes back what turns out untrue as soon as the ticket is looked at', async () => {
    await sla.restart({ more: { SIGNALBOX_CLOCK_OFFSET_MS: String(HOUR_MS) } });
    await until(() => said().length === 2, 'the breach an hour ahead');
    await sla.restart();
    await sla.stack.settled();
    expect(said()).toEqual(['step-past', 'step-future']);
    await sla.twice(message('step-future', Date.now()));
    await sla.said('step-future', (events) => events.some(({ type }) => type === 'SlaBreachWithdrawn'));
    await sla.stack.settled();
    const about = sla.stack.eventsAbout('step-future', SlaEscalationTopic).map(({ type }) => type);
    expect(about.filter((type) => type === 'SlaBreached' || type === 'SlaBreachWithdrawn')).toEqual(['SlaBreached', 'SlaBreachWithdrawn']);
    expect(said()).toEqual(['step-past', 'step-future']);
  });
});
