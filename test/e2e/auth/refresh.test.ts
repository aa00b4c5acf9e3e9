import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, login, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import type { ServerProcess } from '../../support/process.js';
import { anotherProcess, databaseOf, forgetTries } from './inside.js';

const MINUTE = 60_000;

describe.each(databases())('refresh on %s', kind => {
  let here: RunningApp;
  /** Another process on the same database. */
  let there: ServerProcess;
  let ada: Account;

  beforeAll(async () => {
    const env = { REFRESH_TOKEN_TTL: '1h', SESSION_MAX_AGE: '3h', ACCESS_TOKEN_TTL: '10m' };
    here = await startApp(kind, { env });
    there = await anotherProcess(here, env);
  });

  afterAll(async () => {
    await there?.stop('SIGKILL');
    await here?.close();
  });

  beforeEach(async () => {
    await forgetTries(here);
    ada = await newAccount(here.url);
  });

  afterEach(() => void vi.useRealTimers());

  const refresh = (refresh_token: unknown, on: { url: string } = here): Promise<Answer> =>
    call(on.url, 'POST', '/token/refresh', { json: { refresh_token } });
  const me = (token: string): Promise<Answer> => call(here.url, 'GET', '/users/me', { token });
  /** Lets time pass, for both applications and without waiting. */
  const pass = (ms: number): void => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  };
  const actions = async (): Promise<string[]> => {
    const { body } = await login(here.url, ada.name, ada.password);
    const events = await call(here.url, 'GET', '/users/me/events', { token: body.token });
    return events.body.events.map(({ action }: { action: string }) => action);
  };

  it('gives a new pair of the same session, again and again', async () => {
    let token = ada.refreshToken;
    const seen = new Set([token]);
    for (let i = 0; i < 5; i += 1) {
      pass(2_000);
      const { status, body, headers } = await refresh(token, i % 2 ? here : there);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body).toMatchObject({
        session_id: ada.sessionId,
        token_type: 'Bearer',
        expires_in: 600,
      });
      expect((await me(body.token)).body.public_id).toBe(ada.publicId);
      token = body.refresh_token;
      seen.add(token);
    }
    expect(seen.size).toBe(6);
  });

  it('gives the same successor to a token that comes again within 30 seconds', async () => {
    const first = await refresh(ada.refreshToken);
    pass(29_000);
    for (const on of [there, here]) {
      const again = await refresh(ada.refreshToken, on);
      expect(again.status).toBe(200);
      expect(again.body.refresh_token).toBe(first.body.refresh_token);
    }
    expect((await refresh(first.body.refresh_token)).status).toBe(200);
    expect(await actions()).not.toContain('session.refresh_reused');
  });

  it('does not lengthen those 30 seconds with each use', async () => {
    await refresh(ada.refreshToken);
    pass(20_000);
    expect((await refresh(ada.refreshToken)).status).toBe(200);
    pass(11_000);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
  });

  it('ends the whole session when a used token comes later, and records it', async () => {
    const first = await refresh(ada.refreshToken);
    const second = await refresh(first.body.refresh_token, there);
    expect((await me(second.body.token)).status).toBe(200);
    pass(31_000);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
    for (const { body } of [first, second]) {
      expect((await me(body.token)).status).toBe(401);
      expect((await refresh(body.refresh_token)).status).toBe(401);
    }
    expect((await actions()).filter(each => each === 'session.refresh_reused')).toHaveLength(1);
  });

  it('ends no other session of the user for it', async () => {
    const other = await login(here.url, ada.name, ada.password);
    await refresh(ada.refreshToken);
    pass(31_000);
    await refresh(ada.refreshToken);
    expect((await me(other.body.token)).status).toBe(200);
    expect((await refresh(other.body.refresh_token)).status).toBe(200);
  });

  it('never branches: 50 simultaneous requests on two processes, 20 rounds', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { body } = await login(here.url, ada.name, ada.password);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => refresh(body.refresh_token, i % 2 ? here : there)),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const successors = new Set(answers.map(answer => answer.body.refresh_token));
      expect(successors.size).toBe(1);
      const [successor] = successors;
      const next = await Promise.all([refresh(successor, here), refresh(successor, there)]);
      expect(new Set(next.map(answer => answer.body.refresh_token)).size).toBe(1);
    }
  });

  it('never revives a session that is logged out while 30 others refresh it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { body } = await login(here.url, ada.name, ada.password);
      const race = Array.from({ length: 30 }, (_, i) =>
        refresh(body.refresh_token, i % 2 ? here : there),
      );
      await call(there.url, 'POST', '/logout', { token: body.token });
      for (const answer of await Promise.all(race)) {
        if (answer.status === 200) {
          expect((await me(answer.body.token)).status).toBe(401);
          expect((await refresh(answer.body.refresh_token)).status).toBe(401);
        }
      }
    }
  });

  it('ends a token that was not used for its time', async () => {
    pass(60 * MINUTE + 1_000);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
  });

  it('ends the session at its absolute end, however often it was refreshed', async () => {
    let token = ada.refreshToken;
    let access = '';
    for (let i = 1; i <= 4; i += 1) {
      pass(44 * MINUTE);
      const { status, body } = await refresh(token);
      expect(status).toBe(200);
      expect(body.refresh_expires_in).toBeLessThanOrEqual((180 - i * 44) * 60);
      ({ refresh_token: token, token: access } = body);
    }
    expect((await me(access)).status).toBe(200);
    pass(4 * MINUTE + 1_000);
    expect((await me(access)).status).toBe(401);
    expect((await refresh(token)).status).toBe(401);
  });

  it('ends the access token at its own end', async () => {
    pass(9 * MINUTE);
    expect((await me(ada.token)).status).toBe(200);
    pass(MINUTE + 1_000);
    expect((await me(ada.token)).status).toBe(401);
  });

  it('takes no token but its own kind, whole and unchanged', async () => {
    const good = ada.refreshToken;
    const [, session, generation, tag] = /^lib_rt_(.+)\.(\d+)\.(.+)$/.exec(good)!;
    const other = await newAccount(here.url);
    const wrong = [
      '',
      'x',
      ada.deviceToken,
      ada.sessionId,
      good.slice(0, -1),
      `${good}A`,
      `${good} `,
      good.toLowerCase(),
      good.replace('lib_rt_', ''),
      `lib_rt_${session}.1.${tag}`,
      `lib_rt_${session}.00.${tag}`,
      `lib_rt_${session}.${generation}.${'A'.repeat(43)}`,
      good.replace(session, other.sessionId),
      `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`,
      `lib_rt_${session}.${'9'.repeat(30)}.${tag}`,
      ada.token,
      'x'.repeat(201),
    ];
    for (const token of wrong) {
      const { status, body } = await refresh(token);
      expect(status, token).toBe(401);
      expect(body.message).toBe('refresh token is invalid');
    }
    for (const token of [null, 1, [good], { token: good }]) {
      expect((await refresh(token)).status).toBe(422);
    }
    const doubled = await call(here.url, 'POST', '/token/refresh', {
      headers: { 'content-type': 'application/json' },
      body: `{"refresh_token":"x","refresh_token":"${good}"}`,
    });
    expect(doubled.status).toBe(400);
    expect((await refresh(good)).status).toBe(200);
  });

  it('is no access token, in no header', async () => {
    expect((await me(ada.refreshToken)).status).toBe(401);
    const headers = { 'x-access-tokens': ada.refreshToken };
    expect((await call(here.url, 'GET', '/users/me', { headers })).status).toBe(401);
  });

  it('is kept nowhere in the database, nor anything that would be one', async () => {
    await refresh(ada.refreshToken);
    const database = await databaseOf(here);
    const rows = await database.all('SELECT * FROM sessions', []);
    const [, , , tag] = /^lib_rt_(.+)\.(\d+)\.(.+)$/.exec(ada.refreshToken)!;
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(tag);
    expect(JSON.stringify(rows)).not.toContain('lib_rt_');
  });

  it('is slowed where somebody refreshes in a loop', async () => {
    let token = ada.refreshToken;
    let slowed: Answer | undefined;
    for (let i = 0; i < 200 && slowed === undefined; i += 1) {
      const answer = await refresh(token);
      if (answer.status === 429) {
        slowed = answer;
      } else {
        token = answer.body.refresh_token;
      }
    }
    expect(Number(slowed?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await me(ada.token)).status).toBe(200);
    await forgetTries(here);
    expect((await refresh(token)).status).toBe(200);
  });
});
