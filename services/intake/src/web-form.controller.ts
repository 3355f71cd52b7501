import {
  BadRequestException,
  Body,
  Controller,
  Headers,
  HttpCode,
  HttpException,
  Inject,
  Post,
  UnsupportedMediaTypeException,
  UseGuards,
} from '@nestjs/common';
import { readJson } from './domain/json.js';
import { parseIdempotencyKey, parseTicketForm } from './domain/web-form.js';
import { RateGuard } from './rate.guard.js';
import { Reception } from './reception.js';

/** `POST /intake/v1/tickets`: public by nature, therefore limited in size and rate. */
@Controller('intake/v1/tickets')
@UseGuards(RateGuard)
export class WebFormController {
  constructor(@Inject(Reception) private readonly reception: Reception) {}

  @Post()
  @HttpCode(202)
  async submit(
    @Body() body: unknown,
    @Headers() headers: Record<string, string | undefined>,
  ): Promise<{ ticketId: string; number?: number | undefined }> {
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
}
