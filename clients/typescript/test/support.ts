import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createClient } from '@library-api/client';
import type { Client, ClientOptions, Tokens, TokenStore } from '@library-api/client';
import { PASSWORD, freshName } from '../../../test/support/client.js';
import { watchExchange } from '../../../test/support/description.js';

/** A store that shows what it keeps. */
export class ShownStore implements TokenStore {
  constructor(public tokens?: Tokens) {}

  load(): Tokens | undefined {
    return this.tokens;
  }

  save(tokens: Tokens): void {
    this.tokens = tokens;
  }
}

/** Requests as `METHOD /path`, in the order of their beginnings. */
export class Recorder {
  readonly requests: string[] = [];
  readonly sent: Headers[] = [];

  readonly fetch: typeof fetch = async (input, init) => {
    const { pathname } = new URL(String(input));
    this.requests.push(`${init!.method} ${pathname}`);
    this.sent.push(new Headers(init!.headers));
    const response = await fetch(input, init);
    await this.#watch(String(input), init!, response.clone());
    return response;
  };

  count(request: string): number {
    return this.requests.filter(each => each === request).length;
  }

  /** Compares each JSON answer with openapi.json. */
  async #watch(url: string, { method = 'GET', body, headers }: RequestInit, response: Response) {
    const { pathname: path, search } = new URL(url);
    const isJson = /json$/.test(response.headers.get('content-type')?.split(';')[0] ?? '');
    if (path !== '/authors/export') {
      watchExchange({
        method,
        path: path + search,
        requestType: new Headers(headers).get('content-type') ?? undefined,
        requestBody: typeof body === 'string' && body.startsWith('{') ? json(body) : undefined,
        status: response.status,
        headers: response.headers,
        body: isJson ? await response.json() : undefined,
      });
    }
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Member {
  name: string;
  client: Client;
  recorder: Recorder;
  store: ShownStore;
}

/** A client of a new account that has logged in. */
export async function newMember(url: string, options: ClientOptions = {}): Promise<Member> {
  const name = freshName();
  const recorder = new Recorder();
  const store = new ShownStore();
  const client = createClient(url, { store, fetch: recorder.fetch, ...options });
  await client.register({ body: { name, password: PASSWORD } });
  await client.login({ name, password: PASSWORD });
  return { name, client, recorder, store };
}

/** A server that answers whatever it likes. */
export async function serve(
  listener: RequestListener,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, close };
}
