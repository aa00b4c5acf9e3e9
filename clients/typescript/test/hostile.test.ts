import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { AnswerError, ProblemError, createClient, isProblem, ndjson } from '@library-api/client';
import type { Client, ClientOptions, NewAuthor } from '@library-api/client';
import { afterEach, describe, expect, it } from 'vitest';
import { ShownStore, serve } from './support.js';

const TOKEN = 'eyJhbGciOi.very-secret.access-token';
const REFRESH = 'lib_rt_very-secret-refresh-token';
const DEVICE = 'very-secret-device-token';
const PASSWORD = 'very-secret-password';
const SECRET = /very-secret|dmVyeS1zZWNyZXQ|ery-secre/;

const PAIR = {
  token: TOKEN,
  token_type: 'Bearer',
  expires_in: 1800,
  refresh_token: REFRESH,
  refresh_expires_in: 9999,
  session_id: 's',
  device_token: DEVICE,
  failed_logins: 0,
};

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(closers.splice(0).map(close => close())));

/** A client of a server that does this. Paths of its requests come in `requests`. */
async function against(
  handler: Handler,
  options: ClientOptions = { token: TOKEN },
): Promise<{ client: Client; requests: string[] }> {
  const requests: string[] = [];
  const { url, close } = await serve((request, response) => {
    requests.push(request.url!);
    request.resume();
    handler(request, response);
  });
  closers.push(close);
  return { client: createClient(url, { maxRetryDelay: 20, ...options }), requests };
}

function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
}

const problem = (code: string, status: number, detail = '…') => ({
  type: `/problems/${code}`,
  title: 'T',
  status,
  detail,
});

async function failure(promise: Promise<unknown>): Promise<Error & { response?: Response }> {
  const error = await promise.then(
    () => expect.fail('succeeded'),
    (reason: unknown) => reason as Error,
  );
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(SECRET);
  return error;
}

const each = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items) {
    // Reads to the end.
  }
};

const GARBAGE: [what: string, type: string | undefined, body: string][] = [
  ['a page', 'text/html', '<h1>Welcome</h1>'],
  ['nothing', undefined, ''],
  ['broken JSON', 'application/json', `{"token":"${TOKEN}`],
  ['bytes', 'application/json', '\u0000\u0001'],
  ['a type with the token', `text/${TOKEN}`, ''],
];

describe('answers that the API does not give', () => {
  it.each(GARBAGE)('%s with status 200 should be an AnswerError', async (_, type, body) => {
    const { client, requests } = await against((_request, response) =>
      response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(body),
    );
    const calls = [
      () => client.getProfile(),
      () => client.login({ name: 'ada', password: PASSWORD }),
      () => each(client.listAuthors()),
      () => each(client.exportAuthors()),
    ];
    for (const call of calls) {
      expect(await failure(call())).toBeInstanceOf(AnswerError);
    }
    expect(requests.length).toBe(calls.length);
  });

  it.each(GARBAGE)('%s with status 502 should be repeated, then be one', async (_, type, body) => {
    const { client, requests } = await against((_request, response) =>
      response.writeHead(502, type === undefined ? {} : { 'content-type': type }).end(body),
    );
    const error = await failure(client.getProfile());
    expect([error instanceof AnswerError, error.response?.status]).toEqual([true, 502]);
    expect(requests.length).toBe(5);
    await failure(client.logout());
    expect(requests.length).toBe(6);
  });

  it.each([
    {},
    null,
    [],
    { token: 7 },
    { ...PAIR, token: 'very-secret\nX-Evil: 1' },
    { ...PAIR, expires_in: '1' },
  ])('should take no tokens from answer %#', async answer => {
    const store = new ShownStore();
    const { client } = await against((_, response) => json(response, 200, answer), { store });
    const error = await failure(client.login({ name: 'ada', password: PASSWORD }));
    expect([error instanceof AnswerError, store.tokens]).toEqual([true, undefined]);
  });

  it.each([
    {},
    null,
    { items: 7, next_cursor: null },
    { items: [], next_cursor: 7 },
    { items: [] },
  ])('should take answer %# for no page', async page => {
    const { client } = await against((_, response) => json(response, 200, page));
    expect(await failure(each(client.listAuthors()))).toBeInstanceOf(AnswerError);
  });

  it.each(['null', '[]', '{"type":7}', '{"type":"/problems/x"}', '{"type":"x:/problems/x\\n"}'])(
    'should take %s for no problem',
    async body => {
      const { client } = await against((_, response) =>
        response.writeHead(409, { 'content-type': 'application/problem+json' }).end(body),
      );
      expect(await failure(client.getProfile())).toBeInstanceOf(AnswerError);
    },
  );

  it('should not walk in a circle', async () => {
    const page = { list_of_authors: [{}], next_cursor: 'again' };
    const { client, requests } = await against((_, response) => json(response, 200, page));
    expect(await failure(each(client.listAuthors()))).toBeInstanceOf(AnswerError);
    expect(requests).toEqual(['/authors', '/authors?cursor=again']);
  });

  it.each([
    ['no JSON', '{"id":1}\nvery-secret\n'],
    ['no record', '{"id":1}\n7\n'],
    ['half a line', '{"id":1}\n{"id":2'],
    ['an endless line', 'x'.repeat(3_000_000)],
  ])('should refuse an export with %s', async (_, body) => {
    const { client } = await against((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(body),
    );
    expect(await failure(each(client.exportAuthors()))).toBeInstanceOf(AnswerError);
  });
});

describe('connections that end early', () => {
  it('should be noticed in an export, after the records that came', async () => {
    const { client } = await against((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"id":1}\n', () => setTimeout(() => response.destroy(), 20));
    });
    let count = 0;
    const reading = async (): Promise<void> => {
      for await (const _ of client.exportAuthors()) {
        count += 1;
      }
    };
    expect(await failure(reading())).toBeInstanceOf(AnswerError);
    expect(count).toBe(1);
  });

  it('should end the source of an upload', async () => {
    let ended = 0;
    async function* endless(): AsyncGenerator<NewAuthor> {
      try {
        for (;;) {
          yield { name: 'N', book: 'B'.repeat(1_000) };
        }
      } finally {
        ended += 1;
      }
    }
    const contentType = 'application/x-ndjson';
    const { client } = await against((request, response) =>
      request.once('data', () => response.destroy()),
    );
    const cut = client.importAuthors({ contentType, body: ndjson(endless()) });
    expect(await failure(cut)).toBeInstanceOf(AnswerError);
    const slow = await against(() => undefined);
    const signal = AbortSignal.timeout(50);
    const aborted = slow.client.importAuthors({ contentType, body: ndjson(endless()), signal });
    expect((await failure(aborted)).name).toBe('TimeoutError');
    await expect.poll(() => ended).toBe(2);
  });

  it('should be repeated where that is safe', async () => {
    let cuts = 2;
    const { client, requests } = await against((_, response) => {
      if (cuts-- > 0) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 99 });
        response.write('{"token":"very-secret', () => response.destroy());
      } else {
        json(response, 200, { name: 'ada' });
      }
    });
    expect((await client.getProfile()).data.name).toBe('ada');
    expect(requests.length).toBe(3);
    cuts = 9;
    expect(await failure(client.deleteAuthor({ path: { id: 1 } }))).toBeInstanceOf(AnswerError);
    expect(requests.length).toBe(4);
  });
});

describe('refusals without end', () => {
  it('should stop after some repetitions of 429', async () => {
    const { client, requests } = await against((_, response) =>
      json(response, 429, problem('too_many_requests', 429), { 'retry-after': '0' }),
    );
    const error = await failure(client.logout());
    expect(isProblem(error, 'logout') && error.type).toBe('/problems/too_many_requests');
    expect(requests.length).toBe(5);
  });

  it.each(['900', '1e400', '99999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT', '-1', 'soon'])(
    'should not wait for a Retry-After of %s',
    async after => {
      const { client } = await against((_, response) =>
        json(response, 429, problem('too_many_requests', 429), { 'retry-after': after }),
      );
      const since = performance.now();
      expect(await failure(client.getProfile())).toBeInstanceOf(ProblemError);
      expect(performance.now() - since).toBeLessThan(2_000);
    },
  );

  it('should stop at the second 401 of a request, though the refresh works', async () => {
    let refreshes = 0;
    const { client, requests } = await against(
      ({ url }, response) =>
        url === '/token/refresh'
          ? json(response, 200, { ...PAIR, token: `${TOKEN}${++refreshes}` })
          : json(response, 401, problem('token_invalid', 401)),
      { store: new ShownStore({ token: TOKEN, refresh_token: REFRESH }) },
    );
    const error = await failure(client.getProfile());
    expect(isProblem(error, 'getProfile') && error.type).toBe('/problems/token_invalid');
    expect(requests).toEqual(['/users/me', '/token/refresh', '/users/me']);
  });

  it('should stop where the refresh is refused, and forget its tokens', async () => {
    const store = new ShownStore({ token: TOKEN, refresh_token: REFRESH });
    const { client } = await against(
      ({ url }, response) =>
        json(
          response,
          401,
          problem(url === '/token/refresh' ? 'refresh_refused' : 'token_invalid', 401),
        ),
      { store },
    );
    expect(isProblem(await failure(client.getProfile()), 'refresh')).toBe(true);
    expect(store.tokens).toEqual({ device_tokens: undefined });
  });

  it('should let each caller leave a refresh that hangs', async () => {
    const { client } = await against(
      ({ url }, response) =>
        url === '/token/refresh' || json(response, 401, problem('token_invalid', 401)),
      { store: new ShownStore({ token: TOKEN, refresh_token: REFRESH }) },
    );
    const leaving = [50, 60].map(ms => client.getProfile({ signal: AbortSignal.timeout(ms) }));
    const names = await Promise.all(leaving.map(async call => (await failure(call)).name));
    expect(names).toEqual(['TimeoutError', 'TimeoutError']);
  });

  it('should end a wait, a request and an upload when it is aborted', async () => {
    const { client, requests } = await against(
      (_, response) => json(response, 503, problem('unavailable', 503), { 'retry-after': '5' }),
      { token: TOKEN, maxRetryDelay: 60_000 },
    );
    const since = performance.now();
    expect((await failure(client.getProfile({ signal: AbortSignal.timeout(100) }))).name).toBe(
      'TimeoutError',
    );
    expect(performance.now() - since).toBeLessThan(2_000);
    expect(requests.length).toBe(1);
    await failure(client.getProfile({ signal: AbortSignal.abort() }));
    expect(requests.length).toBe(1);
  });
});

describe('secrets', () => {
  it('should not be in the error of a server that shows the request', async () => {
    const store = new ShownStore({ device_tokens: { ada: DEVICE } });
    const { client } = await against(
      ({ headers }, response) =>
        json(response, 400, problem('invalid_request', 400, JSON.stringify(headers))),
      { store },
    );
    const ticket = 'very-secret-ticket';
    const error = await failure(client.login({ name: 'ada', password: PASSWORD, ticket }));
    expect(isProblem(error, 'login') && error.problem.detail).toContain('Basic …');
    store.tokens = { token: TOKEN };
    const other = await against(({ headers }, response) =>
      json(response, 400, problem('invalid_request', 400, JSON.stringify(headers))),
    );
    expect((await failure(other.client.getProfile())).message).toContain('Bearer …');
  });

  it('should not go to another host', async () => {
    const heard: string[] = [];
    const other = await serve((request, response) => {
      heard.push(request.url!);
      response.end();
    });
    closers.push(other.close);
    const { client } = await against((_, response) =>
      response.writeHead(307, { location: other.url }).end(),
    );
    await failure(client.getProfile());
    await failure(client.login({ name: 'ada', password: PASSWORD }));
    expect(heard).toEqual([]);
  });

  it('should not be in the error of a wrong address, token or field', async () => {
    const wrong = [
      'http://ada:very-secret@host',
      'very-secret',
      'ftp://very-secret',
      'http://h?very-secret',
    ];
    for (const address of wrong) {
      expect(() => createClient(address)).toThrow(/^the address of the API must be/);
    }
    const { client, requests } = await against(() => undefined, { token: 'very-secret\n' });
    expect((await failure(client.getProfile())).message).toContain('authorization has characters');
    const ticket = 'very-secret\r\nX: y';
    await failure(client.login({ name: 'ada', password: PASSWORD, ticket }));
    await failure(client.login({ name: 'ada:x', password: PASSWORD }));
    expect(requests).toEqual([]);
  });

  it('should not be in the error of a connection that fails', async () => {
    const { url, close } = await serve(() => undefined);
    await close();
    const client = createClient(url, { token: TOKEN, retries: 0 });
    expect(await failure(client.getProfile())).toBeInstanceOf(AnswerError);
    expect(await failure(client.login({ name: 'ada', password: PASSWORD }))).toBeInstanceOf(
      AnswerError,
    );
  });
});

describe('values from outside', () => {
  it('should stay in their place of the path', async () => {
    const { client, requests } = await against((_, response) => response.writeHead(204).end());
    for (const id of ['', '.', '..']) {
      expect(await failure(client.endSession({ path: { id } }))).toBeInstanceOf(TypeError);
    }
    await client.endSession({ path: { id: '../tokens/7?x=#' } });
    expect(requests).toEqual(['/sessions/..%2Ftokens%2F7%3Fx%3D%23']);
  });
});
