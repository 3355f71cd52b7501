import { calibrate, confidenceOf, type Guess } from './calibration.js';

const guess = (evidence: number, right: boolean, weight = 1): Guess => ({ evidence, right, weight });

it('learns how often a guess of so much evidence was right', () => {
  const guesses = Array.from({ length: 2_000 }, (_, i) => guess((i % 20) / 10, i % 20 > 10 || i % 40 === 7));
  const calibration = calibrate(guesses);
  expect(confidenceOf(1.9, calibration)).toBeGreaterThan(0.9);
  expect(confidenceOf(0.1, calibration)).toBeLessThan(0.1);
  const expected = guesses.reduce((sum, { evidence }) => sum + confidenceOf(evidence, calibration), 0);
  // At the optimum the mean confidence is the share that was right.
  expect(expected / guesses.length).toBeCloseTo(guesses.filter(({ right }) => right).length / guesses.length, 2);
});

it('trusts less where more strangers are reckoned with', () => {
  const known = Array.from({ length: 200 }, (_, i) => guess(0.5 + (i % 10) / 10, i % 10 > 1));
  const strangers = (weight: number) => Array.from({ length: 200 }, (_, i) => guess((i % 10) / 10, false, weight));
  const few = calibrate([...known, ...strangers(0.01)]);
  const many = calibrate([...known, ...strangers(0.5)]);
  expect(confidenceOf(0.6, many)).toBeLessThan(confidenceOf(0.6, few));
});

it('stays finite when every guess was right, and when there was none', () => {
  const sure = calibrate([guess(1, true), guess(0.5, true)]);
  expect(Number.isFinite(sure.slope) && Number.isFinite(sure.offset)).toBe(true);
  expect(confidenceOf(2, calibrate([]))).toBeGreaterThan(0.9);
});

it('finds the optimum where a plain Newton step would overshoot', () => {
  const far = Array.from({ length: 1_000 }, (_, i) => guess(1 + (i % 100) / 50, i % 100 > 3));
  const calibration = calibrate(far);
  expect(Math.abs(calibration.slope)).toBeLessThan(100);
  expect(confidenceOf(3, calibration)).toBeGreaterThan(0.95);
});
