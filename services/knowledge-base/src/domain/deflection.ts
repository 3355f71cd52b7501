import { DeflectionConfirmed, DeflectionFailed } from '@signalbox/contracts';

/** Silence for so long counts as success, apart from the customer's own word. */
export const ASSUMED_AFTER_MS = 24 * 3_600_000;
/** A customer who writes again within it came back: the answer had not been enough. */
export const RETURNED_WITHIN_MS = 7 * 24 * 3_600_000;

export type DeflectionStatus =
  /** No answer has gone out (yet). */
  | 'unanswered'
  | 'waiting'
  | 'confirmed'
  | 'assumed'
  /** Before anything was settled: "did not help", a further message, or a person took over. */
  | 'failed'
  /** Failed after it had counted as confirmed or assumed. */
  | 'returned';

/** What is known about one ticket's answer. Instants are the writers' own, so that the order of arrival does not matter. */
export interface Deflection {
  readonly ticketId: string;
  readonly status: DeflectionStatus;
  readonly answer: { readonly articleId: string; readonly revision: number; readonly at: Date } | null;
  /** The customer's last message, of those a person wrote. */
  readonly lastMessageAt: Date | null;
  /** A person got the ticket. */
  readonly assignedAt: Date | null;
  /** The customer's own word, the last one. */
  readonly helped: boolean | null;
  readonly settledAt: Date | null;
}

export interface Settlement {
  readonly deflection: Deflection;
  readonly events: readonly (DeflectionConfirmed | DeflectionFailed)[];
}

/** What the facts amount to at `now`. Called again with the same facts it says nothing more. */
export function settle(deflection: Deflection, now: Date): Settlement {
  const { ticketId, answer, status, settledAt, helped } = deflection;
  if (answer === null || status === 'failed' || status === 'returned') return { deflection, events: [] };
  const about = { articleId: answer.articleId, revision: answer.revision };
  const to = (next: DeflectionStatus): Deflection => ({ ...deflection, status: next, settledAt: now });
  const confirmed = (how: 'confirmed' | 'assumed'): Settlement => ({
    deflection: to(how),
    events: [DeflectionConfirmed(ticketId, { ...about, how, confirmedAt: now.toISOString() })],
  });
  if (status === 'confirmed' || status === 'assumed') {
    if (!isContradicted(deflection, new Date(settledAt!.getTime() + RETURNED_WITHIN_MS)))
      return status === 'assumed' && helped === true ? confirmed('confirmed') : { deflection, events: [] };
    return { deflection: to('returned'), events: [DeflectionFailed(ticketId, { ...about, failedAt: now.toISOString() })] };
  }
  if (isContradicted(deflection, null))
    return { deflection: to('failed'), events: [DeflectionFailed(ticketId, { ...about, failedAt: now.toISOString() })] };
  if (helped === true) return confirmed('confirmed');
  if (now.getTime() - answer.at.getTime() >= ASSUMED_AFTER_MS) return confirmed('assumed');
  return { deflection: { ...deflection, status: 'waiting' }, events: [] };
}

/** "Did not help", or a message or a person after the answer, up to `until` where that is given. */
function isContradicted({ helped, answer, lastMessageAt, assignedAt }: Deflection, until: Date | null): boolean {
  const counts = (at: Date | null): boolean => at !== null && at > answer!.at && (until === null || at <= until);
  return helped === false || counts(lastMessageAt) || counts(assignedAt);
}
