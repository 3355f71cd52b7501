import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConsoleClient } from './console-client.ts';
import { Narrator } from './stack/narrator.ts';
import { peopleOf, RunningStack, type StartedStack } from './stack/running-stack.ts';
import { SampleRun } from './stack/sample-run.ts';
import { STATE_DIR } from './stack/stack-file.ts';
import { Witness } from './stack/witness.ts';

const HELP = `npm start -- [options]    starts all of Signalbox on this machine and sends the sample messages

  --once              ends when every sample message is accounted for on the topics: 0, or 1 naming what is not
  --no-demo-agents    nobody works: tickets wait for you
  --no-samples        starts only; sends nothing
  --port N            the front door's port (default 8080, or the next free one)
  --company DIR       the company to apply (default config/sample)
  --help`;

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    'no-demo-agents': { type: 'boolean', default: false },
    'no-samples': { type: 'boolean', default: false },
    port: { type: 'string', default: '8080' },
    company: { type: 'string', default: 'config/sample' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const root = resolve(import.meta.dirname, '..');
const stateDir = resolve(process.env['SIGNALBOX_STATE_DIR'] ?? join(root, STATE_DIR));
const company = resolve(root, options.company);
const startedAt = Date.now();
const say = (line: string): void => console.log(line);
const step = (line: string): void => say(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const narrator = new Narrator(startedAt, say);
const witness = new Witness(narrator.tell);
const running = new RunningStack({ root, stateDir, company, httpPort: Number(options.port), step });
const ending = new AbortController();

async function stopAll(): Promise<void> {
  running.closeDoors();
  await witness.stop().catch(() => undefined);
  await running.stop();
}

function end(code: number): void {
  if (ending.signal.aborted) return;
  ending.abort();
  stopAll().then(
    () => process.exit(code),
    (error: Error) => {
      console.error(error.message);
      process.exit(1);
    },
  );
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!ending.signal.aborted) say('\nstopping …');
    end(signal === 'SIGINT' ? 130 : 143);
  });
}

async function main(): Promise<void> {
  const stack = await running.start();
  const staffed = !options['no-demo-agents'];
  await witness.start(stack.doors.kafkaBrokers);
  if (staffed) running.putAgentsToWork(stack);
  const folder = join(company, 'messages');
  const sends = !options['no-samples'] && existsSync(folder);
  const around = { folder, stateDir, witness, narrator, staffed, say, step, ending: ending.signal };
  const complete = !sends || (await new SampleRun(stack, around).complete());
  if (options.once) return end(complete ? 0 : 1);
  await showDoors(stack);
}

async function showDoors({ doors, tokens, documents }: StartedStack): Promise<void> {
  const admin = new ConsoleClient(doors.http, tokens.admin);
  say(`\nconsole     ${doors.http}/`);
  for (const role of ['agent', 'supervisor', 'admin'] as const) {
    const agentId = peopleOf(documents, role)[0]!;
    const { code } = await admin.call<{ code: string }>('POST', '/sign-in-links', { agentId });
    say(`sign in     ${doors.http}/?code=${code}    ${role} (${agentId}), once, within 10 minutes`);
  }
  say(
    `sent mail   ${doors.http}/dev/sent\nmail door   ${doors.smtp.host}:${doors.smtp.port}\nKafka       ${doors.kafkaBrokers.join(',')}\nall of it   ${STATE_DIR}/stack.json\n\nCtrl-C stops everything.`,
  );
}

main().catch((error: Error) => {
  if (ending.signal.aborted) return;
  console.error(`\n${error.message}`);
  end(1);
});
