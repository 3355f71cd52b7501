import { policyInForce, RoutingPolicy } from '@signalbox/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { experiment } from './experiment.ts';
import { POLICIES, signalbox } from './policies.ts';
import { routeBench } from './routebench.ts';
import { table } from './table.ts';
import { parseWorkload } from './workload.ts';
import { readCompanyFiles } from '../company-files.ts';

const HELP = `npm run simulate -- --workload FILE.json     routing in simulated time, by the service's own matching function
npm run simulate -- generate --law routebench --seed N --load L > FILE.json     writes a standard workload

  --workload FILE.json   the world: team, arrivals, and how agents really do (docs/simulation.md)
  --policy FILE.yaml     the routing policy to decide by; config/policies/just-in-time.yaml unless told otherwise
  --compare              runs others on the same arrivals, too: ${Object.keys(POLICIES).join(', ')}, and the bound lp
  --runs R               worlds of the same law, from 1 (default) to 1000; intervals need at least 2
  --json                 the report as JSON

npm run simulate -- generate --help`;

const GENERATE_HELP = `npm run simulate -- generate --law routebench --seed N --load L > FILE.json     writes a standard workload

  --law routebench       the only law there is
  --seed N               a whole number from 0; the same seed gives the same bytes
  --load L               utilisation under random assignment, above 0 and below 2
  --agents N             60; from 5 to 2000
  --tickets N            15000; from 100 to 5000000
  --drift                in the middle a quarter of the handle means changes
  --bursts               once a day 10 minutes with five times the arrivals
  --shifts               three shifts of eight hours, each agent in one of them
  --patience-hours H     customers give up after so long on average without a first response`;

const JUST_IN_TIME = join(import.meta.dirname, '../../config/policies/just-in-time.yaml');

/** What the caller got wrong: shown without a stack. */
class WrongInput extends Error {}

function numberOf(option: string, text: string | undefined, allowed: { from: number; to: number; whole: boolean; open?: boolean }): number {
  const { from, to, whole, open } = allowed;
  const value = text === undefined || text.trim() === '' ? NaN : Number(text);
  const fits = open ? value > from && value < to : value >= from && value <= to;
  if (fits && (!whole || Number.isInteger(value))) return value;
  const range = open ? `above ${from} and below ${to}` : `from ${from} to ${to}`;
  throw new WrongInput(`${option} is ${text === undefined ? 'missing' : `'${text}'`}; allowed: a ${whole ? 'whole ' : ''}number ${range}`);
}

/** Unknown options and missing values are the caller's mistakes, too. */
function parsed<Options extends NonNullable<Parameters<typeof parseArgs>[0]>>(options: Options): ReturnType<typeof parseArgs<Options>> {
  try {
    return parseArgs(options);
  } catch (error) {
    throw new WrongInput((error as Error).message);
  }
}

function generate(args: string[]): void {
  const { values } = parsed({
    args,
    options: {
      law: { type: 'string' },
      seed: { type: 'string' },
      load: { type: 'string' },
      agents: { type: 'string', default: '60' },
      tickets: { type: 'string', default: '15000' },
      drift: { type: 'boolean', default: false },
      bursts: { type: 'boolean', default: false },
      shifts: { type: 'boolean', default: false },
      'patience-hours': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(GENERATE_HELP);
  if (values.law !== 'routebench')
    throw new WrongInput(`--law is ${values.law === undefined ? 'missing' : `'${values.law}'`}; known: routebench`);
  const workload = routeBench({
    seed: numberOf('--seed', values.seed, { from: 0, to: Number.MAX_SAFE_INTEGER, whole: true }),
    load: numberOf('--load', values.load, { from: 0, to: 2, whole: false, open: true }),
    agents: numberOf('--agents', values.agents, { from: 5, to: 2000, whole: true }),
    tickets: numberOf('--tickets', values.tickets, { from: 100, to: 5_000_000, whole: true }),
    drift: values.drift,
    bursts: values.bursts,
    shifts: values.shifts,
    patienceHours:
      values['patience-hours'] === undefined
        ? null
        : numberOf('--patience-hours', values['patience-hours'], { from: 0, to: 1e6, whole: false, open: true }),
  });
  console.log(JSON.stringify(workload, null, 1));
}

function simulate(args: string[]): void {
  const { values } = parsed({
    args,
    options: {
      workload: { type: 'string' },
      policy: { type: 'string', default: JUST_IN_TIME },
      runs: { type: 'string', default: '1' },
      compare: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.workload === undefined) throw new WrongInput('--workload is missing; it names a file such as `generate` writes');
  const runs = numberOf('--runs', values.runs, { from: 1, to: 1000, whole: true });
  const own = { signalbox: signalbox(readPolicy(values.policy)) };
  const policies = values.compare ? { ...POLICIES, ...own } : own;
  const report = experiment(readWorkload(values.workload), policies, runs, (line) => console.error(line));
  console.log(values.json ? JSON.stringify(report, null, 1) : table(report));
}

/** The routing policy of a file of configuration: the one named `standard`, else the first, as the running system takes it. */
function readPolicy(file: string): RoutingPolicy {
  let documents: ReturnType<typeof readCompanyFiles>;
  try {
    documents = readCompanyFiles([file]).filter(({ kind }) => kind === 'routing-policy');
  } catch (error) {
    throw new WrongInput(`--policy is '${file}'; ${(error as Error).message}`);
  }
  const inForce = policyInForce(documents.map(({ name }) => name));
  const chosen = documents.find(({ name }) => name === inForce);
  if (!chosen) throw new WrongInput(`--policy is '${file}'; it holds no routing-policy`);
  const { success, data, error } = RoutingPolicy.safeParse(chosen.content);
  if (success) return data;
  const problems = error.issues.map((issue) => `${[`routing-policy/${chosen.name}`, ...issue.path].join('.')}: ${issue.message}`);
  throw new WrongInput(`--policy is '${file}'; ${problems.join('; ')}`);
}

function readWorkload(file: string): ReturnType<typeof parseWorkload> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongInput(`--workload is '${file}'; it cannot be read: ${(error as Error).message}`);
  }
  try {
    return parseWorkload(text, file);
  } catch (error) {
    throw new WrongInput((error as Error).message);
  }
}

const [command, ...rest] = process.argv.slice(2);
try {
  if (command === 'generate') generate(rest);
  else if (command === undefined) console.log(HELP);
  else simulate(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof WrongInput)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
