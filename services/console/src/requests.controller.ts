import {
  Body,
  ConflictException,
  ForbiddenException,
  Get,
  Headers,
  HttpException,
  NotFoundException,
  Param,
  Post,
  Res,
} from '@nestjs/common';
import {
  AcceptRequested,
  DeclineRequested,
  HoldRequested,
  OfferId,
  ReplyWritten,
  ResumeRequested,
  SolveRequested,
  TEXT_LENGTH_MAX,
  type Draft,
} from '@signalbox/contracts';
import { UnitOfWork } from '@signalbox/messaging';
import type { Response } from 'express';
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Api, By } from './auth.guard.js';
import { readBody } from './body.js';
import { Desk } from './desk.js';
import { audienceOf, summarize } from './domain/ticket.js';
import type { Caller } from './domain/visibility.js';
import { Feed } from './feed.js';
import { requestRow, RequestStore } from './request.store.js';

const WAIT_SECONDS_MAX = 2;
const AcceptBody = z.strictObject({ offerId: OfferId });
const DeclineBody = z.strictObject({ offerId: OfferId, reason: z.string().trim().min(1).max(200) });
const ReplyBody = z.strictObject({
  text: z.string().trim().min(1).max(TEXT_LENGTH_MAX),
  thenStatus: z.enum(['pending', 'on-hold', 'solved']).optional(),
});
const NoteBody = z.strictObject({ text: z.string().trim().min(1).max(TEXT_LENGTH_MAX) });
const HoldBody = z.strictObject({ status: z.enum(['pending', 'on-hold']) });
const NoBody = z.strictObject({});

type Asked = { readonly agentId: string; readonly askedAt: string };
interface RequestHeaders {
  readonly prefer?: string;
  readonly 'idempotency-key'?: string;
}

/** Wishes of people about tickets: answered 202 with their id, or after `Prefer: wait=2` with what came of them. */
@Api('')
export class RequestsController {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly requests: RequestStore,
    private readonly feed: Feed,
    private readonly desk: Desk,
  ) {}

  @Get('requests/:requestId')
  async find(@Param('requestId') requestId: string, @By() caller: Caller) {
    const request = await this.requests.find(requestId);
    if (!request || (request.agentId !== caller.agentId && caller.role === 'agent')) {
      throw new NotFoundException(`request '${requestId}' does not exist, or is not yours`);
    }
    return requestRow(request);
  }

  @Post('tickets/:ticketId/accept')
  accept(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { offerId } = readBody(AcceptBody, body);
    return this.#ask(id, by, headers, response, (asked) => AcceptRequested(id, { ...asked, offerId }));
  }

  @Post('tickets/:ticketId/decline')
  decline(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { offerId, reason } = readBody(DeclineBody, body);
    return this.#ask(id, by, headers, response, (asked) => DeclineRequested(id, { ...asked, offerId, reason }));
  }

  @Post('tickets/:ticketId/replies')
  reply(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { text, thenStatus } = readBody(ReplyBody, body);
    refuseNul(text);
    const messageId = randomUUID();
    return this.#ask(id, by, headers, response, (asked) => ReplyWritten(id, { ...asked, messageId, text, thenStatus }));
  }

  @Post('tickets/:ticketId/hold')
  hold(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { status } = readBody(HoldBody, body);
    return this.#ask(id, by, headers, response, (asked) => HoldRequested(id, { ...asked, status }));
  }

  @Post('tickets/:ticketId/resume')
  resume(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    readBody(NoBody, body);
    return this.#ask(id, by, headers, response, (asked) => ResumeRequested(id, asked));
  }

  @Post('tickets/:ticketId/solve')
  solve(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    readBody(NoBody, body);
    return this.#ask(id, by, headers, response, (asked) => SolveRequested(id, asked));
  }

  /** Internal: no customer and no other service ever sees it. */
  @Post('tickets/:ticketId/notes')
  async note(@Param('ticketId') ticketId: string, @Body() body: unknown, @By() caller: Caller) {
    const { text } = readBody(NoteBody, body);
    refuseNul(text);
    const { ticket, configuration } = await this.desk.ticketFor(caller, ticketId);
    const audience = audienceOf(summarize(ticket, configuration.queueOf));
    return this.unit.submit(this.requests.addNote, { noteId: randomUUID(), agentId: caller.agentId, ticketId, text, audience });
  }

  async #ask(ticketId: string, caller: Caller, headers: RequestHeaders, response: Response, draft: (asked: Asked) => Draft) {
    await this.desk.ticketFor(caller, ticketId);
    const { agentId } = caller;
    const requestId = requestIdFor(agentId, headers['idempotency-key']);
    const waitMs = waitMsOf(headers.prefer);
    const done = waitMs > 0 ? this.feed.requestDone(requestId, waitMs) : undefined;
    await this.unit.submit(this.requests.ask, { requestId, agentId, ticketId, draft: (askedAt) => draft({ agentId, askedAt }) });
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
function refuseNul(text: string): void {
  if (text.includes('\0')) throw new HttpException('text: a NUL character is not allowed', 400);
}
