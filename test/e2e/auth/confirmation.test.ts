import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, freshName, login, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import { liveRoutes } from '../../support/live-routes.js';
import { databaseOf, forgetTries, newAdmin } from './inside.js';

/** The routes that change accounts, and the one that makes personal access tokens; two more take the password. */
const ACTS_ON_ACCOUNTS =
  /^(POST \/tokens|PATCH \/users\/me|(POST|PUT|PATCH|DELETE) \/users(\/:public_id.*)?)$/;

describe.each(databases())('confirmation on %s', kind => {
  let running: RunningApp;
  let url: string;
  let admin: Account;
  let ada: Account;

  beforeAll(async () => {
    running = await startApp(kind);
    ({ url } = running);
  });

  afterAll(() => running?.close());

  beforeEach(async () => {
    await forgetTries(running);
    admin = await newAdmin(running);
    ada = await newAccount(url);
  });

  /** Moves the confirmation of every session back by this many minutes. */
  const passMinutes = async (minutes: number): Promise<void> => {
    const database = await databaseOf(running);
    await database.run('UPDATE sessions SET confirmed_at = confirmed_at - $1', [minutes * 60_000]);
  };
  const ask = (method: string, path: string, token: string, json?: object): Promise<Answer> =>
    call(url, method, path, { token, json });
  const confirm = (token: string, password: string): Promise<Answer> =>
    ask('POST', '/sessions/confirm', token, { password });
  const reset = (of: Account, token = admin.token): Promise<Answer> =>
    ask('POST', `/users/${of.publicId}/reset`, token);

  it('is required by every route that changes an account or makes a token', async () => {
    await passMinutes(6);
    const acts = (await liveRoutes(running))
      .flatMap(({ url: path, methods }) => methods.map(method => `${method} ${path}`))
      .filter(route => ACTS_ON_ACCOUNTS.test(route));
    expect(acts).toEqual(
      expect.arrayContaining([
        'POST /tokens',
        'PATCH /users/me',
        'POST /users',
        'PATCH /users/:public_id',
        'DELETE /users/:public_id',
        'POST /users/:public_id/reset',
        'POST /users/:public_id/ticket',
      ]),
    );
    const { body: document } = await call(url, 'GET', '/openapi.json');
    for (const route of acts) {
      const [method, path] = route.split(' ');
      const answer = await ask(method, path.replace(':public_id', ada.publicId), admin.token, {});
      expect([route, answer.status, answer.body.type]).toEqual([
        route,
        403,
        '/problems/confirmation_required',
      ]);
      const documented = document.paths[path.replace(':public_id', '{public_id}')];
      const refused = documented[method.toLowerCase()].responses['403'];
      expect(JSON.stringify(refused)).toContain('confirm');
    }
    expect((await ask('GET', '/users/me', ada.token)).body).toMatchObject({ admin: false });
  });

  it('lasts five minutes from a login, and from a confirmation', async () => {
    await passMinutes(4.9);
    expect((await reset(ada)).status).toBe(201);
    await passMinutes(0.2);
    const refused = await reset(ada);
    expect([refused.status, refused.body.type]).toEqual([403, '/problems/confirmation_required']);
    expect(refused.body.detail).toContain('POST /sessions/confirm');
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="library-api", error="insufficient_user_authentication", max_age="300"',
    );
    expect((await confirm(admin.token, admin.password)).status).toBe(204);
    expect((await reset(ada)).status).toBe(201);
    await passMinutes(5.1);
    expect((await reset(ada)).status).toBe(403);
  });

  it('belongs to one session, and a refresh does not renew it', async () => {
    await passMinutes(6);
    const { body: other } = await login(url, admin.name, admin.password);
    expect((await reset(ada, other.token)).status).toBe(201);
    expect((await reset(ada)).status).toBe(403);
    const exchange = async (refresh_token: string): Promise<any> =>
      (await call(url, 'POST', '/token/refresh', { json: { refresh_token } })).body;
    expect((await reset(ada, (await exchange(admin.refreshToken)).token)).status).toBe(403);
    expect((await reset(ada, (await exchange(other.refresh_token)).token)).status).toBe(201);
  });

  it('needs the right password, and counts wrong ones as a change of the password does', async () => {
    await passMinutes(6);
    const statuses: number[] = [];
    for (let i = 0; i < 11; i += 1) {
      statuses.push((await confirm(admin.token, `not the password ${i}`)).status);
    }
    expect(statuses).toEqual([...Array(10).fill(403), 429]);
    expect((await confirm(admin.token, admin.password)).status).toBe(429);
    const json = { current_password: admin.password, new_password: 'another horse battery' };
    expect((await ask('PUT', '/users/me/password', admin.token, json)).status).toBe(429);
    expect((await reset(ada)).body.type).toBe('/problems/confirmation_required');
    expect((await confirm(ada.token, 'not the password')).body.type).toBe(
      '/problems/wrong_password',
    );
  });

  it('is recorded', async () => {
    await confirm(ada.token, ada.password);
    const { body } = await ask('GET', '/users/me/events', ada.token);
    expect(body.events[0]).toMatchObject({ action: 'session.confirmed', actor: ada.publicId });
  });

  it('is no way to a code for oneself or for another admin', async () => {
    const other = await newAdmin(running);
    for (const of of [admin, other]) {
      for (const what of ['reset', 'ticket']) {
        const { status, body } = await ask('POST', `/users/${of.publicId}/${what}`, admin.token);
        expect([status, body.type]).toEqual([403, '/problems/command_line_only']);
        expect(body).not.toHaveProperty('code');
      }
    }
  });
});

describe.each(databases())('a change of the password on %s', kind => {
  const NEW_PASSWORD = 'another horse battery';
  let running: RunningApp;
  let url: string;
  let ada: Account;
  let personal: string;

  beforeAll(async () => {
    running = await startApp(kind);
    ({ url } = running);
  });

  afterAll(() => running?.close());

  beforeEach(async () => {
    await forgetTries(running);
    ada = await newAccount(url, freshName());
    const json = { name: 'robot', scopes: ['authors:read'] };
    personal = (await call(url, 'POST', '/tokens', { token: ada.token, json })).body.token;
  });

  const change = (more: object = {}): Promise<Answer> =>
    call(url, 'PUT', '/users/me/password', {
      token: ada.token,
      json: { current_password: ada.password, new_password: NEW_PASSWORD, ...more },
    });
  const me = async (token: string): Promise<number> =>
    (await call(url, 'GET', '/users/me', { token })).status;
  const refresh = (refresh_token: string): Promise<Answer> =>
    call(url, 'POST', '/token/refresh', { json: { refresh_token } });

  it('gives the caller a new token pair and ends the old one', async () => {
    const { status, body, headers } = await change();
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    const pair = await refresh(body.refresh_token);
    expect(Object.keys(body).sort()).toEqual(Object.keys(pair.body).sort());
    expect(await me(body.token)).toBe(200);
    expect(await me(pair.body.token)).toBe(200);
    expect(await me(ada.token)).toBe(401);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
    const { body: list } = await call(url, 'GET', '/sessions', { token: body.token });
    expect(list.sessions).toHaveLength(1);
  });

  it('ends the personal access tokens', async () => {
    const { body } = await change();
    expect(await me(personal)).toBe(401);
    expect((await call(url, 'GET', '/tokens', { token: body.token })).body.tokens).toEqual([]);
  });

  it('keeps them if asked to', async () => {
    expect((await change({ keep_tokens: 'yes' })).status).toBe(422);
    expect((await change({ keep_tokens: true })).status).toBe(200);
    expect(await me(personal)).toBe(200);
  });

  it('leaves no token that a request of the old session makes at the same time', async () => {
    const json = { name: 'robot', scopes: ['authors:read'] };
    const made: Promise<Answer>[] = [];
    const changed = change();
    for (let i = 0; i < 30; i += 1) {
      made.push(call(url, 'POST', '/tokens', { token: ada.token, json }));
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    expect((await changed).status).toBe(200);
    for (const { status, body } of await Promise.all(made)) {
      expect(status === 201 ? await me(body.token) : status).toBe(401);
    }
  });
});
