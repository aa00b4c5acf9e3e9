import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { product } from '../support/app.js';
import { INSERT, ledgerKinds, openLedger } from '../support/ledger.js';
import type { OpenLedger } from '../support/ledger.js';
import type { Database } from '../../src/database/database.js';

/** Runs for about a second on SQLite; `$1` makes it longer. */
const COUNT = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
  SELECT count(*) AS n FROM n`;

describe.each(ledgerKinds())('long reads on %s', kind => {
  let ledger: OpenLedger;
  let database: Database;

  beforeEach(async () => {
    ledger = await openLedger(kind, (await product.database()).Database as never);
    database = ledger.database;
  });

  afterEach(() => ledger.close());

  it('return the rows of a statement with its parameters', async () => {
    await database.run(INSERT, [7, 'a']);
    const sql =
      'SELECT note, account FROM ledger WHERE note = $2 AND account = $1 AND checked = $3';
    expect(await database.allLong(sql, [7, 'a', false], 1)).toEqual([{ note: 'a', account: 7 }]);
  });

  it('see the writes of the unit of work that they are in', async () => {
    const rows = await database.write(async tx => {
      await tx.run(INSERT, [7, 'a']);
      return database.allLong('SELECT note FROM ledger', [], 1);
    });
    expect(rows).toEqual([{ note: 'a' }]);
  });

  it('throw what the statement throws, and the next one runs', async () => {
    await expect(database.allLong('SELECT * FROM nowhere', [], 1)).rejects.toThrow('nowhere');
    expect(await database.allLong('SELECT 1 AS one', [], 1)).toEqual([{ one: 1 }]);
  });

  it.runIf(kind !== 'memory')('refuse to write', async () => {
    await expect(database.allLong(INSERT, [1, 'a'], 1)).rejects.toThrow();
    expect(await ledger.notes()).toEqual([]);
  });

  it.runIf(kind === 'sqlite')('do not stop this thread, and leave a thread to others', async () => {
    let worst = 0;
    const long = [1, 2].map(() => database.allLong(COUNT, [3_000_000], 'heavy'));
    const other = database.allLong('SELECT 1 AS one', [], 'other');
    const running = Promise.all(long).then(() => 'heavy');
    expect(await Promise.race([running, other.then(() => 'other')])).toBe('other');
    for (let done = false; !done;) {
      const began = performance.now();
      done = (await Promise.race([running, sleep(1)])) === 'heavy';
      worst = Math.max(worst, performance.now() - began);
    }
    expect(worst).toBeLessThan(100);
  });

  it.runIf(kind !== 'memory')(
    'answer 503 after five seconds',
    async () => {
      const began = performance.now();
      await expect(database.allLong(COUNT, [90_000_000], 1)).rejects.toMatchObject({
        code: 'unavailable',
      });
      expect(performance.now() - began).toBeLessThan(8_000);
      expect(await database.get('SELECT 1 AS one')).toEqual({ one: 1 });
    },
    60_000,
  );

  it('streams one moment while others write', async () => {
    await database.write(async tx => {
      for (let index = 0; index < 1000; index += 1) {
        await tx.run(INSERT, [1, `n${index}`]);
      }
    });
    let rows = 0;
    for await (const row of database.stream<{ note: string }>('SELECT * FROM ledger ORDER BY id')) {
      rows += 1;
      if (rows === 10) {
        await database.run('DELETE FROM ledger WHERE note <> $1', [row.note]);
      }
    }

    expect(rows).toBe(1000);
    expect(await ledger.notes()).toEqual(['n9']);
  });

  it('gives the connection of a stream back when the reader stops early or the statement fails', async () => {
    await database.write(async tx => {
      await tx.run(INSERT, [1, 'a']);
      await tx.run(INSERT, [1, 'b']);
    });
    for (let round = 0; round < 30; round += 1) {
      for await (const row of database.stream('SELECT * FROM ledger')) {
        expect(row).toBeDefined();
        break;
      }
      const failing = database.stream('SELECT * FROM nowhere').next();
      await expect(failing).rejects.toThrow('nowhere');
    }

    expect(await ledger.notes()).toEqual(['a', 'b']);
  });
});
