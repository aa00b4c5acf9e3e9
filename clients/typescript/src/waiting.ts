import { AnswerError, ProblemError } from './errors.js';

/** How often and how long a client waits. */
export interface Patience {
  /** How many times a request is repeated. */
  retries: number;
  /** The longest wait before a repetition, in milliseconds; if the API asks for more, its answer is thrown. */
  maxRetryDelay: number;
}

/** What may happen twice: `nothing` if the body cannot be sent again. */
export type Repeats = 'anything' | 'what had no effect' | 'nothing';

const FIRST_DELAY_MS = 250;

/** Runs `once` until it succeeds, its error may not be repeated, or the patience ends. */
export async function patiently<T>(
  once: () => Promise<T>,
  repeats: Repeats,
  { retries, maxRetryDelay }: Patience,
  signal?: AbortSignal,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await once();
    } catch (error) {
      const asked = retryAfter(error);
      if (tries >= retries || asked > maxRetryDelay || !isTemporary(error, repeats)) {
        throw error;
      }
      const delay = FIRST_DELAY_MS * 2 ** tries * (0.5 + Math.random());
      await sleep(asked + Math.min(delay, maxRetryDelay), signal);
    }
  }
}

function isTemporary(error: unknown, repeats: Repeats): boolean {
  if (repeats === 'nothing' || !(error instanceof ProblemError || error instanceof AnswerError)) {
    return false;
  }
  const status = error.response?.status;
  const hadNoEffect =
    status === 429 ||
    (error instanceof ProblemError && error.type === '/problems/idempotency_in_progress');
  // After a lost answer, or one of a proxy, the effect is unknown.
  return hadNoEffect || (repeats === 'anything' && [undefined, 502, 503, 504].includes(status));
}

/** Milliseconds; 0 if the answer does not say. */
function retryAfter(error: unknown): number {
  const { response } = error as { response?: Response };
  const value = response?.headers.get('retry-after') ?? '';
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return ms > 0 ? ms : 0;
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await abortable(new Promise(resolve => (timer = setTimeout(resolve, ms))), signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects as soon as the signal aborts, with its reason; what the promise stands for continues. */
export async function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) {
    return promise;
  }
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    if (signal.aborted) {
      stop();
    }
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
