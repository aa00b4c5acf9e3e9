import { randomBytes } from 'node:crypto';
import { watchExchange } from './description.js';
import { PASSWORD, watchAnswer } from './secrets.js';

export { PASSWORD };

export interface Answer<T = any> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}

export interface CallOptions {
  token?: string;
  headers?: Record<string, string>;
  json?: unknown;
  body?: string | Uint8Array;
  signal?: AbortSignal;
}

/** One request, and its answer with the body read; JSON bodies are parsed. */
export async function call(
  base: string,
  method: string,
  path: string,
  { token, headers = {}, json, body, signal }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(base + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: json === undefined ? body : JSON.stringify(json),
    signal,
  });
  const text = await response.text();
  // An error names the path that was asked for; only the caller gets it.
  watchAnswer(`${method} ${path}`, text.replaceAll(new URL(path, base).pathname, ''));
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
  };
  const isDefault = json !== undefined && !('content-type' in headers);
  const requestType = isDefault ? 'application/json' : headers['content-type'];
  const requestBody = json ?? parsed(body);
  const { accept, 'content-encoding': requestEncoding } = headers;
  watchExchange({ method, path, accept, requestType, requestEncoding, requestBody, ...answer });
  return answer;
}

/** A body that a test wrote as text; undefined unless it is JSON. */
function parsed(body: CallOptions['body']): unknown {
  try {
    return typeof body === 'string' ? JSON.parse(body) : undefined;
  } catch {
    return undefined;
  }
}

export const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

export interface Account {
  name: string;
  password: string;
  publicId: string;
  token: string;
  refreshToken: string;
  deviceToken: string;
  sessionId: string;
}

/** A name that no other test has. */
export const freshName = (stem = 'user'): string => `${stem}-${randomBytes(5).toString('hex')}`;

/** Registers a user of that name, or of a fresh one, and logs in. */
export async function newAccount(
  base: string,
  name = freshName(),
  password = PASSWORD,
): Promise<Account> {
  const registered = await call(base, 'POST', '/register', { json: { name, password } });
  if (registered.status !== 201) {
    throw new Error(`registration answered ${registered.status}: ${registered.text}`);
  }
  const { body } = await login(base, name, password);
  return {
    name,
    password,
    publicId: registered.body.public_id,
    token: body.token,
    refreshToken: body.refresh_token,
    deviceToken: body.device_token,
    sessionId: body.session_id,
  };
}

/** Imports a file. The query begins with `?`. */
export function upload(
  base: string,
  { token }: Pick<Account, 'token'>,
  body: string | Uint8Array,
  {
    type,
    query = '',
    headers = {},
  }: { type: string; query?: string; headers?: Record<string, string> },
): Promise<Answer> {
  return call(base, 'POST', `/authors/import${query}`, {
    token,
    body,
    headers: { 'content-type': type, ...headers },
  });
}

export function login(
  base: string,
  name: string,
  password: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return call(base, 'POST', '/login', {
    headers: { authorization: basic(name, password), ...headers },
  });
}
