import { classify, foldsOf, trainClassifier, type Example, type TrainingOptions } from './classifier.js';

export interface CategoryFigures {
  /** Examples that are in the category. */
  examples: number;
  /** Of those put into the category, the share that belongs there; null if none was put there. */
  precisionShare: number | null;
  /** Of those in the category, the share that was found. */
  recallShare: number;
}

/** How a classifier trained on these examples does on tickets it has not seen. */
export interface Evaluation {
  examples: number;
  folds: number;
  /** Best guess is right, whatever its confidence. */
  accuracyShare: number;
  /** Confident enough for a category to be named. */
  namedShare: number;
  /** Of those named, right. Null if none was named. */
  namedAccuracyShare: number | null;
  /** Mean distance between stated confidence and observed accuracy, over ten bands of confidence (expected calibration error). */
  calibrationErrorShare: number;
  byCategory: Record<string, CategoryFigures>;
}

/**
 * Cross-validation: each part in turn is held out and judged by a model of the others, every category spread evenly over the parts.
 * Deterministic for examples, folds and seed. Takes `folds` trainings. Throws on fewer than 2 folds, or fewer examples than folds.
 */
export function evaluateClassifier(
  examples: readonly Example[],
  folds: number,
  seed: number,
  options: Partial<TrainingOptions> = {},
): Evaluation {
  if (!Number.isInteger(folds) || folds < 2 || folds > examples.length) {
    throw new Error(`cross-validation got ${folds} folds for ${examples.length} examples; allowed are whole numbers from 2 to the examples`);
  }
  const parts = foldsOf(
    examples.map((example) => example.category),
    folds,
    seed,
  );
  const judged: Judged[] = [];
  for (let held = 0; held < folds; held++) {
    const model = trainClassifier(
      examples.filter((_, i) => parts[i] !== held),
      { ...options, seed },
    );
    examples.forEach((example, i) => {
      if (parts[i] !== held) return;
      const { category, confidence, runnersUp } = classify(model, example.text);
      judged.push({ actual: example.category, guessed: category ?? runnersUp[0]!.category, confidence, named: category !== null });
    });
  }
  return figuresOf(judged, folds);
}

interface Judged {
  actual: string;
  guessed: string;
  confidence: number;
  named: boolean;
}

function figuresOf(judged: readonly Judged[], folds: number): Evaluation {
  const right = (guess: Judged): boolean => guess.guessed === guess.actual;
  const named = judged.filter((guess) => guess.named);
  const byCategory: Record<string, CategoryFigures> = {};
  for (const category of [...new Set(judged.map((guess) => guess.actual))].sort()) {
    const actual = judged.filter((guess) => guess.actual === category);
    const guessed = judged.filter((guess) => guess.guessed === category);
    byCategory[category] = {
      examples: actual.length,
      precisionShare: shareOf(guessed, right),
      recallShare: shareOf(actual, right) ?? 0,
    };
  }
  return {
    examples: judged.length,
    folds,
    accuracyShare: shareOf(judged, right) ?? 0,
    namedShare: named.length / judged.length,
    namedAccuracyShare: shareOf(named, right),
    calibrationErrorShare: calibrationErrorOf(judged),
    byCategory,
  };
}

const shareOf = <T>(items: readonly T[], holds: (item: T) => boolean): number | null =>
  items.length === 0 ? null : items.filter(holds).length / items.length;

function calibrationErrorOf(judged: readonly Judged[]): number {
  const bands = Array.from({ length: 10 }, () => ({ stated: 0, right: 0 }));
  for (const guess of judged) {
    const band = bands[Math.min(9, Math.floor(guess.confidence * 10))]!;
    band.stated += guess.confidence;
    band.right += guess.guessed === guess.actual ? 1 : 0;
  }
  return bands.reduce((sum, band) => sum + Math.abs(band.stated - band.right), 0) / judged.length;
}
