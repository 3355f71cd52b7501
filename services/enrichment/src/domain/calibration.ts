/** Turns what a text says for its best category into the probability that it is the right one: 1 / (1 + e^-(slope × evidence + offset)). */
export interface Calibration {
  slope: number;
  offset: number;
}

/** One guess on a text the model had not seen. */
export interface Guess {
  /** The category's margin without its bias: 0 for a text that says nothing. */
  evidence: number;
  right: boolean;
  weight: number;
}

/** 0 … 1, never quite either for the evidence that occurs (about -1 … 3). */
export const confidenceOf = (evidence: number, { slope, offset }: Calibration): number => 1 / (1 + Math.exp(-(slope * evidence + offset)));

/** Keeps the slope finite where every guess was right. */
const RIDGE = 0.1;
const STEPS_MAX = 50;

/**
 * Logistic regression by Newton's method, after J. Platt, "Probabilistic outputs for support vector machines" (1999).
 * Without guesses it gives values that were typical.
 */
export function calibrate(guesses: readonly Guess[]): Calibration {
  let slope = 4;
  let offset = -2;
  for (let step = 0; step < STEPS_MAX && guesses.length > 0; step++) {
    let [slopeError, offsetError] = [RIDGE * slope, RIDGE * offset];
    let [bySlope, byBoth, byOffset] = [RIDGE, 0, RIDGE];
    for (const { evidence, right, weight } of guesses) {
      const confidence = confidenceOf(evidence, { slope, offset });
      const error = weight * (confidence - (right ? 1 : 0));
      const spread = weight * confidence * (1 - confidence);
      slopeError += error * evidence;
      offsetError += error;
      bySlope += spread * evidence * evidence;
      byBoth += spread * evidence;
      byOffset += spread;
    }
    const determinant = bySlope * byOffset - byBoth * byBoth;
    const slopeStep = (byOffset * slopeError - byBoth * offsetError) / determinant;
    const offsetStep = (bySlope * offsetError - byBoth * slopeError) / determinant;
    slope -= slopeStep;
    offset -= offsetStep;
    if (Math.abs(slopeStep) + Math.abs(offsetStep) < 1e-9) break;
  }
  return { slope, offset };
}
