import type { Priority, TicketStatus } from '@signalbox/contracts';

/** What happened to a ticket, as far as clocks care. `by` is 'human' for a person's public reply; anything else stops no clock. */
export type Happening =
  | { readonly type: 'received'; readonly priority: Priority }
  | { readonly type: 'priority'; readonly value: Priority }
  | { readonly type: 'status'; readonly value: TicketStatus }
  | { readonly type: 'customer-replied' }
  | { readonly type: 'agent-replied'; readonly by: string }
  | { readonly type: 'note' }
  | { readonly type: 'reopened' }
  /** From now on this queue owes it; the first one has owed it since the receipt. */
  | { readonly type: 'handed-over'; readonly to: string }
  /** Another ticket, received then (epoch milliseconds), goes on in this one. */
  | { readonly type: 'merged-in'; readonly receivedAt: number }
  /** It ended, and goes on in another ticket. */
  | { readonly type: 'merged-away' };

/** A happening with its place in the one order of all facts: (at, topic, version). `at` is in epoch milliseconds. */
export type TicketFact = Happening & { readonly at: number; readonly topic: string; readonly version: number };

/**
 * The facts up to `now`, receipt first and the others by (at, topic, version), whatever order they arrived in.
 * Writers' clocks differ by a few ms: what is dated before the receipt counts from the receipt, and is not lost.
 * Empty while the receipt is not known.
 */
export function inOrder(facts: readonly TicketFact[], now: number): TicketFact[] {
  const sorted = [...facts].sort(compareFacts);
  const received = sorted.find((fact) => fact.type === 'received');
  if (!received || received.at > now) return [];
  const others = sorted.filter((fact) => fact.type !== 'received' && fact.at <= now);
  return [received, ...others.map((fact) => (fact.at < received.at ? { ...fact, at: received.at } : fact))];
}

function compareFacts(a: TicketFact, b: TicketFact): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.version - b.version;
}
