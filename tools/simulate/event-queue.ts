/** The instant of what does not happen. */
export const NEVER = Number.POSITIVE_INFINITY;

/** What may happen by itself. Arrivals are not here: they are a sorted list. */
export const SHIFT_ENDS = 0;
export const SHIFT_BEGINS = 1;
export const COMPLETES = 2;
export const REOPENS = 3;
export const SURVEY_RETURNS = 4;
export const GIVES_UP = 5;
export const WAKES = 6;

/** A binary heap of events in columns, by instant, then in the order they were put in. No object per event. */
export class EventQueue {
  #at = new Float64Array(256);
  #order = new Float64Array(256);
  #kind = new Uint8Array(256);
  #subject = new Int32Array(256);
  #size = 0;
  #counter = 0;

  /** Instant of the next event; NEVER = there is none. */
  get nextAt(): number {
    return this.#size === 0 ? NEVER : this.#at[0]!;
  }
  get nextKind(): number {
    return this.#kind[0]!;
  }
  /** Ticket or agent, by kind. */
  get nextSubject(): number {
    return this.#subject[0]!;
  }

  push(at: number, kind: number, subject: number): void {
    if (this.#size === this.#at.length) this.#grow();
    let place = this.#size;
    this.#size += 1;
    this.#counter += 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#at[parent]! <= at) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#set(place, at, this.#counter, kind, subject);
  }

  /** Takes the next event off. */
  pop(): void {
    this.#size -= 1;
    const last = this.#size;
    if (last === 0) return;
    const at = this.#at[last]!;
    const order = this.#order[last]!;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(child + 1, this.#at[child]!, this.#order[child]!)) child += 1;
      if (!this.#before(child, at, order)) break;
      this.#move(child, place);
      place = child;
    }
    this.#set(place, at, order, this.#kind[last]!, this.#subject[last]!);
  }

  #before(place: number, at: number, order: number): boolean {
    return this.#at[place]! < at || (this.#at[place] === at && this.#order[place]! < order);
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#at[from]!, this.#order[from]!, this.#kind[from]!, this.#subject[from]!);
  }

  #set(place: number, at: number, order: number, kind: number, subject: number): void {
    this.#at[place] = at;
    this.#order[place] = order;
    this.#kind[place] = kind;
    this.#subject[place] = subject;
  }

  #grow(): void {
    const size = this.#at.length * 2;
    const wider = <Column extends Float64Array | Uint8Array | Int32Array>(column: Column, next: Column): Column => {
      next.set(column);
      return next;
    };
    this.#at = wider(this.#at, new Float64Array(size));
    this.#order = wider(this.#order, new Float64Array(size));
    this.#kind = wider(this.#kind, new Uint8Array(size));
    this.#subject = wider(this.#subject, new Int32Array(size));
  }
}
