import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { PASSWORD, basic, call, freshName, login, newAccount } from '../../support/client.js';
import { forgetTries, setRights } from './inside.js';
import { fingerprint, rawCall } from './raw-call.js';
import type { RawAnswer } from './raw-call.js';

const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString('base64');

/** A known user, `good` the credentials that would be right. */
const BROKEN: Record<string, (good: string) => string> = {
  'an empty header': () => '',
  'the scheme alone': () => 'Basic',
  'the scheme and a space': () => 'Basic ',
  'no scheme': good => good,
  'a scheme that contains Basic': good => `XBasicX ${good}`,
  'a scheme that begins with Basic': good => `Basics ${good}`,
  'another scheme': good => `Digest ${good}`,
  'a bearer token': good => `Bearer ${good}`,
  'no space': good => `Basic${good}`,
  'two spaces': good => `Basic  ${good}`,
  'a tab': good => `Basic\t${good}`,
  'something behind it': good => `Basic ${good} x`,
  'a parameter behind it': good => `Basic ${good}, charset="UTF-8"`,
  'two credentials': good => `Basic ${good}, Basic ${good}`,
  'quotes around it': good => `Basic "${good}"`,
  'a space inside': good => `Basic ${good.slice(0, 8)} ${good.slice(8)}`,
  'a character outside the alphabet': good => `Basic ${good.slice(0, 8)}*${good.slice(8)}`,
  'the URL alphabet': () => `Basic ${base64(Buffer.from('ü>:??>~~~'))}`.replace(/[+/]/g, '-'),
  'three fill characters': good => `Basic ${good.replace(/=*$/, '===')}`,
  'fill characters in front': good => `Basic =${good}`,
  'bits that are not zero at the end': () => 'Basic YTpi' + 'YR==',
  'a length that no bytes have': good => `Basic ${good.replace(/=*$/, '').slice(0, 4)}A`,
  'no colon': () => `Basic ${base64('nobody')}`,
  'a lone Latin-1 byte': () =>
    `Basic ${base64(Buffer.from('m\xfcller:m\xfcller-secret', 'latin1'))}`,
  'an overlong UTF-8 form': () => `Basic ${base64(Buffer.from([0x61, 0xc0, 0xba, 0x61]))}`,
  'a surrogate in UTF-8': () => `Basic ${base64(Buffer.from([0x61, 0x3a, 0xed, 0xa0, 0x80]))}`,
  'a NUL in the name': () => `Basic ${base64('a\0b:12345678')}`,
  'a line break in the password': () => `Basic ${base64('a:1234\r\n5678')}`,
  'a control character of C1': () => `Basic ${base64('a:1234\u00855678')}`,
  'a DEL': () => `Basic ${base64('a:1234\x7f5678')}`,
  'more than four kilobytes': () => `Basic ${base64(`a:${'x'.repeat(4000)}`)}`,
};

describe.each(databases())('login on %s', kind => {
  let running: RunningApp;
  let url: string;

  beforeAll(async () => {
    running = await startApp(kind);
    ({ url } = running);
  });

  afterAll(() => running?.close());
  beforeEach(() => forgetTries(running));

  const attempt = (authorization?: string, method = 'POST'): Promise<RawAnswer> =>
    rawCall(url, '/login', {
      method,
      headers: authorization === undefined ? [] : ['authorization', authorization],
    });

  const register = async (password: string): Promise<string> => {
    const name = freshName();
    const answer = await call(url, 'POST', '/register', { json: { name, password } });
    expect(answer.status, answer.text).toBe(201);
    return name;
  };

  it('gives both tokens by GET and by POST, to be stored by no cache', async () => {
    const name = await register(PASSWORD);
    for (const method of ['GET', 'POST']) {
      const { status, body, headers } = await attempt(basic(name, PASSWORD), method);
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('no-store');
      expect(body).toMatchObject({
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'Bearer',
        expires_in: 1800,
        refresh_token: expect.stringMatching(/^\S{40,200}$/),
        refresh_expires_in: expect.any(Number),
        session_id: expect.any(String),
        device_token: expect.stringMatching(/^[\w-]{43}$/),
      });
      expect(body.refresh_expires_in).toBeGreaterThan(29 * 86_400);
    }
  });

  it('checks no password by HEAD, and answers it as a GET without credentials', async () => {
    const ada = await newAccount(url);
    const bare = await attempt(undefined, 'HEAD');
    for (const password of [ada.password, 'not the password']) {
      const answer = await attempt(basic(ada.name, password), 'HEAD');
      expect(answer.status).toBe(401);
      expect(fingerprint(answer)).toBe(fingerprint(bare));
    }
    const { body } = await call(url, 'GET', '/sessions', { token: ada.token });
    expect(body.sessions).toHaveLength(1);
    expect((await login(url, ada.name, ada.password)).body.failed_logins).toBe(0);
  });

  it('begins a new session with each login', async () => {
    const name = await register(PASSWORD);
    const ids = [await login(url, name, PASSWORD), await login(url, name, PASSWORD)];
    for (const field of ['session_id', 'token', 'refresh_token', 'device_token']) {
      expect([field, new Set(ids.map(({ body }) => body[field])).size]).toEqual([field, 2]);
    }
  });

  it.each(Object.entries(BROKEN))('refuses %s as it refuses a wrong password', async (_, make) => {
    const name = await register(PASSWORD);
    const good = base64(`${name}:${PASSWORD}`);
    for (const method of ['GET', 'POST']) {
      const wrong = await attempt(basic(name, `${PASSWORD}!`), method);
      expect(fingerprint(await attempt(make(good), method))).toBe(fingerprint(wrong));
    }
  });

  it('refuses no header at all in the same way', async () => {
    const wrong = await attempt(basic(freshName(), PASSWORD));
    expect(wrong.status).toBe(401);
    expect(wrong.headers['www-authenticate']).toBe('Basic realm="login required", charset="UTF-8"');
    expect(wrong.body).toMatchObject({ message: 'could not verify', status: 401 });
    expect(fingerprint(await attempt())).toBe(fingerprint(wrong));
  });

  it('refuses a second Authorization field, whichever of them is right', async () => {
    const name = await register(PASSWORD);
    const [right, wrong] = [basic(name, PASSWORD), basic(name, 'not the password')];
    for (const [first, second] of [
      [right, wrong],
      [wrong, right],
      [right, `Bearer ${right}`],
    ]) {
      const { status } = await rawCall(url, '/login', {
        method: 'POST',
        headers: ['authorization', first, 'authorization', second],
      });
      expect(status).toBe(400);
    }
  });

  it('tells unknown, wrong, disabled, removed and impossible names apart by nothing', async () => {
    const [known, disabled, removed] = await Promise.all([1, 2, 3].map(() => newAccount(url)));
    await setRights(running, disabled.publicId, { disabled: true });
    await call(url, 'DELETE', '/users/me', {
      token: removed.token,
      json: { password: removed.password },
    });
    const answers = await Promise.all([
      attempt(basic(known.name, 'not the password')),
      attempt(basic(freshName(), PASSWORD)),
      attempt(basic(disabled.name, PASSWORD)),
      attempt(basic(disabled.name, 'not the password')),
      attempt(basic(removed.name, PASSWORD)),
      attempt(basic('', PASSWORD)),
      attempt(basic(known.name, '')),
      attempt(basic('x'.repeat(51), PASSWORD)),
      attempt(basic(`${known.name}\u200b`, 'not the password')),
    ]);
    expect(new Set(answers.map(fingerprint)).size).toBe(1);
    expect(answers[0].status).toBe(401);
  });

  it.each([
    ['colons', 'a:b:c:d:e:f'],
    ['a leading colon', ':secret-words'],
    ['letters outside ASCII', 'päß wörd ☂'],
    ['characters outside the first plane', '😀😁😂🤣😃😄😅😆😉😊'],
    ['a space at the end', 'ends in a space '],
    ['spaces around it', '   five spaces   '],
    ['73 bytes', `${'y'.repeat(64)}correct-9`],
    ['256 characters', '漢字仮名交り文😀'.repeat(32)],
    ['quotes and backslashes', `"'\\%_;--/*`],
  ])('takes a password with %s, and nothing that is almost it', async (_, password) => {
    const name = await register(password);
    expect((await attempt(basic(name, password))).status).toBe(200);
    const points = [...password];
    const almost = [
      points.slice(0, -1).join(''),
      points.slice(1).join(''),
      `${password} `,
      password.split(':')[0],
      password.trim(),
      password.toUpperCase(),
      `${points.slice(0, -1).join('')}#`,
    ].filter(each => each !== password);
    for (const wrong of new Set(almost)) {
      expect((await attempt(basic(name, wrong))).status, JSON.stringify(wrong)).toBe(401);
    }
  });

  it('tells passwords apart that differ only behind the 72 bytes that bcrypt reads', async () => {
    const name = await register(`${'x*'.repeat(36)}AAA-one`);
    expect((await attempt(basic(name, `${'x*'.repeat(36)}BBB-two`))).status).toBe(401);
    expect((await attempt(basic(name, 'x*'.repeat(36)))).status).toBe(401);
    expect((await attempt(basic(name, `${'x*'.repeat(36)}AAA-one`))).status).toBe(200);
  });

  it('takes composed and decomposed letters for the same, in name and password', async () => {
    const stem = freshName('zoë');
    const password = 'crème brûlée à la carte';
    const registered = await call(url, 'POST', '/register', {
      json: { name: stem.normalize('NFC'), password: password.normalize('NFD') },
    });
    expect(registered.status).toBe(201);
    for (const [name, secret] of [
      [stem.normalize('NFC'), password.normalize('NFC')],
      [stem.normalize('NFD'), password.normalize('NFD')],
      [stem.toUpperCase(), password.normalize('NFC')],
      [`  ${stem} `, password.normalize('NFD')],
    ]) {
      expect((await attempt(basic(name, secret))).status, name).toBe(200);
    }
  });

  it('takes the scheme in any case, and base64 without its fill characters', async () => {
    const name = await register(PASSWORD);
    const good = base64(`${name}:${PASSWORD}`);
    for (const header of [`basic ${good}`, `BASIC ${good}`, `BaSiC ${good.replace(/=+$/, '')}`]) {
      expect((await attempt(header)).status, header).toBe(200);
    }
  });

  it('tells at the next login how many have failed before it', async () => {
    const name = await register(PASSWORD);
    for (let i = 0; i < 3; i += 1) {
      await login(url, name, 'not the password');
    }
    expect((await login(url, name, PASSWORD)).body.failed_logins).toBe(3);
    expect((await login(url, name, PASSWORD)).body.failed_logins).toBe(0);
  });
});
