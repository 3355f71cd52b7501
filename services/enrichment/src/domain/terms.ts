import { foldText, wordsOf } from './text.js';

/**
 * How often each term occurs in a text, by the 32-bit hash of the term. A model made of hashes holds no customer's text,
 * so erasing a customer never has to touch one. Collisions: about one pair in a vocabulary of 90,000 terms.
 */
export interface Terms {
  /** Words and pairs of neighbouring words. */
  words: Map<number, number>;
  /** 3 to 5 neighbouring characters within a word, its two edges counting as a character. */
  characters: Map<number, number>;
}

/** A chat client's string of 5,000 letters is no word; nothing of it is worth learning. */
const WORD_LENGTH_MAX = 60;
const WORD_SEED = 0x811c9dc5;
const CHARACTERS_SEED = 0x2f0b4c47;
const EDGE = 0x20;

/** FNV-1a, one UTF-16 unit at a time (the public-domain hash by Fowler, Noll and Vo). */
const mix = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);
/** FNV's low bits are weak for short input; the finisher of MurmurHash3 spreads them. */
function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
const count = (counts: Map<number, number>, hash: number): void => {
  const key = finish(hash);
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

/** The terms of a text. Numbers all count as the same word: an order number says that there is one, not what the ticket is about. */
export function termsOf(text: string): Terms {
  const terms: Terms = { words: new Map(), characters: new Map() };
  let previous = 0;
  for (const found of wordsOf(foldText(text))) {
    const word = /^\p{N}/u.test(found) ? '0' : found.slice(0, WORD_LENGTH_MAX);
    let single = WORD_SEED;
    let pair = mix(previous, EDGE);
    for (let i = 0; i < word.length; i++) {
      const unit = word.charCodeAt(i);
      single = mix(single, unit);
      pair = mix(pair, unit);
    }
    count(terms.words, single);
    if (previous !== 0) count(terms.words, pair);
    previous = single;
    countCharacters(terms.characters, word);
  }
  return terms;
}

function countCharacters(counts: Map<number, number>, word: string): void {
  const unitAt = (i: number): number => (i < 0 || i >= word.length ? EDGE : word.charCodeAt(i));
  for (let from = -1; from <= word.length - 2; from++) {
    let hash = CHARACTERS_SEED;
    for (let length = 1; length <= 5 && from + length <= word.length + 1; length++) {
      hash = mix(hash, unitAt(from + length - 1));
      if (length >= 3) count(counts, hash);
    }
  }
}
