const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An allowance: `burst` tries at once, then one every `intervalMs`. Times are milliseconds. */
export interface Limit {
  readonly burst: number;
  readonly intervalMs: number;
  /** After so many tries in a row of which none succeeded, places come back more slowly. */
  readonly slow?: { readonly afterFailures: number; readonly intervalMs: number };
}

/** What a login is counted against, by lane; docs/throttling.md says what each number gives an attacker. */
export const LOGIN_LIMITS = {
  device: { burst: 10, intervalMs: MINUTE },
  network: { burst: 5, intervalMs: 5 * MINUTE },
  strangersOfHost: { burst: 20, intervalMs: 30 * SECOND },
  strangersOfNetwork: { burst: 100, intervalMs: 6 * SECOND },
  strangersOfName: {
    burst: 10,
    intervalMs: 15 * MINUTE,
    // NIST SP 800-63B-4 allows at most 100 failures in a row before more must happen.
    slow: { afterFailures: 100, intervalMs: HOUR },
  },
} as const satisfies Record<string, Limit>;

/** The other actions that are counted; what their key stands for is said at `ThrottleService.admit`. */
export const ACTION_LIMITS = {
  password_change: { burst: 10, intervalMs: 15 * MINUTE },
  refresh: { burst: 120, intervalMs: SECOND },
  reset: { burst: 20, intervalMs: 30 * SECOND },
} as const satisfies Record<string, Limit>;

export type LimitedAction = keyof typeof ACTION_LIMITS;

/** How long a device token is good after its last use, and how many failures in a row delete it. */
export const DEVICE_LIFETIME_MS = 180 * DAY;
export const DEVICE_MAX_FAILURES = 10;
/** A user has so many devices at most: the one that was not used for longest makes room. */
export const DEVICES_PER_USER = 100;

/** How long a network is known after the last login from it. */
export const NETWORK_LIFETIME_MS = 30 * DAY;

export const CODE_LIFETIME_MS = { login: 10 * MINUTE, reset: HOUR } as const;
export const CODE_MAX_TRIES = 5;

export const SWEEP_INTERVAL_MS = 10 * MINUTE;
