import type { Channel, Complexity, Priority, TicketStatus } from '@signalbox/contracts';
import type { z } from 'zod';
import type { TicketFact } from './ticket-fact.js';

/** What one event said, as far as clocks and escalation care. `at` in epoch milliseconds; plain data, stored with the ticket. */
export type StoredFact =
  | { readonly type: 'received'; readonly at: number; readonly channel?: Channel; readonly number?: number }
  | { readonly type: 'customer-replied'; readonly at: number }
  | {
      readonly type: 'enriched';
      readonly at: number;
      readonly priority: Priority;
      readonly complexity: z.infer<typeof Complexity>;
      readonly tier: string | null;
      readonly category?: string | null;
      readonly sentiment?: number;
    }
  | {
      readonly type: 'assignment';
      readonly at: number;
      readonly status: TicketStatus;
      readonly owned: boolean;
      /** Who owns it; absent while nobody does. */
      readonly agentId?: string;
      readonly priorityOverride: Priority | null;
      readonly queueOverride?: string | null;
      /** A person changed the override. An escalation's change moves routing, never a target. */
      readonly byAgent: boolean;
      readonly replied: boolean;
      readonly what?: 'declined' | 'reopened' | 'owner-silent' | 'merged-away';
      /** Another ticket, received then, goes on in this one. */
      readonly mergedReceivedAt?: number;
    };

/** Keyed by `factKey`, so that the same event twice is one fact, in whatever order they arrive. */
export type StoredFacts = Readonly<Record<string, StoredFact>>;

export function factKey(topic: string, version: number): string {
  return `${topic} ${version}`;
}

/** What chooses a ticket's policy, beside the configuration. */
export interface About {
  readonly tier: string | null;
  readonly channel: Channel | null;
  readonly category: string | null;
}

/** A stretch in which a ticket stood the same way; the last one has no end. Epoch milliseconds. */
export interface Stay {
  readonly from: number;
  readonly status: TicketStatus;
  readonly queueId: string | null;
  readonly agentId: string | null;
  /** The owner was reminded in it, and has shown no sign since. */
  readonly silent: boolean;
}

/** What the stored facts come to. Independent of the order in which they arrived. */
export interface SlaTicket {
  readonly facts: readonly TicketFact[];
  readonly received: boolean;
  readonly status: TicketStatus;
  /** As the ticket is treated now, escalations included; targets follow `facts`. */
  readonly priority: Priority;
  readonly complexity: z.infer<typeof Complexity> | null;
  /** What it was about, from when on; the first also for what came before. */
  readonly abouts: readonly { readonly from: number; readonly about: About }[];
  readonly queueId: string | null;
  readonly agentId: string | null;
  /** Since when it waits for somebody to take it, in epoch milliseconds; null while owned, waiting for others, or ended. */
  readonly unacceptedSince: number | null;
  readonly declines: number;
  readonly reopenings: number;
  /** Of the customer's words, -1 to 1; null while it is not known. */
  readonly sentiment: number | null;
  /** The owner, where they were reminded and have shown no sign since, and when that was. */
  readonly silentOwner: { readonly agentId: string; readonly at: number } | null;
  readonly stays: readonly Stay[];
  /** When the latest fact that can move a deadline into the past happened; -Infinity: none did. */
  readonly retargetedAt: number;
}

type Placed<F extends StoredFact = StoredFact> = F & { readonly topic: string; readonly version: number };
const ordinary: Priority = 'normal';

/**
 * Reads the facts in the order (at, topic, version). A status, priority or queue that is merely repeated is no fact.
 * @param queueOf the queue of a category, or of a ticket without one; null = none is configured
 */
export function ticketOf(stored: StoredFacts, queueOf: (category: string | null) => string | null = () => null): SlaTicket {
  const facts: TicketFact[] = [];
  const known: {
    status: TicketStatus;
    agentId: string | null;
    owned: boolean;
    override: Priority | null;
    person: Priority | null;
    target: Priority;
    queueOverride: string | null;
    queueId: string | null;
    silentSince: number | null;
  } = {
    status: 'new',
    agentId: null,
    owned: false,
    override: null,
    person: null,
    target: ordinary,
    queueOverride: null,
    queueId: null,
    silentSince: null,
  };
  let channel: Channel | null = null;
  let received = false;
  let enriched: (StoredFact & { type: 'enriched' }) | undefined;
  let waitsSince: number | null = null;
  let declines = 0;
  let reopenings = 0;
  let retargetedAt = -Infinity;
  const abouts: { from: number; about: About }[] = [];
  const stays: Stay[] = [];

  const tell = (from: number): void => {
    const about = { tier: enriched?.tier ?? null, channel, category: enriched?.category ?? null };
    const last = abouts.at(-1)?.about;
    if (last?.tier !== about.tier || last.channel !== about.channel || last.category !== about.category) abouts.push({ from, about });
  };
  const aim = ({ at, topic, version }: Placed): void => {
    const value = known.person ?? enriched?.priority ?? ordinary;
    if (value !== known.target) {
      facts.push({ type: 'priority', value, at, topic, version });
      retargetedAt = Math.max(retargetedAt, at);
    }
    known.target = value;
  };
  const settle = ({ at, topic, version }: Placed): void => {
    const queueId = known.queueOverride ?? (enriched ? queueOf(enriched.category ?? null) : null) ?? known.queueId;
    if (queueId !== null && queueId !== known.queueId) facts.push({ type: 'handed-over', to: queueId, at, topic, version });
    known.queueId = queueId;
  };
  const stay = (from: number): void => {
    const { status, agentId, queueId, silentSince } = known;
    stays.push({ from, status, queueId, agentId, silent: silentSince !== null });
  };

  for (const fact of placed(stored)) {
    const { at, topic, version } = fact;
    switch (fact.type) {
      case 'received':
        facts.push({ type: 'received', priority: ordinary, at, topic, version });
        received = true;
        channel = fact.channel ?? null;
        tell(at);
        // Unless assignment has spoken already: the writers' clocks differ by milliseconds.
        if (!known.owned && waits(known.status)) waitsSince = at;
        break;
      case 'customer-replied':
        facts.push({ type: 'customer-replied', at, topic, version });
        break;
      case 'enriched':
        enriched = fact;
        tell(at);
        aim(fact);
        settle(fact);
        break;
      case 'assignment': {
        if (fact.what === 'declined') declines += 1;
        if (fact.what === 'reopened') reopenings += 1;
        if (fact.mergedReceivedAt !== undefined) {
          facts.push({ type: 'merged-in', receivedAt: fact.mergedReceivedAt, at, topic, version });
          retargetedAt = Math.max(retargetedAt, at);
        }
        // The reply first: it was written before the status that came with it.
        if (fact.replied) facts.push({ type: 'agent-replied', by: 'human', at, topic, version });
        if (fact.what === 'merged-away') facts.push({ type: 'merged-away', at, topic, version });
        else if (fact.status !== known.status) facts.push({ type: 'status', value: fact.status, at, topic, version });
        if (fact.byAgent && fact.priorityOverride !== known.override) known.person = fact.priorityOverride;
        const waiting = !fact.owned && waits(fact.status);
        if (!waiting) waitsSince = null;
        else waitsSince ??= at;
        // A sign of life: a reply, or a status the owner set.
        if (fact.replied || fact.byAgent || fact.status !== known.status || (fact.agentId ?? null) !== known.agentId)
          known.silentSince = null;
        if (fact.what === 'owner-silent') known.silentSince = at;
        known.status = fact.status;
        known.owned = fact.owned;
        known.agentId = fact.agentId ?? null;
        known.override = fact.priorityOverride;
        known.queueOverride = fact.queueOverride ?? null;
        aim(fact);
        settle(fact);
      }
    }
    stay(at);
  }
  return {
    facts,
    received,
    status: known.status,
    priority: known.override ?? enriched?.priority ?? ordinary,
    complexity: enriched?.complexity ?? null,
    abouts: abouts.length > 0 ? abouts : [{ from: -Infinity, about: { tier: null, channel, category: null } }],
    queueId: known.queueId,
    agentId: known.agentId,
    unacceptedSince: waitsSince,
    declines,
    reopenings,
    sentiment: enriched?.sentiment ?? null,
    silentOwner: known.agentId !== null && known.silentSince !== null ? { agentId: known.agentId, at: known.silentSince } : null,
    stays,
    retargetedAt,
  };
}

function waits(status: TicketStatus): boolean {
  return status === 'new' || status === 'open';
}

/** A writer's clock may be set back; its versions never are, so within a topic a later version is never earlier. */
function placed(stored: StoredFacts): Placed[] {
  const all = Object.entries(stored).map(([key, fact]): Placed => {
    const space = key.lastIndexOf(' ');
    return { ...fact, topic: key.slice(0, space), version: Number(key.slice(space + 1)) };
  });
  const latest = new Map<string, number>();
  return all
    .toSorted((a, b) => a.version - b.version)
    .map((fact) => {
      const at = Math.max(fact.at, latest.get(fact.topic) ?? -Infinity);
      latest.set(fact.topic, at);
      return { ...fact, at };
    })
    .toSorted((a, b) => a.at - b.at || (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.version - b.version));
}
