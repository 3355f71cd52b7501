import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  NotFoundException,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import { UnitOfWork, type CommandHandler, type Outcome } from '@signalbox/messaging';
import type { Request } from 'express';
import { DataSource } from 'typeorm';
import { ENVIRONMENT, type KnowledgeBaseEnvironment } from './config.js';
import { DeflectionStore } from './deflection.store.js';
import { settle, type DeflectionStatus } from './domain/deflection.js';
import { feedbackPage, thanksPage } from './domain/feedback-page.js';
import { verifyFeedbackToken } from './domain/feedback-token.js';
import { RateGuard } from './rate.guard.js';

interface Feedback {
  readonly ticketId: string;
  readonly helped: boolean;
}
type Kept = { readonly status: DeflectionStatus; readonly locale: string | null };

const CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** "Did this help?", without signing in. A GET changes nothing: mail scanners follow every link before the customer does. */
@Controller('knowledge-base/v1/feedback')
@UseGuards(RateGuard)
export class FeedbackController {
  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: KnowledgeBaseEnvironment,
  ) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', CSP)
  @Header('Cache-Control', 'no-store')
  @Header('Referrer-Policy', 'no-referrer')
  @Header('X-Robots-Tag', 'noindex')
  async ask(@Query('token') token: unknown): Promise<string> {
    const ticketId = this.#ticketOf(token);
    const [row] = await this.database.query<{ locale: string | null }[]>('select locale from ticket where ticket_id = $1', [ticketId]);
    return feedbackPage(token as string, row?.locale ?? null);
  }

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Header('Content-Security-Policy', CSP)
  @Header('Referrer-Policy', 'no-referrer')
  async say(@Body() body: unknown, @Req() request: Request): Promise<object | string> {
    const { token, helped } = (body ?? {}) as { token?: unknown; helped?: unknown };
    const ticketId = this.#ticketOf(token);
    const isForm = request.is('application/x-www-form-urlencoded') !== false;
    const word = isForm && (helped === 'true' || helped === 'false') ? helped === 'true' : helped;
    if (typeof word !== 'boolean') throw new BadRequestException('helped must be true or false');
    const kept = await this.unit.submit(this.#keep, { ticketId, helped: word });
    if (kept === undefined) throw new NotFoundException('nothing is known about this ticket');
    if (!isForm) return { status: kept.status };
    request.res!.type('text/html; charset=utf-8');
    return thanksPage(word, kept.locale);
  }

  #ticketOf(token: unknown): string {
    const ticketId = typeof token === 'string' ? verifyFeedbackToken(token, this.environment.FEEDBACK_TOKEN_SECRETS) : undefined;
    if (ticketId === undefined) throw new BadRequestException('this link is not complete or not ours; please use the one in our message');
    return ticketId;
  }

  readonly #keep: CommandHandler<Feedback, Kept | undefined> = async (feedbacks, { tx, now }) => {
    const store = new DeflectionStore(tx);
    const { deflections, locales } = await store.find(feedbacks.map(({ ticketId }) => ticketId));
    const outcomes = feedbacks.map(({ ticketId, helped }): Outcome<Kept | undefined> => {
      const before = deflections.get(ticketId);
      if (!before) return { events: [], answer: undefined };
      const { deflection, events } = settle({ ...before, helped }, now);
      deflections.set(ticketId, deflection);
      return { events, answer: { status: deflection.status, locale: locales.get(ticketId) ?? null } };
    });
    await store.save(deflections.values());
    return outcomes;
  };
}
