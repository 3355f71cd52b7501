import { classify, foldsOf, trainClassifier, type Example, type TrainingOptions } from './classifier.js';

export interface CategoryScore {
  /** How many labelled tickets the category has. */
  tickets: number;
  /** Of the tickets put into it, the share that belongs there; 0 when none was. */
  precision: number;
  /** Of the tickets that belong there, the share put into it. */
  recall: number;
}

/** What to expect of a classifier trained on these tickets. All shares 0 … 1, measured on tickets the model had not seen. */
export interface Evaluation {
  tickets: number;
  /** How often the best guess was right, taken or not. */
  accuracy: number;
  /** How often the right category was among the first three. */
  accuracyTop3: number;
  /** Tickets whose best guess was too uncertain to be taken. */
  unknownShare: number;
  /** How often a guess that was taken was right. */
  accuracyWhenKnown: number;
  /** Mean distance between confidence and how often it was right, over ten bins (expected calibration error). */
  calibrationError: number;
  categories: Record<string, CategoryScore>;
  /** The ten most frequent mix-ups, most frequent first. */
  confusions: { category: string; takenFor: string; tickets: number }[];
}

interface Outcome {
  category: string;
  guesses: string[];
  confidence: number;
  known: boolean;
}

/**
 * Cross-validates: trains on all parts but one, tests on that one, `folds` times over; takes `folds` times as long as training.
 * Precision and recall judge the best guess, taken or not. Deterministic for a seed. Throws unless 2 ≤ folds ≤ tickets.
 */
export function evaluateClassifier(examples: readonly Example[], folds = 5, seed = 1, options: Partial<TrainingOptions> = {}): Evaluation {
  if (folds < 2 || folds > examples.length) {
    throw new Error(`cannot evaluate ${examples.length} labelled tickets in ${folds} parts; expected 2 … number of tickets`);
  }
  const parts = foldsOf(
    examples.map((example) => example.category),
    folds,
    seed,
  );
  const outcomes: Outcome[] = [];
  for (let part = 0; part < folds; part++) {
    const training = examples.filter((_, i) => parts[i] !== part);
    if (training.length === examples.length || training.length === 0) continue;
    const model = trainClassifier(training, { ...options, seed });
    for (const [i, example] of examples.entries()) {
      if (parts[i] !== part) continue;
      const { category, confidence, runnersUp } = classify(model, example.text);
      const guesses = [...(category === null ? [] : [category]), ...runnersUp.map((guess) => guess.category)];
      outcomes.push({ category: example.category, guesses, confidence, known: category !== null });
    }
  }
  return summarise(outcomes);
}

const right = (outcome: Outcome): boolean => outcome.guesses[0] === outcome.category;
const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function summarise(outcomes: readonly Outcome[]): Evaluation {
  const count = (test: (outcome: Outcome) => boolean): number => outcomes.filter(test).length;
  const known = count((outcome) => outcome.known);
  const names = [...new Set(outcomes.map((outcome) => outcome.category))].sort();
  const categories = names.map((name): [string, CategoryScore] => {
    const tickets = count((outcome) => outcome.category === name);
    const hits = count((outcome) => outcome.category === name && right(outcome));
    return [
      name,
      {
        tickets,
        precision: shareOf(
          hits,
          count((outcome) => outcome.guesses[0] === name),
        ),
        recall: shareOf(hits, tickets),
      },
    ];
  });
  return {
    tickets: outcomes.length,
    accuracy: shareOf(count(right), outcomes.length),
    accuracyTop3: shareOf(
      count((outcome) => outcome.guesses.slice(0, 3).includes(outcome.category)),
      outcomes.length,
    ),
    unknownShare: shareOf(outcomes.length - known, outcomes.length),
    accuracyWhenKnown: shareOf(
      count((outcome) => outcome.known && right(outcome)),
      known,
    ),
    calibrationError: calibrationErrorOf(outcomes),
    categories: Object.fromEntries(categories),
    confusions: confusionsOf(outcomes),
  };
}

function calibrationErrorOf(outcomes: readonly Outcome[]): number {
  const gaps = Array.from({ length: 10 }, () => 0);
  for (const outcome of outcomes) gaps[Math.min(9, Math.floor(outcome.confidence * 10))]! += outcome.confidence - (right(outcome) ? 1 : 0);
  return shareOf(
    gaps.reduce((sum, gap) => sum + Math.abs(gap), 0),
    outcomes.length,
  );
}

const CONFUSIONS_MAX = 10;

function confusionsOf(outcomes: readonly Outcome[]): Evaluation['confusions'] {
  const pairs = new Map<string, { category: string; takenFor: string; tickets: number }>();
  for (const { category, guesses } of outcomes) {
    const takenFor = guesses[0];
    if (takenFor === undefined || takenFor === category) continue;
    const key = JSON.stringify([category, takenFor]);
    const pair = pairs.get(key) ?? { category, takenFor, tickets: 0 };
    pairs.set(key, { ...pair, tickets: pair.tickets + 1 });
  }
  return [...pairs.values()].sort((a, b) => b.tickets - a.tickets).slice(0, CONFUSIONS_MAX);
}
