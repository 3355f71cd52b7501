import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BENCHMARKS: Record<string, { readonly what: string; readonly options: readonly string[] }> = {
  messaging: {
    what: 'one stage through libs/messaging against its peers; one hop at 1,000/s',
    options: ['--events 60000', '--rounds 3', '--seconds 20   of one hop'],
  },
  'end-to-end': {
    what: 'whole tickets per second through the running system, at rising load',
    options: [
      '--rates 25,50,75,100,150,200,300,400   tickets a second, one step each; ends at the first that is not kept;',
      '   0: as many as keep --in-flight of them on their way, the most a machine does',
      '--seconds 30   of each step',
      '--warm-up 40   seconds before the first',
      '--in-flight 200   tickets',
      '--hold 0   minutes more at the highest rate that was kept',
      '--agents 1000',
    ],
  },
  'routing-peers': {
    what: "the routing stage against the same job on Nest's stock transport and in Kafka Streams",
    options: ['--tickets 20000', '--agents 1000', '--rounds 3', '--stages NAME,…   default: all'],
  },
  decisions: {
    what: "what deciding costs: rounds, one of 200 × 400, a policy's rules; grants of assignment at 1, 2, 4 instances; restart of routing",
    options: ['--parts rounds,round,policies,grants,restart'],
  },
  'routing-quality': {
    what: 'simulated worlds: how much of the gap between least-loaded and an oracle routing closes',
    options: [
      '--worlds 10',
      '--tickets 15000   in each; three times as many with 300 agents',
      '--only PART;…   of case names, e.g. "300 agents, load 0.85;drift"; default: all',
      '--policy FILE   default: config/policies/just-in-time.yaml',
    ],
  },
  rejections: {
    what: 'proposals that assignment refuses, with three instances of routing under load',
    options: ['--agents 100,300,1000', '--instances 3', '--seconds 20'],
  },
  sla: {
    what: 'clocks started a second; how late deadlines fire at so many open clocks; how fast they are caught up with',
    options: [
      '--clocks 10000,100000,1000000   open, one measurement each',
      '--tickets 20000   for the clocks started',
      '--rate 100   deadlines a second',
      '--seconds 60   of them',
      '--backlog 20000   deadlines that fell due while the service was away',
      '--profile FOLDER   CPU profiles of the service',
    ],
  },
};
const [name = '', ...rest] = process.argv.slice(2);
const known = BENCHMARKS[name];
if (!known) {
  const list = Object.entries(BENCHMARKS).map(([one, { what }]) => `  ${one.padEnd(16)}${what}`);
  console.log(`npm run bench -- NAME [--json FILE] [--check] [--help]\n\n${list.join('\n')}\n\n  --check  exits 1 below the floor`);
  process.exit(name === '' || name === '--help' ? 0 : 2);
}
if (rest.includes('--help')) {
  const options = [...known.options, '--json FILE   writes the result', '--check   exits 1 below the floor'];
  console.log(`npm run bench -- ${name}: ${known.what}\n\n${options.map((one) => `  ${one}`).join('\n')}`);
  process.exit(0);
}
process.exit(
  spawnSync(process.execPath, ['--no-warnings', join(import.meta.dirname, `${name}.ts`), ...rest], { stdio: 'inherit' }).status ?? 1,
);
