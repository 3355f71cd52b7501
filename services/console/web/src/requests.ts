import { createContext, use, useCallback, useMemo, useRef, useState } from 'react';
import { call, get, type RequestRow } from './api.js';
import { Problem } from './problem.js';
import { listen, tell } from './stream.js';

/** A wish of ours about a ticket, from the click to its outcome. */
export interface Wish {
  readonly words: string;
  readonly state: 'sending' | 'refused';
  readonly message?: string;
}
export interface Asking {
  readonly wishes: ReadonlyMap<string, Wish>;
  /**
   * Sends it and waits for what comes of it. True when it was done. While one is under way, others about the same ticket are not sent.
   * NEXT in place of a ticket asks for the next one.
   */
  readonly ask: (ticketId: string, words: string, path: string, body: object) => Promise<boolean>;
  readonly dismiss: (ticketId: string) => void;
}

/** What is asked for oneself is about no ticket. */
export const NEXT = 'next';
const ATTEMPTS_MAX = 5;
const POLL_MS = 2_000;
const POLLS_MAX = 900;

export const AskingContext = createContext<Asking | null>(null);
export const useAsking = (): Asking => use(AskingContext)!;

export function useRequests(announce: (words: string) => void): Asking {
  const [wishes, setWishes] = useState<ReadonlyMap<string, Wish>>(new Map());
  const sending = useRef(new Set<string>());
  const put = useCallback((ticketId: string, wish: Wish | undefined) => {
    setWishes((before) => {
      const after = new Map(before);
      if (wish) after.set(ticketId, wish);
      else after.delete(ticketId);
      return after;
    });
  }, []);
  const ask = useCallback<Asking['ask']>(
    async (ticketId, words, path, body) => {
      if (sending.current.has(ticketId)) return false;
      sending.current.add(ticketId);
      put(ticketId, { words, state: 'sending' });
      try {
        await requested(ticketId === NEXT ? path : `/tickets/${encodeURIComponent(ticketId)}${path}`, body);
        put(ticketId, undefined);
        announce(`${words}: done`);
        return true;
      } catch (error) {
        const { message } = error as Error;
        put(ticketId, { words, state: 'refused', message });
        announce(`${words}: ${message}`);
        return false;
      } finally {
        sending.current.delete(ticketId);
        tell({ kind: 'resync' });
      }
    },
    [put, announce],
  );
  return useMemo(() => ({ wishes, ask, dismiss: (ticketId: string) => put(ticketId, undefined) }), [wishes, ask, put]);
}

/**
 * Sends a request and waits for what comes of it.
 * @param life once it is aborted nobody waits any more
 * @throws Problem when it was refused
 */
export const requested = async (path: string, body: object, life?: AbortSignal): Promise<RequestRow['outcome']> =>
  outcomeOf(await send(path, body), life);

type Sent = Pick<RequestRow, 'requestId'> & Partial<Pick<RequestRow, 'outcome'>>;

/** The same key each time: an answer that got lost on its way does not make a second request. */
async function send(path: string, body: object): Promise<Sent | undefined> {
  const headers = { 'idempotency-key': crypto.randomUUID(), prefer: 'wait=2' };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call<Sent>('POST', path, body, headers);
    } catch (error) {
      const temporary = error instanceof Problem && (error.status === 0 || error.status >= 500);
      if (!temporary || attempt === ATTEMPTS_MAX) throw error;
      await pause(1000 * attempt);
    }
  }
}

/** Notes are done when they are stored; everything else when assignment has said so. */
async function outcomeOf(sent: Sent | undefined, life?: AbortSignal): Promise<RequestRow['outcome']> {
  if (!sent?.requestId || sent.outcome) return sent?.outcome;
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    await Promise.race([told(sent.requestId), pause(POLL_MS)]);
    if (life?.aborted) return undefined;
    const request = await get<RequestRow>(`/requests/${sent.requestId}`).catch(() => undefined);
    if (request?.state === 'done') return request.outcome;
    if (request?.state === 'refused') throw new Problem(409, request.outcome?.message ?? 'refused');
  }
  throw new Problem(0, 'no outcome after half an hour; look at the history before trying again');
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function told(requestId: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = listen((change) => {
      if (change.kind !== 'request' || change.id !== requestId) return;
      stop();
      resolve();
    });
    setTimeout(stop, POLL_MS);
  });
}
