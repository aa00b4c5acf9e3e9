import { randomBytes } from 'node:crypto';
import { vi } from 'vitest';
import { KeyRing } from '../../src/auth/keys/key-ring.js';
import { KeyStore } from '../../src/auth/keys/key-store.js';
import type { KeysConfig } from '../../src/auth/keys/key-store.js';
import { KeysRepository } from '../../src/auth/keys/keys.repository.js';
import { SigningKey } from '../../src/auth/keys/signing-key.entity.js';
import { Database } from '../../src/database/database.js';
import type { Dialect } from '../../src/database/database.types.js';
import { freshDatabase } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';

export const TTL = 30 * 60_000;
export const SESSION_MAX_AGE = 90 * 86_400_000;

interface Options extends Partial<KeysConfig> {
  secret?: Buffer;
}

/** One process as far as the keys are concerned, with separate connections and memory. */
export interface Process {
  readonly ring: KeyRing;
  readonly database: Database;
  /** Reads of the keys so far. */
  reads(): number;
}

/** Processes on one fresh database. */
export class Processes {
  readonly secret = randomBytes(32);
  readonly #open: Database[] = [];

  private constructor(private readonly fresh: FreshDatabase) {}

  static async on(dialect: Dialect): Promise<Processes> {
    return new Processes(await freshDatabase(dialect));
  }

  /** One that has not started yet. */
  async create(options: Options = {}): Promise<Process> {
    const database = await Database.open({ url: this.fresh.url });
    this.#open.push(database);
    const config = {
      jwtAlgorithm: 'HS256',
      accessTokenTtl: TTL,
      sessionMaxAge: SESSION_MAX_AGE,
      ...options,
    } as const;
    const repository = new KeysRepository(database.dataSource.getRepository(SigningKey), database);
    const usable = vi.spyOn(repository, 'findUsable');
    const store = new KeyStore(repository, options.secret ?? this.secret, config);
    return { ring: new KeyRing(store), database, reads: () => usable.mock.calls.length };
  }

  async start(options: Options = {}): Promise<Process> {
    const made = await this.create(options);
    await made.ring.onModuleInit();
    return made;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#open.map(database => database.close()));
    await this.fresh.remove();
  }
}
