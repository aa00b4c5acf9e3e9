import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Database } from '../database/database.js';
import { freshDatabase, testDialects } from '../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../test/support/fresh-database.js';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import { IdempotencySweep } from './idempotency-sweep.js';

const HOUR = 60 * 60 * 1000;
const NOW = Date.UTC(2030, 0, 1);

describe.each(testDialects())('IdempotencySweep on %s', dialect => {
  let fresh: FreshDatabase;
  let database: Database;
  let userId: number;

  beforeAll(async () => {
    fresh = await freshDatabase(dialect);
    database = await Database.open({ url: fresh.url });
    const row = await database.write(tx =>
      tx.get<{ id: number }>(
        `INSERT INTO users (public_id, name, name_key, password_hash, tokens_valid_from, failed_logins, created_at, updated_at)
         VALUES ('p', 'n', 'n', 'h', 0, 0, 0, 0) RETURNING id`,
      ),
    );
    userId = row!.id;
  });
  afterAll(async () => {
    await database.close();
    await fresh.remove();
  });

  it('should delete all expired answers and no others', async () => {
    const keys = new IdempotencyKeysRepository(database);
    const clock = vi.spyOn(Date, 'now');
    const take = (key: string, expiresAt: number): Promise<boolean> => {
      clock.mockReturnValue(expiresAt - 24 * HOUR);
      return database.write(tx => keys.take(tx, { userId, route: '/authors', key }, 'holder'));
    };
    for (let index = 0; index < 1_001; index += 1) {
      await take(`old ${index}`, NOW - (index % 3) * HOUR);
    }
    await take('young', NOW + 1);
    clock.mockRestore();
    expect(await new IdempotencySweep(keys).sweep(NOW)).toBe(1_001);
    expect(await database.all('SELECT key FROM idempotency_keys')).toEqual([{ key: 'young' }]);
    expect(await new IdempotencySweep(keys).sweep(NOW)).toBe(0);
  });
});
