/**
 * For fault tests: ends the process by SIGKILL the n-th time it passes a named point, between commit, publish and offset commit.
 * @param spec `point` or `point:n`
 */
export function failPoint(spec: string | undefined): ((point: string) => void) | undefined {
  if (spec === undefined) return undefined;
  const [name, nth = '1'] = spec.split(':');
  let left = Number(nth);
  return (point) => {
    if (point !== name) return;
    left -= 1;
    if (left <= 0) process.kill(process.pid, 'SIGKILL');
  };
}
