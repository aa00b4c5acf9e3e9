import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { basic, call as send } from '../support/client.js';
import { ROOT, runBuilt } from '../support/process.js';

interface Winner {
  name: string;
  book: string;
  country: string;
  booker_prize: boolean;
}

/** Real records to keep: the winners of the Booker Prize. */
const WINNERS: Winner[] = parse(readFileSync(`${ROOT}examples/booker-prize.csv`), {
  columns: true,
  cast: (value, { column }) => (column === 'booker_prize' ? value === 'true' : value),
});

const ADA = { name: 'Ada', password: 'the difference engine' };
const BEN = { name: 'Ben', password: 'Ünïcode: and: colons' };

/** Types that Postman keeps from the request before; undefined: none. */
const LEFT_OVER = [
  undefined,
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'multipart/form-data',
  '',
];
const WORLDS = databases().flatMap(kind => LEFT_OVER.map(type => ({ kind, type })));

describe.each(WORLDS)(
  "the tutorial's walk on $kind with a left-over type $type",
  ({ kind, type }) => {
    let running: RunningApp;
    let url: string;

    beforeAll(async () => {
      running = await startApp(kind);
      url = running.url;
    });
    afterAll(() => running.close());

    const call: typeof send = (base, method, path, options = {}) => {
      const leaves = type !== undefined && options.json === undefined;
      const headers = { ...(leaves && { 'content-type': type }), ...options.headers };
      return send(base, method, path, { ...options, headers });
    };

    /** The operator's command, on the database that the server is using. */
    const promote = (name: string) =>
      runBuilt('cli.js', ['user', 'promote', name], {
        cwd: running.dataDir,
        env: { DATABASE_URL: running.databaseUrl, SECRET_KEY: SECRET },
      });

    test('from registration to deletion, with either header', async () => {
      // Two people register.
      const registered = await call(url, 'POST', '/register', { json: ADA });
      expect(registered.status).toBe(201);
      expect(registered.body).toEqual({
        message: 'registered successfully',
        public_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        name: 'Ada',
      });
      expect((await call(url, 'POST', '/register', { json: BEN })).status).toBe(201);

      // Both log in with HTTP Basic: one by GET, as the tutorial does, one by POST.
      const adaLogin = await call(url, 'GET', '/login', {
        headers: { authorization: basic(ADA.name, ADA.password) },
      });
      expect(adaLogin.status).toBe(200);
      expect(adaLogin.headers.get('cache-control')).toBe('no-store');
      expect(adaLogin.body).toMatchObject({ token_type: 'Bearer', expires_in: 1800 });
      const benLogin = await call(url, 'POST', '/login', {
        headers: { authorization: basic(BEN.name, BEN.password) },
      });
      expect(benLogin.status).toBe(200);

      // Ada's client sends the tutorial's header, Ben's the standard one.
      const ada = { headers: { 'x-access-tokens': adaLogin.body.token as string } };
      const ben = { headers: { authorization: `Bearer ${benLogin.body.token}` } };

      // The users are for an admin to see.
      expect((await call(url, 'GET', '/users', ada)).body.message).toBe(
        'only an admin can do this',
      );
      expect(await promote('Ada')).toMatchObject({ code: 0, stdout: 'Ada is an admin now\n' });
      const users = await call(url, 'GET', '/users', ada);
      expect(users.body.users).toMatchObject([
        { public_id: registered.body.public_id, name: 'Ada', admin: true, disabled: false },
        { name: 'Ben', admin: false, disabled: false },
      ]);
      expect(users.text).not.toMatch(/password|hash|\$2/);

      // Ada keeps the first three winners, Ben the fourth.
      const records = [];
      for (const winner of WINNERS.slice(0, 3)) {
        const kept = await call(url, 'POST', '/author', { ...ada, json: winner });
        expect(kept.status).toBe(201);
        expect(kept.body).toMatchObject({ message: 'new author created', ...winner, version: 1 });
        expect(kept.headers.get('location')).toBe(`/authors/${kept.body.id}`);
        records.push(kept.body);
      }
      expect((await call(url, 'POST', '/author', { ...ben, json: WINNERS[3] })).status).toBe(201);

      // Each sees their own.
      const list = await call(url, 'GET', '/authors', ada);
      expect(list.status).toBe(200);
      expect(list.body).toEqual({
        list_of_authors: records.map(({ message: _, ...record }) => record),
        next_cursor: null,
      });
      expect((await call(url, 'GET', '/authors', ben)).body.list_of_authors).toMatchObject([
        WINNERS[3],
      ]);

      // What is another's is not there: neither to read nor to delete.
      const [first] = records;
      expect((await call(url, 'GET', `/authors/${first.id}`, ben)).status).toBe(404);
      const foreign = await call(url, 'DELETE', `/authors/${first.id}`, ben);
      expect(foreign.status).toBe(404);
      expect(foreign.body.message).toBe('author does not exist');

      // The owner deletes it, once.
      const deleted = await call(url, 'DELETE', `/authors/${first.id}`, ada);
      expect(deleted.status).toBe(200);
      expect(deleted.body).toEqual({ message: 'Author deleted' });
      const again = await call(url, 'DELETE', `/authors/${first.id}`, ada);
      expect(again.status).toBe(404);
      expect(again.body.message).toBe('author does not exist');
      expect((await call(url, 'GET', '/authors', ada)).body.list_of_authors).toHaveLength(2);
    });

    test('says what is wrong in the words of the tutorial', async () => {
      const without = await call(url, 'GET', '/authors');
      expect([without.status, without.body.message]).toEqual([401, 'a valid token is missing']);
      expect(without.headers.get('www-authenticate')).toBe('Bearer realm="library-api"');

      const bad = await call(url, 'GET', '/authors', {
        headers: { 'x-access-tokens': 'nonsense' },
      });
      expect([bad.status, bad.body.message]).toEqual([401, 'token is invalid']);
      expect(bad.headers.get('www-authenticate')).toContain('error="invalid_token"');

      for (const authorization of [
        undefined,
        'Basic nonsense',
        basic('Ada', 'wrong'),
        basic('Nobody', 'wrong'),
      ]) {
        const refused = await call(url, 'GET', '/login', {
          headers: { ...(authorization && { authorization }) },
        });
        expect([refused.status, refused.body.message]).toEqual([401, 'could not verify']);
        expect(refused.headers.get('www-authenticate')).toBe(
          'Basic realm="login required", charset="UTF-8"',
        );
      }
    });

    test('has every winner of the prize to offer', () => {
      expect(WINNERS.length).toBeGreaterThanOrEqual(55);
      expect(WINNERS.at(0)).toMatchObject({ name: 'P. H. Newby', book: 'Something to Answer For' });
      expect(WINNERS.every(({ booker_prize }) => booker_prize)).toBe(true);
    });
  },
);
