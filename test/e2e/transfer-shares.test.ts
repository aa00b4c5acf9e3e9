import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account } from '../support/client.js';

const linesFrom = (first: number, count: number): string =>
  Array.from(
    { length: count },
    (_, at) => `${JSON.stringify({ name: 'n', book: `b${first + at}`, country: 'c' })}\n`,
  ).join('');

/** An upload takes its turn after 64 kB. */
const LONG = linesFrom(100, 3_000);

async function importsRunning(): Promise<number> {
  const { METRICS } = (await import('#dist/metrics/metrics.js' as string)) as {
    METRICS: { importsRunning: { get(): Promise<{ values: { value: number }[] }> } };
  };
  return (await METRICS.importsRunning.get()).values[0].value;
}

describe.each(databases())('imports and exports on %s', kind => {
  let here: RunningApp;

  beforeAll(async () => {
    here = await startApp(kind);
  });
  afterAll(() => here.close());

  /** An upload that goes on until `end`. */
  function upload({ token }: Account, query = '') {
    const body = new TransformStream<Uint8Array>(undefined, { highWaterMark: 100 });
    const writer = body.writable.getWriter();
    const answer = fetch(`${here.url}/authors/import${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body: body.readable,
      duplex: 'half',
    } as RequestInit);
    answer.catch(() => undefined);
    const send = (text: string): Promise<void> => writer.write(new TextEncoder().encode(text));
    return { answer, send, end: () => writer.close() };
  }

  const authorsOf = async (token: string): Promise<unknown[]> =>
    (await call(here.url, 'GET', '/authors', { token })).body.list_of_authors;

  it.each(['abort', 'skip'])(
    'store nothing of an upload whose caller has logged out meanwhile (on_error=%s)',
    async onError => {
      const user = await newAccount(here.url);
      const { answer, send, end } = upload(user, `?on_error=${onError}`);
      await send(linesFrom(0, 2_000));
      expect((await call(here.url, 'POST', '/logout', { token: user.token })).status).toBe(204);
      await send(linesFrom(2_000, 2_000));
      await end();
      expect((await answer).status).toBe(401);
      const { body } = await call(here.url, 'POST', '/login', {
        headers: {
          authorization: `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`,
        },
      });
      expect(await authorsOf(body.token)).toEqual([]);
    },
  );

  it('store nothing of an upload by a personal access token that was revoked meanwhile', async () => {
    const user = await newAccount(here.url);
    const made = await call(here.url, 'POST', '/tokens', {
      token: user.token,
      json: { name: 'import', scopes: ['authors:write'] },
    });
    expect(made.status).toBe(201);
    const { answer, send, end } = upload({ ...user, token: made.body.token });
    await send(linesFrom(0, 2_000));
    await call(here.url, 'DELETE', `/tokens/${made.body.id}`, { token: user.token });
    await end();
    expect((await answer).status).toBe(401);
    expect(await authorsOf(user.token)).toEqual([]);
  });

  it('start while eight uploads of others sit idle', async () => {
    const idle = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        const { answer, send, end } = upload(await newAccount(here.url));
        await send(linesFrom(at, 10));
        return async () => {
          await end();
          return (await answer).status;
        };
      }),
    );
    const { token } = await newAccount(here.url);
    const headers = { 'content-type': 'application/x-ndjson' };
    const began = performance.now();
    const body = linesFrom(0, 1);
    const { status } = await call(here.url, 'POST', '/authors/import', { token, headers, body });
    expect(status).toBe(200);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await Promise.all(idle.map(end => end()))).toEqual(Array(8).fill(200));
  });

  const importOne = ({ token }: Account) =>
    call(here.url, 'POST', '/authors/import', {
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: linesFrom(0, 1),
    });

  it('take the turn of one of eight uploads that pause after 64 kB', async () => {
    const paused = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { answer, send, end } = upload(await newAccount(here.url));
        await send(LONG);
        return { answer, end };
      }),
    );
    await expect.poll(importsRunning).toBe(8);
    expect((await importOne(await newAccount(here.url))).status).toBe(200);
    const first = await Promise.race(paused.map(({ answer }) => answer));
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '5']);
    const statuses = await Promise.all(
      paused.map(async ({ answer, end }) => {
        await end().catch(() => undefined);
        return (await answer).status;
      }),
    );
    expect(statuses.toSorted()).toEqual([...Array(7).fill(200), 503]);
  });

  it('take the turn of an upload of the same user that pauses', async () => {
    const user = await newAccount(here.url);
    const { answer, send } = upload(user);
    await send(LONG);
    await expect.poll(importsRunning).toBe(1);
    expect((await importOne(user)).status).toBe(200);
    expect((await answer).status).toBe(503);
  });

  it('let one more import of a user wait, refuse a third, and let another user import', async () => {
    const [user, other] = [await newAccount(here.url), await newAccount(here.url)];
    const first = upload(user);
    await first.send(LONG);
    await expect.poll(importsRunning).toBe(1);
    const headers = { 'content-type': 'application/x-ndjson' };
    const importAs = ({ token }: Account, line: number) =>
      call(here.url, 'POST', '/authors/import', { token, headers, body: linesFrom(line, 1) });
    const waiting = [importAs(user, 10), importAs(user, 11)];
    const refused = await Promise.race(waiting);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(refused.body.detail).toContain('the limit for one user is 2');
    expect((await importAs(other, 12)).status).toBe(200);
    await first.end();
    expect((await first.answer).status).toBe(200);
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 429]);
  });

  it('refuse a third export of a user while two are read', async () => {
    const user = await newAccount(here.url);
    const headers = { 'content-type': 'application/x-ndjson' };
    const { token } = user;
    const body = linesFrom(0, 60_000);
    expect((await call(here.url, 'POST', '/authors/import', { token, headers, body })).status).toBe(
      200,
    );
    const authorization = `Bearer ${token}`;
    const start = () => fetch(`${here.url}/authors/export`, { headers: { authorization } });
    const [one, two] = await Promise.all([start(), start()]);
    expect([one.status, two.status]).toEqual([200, 200]);
    const third = await call(here.url, 'GET', '/authors/export?format=csv', { token });
    expect(third.status).toBe(429);
    expect(third.body.detail).toContain('the limit for one user is 2');
    await Promise.all([one.text(), two.text()]);
    await expect
      .poll(
        async () => (await call(here.url, 'GET', '/authors/export?format=csv', { token })).status,
      )
      .toBe(200);
  });
});
