import { ConfigTopic, IntakeTopic, SlaEscalationTopic, deadLettersOf, subjectOf } from '@signalbox/contracts';
import { Stack } from '@signalbox/test-stack';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { aTicketReceived } from './a-ticket.js';

const TICKETS = 40;
const EVENTS = 400;
const probeFile = createRequire(import.meta.url).resolve('./probe.service.ts');

/** The probe as a process of its own, so that it can be killed. */
async function startProbe(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--no-warnings', probeFile, 'run'], {
    env: { ...env, PATH: process.env['PATH'], SIGNALBOX_END_WITH_STDIN: 'true' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
  return child;
}
const dead = async (child: ChildProcess) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};

let stack: Stack;
beforeEach(async () => {
  stack = await Stack.start({
    kafkaBrokers: process.env['KAFKA_BROKERS']!.split(','),
    databaseUrl: process.env['DATABASE_URL']!,
    topics: [IntakeTopic, SlaEscalationTopic, ConfigTopic, deadLettersOf('sla-escalation')],
  });
  stack.attach('sla-escalation', [IntakeTopic, ConfigTopic]);
});
afterEach(() => stack.stop());

async function everythingOnce(): Promise<void> {
  await stack.settled();
  const rows = await stack.query<{ received: number }>('sla-escalation', 'select received from probe_ticket');
  expect(rows).toHaveLength(TICKETS);
  expect(rows.reduce((sum, row) => sum + row.received, 0)).toBe(EVENTS);
  // The topic may hold a record twice (published, then killed before the rows were deleted); its versions tell a reader so.
  const said = new Set(stack.events(SlaEscalationTopic).map((event) => event.id));
  expect(said.size).toBe(EVENTS);
  // Whoever published it: no version comes before the one it follows, or a reader would skip that one.
  const heard = new Map<string, number>();
  for (const event of stack.events(SlaEscalationTopic)) {
    const [subject, version] = [subjectOf(event), event.version];
    const before = heard.get(subject) ?? 0;
    expect(version).toBeLessThanOrEqual(before + 1);
    heard.set(subject, Math.max(before, version));
  }
  expect(await stack.query('sla-escalation', 'select id from messaging.dead_letter')).toEqual([]);
}

describe('a process that is killed', () => {
  it.each(['before-commit:1', 'after-commit:1', 'published:1', 'before-offsets:1'])(
    'at %s loses nothing and does nothing twice',
    async (point) => {
      const env = await stack.environmentFor('sla-escalation');
      const doomed = await startProbe({ ...env, SIGNALBOX_FAIL_POINT: point });
      const publishing = (async () => {
        for (let nth = 0; nth < EVENTS; nth += 20)
          await stack.publish(
            ...Array.from({ length: 20 }, (_, index) => aTicketReceived({ ticketId: `ticket-${(nth + index) % TICKETS}` })),
          );
      })();
      await dead(doomed);
      expect(doomed.signalCode).toBe('SIGKILL');
      await publishing;
      const successor = await startProbe(env);
      await everythingOnce();
      successor.kill('SIGTERM');
      await dead(successor);
      expect(successor.exitCode).toBe(0);
    },
  );

  it('leaves its work to a second instance that runs beside it', async () => {
    const env = await stack.environmentFor('sla-escalation');
    const [first, second] = [await startProbe(env), await startProbe(env)];
    for (let nth = 0; nth < EVENTS; nth += 20) {
      await stack.publish(...Array.from({ length: 20 }, (_, index) => aTicketReceived({ ticketId: `ticket-${(nth + index) % TICKETS}` })));
      if (nth === EVENTS / 2) first.kill('SIGKILL');
    }
    await everythingOnce();
    second.kill('SIGTERM');
    await dead(second);
  });
});
