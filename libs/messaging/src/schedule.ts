/** What the plan needs to know of a piece of work. */
export interface Schedulable {
  /** One handler call takes work of one handler only. */
  readonly handler: unknown;
  /** Work with the same order key keeps its order; undefined = free. */
  readonly orderKey: string | undefined;
}

/**
 * Groups work into as few handler calls as possible, so that nothing overtakes earlier work of its own order key.
 * Greedy: each piece joins the latest call of its handler unless a later call already holds earlier work of its key.
 */
export function scheduleCalls<T extends Schedulable>(work: readonly T[]): T[][] {
  const calls: T[][] = [];
  const latestOfHandler = new Map<unknown, number>();
  const latestOfKey = new Map<string, number>();
  for (const piece of work) {
    const notBefore = piece.orderKey === undefined ? 0 : (latestOfKey.get(piece.orderKey) ?? 0);
    let index = latestOfHandler.get(piece.handler);
    if (index === undefined || index < notBefore) {
      index = calls.push([]) - 1;
      latestOfHandler.set(piece.handler, index);
    }
    calls[index]!.push(piece);
    if (piece.orderKey !== undefined) latestOfKey.set(piece.orderKey, index);
  }
  return calls;
}
