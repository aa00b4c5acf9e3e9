import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { UNITS_PER_CHARACTER } from '../../http/field-bounds.js';
import { KeyRing } from '../keys/key-ring.js';
import type { Pepper } from '../keys/key-ring.js';
import type { HashLane } from '../throttle/admission.js';
import { HashPool } from './hash-pool.js';
import { MAX_LENGTH } from './password-policy.js';

/** The parts of a stored password: which pepper, and what bcrypt made of it. */
interface StoredPassword {
  readonly pepperKid: string;
  readonly cost: number;
  readonly bcrypt: string;
}

/** `v1$<pepper>$<bcrypt>`: change the version with anything else that goes into the hash. */
const STORED = /^v1\$([\w-]{1,64})\$(\$2b\$(\d\d)\$[./A-Za-z\d]{53})$/;
/** Costs outside this range are not hashed: they would occupy a thread for minutes (BCRYPT_COST ends at 15). */
const MIN_COST = 4;
const MAX_COST = 15;

export interface PasswordCheck {
  readonly ok: boolean;
  /** The password is right, but its hash has an old cost or pepper: store a new one. */
  readonly rehash: boolean;
}

/**
 * Hashes and checks passwords: bcrypt over base64(HMAC-SHA-384(pepper, NFC of the password)), always 64 bytes, so that
 * bcrypt cuts nothing and stops at no NUL (OWASP Password Storage Cheat Sheet).
 */
@Injectable()
export class PasswordHasher {
  /** What every check costs: the configured cost, or the highest one of a stored hash so far. */
  #checkCost: number;

  constructor(
    private readonly pool: HashPool,
    private readonly keys: KeyRing,
    @InjectConfig() private readonly config: Pick<Config, 'bcryptCost'>,
  ) {
    this.#checkCost = config.bcryptCost;
  }

  /** What to store for a new password. Throws Problem `unavailable` if the queue is full. */
  async hash(password: string, lane: HashLane, owner?: string): Promise<string> {
    const pepper = await this.keys.pepper();
    const digest = digestOf(password, pepper);
    const bcrypt = await this.pool.hash(digest, this.config.bcryptCost, lane, owner);
    return `v1$${pepper.kid}$${bcrypt}`;
  }

  /**
   * Compares with a stored hash, in the same time whether it matches, differs, is undefined or is malformed: the time
   * tells nothing about the name. Throws Problem `unavailable` if the queue is full.
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
   * The costs that fill a check up to `#checkCost`, so that old hashes take the same time.
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
  // One unit more than any valid password, so the rest cannot make a wrong one right.
  const text = password.slice(0, MAX_LENGTH * UNITS_PER_CHARACTER + 1).normalize('NFC');
  return createHmac('sha384', key).update(text, 'utf8').digest('base64');
}

/** Undefined for another form or a cost that is not hashed. */
function parseStored(text: string): StoredPassword | undefined {
  const [, pepperKid, bcrypt, digits] = STORED.exec(text) ?? [];
  const cost = Number(digits);
  return cost >= MIN_COST && cost <= MAX_COST ? { pepperKid, bcrypt, cost } : undefined;
}
