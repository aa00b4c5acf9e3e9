import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withFirstAdmin, ADMIN } from '../../support/admin.js';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { PASSWORD, call, login } from '../../support/client.js';
import { expectProblem } from '../../support/problems.js';

const LISTS = ['/authors', '/users', '/users/me/events', '/events'];

const WRONG = [
  'limit=1e3',
  'limit=0x10',
  'limit=',
  'limit',
  'limit=0',
  'limit=-1',
  'limit=501',
  'limit=1.0',
  'limit=%201',
  'limit=١',
  'limit=1&limit=2',
  'limit=1&%6cimit=1',
  'limit[]=1',
  'limit[a]=1',
  'cursor=',
  'cursor=nonsense',
  'cursor=a&cursor=b',
  'unknown=1',
  '__proto__=1',
  'constructor=1',
  'toString=1',
  'limit=%ff',
  'limit=%00',
  '=1',
];

const ACCEPTS: Record<string, number> = {
  '*/*': 200,
  'application/json': 200,
  'application/*': 200,
  'text/html, application/json;q=0.9': 200,
  'text/html;q=0.9, */*;q=0.1': 200,
  'APPLICATION/JSON': 200,
  'application/json; charset=UTF-8': 200,
  'application/*;q=0, application/json': 200,
  'text/html': 406,
  'application/xml': 406,
  'application/json;q=0': 406,
  'application/json;q=0, */*': 406,
  'text/html, */*;q=0': 406,
  'application/*;q=0, */*': 406,
  json: 406,
  'application/problem+json': 406,
};

describe.each(databases())('queries on %s', kind => {
  let running: RunningApp;
  let token: string;

  beforeAll(async () => {
    running = await startApp(kind, { env: withFirstAdmin() });
    token = (await login(running.url, ADMIN, PASSWORD)).body.token;
  });
  afterAll(() => running.close());

  test.each(LISTS)('%s refuses every parameter that is wrong', async list => {
    for (const query of WRONG) {
      const answer = await call(running.url, 'GET', `${list}?${query}`, { token });
      expect(`${query}: ${answer.status}`).toBe(`${query}: 400`);
      await expectProblem(running.url, answer, 400, 'invalid_query');
    }
  });

  test.each(LISTS)('%s takes the least and the most', async list => {
    for (const query of ['', '?', '?limit=1', '?limit=500', '?&limit=1&', '?%6cimit=1']) {
      expect((await call(running.url, 'GET', list + query, { token })).status).toBe(200);
    }
  });

  test('a token in the query is never looked at', async () => {
    for (const name of ['access_token', 'token', 'x-access-tokens']) {
      const answer = await call(running.url, 'GET', `/users/me?${name}=${token}`);
      expect([name, answer.status]).toEqual([name, 401]);
      expect(answer.text).not.toContain(token);
    }
  });

  test.each(Object.entries(ACCEPTS))('Accept: %s is answered with %i', async (accept, status) => {
    const answer = await call(running.url, 'GET', '/authors', { token, headers: { accept } });
    expect(answer.status).toBe(status);
    if (status === 406) {
      await expectProblem(running.url, answer, 406, 'not_acceptable');
    }
  });
});
