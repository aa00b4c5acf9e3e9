import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, testDialects } from '../../test/support/fresh-database.js';
import type { FreshDatabase } from '../../test/support/fresh-database.js';
import { Database } from '../database/database.js';
import { LastUse } from './last-use.js';

describe.each(testDialects())('the last use of tokens on %s', dialect => {
  let fresh: FreshDatabase;
  let database: Database;

  beforeEach(async () => {
    fresh = await freshDatabase(dialect);
    database = await Database.open(fresh);
    await database.run(
      `INSERT INTO users (id, public_id, name, name_key, password_hash, tokens_valid_from, failed_logins, created_at, updated_at)
       VALUES (1, 'u', 'u', 'u', 'h', 0, 0, 0, 0)`,
    );
    for (const id of ['a', 'b', 'c']) {
      await database.run(
        `INSERT INTO personal_tokens (id, user_id, hash, name, scopes, created_at) VALUES ($1, 1, $1, 'n', '', 0)`,
        [id],
      );
    }
  });

  afterEach(async () => {
    await database.close();
    await fresh.remove();
  });

  const stored = async (): Promise<(number | null)[]> => {
    const rows = await database.all<{ at: number | null }>(
      'SELECT last_used_at AS at FROM personal_tokens ORDER BY id',
    );
    return rows.map(({ at }) => at);
  };

  it('should never go back, however late another process stores what it saw', async () => {
    const [early, late] = [0, 1].map(() => new LastUse(database, 'personal_tokens'));
    early.record('a', 5);
    late.record('a', 9);
    await late.close();
    await early.close();
    expect(await stored()).toEqual([9, null, null]);
  });

  it('should be stored by two processes at once without a deadlock', async () => {
    let conflicts = 0;
    const write = database.write.bind(database);
    database.write = work => {
      let runs = 0;
      return write(tx => {
        conflicts += runs === 0 ? 0 : 1;
        runs += 1;
        return work(tx);
      });
    };
    const [one, other] = [0, 1].map(() => new LastUse(database, 'personal_tokens'));
    for (let round = 1; round <= 30; round += 1) {
      ['a', 'b', 'c'].forEach(id => one.record(id, round));
      ['c', 'b', 'a'].forEach(id => other.record(id, round));
      await Promise.all([one.flush(), other.flush()]);
    }
    await Promise.all([one.close(), other.close()]);
    expect(conflicts).toBe(0);
    expect(await stored()).toEqual([30, 30, 30]);
  });
});
