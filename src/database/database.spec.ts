import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INSERT, ledgerKinds, openLedger } from '../../test/support/ledger.js';
import type { OpenLedger } from '../../test/support/ledger.js';
import type { Database } from './database.js';

describe.each(ledgerKinds())('the database gate on %s', kind => {
  let ledger: OpenLedger;
  let database: Database;

  beforeEach(async () => {
    ledger = await openLedger(kind);
    database = ledger.database;
  });

  afterEach(() => ledger.close());

  it('gives numbers for ids and counts, and takes booleans and repeated placeholders', async () => {
    const insert = `INSERT INTO ledger (note, account, checked) VALUES ($2, $1, $3)
      ON CONFLICT (note) DO UPDATE SET account = $1 WHERE ledger.note = '$3' OR ledger.note = $2
      RETURNING id, account, checked`;
    expect(await database.write(tx => tx.get(insert, [5, '$1', true]))).toMatchObject({ id: 1 });
    const again = await database.write(tx =>
      tx.get<{ checked: unknown }>(insert, [6, '$1', false]),
    );

    expect(again).toMatchObject({ id: 1, account: 6 });
    expect(Boolean(again?.checked)).toBe(true);
    expect(await database.get('SELECT count(*) AS n FROM ledger')).toEqual({ n: 1 });
    expect(await database.run('UPDATE ledger SET account = $1', [9])).toBe(1);
    expect(await database.run(`${INSERT}`, [9, 'b'])).toBe(1);
  });

  it('answers a ping until it is closed', async () => {
    await database.ping();
    await database.close();

    await expect(database.ping()).rejects.toThrow();
    await expect(database.write(tx => tx.all('SELECT 1'))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
