import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { basic, call, freshName, login, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import { databaseOf, forgetTries, newAdmin, setRights } from './inside.js';
import { fingerprint, rawCall } from './raw-call.js';
import type { RawAnswer } from './raw-call.js';

const NEW_PASSWORD = 'another horse battery';

describe.each(databases())('one-time codes on %s', kind => {
  let running: RunningApp;
  let url: string;
  let admin: Account;
  let ada: Account;

  beforeAll(async () => {
    running = await startApp(kind);
    ({ url } = running);
    admin = await newAdmin(running);
  });

  afterAll(() => running?.close());

  beforeEach(async () => {
    await forgetTries(running);
    ada = await newAccount(url);
  });

  const hand = async (what: 'reset' | 'ticket', of = ada): Promise<string> => {
    const path = `/users/${of.publicId}/${what}`;
    const { status, body } = await call(url, 'POST', path, { token: admin.token });
    expect(status).toBe(201);
    expect(Date.parse(body.expires_at)).toBeGreaterThan(Date.now());
    return body.code;
  };
  const reset = (name: string, code: unknown, new_password = NEW_PASSWORD): Promise<Answer> =>
    call(url, 'POST', '/password-reset', { json: { name, code, new_password } });
  /** From an unknown address. */
  const stranger = (name: string, password: string, ticket?: string): Promise<RawAnswer> =>
    rawCall(url, '/login', {
      method: 'POST',
      from: '127.77.0.9',
      headers: [
        'authorization',
        basic(name, password),
        ...(ticket === undefined ? [] : ['x-login-ticket', ticket]),
      ],
    });
  const wrongCode = (code: string): string => code.slice(0, -1) + (code.endsWith('0') ? '1' : '0');
  const expire = async (): Promise<void> => {
    const database = await databaseOf(running);
    await database.run('UPDATE one_time_codes SET expires_at = 1', []);
  };

  it('give one new password, end every session and token, and serve no second time', async () => {
    const json = { name: 'robot', scopes: ['authors:read'] };
    const pat = await call(url, 'POST', '/tokens', { token: ada.token, json });
    const code = await hand('reset');
    expect((await reset(ada.name, code)).status).toBe(204);
    for (const token of [ada.token, pat.body.token]) {
      expect((await call(url, 'GET', '/users/me', { token })).status).toBe(401);
    }
    const refreshed = await call(url, 'POST', '/token/refresh', {
      json: { refresh_token: ada.refreshToken },
    });
    expect(refreshed.status).toBe(401);
    expect((await login(url, ada.name, ada.password)).status).toBe(401);
    const again = await login(url, ada.name, NEW_PASSWORD);
    expect((await call(url, 'GET', '/users/me', { token: again.body.token })).status).toBe(200);
    expect((await reset(ada.name, code, 'a third horse battery')).status).toBe(403);
  });

  it('serve once, however many give them at once', async () => {
    const code = await hand('reset');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => reset(ada.name, code, `password number ${i} of eight`)),
    );
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(7);
  });

  it('are taken as somebody types them', async () => {
    const code = await hand('reset');
    const typed = ` ${code.toLowerCase().replace(/-/g, ' ').replace(/0/g, 'o').replace(/1/g, 'l')}`;
    expect((await reset(` ${ada.name.toUpperCase()}`, typed)).status).toBe(204);
  });

  it('are void when replaced, when expired, and for anybody else', async () => {
    const other = await newAccount(url);
    const old = await hand('reset');
    const code = await hand('reset');
    expect((await reset(ada.name, old)).status).toBe(403);
    expect((await reset(other.name, code)).status).toBe(403);
    await expire();
    expect((await reset(ada.name, code)).status).toBe(403);
    expect((await login(url, ada.name, ada.password)).status).toBe(200);
  });

  it('are void after five wrong ones that resemble them, and after no number of others', async () => {
    const code = await hand('reset');
    for (let i = 0; i < 8; i += 1) {
      expect((await reset(ada.name, 'ABCD-'.repeat(8).slice(0, -1))).status).toBe(403);
    }
    expect((await reset(ada.name, code)).status).toBe(204);
    const next = await hand('reset');
    for (let i = 0; i < 5; i += 1) {
      expect((await reset(ada.name, wrongCode(next))).status).toBe(403);
    }
    expect((await reset(ada.name, next)).status).toBe(403);
  });

  it('are not used up by a password that cannot be one', async () => {
    const code = await hand('reset');
    for (const password of ['short', 'password123', ada.name]) {
      expect((await reset(ada.name, code, password)).status).toBe(422);
    }
    expect((await reset(ada.name, code)).status).toBe(204);
  });

  it('never reveal whether a name exists or has a code', async () => {
    const other = await newAccount(url);
    const code = await hand('reset', other);
    const answers = await Promise.all(
      [ada.name, other.name, freshName(), '', 'x'.repeat(60), `${ada.name}\u200b`].map(name =>
        rawCall(url, '/password-reset', {
          method: 'POST',
          headers: ['content-type', 'application/json'],
          body: JSON.stringify({ name, code: wrongCode(code), new_password: NEW_PASSWORD }),
        }),
      ),
    );
    expect(new Set(answers.map(fingerprint)).size).toBe(1);
    expect(answers[0].status).toBe(403);
  });

  it('are guessed no faster than the network may', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 22; i += 1) {
      statuses.push((await reset(freshName(), 'ABCD-'.repeat(8).slice(0, -1))).status);
    }
    expect(statuses).toEqual([...Array(20).fill(403), 429, 429]);
  });

  it.each([null, 7, '', '\0', 'x'.repeat(10_000), ['x'], { $ne: '' }])(
    'answer the impossible code %j as a wrong one or a fault of the body',
    async code => {
      expect([403, 422]).toContain((await reset(ada.name, code)).status);
    },
  );

  it('that are tickets let their owner in past a full allowance, once', async () => {
    const ticket = await hand('ticket');
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      statuses.push((await stranger(ada.name, 'not the password')).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await stranger(ada.name, ada.password)).status).toBe(429);
    expect((await stranger(ada.name, 'not the password', ticket)).status).toBe(401);
    expect((await stranger(ada.name, ada.password, ticket)).status).toBe(200);
    const database = await databaseOf(running);
    await database.run('DELETE FROM known_networks', []);
    expect((await stranger(ada.name, ada.password, ticket)).status).toBe(429);
  });

  it('that are tickets serve one of five simultaneous logins', async () => {
    const ticket = await hand('ticket');
    for (let i = 0; i < 10; i += 1) {
      await stranger(ada.name, 'not the password');
    }
    const logins = Array.from({ length: 5 }, () => stranger(ada.name, ada.password, ticket));
    await Promise.all(logins);
    const database = await databaseOf(running);
    const byTicket = `SELECT id FROM events
      WHERE action = 'login.succeeded' AND subject = $1 AND detail LIKE '%"ticket"%'`;
    expect(await database.all(byTicket, [ada.publicId])).toHaveLength(1);
  });

  it('that are tickets open nothing without the password, after the end, or for others', async () => {
    const other = await newAccount(url);
    const ticket = await hand('ticket');
    for (let i = 0; i < 10; i += 1) {
      await stranger(ada.name, 'not the password');
      await stranger(other.name, 'not the password');
    }
    await forgetTries(running);
    for (let i = 0; i < 10; i += 1) {
      await stranger(other.name, 'not the password');
    }
    expect((await stranger(other.name, other.password, ticket)).status).toBe(429);
    await expire();
    for (let i = 0; i < 10; i += 1) {
      await stranger(ada.name, 'not the password', ticket);
    }
    expect((await stranger(ada.name, ada.password, ticket)).status).toBe(429);
  });

  it('that are tickets allow five guesses', async () => {
    const ticket = await hand('ticket');
    const statuses: number[] = [];
    for (let i = 0; i < 16; i += 1) {
      statuses.push((await stranger(ada.name, 'not the password', ticket)).status);
    }
    expect(statuses).toEqual([...Array(15).fill(401), 429]);
  });

  it('are of one purpose: no ticket gives a password, no reset code a login', async () => {
    expect((await reset(ada.name, await hand('ticket'))).status).toBe(403);
    const code = await hand('reset');
    for (let i = 0; i < 10; i += 1) {
      await stranger(ada.name, 'not the password');
    }
    expect((await stranger(ada.name, ada.password, code)).status).toBe(429);
  });

  it('let no disabled user in', async () => {
    const code = await hand('reset');
    await setRights(running, ada.publicId, { disabled: true });
    await reset(ada.name, code);
    const ticket = await hand('ticket');
    expect((await stranger(ada.name, NEW_PASSWORD, ticket)).status).toBe(401);
  });

  it('are kept as hashes alone', async () => {
    const codes = [await hand('reset'), await hand('ticket')];
    const database = await databaseOf(running);
    const rows = JSON.stringify(await database.all('SELECT * FROM one_time_codes', []));
    const events = JSON.stringify(await database.all('SELECT * FROM events', []));
    for (const code of codes) {
      for (const form of [code, code.replace(/-/g, '')]) {
        expect(rows + events + running.lines.join('')).not.toContain(form);
      }
    }
  });

  it('are refused for unknown users', async () => {
    for (const what of ['reset', 'ticket']) {
      const path = `/users/00000000-0000-4000-8000-000000000000/${what}`;
      expect((await call(url, 'POST', path, { token: admin.token })).status).toBe(404);
    }
  });
});
