import { PASSWORD, basic } from '../../support/client.js';
import type { Step } from './play.js';
import { NO_TEXTS, TEXTS } from './texts.js';

const PASSWORDS: readonly string[] = [
  'eight888',
  'seven77',
  'p\u00e4ssw\u00f6rt nfc',
  'pa\u0308ssw\u00f6rt nfd',
  '\u{1f469}'.repeat(8),
  '\u{1f469}'.repeat(7),
  'x'.repeat(72) + 'a',
  'x'.repeat(256),
  'x'.repeat(257),
  'with:a:colon',
  ' leading and trailing ',
  'nul\u0000inside it',
  'lone surrogate \ud800',
  'password',
  'Password1',
  'quote \' and " and \\',
  '%s %d $1 ?',
  'tab\tand\nline',
];

/** Accounts, sessions, tokens and what admins do. */
export function accounts(admin: string): Step[] {
  return [
    ...names(),
    ...passwords(),
    ...profiles(),
    ...tokens(),
    ...sessions(),
    ...admins(admin),
    ...farewells(),
  ];
}

const register = (json: unknown): Step => ({ method: 'POST', path: '/register', json });

/** Each from a different address, so that the shared allowance decides nothing. */
const loginFrom = (index: number, name: string, password: string, keep?: Step['keep']): Step => ({
  method: index % 2 === 0 ? 'GET' : 'POST',
  path: '/login',
  headers: {
    authorization: basic(name, password),
    'x-forwarded-for': `198.51.${index}.7`,
  },
  keep,
});

function names(): Step[] {
  return [
    ...TEXTS.map(name => register({ name, password: PASSWORD })),
    ...NO_TEXTS.map(name => register({ name, password: PASSWORD })),
    ...TEXTS.slice(0, 24).map((name, index) => loginFrom(index, name, PASSWORD)),
    loginFrom(30, 'zo\u00cb', PASSWORD),
    loginFrom(31, 'ADA', PASSWORD),
    loginFrom(32, 'nobody', PASSWORD),
    ...['Basic', 'Basic !', 'Basic YQ==', 'Digest x', 'Basic gICA'].map((authorization): Step => ({
      method: 'GET',
      path: '/login',
      headers: { authorization },
    })),
  ];
}

function passwords(): Step[] {
  return [
    ...PASSWORDS.map((password, index) => register({ name: `pw${index}`, password })),
    ...NO_TEXTS.map(password => register({ name: 'no text', password })),
    ...PASSWORDS.map((password, index) => loginFrom(40 + index, `pw${index}`, password)),
    loginFrom(70, 'pw2', 'pa\u0308ssw\u00f6rt nfc'),
    loginFrom(71, 'pw3', 'p\u00e4ssw\u00f6rt nfd'),
    loginFrom(72, 'pw6', 'x'.repeat(72) + 'b'),
    loginFrom(73, 'pw10', 'leading and trailing'),
  ];
}

function profiles(): Step[] {
  const put = (json: unknown): Step => ({
    method: 'PUT',
    path: '/users/me/password',
    as: 'ben',
    json,
  });
  const keep = { ben: 'token' };
  return [
    { method: 'GET', path: '/users/me', as: 'ben' },
    ...TEXTS.map((name): Step => ({
      method: 'PATCH',
      path: '/users/me',
      as: 'ben',
      json: { name },
    })),
    put({ current_password: 'wrong password', new_password: 'another fine one' }),
    put({ current_password: PASSWORD, new_password: 'short' }),
    { ...put({ current_password: PASSWORD, new_password: 'another fine one' }), keep },
    { ...put({ current_password: 'another fine one', new_password: PASSWORD }), keep },
    { method: 'POST', path: '/sessions/confirm', as: 'ben', json: { password: 'wrong password' } },
    { method: 'POST', path: '/sessions/confirm', as: 'ben', json: { password: PASSWORD } },
  ];
}

function tokens(): Step[] {
  const make = (json: unknown, keep?: Step['keep']): Step => ({
    method: 'POST',
    path: '/tokens',
    as: 'ada',
    json,
    keep,
  });
  const scopes = ['authors:read'];
  return [
    make({ name: 'reads', scopes }, { reader: 'token', readerId: 'id' }),
    make({ name: 'writes', scopes: ['authors:write'], expires_in_days: 1 }, { writer: 'token' }),
    ...TEXTS.slice(20, 60).map(name => make({ name, scopes })),
    ...[0, -1, 1.5, 3651, '1', null].map(days =>
      make({ name: 'd', scopes, expires_in_days: days }),
    ),
    ...[[], ['x'], ['metrics:read'], [scopes[0], scopes[0]], 'authors:read', null].map(wanted =>
      make({ name: 's', scopes: wanted }),
    ),
    { method: 'GET', path: '/tokens', as: 'ada' },
    ...['/authors?limit=1', '/users/me', '/sessions', '/tokens', '/users', '/metrics'].flatMap(
      (path): Step[] => [
        { method: 'GET', path, as: 'reader' },
        { method: 'GET', path, as: 'writer' },
      ],
    ),
    { method: 'DELETE', path: '/authors/{{own}}', as: 'reader' },
    { method: 'DELETE', path: '/tokens/{{readerId}}', as: 'ben' },
    { method: 'DELETE', path: '/tokens/{{readerId}}', as: 'ada' },
    { method: 'DELETE', path: '/tokens/{{readerId}}', as: 'ada' },
    { method: 'DELETE', path: '/tokens/%00', as: 'ada' },
    { method: 'GET', path: '/authors', as: 'reader' },
  ];
}

function sessions(): Step[] {
  const refresh = (refresh_token: unknown, keep?: Step['keep']): Step => ({
    method: 'POST',
    path: '/token/refresh',
    json: { refresh_token },
    keep,
  });
  return [
    loginFrom(80, 'Ada', PASSWORD, { second: 'token', spent: 'refresh_token', id: 'session_id' }),
    { method: 'GET', path: '/sessions', as: 'ada' },
    refresh('{{spent}}', { fresh: 'refresh_token', second: 'token' }),
    refresh('{{spent}}'),
    refresh('{{fresh}}'),
    ...['', 'x', 'a\u0000b', null, 1].map(token => refresh(token)),
    { method: 'DELETE', path: '/sessions/{{id}}', as: 'admin' },
    { method: 'DELETE', path: '/sessions/{{id}}', as: 'ada' },
    { method: 'DELETE', path: '/sessions/{{id}}', as: 'ada' },
    { method: 'DELETE', path: '/sessions/%00', as: 'ada' },
    { method: 'GET', path: '/users/me', as: 'second' },
    refresh('{{fresh}}'),
    loginFrom(81, 'Ada', PASSWORD, { third: 'token' }),
    { method: 'DELETE', path: '/sessions', as: 'ada' },
    { method: 'GET', path: '/users/me', as: 'third' },
    { method: 'POST', path: '/logout', as: 'third' },
  ];
}

function admins(admin: string): Step[] {
  const change = (id: string, json: unknown): Step => ({
    method: 'PATCH',
    path: `/users/${id}`,
    as: 'admin',
    json,
  });
  const reset = (name: string, code: string, new_password = 'a third password'): Step => ({
    method: 'POST',
    path: '/password-reset',
    headers: { 'x-forwarded-for': '203.0.113.9' },
    json: { name, code, new_password },
  });
  return [
    {
      method: 'POST',
      path: '/register',
      json: { name: 'Cy', password: PASSWORD },
      keep: { cy: 'public_id' },
    },
    { method: 'GET', path: '/users', as: 'ada' },
    { method: 'GET', path: '/users?limit=5', as: 'admin', keep: { page: 'next_cursor' } },
    { method: 'GET', path: '/users?limit=100&cursor={{page}}', as: 'admin' },
    { method: 'GET', path: '/users/me', as: 'admin', keep: { root: 'public_id' } },
    { method: 'GET', path: '/users/{{cy}}', as: 'admin' },
    { method: 'GET', path: '/users/%00', as: 'admin' },
    { method: 'GET', path: '/users/none', as: 'admin' },
    change('{{root}}', { admin: false }),
    change('{{root}}', { disabled: true }),
    change('{{cy}}', { admin: 'yes' }),
    change('{{cy}}', { disabled: true }),
    loginFrom(90, 'Cy', PASSWORD),
    change('{{cy}}', { disabled: false }),
    change('none', { disabled: false }),
    { method: 'POST', path: '/users/{{cy}}/reset', as: 'ada' },
    { method: 'POST', path: '/users/{{root}}/reset', as: 'admin' },
    { method: 'POST', path: '/users/{{root}}/ticket', as: 'admin' },
    { method: 'POST', path: '/users/{{cy}}/reset', as: 'admin', keep: { code: 'code' } },
    reset('Cy', 'wrong'),
    reset('Cy', '{{code}}', 'short'),
    reset('CY', '{{code}}'),
    reset('Cy', '{{code}}'),
    loginFrom(91, 'Cy', 'a third password', { cyToken: 'token' }),
    { method: 'POST', path: '/users/{{cy}}/ticket', as: 'admin', keep: { ticket: 'code' } },
    { ...loginFrom(92, admin, 'not the password') },
    { method: 'DELETE', path: '/users/{{root}}', as: 'admin' },
    { method: 'GET', path: '/users/me/events', as: 'ada' },
    { method: 'GET', path: '/events', as: 'ada' },
    { method: 'GET', path: '/events?limit=5', as: 'admin', keep: { event: 'next_cursor' } },
    { method: 'GET', path: '/events?limit=400&cursor={{event}}', as: 'admin' },
  ];
}

function farewells(): Step[] {
  const leave = (json: unknown): Step => ({
    method: 'DELETE',
    path: '/users/me',
    as: 'cyToken',
    json,
  });
  return [
    leave({ password: 'wrong password' }),
    leave({}),
    leave({ password: 'a third password' }),
    { method: 'GET', path: '/users/me', as: 'cyToken' },
    { method: 'GET', path: '/users/{{cy}}', as: 'admin' },
    { method: 'DELETE', path: '/users/{{cy}}', as: 'admin' },
  ];
}
