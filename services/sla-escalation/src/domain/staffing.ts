/** Whether an agent takes tickets of their queues, and since when. Instants in epoch milliseconds. */
export interface Duty {
  readonly online: boolean;
  readonly queueIds: readonly string[];
  readonly since: number;
}
/** A stretch of time in which an agent was online for a queue. */
export interface OnlineSpan {
  readonly queueId: string;
  readonly from: number;
  readonly to: number;
}

/** The next state of one agent, and the stretches that end with it. A writer's clock that was set back changes no order. */
export function changeDuty(
  before: Duty | undefined,
  online: boolean,
  queueIds: readonly string[],
  at: number,
): { readonly duty: Duty; readonly ended: readonly OnlineSpan[] } {
  const sorted = [...new Set(queueIds)].sort();
  if (before && before.online === online && before.queueIds.join(' ') === sorted.join(' ')) return { duty: before, ended: [] };
  const from = Math.max(at, before?.since ?? -Infinity);
  const ended = before?.online ? before.queueIds.map((queueId) => ({ queueId, from: before.since, to: from })) : [];
  return { duty: { online, queueIds: sorted, since: from }, ended: ended.filter((span) => span.to > span.from) };
}
