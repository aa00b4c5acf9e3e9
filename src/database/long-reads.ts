/** A long read answers 503 after this time. */
export const LONG_READ_MS = 5_000;

/** Further long reads of one owner wait, these many and this long. */
export const LONG_READS = { waiting: 62, patienceMs: LONG_READ_MS } as const;
