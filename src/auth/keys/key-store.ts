import { Injectable, Inject, Logger } from '@nestjs/common';
import { ConfigError } from '../../config/config-error.js';
import type { Config } from '../../config/config.js';
import { InjectConfig, SECRET_KEY } from '../../config/config.module.js';
import { labelOf, newKid, newMaterial, toKeyPair } from './key-material.js';
import type { KeyPair } from './key-material.js';
import { KeysRepository } from './keys.repository.js';
import { SecretBox } from './secret-box.js';

import { KEY_PURPOSES } from './signing-key.entity.js';
import type { KeyPurpose, SigningAlgorithm, SigningKey } from './signing-key.entity.js';

/** A key without its material. Times are epoch milliseconds. */
export type KeyRecord = Omit<SigningKey, 'sealed'>;

export interface OpenKey extends KeyRecord, KeyPair {}

/** The part of the configuration that the keys depend on. */
export type KeysConfig = Pick<
  Config,
  'jwtAlgorithm' | 'accessTokenTtl' | 'sessionMaxAge' | 'secretKeyPrevious'
>;

/** How long other processes may still sign with a retired key, so it verifies for that much longer. */
export const SEEN_WITHIN_MS = 1_000;

/** How long a retired key is still needed (milliseconds): as long as what it signed may last, null for good. */
const LIFETIMES: Record<KeyPurpose, (config: KeysConfig) => number | null> = {
  signing: config => config.accessTokenTtl,
  server: config => config.sessionMaxAge,
  pepper: () => null,
};

/** Creates, seals and opens the keys in the database (ADR 3). */
@Injectable()
export class KeyStore {
  readonly #log = new Logger(KeyStore.name);
  readonly #box: SecretBox;
  readonly #previous?: SecretBox;
  readonly #unreadable = new Set<string>();

  constructor(
    private readonly repository: KeysRepository,
    @Inject(SECRET_KEY) secret: Buffer,
    @InjectConfig() private readonly config: KeysConfig,
  ) {
    this.#box = new SecretBox(secret);
    this.#previous = config.secretKeyPrevious && new SecretBox(config.secretKeyPrevious);
  }

  /**
   * At the start: seals again under SECRET_KEY what only SECRET_KEY_PREVIOUS opens, and creates the missing keys. All
   * or nothing; processes that start together get the same keys. Throws ConfigError if a key opens under neither.
   */
  async prepare(): Promise<void> {
    await this.repository.write(async () => {
      await this.repository.deleteExpired(Date.now());
      for (const row of await this.repository.findAll()) {
        await this.#resealIfPrevious(row);
      }
      for (const purpose of KEY_PURPOSES) {
        await this.#ensureCurrent(purpose);
      }
    });
  }

  /** Every usable key. Those in `known` are not opened again, so they survive an exchange of SECRET_KEY. */
  async load(known: ReadonlyMap<string, OpenKey>): Promise<Map<string, OpenKey>> {
    const keys = new Map<string, OpenKey>();
    for (const { sealed, ...record } of await this.repository.findUsable(Date.now())) {
      const pair = known.get(record.kid) ?? this.#open({ sealed, ...record })?.pair;
      if (pair === undefined) {
        this.#warnOf(record.kid);
      } else {
        keys.set(record.kid, { ...record, signs: pair.signs, verifies: pair.verifies });
      }
    }
    return keys;
  }

  /**
   * Replaces the current key, which verifies until the last token that it may have signed has expired; a pepper
   * verifies for good. Overlapping calls may share one new key. Also deletes expired keys.
   */
  async replace(purpose: KeyPurpose): Promise<void> {
    await this.repository.write(async () => {
      await this.repository.deleteExpired(Date.now());
      await this.#exchange(purpose, await this.repository.findCurrent(purpose));
    });
  }

  /** Deletes the keys whose last token has expired; returns how many. */
  sweep(): Promise<number> {
    return this.repository.write(() => this.repository.deleteExpired(Date.now()));
  }

  async #resealIfPrevious(row: SigningKey): Promise<void> {
    const opened = this.#open(row);
    if (opened === undefined) {
      throw new ConfigError(
        'SECRET_KEY',
        'does not open the keys in the database: set the key that sealed them (also in the file secret.key in ' +
          'DATA_DIR), or set that one as SECRET_KEY_PREVIOUS to replace it',
      );
    }
    if (opened.box !== this.#box) {
      await this.repository.reseal(row.kid, this.#box.seal(opened.material, labelOfRow(row)));
    }
  }

  async #ensureCurrent(purpose: KeyPurpose): Promise<void> {
    const current = await this.repository.findCurrent(purpose);
    if (current?.algorithm !== this.#algorithmOf(purpose)) {
      await this.#exchange(purpose, current);
    }
  }

  async #exchange(purpose: KeyPurpose, current: SigningKey | null): Promise<void> {
    const now = Date.now();
    const until = LIFETIMES[purpose](this.config);
    const ends = until === null ? null : now + until + SEEN_WITHIN_MS;
    if (current === null || (await this.repository.retire(current.kid, now, ends))) {
      await this.repository.addCurrent(this.#make(purpose, this.#algorithmOf(purpose), now));
    }
  }

  #algorithmOf(purpose: KeyPurpose): SigningAlgorithm | null {
    return purpose === 'signing' ? this.config.jwtAlgorithm : null;
  }

  #make(purpose: KeyPurpose, algorithm: SigningAlgorithm | null, createdAt: number) {
    const kid = newKid();
    const sealed = this.#box.seal(newMaterial(algorithm), labelOf(kid, purpose, algorithm));
    return { kid, purpose, algorithm, sealed, createdAt };
  }

  #open(row: SigningKey): { box: SecretBox; material: Buffer; pair: KeyPair } | undefined {
    for (const box of [this.#box, this.#previous]) {
      const material = box?.open(row.sealed, labelOfRow(row));
      if (box !== undefined && material !== undefined) {
        return { box, material, pair: toKeyPair(row.algorithm, material) };
      }
    }
    return undefined;
  }

  #warnOf(kid: string): void {
    if (!this.#unreadable.has(kid)) {
      this.#unreadable.add(kid);
      this.#log.warn(
        `key ${kid} does not open under SECRET_KEY: restart this process with the new one`,
      );
    }
  }
}

function labelOfRow({ kid, purpose, algorithm }: SigningKey): string {
  return labelOf(kid, purpose, algorithm);
}
