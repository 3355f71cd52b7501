import type { LoggerService } from '@nestjs/common';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** @returns why what was asked for is away, or undefined when it answered. @throws Error that waiting does not heal */
export type Attempt = () => Promise<string | undefined>;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * What a service does instead of ending while something it stands on is away. Its own address answers meanwhile: alive, not ready, and why.
 * Ending would leave the waiting to a supervisor, which knows neither the reason nor when it is over.
 */
export class Waiting {
  #says = '';
  readonly #door = createServer((request, response) => {
    const alive = request.url?.split('?')[0] === '/healthz';
    response.writeHead(alive ? 200 : 503, {
      'content-type': alive ? 'application/json' : 'application/problem+json',
      connection: 'close',
      ...(alive ? {} : { 'retry-after': '2' }),
    });
    const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503, detail: this.#says, instance: request.url };
    response.end(JSON.stringify(alive ? { status: 'ok' } : problem));
  });

  constructor(
    private readonly logger: LoggerService,
    private readonly address: { readonly PORT: number; readonly HOST: string },
  ) {}

  /**
   * Tries for ever.
   * @param what in the words of the log, such as "the database 10.0.0.5:5432/assignment"
   * @throws Error naming it, when waiting does not help
   */
  async for(what: string, attempt: Attempt): Promise<void> {
    const since = Date.now();
    for (let failures = 0; ; failures += 1) {
      const reason = await attempt().catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`, { cause: error });
      });
      if (reason === undefined) {
        if (failures > 0) this.logger.log(`${what} is back after ${seconds(Date.now() - since)}`, 'Waiting');
        return;
      }
      this.#says = `waits for ${what}, away for ${seconds(Date.now() - since)}: ${reason}`;
      // Back-off (ms): 200, 600, 1800, 5400, then 15000 for as long as it takes.
      const pauseMs = Math.min(200 * 3 ** failures, 15_000);
      this.logger.warn(`${this.#says}; next attempt in ${seconds(pauseMs)}`, 'Waiting');
      await this.#open();
      await sleep(pauseMs);
    }
  }

  async #open(): Promise<void> {
    if (this.#door.listening) return;
    this.#door.listen(this.address.PORT, this.address.HOST);
    await once(this.#door, 'listening');
  }

  /** Leaves the address to the service itself. */
  async over(): Promise<void> {
    if (!this.#door.listening) return;
    this.#door.close();
    this.#door.closeAllConnections();
    await once(this.#door, 'close');
  }
}
