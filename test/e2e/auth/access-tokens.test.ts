import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, login, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { keyRingOf, newAdmin } from './inside.js';
import { MUTATIONS, forge, takeApart } from './mutations.js';
import type { Original } from './mutations.js';
import { fingerprint, rawCall } from './raw-call.js';
import type { RawAnswer } from './raw-call.js';

const CHALLENGE = 'Bearer realm="library-api"';

describe.each(databases())('access tokens on %s', kind => {
  let running: RunningApp;
  let url: string;
  let ada: Account;
  let original: Original;

  const ask = (...headers: string[]): Promise<RawAnswer> => rawCall(url, '/users/me', { headers });
  const bearer = (token: string): Promise<RawAnswer> => ask('authorization', `Bearer ${token}`);

  beforeAll(async () => {
    running = await startApp(kind);
    ({ url } = running);
    ada = await newAdmin(running);
    const other = await newAccount(url);
    const gone = await newAccount(url);
    await call(url, 'DELETE', '/users/me', {
      token: gone.token,
      json: { password: gone.password },
    });
    const { key } = await (await keyRingOf(running)).signingKey();
    original = {
      ...takeApart(ada.token),
      key: key.export() as Buffer,
      other: other.publicId,
      removed: { sub: gone.publicId, sid: gone.sessionId },
    };
  });

  afterAll(() => running?.close());

  it('takes the token as it was given, and one that the right key has signed anew', async () => {
    expect((await bearer(ada.token)).body).toMatchObject({ public_id: ada.publicId });
    const again = forge(original.header, original.payload, original.key);
    expect(again).toBe(ada.token);
    const renewed = { ...original.payload, jti: 'another' };
    expect((await bearer(forge(original.header, renewed, original.key))).status).toBe(200);
  });

  it('says what RFC 9068 asks for, and nothing of the user but the public id', () => {
    expect(original.header).toEqual({ typ: 'at+jwt', alg: 'HS256', kid: expect.any(String) });
    expect(original.payload).toEqual({
      iss: 'library-api',
      aud: 'library-api',
      sub: ada.publicId,
      public_id: ada.publicId,
      sid: ada.sessionId,
      iat: expect.any(Number),
      exp: original.payload.iat + 1800,
      jti: expect.stringMatching(/^[\w-]{22}$/),
    });
  });

  it('knows at least 60 mutations', () => {
    expect(Object.keys(MUTATIONS).length).toBeGreaterThanOrEqual(60);
  });

  it.each(Object.entries(MUTATIONS))('refuses %s', async (_, mutate) => {
    const answer = await bearer(mutate(original));
    expect([400, 401], answer.text).toContain(answer.status);
    expect(answer.body.status).toBe(answer.status);
    // Not even a forgery that was refused leaves the good token out in the cold, or gets in the second time.
    expect((await bearer(mutate(original))).status).toBe(answer.status);
    expect((await bearer(ada.token)).status).toBe(200);
  });

  it('takes no other token that it gives out for an access token', async () => {
    const { body } = await login(url, ada.name, ada.password);
    for (const token of [body.refresh_token, body.device_token, body.session_id, ada.publicId]) {
      expect((await bearer(token)).status).toBe(401);
    }
  });

  it('tells bad tokens apart by nothing', async () => {
    const answers = await Promise.all([
      bearer('x'),
      bearer(MUTATIONS['exp past'](original)),
      bearer(MUTATIONS['another key'](original)),
      bearer(MUTATIONS['sub a user who is gone'](original)),
      bearer(MUTATIONS['kid unknown'](original)),
      bearer('lib_pat_0000'),
    ]);
    expect(new Set(answers.map(fingerprint)).size).toBe(1);
    expect(answers[0].status).toBe(401);
    expect(answers[0].body.message).toBe('token is invalid');
    expect(answers[0].headers['www-authenticate']).toBe(`${CHALLENGE}, error="invalid_token"`);
    expect(answers[0].headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['no header', []],
    ['Basic credentials', ['authorization', 'Basic YTpi']],
    ['an empty x-access-tokens', ['x-access-tokens', '']],
  ])('says with %s that a token is missing, without an error code', async (_, headers) => {
    const { status, body, headers: answered } = await ask(...headers);
    expect(status).toBe(401);
    expect(body.message).toBe('a valid token is missing');
    expect(answered['www-authenticate']).toBe(CHALLENGE);
  });

  it.each(['/users/me?access_token=TOKEN', '/users/me?token=TOKEN', '/authors?access_token=TOKEN'])(
    'never looks for a token in the address: %s',
    async path => {
      const answer = await rawCall(url, path.replace('TOKEN', ada.token));
      expect([400, 401]).toContain(answer.status);
      expect(answer.text).not.toContain(ada.token);
      expect(running.lines.join('')).not.toContain(ada.token);
    },
  );

  it('never looks for a token in a cookie or in a form', async () => {
    expect((await ask('cookie', `token=${ada.token}; access_token=${ada.token}`)).status).toBe(401);
    const posted = await rawCall(url, '/logout', {
      method: 'POST',
      headers: ['content-type', 'application/x-www-form-urlencoded'],
      body: `access_token=${ada.token}`,
    });
    expect([401, 415]).toContain(posted.status);
    expect((await bearer(ada.token)).status).toBe(200);
  });

  it.each<[string, (token: string) => string]>([
    ['two spaces', token => `Bearer  ${token}`],
    ['a tab', token => `Bearer\t${token}`],
    ['something behind it', token => `Bearer ${token} trailing`],
    ['a comma behind it', token => `Bearer ${token},`],
    ['a second token behind it', token => `Bearer ${token}, Bearer ${token}`],
    ['quotes', token => `Bearer "${token}"`],
    ['a parameter', token => `Bearer token="${token}"`],
    ['no space', token => `Bearer${token}`],
    ['the scheme alone', () => 'Bearer'],
    ['the scheme Token', token => `Token ${token}`],
    ['no scheme', token => token],
    ['a scheme that contains Bearer', token => `XBearer ${token}`],
  ])('refuses the header with %s', async (_, make) => {
    const { status, text } = await ask('authorization', make(ada.token));
    expect([400, 401], text).toContain(status);
    expect(text).not.toContain(ada.token);
  });

  it.each(['bearer', 'BEARER', 'bEaReR'])('takes the scheme as %s', async scheme => {
    expect((await ask('authorization', `${scheme} ${ada.token}`)).status).toBe(200);
  });

  it('takes x-access-tokens, and both headers where they say the same', async () => {
    const same = ['authorization', `Bearer ${ada.token}`, 'x-access-tokens', ada.token];
    expect((await ask('x-access-tokens', ada.token)).status).toBe(200);
    expect((await ask(...same)).status).toBe(200);
  });

  it('refuses two transports that differ, and each of them twice', async () => {
    const { token } = await newAccount(url);
    for (const headers of [
      ['authorization', `Bearer ${ada.token}`, 'x-access-tokens', token],
      ['authorization', `Bearer ${ada.token}`, 'x-access-tokens', 'x'],
      ['authorization', `Bearer ${ada.token}`, 'authorization', `Bearer ${token}`],
      ['authorization', `Bearer ${ada.token}`, 'Authorization', `Bearer ${ada.token}`],
      ['x-access-tokens', ada.token, 'x-access-tokens', token],
    ]) {
      const { status, body } = await ask(...headers);
      expect(status).toBe(400);
      expect(body.type).toBe('/problems/invalid_request');
    }
  });

  it('guards a path however it is written', async () => {
    for (const path of ['/users', '/users/', '//users', '/Users', '/%75sers', '/users/./me']) {
      const { status, text } = await rawCall(url, path);
      expect([400, 401, 404], path).toContain(status);
      expect(text).not.toContain(ada.publicId);
    }
    const absolute = await rawCall(url, `${url}/users`);
    expect([400, 401, 404]).toContain(absolute.status);
  });
});
