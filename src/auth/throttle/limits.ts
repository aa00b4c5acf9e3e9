const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A rate limit: `burst` tries at once, then one every `intervalMs`. */
export interface Limit {
  readonly burst: number;
  readonly intervalMs: number;
  /** A longer interval after this many failures in a row. */
  readonly slow?: { readonly afterFailures: number; readonly intervalMs: number };
}

/** What a login is counted against, by lane; docs/throttling.md derives the numbers. */
export const LOGIN_LIMITS = {
  device: { burst: 10, intervalMs: MINUTE },
  address: { burst: 5, intervalMs: 5 * MINUTE },
  network: { burst: 5, intervalMs: 5 * MINUTE },
  strangersOfHost: { burst: 20, intervalMs: 30 * SECOND },
  strangersOfNetwork: { burst: 100, intervalMs: 6 * SECOND },
  strangersOfName: {
    burst: 10,
    intervalMs: 15 * MINUTE,
    // NIST SP 800-63B-4 allows at most 100 failures in a row without a further measure.
    slow: { afterFailures: 100, intervalMs: HOUR },
  },
} as const satisfies Record<string, Limit>;

/** How often a user's password may be right: success must not switch a limit off, since each check costs a hash. */
export const SUCCESS_LIMIT: Limit = { burst: 30, intervalMs: 2 * MINUTE };

/** The other limited actions; `ThrottleService.admit` says what their keys are. */
export const ACTION_LIMITS = {
  password_change: { burst: 10, intervalMs: 15 * MINUTE },
  refresh: { burst: 120, intervalMs: SECOND },
} as const satisfies Record<string, Limit>;

export type LimitedAction = keyof typeof ACTION_LIMITS;

/** What one address may do without an account; see `ThrottleService.admitAnonymous`. */
export const ANONYMOUS_LIMITS = {
  reset: { burst: 20, intervalMs: 30 * SECOND },
} as const satisfies Record<string, Limit>;

export type AnonymousAction = keyof typeof ANONYMOUS_LIMITS;

/** A device token expires this long after its last use, or after this many failures in a row. */
export const DEVICE_LIFETIME_MS = 180 * DAY;
export const DEVICE_MAX_FAILURES = 10;
/** One more device replaces the one that was unused for longest. */
export const DEVICES_PER_USER = 100;

/** How long an address and its network are known after the last login from there. */
export const NETWORK_LIFETIME_MS = 30 * DAY;

/** Addresses and networks together; one more replaces the one without a login for longest. */
export const NETWORKS_PER_USER = 200;

export const SWEEP_INTERVAL_MS = 10 * MINUTE;

/**
 * A bucket of the generic cell rate algorithm (GCRA): `tat`, the theoretical arrival time, is when it is empty again.
 * A try moves `tat` on by the interval, and is refused if `tat` would lie further ahead than the window.
 */
export interface Bucket {
  /** Epoch milliseconds. */
  readonly tat: number;
  /** Tries since the last success. */
  readonly failures: number;
}

/** By how many milliseconds the next try moves the bucket. */
export function costOf({ intervalMs, slow }: Limit, failures: number): number {
  return slow !== undefined && failures >= slow.afterFailures ? slow.intervalMs : intervalMs;
}

/** How far ahead of now `tat` may lie (milliseconds). */
export function windowOf({ burst, intervalMs }: Limit): number {
  return burst * intervalMs;
}

/** Milliseconds until the next try is admitted; 0 if it is now. */
export function waitOf(limit: Limit, { tat, failures }: Bucket, now: number): number {
  return Math.max(0, tat - now + costOf(limit, failures) - windowOf(limit));
}

/**
 * How long each failure is remembered after the bucket is empty (milliseconds): so long that pausing until they are
 * forgotten gains no tries.
 */
export function failureMemoryOf({ intervalMs, slow }: Limit): number {
  return slow === undefined ? 0 : slow.intervalMs - intervalMs;
}
