import { beforeAll, expect, test } from 'vitest';
import { databases, startApp } from '../support/app.js';
import { ADMIN, withFirstAdmin } from '../support/admin.js';
import { requests } from './differential/requests.js';
import { play } from './differential/play.js';
import type { Played } from './differential/play.js';

/**
 * The same requests, one after the other, on SQLite and on PostgreSQL: nothing may differ for a client. What each
 * server makes up by itself (ids, times, tokens) is compared by where it appeared first.
 */
const answers: Played[][] = [];

beforeAll(async () => {
  const env = { ...withFirstAdmin(), TRUST_PROXY: '127.0.0.1' };
  // One after the other: Passport keeps its strategies once in a process, those of the application made last.
  for (const kind of databases()) {
    const app = await startApp(kind, { env });
    answers.push(await play(app.url, requests(ADMIN)));
    await app.close();
  }
}, 300_000);

test('there are requests enough, each with an answer below 500', () => {
  const [first] = answers;
  const statuses = [...new Set(first.map(({ status }) => status))].toSorted();
  const counts = statuses.map(
    wanted => `${wanted}: ${first.filter(({ status }) => status === wanted).length}`,
  );
  console.log(`differential: ${first.length} requests on ${databases().join(' and ')}`);
  console.log(`answers by status: ${counts.join(', ')}`);
  expect(first.length).toBeGreaterThanOrEqual(300);
  expect(answers.flat().filter(({ status }) => status >= 500)).toEqual([]);
});

/** Where two values part. */
function apart(one: unknown, other: unknown, path = ''): string[] {
  if (JSON.stringify(one) === JSON.stringify(other)) {
    return [];
  }
  if (one instanceof Object && other instanceof Object) {
    const members = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...members].flatMap(member =>
      apart(one[member as never], other[member as never], `${path}/${member}`),
    );
  }
  return [`${path}: ${JSON.stringify(one)} | ${JSON.stringify(other)}`];
}

test('every answer is the same on both databases', () => {
  const [first, ...others] = answers;
  for (const other of others) {
    const differences = first.flatMap((answer, index) => {
      const places = apart(answer, other[index]);
      return places.length === 0 ? [] : [`${answer.request} ${places.slice(0, 5).join('\n  ')}`];
    });
    console.log(`differential: ${differences.length} differences`);
    expect(differences).toEqual([]);
  }
});
