import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { RateLimit } from '../../config/value-types.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/database.types.js';
import { networkOf } from '../../http/network.js';
import { couldNotVerify, tooManyRequests } from '../auth.errors.js';
import { OneTimeCodesRepository } from '../codes/one-time-codes.repository.js';
import { KeyRing } from '../keys/key-ring.js';
import { Admission, LANES, Reservation, placeOf, successOf } from './admission.js';
import type { Charge, Device, Lane } from './admission.js';
import { BucketsRepository } from './buckets.repository.js';
import {
  ACTION_LIMITS,
  ANONYMOUS_LIMITS,
  LOGIN_LIMITS,
  SUCCESS_LIMIT,
  windowOf,
} from './limits.js';
import type { AnonymousAction, LimitedAction } from './limits.js';
import { TrustRepository } from './trust.repository.js';

/** A login attempt as far as the throttle is concerned. */
export interface LoginSource {
  /** The typed name, folded, whether a user has it or not; it is never stored. */
  readonly nameKey: string;
  /** The user of that name, if there is one. */
  readonly user?: { readonly id: number };
  readonly address: string;
  /** The value of `X-Device-Token`. */
  readonly deviceToken?: string;
  /** The value of `X-Login-Ticket`. */
  readonly ticket?: string;
}

const { burst, intervalMs } = LOGIN_LIMITS.strangersOfName;
/** The published limit of a login, the same whichever bucket refused it. */
const LOGIN_POLICY = { name: 'login', quota: burst, windowS: intervalMs / 1_000 };

/**
 * Slows guessing without locking anyone out. Each attempt is counted before anything is hashed, in one atomic
 * statement that all replicas share; a sign of an earlier login opens a lane that strangers cannot exhaust.
 * No answer tells whether a name exists.
 */
@Injectable()
export class ThrottleService {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly buckets: BucketsRepository,
    private readonly trust: TrustRepository,
    private readonly codes: OneTimeCodesRepository,
  ) {}

  /**
   * Admits a login attempt by the first lane that has room: known device, address, network, ticket, stranger.
   * Call it before hashing, outside any unit of work; end with `loginSucceeded`, `loginFailed` or `refund`.
   * Throws `too_many_requests`, also to a user who has logged in too often.
   */
  async admitLogin(source: LoginSource): Promise<Admission> {
    const { user, address, deviceToken = '', ticket = '' } = source;
    const name = await this.#digest('login name', source.nameKey);
    const place = placeOf(address);
    const device = await this.trust.findDevice(user?.id, deviceToken);
    const known = await this.trust.findKnown(user?.id, place);
    if (user !== undefined && (device !== undefined || known.size > 0)) {
      // Only then: strangers would learn from the refusal that the name exists.
      await this.checkSuccesses(user.id);
    }

    const waits: number[] = [];
    const enter = (lane: Lane, charges: Charge[]) => this.#enter(lane, charges, waits, device);
    const admission =
      (device && (await enter('device', LANES.device(device)))) ??
      (known.has(place.host) ? await enter('address', LANES.address(name, place)) : undefined) ??
      (known.has(place.network) ? await enter('network', LANES.network(name, place)) : undefined) ??
      (await this.#enterByTicket(user?.id, ticket, device)) ??
      (await enter('stranger', LANES.stranger(name, place)));
    if (admission === undefined) {
      throw tooManyRequests(LOGIN_POLICY, Math.min(...waits));
    }
    return admission;
  }

  /** Call it before a known user's password is hashed. Throws `too_many_requests` if it was right too often. */
  async checkSuccesses(userId: number): Promise<void> {
    const waitMs = await this.buckets.wait([successOf(userId)]);
    if (waitMs > 0) {
      throw tooManyRequests(LOGIN_POLICY, waitMs);
    }
  }

  /** Counts a right password in the caller's unit of work. Throws `too_many_requests`. */
  async countSuccess(tx: Transaction, userId: number): Promise<void> {
    if ((await this.buckets.take(tx, successOf(userId))) === undefined) {
      throw tooManyRequests(LOGIN_POLICY, SUCCESS_LIMIT.intervalMs);
    }
  }

  /** Takes the charges back: after a success, or if the attempt was not checked (hash queue full). */
  async refund(reservation: Reservation): Promise<void> {
    if (reservation.state !== 'held') {
      return;
    }
    reservation.state = 'refunded';
    await this.database.write(async tx => {
      await this.buckets.refund(tx, reservation.charged);
      if (reservation instanceof Admission && reservation.ticket !== undefined) {
        await this.codes.refundTicket(reservation.ticket);
      }
    });
  }

  /**
   * Records a successful login in the caller's unit of work: refunds it, extends the device or adds one, remembers
   * the network, and resets the failures of no other lane. Returns the device token for the client to send next time.
   * Throws `could_not_verify` if another login has used the ticket, `too_many_requests` without a refund.
   */
  async loginSucceeded(
    tx: Transaction,
    admission: Admission,
    { userId, address }: { userId: number; address: string },
  ): Promise<string> {
    await this.countSuccess(tx, userId);
    if (admission.ticket !== undefined && !(await this.codes.redeemTicket(admission.ticket))) {
      throw couldNotVerify();
    }
    if (admission.state !== 'refunded') {
      // Stays if the unit runs again, as PostgreSQL may have it.
      admission.state = 'succeeded';
      await this.buckets.refund(tx, admission.charged);
    }
    await this.buckets.resetFailures(tx, admission.charged);
    await this.trust.addPlace(tx, userId, placeOf(address));
    const { device } = admission;
    if (device !== undefined && (await this.trust.extendDevice(tx, userId, device.hash))) {
      if (admission.lane === 'device') {
        await this.trust.resetDeviceFailures(device.hash);
      }
      return device.token;
    }
    return (await this.trust.addDevice(tx, userId)).token;
  }

  /** Records a failed login. All lanes but `device` have counted it from the start. */
  async loginFailed({ lane, device }: Admission): Promise<void> {
    if (lane === 'device' && device !== undefined) {
      await this.trust.recordDeviceFailure(device.hash);
    }
  }

  /**
   * Counts an action before it is done; `refund` takes that back. The key is the session's id: the thief of one
   * session cannot keep the owner out. Throws `too_many_requests`.
   */
  async admit(action: LimitedAction, key: string): Promise<Reservation> {
    const limit = ACTION_LIMITS[action];
    return this.#count(action, [{ key: `${action}:${await this.#digest(action, key)}`, limit }]);
  }

  /**
   * Counts an anonymous action that writes against its address and, like a login, its network; not against a name,
   * because strangers could keep the owner from it. Throws `too_many_requests`.
   */
  async admitAnonymous(action: AnonymousAction, address: string): Promise<Reservation> {
    const { host, network } = placeOf(address);
    return this.#count(action, [
      { key: `${action}:${host}`, limit: ANONYMOUS_LIMITS[action] },
      { key: `s:${network}`, limit: LOGIN_LIMITS.strangersOfNetwork },
    ]);
  }

  /** Counts a registration against its network; an undefined limit admits all. Throws `too_many_requests`. */
  async admitRegistration(address: string, limit: RateLimit | undefined): Promise<Reservation> {
    if (limit === undefined) {
      return new Reservation([]);
    }
    const interval = Math.max(1, Math.floor(limit.perMs / limit.count));
    const charge = {
      key: `r:${networkOf(address)}`,
      limit: { burst: limit.count, intervalMs: interval },
    };
    return this.#count('registration', [charge]);
  }

  /**
   * Deletes the user's devices, addresses and networks, except for those that the password was changed from: an
   * attacker could keep its owner from the next login.
   */
  async resetAfterPasswordChange(tx: Transaction, userId: number, address: string): Promise<void> {
    await this.trust.deleteAll(userId);
    await this.trust.addPlace(tx, userId, placeOf(address));
  }

  async #enter(
    lane: Lane,
    charges: readonly Charge[],
    waits: number[],
    device?: Device,
  ): Promise<Admission | undefined> {
    const outcome = await this.buckets.charge(charges);
    if ('charged' in outcome) {
      return new Admission(lane, outcome.charged, device);
    }
    waits.push(outcome.waitMs);
    return undefined;
  }

  async #enterByTicket(
    userId: number | undefined,
    text: string,
    device?: Device,
  ): Promise<Admission | undefined> {
    const ticket = await this.codes.tryTicket(userId, text);
    return ticket && new Admission('ticket', [], device, ticket);
  }

  /** The first charge is the published limit. */
  async #count(name: string, charges: readonly [Charge, ...Charge[]]): Promise<Reservation> {
    const outcome = await this.buckets.charge(charges);
    if ('charged' in outcome) {
      return new Reservation(outcome.charged);
    }
    const [{ limit }] = charges;
    const windowS = Math.ceil(windowOf(limit) / 1_000);
    throw tooManyRequests({ name, quota: limit.burst, windowS }, outcome.waitMs);
  }

  /** A stand-in for a text that must not be stored: 132 bits of HMAC-SHA-256, different for each purpose. */
  async #digest(purpose: string, text: string): Promise<string> {
    const mac = createHmac('sha256', await this.keys.serverKey()).update(`throttle ${purpose}\0`);
    return mac.update(text).digest('base64url').slice(0, 22);
  }
}
