import type { Charge } from './gcra.js';
import { LOGIN_LIMITS } from './limits.js';
import type { Policy } from './throttle.errors.js';
import type { Device } from './trust.repository.js';

/** What each lane of a login is counted against. `name` is the keyed digest of a name, never the name. */
export const LANES = {
  device: ({ hash }: Device): Charge[] => [{ key: `d:${hash}`, limit: LOGIN_LIMITS.device }],

  network: (name: string, network: string): Charge[] => [
    { key: `n:${name}:${network}`, limit: LOGIN_LIMITS.network },
  ],

  // Always in this order: attempts that share buckets must not wait for each other crosswise.
  stranger: (name: string, network: string, host: string): Charge[] => [
    { key: `i:${host}`, limit: LOGIN_LIMITS.strangersOfHost },
    { key: `s:${network}`, limit: LOGIN_LIMITS.strangersOfNetwork },
    { key: `u:${name}`, limit: LOGIN_LIMITS.strangersOfName },
  ],
} as const;

/** What is told of the limits whatever lane an attempt came by: the one that concerns a name. */
export const LOGIN_POLICY: Policy = {
  name: 'login',
  quota: LOGIN_LIMITS.strangersOfName.burst,
  windowS: LOGIN_LIMITS.strangersOfName.intervalMs / 1_000,
};
