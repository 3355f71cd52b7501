import { useEffect, useState } from 'react';
import { call, get, onSignedOut, type Me, type Session } from './api.js';
import { Desk } from './desk.js';
import { forgetDrafts } from './drafts.js';
import { SignIn } from './sign-in.js';

type Entry = { readonly state: 'entering' } | { readonly state: 'out'; readonly why?: string } | { readonly state: 'in'; readonly me: Me };

/** A link's code is used once and must not stay in the address, the history or a bookmark. */
async function enter(): Promise<Entry> {
  const code = new URLSearchParams(location.search).get('code');
  if (code !== null) {
    history.replaceState(null, '', location.pathname);
    const refused = await call<Session>('POST', '/sessions', { code }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (refused !== undefined) return { state: 'out', why: refused };
  }
  return get<Me>('/me').then(
    (me) => ({ state: 'in', me }),
    (error: Error & { status: number }) => ({ state: 'out', ...(error.status === 401 ? {} : { why: error.message }) }),
  );
}
const entering = enter();

export function App() {
  const [entry, setEntry] = useState<Entry>({ state: 'entering' });
  useEffect(() => void entering.then(setEntry), []);
  useEffect(
    () => onSignedOut(() => setEntry((before) => (before.state === 'in' ? { state: 'out', why: 'Your session has ended.' } : before))),
    [],
  );
  if (entry.state === 'entering')
    return (
      <p className="entering" role="status">
        Signing in…
      </p>
    );
  if (entry.state === 'out') return <SignIn why={entry.why} />;
  const signOut = async (): Promise<void> => {
    await call('DELETE', '/sessions').catch(() => undefined);
    forgetDrafts();
    setEntry({ state: 'out', why: 'You are signed out.' });
  };
  return <Desk first={entry.me} signOut={() => void signOut()} />;
}
