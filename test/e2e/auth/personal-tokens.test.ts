import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import { anotherProcess, databaseOf, newAdmin, setRights } from './inside.js';

const DAY = 86_400_000;
const SCOPES = ['authors:read', 'authors:write', 'users:read', 'metrics:read'];

/** What each scope opens; everything else in the table stays closed to it. */
const BY_SCOPE: [scope: string, method: string, path: string, body?: object][] = [
  ['authors:read', 'GET', '/authors'],
  ['authors:read', 'GET', '/authors/999999'],
  ['authors:read', 'GET', '/authors/export?format=csv'],
  ['authors:write', 'POST', '/author', { name: 'A', book: 'B', country: 'C' }],
  ['authors:write', 'POST', '/authors', { name: 'A', book: 'B', country: 'C' }],
  ['authors:write', 'PUT', '/authors/999999', { name: 'A', book: 'B', country: 'C' }],
  ['authors:write', 'PATCH', '/authors/999999', { name: 'A' }],
  ['authors:write', 'DELETE', '/authors/999999'],
  ['authors:write', 'POST', '/authors/import'],
  ['users:read', 'GET', '/users'],
  ['metrics:read', 'GET', '/metrics'],
];

const SESSION_ONLY: [method: string, path: string, body?: object][] = [
  ['PATCH', '/users/me', { name: 'somebody' }],
  ['DELETE', '/users/me', { password: 'x' }],
  ['PUT', '/users/me/password', { current_password: 'x', new_password: 'y' }],
  ['GET', '/users/me/events'],
  ['GET', '/events'],
  ['GET', '/users/ID'],
  ['PATCH', '/users/ID', { admin: true }],
  ['DELETE', '/users/ID'],
  ['POST', '/users/ID/reset'],
  ['POST', '/users/ID/ticket'],
  ['GET', '/sessions'],
  ['DELETE', '/sessions'],
  ['POST', '/sessions/confirm', { password: 'x' }],
  ['DELETE', '/sessions/x'],
  ['GET', '/tokens'],
  ['POST', '/tokens', { name: 'more', scopes: SCOPES }],
  ['DELETE', '/tokens/x'],
  ['POST', '/logout'],
];

describe.each(databases())('personal access tokens on %s', kind => {
  let running: RunningApp;
  let url: string;
  let admin: Account;
  let ada: Account;

  beforeAll(async () => {
    running = await startApp(kind);
    ({ url } = running);
    admin = await newAdmin(running);
    ada = await newAccount(url);
  });

  afterAll(() => running?.close());
  afterEach(() => void vi.useRealTimers());

  const make = (
    scopes: string[],
    of = ada,
    more: { expires_in_days?: number | null } = {},
  ): Promise<Answer> =>
    call(url, 'POST', '/tokens', { token: of.token, json: { name: 'robot', scopes, ...more } });
  const me = (token: string): Promise<Answer> => call(url, 'GET', '/users/me', { token });
  const list = async (of = ada): Promise<any[]> =>
    (await call(url, 'GET', '/tokens', { token: of.token })).body.tokens;

  it('are shown once, and stored as a hash alone', async () => {
    const { status, body, headers } = await make(['authors:read']);
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body.token).toMatch(/^lib_pat_[A-Za-z0-9]{49}$/);
    expect(await list()).toContainEqual({
      id: body.id,
      name: 'robot',
      scopes: ['authors:read'],
      created_at: expect.any(String),
      last_used_at: null,
      expires_at: null,
    });
    expect(JSON.stringify(await list())).not.toContain('lib_pat_');
    const database = await databaseOf(running);
    const stored = JSON.stringify(await database.all('SELECT * FROM personal_tokens', []));
    expect(stored).toContain(createHash('sha256').update(body.token).digest('base64url'));
    expect(stored).not.toContain(body.token.slice(8, 40));
    expect(JSON.stringify(await database.all('SELECT * FROM events', []))).not.toContain(
      'lib_pat_',
    );
  });

  it.each(BY_SCOPE)('open with %s alone: %s %s', async (scope, method, path, json) => {
    for (const each of SCOPES) {
      const { token } = (await make([each], admin)).body;
      const { status, body, headers, text } = await call(url, method, path, { token, json });
      if (each === scope) {
        expect([200, 201, 404, 409, 415], text).toContain(status);
      } else {
        expect([each, status]).toEqual([each, 403]);
        expect(body.type).toBe('/problems/insufficient_scope');
        expect(headers.get('www-authenticate')).toBe(
          `Bearer realm="library-api", error="insufficient_scope", scope="${scope}"`,
        );
      }
    }
  });

  it.each(SESSION_ONLY)('never do for a session: %s %s', async (method, path, json) => {
    const { token } = (await make(SCOPES, admin)).body;
    const to = path.replace('ID', ada.publicId);
    const { status, headers } = await call(url, method, to, { token, json });
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect((await me(ada.token)).body).toMatchObject({ admin: false, disabled: false });
  });

  it('tell their own user with any scope, in either header', async () => {
    for (const scope of SCOPES) {
      const { token } = (await make([scope], admin)).body;
      expect((await me(token)).body.public_id).toBe(admin.publicId);
      const headers = { 'x-access-tokens': token };
      expect((await call(url, 'GET', '/users/me', { headers })).status).toBe(200);
    }
  });

  it('give the scopes of admins to admins alone, and only while they are', async () => {
    for (const scope of ['users:read', 'metrics:read']) {
      expect((await make([scope])).status).toBe(403);
      expect((await make(['authors:read', scope])).status).toBe(403);
    }
    const other = await newAdmin(running);
    const { token } = (await make(['users:read', 'metrics:read'], other)).body;
    const get = (path: string): Promise<Answer> => call(url, 'GET', path, { token });
    expect((await get('/users')).status).toBe(200);
    expect((await get('/metrics')).status).toBe(200);
    await setRights(running, other.publicId, { admin: false });
    expect((await get('/users')).status).toBe(403);
    expect((await get('/metrics')).status).toBe(403);
  });

  it('end when revoked, by their own user alone', async () => {
    const { token, id } = (await make(['authors:read'])).body;
    const revoke = (by: string): Promise<Answer> =>
      call(url, 'DELETE', `/tokens/${id}`, { token: by });
    expect((await revoke(admin.token)).status).toBe(404);
    expect((await me(token)).status).toBe(200);
    expect((await revoke(ada.token)).status).toBe(204);
    expect((await me(token)).status).toBe(401);
    expect((await revoke(ada.token)).status).toBe(404);
    expect((await list()).map(each => each.id)).not.toContain(id);
  });

  it('end at their end', async () => {
    const { body } = await make(['authors:read'], ada, { expires_in_days: 2 });
    expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(2 * DAY);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * DAY - 60_000 });
    expect((await me(body.token)).status).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    expect((await me(body.token)).status).toBe(401);
  });

  it('are refused with a typo, in another case, cut or lengthened', async () => {
    const { token } = (await make(['authors:read'])).body as { token: string };
    const swap = (at: number): string =>
      token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    const wrong = [
      ...[8, 20, 50, 51, 56].map(swap),
      token.slice(0, -1),
      `${token}A`,
      token.toUpperCase(),
      token.replace('lib_pat_', ''),
      `lib_pat_${token}`,
      'lib_pat_',
      `lib_pat_${'0'.repeat(49)}`,
    ];
    for (const each of wrong) {
      expect((await me(each)).status, each).toBe(401);
    }
    expect((await me(token)).status).toBe(200);
  });

  it.each<[string, unknown]>([
    ['no scope', { name: 'x', scopes: [] }],
    ['an unknown scope', { name: 'x', scopes: ['admin'] }],
    ['all at once', { name: 'x', scopes: ['*'] }],
    ['a scope twice', { name: 'x', scopes: ['authors:read', 'authors:read'] }],
    ['two scopes in one text', { name: 'x', scopes: ['authors:read authors:write'] }],
    ['scopes that are no list', { name: 'x', scopes: 'authors:read' }],
    ['no name', { scopes: ['authors:read'] }],
    ['an empty name', { name: '', scopes: ['authors:read'] }],
    ['a name of 51 characters', { name: 'x'.repeat(51), scopes: ['authors:read'] }],
    ['an end in the past', { name: 'x', scopes: ['authors:read'], expires_in_days: -1 }],
    ['an end today', { name: 'x', scopes: ['authors:read'], expires_in_days: 0 }],
    ['an end beyond ten years', { name: 'x', scopes: ['authors:read'], expires_in_days: 3651 }],
    ['half a day', { name: 'x', scopes: ['authors:read'], expires_in_days: 0.5 }],
    ['days as a text', { name: 'x', scopes: ['authors:read'], expires_in_days: '7' }],
    ['a token of its own', { name: 'x', scopes: ['authors:read'], token: 'lib_pat_x' }],
    ['somebody else', { name: 'x', scopes: ['authors:read'], user_id: 1 }],
  ])('are not made with %s', async (_, json) => {
    const { status } = await call(url, 'POST', '/tokens', { token: ada.token, json });
    expect(status).toBe(422);
  });

  it('are 100 a user, however many are asked for at once', async () => {
    const eve = await newAccount(url);
    const other = await anotherProcess(running);
    try {
      const statuses = await Promise.all(
        Array.from({ length: 130 }, async (_, i) => {
          const json = { name: `robot ${i}`, scopes: ['authors:read'] };
          const on = i % 2 ? url : other.url;
          return (await call(on, 'POST', '/tokens', { token: eve.token, json })).status;
        }),
      );
      expect(statuses.filter(status => status === 201)).toHaveLength(100);
      expect(statuses.filter(status => status === 507)).toHaveLength(30);
    } finally {
      await other.stop('SIGKILL');
    }
    const [first, ...others] = await list(eve);
    expect(others).toHaveLength(99);
    await call(url, 'DELETE', `/tokens/${first.id}`, { token: eve.token });
    expect((await make(['authors:read'], eve)).status).toBe(201);
    expect((await make(['authors:read'], eve)).status).toBe(507);
    const database = await databaseOf(running);
    await database.run('UPDATE personal_tokens SET expires_at = 1 WHERE name = $1', ['robot']);
    expect((await make(['authors:read'], eve)).status).toBe(201);
  });
});
