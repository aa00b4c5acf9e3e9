import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET, databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { basic, call, freshName } from '../../support/client.js';
import type { Answer, CallOptions } from '../../support/client.js';
import { databaseOf, forgetTries, keyRingOf, newAdmin, setRights } from './inside.js';
import { sendRaw } from '../../support/raw.js';

/** What gives a token, and may therefore say it: the answer to one of these, once. */
const GIVERS =
  /^(GET|POST) \/login$|^POST \/(token\/refresh|tokens)$|^PUT \/users\/me\/password$|\/(reset|ticket)$/;

interface Said {
  request: string;
  status: number;
  text: string;
}

describe.each(databases())('secrets on %s', kind => {
  let running: RunningApp;
  const said: Said[] = [];
  const secrets = new Map<string, string>();

  const keep = (what: string, secret: string | undefined): void => {
    if (secret !== undefined && secret.length >= 8) {
      secrets.set(secret, what);
    }
  };
  const walk = async (method: string, path: string, options?: CallOptions): Promise<Answer> => {
    const answer = await call(running.url, method, path, options);
    const fields = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    said.push({
      request: `${method} ${path.split('?')[0]}`,
      status: answer.status,
      // An error names the path that was asked for; only the caller gets it.
      text: `${fields}\n\n${answer.text}`.replaceAll(new URL(path, running.url).pathname, 'PATH'),
    });
    for (const member of ['token', 'refresh_token', 'device_token', 'code']) {
      keep(member, answer.body?.[member]);
    }
    return answer;
  };

  beforeAll(async () => {
    running = await startApp(kind, { env: { LOG_LEVEL: 'trace' } });
    await live();
    await keepStored();
  });

  afterAll(() => running?.close());

  /** Everything that has to do with secrets, done well and done wrong. */
  async function live(): Promise<void> {
    const [password, next, wrong] = [1, 2, 3].map(() => `pass ${randomBytes(9).toString('hex')}`);
    [password, next, wrong].forEach(each => keep('password', each));
    const name = freshName();
    const json = { name, password };
    const { body } = await walk('POST', '/register', { json });
    await setRights(running, body.public_id, { admin: true });
    await walk('POST', '/register', { json });
    await walk('POST', '/register', { json: { ...json, extra: wrong } });
    await walk('POST', '/register', { json: { name: 7, password: [password] } });
    await walk('POST', '/register', { json: { name: password, password } });
    await walk('POST', '/register', { json, headers: { 'content-type': 'text/plain' } });
    const headers = { 'content-type': 'application/json' };
    await walk('POST', '/register', { headers, body: `{"password":"${password}",` });
    await walk('POST', '/register', { headers, body: `{"${password}":1,"${password}":2}` });
    await walk('POST', '/register', {
      headers,
      body: JSON.stringify({ ...json, x: 'y'.repeat(70_000) }),
    });
    for (const authorization of [
      basic(name, wrong),
      basic(`${name}\0`, wrong),
      basic(wrong, password),
      `Basic ${wrong}`,
      `Digest ${password}`,
    ]) {
      await walk('POST', '/login', { headers: { authorization } });
    }
    await forgetTries(running);
    const authorization = basic(name, password);
    keep('Basic header', authorization.slice(6));
    const session = (await walk('GET', '/login', { headers: { authorization } })).body;
    const trusted = { authorization, 'x-device-token': session.device_token };
    const { token: first, refresh_token } = (await walk('POST', '/login', { headers: trusted }))
      .body;
    await walk('POST', '/login', { headers: { authorization, 'x-device-token': wrong } });
    await walk('GET', '/users/me', { token: first });
    await walk('GET', `/users/me?access_token=${first}&password=${password}`, { token: first });
    await walk('GET', `/authors?q=${first}`);
    await walk('GET', `/${first}/${password}`, { token: first });
    await walk('GET', '/users/me', { token: `${first}x` });
    await walk('GET', '/users/me', { headers: { 'x-access-tokens': first, cookie: first } });
    await walk('POST', '/token/refresh', { json: { refresh_token } });
    await walk('POST', '/token/refresh', { json: { refresh_token: `${refresh_token}x` } });
    await walk('POST', '/token/refresh', { json: { refresh_token, extra: password } });
    const scopes = ['authors:read', 'authors:write', 'users:read', 'metrics:read'];
    const pat = (await walk('POST', '/tokens', { token: first, json: { name: 'robot', scopes } }))
      .body;
    await walk('GET', '/users', { token: pat.token });
    await walk('GET', '/metrics', { token: pat.token });
    await walk('GET', '/sessions', { token: pat.token });
    await walk('PATCH', '/users/me', { token: first, json: { password: next } });
    await walk('PUT', '/users/me/password', {
      token: first,
      json: { current_password: wrong, new_password: next },
    });
    const change = { current_password: password, new_password: next };
    await walk('POST', '/sessions/confirm', { token: first, json: { password: wrong } });
    await walk('POST', '/sessions/confirm', { token: first, json: { password } });
    const { token } = (await walk('PUT', '/users/me/password', { token: first, json: change }))
      .body;
    await walk('POST', '/author', {
      token,
      json: { name: 'A', book: 'B', country: 'C', password },
    });
    const idempotent = { 'idempotency-key': randomBytes(9).toString('hex') };
    await walk('POST', '/author', {
      token,
      headers: idempotent,
      json: { name: 'A', book: 'B', country: 'C' },
    });
    const user = `/users/${body.public_id}`;
    const admin = (await newAdmin(running)).token;
    await walk('POST', `${user}/reset`, { token: admin });
    await setRights(running, body.public_id, { admin: false });
    const ticket = (await walk('POST', `${user}/ticket`, { token: admin })).body.code;
    const fresh = { authorization: basic(name, next), 'x-login-ticket': ticket };
    await walk('POST', '/login', { headers: fresh });
    const { code } = (await walk('POST', `${user}/reset`, { token: admin })).body;
    const reset = { name, new_password: wrong };
    await walk('POST', '/password-reset', { json: { ...reset, code: `${code}x` } });
    for (const path of ['/users', user, '/users/me', '/sessions', '/tokens', '/events']) {
      await walk('GET', path, { token });
      await walk('GET', path, { token: admin });
    }
    await walk('GET', '/users/me/events', { token });
    await walk('GET', '/.well-known/jwks.json');
    await walk('GET', '/openapi.json');
    await walk('GET', '/health/ready');
    await sendRaw(
      running.url,
      `GET /users/me HTTP/1.1\r\nAuthorization: Bearer ${token}\r\nbad header\r\n\r\n`,
    );
    await walk('POST', '/password-reset', { json: { ...reset, code } });
    await walk('POST', '/logout', { token });
  }

  /** What is in the database and in memory alone. */
  async function keepStored(): Promise<void> {
    const database = await databaseOf(running);
    for (const row of await database.all<Record<string, string>>('SELECT * FROM users', [])) {
      keep('password hash', row.password_hash);
      keep('bcrypt hash', row.password_hash.slice(row.password_hash.indexOf('$2')));
    }
    for (const table of ['personal_tokens', 'trusted_devices', 'one_time_codes']) {
      for (const { hash } of await database.all<{ hash: string }>(
        `SELECT hash FROM ${table}`,
        [],
      )) {
        keep(`hash of ${table}`, hash);
      }
    }
    for (const { sealed } of await database.all<{ sealed: string }>(
      'SELECT sealed FROM signing_keys',
      [],
    )) {
      keep('sealed key', sealed);
    }
    const ring = await keyRingOf(running);
    const keys = [
      (await ring.signingKey()).key.export() as Buffer,
      (await ring.pepper()).key.export() as Buffer,
      await ring.serverKey(),
      Buffer.from(SECRET, 'base64'),
      Buffer.from(SECRET),
    ];
    for (const key of keys) {
      (['base64', 'base64url', 'hex', 'latin1'] as const).forEach(encoding =>
        keep('key', key.toString(encoding)),
      );
    }
  }

  it('were there to be found', () => {
    const kinds = new Set(secrets.values());
    for (const what of ['password', 'token', 'refresh_token', 'code', 'bcrypt hash', 'key']) {
      expect(kinds).toContain(what);
    }
    expect(said.length).toBeGreaterThan(45);
    expect(said.filter(({ status }) => status >= 500)).toEqual([]);
    expect(new Set(said.map(({ status }) => status)).size).toBeGreaterThanOrEqual(9);
    expect(running.lines.length).toBeGreaterThan(said.length);
  });

  it('are in no log line', () => {
    for (const line of running.lines) {
      for (const [secret, what] of secrets) {
        expect(line.includes(secret) && `${what} in ${line}`).toBe(false);
      }
      expect(line).not.toMatch(
        /\$2[aby]\$|lib_(pat|rt)_\w|eyJ[\w-]{8,}\.|Basic [\w+/]{6}|Bearer \w/,
      );
    }
  });

  it('are in no answer but the one that gives them', () => {
    for (const { request, text } of said) {
      for (const [secret, what] of secrets) {
        const given = GIVERS.test(request) && /token$|^code$/.test(what);
        expect(!given && text.includes(secret) && `${what} in ${request}: ${text}`).toBe(false);
      }
      expect(text).not.toMatch(/\$2[aby]\$\d\d\$/);
    }
  });

  it('and nothing of the inside are in no error', () => {
    for (const { request, status, text } of said) {
      if (status >= 400) {
        expect(text, request).not.toMatch(
          /\bat .*\.js:\d|node_modules|SELECT |INSERT |SQLITE|\/src\//,
        );
        expect(text, request).toContain('application/problem+json');
      }
    }
  });
});
