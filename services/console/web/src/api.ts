import type { ProblemDetails } from './problem.js';
import { Problem } from './problem.js';
import type { BoardController } from '../../src/board.controller.js';
import type { ConfigurationController } from '../../src/configuration.controller.js';
import type { MeController } from '../../src/me.controller.js';
import type { NoticesController } from '../../src/notices.controller.js';
import type { ReportsController } from '../../src/reports.controller.js';
import type { RequestsController } from '../../src/requests.controller.js';
import type { SessionsController } from '../../src/sessions.controller.js';
import type { TicketsController } from '../../src/tickets.controller.js';
import { serverSaid } from './clock.js';

/** What a value is after its way through JSON. */
type Json<T> = T extends Date ? string : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
type AnswerOf<F extends (...given: never[]) => unknown> = Json<Awaited<ReturnType<F>>>;

// The shapes are the controllers' own: a page that no longer fits its server does not compile.
export type Me = AnswerOf<MeController['me']>;
export type Inbox = AnswerOf<MeController['inbox']>;
export type Offer = Inbox['offers'][number];
export type Colleagues = AnswerOf<MeController['colleagues']>;
export type TicketRow = Inbox['mine'][number];
export type TicketList = AnswerOf<TicketsController['list']>;
export type Story = AnswerOf<TicketsController['story']>;
export type Decision = Story['decisions'][number];
export type Board = AnswerOf<BoardController['board']>;
export type AgentRow = Board['agents'][number];
export type SlaReport = AnswerOf<ReportsController['sla']>;
export type Notices = AnswerOf<NoticesController['list']>;
export type Recomputations = AnswerOf<ConfigurationController['recomputed']>;
export type RequestRow = AnswerOf<RequestsController['find']>;
export type Session = AnswerOf<SessionsController['open']>;
export type Presence = Me['presence'];

const TIMEOUT_MS = 15_000;
const signedOutListeners = new Set<() => void>();

/** Calls back when the server no longer knows us. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/** One call of the console's API. @throws Problem for every answer that is no success, and when there is none. */
export async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: {
      accept: 'application/json',
      'x-signalbox': '1',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new Problem(0, 'the console cannot be reached');
  });
  serverSaid(response.headers);
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  const { detail, title } = (await response.json().catch(() => ({}))) as ProblemDetails;
  if (response.status === 401) for (const listener of signedOutListeners) listener();
  throw new Problem(response.status, detail ?? title ?? `the console answered ${response.status}`);
}

export const get = <T>(path: string): Promise<T> => call<T>('GET', path);
