import { expect, it } from 'vitest';
import { summaryOf, withoutValues } from './statement-text.js';

it.each([
  [`SELECT "a"."id" FROM "authors" "a" WHERE name = 'O''Brien' LIMIT 50`, `LIMIT ?`],
  ['UPDATE users SET a1 = 42, b = -1.5 WHERE id = $12', 'a1 = ?, b = -? WHERE id = $12'],
  [`INSERT INTO t_2 VALUES (?, 7, x'00ff')`, '(?, ?, x?)'],
])('%s should lose its values and keep its placeholders', (sql, end) => {
  expect(withoutValues(sql).endsWith(end)).toBe(true);
  expect(withoutValues(sql)).not.toMatch(/Brien|42|00ff/);
});

it.each([
  ['SELECT id FROM "authors" WHERE 1', 'SELECT authors'],
  ['WITH x AS (SELECT 1) DELETE FROM sessions', 'SELECT sessions'],
  ['INSERT INTO events (a) SELECT 1', 'INSERT events'],
  ['UPDATE users SET a = 1', 'UPDATE users'],
  ['SELECT 1', 'SELECT'],
  ['PRAGMA x', 'statement'],
])('the summary of %s should be %s', (sql, summary) => {
  expect(summaryOf(sql)).toBe(summary);
});
