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

/** What a few hundred tickets typically give; for a model that nothing could be held out of. */
const TYPICAL: Calibration = { slope: 4, offset: -1 };
/** Keeps the slope finite where every guess was right. */
const RIDGE = 0.1;
const STEPS_MAX = 50;
const HALVINGS_MAX = 30;

/** Logistic regression by Newton's method, after J. Platt, "Probabilistic outputs for support vector machines" (1999). */
export function calibrate(guesses: readonly Guess[]): Calibration {
  if (guesses.length === 0) return TYPICAL;
  let current: Calibration = { slope: 0, offset: 0 };
  for (let step = 0; step < STEPS_MAX; step++) {
    const next = improve(current, guesses);
    if (next === null) break;
    current = next;
  }
  // A handful of tickets can make evidence look harmful; it says nothing then.
  return { ...current, slope: Math.max(0, current.slope) };
}

/** One Newton step, halved until it helps: a whole one can overshoot to where every confidence is 0 or 1. Null at the optimum. */
function improve({ slope, offset }: Calibration, guesses: readonly Guess[]): Calibration | null {
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
  const lossBefore = lossOf({ slope, offset }, guesses);
  for (let halving = 0, share = 1; halving < HALVINGS_MAX; halving++, share /= 2) {
    const next = { slope: slope - share * slopeStep, offset: offset - share * offsetStep };
    // Better by less than this is rounding.
    if (lossOf(next, guesses) < lossBefore - 1e-9) return next;
  }
  return null;
}

function lossOf(calibration: Calibration, guesses: readonly Guess[]): number {
  const ridge = (RIDGE / 2) * (calibration.slope ** 2 + calibration.offset ** 2);
  return guesses.reduce((loss, { evidence, right, weight }) => {
    const z = calibration.slope * evidence + calibration.offset;
    // ln(1 + e^±z), without overflow.
    const wrongBy = right ? -z : z;
    return loss + weight * (Math.max(wrongBy, 0) + Math.log1p(Math.exp(-Math.abs(wrongBy))));
  }, ridge);
}
