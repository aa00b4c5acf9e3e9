import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, login, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import type { ServerProcess } from '../../support/process.js';
import { anotherProcess, databaseOf, forgetTries, newAdmin, sweepExpiredRows } from './inside.js';

interface Session {
  token: string;
  id: string;
  refreshToken: string;
}

const NEW_PASSWORD = 'another horse battery';

describe.each(databases())('sessions on %s', kind => {
  let here: RunningApp;
  /** Another process on the same database. */
  let there: ServerProcess;
  let admin: Account;
  let ada: Account;

  beforeAll(async () => {
    here = await startApp(kind);
    there = await anotherProcess(here);
    admin = await newAdmin(here);
  });

  afterAll(async () => {
    await there?.stop('SIGKILL');
    await here?.close();
  });

  beforeEach(async () => {
    await forgetTries(here);
    ada = await newAccount(here.url);
  });

  const me = (token: string, on: { url: string } = here): Promise<Answer> =>
    call(on.url, 'GET', '/users/me', { token });
  const anotherSession = async (of = ada): Promise<Session> => {
    const { body } = await login(here.url, of.name, of.password, { 'user-agent': 'another/1.0' });
    return { token: body.token, id: body.session_id, refreshToken: body.refresh_token };
  };
  const asAdmin = (method: string, path: string, json?: unknown): Promise<Answer> =>
    call(here.url, method, path, { token: admin.token, json });

  /** Neither process takes the token at its very next request, nor goes on with its session. */
  const expectEnded = async (token: string, refreshToken?: string): Promise<void> => {
    for (const on of [there, here]) {
      const { status, body } = await me(token, on);
      expect(status).toBe(401);
      expect(body.message).toBe('token is invalid');
      if (refreshToken !== undefined) {
        const json = { refresh_token: refreshToken };
        expect((await call(on.url, 'POST', '/token/refresh', { json })).status).toBe(401);
      }
    }
  };

  it('end with logout at once, in every process and however often the token was used before', async () => {
    for (let i = 0; i < 3; i += 1) {
      expect((await me(ada.token, there)).status).toBe(200);
    }
    expect((await call(here.url, 'POST', '/logout', { token: ada.token })).status).toBe(204);
    await expectEnded(ada.token, ada.refreshToken);
    expect((await call(here.url, 'POST', '/logout', { token: ada.token })).status).toBe(401);
  });

  it('end alone: logging out of one leaves the others', async () => {
    const other = await anotherSession();
    await call(here.url, 'POST', '/logout', { token: other.token });
    await expectEnded(other.token, other.refreshToken);
    expect((await me(ada.token)).status).toBe(200);
  });

  it('are listed for their user alone, with where they come from and which one asks', async () => {
    const other = await anotherSession();
    const { body } = await call(here.url, 'GET', '/sessions', { token: ada.token });
    expect(body.sessions).toHaveLength(2);
    // 16 random bytes.
    expect(other.id).toMatch(/^[\w-]{22}$/);
    expect(body.sessions).toContainEqual({
      id: other.id,
      address: '127.0.0.1',
      user_agent: 'another/1.0',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      last_used_at: expect.any(String),
      expires_at: expect.any(String),
      current: false,
    });
    const current = body.sessions.filter((each: { current: boolean }) => each.current);
    expect(current.map(({ id }: { id: string }) => id)).toEqual([ada.sessionId]);
    expect(JSON.stringify(body)).not.toMatch(/lib_rt_|eyJ|\$2/);
  });

  it('can be ended one by one by their user only', async () => {
    const other = await anotherSession();
    const stranger = await newAccount(here.url);
    const path = `/sessions/${other.id}`;
    const foreign = await call(here.url, 'DELETE', path, { token: stranger.token });
    const missing = await call(here.url, 'DELETE', '/sessions/AAAAAAAAAAAAAAAAAAAAAA', {
      token: stranger.token,
    });
    expect([foreign.status, foreign.body.detail]).toEqual([404, missing.body.detail]);
    expect((await asAdmin('DELETE', path)).status).toBe(404);
    expect((await me(other.token)).status).toBe(200);
    expect((await call(here.url, 'DELETE', path, { token: ada.token })).status).toBe(204);
    await expectEnded(other.token, other.refreshToken);
    expect((await call(here.url, 'DELETE', path, { token: ada.token })).status).toBe(404);
  });

  it.each(['%00', '%F0%9F%98%80', "'%20OR%201=1--", '..%2F', 'x'.repeat(2000), '%ED%A0%80'])(
    'are not found by an impossible id: %s',
    async id => {
      for (const path of ['/sessions/', '/tokens/']) {
        const { status } = await call(here.url, 'DELETE', path + id, { token: ada.token });
        expect([400, 404, 414]).toContain(status);
      }
      const user = await asAdmin('GET', `/users/${id}`);
      expect([400, 404, 414]).toContain(user.status);
    },
  );

  it('end all but the one that asks', async () => {
    const others = await Promise.all([anotherSession(), anotherSession()]);
    expect((await call(here.url, 'DELETE', '/sessions', { token: ada.token })).status).toBe(204);
    for (const { token, refreshToken } of others) {
      await expectEnded(token, refreshToken);
    }
    expect((await me(ada.token)).status).toBe(200);
  });

  it('end with a change of the password, the one that asks too', async () => {
    const other = await anotherSession();
    const json = { current_password: ada.password, new_password: NEW_PASSWORD };
    const change = (token = ada.token): Promise<Answer> =>
      call(here.url, 'PUT', '/users/me/password', { token, json });
    const changed = await change();
    expect(changed.status).toBe(200);
    await expectEnded(other.token, other.refreshToken);
    await expectEnded(ada.token, ada.refreshToken);
    expect((await me(changed.body.token, there)).status).toBe(200);
    expect((await login(here.url, ada.name, ada.password)).status).toBe(401);
    expect((await login(there.url, ada.name, NEW_PASSWORD)).status).toBe(200);
    const again = await change(changed.body.token);
    expect([again.status, again.body.message]).toEqual([403, 'the password is wrong']);
  });

  it('stay where a change of the password is refused', async () => {
    const other = await anotherSession();
    for (const [current_password, new_password, expected] of [
      ['not the password', NEW_PASSWORD, 403],
      [ada.password, 'short', 422],
      [ada.password, 'password123', 422],
      [ada.password, ada.name, 422],
      [ada.password, 'x'.repeat(257), 422],
      [ada.password, `nul\0${NEW_PASSWORD}`, 422],
    ] as const) {
      const { status } = await call(here.url, 'PUT', '/users/me/password', {
        token: ada.token,
        json: { current_password, new_password },
      });
      expect(status, new_password).toBe(expected);
    }
    expect((await me(other.token)).status).toBe(200);
    expect((await login(here.url, ada.name, ada.password)).status).toBe(200);
  });

  it('guess the current password no faster than a login does', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const json = { current_password: `not the password ${i}`, new_password: NEW_PASSWORD };
      const { status } = await call(i % 2 ? here.url : there.url, 'PUT', '/users/me/password', {
        token: ada.token,
        json,
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([...Array(10).fill(403), 429, 429]);
    const removal = await call(here.url, 'DELETE', '/users/me', {
      token: ada.token,
      json: { password: ada.password },
    });
    expect(removal.status).toBe(429);
  });

  it('end when the user is disabled, and stay ended when enabled again', async () => {
    const json = { name: 'robot', scopes: ['authors:read'] };
    const pat = await call(here.url, 'POST', '/tokens', { token: ada.token, json });
    expect((await me(pat.body.token, there)).status).toBe(200);
    const path = `/users/${ada.publicId}`;
    expect((await asAdmin('PATCH', path, { disabled: true })).status).toBe(200);
    await expectEnded(ada.token, ada.refreshToken);
    await expectEnded(pat.body.token);
    expect((await login(here.url, ada.name, ada.password)).status).toBe(401);
    expect((await asAdmin('PATCH', path, { disabled: false })).status).toBe(200);
    await expectEnded(ada.token, ada.refreshToken);
    await expectEnded(pat.body.token);
    const { token } = await anotherSession();
    expect((await me(token, there)).status).toBe(200);
  });

  it('end when the user is removed, by themselves or by an admin', async () => {
    const other = await newAccount(here.url);
    expect((await asAdmin('DELETE', `/users/${other.publicId}`)).status).toBe(204);
    await expectEnded(other.token, other.refreshToken);
    const remove = (password: string): Promise<Answer> =>
      call(here.url, 'DELETE', '/users/me', { token: ada.token, json: { password } });
    expect((await remove('not the password')).status).toBe(403);
    expect((await me(ada.token)).status).toBe(200);
    expect((await remove(ada.password)).status).toBe(204);
    await expectEnded(ada.token, ada.refreshToken);
  });

  it('lose admin rights at the very next request', async () => {
    const other = await newAdmin(here);
    expect((await call(there.url, 'GET', '/users', { token: other.token })).status).toBe(200);
    await asAdmin('PATCH', `/users/${other.publicId}`, { admin: false });
    for (const on of [there, here]) {
      expect((await call(on.url, 'GET', '/users', { token: other.token })).status).toBe(403);
    }
    expect((await me(other.token)).body.admin).toBe(false);
  });

  it('do not come back for somebody who registers under the name of a removed user', async () => {
    await call(here.url, 'DELETE', '/users/me', {
      token: ada.token,
      json: { password: ada.password },
    });
    const heir = await newAccount(here.url, ada.name, NEW_PASSWORD);
    expect(heir.publicId).not.toBe(ada.publicId);
    await expectEnded(ada.token, ada.refreshToken);
    expect((await login(here.url, ada.name, ada.password)).status).toBe(401);
    const { body } = await call(here.url, 'GET', '/sessions', { token: heir.token });
    expect(body.sessions).toHaveLength(1);
  });

  it('are at most 100 of a user: the oldest ends when one more begins', async () => {
    const database = await databaseOf(here);
    const of = `(SELECT id FROM users WHERE public_id = $1)`;
    const insert = (id: string, createdAt: number): Promise<number> =>
      database.run(
        `INSERT INTO sessions (id, user_id, address, created_at, last_used_at, expires_at, ends_at)
         VALUES ($2, ${of}, '127.0.0.1', $3, 0, $4, $4)`,
        [ada.publicId, id, createdAt, Date.now() + 60_000],
      );
    const now = Date.now();
    for (let i = 0; i < 99; i += 1) {
      await insert(`${ada.publicId} ${i}`, now + 1_000 + i);
    }
    const ids = async (token: string): Promise<string[]> => {
      const { body } = await call(here.url, 'GET', '/sessions', { token });
      return body.sessions.map(({ id }: { id: string }) => id);
    };
    expect(await ids(ada.token)).toHaveLength(100);
    const next = await anotherSession();
    await expectEnded(ada.token, ada.refreshToken);
    expect((await ids(next.token)).sort()).toEqual(
      [next.id, ...Array.from({ length: 99 }, (_, i) => `${ada.publicId} ${i}`)].sort(),
    );
    for (let i = 99; i < 150; i += 1) {
      await insert(`${ada.publicId} ${i}`, now + 1_000 + i);
    }
    expect(await ids(next.token)).toHaveLength(100);
    const last = await anotherSession();
    expect(await ids(last.token)).toHaveLength(100);
    const { count } = (await database.get<{ count: number }>(
      `SELECT count(*) AS count FROM sessions WHERE user_id = ${of}`,
      [ada.publicId],
    ))!;
    expect(Number(count)).toBe(100);
  });

  it('leave no row a day after they expired, in batches', async () => {
    const database = await databaseOf(here);
    const { token, id } = await anotherSession();
    await database.run('UPDATE sessions SET expires_at = $2, ends_at = $3 WHERE id = $1', [
      id,
      Date.now() - 86_500_000,
      Date.now() + 60_000,
    ]);
    await sweepExpiredRows(here);
    await expectEnded(token);
    expect(await database.all('SELECT 1 FROM sessions WHERE id = $1', [id])).toEqual([]);
    expect((await me(ada.token)).status).toBe(200);
  });

  it('still stand after a quiet time in which the keys are read anew', async () => {
    expect((await me(ada.token)).status).toBe(200);
    const now = performance.now.bind(performance);
    const later = vi.spyOn(performance, 'now').mockImplementation(() => now() + 1_200);
    const status = (await me(ada.token)).status;
    later.mockRestore();
    expect(status).toBe(200);
  });
});
