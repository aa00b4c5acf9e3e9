import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Answer } from '../../support/client.js';
import { expectProblem } from '../../support/problems.js';

const REST = '"book":"Night Boat","country":"Ireland"';
const nested = (levels: number): string =>
  `{"name":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)},${REST}}`;

/** JSON texts that two readers could understand differently, or that exhaust one. */
const NOT_TAKEN_AS_JSON: Record<string, string | Uint8Array> = {
  'a repeated member': `{"name":"a","name":"b",${REST}}`,
  'a repeated member in disguise': `{"name":"a","n\\u0061me":"b",${REST}}`,
  '33 levels': nested(33),
  '100000 levels': nested(100_000).slice(0, 60_000),
  __proto__: `{"__proto__":{"admin":true},"name":"a",${REST}}`,
  'constructor.prototype': `{"constructor":{"prototype":{"admin":true}},"name":"a",${REST}}`,
  'broken UTF-8': Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff]), Buffer.from('"}')]),
  'UTF-16': Buffer.from(`{"name":"a",${REST}}`, 'utf16le'),
  'a number beyond a double': `{"name":1e999,${REST}}`,
  NaN: `{"name":NaN,${REST}}`,
  'a comment': `{"name":"a",/* */${REST}}`,
  'a comma at the end': `{"name":"a",${REST},}`,
  'single quotes': `{'name':'a'}`,
  'two values': `{"name":"a",${REST}} {}`,
  nothing: '',
  spaces: '   ',
};

/** JSON that is understood, and is not valid: where the fault is. */
const NOT_VALID: Record<string, { body: string; pointer: string }> = {
  'NUL in a text': { body: `{"name":"a\\u0000b",${REST}}`, pointer: '/name' },
  'a lone surrogate': { body: `{"name":"a\\ud800b",${REST}}`, pointer: '/name' },
  'a wrong type': { body: `{"name":7,${REST}}`, pointer: '/name' },
  null: { body: `{"name":null,${REST}}`, pointer: '/name' },
  'an array for a text': { body: `{"name":["a"],${REST}}`, pointer: '/name' },
  'a text for a boolean': {
    body: `{"name":"a","booker_prize":"true",${REST}}`,
    pointer: '/booker_prize',
  },
  'an unknown member': { body: `{"name":"a","owner_id":1,${REST}}`, pointer: '/owner_id' },
  'a member of Object.prototype': {
    body: `{"name":"a","toString":1,${REST}}`,
    pointer: '/toString',
  },
  'a member named prototype': { body: `{"name":"a","prototype":1,${REST}}`, pointer: '/prototype' },
  'constructor alone': { body: `{"name":"a","constructor":1,${REST}}`, pointer: '/constructor' },
  '32 levels': { body: nested(32), pointer: '/name' },
  'a text of white space': { body: `{"name":" \\t\\u3000",${REST}}`, pointer: '/name' },
  'an empty text': { body: `{"name":"",${REST}}`, pointer: '/name' },
  '151 characters': { body: `{"name":"${'ä'.repeat(151)}",${REST}}`, pointer: '/name' },
  'an array': { body: `[{"name":"a",${REST}}]`, pointer: '' },
  'a text': { body: '"a"', pointer: '' },
  'nothing but null': { body: 'null', pointer: '' },
};

/** Bodies in a type that the route does not take; forms among them, which pages elsewhere can send. */
const TYPES = [
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/plain; charset=utf-8',
  'application/json; charset=latin1',
  'application/json\ta',
  'application/json, text/plain',
  'application/json; charset=utf-8; charset=latin1',
  'application/json; x',
  'application/json; x = y',
  'application/json; x="',
  'application/json;\u00a0charset=utf-8',
  'application/jsonp',
  'application/xml',
  'application',
  '',
];

describe.each(databases())('bodies on %s', kind => {
  let running: RunningApp;
  let token: string;

  beforeAll(async () => {
    running = await startApp(kind);
    ({ token } = await newAccount(running.url));
  });
  afterAll(() => running.close());

  const post = (
    body: string | Uint8Array,
    headers: Record<string, string> = {},
    path = '/author',
  ): Promise<Answer> =>
    call(running.url, 'POST', path, {
      token,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  test.each(Object.entries(NOT_TAKEN_AS_JSON))('400 for %s', async (_, body) => {
    await expectProblem(running.url, await post(body), 400, 'invalid_json');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each(Object.entries(NOT_VALID))('422 for %s, and where', async (_, { body, pointer }) => {
    const problem = await expectProblem(running.url, await post(body), 422, 'validation_failed');
    expect(problem.errors).toEqual([{ pointer, detail: expect.stringMatching(/./) }]);
  });

  test('422 names every fault of a body', async () => {
    const { body } = await post('{"name":1,"book":"","country":7,"extra":{}}');
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/book',
      '/country',
      '/extra',
      '/name',
    ]);
  });

  test.each(TYPES)('415 for a body of type %j', async type => {
    const answer = await post(`{"name":"a",${REST}}`, { 'content-type': type });
    await expectProblem(running.url, answer, 415, 'unsupported_media_type');
    expect(answer.headers.get('accept-post')).toBe('application/json');
  });

  test('415 with Accept-Patch for a PATCH, and for a compressed body', async () => {
    const made = await post(`{"name":"Kevin Barry",${REST}}`);
    expect(made.status).toBe(201);
    const answer = await call(running.url, 'PATCH', `/authors/${made.body.id}`, {
      token,
      headers: { 'content-type': 'application/json-patch+json' },
      body: '[]',
    });
    await expectProblem(running.url, answer, 415, 'unsupported_media_type');
    expect(answer.headers.get('accept-patch')).toContain('application/merge-patch+json');
    const compressed = await post('x', { 'content-encoding': 'gzip' });
    await expectProblem(running.url, compressed, 415, 'unsupported_media_type');
  });

  test.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json;',
    'application/json; ; charset=us-ascii;',
    'application/json; charset="U\\TF-8"',
    'application/json; charset=utf-8; x=y; profile="a;b\\"c"',
  ])('takes %s', async type => {
    const answer = await post('{"name":7}', { 'content-type': type });
    await expectProblem(running.url, answer, 422, 'validation_failed');
  });

  test('a byte order mark does no harm, and 50 astral characters are 50', async () => {
    const name = '𝔸'.repeat(50);
    const answer = await post(`\ufeff{"name":"${name}",${REST}}`);
    expect([answer.status, answer.body.name]).toEqual([201, name]);
  });

  test('a body on a route that takes none is not looked at', async () => {
    const answer = await call(running.url, 'POST', '/logout', {
      token: (await newAccount(running.url)).token,
      json: { anything: 1 },
    });
    expect(answer.status).toBe(204);
  });
});
