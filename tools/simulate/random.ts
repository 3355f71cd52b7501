/**
 * Chance in the simulator. Every purpose has a generator of its own, and what happens to a ticket is drawn by its number (and attempt),
 * never by the order of events: two policies that do different things with a ticket still see the same noise (common random numbers).
 */

// The innermost calls, taken from the global object once.
const { imul, log, sqrt, floor } = Math;

const rotl = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** One step of MurmurHash3 (32 bit). */
function mixed(hash: number, word: number): number {
  const scrambled = imul(rotl(imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return (imul(rotl(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

/** The finish of MurmurHash3: every bit of the input moves every bit of the output. */
function finished(hash: number): number {
  let h = imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hashOf(seed: number, purpose: string, salt: number): number {
  let hash = mixed(mixed(salt, seed | 0), floor(seed / 2 ** 32) | 0);
  for (let place = 0; place < purpose.length; place += 1) hash = mixed(hash, purpose.charCodeAt(place));
  return finished(hash);
}

/** 53 random bits between 0 and 1, both excluded. */
const fraction = (high: number, low: number): number => ((high >>> 5) * 2 ** 26 + (low >>> 6) + 0.5) / 2 ** 53;

/** The seed of one run. Run 0 is the workload's own seed. */
export const seedOfRun = (seed: number, run: number): number =>
  run === 0 ? seed : hashOf(seed, `run ${run}`, 1) * 2 ** 20 + (hashOf(seed, `run ${run}`, 2) >>> 12);

/** Draws that belong to a number: the same answer whenever it is asked. */
export class Draws {
  readonly #high: number;
  readonly #low: number;

  constructor(seed: number, purpose: string) {
    this.#high = hashOf(seed, purpose, 0x9e3779b9);
    this.#low = hashOf(seed, purpose, 0x7f4a7c15);
  }

  /** Uniform between 0 and 1, both excluded. */
  uniform(nth: number, attempt = 0): number {
    return fraction(finished(mixed(mixed(this.#high, nth), attempt)), finished(mixed(mixed(this.#low, nth), attempt)));
  }

  normal(nth: number, attempt = 0): number {
    return normalQuantile(this.uniform(nth, attempt));
  }

  /** Exponential with mean 1. */
  exponential(nth: number, attempt = 0): number {
    return -log(this.uniform(nth, attempt));
  }
}

/** Draws one after another (sfc32). */
export class Stream {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, purpose: string) {
    this.#a = hashOf(seed, purpose, 0x9e3779b9);
    this.#b = hashOf(seed, purpose, 0x7f4a7c15);
    this.#c = hashOf(seed, purpose, 0x2545f491);
    for (let turn = 0; turn < 12; turn += 1) this.#next();
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (rotl(this.#c, 21) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform between 0 and 1, both excluded. */
  uniform(): number {
    return fraction(this.#next(), this.#next());
  }

  /** A whole number from 0 to bound − 1. */
  below(bound: number): number {
    return floor(this.uniform() * bound);
  }

  normal(): number {
    return normalQuantile(this.uniform());
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -log(this.uniform());
  }

  /** Gamma with scale 1. Marsaglia and Tsang 2000; a shape below 1 by their power of a uniform. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * this.uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && log(this.uniform()) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
  }

  beta(a: number, b: number): number {
    const x = this.gamma(a);
    return x / (x + this.gamma(b));
  }

  /** Puts a list into random order, in place (Fisher–Yates). */
  shuffle<T>(list: T[]): T[] {
    for (let place = list.length - 1; place > 0; place -= 1) {
      const other = this.below(place + 1);
      [list[place], list[other]] = [list[other]!, list[place]!];
    }
    return list;
  }
}

const A = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const C = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
const polynomial = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, one) => sum * x + one, 0);

/** The standard normal quantile (Acklam; relative error below 1.2e-9): one uniform per normal draw. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p >= 0.02425) {
    const q = p - 0.5;
    const r = q * q;
    return (polynomial(A, r) * q) / (polynomial(B, r) * r + 1);
  }
  const q = sqrt(-2 * log(p));
  return polynomial(C, q) / (polynomial(D, q) * q + 1);
}
