import { BadRequestException, Body, Get, Headers, HttpCode, NotFoundException, Param, Post, Res } from '@nestjs/common';
import {
  AcceptRequested,
  DeclineRequested,
  HoldRequested,
  OfferId,
  ReplyWritten,
  ResumeRequested,
  SolveRequested,
  TEXT_LENGTH_MAX,
} from '@signalbox/contracts';
import { UnitOfWork } from '@signalbox/messaging';
import type { Response } from 'express';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Asking, refuseNul, type RequestHeaders } from './asking.js';
import { Api, By } from './auth.guard.js';
import { readBody } from './body.js';
import { Desk } from './desk.js';
import { audienceOf, summarize } from './domain/ticket.js';
import type { Caller } from './domain/visibility.js';
import { requestRow, RequestStore } from './request.store.js';

const AcceptBody = z.strictObject({ offerId: OfferId });
/** In the agent's own words, or by the name of one of the company's reasons. */
const DeclineBody = z.union([
  z.strictObject({ offerId: OfferId, reason: z.string().trim().min(1).max(200) }),
  z.strictObject({ offerId: OfferId, reasonName: z.string().min(1).max(60) }),
]);
const ReplyBody = z.strictObject({
  text: z.string().trim().min(1).max(TEXT_LENGTH_MAX),
  thenStatus: z.enum(['pending', 'on-hold', 'solved']).optional(),
});
const NoteBody = z.strictObject({ text: z.string().trim().min(1).max(TEXT_LENGTH_MAX) });
const HoldBody = z.strictObject({ status: z.enum(['pending', 'on-hold']) });
const NoBody = z.strictObject({});

/** Wishes of people about tickets: answered 202 with their id, or after `Prefer: wait=2` with what came of them. */
@Api('')
export class RequestsController {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly requests: RequestStore,
    private readonly asking: Asking,
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
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => AcceptRequested(id, { ...asked, offerId }));
  }

  @Post('tickets/:ticketId/decline')
  async decline(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { offerId, ...given } = readBody(DeclineBody, body);
    const reason = 'reason' in given ? given : await this.#reasonOf(by, given.reasonName);
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => DeclineRequested(id, { ...asked, offerId, ...reason }));
  }

  async #reasonOf(caller: Caller, reasonName: string): Promise<{ reason: string; reasonName: string }> {
    const { declineReasons } = await this.desk.of(caller);
    const reason = declineReasons.find(({ name }) => name === reasonName);
    if (reason) return { reason: reason.title, reasonName };
    const names = declineReasons.map(({ name }) => name).join(', ');
    throw new BadRequestException(`reasonName '${reasonName}' is not configured; known: ${names || 'none'}`);
  }

  /** The page has this offer on its screen. A report: nothing answers it, and saying it twice changes nothing. */
  @Post('tickets/:ticketId/delivered')
  @HttpCode(204)
  async delivered(@Param('ticketId') ticketId: string, @Body() body: unknown, @By() { agentId, ...by }: Caller): Promise<void> {
    const { offerId } = readBody(AcceptBody, body);
    const { ticket } = await this.desk.ticketFor({ agentId, ...by }, ticketId);
    const offer = ticket.assignment?.ticket?.offer;
    // One that is over or confirmed already needs no word any more.
    if (offer?.offerId !== offerId || offer.agentId !== agentId || offer.acknowledgeBy === undefined) return;
    await this.unit.submit(this.requests.reportDelivered, { ticketId, agentId, offerId });
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
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => ReplyWritten(id, { ...asked, messageId, text, thenStatus }));
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
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => HoldRequested(id, { ...asked, status }));
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
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => ResumeRequested(id, asked));
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
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => SolveRequested(id, asked));
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
}
