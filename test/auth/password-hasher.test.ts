import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/auth/keys/key-ring.js';
import { KeyStore } from '../../src/auth/keys/key-store.js';
import { KeysRepository } from '../../src/auth/keys/keys.repository.js';
import { SigningKey } from '../../src/auth/keys/signing-key.entity.js';
import type { HashPool } from '../../src/auth/passwords/hash-pool.js';
import { PasswordHasher } from '../../src/auth/passwords/password-hasher.js';
import { Database } from '../../src/database/database.js';
import { freshDatabase } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';
import { builtHashPool } from './built-hash-pool.js';

const RIGHT = { ok: true, rehash: false };
const WRONG = { ok: false, rehash: false };

describe('PasswordHasher', () => {
  let fresh: FreshDatabase;
  let database: Database;
  let pool: HashPool;
  let keys: KeyRing;
  let hasher: PasswordHasher;

  const withCost = (bcryptCost: number): PasswordHasher =>
    new PasswordHasher(pool, keys, { bcryptCost });

  beforeAll(async () => {
    fresh = await freshDatabase('sqlite');
    database = await Database.open({ url: fresh.url });
    const config = { jwtAlgorithm: 'HS256', accessTokenTtl: 1000, sessionMaxAge: 1000 } as const;
    const rows = new KeysRepository(database.dataSource.getRepository(SigningKey), database);
    keys = new KeyRing(new KeyStore(rows, randomBytes(32), config));
    await keys.onModuleInit();
    pool = await builtHashPool(1);
    hasher = withCost(4);
  });

  afterAll(async () => {
    await pool.close();
    await database.close();
    await fresh.remove();
  });

  const check = (password: string, stored: string | undefined) =>
    hasher.verify(password, stored, 'trusted');

  it('should take the right password, refuse another, and say with which pepper it was hashed', async () => {
    const stored = await hasher.hash('päß wörd: ☃', 'trusted');
    const { kid } = await keys.pepper();
    expect(stored).toMatch(/^v1\$[\w-]{22}\$\$2b\$04\$[./A-Za-z\d]{53}$/);
    expect(stored.startsWith(`v1$${kid}$`)).toBe(true);
    expect(await check('päß wörd: ☃', stored)).toEqual(RIGHT);
    expect(await check('päß wörd: ☂', stored)).toEqual(WRONG);
    expect(await hasher.hash('päß wörd: ☃', 'trusted')).not.toBe(stored);
  });

  it.each([
    ['in byte 73 of 80', 'x'.repeat(72) + 'AAAAAAAA', 'x'.repeat(72) + 'BAAAAAAA'],
    ['in the last of 256 characters', '🦊'.repeat(256), '🦊'.repeat(255) + '🐙'],
    ['after a NUL', 'a\0b', 'a'],
    ['after a NUL, both', 'a\0b', 'a\0c'],
    ['in a space at the end', 'password ', 'password'],
    ['in case', 'Password', 'password'],
    ['in width', 'ｐassword', 'password'],
  ])('should tell passwords apart that differ %s', async (_, one, other) => {
    expect(await check(other, await hasher.hash(one, 'trusted'))).toEqual(WRONG);
    expect(await check(one, await hasher.hash(other, 'trusted'))).toEqual(WRONG);
  });

  it('should take a password composed or decomposed', async () => {
    const [nfc, nfd] = ['pässwörd', 'pässwörd'.normalize('NFD')];
    expect(nfd).not.toBe(nfc);
    expect(await check(nfd, await hasher.hash(nfc, 'trusted'))).toEqual(RIGHT);
    expect(await check(nfc, await hasher.hash(nfd, 'trusted'))).toEqual(RIGHT);
  });

  it('should ask for a new hash when the cost was changed, up or down, and the password is right', async () => {
    for (const cost of [5, 6]) {
      const stored = await withCost(cost === 5 ? 6 : 5).hash('secret', 'trusted');
      const now = withCost(cost);
      expect(await now.verify('secret', stored, 'trusted')).toEqual({ ok: true, rehash: true });
      expect(await now.verify('other', stored, 'trusted')).toEqual(WRONG);
    }
  });

  it('should ask for a new hash when the pepper was changed, and take the old one until then', async () => {
    const stored = await hasher.hash('secret', 'trusted');
    await keys.rotate('pepper');
    expect(await check('secret', stored)).toEqual({ ok: true, rehash: true });
    expect(await check('other', stored)).toEqual(WRONG);
    expect(await check('secret', await hasher.hash('secret', 'trusted'))).toEqual(RIGHT);
  });

  const salted = '$2b$04$' + '.'.repeat(22);
  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['bcrypt alone', `${salted}${'a'.repeat(31)}`],
    ['a cut hash', `v1$kid$${salted}`],
    ['another version', `v2$kid$${salted}${'a'.repeat(31)}`],
    ['an unknown pepper', `v1$${'x'.repeat(22)}$${salted}${'a'.repeat(31)}`],
    ['a cost that would take minutes', `v1$kid$${salted.replace('04', '20')}${'a'.repeat(31)}`],
    ['a cost that does not exist', `v1$kid$${salted.replace('04', '00')}${'a'.repeat(31)}`],
    ['a line break at its end', `v1$kid$${salted}${'a'.repeat(31)}\n`],
  ])('should refuse any password where %s is stored', async (_, text) => {
    const stored = text?.replace('kid', (await keys.pepper()).kid);
    expect(await check('secret', stored)).toEqual(WRONG);
    expect(await check('', stored)).toEqual(WRONG);
  });

  it('should take as long for an unknown name as for any stored hash', { retry: 2 }, async () => {
    const now = withCost(9);
    const stored = {
      current: await now.hash('secret', 'trusted'),
      cheaper: await withCost(6).hash('secret', 'trusted'),
      unknown: undefined,
      malformed: 'v1$kid$nonsense',
    };
    const times = new Map(Object.keys(stored).map(kind => [kind, [] as number[]]));
    for (let round = 0; round < 25; round++) {
      for (const [kind, hash] of Object.entries(stored)) {
        const began = performance.now();
        await now.verify('wrong', hash, 'stranger');
        times.get(kind)?.push(performance.now() - began);
      }
    }
    const medians = [...times].map(([kind, values]) => [kind, median(values)] as const);
    console.log(medians.map(([kind, ms]) => `${kind}: ${ms.toFixed(1)} ms`).join(', '));
    const known = median(times.get('current') ?? []);
    for (const [, ms] of medians) {
      expect(Math.abs(ms / known - 1)).toBeLessThan(0.1);
    }
  });

  it('should not tell by its time a hash that is dearer than new ones, once one was met', async () => {
    const dear = await withCost(10).hash('secret', 'trusted');
    const now = withCost(6);
    await now.verify('wrong', dear, 'stranger');
    const took = async (stored: string | undefined): Promise<number> => {
      const began = performance.now();
      await now.verify('wrong', stored, 'stranger');
      return performance.now() - began;
    };
    const [unknown, known] = [await took(undefined), await took(dear)];
    expect(unknown).toBeGreaterThan(known / 2);
  });
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
