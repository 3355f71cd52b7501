import { Delete, Get, HttpCode, NotFoundException, Param } from '@nestjs/common';
import { UnitOfWork } from '@signalbox/messaging';
import { z } from 'zod';
import { Api, By } from './auth.guard.js';
import { readBody } from './body.js';
import { Desk } from './desk.js';
import { summarize } from './domain/ticket.js';
import type { Caller } from './domain/visibility.js';
import { NoticeStore } from './notice.store.js';
import { TicketQueryStore } from './ticket-query.store.js';

const NoticeKey = z.strictObject({
  noticeId: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1),
});
const OVER = ['solved', 'closed'];

/** What somebody was told of escalations: their own, and nobody else's. */
@Api('notices')
export class NoticesController {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly notices: NoticeStore,
    private readonly tickets: TicketQueryStore,
    private readonly desk: Desk,
  ) {}

  /** The newest first. What is over is no news: a notice of it comes back only with the ticket. */
  @Get()
  async list(@By() caller: Caller) {
    const { view, configuration } = await this.desk.of(caller);
    const own = await this.notices.of(caller.agentId);
    const tickets = await this.tickets.byIds(own.map(({ ticketId }) => ticketId));
    const mine = await this.tickets.byIds([...tickets.keys()], view);
    const open = own.filter(({ ticketId }) => {
      const ticket = tickets.get(ticketId);
      return ticket && !OVER.includes(summarize(ticket, configuration.queueOf).status);
    });
    return {
      notices: open.map(({ noticeId, ticketId, level, cause, target, at }) => {
        const fired = tickets
          .get(ticketId)!
          .sla?.escalations.find((one) => one.level === level && one.cause === cause && (one.target ?? null) === target);
        const received = mine.get(ticketId)?.intake?.received;
        return {
          noticeId,
          ticketId,
          level,
          cause,
          target: target ?? null,
          at,
          explanation: fired?.explanation ?? null,
          /** Null: whom a policy names may be told of a ticket that is not theirs to see. */
          ticket: received ? { number: received.number, subject: received.subject } : null,
        };
      }),
    };
  }

  @Delete(':noticeId')
  @HttpCode(204)
  async dismiss(@Param('noticeId') given: string, @By() { agentId }: Caller): Promise<void> {
    const { noticeId } = readBody(NoticeKey, { noticeId: given });
    if (!(await this.unit.submit(this.notices.dismiss, { agentId, noticeId })))
      throw new NotFoundException(`notice '${noticeId}' does not exist, or is not yours`);
  }
}
