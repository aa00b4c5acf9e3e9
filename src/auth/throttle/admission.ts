import type { Ticket } from '../codes/one-time-codes.repository.js';
import { LOGIN_LIMITS } from './limits.js';
import type { Limit } from './limits.js';

export type Lane = 'device' | 'network' | 'ticket' | 'stranger';

/** Which part of the hash queue an attempt may use: strangers never fill that of the others. */
export type HashLane = 'trusted' | 'stranger';

/** A bucket to take a try from. */
export interface Charge {
  readonly key: string;
  readonly limit: Limit;
}

/** A bucket that a try was taken from, and by how many milliseconds that moved it. */
export interface Charged {
  readonly key: string;
  readonly costMs: number;
}

/** A device token that was presented or issued, and the hash that is stored of it. */
export interface Device {
  readonly token: string;
  readonly hash: string;
}

/** An attempt that was admitted, and the buckets that it was charged to. */
export class Reservation {
  /** Refunded once: by `refund` or by the success. */
  state: 'held' | 'refunded' | 'succeeded' = 'held';

  constructor(readonly charged: readonly Charged[]) {}
}

/** A login attempt that was admitted. */
export class Admission extends Reservation {
  constructor(
    readonly lane: Lane,
    charged: readonly Charged[],
    /** The user's device whose token was presented, whatever the lane. */
    readonly device?: Device,
    /** The ticket that admitted it. */
    readonly ticket?: Ticket,
  ) {
    super(charged);
  }

  get hashLane(): HashLane {
    return this.lane === 'stranger' ? 'stranger' : 'trusted';
  }
}

/** The buckets of each lane; `name` is a keyed digest of the name. */
export const LANES = {
  device: ({ hash }: Device): Charge[] => [{ key: `d:${hash}`, limit: LOGIN_LIMITS.device }],

  network: (name: string, network: string): Charge[] => [
    { key: `n:${name}:${network}`, limit: LOGIN_LIMITS.network },
  ],

  // Always in this order, so that attempts that share buckets cannot deadlock.
  stranger: (name: string, network: string, host: string): Charge[] => [
    { key: `i:${host}`, limit: LOGIN_LIMITS.strangersOfHost },
    { key: `s:${network}`, limit: LOGIN_LIMITS.strangersOfNetwork },
    { key: `u:${name}`, limit: LOGIN_LIMITS.strangersOfName },
  ],
} as const;
