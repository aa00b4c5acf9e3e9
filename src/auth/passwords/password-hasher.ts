import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { KeyRing } from '../keys/key-ring.js';
import type { Pepper } from '../keys/key-ring.js';
import { HashPool } from './hash-pool.js';
import type { HashLane } from './hash-pool.js';
import { formatStored, parseStored } from './stored-password.js';
import type { StoredPassword } from './stored-password.js';

export interface PasswordCheck {
  readonly ok: boolean;
  /** The password is right, and its hash was made with another cost or pepper than new ones are: store a new one. */
  readonly rehash: boolean;
}

/**
 * Hashes and checks passwords: bcrypt over base64(HMAC-SHA-384(pepper, NFC of the password)), which is 64 bytes
 * whatever the password, so that nothing is cut and NUL means nothing (OWASP Password Storage Cheat Sheet).
 */
@Injectable()
export class PasswordHasher {
  /** What every check costs: the configured cost, or the highest one that was met in a stored hash. */
  #checkCost: number;

  constructor(
    private readonly pool: HashPool,
    private readonly keys: KeyRing,
    @InjectConfig() private readonly config: Pick<Config, 'bcryptCost'>,
  ) {
    this.#checkCost = config.bcryptCost;
  }

  /** What to store for a new password. Throws Problem `unavailable` where too many others wait. */
  async hash(password: string, lane: HashLane, owner?: string): Promise<string> {
    const pepper = await this.keys.pepper();
    const digest = digestOf(password, pepper);
    const bcrypt = await this.pool.hash(digest, this.config.bcryptCost, lane, owner);
    return formatStored(pepper.kid, bcrypt);
  }

  /**
   * Compares with what was stored. The answer takes the same time whether it is right, wrong, or there is nothing
   * stored that it could be compared with (`undefined`, or no hash of ours): time tells nothing of a name.
   * Throws Problem `unavailable` where too many others wait.
   */
  async verify(
    password: string,
    stored: string | undefined,
    lane: HashLane,
    owner?: string,
  ): Promise<PasswordCheck> {
    const current = await this.keys.pepper();
    const parsed = stored === undefined ? undefined : parseStored(stored);
    const pepper = parsed && (await this.#pepperOf(parsed, current));
    const known = pepper && parsed;
    const digest = digestOf(password, pepper ?? current);
    const padding = this.#padding(known?.cost);
    const ok = await this.pool.compare(digest, known?.bcrypt, padding, lane, owner);
    const outdated = known?.cost !== this.config.bcryptCost || pepper?.kid !== current.kid;
    return { ok, rehash: ok && outdated };
  }

  async #pepperOf({ pepperKid }: StoredPassword, current: Pepper): Promise<Pepper | undefined> {
    return pepperKid === current.kid ? current : this.keys.pepper(pepperKid);
  }

  /**
   * The costs that fill a check up to `#checkCost`, so that no hash tells by its time that it is an old one.
   * A cost is the exponent of a power of two: c + c + (c+1) + … + (n-1) takes as long as n.
   */
  #padding(cost: number | undefined): number[] {
    if (cost === undefined) {
      return [this.#checkCost];
    }
    this.#checkCost = Math.max(this.#checkCost, cost);
    return Array.from({ length: this.#checkCost - cost }, (_, i) => cost + i);
  }
}

function digestOf(password: string, { key }: Pepper): string {
  return createHmac('sha384', key).update(password.normalize('NFC'), 'utf8').digest('base64');
}
