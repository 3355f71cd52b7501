import { useEffect, useState } from 'react';
import { call, type Me, type Presence } from './api.js';

/** Why somebody who is there is given no tickets, in words; undefined = they are. */
export function standsAside({ presence, inRotation, onShift }: Pick<Me, 'presence' | 'inRotation' | 'onShift'>): string | undefined {
  if (presence === 'offline') return undefined;
  if (!inRotation) return 'Not responding';
  return presence === 'online' && onShift === false ? 'Not on shift' : undefined;
}

export interface PresenceSwitch {
  readonly presence: Presence;
  /** Asked for, and not yet confirmed by the desk that grants work. */
  readonly pending: boolean;
  readonly choose: (presence: Presence) => void;
}

/**
 * The lease of 45 s is renewed every 15 s while somebody is online or away: also "away" ends in "offline" without it.
 * The page never raises availability by itself: after a lease that ran out, offers that were not answered or the end of the shift a person
 * has to choose again.
 */
export function usePresence(me: Me, announce: (words: string) => void): PresenceSwitch {
  // An object of its own for each click: to choose what one has is a choice too.
  const [chosen, setChosen] = useState<{ readonly presence: Presence } | null>(null);
  const isSettled = chosen?.presence === me.presence && (me.presence !== 'online' || standsAside(me) === undefined);
  if (chosen !== null && isSettled) setChosen(null);
  const presence = chosen?.presence ?? me.presence;
  useEffect(() => {
    const report = (byPerson = false): Promise<unknown> => call('PUT', '/presence', { presence, ...(byPerson && { chosen: true }) });
    if (presence === 'offline') return;
    report(chosen !== null).catch((error: Error) => {
      setChosen(null);
      announce(`Presence not changed: ${error.message}`);
    });
    const worker = new Worker(new URL('./lease.worker.ts', import.meta.url), { type: 'module' });
    // A renewal that fails is followed by another before the lease ends.
    worker.addEventListener('message', () => void report().catch(() => undefined));
    return () => worker.terminate();
  }, [presence, chosen, announce]);
  return { presence, pending: chosen !== null, choose: (wanted) => setChosen({ presence: wanted }) };
}
