import { NEVER } from './event-queue.ts';
import type { Ticket } from './router.ts';

/** Waiting tickets of one kind, the earliest deadline first (of equals the one that came first). A binary heap. */
export class WaitingLine {
  readonly #heap: Ticket[] = [];
  readonly #gone = new Set<Ticket>();

  /** NEVER = nobody waits. */
  get firstDeadline(): number {
    this.#forgetGone();
    return this.#heap[0]?.deadline ?? NEVER;
  }

  push(ticket: Ticket): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(ticket);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(ticket, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = ticket;
  }

  shift(): Ticket | undefined {
    this.#forgetGone();
    return this.#takeFirst();
  }

  /** Of a ticket that waits here, or of one that never did. */
  remove(ticket: Ticket): void {
    if (this.#heap.includes(ticket)) this.#gone.add(ticket);
  }

  #forgetGone(): void {
    while (this.#heap.length > 0 && this.#gone.delete(this.#heap[0]!)) this.#takeFirst();
  }

  #takeFirst(): Ticket | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

const before = (a: Ticket, b: Ticket): boolean => a.deadline < b.deadline || (a.deadline === b.deadline && a.number < b.number);
