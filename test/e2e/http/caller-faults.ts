import { expect } from 'vitest';
import { PASSWORD, call, freshName, login } from '../../support/client.js';
import { AUTHOR, asAdmin, asUser } from './world.js';
import type { Case } from './world.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';

/** What this caller may not do, or not with what is there. */
export const CALLER_FAULTS: Case[] = [
  {
    status: 401,
    code: 'token_missing',
    when: 'there is no token',
    ask: ({ url }) => call(url, 'GET', '/authors'),
    headers: { 'www-authenticate': /^Bearer realm="library-api"$/ },
  },
  {
    status: 401,
    code: 'token_invalid',
    when: 'the token is none',
    ask: ({ url }) => call(url, 'GET', '/authors', { token: 'nonsense' }),
    headers: { 'www-authenticate': /^Bearer realm="library-api", error="invalid_token"$/ },
  },
  {
    status: 401,
    code: 'could_not_verify',
    when: 'the password is wrong',
    ask: ({ url, user }) => login(url, user.name, 'wrong'),
    headers: { 'www-authenticate': /^Basic realm="login required", charset="UTF-8"$/ },
  },
  {
    status: 401,
    code: 'refresh_refused',
    when: 'the refresh token is none',
    ask: ({ url }) => call(url, 'POST', '/token/refresh', { json: { refresh_token: 'nonsense' } }),
  },
  {
    status: 403,
    code: 'insufficient_scope',
    when: 'a personal access token lacks the scope',
    ask: ({ url, personal }) => call(url, 'POST', '/author', { token: personal, json: AUTHOR }),
    headers: { 'www-authenticate': /error="insufficient_scope", scope="authors:write"$/ },
  },
  {
    status: 403,
    code: 'session_required',
    when: 'a personal access token asks for the account',
    ask: ({ url, personal }) => call(url, 'GET', '/sessions', { token: personal }),
    headers: { 'www-authenticate': /^Bearer realm="library-api"/ },
  },
  {
    status: 403,
    code: 'admin_required',
    when: 'a user asks for what is for admins',
    ask: asUser('GET', '/users'),
  },
  {
    status: 403,
    code: 'confirmation_required',
    when: 'the session has not seen the password for five minutes',
    ask: ({ url, stale }) =>
      call(url, 'POST', '/tokens', { token: stale, json: { name: 'x', scopes: ['authors:read'] } }),
    headers: { 'www-authenticate': /error="insufficient_user_authentication", max_age="300"$/ },
  },
  {
    status: 403,
    code: 'command_line_only',
    when: 'an admin asks for a code for themselves',
    ask: asAdmin('POST', ({ adminId }) => `/users/${adminId}/reset`),
  },
  {
    status: 403,
    code: 'registration_closed',
    when: 'registration is closed',
    ask: ({ closedUrl }) =>
      call(closedUrl, 'POST', '/register', { json: { name: freshName(), password: PASSWORD } }),
  },
  {
    status: 403,
    code: 'wrong_password',
    when: 'the current password is wrong',
    ask: asUser('PUT', '/users/me/password', {
      json: { current_password: 'wrong', new_password: 'another horse battery' },
    }),
  },
  {
    status: 403,
    code: 'code_refused',
    when: 'the reset code is wrong',
    ask: ({ url }) =>
      call(url, 'POST', '/password-reset', {
        json: { name: 'Nobody', code: 'nonsense', new_password: PASSWORD },
      }),
  },
  {
    status: 404,
    code: 'route_not_found',
    when: 'there is no such route',
    ask: ({ url }) => call(url, 'POST', '/nothing?token=secret', { body: 'x' }),
  },
  ...['0', '-1', '1e1', '0x1', '1.0', 'x', '%20', '99999999999999999999', '9'.repeat(200)].map(
    id => ({
      status: 404,
      code: 'author_not_found',
      when: `the id is ${id.slice(0, 30)}`,
      ask: asUser('GET', `/authors/${id}`),
    }),
  ),
  {
    status: 404,
    code: 'author_not_found',
    when: "the author is another's, though If-Match would not hold",
    ask: ({ url, other, author }) =>
      call(url, 'DELETE', `/authors/${author.id}`, {
        token: other.token,
        headers: { 'if-match': '"none"' },
      }),
  },
  {
    status: 404,
    code: 'user_not_found',
    when: 'there is no such user',
    ask: asAdmin('GET', () => `/users/${NOBODY}`),
  },
  {
    status: 404,
    code: 'session_not_found',
    when: 'there is no such session',
    ask: asUser('DELETE', `/sessions/${NOBODY}`),
  },
  {
    status: 404,
    code: 'token_not_found',
    when: 'there is no such personal access token',
    ask: asUser('DELETE', `/tokens/${NOBODY}`),
  },
  {
    status: 409,
    code: 'name_taken',
    when: 'the name is taken, in another case',
    ask: ({ url, user }) =>
      call(url, 'POST', '/register', {
        json: { name: user.name.toUpperCase(), password: PASSWORD },
      }),
  },
  {
    status: 409,
    code: 'author_exists',
    when: 'the book is kept already',
    ask: asUser('POST', '/authors', { json: AUTHOR }),
  },
  {
    status: 409,
    code: 'last_admin',
    when: 'the last admin would go',
    ask: asAdmin('PATCH', ({ adminId }) => `/users/${adminId}`, { json: { admin: false } }),
  },
  {
    status: 507,
    code: 'quota_exceeded',
    when: 'there are 100 personal access tokens already',
    ask: async world => {
      const more = asUser('POST', '/tokens', { json: { name: 'x', scopes: ['authors:read'] } });
      const made = await Promise.all(Array.from({ length: 99 }, () => more(world)));
      expect(made.map(({ status }) => status)).toEqual(Array(99).fill(201));
      return more(world);
    },
  },
  {
    status: 429,
    code: 'too_many_requests',
    when: 'a name has been tried too often',
    ask: async ({ url }) => {
      const name = freshName('guessed');
      for (let tries = 0; tries < 10; tries++) {
        expect((await login(url, name, 'wrong')).status).toBe(401);
      }
      return login(url, name, 'wrong');
    },
    headers: { 'retry-after': /^[1-9]\d*$/ },
  },
  {
    status: 500,
    code: 'internal_error',
    when: 'the product has a defect',
    ask: asUser('GET', '/users/me', { headers: { 'x-request-id': 'provoked-500' } }),
  },
];
