import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UnitOfWork, type CommandHandler } from '@signalbox/messaging';

const PERIOD_MS = 10 * 60_000;
/** Senders repeat within days: Meta for 7, mail servers for 5. */
const REMEMBERED_DAYS = 14;
/** A bounded piece at a time; the rest follows with the next pass. */
const FORGOTTEN_MAX = 20_000;

const FORGET = `
  with old as (select account, key from duplicate_key where at < $1 order by at limit ${FORGOTTEN_MAX} for update skip locked),
    early as (delete from early_failure where at < $1)
  delete from duplicate_key d using old where d.account = old.account and d.key = old.key`;

/** Ids of foreign senders are remembered for 14 days, so that what they send again is known. */
@Injectable()
export class ForgetTimer implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Forget');
  #timer: NodeJS.Timeout | undefined;

  constructor(@Inject(UnitOfWork) private readonly unit: UnitOfWork) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.unit.submit(this.forget, undefined).catch((error: Error) => this.#logger.warn(`cannot forget old ids yet: ${error.message}`));
    }, PERIOD_MS);
  }
  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  readonly forget: CommandHandler<undefined, void> = async (commands, { tx, now }) => {
    await tx.query(FORGET, [new Date(now.getTime() - REMEMBERED_DAYS * 24 * 3_600_000)]);
    return commands.map(() => ({ events: [], answer: undefined }));
  };
}
