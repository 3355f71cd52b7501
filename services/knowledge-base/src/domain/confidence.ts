import type { Found } from './search.js';

/**
 * How sure it is that the article answers the ticket, 0–1, two decimals: 1 / (1 + e^-z).
 * `rival` is the best of the other articles; `particular`: the text tells of a case of its own.
 */
export function confidenceOf({ likeness, coverage, score }: Found, rival: Found | undefined, particular: boolean): number {
  const lead = rival === undefined || score === 0 ? 1 : Math.max(-1, 1 - rival.score / score);
  const z = 8 * likeness + 4 * coverage + 2 * lead - 8 - (particular ? 3 : 0);
  return Math.round(100 / (1 + Math.exp(-z))) / 100;
}
