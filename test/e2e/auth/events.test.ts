import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, freshName, login, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import { newAdmin } from './inside.js';
import { rawCall } from './raw-call.js';
import type { RawAnswer } from './raw-call.js';

interface Event {
  id: number;
  at: string;
  action: string;
  actor: string | null;
  subject: string | null;
  address: string;
  detail: Record<string, unknown>;
}

const NEW_PASSWORD = 'another horse battery';

describe.each(databases())('security events on %s', kind => {
  let running: RunningApp;
  let url: string;
  let admin: Account;
  let ada: Account;

  beforeAll(async () => {
    running = await startApp(kind);
    ({ url } = running);
    admin = await newAdmin(running);
    ada = await newAccount(url);
    await live();
  });

  afterAll(() => running?.close());

  const ask = (method: string, path: string, token: string, json?: object): Promise<Answer> =>
    call(url, method, path, { token, json });

  /** Everything that happens to an account. */
  async function live(): Promise<void> {
    const user = `/users/${ada.publicId}`;
    await login(url, ada.name, 'not the password');
    await ask('PATCH', '/users/me', ada.token, { name: `${ada.name}-2` });
    const pat = await ask('POST', '/tokens', ada.token, { name: 'x', scopes: ['authors:read'] });
    await ask('DELETE', `/tokens/${pat.body.id}`, ada.token);
    const other = await login(url, `${ada.name}-2`, ada.password);
    await ask('DELETE', `/sessions/${other.body.session_id}`, ada.token);
    await ask('DELETE', '/sessions', ada.token);
    const json = { current_password: 'not the password', new_password: NEW_PASSWORD };
    await ask('PUT', '/users/me/password', ada.token, json);
    await ask('POST', '/sessions/confirm', ada.token, { password: ada.password });
    const changed = { ...json, current_password: ada.password };
    const { body: pair } = await ask('PUT', '/users/me/password', ada.token, changed);
    await ask('POST', '/logout', pair.token);
    await ask('PATCH', user, admin.token, { admin: true });
    await ask('PATCH', user, admin.token, { admin: false });
    await ask('PATCH', user, admin.token, { disabled: true });
    await ask('PATCH', user, admin.token, { disabled: false });
    await ask('POST', `${user}/ticket`, admin.token);
    const { body } = await ask('POST', `${user}/reset`, admin.token);
    const reset = { name: `${ada.name}-2`, new_password: NEW_PASSWORD };
    await call(url, 'POST', '/password-reset', { json: { ...reset, code: 'wrong' } });
    await call(url, 'POST', '/password-reset', { json: { ...reset, code: body.code } });
    ada.token = (await login(url, `${ada.name}-2`, NEW_PASSWORD)).body.token;
    await login(url, freshName('typed-by-mistake'), 'a password of somebody');
  }

  const all = async (path: string, token: string, limit: number): Promise<Event[]> => {
    const events: Event[] = [];
    let cursor: string | null | undefined;
    do {
      const query: string = cursor === undefined ? '' : `&cursor=${cursor}`;
      const { status, body } = await ask('GET', `${path}?limit=${limit}${query}`, token);
      expect(status).toBe(200);
      expect(body.events.length).toBeLessThanOrEqual(limit);
      events.push(...body.events);
      cursor = body.next_cursor;
    } while (cursor !== null);
    return events;
  };

  it('tell the user concerned what was done, by whom, when and from where', async () => {
    const events = await all('/users/me/events', ada.token, 100);
    expect(events.map(({ action }) => action).reverse()).toEqual([
      'user.registered',
      'login.succeeded',
      'login.failed',
      'user.renamed',
      'token.created',
      'token.revoked',
      'login.succeeded',
      'session.ended',
      'session.others_ended',
      'password.refused',
      'session.confirmed',
      'password.changed',
      'session.logged_out',
      'user.promoted',
      'user.demoted',
      'user.disabled',
      'user.enabled',
      'login.ticket_made',
      'password.reset_started',
      'password.reset_refused',
      'password.reset',
      'login.succeeded',
    ]);
    for (const { subject, actor, action, at, address, detail } of events) {
      expect(subject).toBe(ada.publicId);
      const byAdmin = /^user\.(promoted|demoted|disabled|enabled)|_made|_started/.test(action);
      const bySomebody = /^login\.failed|^password\.reset(_refused)?$/.test(action);
      expect([action, actor]).toEqual([
        action,
        bySomebody ? null : byAdmin ? admin.publicId : ada.publicId,
      ]);
      expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(address).toBe('127.0.0.1');
      expect(detail.request_id).toEqual(expect.any(String));
    }
  });

  it('tell the same page by page, newest first, each once', async () => {
    const whole = await all('/events', admin.token, 500);
    const ids = whole.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    for (const limit of [1, 3, 7]) {
      expect(await all('/events', admin.token, limit)).toEqual(whole);
      const own = await all('/users/me/events', ada.token, limit);
      expect(own).toEqual(whole.filter(event => event.subject === ada.publicId));
    }
  });

  it('tell an admin of failed logins with unknown names, without the name', async () => {
    const events = await all('/events', admin.token, 100);
    const [newest] = events;
    expect(newest).toMatchObject({ action: 'login.failed', subject: null, actor: null });
    const text = JSON.stringify(events) + running.lines.join('');
    expect(text).not.toContain('typed-by-mistake');
    expect(text).not.toContain('a password of somebody');
    expect(text).not.toContain(NEW_PASSWORD);
    expect(JSON.stringify(events)).not.toMatch(/lib_pat_|lib_rt_|eyJ|\$2/);
  });

  it('never show the events of other users', async () => {
    const eve = await newAccount(url);
    expect((await ask('GET', '/events', eve.token)).status).toBe(403);
    const own = await all('/users/me/events', eve.token, 100);
    expect(own.map(({ action }) => action)).toEqual(['login.succeeded', 'user.registered']);
    const page = await ask('GET', '/users/me/events?limit=1', ada.token);
    const foreign = await ask('GET', `/users/me/events?cursor=${page.body.next_cursor}`, eve.token);
    expect(foreign.status).toBe(400);
  });

  it.each(['limit=0', 'limit=501', 'limit=1e2', 'limit=', 'limit=1&limit=2', 'cursor=x', 'x=1'])(
    'are not asked for with %s',
    async query => {
      expect((await ask('GET', `/events?${query}`, admin.token)).status).toBe(400);
    },
  );

  it('of strangers from one network are one event an hour with a count', async () => {
    const eve = await newAccount(url);
    const reset = (i: number): Promise<RawAnswer> =>
      rawCall(url, '/password-reset', {
        method: 'POST',
        from: `127.77.${i % 2}.${1 + (i >> 1)}`,
        headers: ['content-type', 'application/json'],
        body: JSON.stringify({ name: eve.name, code: 'wrong', new_password: NEW_PASSWORD }),
      });
    const hour = Math.floor(Date.now() / 3_600_000);
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => reset(i)));
    expect(answers.every(({ status }) => status === 403)).toBe(true);
    const events = (await all('/users/me/events', eve.token, 100)).filter(
      ({ action }) => action === 'password.reset_refused',
    );
    if (Math.floor(Date.now() / 3_600_000) === hour) {
      expect(events.map(({ detail }) => detail.count)).toEqual([30, 30]);
    }
    expect(events.length).toBeLessThanOrEqual(4);
    expect(events[0].detail.last_at).toMatch(/Z$/);
    // Their own acts are events each.
    const own = (await all('/users/me/events', eve.token, 100)).map(({ action }) => action);
    expect(own.slice(-2)).toEqual(['login.succeeded', 'user.registered']);
  });

  it('are written with the change itself, or neither is', async () => {
    const before = (await all('/users/me/events', ada.token, 500)).length;
    const { status } = await ask('PATCH', '/users/me', ada.token, { name: admin.name });
    expect(status).toBe(409);
    expect(await all('/users/me/events', ada.token, 500)).toHaveLength(before);
  });

  it('are log lines too, each after its commit, without a secret', async () => {
    const stored = (await all('/events', admin.token, 500)).reverse();
    const lines = running.lines
      .map(line => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event !== undefined);
    const counted = stored.reduce((sum, { detail }) => sum + Number(detail.count ?? 1), 0);
    expect(lines).toHaveLength(counted);
    for (const { action, actor, subject, address, detail } of stored) {
      const line = lines.find(
        ({ event, request_id }) => event === action && request_id === detail.request_id,
      );
      expect([action, line]).toEqual([action, expect.anything()]);
      expect(line).toMatchObject({ level: 'info', msg: 'security event', address });
      expect([line!.actor ?? null, line!.subject ?? null]).toEqual([actor, subject]);
    }
  });

  it('tell of a throttled login in the log alone', async () => {
    const eve = await newAccount(url);
    const guess = () => login(url, eve.name, 'not the password');
    let answer = await guess();
    while (answer.status === 401) {
      answer = await guess();
    }
    expect(answer.status).toBe(429);
    const [line] = running.lines.filter(each => each.includes('login.throttled'));
    expect(JSON.parse(line)).toMatchObject({ event: 'login.throttled', subject: eve.publicId });
    const { body } = await ask('GET', '/users/me/events', eve.token);
    expect(JSON.stringify(body)).not.toContain('throttled');
  });
});
