import type { Presence } from '@signalbox/contracts';

/** Clients repeat every 15 s, so a lease survives two lost reports. */
export const LEASE_MS = 45_000;
/** A lease with more than this left is not worth an event: the next report comes in time. */
export const RENEW_BELOW_MS = 20_000;

export interface Lease {
  readonly presence: Presence;
  readonly leaseUntil: Date;
}

/** Whoever is heard of again after that has to be brought back at once. Nobody needs to be kept offline. */
export const lapsed = ({ presence, leaseUntil }: Lease, now: Date): boolean => presence !== 'offline' && leaseUntil <= now;

/** A person's choice or a page's repetition; `renewal`: a repetition that waited, and says nothing if something else was said meanwhile. */
export type Manner = 'chosen' | 'repeated' | 'renewal';

/** The lease to publish now, or undefined when the one that is known says enough. Nobody needs to be kept offline. */
export function renewLease(known: Lease | undefined, presence: Presence, now: Date, manner: Manner = 'repeated'): Lease | undefined {
  const unchanged = known?.presence === presence && manner !== 'chosen';
  if (manner === 'renewal' && !unchanged) return undefined;
  if (unchanged && (presence === 'offline' || known.leaseUntil.getTime() - now.getTime() >= RENEW_BELOW_MS)) return undefined;
  return { presence, leaseUntil: new Date(now.getTime() + LEASE_MS) };
}
