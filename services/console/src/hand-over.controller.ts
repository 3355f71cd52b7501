import { Body, Headers, NotFoundException, Param, Post, Res } from '@nestjs/common';
import {
  AgentId,
  AssignRequested,
  ConsultEndRequested,
  ConsultRequested,
  EscalationCancelRequested,
  ExplainClocksRequested,
  MergeRequested,
  NextRequested,
  OverrideRequested,
  Priority,
  QueueId,
  ReleaseRequested,
  SkillId,
  SkillLevel,
  TEXT_LENGTH_MAX,
  TicketId,
  TRANSFER_SKILLS_MAX,
  TransferRequested,
  WhyIdleRequested,
  WrapUpEndRequested,
} from '@signalbox/contracts';
import type { Response } from 'express';
import { z } from 'zod';
import { Asking, type Asked, type RequestHeaders } from './asking.js';
import { Allow, Api, By } from './auth.guard.js';
import { readBody } from './body.js';
import { Desk } from './desk.js';
import type { Caller } from './domain/visibility.js';

const note = z.string().trim().min(1).max(TEXT_LENGTH_MAX);
const reason = z.string().trim().min(1).max(200);
/** Whoever gets it must know why: the note is no option. */
const TransferBody = z.strictObject({
  to: z.union([
    z.strictObject({ agentId: AgentId }),
    z.strictObject({ queueId: QueueId }),
    z.strictObject({
      skills: z.record(SkillId, SkillLevel).refine((skills) => {
        const count = Object.keys(skills).length;
        return count > 0 && count <= TRANSFER_SKILLS_MAX;
      }, `from one to ${TRANSFER_SKILLS_MAX} skills are needed`),
    }),
  ]),
  note,
});
const ConsultBody = z.strictObject({ agentId: AgentId, note: note.optional() });
const ConsultEndBody = z.strictObject({ agentId: AgentId });
const AssignBody = z.strictObject({ agentId: AgentId, overAssign: z.boolean().default(false), reason });
const ReleaseBody = z.strictObject({ reason });
const CancelBody = z.strictObject({ reason });
const OverrideBody = z
  .strictObject({ priority: Priority.nullable().optional(), queueId: QueueId.nullable().optional(), reason })
  .refine(({ priority, queueId }) => priority !== undefined || queueId !== undefined, 'priority or queueId is needed');
const MergeBody = z.strictObject({ intoTicketId: TicketId });
const NoBody = z.strictObject({});

/** Wishes by which tickets change hands, and what supervisors decide over agents' heads. */
@Api('')
export class HandOverController {
  constructor(
    private readonly asking: Asking,
    private readonly desk: Desk,
  ) {}

  @Post('tickets/:ticketId/transfer')
  transfer(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { to, note: words } = readBody(TransferBody, body);
    const draft = (asked: { agentId: string; askedAt: string }, noteId?: string) =>
      TransferRequested(id, { ...asked, role: by.role, to, noteId });
    return this.asking.aboutTicket(id, { by, headers, response }, draft, words);
  }

  @Post('tickets/:ticketId/consult')
  consult(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { agentId: withAgentId, note: words } = readBody(ConsultBody, body);
    const draft = (asked: { agentId: string; askedAt: string }, noteId?: string) => ConsultRequested(id, { ...asked, withAgentId, noteId });
    return this.asking.aboutTicket(id, { by, headers, response }, draft, words);
  }

  @Post('tickets/:ticketId/consult-end')
  endConsult(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { agentId: withAgentId } = readBody(ConsultEndBody, body);
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => ConsultEndRequested(id, { ...asked, withAgentId }));
  }

  @Post('tickets/:ticketId/wrap-up-end')
  endWrapUp(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    readBody(NoBody, body);
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => WrapUpEndRequested(id, asked));
  }

  @Post('tickets/:ticketId/assign')
  @Allow('supervisor', 'admin')
  assign(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { agentId: toAgentId, ...wanted } = readBody(AssignBody, body);
    const { role } = by;
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => AssignRequested(id, { ...asked, role, toAgentId, ...wanted }));
  }

  @Post('tickets/:ticketId/release')
  @Allow('supervisor', 'admin')
  release(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { role } = by;
    const wanted = readBody(ReleaseBody, body);
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => ReleaseRequested(id, { ...asked, role, ...wanted }));
  }

  @Post('tickets/:ticketId/override')
  @Allow('supervisor', 'admin')
  override(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { role } = by;
    const wanted = readBody(OverrideBody, body);
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => OverrideRequested(id, { ...asked, role, ...wanted }));
  }

  /** How the clocks come about, segment by segment: a question of whoever sees the ticket. */
  @Post('tickets/:ticketId/explain-clocks')
  explainClocks(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    readBody(NoBody, body);
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => ExplainClocksRequested(id, asked));
  }

  /** A supervisor has it in hand: no further level, nothing that is held back. */
  @Post('tickets/:ticketId/cancel-escalation')
  @Allow('supervisor', 'admin')
  cancelEscalation(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { role } = by;
    const wanted = readBody(CancelBody, body);
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => EscalationCancelRequested(id, { ...asked, role, ...wanted }));
  }

  /** It ends, and goes on in the other one, which has to be theirs to see, too. */
  @Post('tickets/:ticketId/merge')
  async merge(
    @Param('ticketId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { role } = by;
    const { intoTicketId } = readBody(MergeBody, body);
    await this.desk.ticketFor(by, intoTicketId);
    return this.asking.aboutTicket(id, { by, headers, response }, (asked) => MergeRequested(id, { ...asked, role, intoTicketId }));
  }

  /** "Next for me": routing looks for what fits this one agent best. */
  @Post('next')
  next(@Body() body: unknown, @By() by: Caller, @Headers() headers: RequestHeaders, @Res({ passthrough: true }) response: Response) {
    readBody(NoBody, body);
    return this.asking.aboutNoTicket({ by, headers, response }, ({ agentId, askedAt }) => NextRequested(agentId, { askedAt }));
  }

  /** Why somebody has no work: routing looks, and gives nobody anything. */
  @Post('agents/:agentId/why-idle')
  @Allow('supervisor', 'admin')
  async whyIdle(
    @Param('agentId') id: string,
    @Body() body: unknown,
    @By() by: Caller,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ) {
    readBody(NoBody, body);
    const { configuration } = await this.desk.of(by);
    if (!configuration.snapshot.find('agent', id)) throw new NotFoundException(`agent '${id}' does not exist`);
    const draft = ({ agentId: byAgentId, askedAt }: Asked) => WhyIdleRequested(id, { byAgentId, askedAt });
    return this.asking.aboutNoTicket({ by, headers, response }, draft);
  }
}
