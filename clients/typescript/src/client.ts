import { OPERATIONS } from './document/operations.js';
import { isProblem } from './errors.js';
import { exchange } from './exchange.js';
import type { Exchange, Received } from './exchange.js';
import { records, walk } from './pages.js';
import { Session, memoryStore } from './session.js';
import type { TokenStore } from './session.js';
import type { Client, Credentials, OperationId, Schema, Upload } from './types.js';
import { isStream } from './upload.js';
import { abortable, patiently } from './waiting.js';
import type { Patience, Repeats } from './waiting.js';

export interface ClientOptions extends Partial<Patience> {
  /** A personal access token, instead of a login. */
  token?: string;
  /** Keeps the session over a restart or reload; in memory by default. */
  store?: TokenStore;
  /** Sends the requests; the global `fetch` by default. */
  fetch?: typeof fetch;
}

/** What all operations take; the types say which takes what. */
interface AnyOptions {
  path?: Record<string, string | number>;
  query?: Record<string, unknown>;
  header?: Record<string, string | undefined>;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal;
}

/** A row of OPERATIONS. */
interface Row {
  method: string;
  path: string;
  auth?: boolean;
  keyed?: boolean;
  type?: string;
  answers: readonly string[];
}

/**
 * A client of the API at this address. Throws TypeError if it is no address, or has a name and password.
 * Its methods throw ProblemError for what the API refuses and AnswerError if no usable answer comes.
 */
export function createClient(baseUrl: string, options: ClientOptions = {}): Client {
  const sender = new Sender(baseOf(baseUrl), options);
  const methods = Object.keys(OPERATIONS).map(id => [
    id,
    (given?: AnyOptions) => sender.call(id as OperationId, given),
  ]);
  return {
    ...Object.fromEntries(methods),
    login: (credentials: Credentials) => sender.login(credentials),
  } as Client;
}

/** The API gives the same tokens again for as long. */
const REFRESH_MS = 30_000;

/** Sends requests with the tokens of one session. */
class Sender {
  readonly #session: Session;
  readonly #patience: Patience;
  readonly #fetch: typeof fetch;

  constructor(
    private readonly base: string,
    {
      token,
      store = memoryStore(token === undefined ? undefined : { token }),
      retries = 4,
      maxRetryDelay = 30_000,
      fetch: fetcher,
    }: ClientOptions,
  ) {
    this.#patience = { retries, maxRetryDelay };
    this.#fetch = fetcher ?? ((...of) => fetch(...of));
    this.#session = new Session(store, async refresh_token => {
      const body = { refresh_token };
      // Callers wait for it with their own signals.
      const signal = AbortSignal.timeout(REFRESH_MS);
      return (await this.#send('refresh', { body, signal })).data as Schema<'TokenPairResponse'>;
    });
  }

  /** A promise of the answer; that of a list or of a file is an async iterable of its records, too. */
  call(id: OperationId, options: AnyOptions = {}): Promise<Received> {
    const first = this.#send(id, options);
    return Object.assign(first, {
      [Symbol.asyncIterator]: () =>
        rowOf(id).answers.includes('application/x-ndjson')
          ? records(id, first)
          : walk(id, first, cursor =>
              this.#send(id, { ...options, query: { ...options.query, cursor } }),
            ),
    });
  }

  async login({ name, password, ticket, signal }: Credentials): Promise<Received> {
    if (name.includes(':')) {
      throw new TypeError('a name has no colon');
    }
    const device = await this.#session.deviceToken(name);
    const header = {
      authorization: `Basic ${base64(`${name}:${password}`)}`,
      'x-device-token': device,
      'x-login-ticket': ticket,
    };
    const answer = await this.#send('login', { header, signal });
    await this.#session.adopt(answer.data as Schema<'LoginResponse'>, name);
    return answer;
  }

  async #send(id: OperationId, options: AnyOptions): Promise<Received> {
    const request = this.#requestOf(id, options);
    const answer = await patiently(
      () => (rowOf(id).auth ? this.#withToken(request) : exchange(request, this.#fetch)),
      repeatsOf(request),
      this.#patience,
      options.signal,
    );
    if (id === 'changePassword') {
      await this.#session.adopt(answer.data as Schema<'TokenPairResponse'>);
    } else if (id === 'logout' || id === 'removeAccount') {
      await this.#session.forget();
    }
    return answer;
  }

  async #withToken(request: Exchange): Promise<Received> {
    const { signal } = request;
    const token = await abortable(this.#session.token(), signal);
    try {
      return await exchange(withBearer(request, token), this.#fetch);
    } catch (error) {
      const isExpired = isProblem(error) && error.type === '/problems/token_invalid';
      if (token === undefined || !isExpired || repeatsOf(request) === 'nothing') {
        throw error;
      }
      const next = await abortable(this.#session.tokenAfter(token), signal);
      if (next === undefined) {
        throw error;
      }
      return exchange(withBearer(request, next), this.#fetch);
    }
  }

  #requestOf(id: OperationId, options: AnyOptions): Exchange {
    const { path, type, keyed } = rowOf(id);
    const { body, contentType = type, header = {}, signal } = options;
    const headers: Record<string, string> = {
      ...(keyed && { 'idempotency-key': randomKey() }),
      ...(body !== undefined && contentType !== undefined && { 'content-type': contentType }),
    };
    for (const [name, value] of Object.entries(header)) {
      if (value !== undefined) {
        headers[name.toLowerCase()] = value;
      }
    }
    return {
      operation: id,
      url: this.base + filledIn(path, options.path) + queryOf(options.query),
      headers,
      body: type === undefined ? (body as Upload | undefined) : JSON.stringify(body),
      signal,
    };
  }
}

const rowOf = (id: OperationId): Row => OPERATIONS[id];

function withBearer(request: Exchange, token: string | undefined): Exchange {
  return token === undefined
    ? request
    : { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

/** A second login costs a session, and a second refresh within 30 seconds gives the same tokens. */
function repeatsOf({ operation, headers, body }: Exchange): Repeats {
  const { method } = rowOf(operation);
  const isLogin = operation === 'login' || operation === 'refresh';
  const mayTwice = method === 'GET' || isLogin || 'idempotency-key' in headers;
  return isStream(body) ? 'nothing' : mayTwice ? 'anything' : 'what had no effect';
}

function baseOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url?.protocol.startsWith('http') || url.username || url.password || url.search || url.hash) {
    throw new TypeError('the address of the API must be http(s)://host/path and nothing else');
  }
  return url.origin + url.pathname.replace(/\/$/, '');
}

/** A path with its parameters; throws TypeError for a value that would name another path. */
function filledIn(path: string, values: Record<string, string | number> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(values[name] ?? '');
    if (/^\.{0,2}$/.test(value)) {
      throw new TypeError(`${name} must not be empty, "." or ".."`);
    }
    return encodeURIComponent(value);
  });
}

function queryOf(query: Record<string, unknown> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** `crypto.randomUUID` is missing on pages without TLS. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
