import { useEffect, useState } from 'react';
import { call, type Me, type Presence } from './api.js';

export interface PresenceSwitch {
  readonly presence: Presence;
  /** Asked for, and not yet confirmed by the desk that grants work. */
  readonly pending: boolean;
  readonly choose: (presence: Presence) => void;
}

/**
 * The lease of 45 s is renewed every 15 s while somebody is online or away: also "away" ends in "offline" without it.
 * The page never raises availability by itself: after a lease that ran out a person has to choose again.
 */
export function usePresence(me: Me, announce: (words: string) => void): PresenceSwitch {
  const [chosen, setChosen] = useState<Presence | null>(null);
  if (chosen !== null && chosen === me.presence) setChosen(null);
  const presence = chosen ?? me.presence;
  useEffect(() => {
    const report = (): Promise<unknown> => call('PUT', '/presence', { presence });
    if (presence === 'offline') return;
    report().catch((error: Error) => {
      setChosen(null);
      announce(`Presence not changed: ${error.message}`);
    });
    const worker = new Worker(new URL('./lease.worker.ts', import.meta.url), { type: 'module' });
    // A renewal that fails is followed by another before the lease ends.
    worker.addEventListener('message', () => void report().catch(() => undefined));
    return () => worker.terminate();
  }, [presence, announce]);
  return { presence, pending: chosen !== null, choose: setChosen };
}
