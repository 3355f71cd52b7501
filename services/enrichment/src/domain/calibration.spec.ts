import { calibrate, confidenceOf } from './calibration.js';

it('learns how often a margin was right', () => {
  const guesses = Array.from({ length: 2_000 }, (_, i) => ({ margin: (i % 20) / 10 - 1, right: i % 20 > 10 || i % 40 === 7 }));
  const calibration = calibrate(guesses);
  expect(confidenceOf(0.9, calibration)).toBeGreaterThan(0.9);
  expect(confidenceOf(-0.9, calibration)).toBeLessThan(0.1);
  const expected = guesses.reduce((sum, guess) => sum + confidenceOf(guess.margin, calibration), 0);
  // At the optimum the mean confidence is the share that was right.
  expect(expected / guesses.length).toBeCloseTo(guesses.filter((guess) => guess.right).length / guesses.length, 2);
});

it('stays finite when every guess was right, and when there was none', () => {
  const sure = calibrate([
    { margin: 1, right: true },
    { margin: 0.5, right: true },
  ]);
  expect(Number.isFinite(sure.slope) && Number.isFinite(sure.offset)).toBe(true);
  expect(confidenceOf(1, calibrate([]))).toBeGreaterThan(0.9);
});
