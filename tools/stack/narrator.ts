import { describeStep } from './way.ts';
import type { WitnessedEvent } from './witness.ts';

/** Tells each ticket's way while it happens: of those received since the start, and of older ones only what is new. */
export class Narrator {
  readonly #numbers = new Map<string, string>();
  readonly #since: number;
  readonly #say: (line: string) => void;

  /** @param since ms since 1970; clocks of two machines may differ by a second */
  constructor(since: number, say: (line: string) => void) {
    this.#since = since - 1_000;
    this.#say = say;
  }

  readonly tell = (event: WitnessedEvent): void => {
    const words = this.#numbers.has(event.ticketId) || event.at.getTime() >= this.#since ? describeStep(event) : undefined;
    if (words === undefined) return;
    if (event.type === 'TicketReceived') this.#numbers.set(event.ticketId, `#${String(event.data['number'])}`);
    this.#say(`          ${(this.numberOf(event.ticketId) ?? event.ticketId.slice(0, 8)).padEnd(5)} ${words}`);
  };

  /** Such as "#7"; undefined when its receipt was not told. */
  numberOf(ticketId: string): string | undefined {
    return this.#numbers.get(ticketId);
  }
}
