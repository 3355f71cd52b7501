import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BENCHMARKS: Record<string, string> = {
  messaging: 'one stage through libs/messaging against its peers; one hop at 1,000/s',
  'end-to-end': 'whole tickets per second through the running system, at rising load',
  'routing-peers': "the routing stage against the same job on Nest's stock transport and in Kafka Streams",
  decisions: "what deciding costs: rounds, one of 200 × 400, a policy's rules; grants of assignment at 1, 2, 4 instances",
  'routing-quality': 'simulated worlds: how much of the gap between least-loaded and an oracle routing closes',
  rejections: 'proposals that assignment refuses, with three instances of routing under load',
};
const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !(name in BENCHMARKS)) {
  console.log(
    `npm run bench -- NAME [--json FILE] [--check]\n\n${Object.entries(BENCHMARKS)
      .map(([one, what]) => `  ${one.padEnd(14)} ${what}`)
      .join('\n')}\n\n  --check  exits 1 below the floor`,
  );
  process.exit(name === undefined || name === '--help' ? 0 : 2);
}
process.exit(
  spawnSync(process.execPath, ['--no-warnings', join(import.meta.dirname, `${name}.ts`), ...rest], { stdio: 'inherit' }).status ?? 1,
);
