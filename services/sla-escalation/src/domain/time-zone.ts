const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/** A stretch of time in which a zone keeps one offset. Instants are epoch milliseconds; `to` is exclusive. */
export interface OffsetPiece {
  readonly from: number;
  readonly to: number;
  /** Local wall clock minus UTC. */
  readonly offsetMs: number;
}

/**
 * The offsets of one IANA zone, exact to the second, out of the runtime's own zone data (Node 24 has no Temporal without a flag).
 * Pieces are found once per UTC year: one look a day (no zone has ever changed and changed back within a day), then bisection.
 */
export class TimeZone {
  readonly #clock: Intl.DateTimeFormat;
  readonly #years = new Map<number, readonly OffsetPiece[]>();

  static readonly #known = new Map<string, TimeZone>();

  /** The zone of that name, found out once per process: at most as many as there are names, about 600. Throws RangeError for an unknown one. */
  static named(name: string): TimeZone {
    const zone = TimeZone.#known.get(name) ?? new TimeZone(name);
    TimeZone.#known.set(name, zone);
    return zone;
  }

  private constructor(name: string) {
    this.#clock = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  }

  /** The pieces that cover the UTC year, in order and without gaps. About 1 ms for a year seen first, then a map look-up. */
  piecesOf(year: number): readonly OffsetPiece[] {
    const known = this.#years.get(year);
    if (known) return known;
    const end = Date.UTC(year + 1, 0, 1);
    const pieces: OffsetPiece[] = [];
    let from = Date.UTC(year, 0, 1);
    let offsetMs = this.offsetMsAt(from);
    for (let day = from; day < end; day += DAY_MS) {
      const next = this.offsetMsAt(day + DAY_MS);
      if (next === offsetMs) continue;
      const change = this.#firstChange(day, day + DAY_MS, offsetMs);
      if (change >= end) break;
      pieces.push({ from, to: change, offsetMs });
      from = change;
      offsetMs = next;
    }
    pieces.push({ from, to: end, offsetMs });
    this.#years.set(year, pieces);
    return pieces;
  }

  /** Local wall clock minus UTC at an instant. */
  offsetMsAt(instant: number): number {
    const second = Math.floor(instant / SECOND_MS) * SECOND_MS;
    const [month, day, year, hour, minute, seconds] = this.#clock.format(second).match(/\d+/g)!.map(Number);
    return Date.UTC(year!, month! - 1, day, hour, minute, seconds) - second;
  }

  #firstChange(from: number, to: number, offsetMs: number): number {
    let before = from;
    let after = to;
    while (after - before > SECOND_MS) {
      const middle = before + Math.floor((after - before) / 2 / SECOND_MS) * SECOND_MS;
      if (this.offsetMsAt(middle) === offsetMs) before = middle;
      else after = middle;
    }
    return after;
  }
}
