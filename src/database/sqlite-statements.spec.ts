import { expect, it, vi } from 'vitest';
import { SqliteStatements } from './sqlite-statements.js';
import { Driver } from './sqlite-driver.js';

it("keeps the gate's statements prepared, and none of TypeORM's, which contain numbers", () => {
  const db = new Driver(':memory:');
  const prepare = vi.spyOn(db, 'prepare');
  const statements = new SqliteStatements(db);
  statements.all('SELECT $1 AS hot', [1]);
  for (let index = 0; index < 600; index += 1) {
    statements.query(`SELECT ${index} AS cold`, []);
  }
  prepare.mockClear();

  expect(statements.all('SELECT $1 AS hot', [2])).toEqual([{ hot: 2 }]);
  expect(prepare).not.toHaveBeenCalled();
  db.close();
});
