import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Get,
  Header,
  Headers,
  Inject,
  NotFoundException,
  Param,
  Post,
  Res,
  UnsupportedMediaTypeException,
  UseGuards,
} from '@nestjs/common';
import { UnitOfWork, type CommandHandler, type Outcome } from '@signalbox/messaging';
import type { Response } from 'express';
import { DataSource } from 'typeorm';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { readJson } from './domain/json.js';
import { pageLanguage, ratedPage, ratingPage, tooEarlyPage } from './domain/rating/rating-page.js';
import { rate, scoreFrom, type RatedTicket, type RatingDecision, type Score } from './domain/rating/rating.js';
import { verifyRatingToken } from './domain/rating/rating-token.js';
import { RateGuard } from './rate.guard.js';
import { RatingStore } from './rating.store.js';

interface Rating {
  readonly ticketId: string;
  readonly score: Score;
}

const CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const FORM_BYTES_MAX = 1_000;

/** How well a ticket was solved, in the customer's eyes, without signing in. A GET rates nothing: mail scanners follow every link first. */
@Controller('intake/v1/ratings/:token')
@UseGuards(RateGuard)
export class RatingController {
  constructor(
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: IntakeEnvironment,
  ) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', CSP)
  @Header('Cache-Control', 'no-store')
  @Header('Referrer-Policy', 'no-referrer')
  @Header('X-Robots-Tag', 'noindex')
  async ask(@Param('token') token: string, @Headers('accept-language') languages: string | undefined): Promise<string> {
    const ticket = known(await new RatingStore(this.database.manager).find(this.#ticketOf(token)));
    const language = pageLanguage(languages);
    return ticket.wasSolved ? ratingPage(scoreFrom(ticket.rating?.score), language) : tooEarlyPage(language);
  }

  @Post()
  @Header('Content-Security-Policy', CSP)
  @Header('Cache-Control', 'no-store')
  @Header('Referrer-Policy', 'no-referrer')
  async say(
    @Param('token') token: string,
    @Body() body: Buffer | undefined,
    @Headers('content-type') contentType: string | undefined,
    @Headers('accept-language') languages: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object | string> {
    const ticketId = this.#ticketOf(token);
    const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType ?? '');
    const score = scoreFrom(isForm ? formScore(body) : jsonScore(body, contentType));
    if (score === undefined) throw new BadRequestException('score must be a whole number from 1 to 5');
    const decision = await this.unit.submit(this.#rate, { ticketId, score });
    const { outcome } = known(decision);
    if (isForm) {
      response.status(outcome === 'rated' ? 200 : 409).type('text/html; charset=utf-8');
      return outcome === 'rated' ? ratedPage(pageLanguage(languages)) : tooEarlyPage(pageLanguage(languages));
    }
    if (outcome === 'not-solved') throw new ConflictException('this ticket was never solved; it can be rated as soon as it is');
    response.status(200);
    return { score };
  }

  #ticketOf(token: string): string {
    const ticketId = verifyRatingToken(token, this.environment.REPLY_TOKEN_SECRETS);
    if (ticketId === undefined) throw new BadRequestException('this link is not complete or not ours; please use the one in our message');
    return ticketId;
  }

  readonly #rate: CommandHandler<Rating, RatingDecision | undefined> = async (ratings, { tx, now }) => {
    const store = new RatingStore(tx);
    const tickets = await store.lock(ratings.map(({ ticketId }) => ticketId));
    const changed = new Set<string>();
    const outcomes = ratings.map(({ ticketId, score }): Outcome<RatingDecision | undefined> => {
      const ticket = tickets.get(ticketId);
      if (!ticket) return { events: [], answer: undefined };
      const decision = rate(ticket, score, now);
      tickets.set(ticketId, decision.ticket);
      if (decision.events.length > 0) changed.add(ticketId);
      return { events: decision.events, answer: decision };
    });
    await store.save([...changed].map((ticketId) => tickets.get(ticketId) as RatedTicket));
    return outcomes;
  };
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw new NotFoundException('nothing is known about this ticket');
  return found;
}

function formScore(body: Buffer | undefined): unknown {
  return new URLSearchParams((body ?? Buffer.alloc(0)).subarray(0, FORM_BYTES_MAX).toString()).get('score');
}

function jsonScore(body: Buffer | undefined, contentType: string | undefined): unknown {
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType ?? ''))
    throw new UnsupportedMediaTypeException(
      `Content-Type is '${(contentType ?? '').slice(0, 60)}'; expected 'application/json' or 'application/x-www-form-urlencoded'`,
    );
  if (!Buffer.isBuffer(body)) throw new BadRequestException('the request has no body; expected a JSON object');
  const json = readJson(body, 'the request body');
  if (!json.ok) throw new BadRequestException(json.reason);
  return (json.value as { score?: unknown } | null)?.score;
}
