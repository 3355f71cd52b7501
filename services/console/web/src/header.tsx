import type { Me, Presence } from './api.js';
import { Bar } from './bar.js';
import { Notices } from './notices.js';
import { standsAside, usePresence } from './presence.js';
import { go } from './route.js';

const CHOICES: readonly { readonly presence: Presence; readonly words: string }[] = [
  { presence: 'online', words: 'Online' },
  { presence: 'away', words: 'Away' },
];

const VIEWS = [
  { view: 'board', words: 'Board' },
  { view: 'tickets', words: 'Tickets' },
  { view: 'reports', words: 'Reports' },
] as const;

interface Props {
  readonly me: Me;
  readonly connected: boolean;
  readonly shows: 'board' | 'tickets' | 'reports';
  readonly announce: (words: string) => void;
  readonly openHelp: () => void;
  readonly signOut: () => void;
}

export function Header({ me, connected, shows, announce, openHelp, signOut }: Props) {
  return (
    <header className="top">
      <p className="brand">Signalbox</p>
      {me.role === 'agent' ? null : (
        <nav aria-label="Views">
          {VIEWS.map(({ view, words }) => (
            <button
              key={view}
              type="button"
              className="tab"
              aria-current={shows === view ? 'page' : undefined}
              onClick={() => go(`/${view}`)}
            >
              {words}
            </button>
          ))}
        </nav>
      )}
      <p className="connection" role="status">
        {connected ? '' : 'Connection lost, trying again…'}
      </p>
      <Notices announce={announce} />
      {me.unitsMax > 0 && <Work me={me} announce={announce} />}
      <p className="who">
        <strong>{me.name}</strong> <span className="quiet">{me.role}</span>
      </p>
      <button type="button" className="plain" onClick={openHelp} aria-label="Keyboard help">
        ?
      </button>
      <button type="button" className="plain" onClick={signOut}>
        Sign out
      </button>
    </header>
  );
}

/** Only who takes tickets has room and a presence. */
function Work({ me, announce }: Pick<Props, 'me' | 'announce'>) {
  const { presence, pending, choose } = usePresence(me, announce);
  const aside = standsAside(me);
  return (
    <>
      <div className="capacity">
        <span className="quiet">
          {me.unitsUsed} of {me.unitsMax} units
        </span>
        <Bar
          label={`Capacity: ${me.unitsUsed} of ${me.unitsMax} units in use`}
          share={me.unitsUsed / me.unitsMax}
          tone={me.unitsUsed >= me.unitsMax ? 'full' : 'plain'}
        />
      </div>
      {aside !== undefined && (
        <>
          <span className="tag warn" role="status">
            {aside}
          </span>
          <button type="button" onClick={() => choose('online')}>
            Take tickets again
          </button>
        </>
      )}
      <div className="switch" role="group" aria-label="Presence" aria-busy={pending}>
        {CHOICES.map((choice) => (
          <button key={choice.presence} type="button" aria-pressed={presence === choice.presence} onClick={() => choose(choice.presence)}>
            <span className={`dot ${choice.presence}`} aria-hidden="true" /> {choice.words}
          </button>
        ))}
      </div>
      {presence === 'offline' && <span className="tag warn">offline</span>}
    </>
  );
}
