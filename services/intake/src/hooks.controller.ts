import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Query,
  UnauthorizedException,
} from '@nestjs/common';
import type { Door } from '@signalbox/contracts';
import { createHash } from 'node:crypto';
import { ENVIRONMENT, type IntakeEnvironment } from './config.js';
import { Deliveries } from './deliveries.js';
import type { Parsed } from './domain/json.js';
import { parseMetaWebhook } from './domain/social/meta.js';
import { answerMetaHandshake, verifyMeta, verifyTelegram, type Verified } from './domain/social/signatures.js';
import type { SocialWebhook } from './domain/social/social-message.js';
import { submissionOf } from './domain/social/submission-of.js';
import { parseTelegramUpdate } from './domain/social/telegram.js';
import type { Receipt, Submission } from './domain/submission.js';
import { FileStore } from './file.store.js';
import { cannotBeStored, Reception } from './reception.js';

const ACCOUNT = /^[\w.-]{1,80}$/;
const NOTHING = Buffer.alloc(0);

/** Webhooks of social platforms. 200 is said after the commit of all their parts; anything else makes the platform send them again. */
@Controller('intake/v1/hooks')
export class HooksController {
  constructor(
    @Inject(Reception) private readonly reception: Reception,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(FileStore) private readonly files: FileStore,
    @Inject(ENVIRONMENT) private readonly environment: IntakeEnvironment,
  ) {}

  /** Meta asks once, when the webhook is registered, whether we know the token. Unsigned. */
  @Get('meta/:account')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  shakeHands(@Param('account') account: string, @Query() query: Record<string, unknown>): string {
    const { META_VERIFY_TOKEN } = this.environment;
    checkDoor('meta', account, META_VERIFY_TOKEN !== undefined);
    const answer = answerMetaHandshake(query, [META_VERIFY_TOKEN ?? '']);
    if (!answer.ok) throw new ForbiddenException(answer.reason);
    return answer.challenge;
  }

  @Post('meta/:account')
  @HttpCode(200)
  async meta(
    @Param('account') account: string,
    @Body() body: Buffer | undefined,
    @Headers('x-hub-signature-256') signature: string | undefined,
  ): Promise<object> {
    const { META_APP_SECRETS } = this.environment;
    checkDoor('meta', account, META_APP_SECRETS.length > 0);
    const bytes = body ?? NOTHING;
    checkSignature(verifyMeta(bytes, signature, META_APP_SECRETS));
    return this.#take('meta', account, bytes, parseMetaWebhook(bytes, new Date()));
  }

  @Post('telegram/:account')
  @HttpCode(200)
  async telegram(
    @Param('account') account: string,
    @Body() body: Buffer | undefined,
    @Headers('x-telegram-bot-api-secret-token') token: string | undefined,
  ): Promise<object> {
    const { TELEGRAM_SECRET_TOKENS } = this.environment;
    checkDoor('telegram', account, TELEGRAM_SECRET_TOKENS.length > 0);
    checkSignature(verifyTelegram(token, TELEGRAM_SECRET_TOKENS));
    const bytes = body ?? NOTHING;
    return this.#take('telegram', account, bytes, parseTelegramUpdate(bytes, account, new Date()));
  }

  async #take(door: Door, account: string, bytes: Buffer, parsed: Parsed<SocialWebhook>): Promise<object> {
    const hash = createHash('sha256').update(bytes).digest('hex');
    const webhook = parsed.ok ? parsed.value : { messages: [], statuses: [], ignored: [] };
    // What is signed but cannot be read would come again for days and never be better: an operator sees it instead.
    const ignored = parsed.ok ? webhook.ignored.filter((part) => part.fromCustomer) : [{ part: 'webhook', reason: parsed.reason }];
    if (webhook.messages.length + ignored.length > 0) {
      const raw = await this.#original(bytes, webhook.messages.length + ignored.length);
      await Promise.all([
        ...webhook.messages.map((message) => this.#receive(submissionOf(message, door, raw))),
        ...ignored.map(({ part, reason }) =>
          this.reception.quarantine({
            door,
            channelAccount: `${door}:${account}`,
            duplicateKey: `${part} ${hash}`,
            reason: `${part}: ${reason}`.slice(0, 500),
            raw,
          }),
        ),
      ]);
    }
    await Promise.all(webhook.statuses.map((status) => this.deliveries.report(status)));
    return { messages: webhook.messages.length, statuses: webhook.statuses.length };
  }

  /** The platform would send again for days what can never be stored. */
  async #receive(submission: Submission): Promise<Receipt> {
    try {
      return await this.reception.receive(submission);
    } catch (error) {
      if (!cannotBeStored(error)) throw error;
      const { door, channelAccount, duplicateKey, raw } = submission;
      const reason = `it cannot be stored as a message: ${(error as Error).message}`.slice(0, 500);
      return this.reception.quarantine({ door, channelAccount, duplicateKey: duplicateKey ?? '', reason, raw });
    }
  }

  /** Many messages may share one webhook: then it is kept once, as a file. */
  async #original(bytes: Buffer, parts: number): Promise<Submission['raw']> {
    if (parts <= 1) return this.files.original(bytes);
    return { sha256: await this.files.keep(bytes), sizeBytes: bytes.length };
  }
}

function checkDoor(door: string, account: string, configured: boolean): void {
  if (!configured) throw new NotFoundException(`the door '${door}' is not configured here`);
  if (!ACCOUNT.test(account)) throw new NotFoundException(`account '${account.slice(0, 80)}' is no name of 1 to 80 of A-Z a-z 0-9 _ . -`);
}

function checkSignature(verified: Verified): void {
  if (!verified.ok) throw new UnauthorizedException(verified.reason);
}
