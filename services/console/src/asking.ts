import { ConflictException, ForbiddenException, HttpException, Injectable } from '@nestjs/common';
import type { Draft } from '@signalbox/contracts';
import { UnitOfWork } from '@signalbox/messaging';
import type { Response } from 'express';
import { createHash, randomUUID } from 'node:crypto';
import { Desk } from './desk.js';
import { audienceOf, summarize } from './domain/ticket.js';
import type { Caller } from './domain/visibility.js';
import { Feed } from './feed.js';
import { RequestStore, type Ask } from './request.store.js';

const WAIT_SECONDS_MAX = 2;

export interface RequestHeaders {
  readonly prefer?: string;
  readonly 'idempotency-key'?: string;
}
export type Asked = { readonly agentId: string; readonly askedAt: string };
/** Who asks, and how they want to be answered. */
export interface Asker {
  readonly by: Caller;
  readonly headers: RequestHeaders;
  readonly response: Response;
}

/** A wish of a person on its way: answered 202 with its id, or after `Prefer: wait=2` with what came of it. */
@Injectable()
export class Asking {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly requests: RequestStore,
    private readonly feed: Feed,
    private readonly desk: Desk,
  ) {}

  /** @param note words for colleagues, kept here: the request carries `noteId`, which is its own id */
  async aboutTicket(ticketId: string, asker: Asker, draft: (asked: Asked, noteId?: string) => Draft, note?: string) {
    const { ticket, configuration } = await this.desk.ticketFor(asker.by, ticketId);
    if (note !== undefined) refuseNul(note);
    const audience = audienceOf(summarize(ticket, configuration.queueOf));
    return this.#ask(asker, (requestId) => ({
      ticketId,
      draft: (askedAt) => draft({ agentId: asker.by.agentId, askedAt }, note === undefined ? undefined : requestId),
      ...(note !== undefined && { note: { text: note, audience } }),
    }));
  }

  aboutNoTicket(asker: Asker, draft: (asked: Asked, requestId: string) => Draft) {
    return this.#ask(asker, (requestId) => ({
      ticketId: null,
      draft: (askedAt) => draft({ agentId: asker.by.agentId, askedAt }, requestId),
    }));
  }

  async #ask({ by: { agentId }, headers, response }: Asker, askOf: (requestId: string) => Omit<Ask, 'requestId' | 'agentId'>) {
    const requestId = requestIdFor(agentId, headers['idempotency-key']);
    const waitMs = waitMsOf(headers.prefer);
    const done = waitMs > 0 ? this.feed.requestDone(requestId, waitMs) : undefined;
    await this.unit.submit(this.requests.ask, { requestId, agentId, ...askOf(requestId) });
    await done;
    const request = done && (await this.requests.find(requestId));
    if (request && request.agentId !== agentId) throw new ForbiddenException('this request id belongs to somebody else');
    if (!request?.outcome) {
      response.status(202);
      return { requestId };
    }
    if (request.outcome.type === 'RequestRefused') {
      const { message, why } = request.outcome;
      throw new ConflictException({ message, error: 'Request Refused', requestId, why, outcome: request.outcome });
    }
    response.status(200);
    return { requestId, outcome: request.outcome };
  }
}

/** The same key of the same person is the same request, however often it is sent. */
function requestIdFor(agentId: string, key: string | undefined): string {
  if (key === undefined) return randomUUID();
  if (key === '' || key.length > 200) throw new HttpException('Idempotency-Key: 1 to 200 characters', 400);
  return createHash('sha256').update(`${agentId} ${key}`).digest('hex').slice(0, 32);
}

/** `Prefer: wait=2` (RFC 7240), at most two seconds. */
function waitMsOf(prefer: string | undefined): number {
  const seconds = /(?:^|[,;\s])wait=(\d+)/i.exec(prefer ?? '')?.[1];
  return Math.min(Number(seconds ?? 0), WAIT_SECONDS_MAX) * 1000;
}

/** PostgreSQL stores no NUL in a text. */
export function refuseNul(text: string): void {
  if (text.includes('\0')) throw new HttpException('text: a NUL character is not allowed', 400);
}
