import { createHmac, randomBytes } from 'node:crypto';

/** A good token taken apart, and the key that signed it. */
export interface Original {
  token: string;
  header: Record<string, unknown>;
  payload: Record<string, any>;
  key: Buffer;
  /** The public id of somebody else, who is logged in. */
  other: string;
  /** A user who was removed. */
  removed: { sub: string; sid: string };
}

const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** Signs whatever it is given: a header and a payload, as objects or as JSON text. */
export function forge(header: unknown, payload: unknown, key: Buffer, hash = 'sha256'): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`;
}

export function takeApart(token: string): Pick<Original, 'token' | 'header' | 'payload'> {
  const [header, payload] = token
    .split('.')
    .slice(0, 2)
    .map(part => JSON.parse(Buffer.from(part, 'base64url').toString()));
  return { token, header, payload };
}

type Mutation = (original: Original) => string;

const now = (): number => Math.floor(Date.now() / 1000);

/** With the right key: the header or the payload with other members. */
const header =
  (members: object): Mutation =>
  o =>
    forge({ ...o.header, ...members }, o.payload, o.key);
const payload =
  (members: object): Mutation =>
  o =>
    forge(o.header, { ...o.payload, ...members }, o.key);
const without =
  (part: 'header' | 'payload', member: string): Mutation =>
  o =>
    forge(
      part === 'header' ? { ...o.header, [member]: undefined } : o.header,
      part === 'payload' ? { ...o.payload, [member]: undefined } : o.payload,
      o.key,
    );
const segments =
  (change: (parts: string[]) => string[]): Mutation =>
  ({ token }) =>
    change(token.split('.')).join('.');
/** The payload as text, for what JSON.stringify would not write. */
const text =
  (change: (json: string) => string): Mutation =>
  o =>
    forge(o.header, change(JSON.stringify(o.payload)), o.key);
const unsigned =
  (alg: string): Mutation =>
  o =>
    `${encode({ ...o.header, alg })}.${encode(o.payload)}.`;

const JWK = { kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url') };

/** Every forgery and every damage that RFC 8725 and the faults of common libraries give reason for. */
export const MUTATIONS: Record<string, Mutation> = {
  'alg none, no signature': unsigned('none'),
  'alg None, no signature': unsigned('None'),
  'alg nOnE, no signature': unsigned('nOnE'),
  'alg none with the old signature': segments(([h, p, s]) => [
    encode({ ...JSON.parse(Buffer.from(h, 'base64url').toString()), alg: 'none' }),
    p,
    s,
  ]),
  'alg empty': header({ alg: '' }),
  'alg missing': without('header', 'alg'),
  'alg null': header({ alg: null }),
  'alg an array': header({ alg: ['HS256'] }),
  'alg in lower case': header({ alg: 'hs256' }),
  'HS384 by the same key': o => forge({ ...o.header, alg: 'HS384' }, o.payload, o.key, 'sha384'),
  'HS512 by the same key': o => forge({ ...o.header, alg: 'HS512' }, o.payload, o.key, 'sha512'),
  'RS256 said, HMAC made': header({ alg: 'RS256' }),
  'ES256 said, HMAC made': header({ alg: 'ES256' }),
  'PS256 said, HMAC made': header({ alg: 'PS256' }),
  'HS256 said, HS512 made': o => forge(o.header, o.payload, o.key, 'sha512'),
  'another key': o => forge(o.header, o.payload, randomBytes(32)),
  'an empty key': o => forge(o.header, o.payload, Buffer.alloc(0)),
  'the kid as the key': o => forge(o.header, o.payload, Buffer.from(String(o.header.kid))),
  'the word secret as the key': o => forge(o.header, o.payload, Buffer.from('secret')),
  'the key in base64 as the key': o =>
    forge(o.header, o.payload, Buffer.from(o.key.toString('base64'))),
  'an empty signature': segments(([h, p]) => [h, p, '']),
  'one bit of the signature changed': segments(([h, p, s]) => {
    const bytes = Buffer.from(s, 'base64url');
    bytes[0] ^= 1;
    return [h, p, bytes.toString('base64url')];
  }),
  'a shorter signature': segments(([h, p, s]) => [h, p, s.slice(0, 20)]),
  'a longer signature': segments(([h, p, s]) => [h, p, `${s}AAAA`]),
  'unused bits of the signature set': segments(([h, p, s]) => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return [h, p, s.slice(0, -1) + alphabet[alphabet.indexOf(s.at(-1)!) ^ 1]];
  }),
  'the signature padded': segments(([h, p, s]) => [h, p, `${s}=`]),
  'the payload padded': segments(([h, p, s]) => [h, `${p}==`, s]),
  'the signature in plain base64': o =>
    o.token.replace(/[^.]+$/, s => `${s.replace(/-/g, '+').replace(/_/g, '/')}+`),
  'two parts': segments(([h, p]) => [h, p]),
  'one part': segments(([h]) => [h]),
  'four parts': segments(([h, p, s]) => [h, p, s, s]),
  'five parts, as a JWE has': segments(([h, p, s]) => [h, p, s, p, s]),
  'dots alone': () => '..',
  'an empty payload': o => forge(o.header, '', o.key),
  'a line break at the end': ({ token }) => `${token}%0A`,
  'the payload of somebody else': o => {
    const [h, , s] = o.token.split('.');
    return [h, encode({ ...o.payload, sub: o.other, public_id: o.other }), s].join('.');
  },
  'typ JWT': header({ typ: 'JWT' }),
  'typ at': header({ typ: 'at' }),
  'typ in upper case': header({ typ: 'AT+JWT' }),
  'typ refresh+jwt': header({ typ: 'refresh+jwt' }),
  'typ with its prefix': header({ typ: 'application/at+jwt' }),
  'typ missing': without('header', 'typ'),
  'typ an array': header({ typ: ['at+jwt'] }),
  'kid missing': without('header', 'kid'),
  'kid unknown': header({ kid: randomBytes(16).toString('base64url') }),
  'kid a path': header({ kid: '../../../../dev/null' }),
  'kid with SQL': header({ kid: "' OR '1'='1" }),
  'kid an array': o => forge({ ...o.header, kid: [o.header.kid] }, o.payload, o.key),
  'kid a number': header({ kid: 1 }),
  'kid empty': header({ kid: '' }),
  'kid __proto__': header({ kid: '__proto__' }),
  'kid with a space': o => forge({ ...o.header, kid: `${o.header.kid} ` }, o.payload, o.key),
  'kid twice': o => forge(JSON.stringify(o.header).replace('{', '{"kid":"x",'), o.payload, o.key),
  'jwk embedded': o => forge({ ...o.header, jwk: JWK }, o.payload, Buffer.alloc(32, 1)),
  'jwk embedded, the right key': header({ jwk: JWK }),
  'jku to elsewhere': header({ jku: 'http://127.0.0.1:9/jwks.json' }),
  'x5u to elsewhere': header({ x5u: 'http://127.0.0.1:9/cert.pem' }),
  'x5c embedded': header({ x5c: ['MIIB'] }),
  'crit with an unknown name': header({ crit: ['exp-of-ours'], 'exp-of-ours': 1 }),
  'crit empty': header({ crit: [] }),
  'b64 false': header({ b64: false, crit: ['b64'] }),
  'zip in the header': header({ zip: 'DEF' }),
  'cty JWT': header({ cty: 'JWT' }),
  'the header an array': o => forge([o.header], o.payload, o.key),
  'the header a text': o => forge('"header"', o.payload, o.key),
  'exp missing': without('payload', 'exp'),
  'exp past': payload({ exp: now() - 1 }),
  'exp a text': o => forge(o.header, { ...o.payload, exp: String(o.payload.exp) }, o.key),
  'exp a fraction': o => forge(o.header, { ...o.payload, exp: o.payload.exp + 0.5 }, o.key),
  'exp 1e400': text(json => json.replace(/"exp":\d+/, '"exp":1e400')),
  'exp negative': payload({ exp: -1 }),
  'exp null': payload({ exp: null }),
  'exp an array': o => forge(o.header, { ...o.payload, exp: [o.payload.exp] }, o.key),
  'exp in a hundred years': payload({ exp: now() + 3_155_760_000 }),
  'exp in milliseconds': payload({ exp: Date.now() + 60_000 }),
  'exp twice': text(json => json.replace('{', '{"exp":1,')),
  'iat missing': without('payload', 'iat'),
  'iat a text': payload({ iat: 'now' }),
  'iat a fraction': payload({ iat: now() - 0.5 }),
  'iat in the far future': payload({ iat: now() + 86_400, exp: now() + 87_000 }),
  'iat in the future': payload({ iat: now() + 600, exp: now() + 700 }),
  'iat after exp': o => forge(o.header, { ...o.payload, iat: o.payload.exp + 1 }, o.key),
  'nbf in the future': payload({ nbf: now() + 600 }),
  'nbf a text': payload({ nbf: 'tomorrow' }),
  'iss missing': without('payload', 'iss'),
  'iss another': payload({ iss: 'somebody-else' }),
  'iss an array': payload({ iss: ['library-api'] }),
  'aud missing': without('payload', 'aud'),
  'aud another': payload({ aud: 'another-api' }),
  'aud an array': payload({ aud: ['library-api', 'another-api'] }),
  'aud an empty array': payload({ aud: [] }),
  'sub missing': without('payload', 'sub'),
  'sub a number': payload({ sub: 1, public_id: 1 }),
  'sub somebody else': o =>
    forge(o.header, { ...o.payload, sub: o.other, public_id: o.other }, o.key),
  'sub and public_id at odds': o => forge(o.header, { ...o.payload, public_id: o.other }, o.key),
  'sub twice': o =>
    forge(o.header, JSON.stringify(o.payload).replace('{', `{"sub":"${o.other}",`), o.key),
  'sub a user who is gone': o =>
    forge(
      o.header,
      { ...o.payload, sub: o.removed.sub, public_id: o.removed.sub, sid: o.removed.sid },
      o.key,
    ),
  'sid missing': without('payload', 'sid'),
  'sid unknown': payload({ sid: randomBytes(16).toString('base64url') }),
  'sid an array': o => forge(o.header, { ...o.payload, sid: [o.payload.sid] }, o.key),
  'sid with SQL': payload({ sid: "' OR 1=1 --" }),
  'sid with NUL': o => forge(o.header, { ...o.payload, sid: `${o.payload.sid}\0` }, o.key),
  'sid a lone surrogate': text(json => json.replace(/"sid":"[^"]+"/, '"sid":"\\ud800"')),
  'jti missing': without('payload', 'jti'),
  'the payload an array': o => forge(o.header, [o.payload], o.key),
  'the payload a text': o => forge(o.header, JSON.stringify('payload'), o.key),
  'the payload null': o => forge(o.header, 'null', o.key),
  'the payload with a BOM': text(json => `\ufeff${json}`),
  'the payload not JSON': text(json => `${json},`),
  'the payload 5,000 levels deep': text(json =>
    json.replace('{', `{"x":${'['.repeat(5000)}${']'.repeat(5000)},`).slice(0, 9000),
  ),
  'a token of 12 kilobytes': payload({ x: 'y'.repeat(8_000) }),
  '__proto__ in the payload': text(json => json.replace('{', '{"__proto__":{"admin":true},')),
};
