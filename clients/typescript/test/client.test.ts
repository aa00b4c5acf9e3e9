import { once } from 'node:events';
import { createReadStream, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AnswerError,
  ProblemError,
  compareCopy,
  createClient,
  isProblem,
  ndjson,
  updateCopy,
} from '@library-api/client';
import type { Author, Copy, NewAuthor } from '@library-api/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../../test/support/app.js';
import type { RunningApp } from '../../../test/support/app.js';
import { PASSWORD, freshName } from '../../../test/support/client.js';
import { Recorder, ShownStore, newMember, serve } from './support.js';

const BURNS: NewAuthor = { name: 'Anna Burns', book: 'Milkman', country: 'Ireland' };

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('succeeded'),
    (error: unknown) => error,
  );

const numbered = (count: number): NewAuthor[] =>
  Array.from({ length: count }, (_, at) => ({ name: 'N', book: `Book ${at}`, country: 'C' }));

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
}

describe.each(databases())('the client on %s', kind => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(kind);
  });
  afterAll(() => app.close());

  describe('requests', () => {
    it('should create, get, change and delete a record', async () => {
      const { client } = await newMember(app.url);
      const created = await client.createAuthor({ body: BURNS });
      expect(created.status).toBe(201);
      expect(created.data).toMatchObject({ ...BURNS, booker_prize: false, version: 1 });
      const { id } = created.data;
      const etag = created.response.headers.get('etag')!;

      const same = await client.getAuthor({ path: { id }, header: { 'If-None-Match': etag } });
      expect([same.status, same.data]).toEqual([304, undefined]);
      const patched = await client.patchAuthor({
        path: { id },
        header: { 'If-Match': etag },
        body: { booker_prize: true },
      });
      expect(patched.data).toMatchObject({ booker_prize: true, version: 2 });
      expect((await client.getAuthor({ path: { id } })).data).toEqual(patched.data);
      const { data } = await client.deleteAuthor({ path: { id } });
      expect(data.message).toBe('Author deleted');
    });

    it('should throw the problem of an operation, with its fields', async () => {
      const { client } = await newMember(app.url);
      await client.createAuthor({ body: BURNS });
      const twice = await failure(client.createAuthor({ body: BURNS }));
      expect(twice).toBeInstanceOf(ProblemError);
      expect(isProblem(twice, 'createAuthor') && twice.type).toBe('/problems/author_exists');
      expect(isProblem(twice, 'replaceAuthor')).toBe(false);
      expect((twice as ProblemError).response.headers.get('x-request-id')).not.toBe(null);

      const wrong = await failure(client.createAuthor({ body: { ...BURNS, book: '' } }));
      if (
        !isProblem(wrong, 'createAuthor') ||
        wrong.problem.type !== '/problems/validation_failed'
      ) {
        throw wrong;
      }
      expect(wrong.problem.errors[0].pointer).toBe('/book');
    });

    it('should read plain text and answers without content', async () => {
      const { client } = await newMember(app.url);
      expect(await client.confirmSession({ body: { password: PASSWORD } })).toMatchObject({
        status: 204,
        data: undefined,
      });
      const refused = await failure(client.getMetrics());
      expect(isProblem(refused, 'getMetrics') && refused.type).toBe('/problems/admin_required');
      expect((await client.isReady()).data).toEqual({ status: 'ok' });
    });
  });

  describe('sessions', () => {
    it('should refresh once for parallel calls whose token was refused', async () => {
      const { store, name } = await newMember(app.url);
      const kept = store.tokens!;
      const recorder = new Recorder();
      const expired = new ShownStore({ ...kept, token: `${kept.token!.slice(0, -4)}AAAA` });
      const client = createClient(app.url, { store: expired, fetch: recorder.fetch });
      const profiles = await Promise.all(Array.from({ length: 20 }, () => client.getProfile()));
      expect(profiles.map(({ data }) => data.name)).toEqual(Array(20).fill(name));
      expect(recorder.count('POST /token/refresh')).toBe(1);
      expect(expired.tokens!.refresh_token).not.toBe(kept.refresh_token);
    });

    it('should refresh before a token expires, and use what another tab has refreshed', async () => {
      const { store } = await newMember(app.url);
      const tabs = [1, 2].map(() => {
        const recorder = new Recorder();
        return { recorder, client: createClient(app.url, { store, fetch: recorder.fetch }) };
      });
      await Promise.all(tabs.map(({ client }) => client.getProfile()));
      store.tokens!.refresh_at = 0;
      for (const { client } of tabs) {
        await client.getProfile();
        await client.getProfile();
      }
      const refreshed = tabs.map(({ recorder }) => recorder.count('POST /token/refresh'));
      expect(refreshed).toEqual([1, 0]);
    });

    it('should end with its session, and not come back after a logout', async () => {
      const { client, store, name } = await newMember(app.url);
      const other = createClient(app.url);
      await other.login({ name, password: PASSWORD });
      await other.endOtherSessions();
      const ended = await failure(client.getProfile());
      expect(isProblem(ended, 'refresh') && ended.type).toBe('/problems/refresh_refused');
      expect(Object.keys(store.tokens!)).toEqual(['device_tokens']);
      await other.logout();
      const missing = await failure(other.getProfile());
      expect(isProblem(missing, 'getProfile') && missing.type).toBe('/problems/token_missing');
    });

    it('should keep the session over a change of the password', async () => {
      const { client } = await newMember(app.url);
      const new_password = 'another good battery';
      await client.changePassword({ body: { current_password: PASSWORD, new_password } });
      expect((await client.getProfile()).status).toBe(200);
    });

    it('should send the device token of a name back, also after a logout', async () => {
      const { client, store, name, recorder } = await newMember(app.url);
      const device = store.tokens!.device_tokens![name];
      await client.logout();
      await client.login({ name, password: PASSWORD });
      const logins = recorder.sent.filter((_, at) => recorder.requests[at] === 'POST /login');
      expect(logins.map(sent => sent.get('x-device-token'))).toEqual([null, device]);
      // The names of objects' own methods are names of users, too.
      await failure(client.login({ name: 'constructor', password: PASSWORD }));
      expect(recorder.sent.at(-1)!.get('x-device-token')).toBe(null);
    });

    it('should log in with a name and password in any script', async () => {
      const name = freshName('Žofie-京');
      const client = createClient(app.url);
      await client.register({ body: { name, password: 'přátelé: 京都 ✓✓' } });
      await client.login({ name, password: 'přátelé: 京都 ✓✓' });
      expect((await client.getProfile()).data.name).toBe(name);
    });

    it('should work with a personal access token', async () => {
      const { client } = await newMember(app.url);
      const { data } = await client.createToken({
        body: { name: 'mirror', scopes: ['authors:read'] },
      });
      const reader = createClient(app.url, { token: data.token });
      expect((await reader.listAuthors()).data.list_of_authors).toEqual([]);
      const refused = await failure(reader.createAuthor({ body: BURNS }));
      expect(isProblem(refused, 'createAuthor') && refused.type).toBe(
        '/problems/insufficient_scope',
      );
    });
  });

  describe('repetitions', () => {
    /** Loses the first answers that the API gives to requests of this path. */
    function lossy(losses: number, of: string): typeof fetch {
      let left = losses;
      return async (input, init) => {
        const response = await fetch(input, init);
        if (new URL(String(input)).pathname === of && init?.method !== 'GET' && left > 0) {
          left -= 1;
          await response.arrayBuffer();
          throw new TypeError('fetch failed');
        }
        return response;
      };
    }

    it('should create one record although answers get lost', async () => {
      const { client } = await newMember(app.url, { fetch: lossy(2, '/authors') });
      const { data, response } = await client.createAuthor({ body: BURNS });
      expect(response.headers.get('idempotency-replayed')).toBe('true');
      expect((await listOf(client.listAuthors())).map(({ id }) => id)).toEqual([data.id]);
    });

    it('should import a file once although the answer gets lost', async () => {
      const { client } = await newMember(app.url, { fetch: lossy(1, '/authors/import') });
      const { data } = await client.importAuthors({
        contentType: 'application/x-ndjson',
        body: ndjson(numbered(10)),
      });
      expect(data).toMatchObject({ created: 10, skipped: 0 });
    });

    it('should not repeat a change whose answer got lost', async () => {
      const { client } = await newMember(app.url, { fetch: lossy(1, '/users/me') });
      const name = freshName();
      const lost = await failure(client.renameProfile({ body: { name } }));
      expect(lost).toBeInstanceOf(AnswerError);
      expect((await client.getProfile()).data.name).toBe(name);
    });
  });

  describe('lists', () => {
    it('should walk through all pages', async () => {
      const { client, recorder } = await newMember(app.url);
      await client.importAuthors({
        contentType: 'application/x-ndjson',
        body: ndjson(numbered(25)),
      });
      const page = await client.listAuthors({ query: { limit: 10, count: true } });
      expect([page.data.list_of_authors.length, page.data.total]).toEqual([10, 25]);
      const before = recorder.count('GET /authors');
      const books = await listOf(client.listAuthors({ query: { limit: 10, sort: '-id' } }));
      expect(books.map(({ book }) => book)).toEqual(
        numbered(25)
          .map(({ book }) => book)
          .toReversed(),
      );
      expect(recorder.count('GET /authors') - before).toBe(3);
      expect((await listOf(client.listOwnEvents())).length).toBeGreaterThan(0);
      const ids = await listOf(client.listAuthors({ query: { fields: 'id', limit: 25 } }));
      expect(Object.keys(ids[0])).toEqual(['id']);
    });

    it('should ask for no more pages than the loop needs, and stop when it is aborted', async () => {
      const { client, recorder } = await newMember(app.url);
      await client.importAuthors({
        contentType: 'application/x-ndjson',
        body: ndjson(numbered(9)),
      });
      for await (const _ of client.listAuthors({ query: { limit: 3 } })) {
        break;
      }
      expect(recorder.count('GET /authors')).toBe(1);
      const controller = new AbortController();
      const stopped = async (): Promise<void> => {
        for await (const _ of client.listAuthors({
          query: { limit: 3 },
          signal: controller.signal,
        })) {
          controller.abort(new Error('enough'));
        }
      };
      expect(await failure(stopped())).toEqual(new Error('enough'));
    });
  });

  describe('files', () => {
    it('should stream records in and out', async () => {
      const { client } = await newMember(app.url);
      async function* source(): AsyncGenerator<NewAuthor> {
        for (const record of numbered(5_000)) {
          yield record;
        }
      }
      const imported = await client.importAuthors({
        contentType: 'application/x-ndjson',
        body: ndjson(source()),
      });
      expect(imported.data.created).toBe(5_000);
      let count = 0;
      for await (const author of client.exportAuthors({ query: { country: 'C' } })) {
        count += author.book.startsWith('Book ') ? 1 : 0;
      }
      expect(count).toBe(5_000);
      const csv = await client.exportAuthors({ query: { format: 'csv' } });
      expect((await text(csv.data)).split('\n').length).toBe(5_002);
    });

    it('should import from a file, a stream, and a function that opens it again', async () => {
      const { client } = await newMember(app.url);
      const file = path.join(tmpdir(), `${freshName()}.csv`);
      writeFileSync(file, 'name,book\nAnna Burns,Milkman\n');
      try {
        const contentType = 'text/csv';
        const query = { on_conflict: 'skip' } as const;
        const bodies = [
          await openAsBlob(file),
          createReadStream(file),
          () => createReadStream(file),
        ];
        for (const body of bodies) {
          const { data } = await client.importAuthors({ contentType, query, body });
          expect(data.created + data.skipped).toBe(1);
        }
      } finally {
        rmSync(file);
      }
    });

    it('should tell which lines an import refuses', async () => {
      const { client } = await newMember(app.url);
      const refused = await failure(
        client.importAuthors({ contentType: 'text/csv', body: 'name,book\nAnna Burns,\n' }),
      );
      if (
        !isProblem(refused, 'importAuthors') ||
        refused.problem.type !== '/problems/import_refused'
      ) {
        throw refused;
      }
      expect(refused.problem.errors).toMatchObject([{ line: 2 }]);
    });
  });

  describe('copies', () => {
    it('should miss nothing while others write', { timeout: 60_000 }, async () => {
      const { client } = await newMember(app.url);
      const records = new Map<number, Author>();
      const copy: Copy = { records };
      const until = performance.now() + 2_000;
      const write = async (writer: number): Promise<void> => {
        for (let at = 0; performance.now() < until; at += 1) {
          const { data } = await client.createAuthor({
            body: { name: `W${writer}`, book: `${at}` },
          });
          await client.patchAuthor({ path: { id: data.id }, body: { country: `C ${at}` } });
          if (at % 5 === 0) {
            await client.deleteAuthor({ path: { id: data.id } });
          }
        }
      };
      const writing = Promise.all([1, 2, 3].map(write));
      while (performance.now() < until) {
        await updateCopy(client, copy, { overlap: 500 });
      }
      await writing;
      await updateCopy(client, copy, { overlap: 500 });
      expect(await compareCopy(client, copy)).toBeGreaterThan(0);
      const exported = await listOf(client.exportAuthors());
      expect([...records.values()].toSorted((a, b) => a.id - b.id)).toEqual(exported);
      await sleep(5);
      expect(await updateCopy(client, copy, { overlap: 0 })).toBe(0);
      const [oldest] = exported.toSorted((a, b) => a.updated_at.localeCompare(b.updated_at));
      records.delete(oldest.id);
      expect(await updateCopy(client, copy, { overlap: 0 })).toBe(0);
      expect(await updateCopy(client, copy)).toBe(1);
    });
  });

  it('should know the types of problems below a PUBLIC_URL', async () => {
    const env = { PUBLIC_URL: 'https://library.example/api' };
    const behind = await startApp(kind, { env });
    const client = createClient(behind.url);
    const refused = await failure(client.login({ name: 'ada', password: PASSWORD }));
    await behind.close();
    expect(isProblem(refused, 'login') && refused.type).toBe('/problems/could_not_verify');
  });

  it('should not repeat a streamed file, whose beginning is gone', async () => {
    let requests = 0;
    const proxy = await serve((request, response) => {
      requests += 1;
      request.resume();
      void once(request, 'end').then(() => response.writeHead(503, { 'retry-after': '0' }).end());
    });
    const client = createClient(proxy.url, { token: 'lib_pat_x' });
    const contentType = 'text/csv';
    async function* parts(): AsyncGenerator<string> {
      yield 'name,book\n';
    }
    expect(await failure(client.importAuthors({ contentType, body: parts() }))).toBeInstanceOf(
      AnswerError,
    );
    expect(requests).toBe(1);
    await failure(
      createClient(proxy.url, { retries: 2, maxRetryDelay: 10 }).importAuthors({
        contentType,
        body: parts,
      }),
    );
    expect(requests).toBe(4);
    await proxy.close();
  });
});
