/** A stretch of time, [from, to) in epoch ms, in which a time zone keeps one offset from UTC. */
export interface OffsetSpan {
  readonly from: number;
  readonly to: number;
  /** Local wall time = UTC + offset. */
  readonly offsetMs: number;
}

const PROBE_MS = 3 * 86_400_000;
const SECOND_MS = 1000;

/** Node 24 has no Temporal; Intl knows the same tz database but answers in 2 µs, so each zone and year is asked once. */
class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, readonly OffsetSpan[]>();

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  spansOf(year: number): readonly OffsetSpan[] {
    let spans = this.#years.get(year);
    if (!spans) this.#years.set(year, (spans = this.#probe(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1))));
    return spans;
  }

  /** No zone of the tz database ever changed its clocks twice within 3 days (the shortest is 4, Freetown 1939); a change is then found to the second. */
  #probe(yearFrom: number, yearTo: number): OffsetSpan[] {
    const spans: OffsetSpan[] = [];
    let from = yearFrom;
    let offsetMs = this.#offsetAt(from);
    for (let probe = yearFrom; probe < yearTo; probe += PROBE_MS) {
      const next = Math.min(probe + PROBE_MS, yearTo);
      const nextOffsetMs = this.#offsetAt(next);
      if (nextOffsetMs === offsetMs) continue;
      const to = this.#firstWithout(offsetMs, probe, next);
      if (to < yearTo) {
        spans.push({ from, to, offsetMs });
        from = to;
        offsetMs = nextOffsetMs;
      }
    }
    spans.push({ from, to: yearTo, offsetMs });
    return spans;
  }

  #firstWithout(offsetMs: number, from: number, to: number): number {
    let before = from;
    let after = to;
    while (after - before > SECOND_MS) {
      const middle = before + Math.floor((after - before) / 2 / SECOND_MS) * SECOND_MS;
      if (this.#offsetAt(middle) === offsetMs) before = middle;
      else after = middle;
    }
    return after;
  }

  #offsetAt(instant: number): number {
    const wall = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of this.#format.formatToParts(instant)) if (type in wall) wall[type as keyof typeof wall] = Number(value);
    return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second) - instant;
  }
}

/** Bounded by the number of zone names Intl knows (about 600) times the years calendars look at. */
const zones = new Map<string, Zone>();

/**
 * The zone's offsets over one UTC year, without gaps, oldest first. Exact to the second.
 * A zone Intl does not know is a RangeError; configuration is checked for that before it gets here.
 */
export function offsetsIn(timeZone: string, year: number): readonly OffsetSpan[] {
  let zone = zones.get(timeZone);
  if (!zone) zones.set(timeZone, (zone = new Zone(timeZone)));
  return zone.spansOf(year);
}
