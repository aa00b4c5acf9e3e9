import { setTimeout as sleep } from 'node:timers/promises';
import { createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET, databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, login, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import { runBuilt } from '../../support/process.js';
import type { ServerProcess } from '../../support/process.js';
import { anotherProcess, databaseOf, forgetTries, keyRingOf } from './inside.js';
import { forge, takeApart } from './mutations.js';

const b64 = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
/** The default. */
const ACCESS_TOKEN_TTL_MS = 30 * 60_000;

const kidOf = (token: string): unknown => takeApart(token).header.kid;

describe.each(databases())('signing keys on %s', kind => {
  let here: RunningApp;
  let there: ServerProcess;
  let ada: Account;

  beforeAll(async () => {
    here = await startApp(kind);
    there = await anotherProcess(here);
    ada = await newAccount(here.url);
  });

  afterAll(async () => {
    await there?.stop('SIGKILL');
    await here?.close();
  });

  const me = async (token: string, on: { url: string } = here): Promise<number> =>
    (await call(on.url, 'GET', '/users/me', { token })).status;
  const tokenOf = async (on: { url: string } = here): Promise<string> => {
    await forgetTries(here);
    return (await login(on.url, ada.name, ada.password)).body.token;
  };
  const cli = async (...args: string[]): Promise<any> => {
    const { code, stdout, stderr } = await runBuilt('cli.js', [...args, '--json'], {
      cwd: here.dataDir,
      env: { DATA_DIR: here.dataDir, DATABASE_URL: here.databaseUrl, SECRET_KEY: SECRET },
    });
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };

  it('are rotated without a restart and without logging anybody out', async () => {
    const old = await tokenOf();
    const { kid, algorithm } = await cli('keys', 'rotate');
    expect(algorithm).toBe('HS256');
    expect(kid).not.toBe(kidOf(old));
    expect(await me(old, here)).toBe(200);
    expect(await me(old, there)).toBe(200);
    const byNewKey = async (on: { url: string }) => kidOf(await tokenOf(on)) === kid;
    for (const on of [here, there]) {
      await expect.poll(() => byNewKey(on), { timeout: 10_000, interval: 100 }).toBe(true);
    }
    for (const [signer, checker] of [
      [here, there],
      [there, here],
    ]) {
      const token = await tokenOf(signer);
      expect(kidOf(token)).toBe(kid);
      expect(await me(token, checker)).toBe(200);
    }
  });

  it.each(['access', 'refresh', 'pepper'] as const)(
    'of purpose %s are rotated under load, on two processes, and log no one out',
    async purpose => {
      await forgetTries(here);
      const users = await Promise.all(Array.from({ length: 4 }, () => newAccount(here.url)));
      let [stop, exchanges, logins] = [false, 0, 0];
      const failures: string[] = [];
      const check = (what: string, { status, text }: Answer): void => {
        if (status !== 200) {
          failures.push(`${what}: ${status} ${text}`);
        }
      };
      const live = async (user: Account, index: number): Promise<void> => {
        const { deviceToken } = user;
        let { token, refreshToken } = user;
        for (let i = index; !stop; i += 1) {
          const [on, other] = i % 2 ? [here, there] : [there, here];
          const json = { refresh_token: refreshToken };
          const refreshed = await call(on.url, 'POST', '/token/refresh', { json });
          check('refresh', refreshed);
          ({ token, refresh_token: refreshToken } = refreshed.body);
          check('token', await call(other.url, 'GET', '/users/me', { token }));
          exchanges += 1;
          // Slow enough for the limits of 120 exchanges a session and 30 right passwords a user.
          await sleep(40);
          if (i % 20 === index) {
            const headers = { 'x-device-token': deviceToken };
            check('login', await login(other.url, user.name, user.password, headers));
            logins += 1;
          }
        }
      };
      const load = users.map((user, index) => live(user, index));
      await expect.poll(() => logins, { timeout: 10_000 }).toBeGreaterThan(4);
      const made = await (
        await keyRingOf(here)
      ).rotate(({ access: 'signing', refresh: 'server', pepper: 'pepper' } as const)[purpose]);
      const before = exchanges;
      // Longer than the second for which the other process keeps what it has read.
      await sleep(2_000);
      stop = true;
      await Promise.all(load);
      expect(failures).toEqual([]);
      expect(exchanges - before).toBeGreaterThan(10);
      const { keys } = await cli('keys', 'list');
      expect(keys.find(({ kid }: { kid: string }) => kid === made.kid)).toMatchObject({
        purpose,
        age_days: 0,
        current: true,
      });
    },
    60_000,
  );

  it('of each purpose are rotated by the command line', async () => {
    for (const purpose of ['access', 'refresh', 'pepper']) {
      const { kid } = await cli('keys', 'rotate', '--purpose', purpose);
      const { keys } = await cli('keys', 'list');
      const current = keys.filter((key: any) => key.purpose === purpose && key.current);
      expect(current.map((key: any) => key.kid)).toEqual([kid]);
    }
    const json = { refresh_token: ada.refreshToken };
    expect((await call(there.url, 'POST', '/token/refresh', { json })).status).toBe(200);
    await forgetTries(here);
    expect((await login(there.url, ada.name, ada.password)).status).toBe(200);
    const rows = await (
      await databaseOf(here)
    ).all<{ hash: string }>('SELECT password_hash AS hash FROM users WHERE public_id = $1', [
      ada.publicId,
    ]);
    const pepper = (await (await keyRingOf(here)).pepper()).kid;
    expect(rows[0].hash.startsWith(`v1$${pepper}$`)).toBe(true);
  });

  it('that are new are taken by every process at once', async () => {
    await (await keyRingOf(here)).rotate('signing');
    const token = await tokenOf(here);
    expect(await me(token, there)).toBe(200);
  });

  it('that are retired stop once their last token has ended', async () => {
    const token = await tokenOf();
    const { key } = await (await keyRingOf(here)).signingKey();
    const { header, payload } = takeApart(token);
    // As a thief of the key would: a token that outlives all that the server gave out.
    const forged = forge(header, { ...payload, exp: payload.exp + 3_600 }, key.export() as Buffer);
    expect(await me(forged, there)).toBe(200);
    const before = Date.now();
    await cli('keys', 'rotate');
    const retired = (await cli('keys', 'list')).keys.find(
      (each: { kid: string }) => each.kid === header.kid,
    );
    const untilMs = Date.parse(retired.verifies_until);
    expect(untilMs).toBeGreaterThan(before + ACCESS_TOKEN_TTL_MS);
    expect(untilMs).toBeLessThan(Date.now() + ACCESS_TOKEN_TTL_MS + 2_000);
    const database = await databaseOf(here);
    await database.run('UPDATE signing_keys SET verify_until = 1 WHERE kid = $1', [
      header.kid as string,
    ]);
    for (const on of [here, there]) {
      await expect.poll(() => me(forged, on), { timeout: 8_000, interval: 200 }).toBe(401);
    }
    await cli('keys', 'rotate');
    const { keys } = await cli('keys', 'list');
    expect(keys.map((each: { kid: string }) => each.kid)).not.toContain(header.kid);
  });

  it('are listed by the command line without their secrets', async () => {
    const { keys } = await cli('keys', 'list');
    expect(keys.map((each: { purpose: string }) => each.purpose)).toEqual(
      expect.arrayContaining(['access', 'pepper', 'refresh']),
    );
    const { key } = await (await keyRingOf(here)).signingKey();
    const secret = (key.export() as Buffer).toString('base64url');
    expect(JSON.stringify(keys)).not.toContain(secret);
    expect(Object.keys(keys[0])).not.toContain('sealed');
  });

  it('are sealed in the database', async () => {
    const { key } = await (await keyRingOf(here)).signingKey();
    const secret = key.export() as Buffer;
    const rows = JSON.stringify(
      await (await databaseOf(here)).all('SELECT * FROM signing_keys', []),
    );
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      expect(rows).not.toContain(secret.toString(encoding));
    }
  });

  it('of HS256 are published nowhere', async () => {
    const { status, body } = await call(here.url, 'GET', '/.well-known/jwks.json');
    expect([status, body]).toEqual([200, { keys: [] }]);
  });

  describe('of ES256', () => {
    let es: ServerProcess;
    let token: string;
    let jwk: { x: string; y: string; kid: string; kty: string; crv: string };

    beforeAll(async () => {
      es = await anotherProcess(here, { JWT_ALGORITHM: 'ES256' });
      token = await tokenOf(es);
      const jwks = await call(es.url, 'GET', '/.well-known/jwks.json');
      [jwk] = jwks.body.keys;
    });

    afterAll(() => es?.stop('SIGKILL'));

    it('sign tokens that anybody can verify by the published set, with another library', async () => {
      const jwks = await call(es.url, 'GET', '/.well-known/jwks.json');
      const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks.body), {
        algorithms: ['ES256'],
        issuer: 'library-api',
        audience: 'library-api',
        typ: 'at+jwt',
      });
      expect(payload.sub).toBe(ada.publicId);
      expect(protectedHeader.kid).toBe(jwk.kid);
      expect(jwk).toEqual({
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
        kid: expect.any(String),
        alg: 'ES256',
        use: 'sig',
      });
    });

    it('work together with older HS256 keys, each pinned to its algorithm', async () => {
      for (const on of [here, there, es]) {
        expect(await me(token, on)).toBe(200);
      }
      const { header, payload } = takeApart(token);
      const publicKey = createPublicKey({ key: jwk as never, format: 'jwk' });
      const secrets = [
        publicKey.export({ format: 'pem', type: 'spki' }) as string,
        publicKey.export({ format: 'der', type: 'spki' }),
        JSON.stringify(jwk),
        Buffer.from(jwk.x, 'base64url'),
      ];
      for (const secret of secrets) {
        const input = `${b64({ ...header, alg: 'HS256' })}.${b64(payload)}`;
        const mac = createHmac('sha256', secret).update(input).digest('base64url');
        expect(await me(`${input}.${mac}`, es)).toBe(401);
      }
    });

    it('are not to be had by signing with another pair under the same name', async () => {
      const { header, payload } = takeApart(token);
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const input = Buffer.from(`${b64(header)}.${b64(payload)}`);
      const forged = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(await me(`${input}.${forged.toString('base64url')}`, es)).toBe(401);
      const zero = Buffer.alloc(64).toString('base64url');
      expect(await me(`${input}.${zero}`, es)).toBe(401);
    });
  });
});

describe.each(databases())('SECRET_KEY on %s', kind => {
  it('is replaced without an interruption, and the old one opens nothing', async () => {
    const first = await startApp(kind);
    const ada = await newAccount(first.url);
    const pat = await call(first.url, 'POST', '/tokens', {
      token: ada.token,
      json: { name: 'x', scopes: ['authors:read'] },
    });
    const next = randomBytes(32).toString('base64');
    const stillGood = async (on: ServerProcess, refreshToken: string): Promise<string> => {
      for (const token of [ada.token, pat.body.token]) {
        expect((await call(on.url, 'GET', '/users/me', { token })).status).toBe(200);
      }
      expect((await login(on.url, ada.name, ada.password)).status).toBe(200);
      const json = { refresh_token: refreshToken };
      const refreshed = await call(on.url, 'POST', '/token/refresh', { json });
      expect(refreshed.status).toBe(200);
      return refreshed.body.refresh_token;
    };
    try {
      const exchanging = await anotherProcess(first, {
        SECRET_KEY: next,
        SECRET_KEY_PREVIOUS: SECRET,
      });
      const refreshToken = await stillGood(exchanging, ada.refreshToken);
      await exchanging.stop('SIGKILL');
      const after = await anotherProcess(first, { SECRET_KEY: next });
      await stillGood(after, refreshToken);
      await after.stop('SIGKILL');
      for (const wrong of [SECRET, randomBytes(32).toString('base64')]) {
        const failure = anotherProcess(first, { SECRET_KEY: wrong });
        await expect(failure).rejects.toThrow(/ended with 78.*SECRET_KEY/s);
        await expect(failure).rejects.not.toThrow(wrong);
      }
    } finally {
      await first.close();
    }
  });

  it.each(['secret', 'changeme', 'x'.repeat(31), ''])('cannot be %j', async SECRET_KEY => {
    const running = await startApp(kind);
    try {
      await expect(anotherProcess(running, { SECRET_KEY })).rejects.toThrow(/ended with 78/);
    } finally {
      await running.close();
    }
  });
});
