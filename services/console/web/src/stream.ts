import { useEffect, useRef, useState } from 'react';
import { get, type AgentRow, type RequestRow, type TicketRow } from './api.js';
import { Problem } from './problem.js';

export type Change =
  | { readonly kind: 'resync' }
  | { readonly kind: 'ticket'; readonly id: string; readonly removed: true }
  | ({ readonly kind: 'ticket'; readonly id: string; readonly removed?: undefined } & TicketRow)
  | ({ readonly kind: 'agent'; readonly id: string } & AgentRow)
  | { readonly kind: 'queue' | 'notice' | 'recomputation'; readonly id: string }
  | ({ readonly kind: 'request'; readonly id: string } & Omit<RequestRow, 'kind'>);
type Listener = (change: Change) => void;

/** The browser comes back by itself after a cut, but not after an answer that was no stream. */
const REOPEN_MS = 3_000;
/** Many changes at once are one new reading. */
const READ_EVERY_MS = 500;
const listeners = new Set<Listener>();

export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells everybody on the page; `resync` means: what you show may be old, read it again. */
export function tell(change: Change): void {
  for (const listener of listeners) listener(change);
}

/** Keeps `GET /stream` open. True while it is. */
export function useStream(): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = (): void => {
      source = new EventSource('/api/v1/stream');
      source.addEventListener('open', () => setConnected(true));
      source.addEventListener('error', () => {
        setConnected(false);
        if (source.readyState !== EventSource.CLOSED) return;
        timer = setTimeout(open, REOPEN_MS);
        // Either our session is over, which the next reading tells, or the page goes on by reading.
        tell({ kind: 'resync' });
      });
      source.addEventListener('change', (event: MessageEvent<string>) => tell(JSON.parse(event.data) as Change));
      source.addEventListener('resync', () => tell({ kind: 'resync' }));
    };
    open();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, []);
  return connected;
}

export interface Resource<T> {
  readonly value?: T;
  readonly problem?: Problem;
  /** When it was read, in ms of this machine's clock. */
  readonly readAt?: number;
}

/** What `GET path` says, read again whenever a change concerns it. An outage keeps the last value on the screen. */
export function useResource<T>(path: string | null, concerns: (change: Change) => boolean): Resource<T> {
  const [read, setRead] = useState<Resource<T> & { path: string | null }>({ path });
  const concernsNow = useRef(concerns);
  concernsNow.current = concerns;
  useEffect(() => {
    if (path === null) return;
    const life = new AbortController();
    let reading = false;
    let again = false;
    const refresh = async (): Promise<void> => {
      again = true;
      if (reading) return;
      reading = true;
      while (again && !life.signal.aborted) {
        again = false;
        await get<T>(path).then(
          (value) => !life.signal.aborted && setRead({ path, value, readAt: Date.now() }),
          (error: Problem) => !life.signal.aborted && setRead((before) => keep(before, path, error)),
        );
        await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS));
      }
      reading = false;
    };
    const stop = listen((change) => {
      if (change.kind === 'resync' || concernsNow.current(change)) void refresh();
    });
    void refresh();
    return () => {
      life.abort();
      stop();
    };
  }, [path]);
  return read.path === path ? read : {};
}

/** A refusal is news (the ticket is no longer ours to see); no answer, or a server in trouble, is not. */
function keep<T>(before: Resource<T> & { path: string | null }, path: string, problem: Problem): Resource<T> & { path: string } {
  const refused = problem.status >= 400 && problem.status < 500;
  return before.path === path && !refused ? { ...before, path, problem } : { path, problem };
}
