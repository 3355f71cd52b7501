import type { ClocksChanged, SlaPolicy } from '@signalbox/contracts';
import type { WorkingTime } from './calendar.js';
import type { About, SlaTicket } from './sla-ticket.js';

/** The rules for one ticket, with the versions they were read from. */
export interface ActivePolicy {
  readonly policy: SlaPolicy;
  readonly time: WorkingTime;
  readonly named: Pick<ClocksChanged['data'], 'policy' | 'calendar'>;
}

/** All policies and calendars that were applied together, in force from an instant (epoch ms) until the next ones. */
export interface Rulebook {
  readonly from: number;
  /** Undefined: no clocks. */
  find(about: About): ActivePolicy | undefined;
}

/** What held for one ticket from an instant (epoch ms) on. */
export interface InForce {
  readonly from: number;
  readonly active: ActivePolicy | undefined;
}

/**
 * The rules a ticket had from its receipt on, oldest first: another bundle may change them, and so may learning what the ticket is about.
 * Neighbours with the same versions are one. Empty without a rulebook or a receipt.
 */
export function rulesOf({ facts, abouts }: Pick<SlaTicket, 'facts' | 'abouts'>, books: readonly Rulebook[]): InForce[] {
  const received = facts.find((fact) => fact.type === 'received');
  if (!received || books.length === 0) return [];
  const at = <T extends { readonly from: number }>(list: readonly T[], instant: number): T =>
    list.findLast(({ from }) => from <= instant) ?? list[0]!;
  const later = [...books.slice(1), ...abouts.slice(1)].map(({ from }) => from).filter((from) => from > received.at);
  const rules: InForce[] = [];
  for (const from of [received.at, ...new Set(later.toSorted((a, b) => a - b))]) {
    const active = at(books, from).find(at(abouts, from).about);
    const last = rules.at(-1);
    if (!last || !isSame(last.active, active)) rules.push({ from, active });
  }
  return rules;
}

function isSame(one: ActivePolicy | undefined, other: ActivePolicy | undefined): boolean {
  if (!one || !other) return one === other;
  const key = ({ named: { policy, calendar } }: ActivePolicy): string =>
    `${policy.name}@${policy.version} ${calendar.name}@${calendar.version}`;
  return key(one) === key(other);
}
