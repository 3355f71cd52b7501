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
    if (presence === 'offline') return;
    const worker = new Worker(new URL('./lease.worker.ts', import.meta.url), { type: 'module' });
    // A renewal that fails is followed by two more before the lease ends.
    worker.onmessage = () => void call('PUT', '/presence', { presence }).catch(() => undefined);
    return () => worker.terminate();
  }, [presence]);
  const choose = (wanted: Presence): void => {
    setChosen(wanted);
    call('PUT', '/presence', { presence: wanted }).then(
      () => announce(`You are ${wanted}`),
      (error: Error) => {
        setChosen(null);
        announce(`Presence not changed: ${error.message}`);
      },
    );
  };
  return { presence, pending: chosen !== null, choose };
}
