import { LabelledTickets } from '@signalbox/contracts';
import * as fc from 'fast-check';
import { sampleExamples, sampleModel, sampleTickets } from '../../test/sample.js';
import { classify, trainClassifier } from './classifier.js';
import { evaluateClassifier } from './evaluation.js';
import { parseModel, serialiseModel } from './model.js';

describe("the sample company's labelled tickets", () => {
  it('hold ten categories of at least 44 tickets, about half of them German', () => {
    const categories = Map.groupBy(sampleTickets, (ticket) => ticket.category);
    expect([...categories.keys()]).toEqual(expect.arrayContaining(['billing-dispute', 'technical-problem']));
    expect(categories.size).toBe(10);
    for (const tickets of categories.values()) {
      expect(tickets.length).toBeGreaterThanOrEqual(44);
      const germanShare = tickets.filter((ticket) => ticket.language === 'de').length / tickets.length;
      expect(germanShare).toBeGreaterThan(0.4);
      expect(germanShare).toBeLessThan(0.6);
    }
  });

  it('can be published as configuration and repeat nothing', () => {
    const tickets = sampleTickets.map(({ category, language, subject, body }) => ({ category, language, subject, body }));
    for (let from = 0; from < tickets.length; from += 200) LabelledTickets.parse({ tickets: tickets.slice(from, from + 200) });
    expect(new Set(tickets.map((ticket) => ticket.body)).size).toBe(tickets.length);
  });
});

describe('cross-validated on the sample tickets', () => {
  const evaluation = evaluateClassifier(sampleExamples, 5, 1);

  it('puts at least 85 % of unseen tickets into the right category, and 95 % within three', () => {
    expect(evaluation.tickets).toBe(sampleExamples.length);
    expect(evaluation.accuracy).toBeGreaterThanOrEqual(0.85);
    expect(evaluation.accuracyTop3).toBeGreaterThanOrEqual(0.95);
  });

  it('is right about as often as it says', () => {
    expect(evaluation.calibrationError).toBeLessThan(0.05);
  });

  it('is more often right where it does not say unknown, and seldom says it', () => {
    expect(evaluation.accuracyWhenKnown).toBeGreaterThan(evaluation.accuracy);
    expect(evaluation.unknownShare).toBeLessThan(0.1);
  });

  it('serves every category', () => {
    for (const score of Object.values(evaluation.categories)) {
      expect(score.precision).toBeGreaterThan(0.7);
      expect(score.recall).toBeGreaterThan(0.7);
    }
  });
});

it.each([
  ['billing-dispute', 'You debited 49.90 twice for one order, please reverse the second charge'],
  ['billing-dispute', 'Von meinem Konto wurde der Betrag doppelt abgebucht, bitte zurückbuchen'],
  ['technical-problem', 'The display freezes and shows error E-31 after the firmware update'],
  ['technical-problem', 'Die App stürzt nach dem Update ständig ab'],
  ['account-access', 'I forgot my password and the reset mail does not arrive'],
  ['delivery', 'Wo bleibt mein Paket? Die Sendungsverfolgung zeigt seit Tagen nichts'],
  ['cancellation', 'Hiermit kündige ich mein Abo zum Monatsende'],
  ['refund', 'When will I get the money back for the shoes I returned?'],
])('recognises a %s: %s', (category, text) => {
  const classification = classify(sampleModel(), text);
  expect(classification.category).toBe(category);
  expect(classification.confidence).toBeGreaterThan(0.5);
});

it.each([
  'bake a potato soup with leek and cream',
  'sing me a song about the ocean',
  'zubereitung von kartoffelsuppe mit lauch',
  'qué tiempo hará mañana por la tarde en sevilla',
  '',
  '!!!',
])('puts what is out of its scope into no category: %j', (text) => {
  const classification = classify(sampleModel(), text);
  expect(classification.category).toBeNull();
  expect(classification.runnersUp.length).toBe(3);
  expect(classification.runnersUp[0]?.confidence).toBe(classification.confidence);
});

it('shares one certainty out among all categories', () => {
  const { confidence, runnersUp } = classify(sampleModel(), 'Please refund the amount you charged twice');
  const confidences = [confidence, ...runnersUp.map((guess) => guess.confidence)];
  expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
  expect(confidences.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(1);
});

it('spells its way around typos it has not seen', () => {
  expect(classify(sampleModel(), 'forgott my pasword, resett mail doesnt arive').category).toBe('account-access');
});

describe('a model', () => {
  it('is the same for the same tickets, and another for others', () => {
    const some = sampleExamples.filter((_, i) => i % 8 === 0);
    const model = trainClassifier(some);
    expect(trainClassifier(some).version).toBe(model.version);
    expect(trainClassifier(some.slice(1)).version).not.toBe(model.version);
  });

  it('survives being stored, to the same version and the same answers', () => {
    const stored = serialiseModel(sampleModel());
    const restored = parseModel(stored);
    expect(restored.version).toBe(sampleModel().version);
    expect(stored.length).toBeLessThan(1_000_000);
    for (const { text } of sampleExamples.slice(0, 50)) expect(classify(restored, text)).toEqual(classify(sampleModel(), text));
  });

  it('holds no words of the tickets it was trained on', () => {
    expect(serialiseModel(sampleModel())).not.toMatch(/password|refund please|kündig/i);
  });

  it('refuses what is no model, and says why', () => {
    expect(() => parseModel('{"format":7}')).toThrow('classifier model has format 7; expected 2');
    const cut = { ...JSON.parse(serialiseModel(sampleModel())), weights: '' };
    expect(() => parseModel(JSON.stringify(cut))).toThrow('classifier model has 0 weights; expected');
  });

  it('learns from a correction', () => {
    const text = 'the zorbulator of my quibblefish hums';
    expect(classify(sampleModel(), text).category).toBeNull();
    const corrected = [text, `${text} loudly`, `${text} at night`].map((each) => ({ text: each, category: 'technical-problem' }));
    expect(classify(trainClassifier([...sampleExamples, ...corrected]), text).category).toBe('technical-problem');
  });
});

describe('trainClassifier', () => {
  it('needs an example', () => {
    expect(() => trainClassifier([])).toThrow('at least one labelled ticket');
  });

  it('makes do with one category, one ticket, or tickets without a word', () => {
    const one = trainClassifier([{ text: 'refund', category: 'refund' }]);
    expect(classify(one, 'refund').runnersUp.length).toBeLessThanOrEqual(1);
    const wordless = trainClassifier([
      { text: '', category: 'a' },
      { text: '?', category: 'b' },
    ]);
    expect([null, 'a', 'b']).toContain(classify(wordless, 'anything').category);
  });

  it('gives shares of one certainty, however few, odd or contradictory the tickets', () => {
    const example = fc.record({
      text: fc.constantFrom('', 'refund', 'refund parcel', 'parcel late', '!!'),
      category: fc.constantFrom('a', 'b', 'c', 'd'),
    });
    fc.assert(
      fc.property(fc.array(example, { minLength: 1, maxLength: 12 }), fc.string(), (examples, text) => {
        const model = trainClassifier(examples);
        for (const asked of [text, 'refund parcel']) {
          const { category, confidence, runnersUp } = classify(model, asked);
          const shares =
            category === null ? runnersUp.map((guess) => guess.confidence) : [confidence, ...runnersUp.map((guess) => guess.confidence)];
          for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('evaluateClassifier', () => {
  const separable = Array.from({ length: 20 }, (_, i) =>
    i % 2 === 0
      ? { text: `refund my money please ${i}`, category: 'refund' }
      : { text: `parcel tracking shows nothing ${i}`, category: 'delivery' },
  );

  it('counts hits, precision and recall on tickets the model has not seen', () => {
    expect(evaluateClassifier(separable, 4, 3)).toMatchObject({
      tickets: 20,
      accuracy: 1,
      categories: { refund: { tickets: 10, precision: 1, recall: 1 }, delivery: { tickets: 10, precision: 1, recall: 1 } },
      confusions: [],
    });
  });

  it('shows what is taken for what', () => {
    const mislabelled = [...separable, { text: 'refund my money please', category: 'delivery' }];
    const evaluation = evaluateClassifier(mislabelled, 4, 3);
    expect(evaluation.confusions).toContainEqual({ category: 'delivery', takenFor: 'refund', tickets: 1 });
    expect(evaluation.categories['delivery']?.recall).toBeCloseTo(10 / 11);
    expect(evaluation.categories['refund']?.precision).toBeCloseTo(10 / 11);
  });

  it('refuses more parts than tickets', () => {
    expect(() => evaluateClassifier(separable, 21)).toThrow('cannot evaluate 20 labelled tickets in 21 parts');
  });
});
