import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ADMIN, withFirstAdmin } from '../../support/admin.js';
import { startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { PASSWORD, call, login } from '../../support/client.js';
import { ROOT } from '../../support/process.js';

/** UTF-16 units for each character that a field may have: NFC joins at most four. */
const UNITS = 4;

/** Sorting marks takes quadratic time: normalizing 32,000 takes a second. */
const marks = (count: number): string =>
  `a${'\u0315'.repeat(count / 2)}${'\u0334'.repeat(count / 2)}`;

interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  maxLength?: number;
  properties?: Record<string, Schema>;
}
interface Operation {
  requestBody?: { content: Record<string, { schema: Schema }> };
}

const { paths, components } = JSON.parse(readFileSync(`${ROOT}openapi.json`, 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** Each text in the body of each operation. */
const texts = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).flatMap(([method, { requestBody }]) =>
    Object.entries(requestBody?.content ?? {}).flatMap(([type, { schema }]) => {
      const { properties = {} } = components.schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? {};
      return Object.entries(properties)
        .filter(([, { type: of }]) => of === 'string')
        .map(([name, { maxLength }]) => ({ method, path, type, name, maxLength, properties }));
    }),
  ),
);

describe('a text longer than its field', () => {
  let running: RunningApp;
  let token: string;
  let longest: { normalized: number };

  beforeAll(async () => {
    running = await startApp('sqlite', { env: withFirstAdmin() });
    token = (await login(running.url, ADMIN, PASSWORD)).body.token;
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  afterAll(() => running.close());

  function watchNormalize(): void {
    longest = { normalized: 0 };
    const { normalize } = String.prototype;
    vi.spyOn(String.prototype, 'normalize').mockImplementation(function (this: string, form) {
      longest.normalized = Math.max(longest.normalized, this.length);
      return this.length > 5_000 ? 'cut' : normalize.call(this, form as 'NFC');
    });
  }

  test('is in this document at least ten times', () => {
    expect(texts.length).toBeGreaterThanOrEqual(10);
  });

  test.each(texts)(
    'is refused before it is normalized: $name of $method $path',
    async ({ method, path, type, name, maxLength, properties }) => {
      expect(maxLength).toBeDefined();
      const others = Object.entries(properties).map(([other, { type: of }]) => [
        other,
        of === 'string' ? 'Ada and 7 more' : of === 'boolean' ? true : undefined,
      ]);
      watchNormalize();
      const answer = await call(running.url, method.toUpperCase(), path.replace(/\{.*?\}/, '1'), {
        token,
        headers: { 'content-type': type },
        body: JSON.stringify({ ...Object.fromEntries(others), [name]: marks(31_000) }),
      });
      expect([answer.status, answer.body.type]).toEqual([422, '/problems/validation_failed']);
      expect(answer.body.errors).toContainEqual({
        pointer: `/${name}`,
        detail: expect.stringContaining(String(maxLength)),
      });
      expect(longest.normalized).toBeLessThanOrEqual(UNITS * 256);
    },
  );

  test.each(['/authors?name=', '/authors?q=', '/authors/export?country=', '/users?cursor='])(
    'is refused in %s before it is normalized',
    async path => {
      watchNormalize();
      const answer = await call(running.url, 'GET', path + encodeURIComponent(marks(1_200)), {
        token,
      });
      expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid_query']);
      expect(longest.normalized).toBeLessThanOrEqual(UNITS * 50);
    },
  );

  test('is refused as the name and the password of a login before it is normalized', async () => {
    watchNormalize();
    const answer = await login(running.url, marks(700), marks(700));
    expect(answer.status).toBe(401);
    expect(longest.normalized).toBeLessThanOrEqual(UNITS * 256 + 1);
  });

  test('is refused as one of 7,000 scopes of a token, in a time that grows with their number', async () => {
    const time = async (count: number): Promise<number> => {
      const scopes = Array.from({ length: count }, (_, index) => `s${index}`);
      const start = performance.now();
      const answer = await call(running.url, 'POST', '/tokens', {
        token,
        json: { name: 'x', scopes },
      });
      expect(answer.status).toBe(422);
      return performance.now() - start;
    };
    await time(10);
    expect(await time(7_000)).toBeLessThan(50);
  });
});

describe('a body of thousands of unknown fields', () => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await startApp('sqlite');
  });
  afterAll(() => running.close());

  const post = (count: number) => {
    const fields = Array.from({ length: count }, (_, index) => [`k${index.toString(36)}`, 1]);
    return call(running.url, 'POST', '/register', { json: Object.fromEntries(fields) });
  };

  test('is refused as a whole, with one fault', async () => {
    const { status, body } = await post(7_300);
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ pointer: '', detail: 'must have at most 22 fields' }]);
  });

  test('lists the first 20 faults of the allowed number of fields', async () => {
    const { status, body } = await post(22);
    expect(status).toBe(422);
    expect(body.errors).toHaveLength(20);
  });

  test('shows only the beginning of a long name', async () => {
    const answer = await call(running.url, 'POST', '/register', {
      json: { ['x'.repeat(60_000)]: 1 },
    });
    expect(answer.status).toBe(422);
    expect(answer.text.length).toBeLessThan(2_000);
  });
});
