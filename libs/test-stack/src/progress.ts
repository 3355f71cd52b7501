export type Progress = (line: string) => void;

/** Says a step's seconds when it ends, and says it early when it takes more than 2 s, so that nobody stares at nothing. */
export async function step<T>(progress: Progress, text: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const early = setTimeout(() => progress(`${text} …`), 2_000);
  try {
    const result = await work();
    progress(`${text} … ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return result;
  } finally {
    clearTimeout(early);
  }
}
