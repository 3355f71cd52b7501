import type { Draft } from '@signalbox/contracts';
import type { CommandHandler, Delivery } from './delivery.js';
import { isConflict, isInfrastructure } from './unprocessable.js';

interface Asked {
  readonly command: unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What handlers ask for to be decided at the end of their own unit of work. */
export class Consequences {
  readonly #asked = new Map<CommandHandler<unknown, unknown>, Asked[]>();
  readonly #decided: { readonly asked: Asked; readonly answer: unknown }[] = [];

  readonly submit: Delivery['submit'] = <Command, Answer>(handler: CommandHandler<Command, Answer>, command: Command) =>
    new Promise<Answer>((resolve, reject) => {
      const asked: Asked = { command, resolve: resolve as (answer: unknown) => void, reject };
      const key = handler as CommandHandler<unknown, unknown>;
      const others = this.#asked.get(key);
      if (others) others.push(asked);
      else this.#asked.set(key, [asked]);
    });

  /** Calls each handler once. One that fails leaves nothing behind and does not keep the unit from its commit. */
  async decide(delivery: Delivery): Promise<Draft[]> {
    const events: Draft[] = [];
    for (const [handler, all] of this.#asked) {
      this.#asked.delete(handler);
      // Not awaited alone: it goes to the database with the handler's first statement.
      const marked = delivery.tx.query('savepoint consequence');
      try {
        const [outcomes] = await Promise.all([
          handler(
            all.map(({ command }) => command),
            delivery,
          ),
          marked,
        ]);
        for (const [index, asked] of all.entries()) {
          events.push(...outcomes[index]!.events);
          this.#decided.push({ asked, answer: outcomes[index]!.answer });
        }
      } catch (error) {
        if (isConflict(error) || isInfrastructure(error)) {
          for (const { reject } of all) reject(error);
          throw error;
        }
        await delivery.tx.query('rollback to savepoint consequence');
        for (const { reject } of all) reject(error);
      }
    }
    return events;
  }

  committed(): void {
    for (const { asked, answer } of this.#decided) asked.resolve(answer);
  }
  rolledBack(error: unknown): void {
    for (const { asked } of this.#decided) asked.reject(error);
    for (const asked of [...this.#asked.values()].flat()) asked.reject(error);
  }
}
