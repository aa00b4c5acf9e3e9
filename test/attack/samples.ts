import type { RawAnswer } from '../e2e/auth/raw-call.js';
import { fingerprint } from '../e2e/auth/raw-call.js';
import { mannWhitney, median, ms } from './figures.js';

/** What wrong logins of several kinds were answered, and how long each took in milliseconds. */
export interface Sample {
  answers: Record<string, Set<string>>;
  times: Record<string, number[]>;
}

export interface Comparison {
  what: string;
  required: string;
  measured: string;
  met: boolean;
}

/** An answer without what is of the moment: request id, date, and the seconds until a place is free. */
export const timeless = (answer: RawAnswer): string =>
  fingerprint(answer).replace(/(retry-after: |;t=)\d+/g, '$1');

/** Logins of each kind in turn, in changing order, so that a slow machine slows all alike. */
export async function sampleOf(
  size: number,
  kinds: Record<string, (i: number) => string>,
  attempt: (name: string) => Promise<RawAnswer>,
): Promise<Sample> {
  const sample: Sample = { answers: {}, times: {} };
  for (let i = 0; i < size; i += 1) {
    for (const [kind, name] of shuffled(Object.entries(kinds))) {
      const at = performance.now();
      const answer = await attempt(name(i));
      (sample.times[kind] ??= []).push(performance.now() - at);
      (sample.answers[kind] ??= new Set()).add(timeless(answer));
    }
  }
  return sample;
}

/** The kinds that must not differ, side by side. */
export function comparisonsOf({ answers, times }: Sample): Comparison[] {
  const wrong = new Set([...answers.known, ...answers.unknown, ...answers.disabled]).size;
  const refused = new Set([...answers.full, ...answers.fullUnknown]).size;
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const apart = Math.abs(known / unknown - 1) * 100;
  return [
    {
      what: 'different answers to known, unknown, disabled',
      required: '1',
      measured: `${wrong}`,
      met: wrong === 1,
    },
    {
      what: 'different answers to known and unknown, refused',
      required: '1',
      measured: `${refused}`,
      met: refused === 1,
    },
    timesOf('known and unknown', times.known, times.unknown),
    timesOf('known and disabled', times.known, times.disabled),
    timesOf('known and unknown, refused', times.full, times.fullUnknown),
    {
      what: 'medians of known and unknown',
      required: '< 10 % apart',
      measured: `${ms(known)}, ${ms(unknown)}: ${apart.toFixed(1)} %`,
      met: apart < 10,
    },
  ];
}

function timesOf(what: string, a: number[], b: number[]): Comparison {
  const p = mannWhitney(a, b);
  const apart = Math.abs(median(a) - median(b));
  return {
    what: `time of ${what}`,
    required: 'p > 0.01, < 5 ms apart',
    measured: `p ${p.toFixed(3)}, ${ms(apart)} apart`,
    met: p > 0.01 && apart < 5,
  };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map(item => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
