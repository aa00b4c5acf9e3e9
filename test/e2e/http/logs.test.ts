import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { basic, call, login, newAccount } from '../../support/client.js';
import type { Account, Answer, CallOptions } from '../../support/client.js';

describe.each(databases())('the log on %s', kind => {
  let running: RunningApp;
  let user: Account;

  beforeAll(async () => {
    running = await startApp(kind, { env: { LOG_LEVEL: 'trace' } });
    user = await newAccount(running.url);
  });
  afterAll(() => running.close());

  /** A request, its answer, and the lines that were logged for it; the last is written after the answer. */
  async function logged(
    method: string,
    path: string,
    { headers, ...options }: CallOptions = {},
  ): Promise<{ answer: Answer; lines: Record<string, any>[] }> {
    const id = `log-${method}-${Math.random().toString(36).slice(2)}`;
    const answer = await call(running.url, method, path, {
      headers: { 'x-request-id': id, ...headers },
      ...options,
    });
    const ofRequest = (): Record<string, any>[] =>
      running.lines.map(line => JSON.parse(line)).filter(({ reqId }) => reqId === id);
    await expect.poll(() => ofRequest().some(({ msg }) => msg === 'request')).toBe(true);
    return { answer, lines: ofRequest() };
  }

  test.each([
    ['GET', '/authors', '/authors', 200],
    ['GET', '/authors/7?x=private', '/authors/:id', 400],
    ['DELETE', '/authors/7', '/authors/:id', 404],
    ['GET', '/users', '/users', 403],
    ['GET', '/no/such/private/route', undefined, 404],
    ['PUT', '/authors', undefined, 405],
  ])('has one line for %s %s', async (method, path, route, status) => {
    const { lines } = await logged(method, path, { token: user.token });
    const requests = lines.filter(({ msg }) => msg === 'request');
    expect(requests).toHaveLength(1);
    const [line] = requests;
    expect(line).toMatchObject({ level: 'info', method, status, address: '127.0.0.1' });
    expect(line.route).toBe(route);
    expect(line.user_id).toBe(route === undefined ? undefined : user.publicId);
    expect(line.duration_ms).toBeGreaterThan(0);
    expect(line.duration_ms).toBeLessThan(10_000);
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(JSON.stringify(line)).not.toContain('private');
  });

  test('names who logged in', async () => {
    const { answer, lines } = await logged('POST', '/login', {
      headers: { authorization: basic(user.name, user.password) },
    });
    expect([answer.status, lines.at(-1)!.user_id]).toEqual([200, user.publicId]);
  });

  test('names no user when a login failed', async () => {
    const { answer, lines } = await logged('POST', '/login', {
      headers: { authorization: basic(user.name, 'wrong') },
    });
    expect(answer.status).toBe(401);
    expect(lines.at(-1)!.user_id).toBeUndefined();
  });

  test('has no secret in it, whatever is sent and however it fails', async () => {
    const secret = { password: 'the-very-secret-password', ticket: 'the-very-secret-ticket' };
    const header = basic('Somebody', secret.password);
    const { url } = running;
    await login(url, 'Somebody', secret.password, { 'x-login-ticket': secret.ticket });
    await call(url, 'POST', '/register', { json: { name: 7, password: secret.password } });
    await call(url, 'POST', '/register', { json: { name: 'Somebody', password: secret.password } });
    const answer = await login(url, 'Somebody', secret.password);
    const pair = answer.body as Record<string, string>;
    const made = await call(url, 'POST', '/tokens', {
      token: pair.token,
      json: { name: 'x', scopes: ['authors:read'] },
    });
    await call(url, 'GET', '/authors', { headers: { 'x-access-tokens': made.body.token } });
    await call(url, 'GET', `/authors?token=${pair.token}`, { token: pair.token });
    await call(url, 'GET', `/no/route/${pair.token}`);
    await call(url, 'PUT', '/users/me/password', {
      token: pair.token,
      json: { current_password: secret.password, new_password: `${secret.password}2` },
    });
    await call(url, 'POST', '/token/refresh', { json: { refresh_token: pair.refresh_token } });
    await call(url, 'POST', '/author', {
      token: pair.token,
      headers: { 'content-type': 'application/json' },
      body: `{"${secret.password}`,
    });
    const { lines } = await logged('GET', '/health/live');
    expect(lines).not.toEqual([]);

    const log = running.lines.join('\n');
    expect(log.length).toBeGreaterThan(1000);
    for (const [name, value] of Object.entries({
      ...secret,
      header: header.slice('Basic '.length),
      access: pair.token,
      signature: pair.token.split('.')[2],
      refresh: pair.refresh_token,
      device: pair.device_token,
      personal: made.body.token as string,
    })) {
      expect(value.length).toBeGreaterThan(10);
      expect([name, log.includes(value)]).toEqual([name, false]);
    }
    expect(log).not.toMatch(/Basic [A-Za-z0-9+/]{8}|Bearer ey|lib_pat_|\$2[aby]\$/);
  });

  test('is one JSON object a line', () => {
    for (const line of running.lines) {
      expect(line).toMatch(/^\{.*\}\n$/);
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), pid: process.pid });
    }
  });
});
