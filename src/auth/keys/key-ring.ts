import type { KeyObject } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { retryLater } from '../../problems/problem.js';
import { isKid, toPublicJwk } from './key-material.js';
import type { PublicJwk } from './key-material.js';
import { KeyStore, SEEN_WITHIN_MS } from './key-store.js';
import type { KeyRecord, OpenKey } from './key-store.js';
import type { KeyPurpose, SigningAlgorithm } from './signing-key.entity.js';

export interface VerificationKey {
  /** The only algorithm that this key may be used with. */
  readonly algorithm: SigningAlgorithm;
  readonly key: KeyObject;
}

export interface CurrentSigningKey extends VerificationKey {
  readonly kid: string;
}

export interface Pepper {
  readonly kid: string;
  readonly key: KeyObject;
}

/**
 * The keys that all processes share, in memory. Reads them again if the last read is a second old or an id is unknown,
 * at most once a second: a rotation by another process is seen within a second, and a new key is never refused.
 */
@Injectable()
export class KeyRing implements OnModuleInit {
  #keys: ReadonlyMap<string, OpenKey> = new Map();
  /** When the read of `#keys` began, and when the last read began (performance.now()). */
  #asOf = -Infinity;
  #readAt = -Infinity;
  #nextRead?: Promise<void>;

  constructor(private readonly store: KeyStore) {}

  /** Creates and reads the keys. Throws ConfigError, one line, if SECRET_KEY does not open them. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare();
    await this.#read();
  }

  /** The key that signs new tokens. */
  async signingKey(): Promise<CurrentSigningKey> {
    const { kid, algorithm, signs } = await this.#freshCurrent('signing');
    return { kid, algorithm: algorithm as SigningAlgorithm, key: signs };
  }

  /** The key of a token; undefined if it is unknown or its last token has expired. */
  async verificationKey(kid: string): Promise<VerificationKey | undefined> {
    if (!isKid(kid)) {
      return undefined;
    }
    if (!this.#isFresh() || !this.#keys.has(kid)) {
      await this.#readNext();
    }
    return this.#verificationKey(kid);
  }

  /** The same without waiting; undefined also if only `verificationKey` can tell. */
  cachedVerificationKey(kid: string): VerificationKey | undefined {
    return this.#isFresh() ? this.#verificationKey(kid) : undefined;
  }

  /** The pepper of new password hashes, or that of an id. */
  pepper(): Promise<Pepper>;
  pepper(kid: string): Promise<Pepper | undefined>;
  async pepper(kid?: string): Promise<Pepper | undefined> {
    if (kid === undefined) {
      const { signs, ...current } = await this.#freshCurrent('pepper');
      return { kid: current.kid, key: signs };
    }
    if (!this.#keys.has(kid) && isKid(kid)) {
      await this.#readNext();
    }
    const key = this.#keys.get(kid);
    return key?.purpose === 'pepper' ? { kid, key: key.signs } : undefined;
  }

  /** 32 bytes for new refresh tokens and for the digests of the throttle. */
  async serverKey(): Promise<Buffer> {
    return (await this.#freshCurrent('server')).signs.export();
  }

  /** What `check` returns for the first server key, current or retired, for which it returns anything. */
  async findByServerKey<T>(check: (key: Buffer) => T | undefined): Promise<T | undefined> {
    const find = (): T | undefined => {
      for (const { purpose, signs, ...key } of this.#keys.values()) {
        const found = purpose === 'server' && isUsable(key) ? check(signs.export()) : undefined;
        if (found !== undefined) {
          return found;
        }
      }
      return undefined;
    };
    await this.#refresh();
    const found = find();
    if (found !== undefined) {
      return found;
    }
    // Another process may have signed with a key of this very second.
    await this.#readNext();
    return find();
  }

  /**
   * Makes a new key of this purpose the current one, and logs no one out: the old key is kept for its tokens, and
   * passwords move to a new pepper as their owners log in.
   */
  async rotate(purpose: KeyPurpose): Promise<KeyRecord> {
    await this.store.replace(purpose);
    await this.#read();
    return toRecord(this.#current(purpose));
  }

  /** Every key that is current or still verifies, oldest first, without the key material. */
  async list(): Promise<KeyRecord[]> {
    await this.#refresh();
    return [...this.#keys.values()].filter(isUsable).map(toRecord);
  }

  /** The public keys of ES256 (RFC 7517); never a secret of HS256. */
  async jwks(): Promise<{ keys: PublicJwk[] }> {
    await this.#refresh();
    const keys = [...this.#keys.values()].filter(key => key.algorithm === 'ES256' && isUsable(key));
    return { keys: keys.map(({ kid, verifies }) => toPublicJwk(kid, verifies)) };
  }

  /** Deletes the keys whose last token has expired; returns how many. */
  sweep(): Promise<number> {
    return this.store.sweep();
  }

  #verificationKey(kid: string): VerificationKey | undefined {
    const key = this.#keys.get(kid);
    if (key?.purpose !== 'signing' || !isUsable(key)) {
      return undefined;
    }
    return { algorithm: key.algorithm as SigningAlgorithm, key: key.verifies };
  }

  async #freshCurrent(purpose: KeyPurpose): Promise<OpenKey> {
    await this.#refresh();
    return this.#current(purpose);
  }

  #current(purpose: KeyPurpose): OpenKey {
    for (const key of this.#keys.values()) {
      if (key.purpose === purpose && key.retiredAt === null) {
        return key;
      }
    }
    throw retryLater('unavailable', 1);
  }

  #isFresh(): boolean {
    return performance.now() - this.#asOf < SEEN_WITHIN_MS;
  }

  async #refresh(): Promise<void> {
    if (!this.#isFresh()) {
      await this.#readNext();
    }
  }

  /** A read that begins after this call; callers share it. */
  #readNext(): Promise<void> {
    this.#nextRead ??= this.#readInTurn();
    return this.#nextRead;
  }

  async #readInTurn(): Promise<void> {
    await setTimeout(Math.max(0, this.#readAt + SEEN_WITHIN_MS - performance.now()));
    this.#nextRead = undefined;
    await this.#read();
  }

  async #read(): Promise<void> {
    const began = performance.now();
    this.#readAt = began;
    const keys = await this.store.load(this.#keys);
    // A slow read must not undo a later one.
    if (began > this.#asOf) {
      this.#keys = keys;
      this.#asOf = began;
    }
  }
}

function isUsable({ verifyUntil }: Pick<OpenKey, 'verifyUntil'>): boolean {
  return verifyUntil === null || verifyUntil > Date.now();
}

function toRecord(key: OpenKey): KeyRecord {
  const { kid, purpose, algorithm, createdAt, retiredAt, verifyUntil } = key;
  return { kid, purpose, algorithm, createdAt, retiredAt, verifyUntil };
}
