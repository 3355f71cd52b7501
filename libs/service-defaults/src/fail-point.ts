import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than offsets wait for their commit. */
const LINGER_MS = 1_500;

/**
 * For fault tests: ends the process by SIGKILL the n-th time it passes a named point, between commit, publish and offset commit.
 * Before a commit it lingers, so that what should wait for the commit and does not, happens and is found out.
 * @param spec `point` or `point:n`
 */
export function failPoint(spec: string | undefined): ((point: string) => void | Promise<void>) | undefined {
  if (spec === undefined) return undefined;
  const [name, nth = '1'] = spec.split(':');
  let left = Number(nth);
  const die = (): void => void process.kill(process.pid, 'SIGKILL');
  return (point) => {
    if (point !== name) return undefined;
    left -= 1;
    if (left > 0) return undefined;
    return point === 'before-commit' ? sleep(LINGER_MS).then(die) : die();
  };
}
