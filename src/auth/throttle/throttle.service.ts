import { createHmac } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { RateLimit } from '../../config/value-types.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { hostNetworkOf, networkOf } from '../../http/network.js';
import { KeyRing } from '../keys/key-ring.js';
import { Admission, Reservation } from './admission.js';
import type { Lane } from './admission.js';
import { BucketRepository } from './bucket.repository.js';
import { ExpiryRepository } from './expiry.repository.js';
import { reachOf } from './gcra.js';
import type { Charge } from './gcra.js';
import { LANES, LOGIN_POLICY } from './lanes.js';
import { ACTION_LIMITS } from './limits.js';
import type { LimitedAction } from './limits.js';
import { OneTimeCodeRepository } from '../codes/one-time-code.repository.js';
import type { HandedCode, ResetAttempt } from '../codes/one-time-code.repository.js';
import { ThrottleClock } from './throttle-clock.js';
import type { Clock } from './throttle-clock.js';
import { tooManyRequests } from './throttle.errors.js';
import { TrustRepository } from './trust.repository.js';
import type { Device } from './trust.repository.js';

export interface ThrottleOptions {
  /** Instead of the database's clock (PostgreSQL) or this machine's (SQLite). */
  readonly clock?: Clock;
}

export const THROTTLE_OPTIONS = Symbol('THROTTLE_OPTIONS');

export interface LoginAttempt {
  /** The folded name as it was typed, of a user or not; it is never stored. */
  readonly nameKey: string;
  /** Whose name it is; absent where it is nobody's. */
  readonly user?: { readonly id: number };
  /** The IP address that the attempt comes from. */
  readonly address: string;
  /** The value of `X-Device-Token`. */
  readonly deviceToken?: string;
  /** The value of `X-Login-Ticket`. */
  readonly ticket?: string;
}

/**
 * Slows guessing without locking anybody out. Every attempt takes its place before anything is hashed, in one atomic
 * statement that all replicas share; whoever brings a sign of an earlier login has places that no stranger can use up.
 * Nothing here tells a name that exists from one that does not.
 */
@Injectable()
export class ThrottleService {
  readonly #buckets: BucketRepository;
  readonly #trust: TrustRepository;
  readonly #codes: OneTimeCodeRepository;
  readonly #expiry: ExpiryRepository;

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Optional() @Inject(THROTTLE_OPTIONS) options: ThrottleOptions = {},
  ) {
    const clock = new ThrottleClock(database, options.clock);
    this.#buckets = new BucketRepository(database, clock);
    this.#trust = new TrustRepository(database, clock);
    this.#codes = new OneTimeCodeRepository(database, clock);
    this.#expiry = new ExpiryRepository(database, clock);
  }

  /**
   * Lets a login attempt in by the best lane that has a place: known device, known network, ticket, stranger.
   * Call it before hashing, in no unit of work, and end with `loginSucceeded`, `loginFailed` or `refund`.
   * Throws Problem `too_many_requests` where no lane has a place.
   */
  async admitLogin(attempt: LoginAttempt): Promise<Admission> {
    const { user, address, deviceToken = '', ticket = '' } = attempt;
    const name = this.#digest('login name', attempt.nameKey);
    const network = networkOf(address);
    const device = await this.#trust.deviceOf(user?.id, deviceToken);
    const known = await this.#trust.isKnown(user?.id, network);

    const waits: number[] = [];
    const enter = (lane: Lane, charges: Charge[]) => this.#enter(lane, charges, waits, device);
    const admission =
      (device && (await enter('device', LANES.device(device)))) ??
      (known ? await enter('network', LANES.network(name, network)) : undefined) ??
      (await this.#enterByTicket(user?.id, ticket, device)) ??
      (await enter('stranger', LANES.stranger(name, network, hostNetworkOf(address))));
    if (admission === undefined) {
      throw tooManyRequests(LOGIN_POLICY, Math.min(...waits));
    }
    return admission;
  }

  /** Gives the places back: after a success, or where the attempt was not even looked at (hash queue full). */
  async refund(reservation: Reservation): Promise<void> {
    if (reservation.state !== 'held') {
      return;
    }
    reservation.state = 'refunded';
    await this.database.write(async tx => {
      await this.#buckets.refund(tx, reservation.places);
      if (reservation instanceof Admission && reservation.ticket !== undefined) {
        await this.#codes.refund(tx, reservation.ticket);
      }
    });
  }

  /**
   * Notes a good login in the caller's unit of work, and gives its places back: extends the device or makes one,
   * remembers the network, uses up the ticket, and ends the row of failures of the lane that it came by, of no other.
   * Returns the token for the client to bring along next time.
   */
  async loginSucceeded(
    tx: Transaction,
    admission: Admission,
    { userId, address }: { userId: number; address: string },
  ): Promise<{ deviceToken: string }> {
    if (admission.state !== 'refunded') {
      // Not undone by a second run: PostgreSQL may have the caller's unit run again.
      admission.state = 'succeeded';
      await this.#buckets.refund(tx, admission.places);
    }
    await this.#buckets.forgive(tx, admission.places);
    if (admission.lane === 'device' && admission.device !== undefined) {
      await this.#trust.forgiveDevice(tx, admission.device.hash);
    }
    if (admission.ticket !== undefined) {
      await this.#codes.useTicket(tx, admission.ticket);
    }
    await this.#trust.addNetwork(tx, userId, networkOf(address));
    return { deviceToken: await this.#deviceToken(tx, userId, admission.device) };
  }

  /** Notes a failed login. */
  async loginFailed({ lane, device }: Admission): Promise<void> {
    // All other lanes have counted it as failed from the start.
    if (lane === 'device' && device !== undefined) {
      await this.#trust.blameDevice(device.hash);
    }
  }

  /**
   * Counts an action before it is done. The key: the session's id for `password_change` (a thief of one session
   * cannot keep the owner from it) and `refresh`; `hostNetworkOf(address)` for `reset`, never the name (strangers
   * could keep the owner from it).
   * Throws Problem `too_many_requests`. `refund` gives the place back.
   */
  async admit(action: LimitedAction, key: string): Promise<Reservation> {
    const limit = ACTION_LIMITS[action];
    return this.#count(action, { key: `${action}:${this.#digest(action, key)}`, limit });
  }

  /** Counts a registration against its network; `limit` undefined: there is none. Throws as `admit` does. */
  async admitRegistration(address: string, limit: RateLimit | undefined): Promise<Reservation> {
    if (limit === undefined) {
      return new Reservation([]);
    }
    const intervalMs = Math.max(1, Math.floor(limit.perMs / limit.count));
    return this.#count('registration', {
      key: `r:${networkOf(address)}`,
      limit: { burst: limit.count, intervalMs },
    });
  }

  /**
   * Forgets the user's devices and networks and voids a code for a new password: the password has changed. The
   * network of whoever changed it is known from then on, or an attack could keep them from the next login.
   */
  async startAnew(
    tx: Transaction,
    { userId, address }: { userId: number; address: string },
  ): Promise<void> {
    await this.#trust.forget(tx, userId);
    await this.#trust.addNetwork(tx, userId, networkOf(address));
    await this.#codes.forgetReset(tx, userId);
  }

  /** Makes a ticket for one login from anywhere within ten minutes; an older one is void. */
  createTicket(tx: Transaction, userId: number): Promise<HandedCode> {
    return this.#codes.create(tx, userId, 'login');
  }

  /** Makes a code for a new password within one hour; an older one is void. */
  createReset(tx: Transaction, userId: number): Promise<HandedCode> {
    return this.#codes.create(tx, userId, 'reset');
  }

  /**
   * Whether it is the user's code for a new password, without using it up: ask before hashing, in no unit of work.
   * A wrong one costs a try of the code whose beginning it has; after five the code is void.
   */
  checkReset(attempt: ResetAttempt): Promise<boolean> {
    return this.#codes.checkReset(attempt);
  }

  /** Uses the code up; false where it is wrong, expired, void or used. */
  redeemReset(tx: Transaction, attempt: ResetAttempt): Promise<boolean> {
    return this.#codes.redeemReset(tx, attempt);
  }

  /** Deletes what has expired, in small batches; returns how many rows. Safe on all replicas at once. */
  sweep(): Promise<number> {
    return this.#expiry.sweep();
  }

  async #enter(
    lane: Lane,
    charges: readonly Charge[],
    waits: number[],
    device?: Device,
  ): Promise<Admission | undefined> {
    const outcome = await this.#buckets.reserve(charges);
    if ('places' in outcome) {
      return new Admission(lane, outcome.places, device);
    }
    waits.push(outcome.waitMs);
    return undefined;
  }

  async #enterByTicket(
    userId: number | undefined,
    text: string,
    device?: Device,
  ): Promise<Admission | undefined> {
    const ticket = await this.#codes.tryTicket(userId, text);
    return ticket && new Admission('ticket', [], device, ticket);
  }

  async #count(name: string, charge: Charge): Promise<Reservation> {
    const outcome = await this.#buckets.reserve([charge]);
    if ('places' in outcome) {
      return new Reservation(outcome.places);
    }
    const windowS = Math.ceil(reachOf(charge.limit) / 1_000);
    throw tooManyRequests({ name, quota: charge.limit.burst, windowS }, outcome.waitMs);
  }

  async #deviceToken(tx: Transaction, userId: number, device?: Device): Promise<string> {
    if (device !== undefined && (await this.#trust.extendDevice(tx, userId, device.hash))) {
      return device.token;
    }
    return (await this.#trust.addDevice(tx, userId)).token;
  }

  /** Stands for a text that must not be stored: 132 bits of HMAC-SHA-256, apart for each purpose. */
  #digest(purpose: string, text: string): string {
    const mac = createHmac('sha256', this.keys.serverKey()).update(`throttle ${purpose}\0`);
    return mac.update(text).digest('base64url').slice(0, 22);
  }
}
