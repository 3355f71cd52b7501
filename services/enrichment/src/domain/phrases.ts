import { isSentenceEnd } from './text.js';

/** Where a phrase was found: token position and number of tokens. */
export interface Found<T> {
  at: number;
  length: number;
  /** `not very urgent`, `nicht eilig`. */
  negated: boolean;
  value: T;
}

export type PhraseFinder<T> = (tokens: readonly string[]) => Found<T>[];

interface Pattern<T> {
  words: string[];
  value: T;
}

const GAP = '~';
const GAP_WORDS_MAX = 3;
const PREFIX_LENGTH_MAX = 24;

/**
 * Compiles phrases to a function that finds all of them in one pass over a text's tokens, in time linear in the text.
 * A phrase is folded words (`ue`, no apostrophes): `kuendig*` is any word that begins so, `~` at most three words between.
 * A gap does not reach across the end of a sentence.
 */
export function compilePhrases<T>(phrases: Iterable<readonly [phrase: string, value: T]>): PhraseFinder<T> {
  const exact = new Map<string, Pattern<T>[]>();
  const prefixes = new Map<string, Pattern<T>[]>();
  for (const [phrase, value] of phrases) {
    const words = phrase.split(' ');
    const first = words[0]!;
    if (!/^[\p{L}\p{N}]+\*?$/u.test(first)) throw new Error(`phrase '${phrase}' must begin with a word of letters or digits`);
    const [index, key] = first.endsWith('*') ? [prefixes, first.slice(0, -1)] : [exact, first];
    if (key.length > PREFIX_LENGTH_MAX) throw new Error(`phrase '${phrase}' begins with more than ${PREFIX_LENGTH_MAX} characters`);
    index.set(key, [...(index.get(key) ?? []), { words, value }]);
  }
  return (tokens) => {
    const found: Found<T>[] = [];
    for (const [at, token] of tokens.entries()) {
      const patterns = [...(exact.get(token) ?? [])];
      for (let length = 1; length <= Math.min(token.length, PREFIX_LENGTH_MAX); length++) {
        const begun = prefixes.get(token.slice(0, length));
        if (begun !== undefined) patterns.push(...begun);
      }
      for (const { words, value } of patterns) {
        const end = endOf(words, 1, tokens, at + 1);
        if (end !== null) found.push({ at, length: end - at, negated: isNegated(tokens, at), value });
      }
    }
    return found;
  };
}

/** Position after the phrase's words from `next` on, when they stand at `at`; null when they do not. */
function endOf(words: readonly string[], next: number, tokens: readonly string[], at: number): number | null {
  const word = words[next];
  if (word === undefined) return at;
  if (word !== GAP) return matches(word, tokens[at]) ? endOf(words, next + 1, tokens, at + 1) : null;
  for (let skipped = 0; skipped <= GAP_WORDS_MAX; skipped++) {
    const end = endOf(words, next + 1, tokens, at + skipped);
    if (end !== null) return end;
    const token = tokens[at + skipped];
    if (token === undefined || isSentenceEnd(token)) return null;
  }
  return null;
}

function matches(word: string, token: string | undefined): boolean {
  if (token === undefined) return false;
  return word.endsWith('*') ? token.startsWith(word.slice(0, -1)) : token === word;
}

const NEGATIONS = new Set(
  'not no never without isnt wasnt dont doesnt didnt arent wont nicht kein keine keinen keiner keinem nie niemals ohne weder'.split(' '),
);
const FILLERS = new Set(
  'a an the very really so that too all any at in to be need want have sehr so besonders wirklich ganz gerade allzu zu ein eine einen'.split(
    ' ',
  ),
);
const FILLERS_MAX = 3;

/** A negation stands before the token, with at most three filling words in between. */
function isNegated(tokens: readonly string[], at: number): boolean {
  let before = at - 1;
  while (at - 1 - before < FILLERS_MAX && FILLERS.has(tokens[before] ?? '')) before--;
  return NEGATIONS.has(tokens[before] ?? '');
}
