import { mean } from './measures.ts';

/** Student's t, two-sided 95 %, by degrees of freedom from 1. */
// prettier-ignore
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

export type Interval = readonly [low: number, high: number];

/** 95 % interval of the mean over independent runs. Null with less than two: one run says nothing about the next. */
export function interval95(values: readonly number[]): Interval | null {
  if (values.length < 2 || values.some((value) => !Number.isFinite(value))) return null;
  const centre = mean(values);
  const freedom = values.length - 1;
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / freedom;
  // Above 30 the normal quantile with the first correction for its degrees of freedom.
  const t = T95[freedom - 1] ?? 1.96 + 2.4 / freedom;
  const half = t * Math.sqrt(variance / values.length);
  return [centre - half, centre + half];
}
