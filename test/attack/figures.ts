import { appendFileSync } from 'node:fs';

/** One line of the table that the attack ends with. */
export interface Figure {
  database: string;
  /** `L1` and so on, as in the list of what was promised. */
  line: string;
  what: string;
  required: string;
  measured: string;
  met: boolean;
}

/** Records a line of the table as soon as it is known. */
export function note(figure: Figure): void {
  if (process.env.ATTACK_FIGURES !== undefined) {
    appendFileSync(process.env.ATTACK_FIGURES, `${JSON.stringify(figure)}\n`);
  }
}

/** The value that this percentage of the sample does not exceed. */
export function percentile(sample: readonly number[], percent: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

export const median = (sample: readonly number[]): number => percentile(sample, 50);

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

/**
 * The two-sided probability that two samples of one distribution differ as much as these do: Mann and Whitney's U
 * with the normal approximation, good from some 20 values on. Ties, which times hardly have, are not corrected.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const ranked = [...a.map(value => ({ value, of: 'a' })), ...b.map(value => ({ value, of: 'b' }))];
  ranked.sort((x, y) => x.value - y.value);
  const rankSum = ranked.reduce((sum, { of }, index) => (of === 'a' ? sum + index + 1 : sum), 0);
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const mean = (a.length * b.length) / 2;
  const deviation = Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12);
  return 2 * (1 - normal(Math.abs(u - mean) / deviation));
}

/** The standard normal distribution function (Abramowitz and Stegun 26.2.17, error below 1e-7), for z ≥ 0. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const [a, b, c, d, e] = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return 1 - density * t * (a + t * (b + t * (c + t * (d + t * e))));
}
