import { Logger } from '@nestjs/common';

/** Work that comes back every `everyMs`, never twice at a time; a failure is said and the next turn tries again. */
export class Repeating {
  readonly #logger: Logger;
  #interval: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    name: string,
    private readonly everyMs: number,
    private readonly work: () => Promise<unknown>,
  ) {
    this.#logger = new Logger(name);
  }

  start(): void {
    this.#interval = setInterval(() => void this.#turn(), this.everyMs);
  }
  async stop(): Promise<void> {
    clearInterval(this.#interval);
    await this.#running;
  }

  #turn(): Promise<void> {
    return (this.#running ??= this.work()
      .then(
        () => undefined,
        (error: unknown) => this.#logger.warn(`not done this time: ${(error as Error).message}`),
      )
      .finally(() => (this.#running = undefined)));
  }
}
