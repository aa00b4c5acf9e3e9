import { hostNetworkOf, networkOf } from '../../http/network.js';
import type { Ticket } from '../codes/one-time-codes.repository.js';
import { LOGIN_LIMITS, SUCCESS_LIMIT } from './limits.js';
import type { Limit } from './limits.js';

export type Lane = 'device' | 'address' | 'network' | 'ticket' | 'stranger';

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

/** Where an attempt comes from: IPv4 /32 and /24, IPv6 /64 and /48. */
export interface Place {
  readonly host: string;
  readonly network: string;
}

export const placeOf = (address: string): Place => ({
  host: hostNetworkOf(address),
  network: networkOf(address),
});

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

  address: (name: string, { host }: Place): Charge[] => [
    { key: `a:${name}:${host}`, limit: LOGIN_LIMITS.address },
  ],

  network: (name: string, { network }: Place): Charge[] => [
    { key: `n:${name}:${network}`, limit: LOGIN_LIMITS.network },
  ],

  // Always in this order, so that attempts that share buckets cannot deadlock.
  stranger: (name: string, { host, network }: Place): Charge[] => [
    { key: `i:${host}`, limit: LOGIN_LIMITS.strangersOfHost },
    { key: `s:${network}`, limit: LOGIN_LIMITS.strangersOfNetwork },
    { key: `u:${name}`, limit: LOGIN_LIMITS.strangersOfName },
  ],
} as const;

/** The bucket that each right password of a user is taken from, whatever the lane. */
export const successOf = (userId: number): Charge => ({
  key: `ok:${userId}`,
  limit: SUCCESS_LIMIT,
});
