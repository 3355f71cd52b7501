import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ENVIRONMENT, type ConsoleEnvironment } from './config.js';

const EVERY_MS = 60_000;
const DELETED_AT_ONCE_MAX = 20_000;

/** What nobody can ask for any more. Each statement is bounded; what is left goes the next minute. */
const forgetAll = (clockOffsetMs: number): string[] => [
  // Longer gaps of a stream are cured by a snapshot.
  `delete from change where id in (select id from change where at < clock_timestamp() - interval '15 minutes' order by id limit ${DELETED_AT_ONCE_MAX})`,
  `delete from request where request_id in (select request_id from request where asked_at < clock_timestamp() + interval '${clockOffsetMs} milliseconds' - interval '14 days' limit ${DELETED_AT_ONCE_MAX})`,
  // By then every reader has both words on a version, or one of them was compacted away.
  `delete from audited_load where (agent_id, agent_version) in (select agent_id, agent_version from audited_load where at < clock_timestamp() - interval '1 hour' limit ${DELETED_AT_ONCE_MAX})`,
  `delete from notice where notice_id in (select notice_id from notice where at < clock_timestamp() + interval '${clockOffsetMs} milliseconds' - interval '30 days' limit ${DELETED_AT_ONCE_MAX})`,
  // Of bundles that were applied the report stays: there are as many as bundles.
  `delete from recomputation where key in (select key from recomputation where preview and at < clock_timestamp() + interval '${clockOffsetMs} milliseconds' - interval '14 days' limit ${DELETED_AT_ONCE_MAX})`,
  `delete from sign_in_link where expires_at < clock_timestamp() - interval '1 day'`,
  `delete from session where expires_at < clock_timestamp() - interval '1 day'`,
];

@Injectable()
export class RetentionTimer implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Retention');
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly database: DataSource,
    @Inject(ENVIRONMENT) private readonly environment: ConsoleEnvironment,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#forget().finally(() => (this.#running = undefined));
    }, EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #forget(): Promise<void> {
    try {
      for (const statement of forgetAll(this.environment.SIGNALBOX_CLOCK_OFFSET_MS)) await this.database.query(statement);
    } catch (error) {
      this.#logger.warn(`nothing was forgotten this minute: ${(error as Error).message}`);
    }
  }
}
