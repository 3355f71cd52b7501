import {
  BadRequestException,
  Body,
  Controller,
  Headers,
  HttpCode,
  HttpException,
  Inject,
  Ip,
  Post,
  Res,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Response } from 'express';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { takeToken, type TokenBucket } from './domain/rate-limit.js';
import { readJson } from './domain/json.js';
import { parseIdempotencyKey, parseTicketForm } from './domain/web-form.js';
import { Reception } from './reception.js';

/** Requesters remembered at most; the longest silent ones are forgotten first, and then have a full bucket again. */
const REQUESTERS_MAX = 50_000;

/** `POST /intake/v1/tickets`: public by nature, therefore limited in size and rate. */
@Controller('intake/v1/tickets')
export class WebFormController {
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(
    @Inject(Reception) private readonly reception: Reception,
    @Inject(ENVIRONMENT) private readonly environment: IntakeEnvironment,
  ) {}

  @Post()
  @HttpCode(202)
  async submit(
    @Body() body: unknown,
    @Headers() headers: Record<string, string | undefined>,
    @Ip() ip: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ ticketId: string; number?: number | undefined }> {
    this.#limit(ip, response);
    const contentType = headers['content-type'] ?? '';
    if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType))
      throw new UnsupportedMediaTypeException(`Content-Type is '${contentType.slice(0, 60)}'; expected 'application/json'`);
    if (!Buffer.isBuffer(body)) throw new BadRequestException('the request has no body; expected a JSON object');
    const json = readJson(body, 'the request body');
    if (!json.ok) throw new BadRequestException(json.reason);
    const idempotencyKey = parseIdempotencyKey(headers['idempotency-key']);
    if (!idempotencyKey.ok) throw new BadRequestException(idempotencyKey.reason);
    const form = parseTicketForm(json.value);
    if (!form.ok) throw new HttpException({ error: 'Unprocessable Content', message: form.reason, problems: form.problems }, 422);
    const { customer, subject, body: text, externalId, language, fields } = form.value;
    const receipt = await this.reception.receive({
      door: 'http',
      channel: 'web',
      channelAccount: 'web',
      // The key belongs to the sender's address: two customers may well choose the same.
      duplicateKey: idempotencyKey.value === undefined ? undefined : `${customer.email.toLowerCase()} ${idempotencyKey.value}`,
      kind: 'human',
      customer: { address: customer.email, name: customer.name },
      subject,
      text,
      attachments: [],
      language,
      externalId,
      fields,
      raw: { bytes: body, sizeBytes: body.length },
    });
    return { ticketId: receipt.ticketId!, number: receipt.number };
  }

  #limit(requester: string, response: Response): void {
    const taken = takeToken(
      this.#buckets.get(requester),
      { burst: this.environment.REQUESTS_BURST_MAX, perMinute: this.environment.REQUESTS_PER_MINUTE_MAX },
      new Date(),
    );
    this.#buckets.delete(requester);
    this.#buckets.set(requester, taken.bucket);
    if (this.#buckets.size > REQUESTERS_MAX) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (taken.allowed) return;
    const seconds = Math.ceil(taken.retryAfterMs / 1000);
    response.setHeader('Retry-After', String(seconds));
    throw new HttpException({ error: 'Too Many Requests', message: `too many requests from your address; try again in ${seconds} s` }, 429);
  }
}
