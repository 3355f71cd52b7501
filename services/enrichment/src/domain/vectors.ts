import type { Terms } from './terms.js';

/** The terms a model knows, in ascending order of their hashes, and in how many tickets each occurred. */
export interface Vocabulary {
  hashes: Uint32Array;
  /** Capped at 65,535, where it makes no more difference. */
  tickets: Uint16Array;
  ticketsTotal: number;
  indexOf: Map<number, number>;
  /** Inverse document frequency: ln((1 + total) / (1 + tickets)) + 1. */
  rarity: Float32Array;
}

/** A text as a model sees it: index and weight of each known term. The sum of squares is at most 1, and smaller the more terms are unknown. */
export interface Vector {
  indices: Int32Array;
  weights: Float32Array;
}

export function vocabularyFrom(hashes: Uint32Array, tickets: Uint16Array, ticketsTotal: number): Vocabulary {
  const indexOf = new Map<number, number>();
  hashes.forEach((hash, index) => indexOf.set(hash, index));
  const rarity = Float32Array.from(tickets, (n) => Math.log((1 + ticketsTotal) / (1 + n)) + 1);
  return { hashes, tickets, ticketsTotal, indexOf, rarity };
}

/** Keeps the terms of at least `ticketsMin` tickets: what only one customer ever wrote says nothing about the next one. */
export function learnVocabulary(texts: readonly Terms[], ticketsMin: number): Vocabulary {
  const tickets = new Map<number, number>();
  for (const terms of texts) {
    for (const hash of terms.words.keys()) tickets.set(hash, (tickets.get(hash) ?? 0) + 1);
    for (const hash of terms.characters.keys()) tickets.set(hash, (tickets.get(hash) ?? 0) + 1);
  }
  const hashes = Uint32Array.from([...tickets].filter(([, n]) => n >= ticketsMin).map(([hash]) => hash)).sort();
  const counts = Uint16Array.from(hashes, (hash) => Math.min(tickets.get(hash) ?? 0, 0xffff));
  return vocabularyFrom(hashes, counts, texts.length);
}

/**
 * Weighs terms by (1 + ln count) × rarity; words and characters have the same say, however many there are of each.
 * Unknown terms count in a text's length, as if one ticket had had them: a text about something else then lies far from every category
 * (area under the ROC for out-of-scope on CLINC150: 0.963, and 0.943 without).
 */
export function vectorOf(terms: Terms, vocabulary: Vocabulary): Vector {
  const unknownRarity = Math.log((1 + vocabulary.ticketsTotal) / 2) + 1;
  const indices = new Int32Array(terms.words.size + terms.characters.size);
  const weights = new Float32Array(indices.length);
  let length = 0;
  for (const block of [terms.words, terms.characters]) {
    const from = length;
    let squares = 0;
    for (const [hash, count] of block) {
      const index = vocabulary.indexOf.get(hash);
      const weight = (count === 1 ? 1 : 1 + Math.log(count)) * (index === undefined ? unknownRarity : vocabulary.rarity[index]!);
      squares += weight * weight;
      if (index === undefined) continue;
      indices[length] = index;
      weights[length++] = weight;
    }
    const scale = Math.SQRT1_2 / Math.sqrt(squares || 1);
    for (let i = from; i < length; i++) weights[i]! *= scale;
  }
  return { indices: indices.subarray(0, length), weights: weights.subarray(0, length) };
}
