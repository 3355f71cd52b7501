import type { Complexity, Priority, TicketStatus } from '@signalbox/contracts';
import type { z } from 'zod';
import type { TicketFact } from './ticket-fact.js';

/** What one event said, as far as clocks and escalation care. `at` in epoch milliseconds; plain data, stored with the ticket. */
export type StoredFact =
  | { readonly type: 'received'; readonly at: number }
  | { readonly type: 'customer-replied'; readonly at: number }
  | {
      readonly type: 'enriched';
      readonly at: number;
      readonly priority: Priority;
      readonly complexity: z.infer<typeof Complexity>;
      readonly tier: string | null;
    }
  | {
      readonly type: 'assignment';
      readonly at: number;
      readonly status: TicketStatus;
      readonly owned: boolean;
      readonly priorityOverride: Priority | null;
      /** A person changed the override. An escalation's change moves routing, never a target. */
      readonly byAgent: boolean;
      readonly replied: boolean;
    };

/** Keyed by `factKey`, so that the same event twice is one fact, in whatever order they arrive. */
export type StoredFacts = Readonly<Record<string, StoredFact>>;

export function factKey(topic: string, version: number): string {
  return `${topic} ${version}`;
}

/** What the stored facts come to. Independent of the order in which they arrived. */
export interface SlaTicket {
  readonly facts: readonly TicketFact[];
  readonly received: boolean;
  readonly status: TicketStatus;
  /** As the ticket is treated now, escalations included; targets follow `facts`. */
  readonly priority: Priority;
  readonly complexity: z.infer<typeof Complexity> | null;
  readonly tier: string | null;
  /** Since when it waits for somebody to take it, in epoch milliseconds; null while owned, waiting for others, or ended. */
  readonly unacceptedSince: number | null;
}

type Placed<F extends StoredFact = StoredFact> = F & { readonly topic: string; readonly version: number };
const ordinary: Priority = 'normal';

/** Reads the facts in the order (at, topic, version). A status or a priority that is merely repeated is no fact. */
export function ticketOf(stored: StoredFacts): SlaTicket {
  const facts: TicketFact[] = [];
  const known: { status: TicketStatus; owned: boolean; override: Priority | null; person: Priority | null; target: Priority } = {
    status: 'new',
    owned: false,
    override: null,
    person: null,
    target: ordinary,
  };
  let enriched: (StoredFact & { type: 'enriched' }) | undefined;
  let waitsSince: number | null = null;

  const aim = ({ at, topic, version }: Placed): void => {
    const value = known.person ?? enriched?.priority ?? ordinary;
    if (value !== known.target) facts.push({ type: 'priority', value, at, topic, version });
    known.target = value;
  };

  for (const fact of placed(stored)) {
    const { at, topic, version } = fact;
    switch (fact.type) {
      case 'received':
        facts.push({ type: 'received', priority: ordinary, at, topic, version });
        // Unless assignment has spoken already: the writers' clocks differ by milliseconds.
        if (!known.owned && waits(known.status)) waitsSince = at;
        break;
      case 'customer-replied':
        facts.push({ type: 'customer-replied', at, topic, version });
        break;
      case 'enriched':
        enriched = fact;
        aim(fact);
        break;
      case 'assignment': {
        // The reply first: it was written before the status that came with it.
        if (fact.replied) facts.push({ type: 'agent-replied', by: 'human', at, topic, version });
        if (fact.status !== known.status) facts.push({ type: 'status', value: fact.status, at, topic, version });
        if (fact.byAgent && fact.priorityOverride !== known.override) known.person = fact.priorityOverride;
        const waiting = !fact.owned && waits(fact.status);
        if (!waiting) waitsSince = null;
        else waitsSince ??= at;
        known.status = fact.status;
        known.owned = fact.owned;
        known.override = fact.priorityOverride;
        aim(fact);
      }
    }
  }
  return {
    facts,
    received: facts.some((fact) => fact.type === 'received'),
    status: known.status,
    priority: known.override ?? enriched?.priority ?? ordinary,
    complexity: enriched?.complexity ?? null,
    tier: enriched?.tier ?? null,
    unacceptedSince: waitsSince,
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
