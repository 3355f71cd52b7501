import { createHash } from 'node:crypto';
import type { Calibration } from './calibration.js';
import type { Planes } from './svm.js';
import { vocabularyFrom, type Vocabulary } from './vectors.js';

/** A trained classifier. Holds hashes and numbers, and no text of any ticket. */
export interface Model {
  /** Hash of the content: the same examples, options and code give the same version. */
  version: string;
  categories: readonly string[];
  vocabulary: Vocabulary;
  /** `weights[term * categories + category] * steps[category]` is what a term adds to a category's margin. */
  weights: Int8Array;
  steps: readonly number[];
  bias: readonly number[];
  calibration: Calibration;
  /** Below this confidence a ticket is in no category. */
  unknownBelow: number;
}

export type Untitled = Omit<Model, 'version'>;

/** Rounds each category's weights to 255 steps: a quarter of the memory, and one in 700 texts classified otherwise (Banking77: 90.40 % right instead of 90.46). */
export function quantise({ weights, bias }: Planes, categories: number): Pick<Model, 'weights' | 'steps' | 'bias'> {
  const steps = Array.from({ length: categories }, (_, category) => {
    let largest = 0;
    for (let i = category; i < weights.length; i += categories) {
      const size = weights[i]! < 0 ? -weights[i]! : weights[i]!;
      if (size > largest) largest = size;
    }
    return largest / 127 || 1;
  });
  const rounded = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i++) rounded[i] = Math.round(weights[i]! / steps[i % categories]!);
  return { weights: rounded, steps, bias: [...bias] };
}

/** Raised when the meaning of a stored model changes: one of another format has to be trained anew. */
export const MODEL_FORMAT = 2;

interface StoredModel {
  format: number;
  categories: string[];
  ticketsTotal: number;
  hashes: string;
  tickets: string;
  weights: string;
  steps: number[];
  bias: number[];
  calibration: Calibration;
  unknownBelow: number;
}

// Typed arrays are stored as base64 of their bytes, little-endian like every machine Node 24 is built for but s390x.
const encode = (array: Uint32Array | Uint16Array | Int8Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
/** Copied to an ArrayBuffer of its own: Buffer's pool gives no aligned offsets. */
const decode = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text, 'base64')).buffer;

/** The model as JSON text, about 1.4 bytes per term and category. */
export function serialiseModel(model: Untitled): string {
  const stored: StoredModel = {
    format: MODEL_FORMAT,
    categories: [...model.categories],
    ticketsTotal: model.vocabulary.ticketsTotal,
    hashes: encode(model.vocabulary.hashes),
    tickets: encode(model.vocabulary.tickets),
    weights: encode(model.weights),
    steps: [...model.steps],
    bias: [...model.bias],
    calibration: model.calibration,
    unknownBelow: model.unknownBelow,
  };
  return JSON.stringify(stored);
}

const versionOf = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, 16);

export const withVersion = (model: Untitled): Model => ({ ...model, version: versionOf(serialiseModel(model)) });

/** The inverse of serialiseModel, to the same version. Throws an Error that says what is wrong with a text that is no model. */
export function parseModel(json: string): Model {
  const stored = JSON.parse(json) as StoredModel;
  if (stored?.format !== MODEL_FORMAT) {
    throw new Error(`classifier model has format ${JSON.stringify(stored?.format)}; expected ${MODEL_FORMAT}`);
  }
  const vocabulary = vocabularyFrom(new Uint32Array(decode(stored.hashes)), new Uint16Array(decode(stored.tickets)), stored.ticketsTotal);
  const weights = new Int8Array(decode(stored.weights));
  const { categories, steps, bias, calibration, unknownBelow } = stored;
  const expected = vocabulary.hashes.length * categories.length;
  if (weights.length !== expected || vocabulary.tickets.length !== vocabulary.hashes.length) {
    throw new Error(`classifier model has ${weights.length} weights; expected ${expected} for ${categories.length} categories`);
  }
  return { version: versionOf(json), categories, vocabulary, weights, steps, bias, calibration, unknownBelow };
}
