import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { liveRoutes } from '../../support/live-routes.js';
import type { LiveRoute } from '../../support/live-routes.js';
import { expectProblem } from '../../support/problems.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

const NOBODY = '00000000-0000-4000-8000-000000000000';
const EXAMPLES: Record<string, string> = {
  code: 'token_missing',
  file: 'swagger-ui.css',
  id: '1',
  public_id: NOBODY,
};

const pathOf = (url: string): string =>
  url.replace(/:(\w+)/g, (_, name: string) => EXAMPLES[name] ?? `no example of ${name}`);

interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** fetch sends no TRACE, and shows no Content-Length of an answer to HEAD. */
function ask(url: string, method: string, token?: string): Promise<Answer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const fields = response.headers as Record<string, string>;
        resolve({ status: response.statusCode!, headers: fields, text });
      });
    });
    sent.on('error', reject).end();
  });
}

describe('every route', () => {
  let running: RunningApp;
  let url: string;
  let user: Account;
  let routes: LiveRoute[];

  beforeAll(async () => {
    running = await startApp('sqlite');
    url = running.url;
    user = await newAccount(url);
    routes = await liveRoutes(running);
    const record = { name: 'Samantha Harvey', book: 'Orbital', country: 'United Kingdom' };
    await call(url, 'POST', '/author', { token: user.token, json: record });
  });
  afterAll(() => running.close());

  test('there are as many as the contract has', () => {
    expect(routes.length).toBeGreaterThanOrEqual(28);
  });

  test('answers each of nine methods: itself, or 405 with Allow', async () => {
    let asked = 0;
    for (const { url: pattern, methods } of routes) {
      for (const method of METHODS) {
        const path = pathOf(pattern);
        const answer = await ask(url + path, method);
        const what = `${method} ${path}`;
        asked += 1;
        if (method === 'OPTIONS') {
          expect([what, answer.status, answer.text]).toEqual([what, 204, '']);
          expect([what, answer.headers.allow]).toEqual([what, methods.join(', ')]);
        } else if (methods.includes(method)) {
          expect([what, [404, 405, 501].includes(answer.status)]).toEqual([what, false]);
        } else {
          if (method === 'HEAD') {
            expect([what, answer.status, answer.text]).toEqual([what, 405, '']);
          } else {
            await expectProblem(url, answer, 405, 'method_not_allowed');
          }
          expect([what, answer.headers.allow]).toEqual([what, methods.join(', ')]);
        }
      }
    }
    expect(asked).toBe(routes.length * METHODS.length);
  });

  test('changes nothing by GET, but for GET /login and the time of the last use', async () => {
    const { Database } = (await import('#dist/database/database.js' as string)) as {
      Database: new () => {
        dataSource: { entityMetadatas: { tableName: string }[] };
        all(sql: string): Promise<object[]>;
      };
    };
    const database = running.app.get(Database);
    const tables = database.dataSource.entityMetadatas.map(({ tableName }) => tableName);
    const rows = async (): Promise<object> =>
      Object.fromEntries(
        await Promise.all(
          tables.map(async name => [name, await database.all(`SELECT * FROM ${name}`)]),
        ),
      );
    const withoutUse = (value: object): string =>
      JSON.stringify(value, (key, part) => (key === 'last_used_at' ? undefined : part));
    const before = withoutUse(await rows());
    for (const { url: pattern, methods } of routes) {
      if (methods.includes('GET') && pattern !== '/login') {
        await ask(url + pathOf(pattern), 'GET', user.token);
        await ask(url + pathOf(pattern), 'GET');
      }
    }
    expect(withoutUse(await rows())).toBe(before);
  });

  test('has HEAD wherever it has GET, with the same fields and no body', async () => {
    for (const { url: pattern, methods } of routes.filter(route => route.methods.includes('GET'))) {
      expect([pattern, methods]).toEqual([pattern, expect.arrayContaining(['HEAD'])]);
      const path = pathOf(pattern);
      const [got, head] = [
        await ask(url + path, 'GET', user.token),
        await ask(url + path, 'HEAD', user.token),
      ];
      expect([path, head.status, head.text]).toEqual([path, got.status, '']);
      expect([path, fieldsOf(head)]).toEqual([path, fieldsOf(got)]);
    }
  });

  test('OPTIONS of the whole server names all its methods', async () => {
    const answer = await new Promise<{ status?: number; allow?: string }>((resolve, reject) => {
      const { hostname, port } = new URL(url);
      request({ hostname, port, method: 'OPTIONS', path: '*' }, response => {
        response.resume();
        resolve({ status: response.statusCode, allow: response.headers.allow });
      })
        .on('error', reject)
        .end();
    });
    expect(answer).toEqual({ status: 204, allow: 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT' });
  });
});

/** What must be alike: all but what is of this very answer. An error's length varies with its request id. */
function fieldsOf({ status, headers }: Answer): Record<string, string> {
  const {
    date: _d,
    'x-request-id': _i,
    'keep-alive': _k,
    // HEAD need not have the fields of a framing that it does not use (RFC 9110, 9.3.2).
    'transfer-encoding': _t,
    'content-length': length,
    ...rest
  } = headers;
  return status < 400 ? { ...rest, 'content-length': length } : rest;
}
