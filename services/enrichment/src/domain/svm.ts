import { randomFrom, shuffle } from './random.js';
import type { Vector } from './vectors.js';

export interface SvmOptions {
  /** How much a wrong example costs against a simple plane (the C of the literature). */
  cost: number;
  /** Stop when no example moves its plane by more than this. */
  tolerance: number;
  passesMax: number;
  seed: number;
}

/** One plane per category: `weights[term * categories + category]`, and a bias per category. */
export interface Planes {
  weights: Float32Array;
  bias: Float32Array;
}

/** The vectors one after the other, as the solver reads them several million times. */
interface Rows {
  starts: Int32Array;
  indices: Int32Array;
  weights: Float32Array;
}

/**
 * One-vs-rest linear support vector machines with squared hinge loss. `labels[i]` is the category of `vectors[i]`, 0 … categories − 1.
 * Deterministic for a seed.
 */
export function trainPlanes(
  vectors: readonly Vector[],
  labels: readonly number[],
  categories: number,
  termsTotal: number,
  options: SvmOptions,
): Planes {
  const rows = rowsOf(vectors);
  const planes = { weights: new Float32Array(termsTotal * categories), bias: new Float32Array(categories) };
  for (let category = 0; category < categories; category++) {
    const plane = trainPlane(
      rows,
      Int8Array.from(labels, (label) => (label === category ? 1 : -1)),
      termsTotal,
      options,
    );
    for (let term = 0; term < termsTotal; term++) planes.weights[term * categories + category] = plane[term]!;
    planes.bias[category] = plane[termsTotal]!;
  }
  return planes;
}

function rowsOf(vectors: readonly Vector[]): Rows {
  const starts = new Int32Array(vectors.length + 1);
  vectors.forEach((vector, i) => (starts[i + 1] = starts[i]! + vector.indices.length));
  const total = starts[vectors.length]!;
  const rows = { starts, indices: new Int32Array(total), weights: new Float32Array(total) };
  vectors.forEach((vector, i) => {
    rows.indices.set(vector.indices, starts[i]);
    rows.weights.set(vector.weights, starts[i]);
  });
  return rows;
}

/**
 * Dual coordinate descent with shrinking: C.-J. Hsieh et al., "A dual coordinate descent method for large-scale linear SVM" (2008),
 * algorithm 3 for the L2 loss. The last entry of the plane is its bias, learned as a term of weight 1.
 */
function trainPlane(rows: Rows, sides: Int8Array, termsTotal: number, options: SvmOptions): Float64Array {
  const { starts, indices, weights } = rows;
  const random = randomFrom(options.seed);
  const plane = new Float64Array(termsTotal + 1);
  const dual = new Float64Array(sides.length);
  const softness = 0.5 / options.cost;
  const curvature = new Float64Array(sides.length);
  for (let row = 0; row < sides.length; row++) {
    let squares = 1 + softness;
    for (let k = starts[row]!; k < starts[row + 1]!; k++) squares += weights[k]! * weights[k]!;
    curvature[row] = squares;
  }
  const order = Int32Array.from(sides, (_, i) => i);
  let active = order.length;
  let shrinkAbove = Infinity;
  for (let pass = 0; pass < options.passesMax; pass++) {
    shuffle(order, random, active);
    let highest = -Infinity;
    let lowest = Infinity;
    for (let position = 0; position < active; position++) {
      const row = order[position]!;
      const side = sides[row]!;
      const from = starts[row]!;
      const to = starts[row + 1]!;
      let distance = plane[termsTotal]!;
      for (let k = from; k < to; k++) distance += plane[indices[k]!]! * weights[k]!;
      const gradient = side * distance - 1 + softness * dual[row]!;
      let projected = gradient;
      if (dual[row] === 0) {
        if (gradient > shrinkAbove) {
          // Far on the right side: left out until the rest has settled.
          active--;
          order[position] = order[active]!;
          order[active] = row;
          position--;
          continue;
        }
        projected = Math.min(gradient, 0);
      }
      highest = Math.max(highest, projected);
      lowest = Math.min(lowest, projected);
      if (Math.abs(projected) < 1e-12) continue;
      const before = dual[row]!;
      const after = Math.max(before - gradient / curvature[row]!, 0);
      dual[row] = after;
      const step = (after - before) * side;
      for (let k = from; k < to; k++) plane[indices[k]!]! += step * weights[k]!;
      plane[termsTotal]! += step;
    }
    if (highest - lowest <= options.tolerance) {
      if (active === order.length) break;
      active = order.length;
      shrinkAbove = Infinity;
    } else {
      shrinkAbove = highest <= 0 ? Infinity : highest;
    }
  }
  return plane;
}
