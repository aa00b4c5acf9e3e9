import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { PASSWORD, call, freshName, login, newAccount } from '../../support/client.js';
import { anotherProcess, databaseOf } from './inside.js';
import { rawCall } from './raw-call.js';
import type { RawAnswer } from './raw-call.js';

function passwordFile(password: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'library-api-admin-')), 'password');
  writeFileSync(file, password, { mode: 0o600 });
  return file;
}

describe.each(databases())('registration on %s', kind => {
  let running: RunningApp;
  const open: RunningApp[] = [];

  beforeAll(async () => {
    running = await startApp(kind);
  });

  afterAll(() => running?.close());

  const start = async (env: Record<string, string> = {}): Promise<RunningApp> => {
    const app = await startApp(kind, { env });
    open.push(app);
    return app;
  };
  const register = (
    { url }: { url: string },
    from = '127.0.0.1',
    json: object = { name: freshName(), password: PASSWORD },
  ): Promise<RawAnswer> =>
    rawCall(url, '/register', {
      method: 'POST',
      from,
      headers: ['content-type', 'application/json'],
      body: JSON.stringify(json),
    });

  afterEach(async () => {
    for (const app of open.splice(0)) {
      await app.close();
    }
  });

  it('answers with the public id and the name alone', async () => {
    const { status, body, text } = await register(running, undefined, {
      name: '  Grace ',
      password: PASSWORD,
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      message: 'registered successfully',
      public_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'Grace',
    });
    expect(text).not.toContain(PASSWORD);
  });

  it('gives a name once, however it is written and however many want it', async () => {
    const other = await anotherProcess(running);
    const forms = ['Zoë', 'zoë', 'ZOË', 'Zoe\u0308', ' Zoë ', 'ＺＯë'];
    try {
      const answers = await Promise.all(
        forms.flatMap(name => [
          register(running, undefined, { name, password: PASSWORD }),
          register(other, undefined, { name, password: PASSWORD }),
        ]),
      );
      const statuses = answers.map(({ status }) => status).filter(status => status !== 503);
      expect(statuses.filter(status => status === 201)).toHaveLength(1);
      expect(new Set(statuses)).toEqual(new Set([201, 409]));
    } finally {
      await other.stop('SIGKILL');
    }
  });

  it.each<[string, object]>([
    ['admin', { admin: true }],
    ['is_admin', { is_admin: true }],
    ['role', { role: 'admin' }],
    ['scopes', { scopes: ['users:read'] }],
    ['id', { id: 1 }],
    ['public_id', { public_id: 'x' }],
    ['password_hash', { password_hash: '$2b$04$x' }],
    ['disabled', { disabled: false }],
    ['constructor', { constructor: { prototype: { admin: true } } }],
  ])('takes no %s', async (_, more) => {
    const name = freshName();
    const answer = await register(running, undefined, { name, password: PASSWORD, ...more });
    expect([400, 422]).toContain(answer.status);
    expect((await login(running.url, name, PASSWORD)).status).toBe(401);
  });

  it.each<[string, object]>([
    ['a colon', { name: 'a:b', password: PASSWORD }],
    ['nothing', { name: '', password: PASSWORD }],
    ['spaces alone', { name: '   ', password: PASSWORD }],
    ['a zero-width space', { name: 'ada\u200b', password: PASSWORD }],
    ['a turn of direction', { name: '\u202eada', password: PASSWORD }],
    ['a control character', { name: 'a\u0007b', password: PASSWORD }],
    ['51 characters', { name: 'x'.repeat(51), password: PASSWORD }],
    ['a number', { name: 7, password: PASSWORD }],
  ])('takes no name with %s', async (_, json) => {
    expect((await register(running, undefined, json)).status).toBe(422);
  });

  it.each(['short', 'password', 'Password1!', '12345678', 'qwertyuiop', 'x'.repeat(257), ''])(
    'takes no password like %s',
    async password => {
      const { status, text } = await register(running, undefined, { name: 'Ada', password });
      expect(status).toBe(422);
      if (password !== '') {
        expect(text.replace(/most common passwords/g, '')).not.toContain(`"${password}"`);
      }
    },
  );

  it('is refused where it is closed, before anything is looked at', async () => {
    const { name } = await newAccount(running.url);
    const closed = await anotherProcess(running, { REGISTRATION: 'closed' });
    for (const json of [
      { name: freshName(), password: PASSWORD },
      { name, password: PASSWORD },
    ]) {
      const { status, body } = await register(closed, undefined, json);
      expect([status, body.type]).toEqual([403, '/problems/registration_closed']);
    }
    expect((await login(closed.url, name, PASSWORD)).status).toBe(200);
    await closed.stop('SIGKILL');
  });

  it('is slowed by network, for a flood from many hosts of it, on all processes together', async () => {
    const limited = await start({ REGISTER_LIMIT: '5/h' });
    const other = await anotherProcess(limited, { REGISTER_LIMIT: '5/h' });
    try {
      const answers: RawAnswer[] = [];
      for (let i = 0; i < 24; i += 1) {
        answers.push(await register(i % 2 ? limited : other, `127.5.5.${i + 1}`));
      }
      const refused = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
      expect(refused).toHaveLength(19);
      for (const { headers, body } of refused) {
        expect(Number(headers['retry-after'])).toBeGreaterThan(600);
        expect(headers['ratelimit-policy']).toBe('"registration";q=5;w=3600');
        expect(headers['ratelimit']).toMatch(/^"registration";r=0;t=\d+$/);
        expect(body.type).toBe('/problems/too_many_requests');
      }
      expect((await register(limited, '127.5.6.1')).status).toBe(201);
      const database = await databaseOf(limited);
      const users = await database.get<{ n: number }>('SELECT count(*) AS n FROM users', []);
      expect(Number(users?.n)).toBe(6);
    } finally {
      await other.stop('SIGKILL');
    }
  });

  it('makes the first admin of a container, and no second one', async () => {
    const first = await start({
      ADMIN_NAME: 'Root',
      ADMIN_PASSWORD_FILE: passwordFile(`${PASSWORD}\n`),
    });
    const root = await login(first.url, 'root', PASSWORD);
    const users = await call(first.url, 'GET', '/users', { token: root.body.token });
    expect(users.body.users).toMatchObject([{ name: 'Root', admin: true }]);
    const second = await anotherProcess(first, {
      ADMIN_NAME: 'Toor',
      ADMIN_PASSWORD_FILE: passwordFile('another horse battery'),
    });
    expect((await login(second.url, 'Toor', 'another horse battery')).status).toBe(401);
    expect((await login(second.url, 'Root', 'another horse battery')).status).toBe(401);
    await second.stop('SIGKILL');
  });

  it('makes one first admin when two processes start at once, whatever their names', async () => {
    const app = await start();
    const processes = await Promise.all(
      ['Root', 'Toor'].map(name =>
        anotherProcess(app, {
          ADMIN_NAME: name,
          ADMIN_PASSWORD_FILE: passwordFile('another horse battery'),
        }),
      ),
    );
    await Promise.all(processes.map(each => each.stop('SIGKILL')));
    const database = await databaseOf(app);
    expect(await database.all('SELECT name FROM users WHERE admin', [])).toHaveLength(1);
  });

  it('makes no admin of a user who took the name before', async () => {
    const app = await start();
    const { token, publicId } = await newAccount(app.url, 'Root');
    const env = { ADMIN_NAME: 'root', ADMIN_PASSWORD_FILE: passwordFile('another horse battery') };
    await expect(anotherProcess(app, env)).rejects.toThrow(/ended with 78.*ADMIN_NAME/s);
    const me = await call(app.url, 'GET', '/users/me', { token });
    expect(me.body).toMatchObject({ public_id: publicId, admin: false });
  });

  it.each(['short', 'password123', 'Root'])('makes no admin with the password %s', async secret => {
    const env = { ADMIN_NAME: 'Root', ADMIN_PASSWORD_FILE: passwordFile(secret) };
    const failure = anotherProcess(running, env);
    await expect(failure).rejects.toThrow(/ended with 78/);
    await expect(failure).rejects.not.toThrow(new RegExp(`got.*${secret}`));
  });
});
