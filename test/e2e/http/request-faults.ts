import { call } from '../../support/client.js';
import { freshName } from '../../support/client.js';
import { sendRaw } from '../../support/raw.js';
import { AUTHOR, asUser } from './world.js';
import type { Case } from './world.js';

/** What is wrong with a request, from any caller. */
export const REQUEST_FAULTS: Case[] = [
  {
    status: 400,
    code: 'invalid_request',
    when: 'the two headers carry different tokens',
    ask: asUser('GET', '/authors', { headers: { 'x-access-tokens': 'another' } }),
    headers: { 'www-authenticate': /error="invalid_request"/ },
  },
  {
    status: 400,
    code: 'invalid_request',
    when: 'the Bearer header is malformed',
    ask: ({ url }) => call(url, 'GET', '/authors', { headers: { authorization: 'Bearer a b' } }),
  },
  {
    status: 400,
    code: 'invalid_request',
    when: 'If-Match is no list of tags',
    ask: asUser('DELETE', ({ author }) => `/authors/${author.id}`, {
      headers: { 'if-match': '"' },
    }),
  },
  {
    status: 400,
    code: 'invalid_json',
    when: 'the body is not JSON',
    ask: asUser('POST', '/author', {
      headers: { 'content-type': 'application/json' },
      body: '{name: 1}',
    }),
  },
  {
    status: 400,
    code: 'invalid_json',
    when: 'there is no body',
    ask: asUser('POST', '/author'),
  },
  {
    status: 400,
    code: 'invalid_query',
    when: 'a query parameter is wrong',
    ask: asUser('GET', '/authors?limit=1e3'),
  },
  {
    status: 405,
    code: 'method_not_allowed',
    when: 'the route does not take the method',
    ask: ({ url }) => call(url, 'PUT', '/authors', { body: 'x' }),
    headers: { allow: /^DELETE, GET, HEAD, OPTIONS, POST$/ },
  },
  {
    status: 406,
    code: 'not_acceptable',
    when: 'the caller takes pictures alone',
    ask: asUser('GET', '/authors', { headers: { accept: 'image/png, application/json;q=0' } }),
  },
  {
    status: 412,
    code: 'precondition_failed',
    when: 'the record has another version',
    ask: asUser('PATCH', ({ author }) => `/authors/${author.id}`, {
      json: {},
      headers: { 'if-match': '"1-99"' },
    }),
  },
  {
    status: 413,
    code: 'body_too_large',
    when: 'the body is beyond the limit',
    ask: asUser('POST', '/author', { json: { name: 'x'.repeat(70_000) } }),
  },
  {
    status: 414,
    code: 'uri_too_long',
    when: 'the address is longer than 8 KiB',
    ask: asUser('GET', `/authors?q=${'x'.repeat(8200)}`),
  },
  {
    status: 415,
    code: 'unsupported_media_type',
    when: 'the body is a form',
    ask: asUser('POST', '/author', { body: new URLSearchParams(AUTHOR).toString() }),
    headers: { 'accept-post': /^application\/json$/ },
  },
  {
    status: 417,
    code: 'expectation_failed',
    when: 'the caller expects what we do not know',
    ask: ({ url }) =>
      sendRaw(
        url,
        'GET /authors HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nConnection: close\r\n\r\n',
      ),
  },
  {
    status: 422,
    code: 'validation_failed',
    when: 'the body is not valid',
    ask: asUser('POST', '/author', { json: { ...AUTHOR, name: 7, owner_id: 1 } }),
  },
  {
    status: 422,
    code: 'validation_failed',
    when: 'the password is a common one',
    ask: ({ url }) =>
      call(url, 'POST', '/register', { json: { name: freshName(), password: 'Password1!' } }),
  },
  {
    status: 431,
    code: 'headers_too_large',
    when: 'the header is larger than 16 KiB',
    ask: ({ url }) => sendRaw(url, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`),
    headers: { connection: /^close$/ },
  },
];
