import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, freshName, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import { ROOT } from '../../support/process.js';
import { forgetTries, newAdmin, setRights } from './inside.js';

type Document = Record<string, Record<string, { description?: string }>>;

const { paths } = JSON.parse(readFileSync(`${ROOT}openapi.json`, 'utf8')) as { paths: Document };

/** Every operation that says it is for admins. */
const ADMIN_ROUTES = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations)
    .filter(([, { description }]) => description?.includes('**Who:** an admin'))
    .map(([method]) => ({ method: method.toUpperCase(), path })),
);

const bodyOf = ({ method, path }: { method: string; path: string }): object | undefined =>
  method === 'PATCH'
    ? { admin: true }
    : method === 'POST' && path === '/users'
      ? { name: freshName() }
      : undefined;

describe.each(databases())('what admins may on %s', kind => {
  let here: RunningApp;
  let admin: Account;
  let victim: Account;

  beforeAll(async () => {
    here = await startApp(kind);
    admin = await newAdmin(here);
    victim = await newAccount(here.url);
  });

  afterAll(() => here?.close());

  beforeEach(() => forgetTries(here));

  const ask = (
    route: { method: string; path: string },
    token?: string,
    of = victim,
  ): Promise<Answer> =>
    call(here.url, route.method, route.path.replace('{public_id}', of.publicId), {
      token,
      json: bodyOf(route),
    });
  const patch = (by: string, of: Account, json: object): Promise<Answer> =>
    call(here.url, 'PATCH', `/users/${of.publicId}`, { token: by, json });
  const personal = async (by: Account, scopes: string[]): Promise<string> =>
    (await call(here.url, 'POST', '/tokens', { token: by.token, json: { name: 'x', scopes } })).body
      .token;

  it('is what the document says, and no less', () => {
    const named = ADMIN_ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(named).toEqual(
      expect.arrayContaining([
        'GET /users',
        'GET /users/{public_id}',
        'PATCH /users/{public_id}',
        'DELETE /users/{public_id}',
        'POST /users/{public_id}/reset',
        'POST /users/{public_id}/ticket',
        'GET /events',
        'GET /metrics',
      ]),
    );
  });

  describe.each(ADMIN_ROUTES)('$method $path', route => {
    it.each<[string, number, () => Promise<string | undefined>]>([
      ['nobody', 401, async () => undefined],
      ['a user', 403, async () => (await newAccount(here.url)).token],
      [
        "a user's token with every scope they can have",
        403,
        async () => personal(await newAccount(here.url), ['authors:read', 'authors:write']),
      ],
      [
        "an admin's token whose scopes are too small",
        403,
        async () => personal(admin, ['authors:read', 'authors:write']),
      ],
      [
        'a disabled admin',
        401,
        async () => {
          const other = await newAdmin(here);
          await setRights(here, other.publicId, { disabled: true });
          return other.token;
        },
      ],
      [
        "a disabled admin's token",
        401,
        async () => {
          const other = await newAdmin(here);
          const token = await personal(other, ['users:read', 'metrics:read']);
          await setRights(here, other.publicId, { disabled: true });
          return token;
        },
      ],
      [
        'the old token of an admin who was demoted',
        403,
        async () => {
          const other = await newAdmin(here);
          await setRights(here, other.publicId, { admin: false });
          return other.token;
        },
      ],
      [
        'the old personal token of an admin who was demoted',
        403,
        async () => {
          const other = await newAdmin(here);
          const token = await personal(other, ['users:read', 'metrics:read']);
          await setRights(here, other.publicId, { admin: false });
          return token;
        },
      ],
    ])('is closed to %s', async (_, expected, make) => {
      const { status, text } = await ask(route, await make());
      expect(status, text).toBe(expected);
      expect(text).not.toContain(victim.name);
    });

    it('is open to an admin', async () => {
      const other = await newAccount(here.url);
      expect([200, 201, 204]).toContain((await ask(route, admin.token, other)).status);
    });
  });

  it('changes nothing for users it may not change', async () => {
    const { body } = await call(here.url, 'GET', '/users/me', { token: victim.token });
    expect(body).toMatchObject({ name: victim.name, admin: false, disabled: false });
  });

  it('lists users page by page, each once, never a hash', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let page = 0; cursor !== null && page < 100; page += 1) {
      const query: string = cursor === '' ? '?limit=7' : `?limit=7&cursor=${cursor}`;
      const { body, text } = await call(here.url, 'GET', `/users${query}`, { token: admin.token });
      expect(text).not.toMatch(/\$2|hash|password|tokens_valid/);
      expect(Object.keys(body.users[0]).sort()).toEqual(
        ['admin', 'created_at', 'disabled', 'name', 'public_id'].sort(),
      );
      seen.push(...body.users.map((user: { public_id: string }) => user.public_id));
      cursor = body.next_cursor;
    }
    expect(seen).toContain(victim.publicId);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([
    { admin: 'yes' },
    { admin: 1 },
    { disabled: 'true' },
    { password: 'chosen by the admin' },
    { password_hash: '$2b$04$x' },
    { public_id: 'x' },
    { name: 'renamed' },
    { tokens_valid_from: 0 },
    [],
  ])('does not change a user by %j', async json => {
    const { status } = await patch(admin.token, victim, json);
    expect(status).toBe(422);
    const { body } = await call(here.url, 'GET', '/users/me', { token: victim.token });
    expect(body).toMatchObject({ name: victim.name, admin: false, disabled: false });
  });
});
