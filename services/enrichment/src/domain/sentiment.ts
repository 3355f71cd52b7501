import type { Fact } from './fact.js';
import { compilePhrases, type Found } from './phrases.js';
import { EMOJI, INTENSIFIERS, SENTIMENT_WORDS } from './sentiment-words.js';

const findJudgements = compilePhrases(SENTIMENT_WORDS.flatMap(([weight, phrases]) => phrases.map((phrase) => [phrase, weight] as const)));

/** `not happy` is not quite the opposite of `happy`. */
const NEGATED = -0.6;
const EXCLAMATION = 0.4;
const EXCLAMATIONS_MAX = 3;
/** Where the sum of weights reaches 0.7: about four words of medium weight. The formula is that of VADER (Hutto and Gilbert, 2014). */
const NORMALISER = 15;

/**
 * How glad (1) or angry (-1) a text sounds, by a lexicon of English and German with negation and intensifiers; 0 where it finds nothing.
 * `tokens` from tokensOf; `text` is the raw one, for its emoji.
 */
export function sentimentOf(tokens: readonly string[], text: string): Fact<number> {
  const weights = longestFirst(findJudgements(tokens)).map((found) => weightOf(found, tokens));
  for (const [emoji, weight] of Object.entries(EMOJI)) if (text.includes(emoji)) weights.push(weight);
  const weighed = weights.reduce((sum, weight) => sum + weight, 0);
  const evidence = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  if (evidence === 0) return { value: 0, confidence: 0.5, source: 'none' };
  const exclamations = Math.min(tokens.filter((token) => token === '!').length, EXCLAMATIONS_MAX);
  const sum = weighed + Math.sign(weighed) * EXCLAMATION * exclamations;
  const value = sum / Math.sqrt(sum * sum + NORMALISER);
  // Much evidence that agrees is worth more than one word, or than praise and blame together.
  return { value: Math.round(value * 1000) / 1000, confidence: 0.5 + (0.45 * Math.abs(weighed)) / (evidence + 2), source: 'rules' };
}

function weightOf({ at, negated, value }: Found<number>, tokens: readonly string[]): number {
  const strength = INTENSIFIERS[tokens[at - 1] ?? ''] ?? 1;
  return value * strength * (negated ? NEGATED : 1);
}

/** `worst service ever` once, not also `worst`: of phrases that overlap, the longest that begins first. */
function longestFirst(found: readonly Found<number>[]): Found<number>[] {
  let free = 0;
  return [...found]
    .sort((a, b) => a.at - b.at || b.length - a.length)
    .filter(({ at, length }) => {
      if (at < free) return false;
      free = at + length;
      return true;
    });
}
