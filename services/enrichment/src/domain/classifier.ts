import { calibrate, confidenceOf, type Guess } from './calibration.js';
import { quantise, withVersion, type Model } from './model.js';
import { randomFrom, shuffle } from './random.js';
import { trainPlanes } from './svm.js';
import { termsOf, type Terms } from './terms.js';
import { learnVocabulary, vectorOf } from './vectors.js';

/** A ticket somebody has put into the right category. */
export interface Example {
  text: string;
  category: string;
}

export interface TrainingOptions {
  seed: number;
  /** A wrong example's cost against a simple plane. 2 was best of 0.25 … 4 in cross-validation on Banking77 and CLINC150. */
  cost: number;
  /** Terms of fewer tickets are not learned. */
  termTicketsMin: number;
  /** Parts held out in turn to learn what a guess is worth; training takes that many times longer, plus four. */
  calibrationFolds: number;
  /** The share of tickets about something else that confidences reckon with. */
  strangerShare: number;
  /** Below this confidence a ticket is in no category. */
  unknownBelow: number;
}

export const DEFAULT_TRAINING: TrainingOptions = {
  seed: 1,
  cost: 2,
  termTicketsMin: 2,
  calibrationFolds: 4,
  strangerShare: 0.05,
  unknownBelow: 0.5,
};

export interface CategoryGuess {
  category: string;
  /** The probability that this is the right category, as learned on held-out tickets. */
  confidence: number;
}

export interface Classification {
  /** Null: none of the categories, or the model cannot tell. The best guess then leads the runners-up. */
  category: string | null;
  /** That of the best guess, also when it was too low to be taken. */
  confidence: number;
  /** At most three, best first. */
  runnersUp: CategoryGuess[];
}

/**
 * Learns categories from labelled tickets: TF-IDF of words and characters, one linear support vector machine per category,
 * confidences calibrated on held-out parts. Deterministic for the same examples in the same order and options.
 * Throws without examples. Blocks for 0.6 s on the 889 sample tickets, 6 s on Banking77 (10,003 texts, 77 categories),
 * 19 s on CLINC150 (15,000, 150): run it in a worker where that matters.
 *
 * Measured, on texts held out: sample tickets 90 % right (5-fold; first three 98 %; calibration error 0.03), Banking77 90.4 % (5-fold of
 * its training part; first three 96.5 %), CLINC150 93.6 % of the validation part in scope; out of scope told by confidence with an
 * area under the ROC of 0.961, rejecting 10 % of what is in scope catches 90 % of what is not.
 */
export function trainClassifier(examples: readonly Example[], options: Partial<TrainingOptions> = {}): Model {
  if (examples.length === 0) throw new Error('a classifier needs at least one labelled ticket; got none');
  const settings = { ...DEFAULT_TRAINING, ...options };
  const categories = [...new Set(examples.map((example) => example.category))].sort();
  const indexOf = new Map(categories.map((category, index) => [category, index]));
  const tickets = examples.map(({ text, category }) => ({ terms: termsOf(text), label: indexOf.get(category)! }));
  return withVersion({
    ...fit(tickets, categories, settings),
    calibration: calibrate(guessesOnUnseen(tickets, categories, settings)),
    unknownBelow: settings.unknownBelow,
  });
}

interface LabelledTerms {
  terms: Terms;
  label: number;
}

const STRANGER_GROUPS = 3;

/** What models trained without a part say of that part; the last models have not even heard of its categories. */
function guessesOnUnseen(tickets: readonly LabelledTerms[], categories: readonly string[], settings: TrainingOptions): Guess[] {
  const { seed, calibrationFolds, strangerShare } = settings;
  const holdOut = (parts: readonly number[], weight: number): Guess[] =>
    [...new Set(parts)].flatMap((part) => {
      const kept = tickets.filter((_, i) => parts[i] !== part);
      if (kept.length === 0) return [];
      const model = fit(kept, categories, settings);
      return tickets.filter((_, i) => parts[i] === part).map((ticket) => guessOn(ticket, model, weight));
    });
  const folds = foldsOf(
    tickets.map(({ label }) => label),
    calibrationFolds,
    seed,
  );
  if (categories.length < STRANGER_GROUPS) return holdOut(folds, 1);
  // Tickets of categories held out play the strangers: whatever the model takes them for is wrong.
  const groups = foldsOf(
    categories.map(() => 0),
    STRANGER_GROUPS,
    seed,
  );
  return [
    ...holdOut(folds, 1),
    ...holdOut(
      tickets.map(({ label }) => groups[label]!),
      strangerShare / (1 - strangerShare),
    ),
  ];
}

type Fitted = Pick<Model, 'categories' | 'vocabulary' | 'weights' | 'steps' | 'bias'>;

function fit(tickets: readonly LabelledTerms[], categories: readonly string[], settings: TrainingOptions): Fitted {
  const vocabulary = learnVocabulary(
    tickets.map(({ terms }) => terms),
    settings.termTicketsMin,
  );
  const planes = trainPlanes(
    tickets.map(({ terms }) => vectorOf(terms, vocabulary)),
    tickets.map(({ label }) => label),
    categories.length,
    vocabulary.hashes.length,
    { cost: settings.cost, tolerance: 0.1, passesMax: 60, seed: settings.seed },
  );
  return { categories, vocabulary, ...quantise(planes, categories.length) };
}

/** Which part each example falls into: shuffled, and every category spread evenly. */
export function foldsOf(labels: readonly (number | string)[], folds: number, seed: number): number[] {
  const order = shuffle(
    Int32Array.from(labels, (_, i) => i),
    randomFrom(seed),
  );
  const dealt = new Map<number | string, number>();
  const result = labels.map(() => 0);
  for (const i of order) {
    const next = dealt.get(labels[i]!) ?? 0;
    dealt.set(labels[i]!, next + 1);
    result[i] = next % folds;
  }
  return result;
}

/** What a model's best guess was worth for a ticket it had not seen. */
function guessOn({ terms, label }: LabelledTerms, model: Fitted, weight: number): Guess {
  const margins = marginsOf(terms, model);
  const best = ranked(margins)[0]!;
  return { evidence: evidenceFor(best, margins, model), right: best === label, weight };
}

/**
 * What the text itself says for a category: its margin without the bias, 0 for a text that says nothing.
 * Confidence goes by it: strangers have little of it, also where one category's bias is large (area under the ROC for CLINC150's
 * out-of-scope among the sample tickets: 0.93, by the margin 0.88).
 */
const evidenceFor = (category: number, margins: Float64Array, model: Fitted): number => margins[category]! - model.bias[category]!;

function marginsOf(terms: Terms, model: Fitted): Float64Array {
  const { indices, weights } = vectorOf(terms, model.vocabulary);
  const categories = model.categories.length;
  const margins = new Float64Array(categories);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]! * categories;
    const weight = weights[i]!;
    for (let category = 0; category < categories; category++) margins[category]! += weight * model.weights[row + category]!;
  }
  for (let category = 0; category < categories; category++) {
    margins[category] = margins[category]! * model.steps[category]! + model.bias[category]!;
  }
  return margins;
}

const RANKED_MAX = 4;

/** The best categories, best first; of equal margins the earlier category. */
function ranked(margins: Float64Array): number[] {
  return [...margins.keys()].sort((a, b) => margins[b]! - margins[a]! || a - b).slice(0, RANKED_MAX);
}

/** What a text is about. Any string will do; an empty one is in no category. About 40 µs for a short text, 0.1 ms for a mail. */
export function classify(model: Model, text: string): Classification {
  const margins = marginsOf(termsOf(text), model);
  const [best, ...others] = ranked(margins);
  if (best === undefined) throw new Error(`classifier model ${model.version} has no categories`);
  const confidence = confidenceOf(evidenceFor(best, margins, model), model.calibration);
  // What the best guess leaves over is shared out by e^(2 × slope × margin), which fitted what was seen on Banking77 and the sample tickets.
  const odds = (category: number): number => Math.exp(2 * model.calibration.slope * (margins[category]! - margins[best]!));
  const oddsTotal = margins.reduce((sum, _, category) => (category === best ? sum : sum + odds(category)), 0);
  const runnersUp = others.map((category) => ({
    category: model.categories[category]!,
    confidence: oddsTotal === 0 ? 0 : ((1 - confidence) * odds(category)) / oddsTotal,
  }));
  return confidence < model.unknownBelow
    ? { category: null, confidence, runnersUp: [{ category: model.categories[best]!, confidence }, ...runnersUp].slice(0, 3) }
    : { category: model.categories[best]!, confidence, runnersUp };
}
